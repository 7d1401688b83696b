package visit

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	identityv1 "shiyang/proto/identity/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// Visit is one request of a person to one page. It belongs to the goroutine
// that serves the request.
type Visit struct {
	Deps
	W       http.ResponseWriter
	R       *http.Request // its context speaks the language of the page
	Lang    words.Lang
	Session *Session // nil: nobody is signed in
	Cookie  string   // id of the session
	portal  *Portal
	correl  string // id of the request, shown when something went wrong
}

// errSignIn asks a visitor to sign in.
var errSignIn = &problem.Error{
	Kind: problem.Unknown, Reason: "SIGN_IN", Text: problem.Text(words.SignInFirst),
}

// Text is the context in the language of the page.
func (v *Visit) Text() context.Context { return v.R.Context() }

// Ask is the context of a call that reads.
func (v *Visit) Ask() context.Context { return v.Call("") }

// Call is the context of a call that changes something; the command id makes
// it take effect once.
func (v *Visit) Call(command string) context.Context {
	token := ""
	if v.Session != nil {
		token = v.Session.Token
	}
	return rpc.WithCaller(v.Text(), rpc.Caller{
		CommandID: command, CorrelationID: v.correl, Client: "web", Lang: string(v.Lang),
	}, token)
}

// Seat is the capacity in use; nil if there is none.
func (v *Visit) Seat() *identityv1.Seat {
	if v.Session == nil {
		return nil
	}
	for _, s := range v.Session.Seats {
		if s.GetSeatId() == v.Session.Seat {
			return s
		}
	}
	return nil
}

// Role is the capacity's role; "person" without one, "public" signed out.
func (v *Visit) Role() rpc.Role {
	switch s := v.Seat(); {
	case v.Session == nil:
		return rpc.Public
	case s == nil:
		return rpc.Person
	default:
		return rpc.Role(s.GetRole())
	}
}

// AtLeast is the position that the address asks to see.
func (v *Visit) AtLeast() uint64 {
	n, err := strconv.ParseUint(v.R.URL.Query().Get("v"), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// Query is one value of the address, without spaces around it.
func (v *Visit) Query(name string) string { return strings.TrimSpace(v.R.URL.Query().Get(name)) }

// See sends the browser to a page in the same language.
func (v *Visit) See(path string) error {
	http.Redirect(v.W, v.R, "/"+string(v.Lang)+path, http.StatusSeeOther) //nolint:gosec // begins with the language: always this host
	return nil
}

// Frame surrounds a page; here is the path of the menu entry or tab that is
// open.
func (v *Visit) Frame(title, here string) component.Frame {
	f := component.Frame{Title: title, Here: here, Other: v.other()}
	for _, d := range v.portal.departments {
		f.Public = append(f.Public, d.Public...)
	}
	if v.Session == nil {
		return f
	}
	f.SignedIn, f.Person, f.Seats = true, v.Session.Name, len(v.Session.Seats) > 1
	f.Menu, f.Place = v.portal.menu(v.Role()), words.NoSeat
	f.Search = v.May(permitsv1.PermitsService_ListPermits_FullMethodName)
	f.Here, f.Tabs = v.portal.tabs(v.Role(), here)
	if s := v.Seat(); s != nil {
		f.Role, f.Place = words.From(s.GetRoleTitle()), words.From(s.GetOrgTitle())
	}
	return f
}

// other is this page in the other language. A page that answers a form leads
// to the form's address.
func (v *Visit) other() string {
	rest := strings.TrimPrefix(v.R.URL.EscapedPath(), "/"+string(v.Lang))
	if v.R.URL.RawQuery != "" && v.R.Method != http.MethodPost {
		rest += "?" + v.R.URL.RawQuery
	}
	return "/" + string(v.Lang.Other()) + rest
}

// Show writes a page. It is drawn whole before the first byte leaves, so a
// page is never cut in the middle by a mistake.
func (v *Visit) Show(status int, body templ.Component) error {
	var b bytes.Buffer
	if err := body.Render(v.Text(), &b); err != nil {
		return err
	}
	h := v.W.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.Lang.HTML())
	if v.Session != nil || v.R.Method == http.MethodPost {
		h.Set("Cache-Control", "no-store")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	h.Set("Vary", "Cookie")
	v.W.WriteHeader(status)
	if v.R.Method == http.MethodHead {
		return nil
	}
	if _, err := v.W.Write(b.Bytes()); err != nil {
		v.Logger.DebugContext(v.Text(), "page not received", slog.Any("error", err))
	}
	return nil
}

// StatusOf is the HTTP status of a problem on a page.
func StatusOf(p *problem.Error) int {
	switch p.Kind {
	case problem.Invalid:
		return http.StatusUnprocessableEntity
	case problem.NotFound:
		return http.StatusNotFound
	case problem.Rejected, problem.Conflict:
		return http.StatusConflict
	case problem.Forbidden:
		return http.StatusForbidden
	case problem.Unknown:
		return http.StatusUnauthorized
	case problem.Unavailable:
		return http.StatusServiceUnavailable
	case problem.TooLarge:
		return http.StatusRequestEntityTooLarge
	case problem.TooMany:
		return http.StatusTooManyRequests
	}
	return http.StatusInternalServerError
}

// Fail answers an error that no form can show.
func (v *Visit) Fail(err error) {
	refused := rpc.ProblemFrom(err)
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		refused = &problem.Error{Kind: problem.TooLarge, Reason: "TOO_LARGE", Text: problem.Text(words.ErrTooLargeWhy)}
	}
	if refused == nil {
		v.Logger.ErrorContext(v.Text(), "page failed", slog.String("correlation_id", v.correl),
			slog.String("path", v.R.URL.Path), slog.Any("error", err))
		refused = &problem.Error{Reason: "INTERNAL", Text: problem.Text(words.ErrServerWhy)}
	}
	if refused.Kind == problem.Unknown && v.R.Method != http.MethodPost {
		next := "/?next=" + templ.EscapeString(v.R.URL.EscapedPath())
		if v.See(next) == nil {
			return
		}
	}
	title := words.ErrServer
	switch StatusOf(refused) {
	case http.StatusForbidden, http.StatusUnauthorized:
		title = words.ErrForbidden
	case http.StatusNotFound:
		title = words.ErrNotFound
	case http.StatusConflict:
		title = words.ErrConflict
	case http.StatusUnprocessableEntity:
		title = words.ErrInvalid
	case http.StatusServiceUnavailable:
		title = words.ErrUnavailable
	case http.StatusRequestEntityTooLarge:
		title = words.ErrTooLarge
	case http.StatusTooManyRequests:
		title = words.ErrTooMany
		v.W.Header().Set("Retry-After", strconv.Itoa(max(1, refused.Wait)))
	}
	f := v.Frame(title.In(v.Text()), "")
	f.Wrong = true
	number := ""
	if refused.Kind == 0 || refused.Kind == problem.Unavailable {
		number = v.correl
	}
	if err := v.Show(StatusOf(refused), problemPage(f, title, refused, number)); err != nil {
		http.Error(v.W, title.In(v.Text()), http.StatusInternalServerError)
	}
}
