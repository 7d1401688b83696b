package web

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/page"
	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
)

// setCookie gives the browser the session, for as long as it lasts by the
// bureau's clock: an age, because the browser's clock may be another.
func setCookie(v *visit.Visit, o visit.Opened) {
	c := &http.Cookie{ //nolint:gosec // Secure is off only on a plain loopback listener, where a browser would drop the cookie
		Name: v.CookieName(), Value: o.ID, Path: "/", MaxAge: max(1, int(o.Expires.Sub(v.Now()).Seconds())),
		Secure: v.Secure, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
	if o.ID == "" {
		c.MaxAge = -1
	}
	http.SetCookie(v.W, c)
}

var signInForm = form.Form{{Fields: []form.Field{
	{Path: "login", Label: words.Login, Max: 40, Auto: "username"},
	{Path: "password", Kind: form.Secret, Label: words.Password, Hint: words.PasswordHint, Auto: "current-password"},
}}}

func door(v *visit.Visit) error {
	if v.Session != nil {
		return v.See("/home")
	}
	return showFront(v, http.StatusOK, component.Task{}, v.Query("next"), v.Query("done") != "")
}

func showFront(v *visit.Visit, status int, t component.Task, next string, opened bool) error {
	t.Filled.Form = signInForm
	f := v.Frame(words.SignIn.In(v.Text()), "")
	f.Front, f.Wrong = true, status >= http.StatusBadRequest
	if v.R.Method == http.MethodPost {
		f.Other = "/" + string(v.Lang.Other()) + "/"
	}
	return v.Show(status, page.Front(f, t, local(next), opened))
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

func signIn(v *visit.Visit) error {
	if err := v.Parse(); err != nil {
		return err
	}
	login, next := strings.TrimSpace(v.R.PostForm.Get("login")), v.R.PostForm.Get("next")
	opened, err := v.Sessions.SignIn(v.Text(), login, v.R.PostForm.Get("password"), remote(v.R))
	if refused := rpc.ProblemFrom(err); refused != nil {
		status := visit.StatusOf(refused)
		if refused.Kind == problem.Unknown {
			status = http.StatusUnprocessableEntity // a form to correct, not a page to sign in for
		}
		return showFront(v, status, component.Task{
			Refusal: refused,
			Filled:  form.Filled{Values: url.Values{"login": {login}}, Errors: refused.Errors},
		}, next, false)
	}
	if err != nil {
		return err
	}
	setCookie(v, opened)
	if next = local(next); next != "" {
		http.Redirect(v.W, v.R, next, http.StatusSeeOther)
		return nil
	}
	return v.See("/home")
}

// remote is the address that a request came from, without its port.
func remote(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}

func signOut(v *visit.Visit) error {
	if err := v.Sessions.SignOut(v.Text(), v.Cookie); err != nil {
		return err
	}
	setCookie(v, visit.Opened{})
	return v.See("/")
}

func seats(v *visit.Visit) error {
	return v.Show(http.StatusOK, page.Seats(v.Frame(words.MySeats.In(v.Text()), "/seats"), v.Session.Seats, v.Session.Seat))
}

func switchSeat(v *visit.Visit) error {
	if err := v.Parse(); err != nil {
		return err
	}
	opened, err := v.Sessions.SwitchSeat(v.Text(), v.Cookie, v.R.PostForm.Get("seat"))
	if err != nil {
		return err
	}
	setCookie(v, opened)
	return v.See("/home")
}

func help(v *visit.Visit) error {
	return v.Show(http.StatusOK, page.Help(v.Frame(words.HelpTitle.In(v.Text()), "/help")))
}

func accessibility(v *visit.Visit) error {
	return v.Show(http.StatusOK, page.Accessibility(v.Frame(words.AccessTitle.In(v.Text()), "/accessibility")))
}
