package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"shiyang/gateway/web"
)

func cookie(t *testing.T, r *http.Response) *http.Cookie {
	t.Helper()
	all := r.Cookies()
	if len(all) != 1 {
		t.Fatalf("%d cookies", len(all))
	}
	return all[0]
}

func TestSignInOpensASession(t *testing.T) {
	b := newBrowser(t)
	r, body := b.post("", "/zh/sign-in", url.Values{"login": {"permit_clerk"}, "password": {"wrong"}})
	if r.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "还可以试 4 次") || !strings.Contains(body, `value="permit_clerk"`) || strings.Contains(body, "wrong") {
		t.Errorf("wrong password: %d", r.StatusCode)
	}
	r, _ = b.post("", "/en/sign-in", url.Values{"login": {" permit_clerk "}, "password": {"correct horse battery"}})
	c := cookie(t, r)
	if r.Header.Get("Location") != "/en/home" || c.Name != "shiyang" || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Secure {
		t.Errorf("%s, cookie %v", r.Header.Get("Location"), c)
	}
}

func TestCookieIsBoundToTLS(t *testing.T) {
	o := newOffice()
	d := o.deps(t)
	d.Secure = true
	b := browser{t, o, web.New(d)}
	r, _ := b.post("", "/zh/sign-in", url.Values{"login": {"auditor"}, "password": {"correct horse battery"}})
	if c := cookie(t, r); c.Name != "__Host-shiyang" || !c.Secure {
		t.Errorf("cookie %v", c)
	}
	if got := r.Header.Get("Strict-Transport-Security"); got != "max-age=31536000; includeSubDomains" {
		t.Errorf("HSTS %q", got)
	}
}

func TestSignInGoesOnOnlyToOurOwnPages(t *testing.T) {
	b := newBrowser(t)
	for next, want := range map[string]string{
		"/en/permits/" + permitID: "/en/permits/" + permitID, "//evil.example/zh/": "/zh/home", "https://evil.example/zh/": "/zh/home",
		"/zh/home": "/zh/home", "/v1/permits": "/zh/home", `/\evil`: "/zh/home", "zh/home": "/zh/home", "": "/zh/home",
	} {
		r, _ := b.post("", "/zh/sign-in", url.Values{"login": {"auditor"}, "password": {"correct horse battery"}, "next": {next}})
		if got := r.Header.Get("Location"); got != want {
			t.Errorf("next %q leads to %q, want %q", next, got, want)
		}
	}
	r, _ := b.get("", "/zh/permits/"+permitID)
	if got := r.Header.Get("Location"); r.StatusCode != http.StatusSeeOther || got != "/zh/?next=/zh/permits/"+permitID {
		t.Errorf("signed out: %d %q", r.StatusCode, got)
	}
}

func TestSignOutEndsTheSession(t *testing.T) {
	b := newBrowser(t)
	r, _ := b.post("permit_clerk", "/zh/sign-out", nil)
	if c := cookie(t, r); c.MaxAge >= 0 || c.Value != "" || r.Header.Get("Location") != "/zh/" {
		t.Errorf("cookie %v, to %q", c, r.Header.Get("Location"))
	}
	if r, _ := b.get("permit_clerk", "/zh/home"); r.StatusCode != http.StatusSeeOther {
		t.Errorf("the old cookie still opens pages: %d", r.StatusCode)
	}
}

func TestSwitchingTheSeatRenewsTheSession(t *testing.T) {
	b := newBrowser(t)
	r, _ := b.post("permit_clerk", "/zh/seats", url.Values{"seat": {"seat-1"}})
	if r.StatusCode != http.StatusSeeOther || cookie(t, r).Value == "" {
		t.Errorf("%d", r.StatusCode)
	}
}

func TestOtherSitesCannotPost(t *testing.T) {
	b := newBrowser(t)
	for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
		r := httptest.NewRequest(http.MethodPost, "/zh/permits/"+permitID+"/act/accept", strings.NewReader("command="+newID()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set(name, value)
		if got := b.do("permit_clerk", r); got.StatusCode != http.StatusForbidden {
			t.Errorf("%s %s answers %d", name, value, got.StatusCode)
		}
	}
	if len(b.o.calls) > 0 {
		t.Errorf("calls were made: %v", b.o.calls)
	}
}

func TestTooMuchIsRefused(t *testing.T) {
	b := newBrowser(t)
	r, _ := b.post("permit_clerk", "/zh/permits/"+permitID+"/act/decline", url.Values{"reason": {strings.Repeat("长", 1<<20)}})
	if r.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("3 MiB answer %d", r.StatusCode)
	}
	if r, _ := b.get("", "/zh/register?q="+strings.Repeat("x", 5000)); r.StatusCode != http.StatusRequestURITooLong {
		t.Errorf("long address answers %d", r.StatusCode)
	}
}
