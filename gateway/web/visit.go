package web

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
	"shiyang/gateway/web/page"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	identityv1 "shiyang/proto/identity/v1"
)

// visit is one request of a person to one page.
type visit struct {
	*pages
	w       http.ResponseWriter
	r       *http.Request
	lang    words.Lang
	session *Session // nil: nobody is signed in
	cookie  string   // id of the session
	correl  string   // id of the request, shown when something went wrong
}

// errSignIn asks a visitor to sign in.
var errSignIn = &problem.Error{
	Kind: problem.Unknown, Reason: "SIGN_IN", Text: problem.Text(words.SignInFirst),
}

// begin makes the visit of a request and finds its session.
func (p *pages) begin(w http.ResponseWriter, r *http.Request, l words.Lang) *visit {
	v := &visit{pages: p, w: w, r: r.WithContext(words.With(r.Context(), l)), lang: l, correl: p.NewID()}
	c, err := r.Cookie(p.cookieName())
	if err != nil || c.Value == "" {
		return v
	}
	s, err := p.Sessions.Session(v.r.Context(), c.Value)
	if err != nil {
		if refused := rpc.ProblemFrom(err); refused == nil || refused.Kind != problem.Unknown {
			p.Logger.ErrorContext(v.r.Context(), "session not readable", slog.Any("error", err))
		}
		return v
	}
	v.session, v.cookie = &s, c.Value
	return v
}

// text is the context in the language of the page.
func (v *visit) text() context.Context { return v.r.Context() }

// ask is the context of a call that reads.
func (v *visit) ask() context.Context { return v.call("") }

// call is the context of a call that changes something; the command id makes
// it take effect once.
func (v *visit) call(command string) context.Context {
	token := ""
	if v.session != nil {
		token = v.session.Token
	}
	return rpc.WithCaller(v.text(), rpc.Caller{
		CommandID: command, CorrelationID: v.correl, Client: "web", Lang: string(v.lang),
	}, token)
}

// seat is the capacity in use; nil if there is none.
func (v *visit) seat() *identityv1.Seat {
	if v.session == nil {
		return nil
	}
	for _, s := range v.session.Seats {
		if s.GetSeatId() == v.session.Seat {
			return s
		}
	}
	return nil
}

// role is the capacity's role; "person" without one, "public" signed out.
func (v *visit) role() rpc.Role {
	switch s := v.seat(); {
	case v.session == nil:
		return rpc.Public
	case s == nil:
		return rpc.Person
	default:
		return rpc.Role(s.GetRole())
	}
}

// atLeast is the position that the address asks to see.
func (v *visit) atLeast() uint64 {
	n, err := strconv.ParseUint(v.r.URL.Query().Get("v"), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (v *visit) query(name string) string { return strings.TrimSpace(v.r.URL.Query().Get(name)) }

// see sends the browser to a page in the same language.
func (v *visit) see(path string) error {
	http.Redirect(v.w, v.r, "/"+string(v.lang)+path, http.StatusSeeOther) //nolint:gosec // begins with the language: always this host
	return nil
}

// frame surrounds a page; here is the menu entry that is open.
func (v *visit) frame(title, here string) component.Frame {
	f := component.Frame{Title: title, Here: here, Other: v.other()}
	if v.session == nil {
		return f
	}
	f.SignedIn, f.Person, f.Seats = true, v.session.Name, len(v.session.Seats) > 1
	f.Menu, f.Place, f.Search = menuOf(v.role()), words.NoSeat, may["ListPermits"][v.role()]
	if s := v.seat(); s != nil {
		f.Role, f.Place = words.From(s.GetRoleTitle()), words.From(s.GetOrgTitle())
	}
	return f
}

// other is this page in the other language. A page that answers a form leads
// to the form's address.
func (v *visit) other() string {
	rest := strings.TrimPrefix(v.r.URL.EscapedPath(), "/"+string(v.lang))
	if v.r.URL.RawQuery != "" && v.r.Method != http.MethodPost {
		rest += "?" + v.r.URL.RawQuery
	}
	return "/" + string(v.lang.Other()) + rest
}

// show writes a page. It is drawn whole before the first byte leaves, so a
// page is never cut in the middle by a mistake.
func (v *visit) show(status int, body templ.Component) error {
	var b bytes.Buffer
	if err := body.Render(v.text(), &b); err != nil {
		return err
	}
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.lang.HTML())
	if v.session != nil || v.r.Method == http.MethodPost {
		h.Set("Cache-Control", "no-store")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	h.Set("Vary", "Cookie")
	v.w.WriteHeader(status)
	if v.r.Method == http.MethodHead {
		return nil
	}
	if _, err := v.w.Write(b.Bytes()); err != nil {
		v.Logger.DebugContext(v.text(), "page not received", slog.Any("error", err))
	}
	return nil
}

// statusOf is the HTTP status of a problem on a page.
func statusOf(p *problem.Error) int {
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

// fail answers an error that no form can show.
func (v *visit) fail(err error) {
	refused := rpc.ProblemFrom(err)
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		refused = &problem.Error{Kind: problem.TooLarge, Reason: "TOO_LARGE", Text: problem.Text(words.ErrTooLargeWhy)}
	}
	if refused == nil {
		v.Logger.ErrorContext(v.text(), "page failed", slog.String("correlation_id", v.correl),
			slog.String("path", v.r.URL.Path), slog.Any("error", err))
		refused = &problem.Error{Reason: "INTERNAL", Text: problem.Text(words.ErrServerWhy)}
	}
	if refused.Kind == problem.Unknown && v.r.Method != http.MethodPost {
		next := "/?next=" + templ.EscapeString(v.r.URL.EscapedPath())
		if v.see(next) == nil {
			return
		}
	}
	title := words.ErrServer
	switch statusOf(refused) {
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
		v.w.Header().Set("Retry-After", strconv.Itoa(max(1, refused.Wait)))
	}
	f := v.frame(title.In(v.text()), "")
	f.Wrong = true
	number := ""
	if refused.Kind == 0 || refused.Kind == problem.Unavailable {
		number = v.correl
	}
	if err := v.show(statusOf(refused), page.Problem(f, title, refused, number)); err != nil {
		http.Error(v.w, title.In(v.text()), http.StatusInternalServerError)
	}
}
