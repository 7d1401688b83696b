// Package apiclient speaks the public REST API as any client program would:
// sign-in, commands with an Idempotency-Key, uploads, and refusals as
// [RefusalError]. The importer, the demo bureau and the end-to-end tests use
// it, so that nothing reaches the store but through the front door.
package apiclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Client calls one API. Copy it with [Client.As] to act as somebody else. It
// is safe for concurrent use.
type Client struct {
	Base string // "http://127.0.0.1:8080"
	HTTP *http.Client
	Name string // sent as X-Client; "import" marks the events' metadata

	token string
}

// New returns a client that nobody is signed in to.
func New(base string) *Client {
	return &Client{Base: strings.TrimSuffix(base, "/"), HTTP: &http.Client{Timeout: 30 * time.Second}}
}

// FieldError is one wrong or doubtful field of a refusal.
type FieldError struct {
	Path, Value, Reason, Detail string
}

// RefusalError is a problem+json answer.
type RefusalError struct {
	Status           int
	Title, Reason    string
	Errors, Warnings []FieldError
}

// Error tells the refusal with every field.
func (e *RefusalError) Error() string {
	text := fmt.Sprintf("%d %s: %s", e.Status, e.Reason, e.Title)
	for _, f := range e.Errors {
		text += fmt.Sprintf("; %s = %q: %s", f.Path, f.Value, f.Detail)
	}
	return text
}

// Receipt is what a command answers.
type Receipt struct {
	RecordID string
	Position uint64
	Number   string
	Repeated bool
	Warnings []FieldError
}

// Session is a sign-in.
type Session struct {
	Token  string
	SeatID string
}

// As returns a client that acts in a session.
func (c *Client) As(s Session) *Client {
	copied := *c
	copied.token = s.Token
	return &copied
}

// SignIn opens a session; with an empty seat in the account's first capacity.
func (c *Client) SignIn(ctx context.Context, login, password, seat string) (Session, error) {
	var s Session
	body := map[string]string{"login": login, "password": password}
	if seat != "" {
		body["seatId"] = seat
	}
	return s, c.do(ctx, http.MethodPost, "/v1/sessions", "", body, &s)
}

// Get reads an address into out.
func (c *Client) Get(ctx context.Context, path string, out any) error {
	return c.do(ctx, http.MethodGet, path, "", nil, out)
}

// Command sends a write under a command id (empty: a fresh one) and returns
// its receipt. A try that got no answer is repeated with the same id.
func (c *Client) Command(ctx context.Context, path, id string, body any) (Receipt, error) {
	var answer struct {
		Receipt struct {
			RecordID string `json:"recordId"`
			Position string
			Number   string
			Repeated bool
			Warnings []struct {
				Path, Value, Reason string
				Text                struct{ Zh, En string }
			}
		}
	}
	if err := c.Send(ctx, path, id, body, &answer); err != nil {
		return Receipt{}, err
	}
	position, _ := strconv.ParseUint(answer.Receipt.Position, 10, 64)
	receipt := Receipt{RecordID: answer.Receipt.RecordID, Position: position, Number: answer.Receipt.Number, Repeated: answer.Receipt.Repeated}
	for _, w := range answer.Receipt.Warnings {
		receipt.Warnings = append(receipt.Warnings, FieldError{w.Path, w.Value, w.Reason, w.Text.Zh})
	}
	return receipt, nil
}

// Send is [Client.Command] for writes whose answer holds more than a receipt:
// it reads the whole answer into out.
func (c *Client) Send(ctx context.Context, path, id string, body, out any) error {
	if id == "" {
		id = uuid.Must(uuid.NewV7()).String()
	}
	for attempt := 1; ; attempt++ {
		err := c.do(ctx, http.MethodPost, path, id, body, out)
		refusal, refused := errors.AsType[*RefusalError](err)
		if err == nil || attempt == 5 || ctx.Err() != nil || refused && refusal.Status != http.StatusServiceUnavailable {
			return err
		}
		if err := pause(ctx, time.Duration(attempt)*100*time.Millisecond); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Upload stores a file and returns what a command has to say of it.
func (c *Client) Upload(ctx context.Context, kind, title string, content []byte) (map[string]any, error) {
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
		return nil, fmt.Errorf("upload %s: %w", title, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Base+"/v1/attachments", &form)
	if err != nil {
		return nil, fmt.Errorf("upload %s: %w", title, err)
	}
	request.Header.Set("Content-Type", w.FormDataContentType())
	var stored map[string]any
	return stored, c.send(request, &stored)
}

func (c *Client) do(ctx context.Context, method, path, commandID string, body, out any) error {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("%s %s: %w", method, path, err)
		}
		content = bytes.NewReader(encoded)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.Base+path, content)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if commandID != "" {
		request.Header.Set("Idempotency-Key", commandID)
	}
	return c.send(request, out)
}

func (c *Client) send(request *http.Request, out any) error {
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	if c.Name != "" {
		request.Header.Set("X-Client", c.Name)
	}
	response, err := c.HTTP.Do(request)
	if err != nil {
		return fmt.Errorf("%s %s: %w", request.Method, request.URL.Path, err)
	}
	content, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return fmt.Errorf("%s %s: %w", request.Method, request.URL.Path, err)
	}
	if response.StatusCode >= http.StatusBadRequest {
		refusal := &RefusalError{Status: response.StatusCode, Reason: "HTTP", Title: string(content)}
		// An answer that is no problem+json is told as it is.
		_ = json.Unmarshal(content, refusal)
		return refusal
	}
	if out == nil || len(content) == 0 {
		return nil
	}
	if err := json.Unmarshal(content, out); err != nil {
		return fmt.Errorf("%s %s: %w", request.Method, request.URL.Path, err)
	}
	return nil
}
