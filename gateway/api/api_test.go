package api_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"shiyang/gateway/api"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	auditv1 "shiyang/proto/audit/v1"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

const (
	permitID  = "0190a000-0000-7000-8000-00000000000a"
	commandID = "0190a000-0000-7000-8000-00000000000b"
	fileHash  = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
)

var today = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// services stands in for the services behind the API; it accepts what the
// chain of internal/rpc lets through.
type services struct {
	permitsv1.UnimplementedPermitsServiceServer
	identityv1.UnimplementedIdentityServiceServer
	auditv1.UnimplementedAuditServiceServer
	calls  []rpc.Caller
	answer error
}

func (s *services) AcceptApplication(ctx context.Context, _ *permitsv1.AcceptApplicationRequest) (*permitsv1.AcceptApplicationResponse, error) {
	caller, _ := rpc.CallerFrom(ctx)
	s.calls = append(s.calls, caller)
	return &permitsv1.AcceptApplicationResponse{Receipt: &commonv1.Receipt{RecordId: permitID, Revision: 3, Position: 18446744073709551615, Number: "武环许受〔2026〕1号"}}, s.answer
}

func (s *services) SubmitApplication(ctx context.Context, _ *permitsv1.SubmitApplicationRequest) (*permitsv1.SubmitApplicationResponse, error) {
	caller, _ := rpc.CallerFrom(ctx)
	s.calls = append(s.calls, caller)
	return &permitsv1.SubmitApplicationResponse{}, s.answer
}

func (s *services) SearchRegister(context.Context, *permitsv1.SearchRegisterRequest) (*permitsv1.SearchRegisterResponse, error) {
	return &permitsv1.SearchRegisterResponse{Entries: []*permitsv1.RegisterEntry{{UnitName: "示例"}}, Total: 1}, nil
}

// desk is the sign-in and the file store of the tests.
type desk struct{ issuer *rpc.Issuer }

var roles = map[string]rpc.Actor{
	"clerk": {ID: "0190a000-0000-7000-8000-000000000001", Role: string(rpc.PermitClerk), Org: "620600", County: "620600"},
	"firm":  {ID: "0190a000-0000-7000-8000-000000000002", Role: string(rpc.FirmAdmin), Org: "0190a000-0000-7000-8000-0000000000f1"},
}

func (d desk) SignIn(_ context.Context, login, password, ip string) (api.Session, error) {
	if password != "right" || ip == "" {
		return api.Session{}, rpc.ErrSignIn
	}
	return api.Session{Token: login, Expires: today, SeatID: "one"}, nil
}

func (d desk) SwitchSeat(_ context.Context, token, seat string) (api.Session, error) {
	if _, ok := roles[token]; !ok {
		return api.Session{}, rpc.ErrSignIn
	}
	return api.Session{Token: token, Expires: today, SeatID: seat}, nil
}

func (d desk) SignOut(context.Context, string) error { return nil }

func (d desk) Actor(_ context.Context, token string) (rpc.Caller, string, error) {
	actor, ok := roles[token]
	if !ok {
		return rpc.Caller{}, "", rpc.ErrSignIn
	}
	signed, err := d.issuer.Issue(actor)
	return rpc.Caller{Actor: actor}, signed, err
}

func (d desk) Put(_ context.Context, _, title, kind string, content io.Reader) (*commonv1.Attachment, error) {
	n, err := io.Copy(io.Discard, content)
	return &commonv1.Attachment{Sha256: fileHash, Size: n, MediaType: "text/plain", Kind: kind, Title: title}, err
}

func (d desk) Check(_ context.Context, _ string, a *commonv1.Attachment) error {
	if a.GetSha256() != fileHash {
		return &problem.Error{Kind: problem.Invalid, Reason: "ATTACHMENT_UNKNOWN", Text: problem.Text{Zh: "没有", En: "none"}}
	}
	return nil
}

func (d desk) Open(_ context.Context, _ rpc.Caller, hash string) (*commonv1.Attachment, io.ReadCloser, error) {
	if hash != fileHash {
		return nil, nil, problem.ErrNotFound
	}
	return &commonv1.Attachment{Size: 4, MediaType: "text/plain", Title: "申请.txt"}, io.NopCloser(strings.NewReader("text")), nil
}

// newAPI starts the API with the real chain of the services behind it.
func newAPI(t *testing.T) (*api.API, *services) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return today }
	quiet := slog.New(slog.DiscardHandler)
	server := rpc.NewServer(rpc.ServerOptions{
		Tokens: rpc.NewVerifier(map[string]ed25519.PublicKey{"k": public}, rpc.DefaultAudience, now), Logger: quiet, Now: now,
	})
	s := &services{}
	permitsv1.RegisterPermitsServiceServer(server, s)
	identityv1.RegisterIdentityServiceServer(server, s)
	auditv1.RegisterAuditServiceServer(server, s)
	conn, err := rpc.Local(server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(); server.Stop() })
	d := desk{rpc.NewIssuer("k", private, rpc.DefaultAudience, now)}
	a, err := api.New(t.Context(), api.Deps{
		Permits: conn, Audit: conn, Identity: conn, Sessions: d, Attachments: d, Log: quiet,
		ClientIP: func(*http.Request) string { return "127.0.0.1" },
	})
	if err != nil {
		t.Fatal(err)
	}
	return a, s
}

// request is one call of the API; the zero values are what a good client sends.
type request struct {
	method, path, as, body string
	header                 map[string]string
	noKey                  bool
}

type refusal struct {
	Status           int
	Title, Reason    string
	Errors, Warnings []struct{ Path, Value, Reason, Detail string }
}

func call(a *api.API, r request) *httptest.ResponseRecorder {
	if r.method == "" {
		r.method = http.MethodPost
	}
	req := httptest.NewRequest(r.method, r.path, strings.NewReader(r.body))
	if r.method == http.MethodPost {
		req.Header.Set("Content-Type", "application/json")
		if !r.noKey {
			req.Header.Set("Idempotency-Key", commandID)
		}
	}
	if r.as != "" {
		req.Header.Set("Authorization", "Bearer "+r.as)
	}
	for k, v := range r.header {
		req.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, req)
	return w
}

func TestACommandReachesItsServiceWithIdentityAndKey(t *testing.T) {
	a, s := newAPI(t)
	w := call(a, request{path: "/v1/permits/" + permitID + ":accept", as: "clerk", body: `{"expectedRevision":"2"}`, header: map[string]string{"X-Correlation-Id": permitID}})
	if w.Code != http.StatusOK {
		t.Fatal(w.Code, w.Body)
	}
	got := s.calls[0]
	if got.CommandID != commandID || got.Actor.ID != roles["clerk"].ID || got.CorrelationID != permitID || got.Client != "api" || len(got.CommandHash) != 64 {
		t.Errorf("the service saw %+v", got)
	}
	var answer struct {
		Receipt struct{ Position, Number string }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || answer.Receipt.Position != "18446744073709551615" || answer.Receipt.Number != "武环许受〔2026〕1号" {
		t.Errorf("answered %s, %v", w.Body, err)
	}
}

func TestBadInputGetsAClearAnswerAndReachesNobody(t *testing.T) {
	a, s := newAPI(t)
	accept := "/v1/permits/" + permitID + ":accept"
	file := `{"content":{"attachments":[{"sha256":"` + strings.Repeat("0", 64) + `","size":"1","mediaType":"text/plain","kind":"other"}]}}`
	for name, tc := range map[string]struct {
		request
		status int
		reason string
		fields []string
	}{
		"duplicate key":       {request{path: accept, as: "clerk", body: `{"expectedRevision":"1","expectedRevision":"2"}`}, 400, "INVALID_FIELDS", []string{"expectedRevision DUPLICATE_FIELD"}},
		"unknown field":       {request{path: accept, as: "clerk", body: `{"revision":1}`}, 400, "INVALID_FIELDS", []string{"revision UNKNOWN_FIELD"}},
		"wrong type":          {request{path: accept, as: "clerk", body: `{"expectedRevision":true}`}, 400, "INVALID_FIELDS", []string{"expectedRevision WRONG_TYPE"}},
		"broken JSON":         {request{path: accept, as: "clerk", body: `{"expectedRevision":`}, 400, "INVALID_FIELDS", []string{" JSON_SYNTAX"}},
		"2 MB body":           {request{path: accept, as: "clerk", body: `{"x":"` + strings.Repeat("a", 2<<20) + `"}`}, 413, "BODY_TOO_LARGE", nil},
		"no key":              {request{path: accept, as: "clerk", noKey: true}, 400, "INVALID_FIELDS", []string{"Idempotency-Key COMMAND_ID_MISSING"}},
		"not JSON":            {request{path: accept, as: "clerk", header: map[string]string{"Content-Type": "text/plain"}}, 400, "NOT_JSON", nil},
		"query on a write":    {request{path: accept + "?x=1", as: "clerk"}, 400, "INVALID_FIELDS", []string{"x UNKNOWN_FIELD"}},
		"unknown parameter":   {request{method: "GET", path: "/v1/register/permits?querry=x"}, 400, "INVALID_FIELDS", []string{"querry UNKNOWN_FIELD"}},
		"field rule":          {request{path: "/v1/permits/nonsense:accept", as: "clerk"}, 400, "INVALID_FIELDS", []string{"permitId NOT_A_UUID"}},
		"nobody signed in":    {request{path: accept}, 401, "SIGN_IN_FIRST", nil},
		"unknown session":     {request{path: accept, as: "ghost"}, 401, "SIGN_IN_FIRST", nil},
		"other scheme":        {request{path: accept, header: map[string]string{"Authorization": "Basic eA=="}}, 401, "SIGN_IN_FIRST", nil},
		"wrong role":          {request{path: accept, as: "firm"}, 403, "NOT_YOUR_ROLE", nil},
		"file not uploaded":   {request{path: "/v1/permits/" + permitID + ":submit", as: "firm", body: file}, 400, "INVALID_FIELDS", []string{"content.attachments[0] ATTACHMENT_UNKNOWN"}},
		"unknown address":     {request{method: "GET", path: "/v1/nothing"}, 404, "NOT_FOUND", nil},
		"wrong method":        {request{method: "PUT", path: "/v1/permits"}, 405, "METHOD_NOT_ALLOWED", nil},
		"endless address":     {request{method: "GET", path: "/v1/register/permits?query=" + strings.Repeat("a", 5000)}, 400, "URL_TOO_LONG", nil},
		"sign-in twice":       {request{path: "/v1/sessions", body: `{"login":"a","login":"b","password":1,"x":""}`}, 400, "INVALID_FIELDS", []string{"login DUPLICATE_FIELD", "password WRONG_TYPE", "x UNKNOWN_FIELD"}},
		"upload without file": {request{path: "/v1/attachments", as: "firm"}, 400, "NO_FILE", nil},
		"upload by nobody":    {request{path: "/v1/attachments"}, 401, "SIGN_IN_FIRST", nil},
		"strange file":        {request{method: "GET", path: "/v1/attachments/abc", as: "firm"}, 404, "NOT_FOUND", nil},
	} {
		t.Run(name, func(t *testing.T) {
			for _, lang := range []string{"zh-CN", "en"} {
				if tc.header == nil {
					tc.header = map[string]string{}
				}
				tc.header["Accept-Language"] = lang
				w := call(a, tc.request)
				var got refusal
				if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
					t.Fatalf("%d %s: %v", w.Code, w.Body, err)
				}
				if w.Code != tc.status || got.Status != tc.status || got.Reason != tc.reason {
					t.Errorf("answered %d %s %q, want %d %s", w.Code, got.Reason, got.Title, tc.status, tc.reason)
				}
				var fields []string
				for _, f := range got.Errors {
					fields = append(fields, f.Path+" "+f.Reason)
					if f.Detail == "" {
						t.Errorf("%s has no sentence", f.Path)
					}
				}
				if diff := cmp.Diff(tc.fields, fields); diff != "" {
					t.Error(diff)
				}
				if chinese := strings.ContainsFunc(got.Title, func(r rune) bool { return r > 0x2e80 }); chinese != (lang == "zh-CN") {
					t.Errorf("%s title is %q", lang, got.Title)
				}
				if !strings.HasPrefix(w.Header().Get("Content-Type"), "application/problem+json") || w.Header().Get("Cache-Control") != "no-store" {
					t.Errorf("headers %v", w.Header())
				}
			}
		})
	}
	if len(s.calls) != 0 {
		t.Errorf("%d calls reached the service", len(s.calls))
	}
}

func TestARefusalOfTheServiceKeepsErrorsAndWarningsApart(t *testing.T) {
	a, s := newAPI(t)
	s.answer = &problem.Error{
		Kind: problem.Rejected, Reason: "NOT_YET", Text: problem.Text{Zh: "还不行", En: "Not yet"}, Citation: "decree-736 art. 9",
		Errors:   []problem.Field{{Path: "limits[0].unit", Value: "kg", Reason: "UNIT", Text: problem.Text{Zh: "单位", En: "unit"}}},
		Warnings: []problem.Field{{Path: "uscc", Value: "9", Reason: "INNER", Text: problem.Text{Zh: "疑", En: "doubt"}}},
	}
	w := call(a, request{path: "/v1/permits/" + permitID + ":accept", as: "clerk", header: map[string]string{"Accept-Language": "en"}})
	want := `"reason":"NOT_YET","citation":"decree-736 art. 9"`
	if w.Code != 422 || !strings.Contains(w.Body.String(), want) ||
		!strings.Contains(w.Body.String(), `"errors":[{"path":"limits[0].unit","value":"kg","reason":"UNIT","detail":"unit"}]`) ||
		!strings.Contains(w.Body.String(), `"warnings":[{"path":"uscc","value":"9","reason":"INNER","detail":"doubt"}]`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	s.answer = io.ErrUnexpectedEOF
	w = call(a, request{path: "/v1/permits/" + permitID + ":accept", as: "clerk"})
	if w.Code != 500 || strings.Contains(w.Body.String(), "EOF") || !strings.Contains(w.Body.String(), "urn:uuid:") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestThePublicReadsTheRegister(t *testing.T) {
	a, _ := newAPI(t)
	w := call(a, request{method: "GET", path: "/v1/register/permits?query=%E7%A4%BA%E4%BE%8B&pageSize=5"})
	if w.Code != 200 || !strings.Contains(w.Body.String(), "示例") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestSessions(t *testing.T) {
	a, _ := newAPI(t)
	w := call(a, request{path: "/v1/sessions", body: `{"login":"clerk","password":"right","seatId":"two"}`})
	if w.Code != 201 || !strings.Contains(w.Body.String(), `"seatId":"two"`) || !strings.Contains(w.Body.String(), `"token":"clerk"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := call(a, request{path: "/v1/sessions", body: `{"login":"clerk","password":"wrong"}`}); w.Code != 401 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := call(a, request{method: "DELETE", path: "/v1/sessions/current", as: "clerk"}); w.Code != 204 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestFilesGoInAndOut(t *testing.T) {
	a, _ := newAPI(t)
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	_ = m.WriteField("kind", "licence")
	part, _ := m.CreateFormFile("file", "a.txt")
	_, _ = part.Write([]byte("text"))
	_ = m.Close()
	w := call(a, request{path: "/v1/attachments", as: "firm", body: form.String(), header: map[string]string{"Content-Type": m.FormDataContentType()}})
	if w.Code != 201 || !strings.Contains(w.Body.String(), `"size":"4"`) || !strings.Contains(w.Body.String(), `"kind":"licence"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = call(a, request{method: "GET", path: "/v1/attachments/" + fileHash, as: "firm"})
	if w.Code != 200 || w.Body.String() != "text" || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}
