package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
)

// web is how every visitor calls; a call that hangs must not hang the tests.
var web = &http.Client{Timeout: patience}

// visitor is somebody who calls the API; the zero visitor is the public.
type visitor struct{ token string }

// refusedError is an answer that is no success.
type refusedError struct {
	status int
	body   []byte
}

func (e *refusedError) Error() string { return fmt.Sprintf("%d %s", e.status, pretty(e.body)) }

// pretty indents JSON and leaves anything else as it is.
func pretty(content []byte) string {
	var b bytes.Buffer
	if json.Indent(&b, content, "", "  ") != nil {
		return string(content)
	}
	return b.String()
}

// signIn opens a session and returns its visitor and the answer.
func signIn(base, login, password string) (visitor, []byte, error) {
	body, err := json.Marshal(map[string]string{"login": login, "password": password})
	if err != nil {
		return visitor{}, nil, err
	}
	answer, err := visitor{}.post(base+"/v1/sessions", "", body)
	if err != nil {
		return visitor{}, nil, err
	}
	token, err := field(answer, "token")
	return visitor{token}, answer, err
}

func (v visitor) get(url string) ([]byte, error) {
	r, err := http.NewRequest(http.MethodGet, url, http.NoBody) //nolint:noctx // the client has a time limit
	if err != nil {
		return nil, err
	}
	return v.send(r)
}

// post sends a command under an id.
func (v visitor) post(url, id string, body []byte) ([]byte, error) {
	r, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body)) //nolint:noctx // the client has a time limit
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if id != "" {
		r.Header.Set("Idempotency-Key", id)
	}
	return v.send(r)
}

func (v visitor) send(r *http.Request) ([]byte, error) {
	if v.token != "" {
		r.Header.Set("Authorization", "Bearer "+v.token)
	}
	r.Header.Set("Accept-Language", "en")
	response, err := web.Do(r)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return nil, err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return nil, &refusedError{response.StatusCode, content}
	}
	return content, nil
}

// upload stores a file.
func (v visitor) upload(base, kind, title string, content []byte) ([]byte, error) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	err := w.WriteField("kind", kind)
	if err == nil {
		var part io.Writer
		if part, err = w.CreateFormFile("file", title); err == nil {
			_, err = part.Write(content)
		}
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	r, err := http.NewRequest(http.MethodPost, base+"/v1/attachments", &form) //nolint:noctx // the client has a time limit
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", w.FormDataContentType())
	return v.send(r)
}

// field finds a field of an answer by its dotted path; numbers count in
// lists.
func field(answer []byte, path string) (string, error) {
	var value any
	d := json.NewDecoder(bytes.NewReader(answer))
	d.UseNumber()
	if err := d.Decode(&value); err != nil {
		return "", fmt.Errorf("the last answer is no JSON: %w", err)
	}
	for step := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				return "", fmt.Errorf("the answer has no %s", path)
			}
			value = v[i]
		default:
			value = nil
		}
		if value == nil {
			return "", fmt.Errorf("the answer has no %s", path)
		}
	}
	return fmt.Sprint(value), nil
}

// entry finds a field of the one entry of a list whose other field is given
// as name=value.
func entry(answer []byte, list, where, want string) (string, error) {
	var lists map[string]json.RawMessage
	var entries []json.RawMessage
	if err := json.Unmarshal(answer, &lists); err != nil {
		return "", fmt.Errorf("the last answer is no JSON object: %w", err)
	}
	if err := json.Unmarshal(lists[list], &entries); err != nil {
		return "", fmt.Errorf("the last answer has no list %s: %w", list, err)
	}
	name, value, _ := strings.Cut(where, "=")
	for _, e := range entries {
		if got, err := field(e, name); err == nil && got == value {
			return field(e, want)
		}
	}
	return "", fmt.Errorf("%s has no entry with %s", list, where)
}
