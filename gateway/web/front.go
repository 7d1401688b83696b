package web

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/page"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
)

// cookieName carries the prefix that binds a cookie to this host and to TLS;
// a browser takes it only over TLS.
func (p *pages) cookieName() string {
	if p.Secure {
		return "__Host-shiyang"
	}
	return "shiyang"
}

// setCookie gives the browser the session, for as long as it lasts by the
// bureau's clock: an age, because the browser's clock may be another.
func (p *pages) setCookie(w http.ResponseWriter, o Opened) {
	c := &http.Cookie{ //nolint:gosec // Secure is off only on a plain loopback listener, where a browser would drop the cookie
		Name: p.cookieName(), Value: o.ID, Path: "/", MaxAge: max(1, int(o.Expires.Sub(p.Now()).Seconds())),
		Secure: p.Secure, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
	if o.ID == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

var signInForm = form.Form{{Fields: []form.Field{
	{Path: "login", Label: words.Login, Max: 40, Auto: "username"},
	{Path: "password", Kind: form.Secret, Label: words.Password, Hint: words.PasswordHint, Auto: "current-password"},
}}}

func (p *pages) front(v *visit) error {
	if v.session != nil {
		return v.see("/home")
	}
	return v.showFront(http.StatusOK, component.Task{}, v.query("next"), v.query("done") != "")
}

func (v *visit) showFront(status int, t component.Task, next string, opened bool) error {
	t.Filled.Form = signInForm
	f := v.frame(words.SignIn.In(v.text()), "")
	f.Front, f.Wrong = true, status >= http.StatusBadRequest
	if v.r.Method == http.MethodPost {
		f.Other = "/" + string(v.lang.Other()) + "/"
	}
	return v.show(status, page.Front(f, t, local(next), opened))
}

// local keeps an address only if it is a page of ours.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || strings.ContainsAny(next, "\\\r\n") {
		return ""
	}
	if first, _, _ := strings.Cut(strings.TrimPrefix(next, "/"), "/"); strings.HasPrefix(next, "/") {
		if _, ok := words.Parse(first); ok {
			return next
		}
	}
	return ""
}

func (p *pages) signIn(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	login, next := strings.TrimSpace(v.r.PostForm.Get("login")), v.r.PostForm.Get("next")
	opened, err := p.Sessions.SignIn(v.text(), login, v.r.PostForm.Get("password"), remote(v.r))
	if refused := rpc.ProblemFrom(err); refused != nil {
		status := statusOf(refused)
		if refused.Kind == problem.Unknown {
			status = http.StatusUnprocessableEntity // a form to correct, not a page to sign in for
		}
		return v.showFront(status, component.Task{
			Refusal: refused,
			Filled:  form.Filled{Values: url.Values{"login": {login}}, Errors: refused.Errors},
		}, next, false)
	}
	if err != nil {
		return err
	}
	p.setCookie(v.w, opened)
	if next = local(next); next != "" {
		http.Redirect(v.w, v.r, next, http.StatusSeeOther) //nolint:gosec // local lets only our own pages through
		return nil
	}
	return v.see("/home")
}

// remote is the address that a request came from, without its port.
func remote(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}

func (p *pages) signOut(v *visit) error {
	if err := p.Sessions.SignOut(v.text(), v.cookie); err != nil {
		return err
	}
	p.setCookie(v.w, Opened{})
	return v.see("/")
}

func (p *pages) seats(v *visit) error {
	return v.show(http.StatusOK, page.Seats(v.frame(words.MySeats.In(v.text()), "/seats"), v.session.Seats, v.session.Seat))
}

func (p *pages) switchSeat(v *visit) error {
	if err := v.parse(); err != nil {
		return err
	}
	opened, err := p.Sessions.SwitchSeat(v.text(), v.cookie, v.r.PostForm.Get("seat"))
	if err != nil {
		return err
	}
	p.setCookie(v.w, opened)
	return v.see("/home")
}

func (p *pages) help(v *visit) error {
	return v.show(http.StatusOK, page.Help(v.frame(words.HelpTitle.In(v.text()), "/help")))
}

func (p *pages) accessibility(v *visit) error {
	return v.show(http.StatusOK, page.Accessibility(v.frame(words.AccessTitle.In(v.text()), "/accessibility")))
}
