package web_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"shiyang/gateway/web"
)

// browser is a person at the portal; as is a role, empty for nobody.
type browser struct {
	t testing.TB
	o *office
	h http.Handler
}

func newBrowser(t testing.TB) browser {
	t.Helper()
	o := newOffice()
	return browser{t, o, web.New(o.deps(t))}
}

func (b browser) do(as string, r *http.Request) *http.Response {
	b.t.Helper()
	if as != "" {
		r.AddCookie(&http.Cookie{Name: "shiyang", Value: as})
	}
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	return w.Result()
}

func (b browser) get(as, path string) (*http.Response, string) {
	b.t.Helper()
	return b.body(b.do(as, httptest.NewRequest(http.MethodGet, path, http.NoBody)))
}

func (b browser) post(as, path string, values url.Values) (*http.Response, string) {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(values.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.body(b.do(as, r))
}

func (b browser) body(r *http.Response) (*http.Response, string) {
	b.t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return r, string(body)
}

// addresses are all pages that open with GET, by who opens them.
var addresses = map[string][]string{
	"": {
		"/", "/accounts/open", "/register", "/register?q=x&county=620623&after=c", "/register/" + number, "/register/" + number + "/version?on=2026-11-01", "/register/" + number + "/version?on=2026-10-17&as=printed", "/open-data", "/register/" + number + "?version=1", "/indicators", "/places", "/help", "/accessibility",
		"/register/registrations", "/classification", "/classification?q=4430",
	},
	"person": {"/home", "/seats", "/account", "/account/password", "/firm-applications", "/firm-applications/new", "/invitations"},
	"permit_clerk": {
		"/home", "/seats", "/account", "/facilities", "/facilities?q=x", "/facilities/new", "/facilities/" + siteID, "/facilities/" + siteID + "/change",
		"/facilities/" + siteID + "/assign", "/permits", "/permits?status=PERMIT_STATUS_ISSUED&order=due", "/permits/" + permitID, "/permits/" + permitID + "?v=7&done=1",
		"/permits/" + permitID + "?at=2", "/permits/" + permitID + "?at=2026-09-11T12:00&clock=happened", "/permits/" + issuedID + "/print",
		"/permits/" + issuedID, "/permits/" + issuedID + "/versions?from=1&to=2", "/permits/" + issuedID + "/print?on=2026-10-17",
		"/permits/" + issuedID + "/act/open-procedure", "/permits/" + issuedID + "/act/enter-platform-number",
		"/permits/" + permitID + "/act/accept", "/permits/" + permitID + "/act/notice-deficiency", "/permits/" + permitID + "/act/correct-on-spot",
		"/permits/" + permitID + "/act/decline", "/permits/" + permitID + "/act/record-delivery", "/firm-applications", "/firm-applications/" + appID,
		"/records/permit/" + permitID, "/firms/" + firmID,
		"/registrations", "/registrations/" + siteID, "/registrations/" + siteID + "/act/override-tier", "/registrations/" + siteID + "/act/enter-number",
		"/sources", "/sources?status=unsettled", "/source-counts", "/sources/" + appID, "/sources/" + appID + "/act/link", "/sources/" + appID + "/act/settle",
	},
	"permit_examiner": {
		"/permits/" + permitID + "/act/pause-clock", "/permits/" + permitID + "/act/resume-clock", "/permits/" + permitID + "/act/record-site-check",
		"/permits/" + permitID + "/act/report-examination", "/permits/" + issuedID + "/act/propose-measure",
	},
	"permit_decider": {
		"/permits/" + permitID + "/act/return-examination", "/permits/" + issuedID + "/act/issue", "/permits/" + permitID + "/act/refuse", "/permits/" + issuedID + "/act/decide-measure",
	},
	"firm_admin": {
		"/home", "/firms/" + firmID, "/firms/" + firmID + "/invite", "/firms/" + firmID + "/revoke/" + handlerID, "/facilities/" + siteID + "/apply",
		"/permits/" + permitID + "/act/publish-notice", "/permits/" + permitID + "/act/withdraw", "/permits/" + permitID + "/apply/basic",
		"/permits/" + permitID + "/apply/outlets", "/permits/" + permitID + "/apply/limits?check=1", "/permits/" + permitID + "/apply/monitoring",
		"/permits/" + permitID + "/apply/files", "/permits/" + permitID + "/apply/check", "/permits/" + permitID + "/apply/discard",
		"/permits/" + issuedID + "/act/open-procedure", "/permits/" + issuedID + "/base-data", "/permits/" + issuedID + "/act/propose-measure",
		"/registrations/" + siteID + "/receipt", "/registrations/" + siteID + "/act/decide-tier", "/registrations/" + siteID + "/act/file",
		"/registrations/" + siteID + "/act/change", "/registrations/" + siteID + "/act/renew", "/registrations/" + siteID + "/act/cancel",
	},
	"auditor": {"/audit", "/records/permit/" + permitID + "?at=2", "/records/facility/" + siteID, "/permits"},
	"system_admin": {
		"/accounts", "/accounts/new", "/accounts/" + clerkID + "/grant", "/accounts/" + clerkID + "/revoke?role=permit_clerk&county=620602", "/accounts/" + clerkID + "/disable",
		"/accounts/" + handlerID + "/reset-password",
	},
}

// each runs a check on every page in both languages.
func each(t *testing.T, b browser, check func(t *testing.T, as, path string, r *http.Response, body string)) {
	t.Helper()
	for _, as := range slices.Sorted(maps.Keys(addresses)) {
		for _, path := range addresses[as] {
			for _, lang := range []string{"/zh", "/en"} {
				t.Run(as+lang+path, func(t *testing.T) {
					r, body := b.get(as, lang+path)
					check(t, as, lang+path, r, body)
				})
			}
		}
	}
}

func TestEveryPageInBothLanguages(t *testing.T) {
	b := newBrowser(t)
	each(t, b, func(t *testing.T, as, path string, r *http.Response, body string) {
		if r.StatusCode != http.StatusOK {
			t.Fatalf("status %d\n%s", r.StatusCode, body)
		}
		want := map[string]string{"/zh": `<html lang="zh-CN">`, "/en": `<html lang="en">`}[path[:3]]
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
		if strings.Contains(body, "%!") {
			t.Error("a text was filled in wrongly")
		}
		if len(body) > 64<<10 {
			t.Errorf("%d bytes; a page has at most 64 KiB", len(body))
		}
		if cache := r.Header.Get("Cache-Control"); as != "" && cache != "no-store" {
			t.Errorf("signed-in page has Cache-Control %q", cache)
		}
		for name, value := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			"X-Content-Type-Options":  "nosniff", "Referrer-Policy": "same-origin", "Content-Type": "text/html; charset=utf-8",
		} {
			if got := r.Header.Get(name); got != value {
				t.Errorf("%s: %q", name, got)
			}
		}
	})
}

func TestPagesMakeFewCalls(t *testing.T) {
	b := newBrowser(t)
	each(t, b, func(t *testing.T, _, _ string, _ *http.Response, _ string) {
		b.o.mu.Lock()
		defer b.o.mu.Unlock()
		if len(b.o.calls) > 4 {
			t.Errorf("calls %v", b.o.calls)
		}
		b.o.calls = nil
	})
}

// walk visits every element of a page.
func walk(t testing.TB, body string, visit func(tag string, attr map[string]string)) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[a.Key] = a.Val
		}
		visit(n.Data, attr)
	}
}

func TestPagesCanBeUsedByKeyboardAndReader(t *testing.T) {
	b := newBrowser(t)
	each(t, b, func(t *testing.T, _, _ string, _ *http.Response, body string) {
		ids, count := map[string]bool{}, map[string]int{}
		var wanted []string
		walk(t, body, func(tag string, attr map[string]string) {
			count[tag]++
			if id := attr["id"]; id != "" {
				if ids[id] {
					t.Errorf("two elements have the id %q", id)
				}
				ids[id] = true
			}
			wanted = append(wanted, attr["for"], attr["list"])
			wanted = append(wanted, strings.Fields(attr["aria-describedby"])...)
			if target, ok := strings.CutPrefix(attr["href"], "#"); ok && tag == "a" {
				wanted = append(wanted, target)
			}
			switch {
			case attr["style"] != "":
				t.Errorf("<%s> has a style of its own", tag)
			case tag == "svg" && attr["aria-hidden"] == "" && attr["aria-label"] == "":
				t.Error("a picture has no name")
			case tag == "th" && attr["scope"] == "":
				t.Error("a table head has no scope")
			case tag == "script" && (attr["src"] == "" || !strings.HasPrefix(attr["src"], "/static/")):
				t.Error("a script is written into the page")
			}
		})
		if count["h1"] != 1 || count["main"] != 1 {
			t.Errorf("%d h1, %d main", count["h1"], count["main"])
		}
		for _, id := range wanted {
			if id != "" && !ids[id] && id != "near" && id != "later" {
				t.Errorf("nothing has the id %q", id)
			}
		}
	})
}

func TestEveryLinkAndFormLeadsSomewhere(t *testing.T) {
	b := newBrowser(t)
	tried := map[string]bool{}
	each(t, b, func(t *testing.T, as, _ string, _ *http.Response, body string) {
		walk(t, body, func(tag string, attr map[string]string) {
			method, target := http.MethodGet, attr["href"]
			if tag == "form" {
				method, target = strings.ToUpper(attr["method"]), attr["action"]
			}
			target, _, _ = strings.Cut(target, "#")
			if !strings.HasPrefix(target, "/") || tried[as+method+target] || strings.HasSuffix(target, "/sign-out") || strings.Contains(target, "/files/") || servedByTheAPI(target) {
				return
			}
			tried[as+method+target] = true
			r := httptest.NewRequest(method, target, http.NoBody)
			if method == http.MethodPost {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			switch got := b.do(as, r); got.StatusCode {
			case http.StatusOK, http.StatusSeeOther, http.StatusUnprocessableEntity, http.StatusConflict:
			default:
				t.Errorf("%s %s answers %d", method, target, got.StatusCode)
			}
		})
	})
	if len(tried) < 100 {
		t.Errorf("only %d links tried", len(tried))
	}
}

// payloads try to become markup or script.
var payloads = []string{
	`<script>alert(1)</script>`, `"><script>alert(1)</script>`, `'><img src=x onerror=alert(1)>`, `</textarea><script>alert(1)</script>`,
	`</title><script>alert(1)</script>`, `" onmouseover="alert(1)`, `' onfocus='alert(1)' autofocus='`, `javascript:alert(1)`, `<svg onload=alert(1)>`,
	`<iframe srcdoc="<script>alert(1)</script>">`, `--><script>alert(1)</script><!--`, `<a href="javascript:alert(1)">x</a>`, `{{constructor.constructor('alert(1)')()}}`,
	`<style>@import '//evil'</style>`, `<base href="//evil/">`, `<meta http-equiv=refresh content="0;url=//evil">`, `<form action=//evil><button>x`, "`${alert(1)}`",
	`&lt;script&gt;alert(1)&lt;/script&gt;`, `\u003cscript\u003ealert(1)\u003c/script\u003e`, `<details open ontoggle=alert(1)>`, `<math><mi xlink:href="javascript:alert(1)">`,
	`<input autofocus onfocus=alert(1)>`, `]]><script>alert(1)</script>`, `<x contenteditable onblur=alert(1)>`, `%3Cscript%3Ealert(1)%3C/script%3E`,
}

func TestNoTextBecomesMarkup(t *testing.T) {
	b := newBrowser(t)
	for _, payload := range payloads {
		b.o.note = payload
		each(t, b, func(t *testing.T, _, _ string, _ *http.Response, body string) {
			walk(t, body, func(tag string, attr map[string]string) {
				if tag == "iframe" || tag == "base" || tag == "style" || tag == "math" || tag == "script" && attr["src"] == "" {
					t.Errorf("%q made a <%s>", payload, tag)
				}
				for name, value := range attr {
					if strings.HasPrefix(name, "on") || strings.HasPrefix(value, "javascript:") && (name == "href" || name == "action") {
						t.Errorf("%q made %s=%q", payload, name, value)
					}
				}
			})
		})
		values := url.Values{"site.unitName": {payload}, "site.remark": {payload}, "site.uscc": {payload}, "command": {payload}, "seen": {payload}}
		_, body := b.post("permit_clerk", "/zh/facilities/new", values)
		walk(t, body, func(tag string, attr map[string]string) {
			if tag == "script" && attr["src"] == "" || tag == "iframe" || attr["onerror"]+attr["onload"]+attr["onfocus"] != "" {
				t.Errorf("%q came back as markup", payload)
			}
		})
	}
}

func TestUnknownAddresses(t *testing.T) {
	b := newBrowser(t)
	for path, want := range map[string]int{
		"/zh/nothing": http.StatusNotFound, "/en/permits/" + clerkID: http.StatusNotFound, "/zh/permits/" + permitID + "/act/eat": http.StatusNotFound,
		"/zh/permits/" + permitID + "/apply/none": http.StatusNotFound, "/zh/permits/" + permitID + "/print": http.StatusNotFound,
		"/en/permits/" + permitID + "/act/issue": http.StatusConflict, "/zh/accounts": http.StatusForbidden, "/zh/register/x": http.StatusNotFound,
		"/zh/records?category=x&id=y": http.StatusUnprocessableEntity, "/static/nothing.css": http.StatusNotFound,
	} {
		r, body := b.get("permit_clerk", path)
		if r.StatusCode != want {
			t.Errorf("%s answers %d, want %d", path, r.StatusCode, want)
		}
		if strings.HasPrefix(path, "/zh") && !strings.Contains(body, "<title>错误：") || strings.HasPrefix(path, "/en") && !strings.Contains(body, "<title>Error: ") {
			t.Errorf("%s: the title does not say that it is an error", path)
		}
	}
}

func TestFrontAddressPicksTheLanguage(t *testing.T) {
	b := newBrowser(t)
	for accept, want := range map[string]string{"": "/zh/", "en-GB,en;q=0.9": "/en/", "fr, en;q=0.5": "/en/", "zh-CN,en": "/zh/", "fr": "/zh/"} {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		r.Header.Set("Accept-Language", accept)
		if got := b.do("", r).Header.Get("Location"); got != want {
			t.Errorf("Accept-Language %q leads to %q, want %q", accept, got, want)
		}
	}
}

func TestStaticFilesAreKeptForEver(t *testing.T) {
	b := newBrowser(t)
	_, body := b.get("", "/zh/")
	found := 0
	walk(t, body, func(_ string, attr map[string]string) {
		for _, address := range []string{attr["href"], attr["src"]} {
			if !strings.HasPrefix(address, "/static/") {
				continue
			}
			found++
			r, _ := b.get("", address)
			if r.StatusCode != http.StatusOK || r.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
				t.Errorf("%s: %d, %q", address, r.StatusCode, r.Header.Get("Cache-Control"))
			}
			again := httptest.NewRequest(http.MethodGet, address, http.NoBody)
			again.Header.Set("If-None-Match", r.Header.Get("ETag"))
			if got := b.do("", again); got.StatusCode != http.StatusNotModified {
				t.Errorf("%s with its ETag answers %d", address, got.StatusCode)
			}
		}
	})
	if found != 4 {
		t.Errorf("%d static files, want icon, two style sheets and the script", found)
	}
}

func TestThePastCannotBeActedOn(t *testing.T) {
	b := newBrowser(t)
	_, now := b.get("permit_clerk", "/zh/permits/"+permitID)
	_, then := b.get("permit_clerk", "/zh/permits/"+permitID+"?at=2")
	if !strings.Contains(now, "/act/accept") || strings.Contains(then, "/act/") {
		t.Error("acts are offered in the past, or not in the present")
	}
	if !strings.Contains(then, `class="chg"`) || !strings.Contains(then, "3091") || !strings.Contains(then, "3099") {
		t.Error("what differs from today is not marked")
	}
	b.get("permit_clerk", "/zh/permits/"+permitID+"?at=2026-09-11T12:00&clock=happened")
	if got := b.o.lastStateAt(t); got.GetHappenedBy().AsTime().Format("2006-01-02T15:04") != "2026-09-11T04:00" || got.GetRecordedBy() != nil {
		t.Errorf("asked for %v", got)
	}
	b.get("permit_clerk", "/zh/permits/"+permitID+"?at=2026-09-11")
	if got := b.o.lastStateAt(t); got.GetRecordedBy().AsTime().Format("2006-01-02T15:04:05") != "2026-09-11T15:59:59" {
		t.Errorf("a day ends at %v", got.GetRecordedBy().AsTime())
	}
}

func TestTargetsDoNotHideResults(t *testing.T) {
	b := newBrowser(t)
	_, body := b.get("", "/zh/indicators")
	for _, want := range []string{`data-l="2020">35<`, `data-l="2020 年目标">40<`, `data-l="2025 年目标">31<`} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
}
