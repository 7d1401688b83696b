package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/google/uuid"
)

// memory is what the commands of a script remember from one to the next.
type memory struct {
	Token    string
	Position string
	Names    map[string]string
	Last     json.RawMessage
}

func remember() memory {
	m := memory{Names: map[string]string{}}
	if content, err := os.ReadFile(inWork("memory.json")); err == nil {
		// A file of our own; a broken one shows in the next step.
		_ = json.Unmarshal(content, &m)
	}
	return m
}

func (m memory) save() error {
	content, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return os.WriteFile(inWork("memory.json"), content, 0o600)
}

// expand replaces $NAME by what was kept.
func (m memory) expand(s string) string {
	return os.Expand(s, func(name string) string { return m.Names[name] })
}

func baseURL() (string, error) {
	content, err := os.ReadFile(inWork(urlFile))
	return string(content), err
}

// send sends a request, prints the answer and remembers it.
func (m memory) send(r *http.Request) error {
	if m.Token != "" {
		r.Header.Set("Authorization", "Bearer "+m.Token)
	}
	if r.Header.Get("Accept-Language") == "" {
		r.Header.Set("Accept-Language", "en")
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	content, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return err
	}
	var pretty bytes.Buffer
	if json.Indent(&pretty, content, "", "  ") != nil {
		pretty.Reset()
		pretty.Write(content)
	}
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%d %s", response.StatusCode, pretty.String())
	}
	fmt.Println(pretty.String())
	m.Last = nil
	if json.Valid(content) {
		m.Last = content
	}
	var receipt struct {
		Receipt struct{ Position string }
		Token   string
	}
	if json.Unmarshal(content, &receipt) == nil {
		if receipt.Receipt.Position != "" {
			m.Position = receipt.Receipt.Position
		}
		if receipt.Token != "" {
			m.Token = receipt.Token
		}
	}
	return m.save()
}

// as signs in.
func as(args []string) error {
	m := remember()
	m.Token = ""
	secret, err := password(args[0])
	if err != nil {
		return err
	}
	body, err := json.Marshal(map[string]string{"login": args[0], "password": secret})
	if err != nil {
		return err
	}
	return m.request(http.MethodPost, "/v1/sessions", "application/json", bytes.NewReader(body), "")
}

func (m memory) request(method, path, contentType string, body io.Reader, key string) error {
	base, err := baseURL()
	if err != nil {
		return err
	}
	r, err := http.NewRequest(method, base+path, body) //nolint:noctx // the script bounds the time
	if err != nil {
		return err
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	return m.send(r)
}

// post sends a command: field=text, field:=json, -key ID for a given id,
// -body FILE for a whole body.
func post(args []string) error {
	m := remember()
	path, args := m.expand(args[0]), args[1:]
	key := uuid.Must(uuid.NewV7()).String()
	body := map[string]any{}
	for len(args) > 0 {
		switch {
		case args[0] == "-key":
			key, args = m.expand(args[1]), args[2:]
			continue
		case args[0] == "-body":
			content, err := os.ReadFile(args[1])
			if err != nil {
				return err
			}
			return m.request(http.MethodPost, path, "application/json", strings.NewReader(m.expand(string(content))), key)
		}
		if name, raw, ok := strings.Cut(args[0], ":="); ok {
			body[name] = json.RawMessage(m.expand(raw))
		} else if name, value, ok := strings.Cut(args[0], "="); ok {
			body[name] = m.expand(value)
		} else {
			return fmt.Errorf("%q is neither field=text nor field:=json", args[0])
		}
		args = args[1:]
	}
	content, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return m.request(http.MethodPost, path, "application/json", bytes.NewReader(content), key)
}

// get reads what is at least as new as the last command. The addresses of
// permits, lists and registers know the parameter; -plain leaves it out.
func get(args []string) error {
	m := remember()
	plain := args[0] == "-plain"
	if plain {
		args = args[1:]
	}
	path := m.expand(args[0])
	if m.Position != "" && !plain {
		separator := "?"
		if strings.Contains(path, "?") {
			separator = "&"
		}
		path += separator + "atLeast=" + m.Position
	}
	return m.request(http.MethodGet, path, "", nil, "")
}

var (
	tags   = regexp.MustCompile(`(?s)<script.*?</script>|<style.*?</style>|<[^>]*>`)
	spaces = regexp.MustCompile(`\s+`)
)

// page reads a page without a session and prints its text.
func page(args []string) error {
	base, err := baseURL()
	if err != nil {
		return err
	}
	response, err := http.Get(base + remember().expand(args[0])) //nolint:noctx // the script bounds the time
	if err != nil {
		return err
	}
	content, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return err
	}
	text := spaces.ReplaceAllString(html.UnescapeString(tags.ReplaceAllString(string(content), " ")), " ")
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%d %s", response.StatusCode, text)
	}
	fmt.Println(text)
	return nil
}

// attach uploads a file.
func attach(args []string) error {
	m := remember()
	content, err := os.ReadFile(args[1])
	if err != nil {
		return err
	}
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	if err := w.WriteField("kind", args[0]); err != nil {
		return err
	}
	part, err := w.CreateFormFile("file", filepath.Base(args[1]))
	if err == nil {
		_, err = part.Write(content)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		return err
	}
	return m.request(http.MethodPost, "/v1/attachments", w.FormDataContentType(), &form, "")
}

// keep remembers a field of the last answer: keep PERMIT receipt.recordId,
// or the whole answer: keep FILE .
func keep(args []string) error {
	m := remember()
	if args[1] == "." {
		m.Names[args[0]] = string(m.Last)
		return m.save()
	}
	var value any
	if err := json.Unmarshal(m.Last, &value); err != nil {
		return err
	}
	for step := range strings.SplitSeq(args[1], ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			i := 0
			if _, err := fmt.Sscan(step, &i); err != nil || i >= len(v) {
				return fmt.Errorf("the last answer has no %s", args[1])
			}
			value = v[i]
		default:
			return fmt.Errorf("the last answer has no %s", args[1])
		}
	}
	if value == nil {
		return fmt.Errorf("the last answer has no %s", args[1])
	}
	m.Names[args[0]] = fmt.Sprint(value)
	return m.save()
}
