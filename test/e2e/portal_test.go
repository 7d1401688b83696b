package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPortal takes a permit from the draft to the auditor's replay by
// clicking in a real browser: in Chinese, the same without JavaScript, and a
// shorter run in English. Every page is looked at on a desk and on a phone.
func TestPortal(t *testing.T) {
	ctx := browser(t)
	p := &program{dir: t.TempDir()}
	t.Cleanup(p.abandon)
	if err := p.start(t.Context(), "--clock", "2026-11-10T09:00:00+08:00"); err != nil {
		t.Fatal(err)
	}
	t.Run("zh", func(t *testing.T) { walk{p, ctx, "zh", "zh", true}.whole(t, "天祝县示例路 21 号") })
	t.Run("zh without JavaScript", func(t *testing.T) { walk{p, ctx, "zh", "noscript", false}.whole(t, "天祝县示例路 22 号") })
	t.Run("en", func(t *testing.T) { walk{p, ctx, "en", "en", true}.short(t) })
}

// walk is one way through the portal.
type walk struct {
	*program
	ctx    context.Context //nolint:containedctx // chromedp keeps its browser in the context
	lang   string
	series string
	script bool
}

const button = "#form .row > button.btn:not(.second)"

// enter signs somebody in, in a tab of their own.
func (w walk) enter(t *testing.T, login string) *tab {
	t.Helper()
	b := newTab(t, w.ctx, w.url, w.lang, w.series+"-"+login, w.script)
	b.open("/" + w.lang + "/")
	b.fill("login", login, "password", w.passwords[login])
	b.press(button)
	return b
}

func (w walk) page(path ...string) string { return "/" + w.lang + "/" + strings.Join(path, "/") }

// whole is the whole path.
func (w walk) whole(t *testing.T, address string) {
	t.Helper()
	firm := w.enter(t, "guicai")
	id := w.apply(t, firm, address)
	w.file(t, firm)

	clerk := w.enter(t, "shouli")
	clerk.sees("main", "天祝示例硅材有限公司")
	clerk.press(fmt.Sprintf("main a.btn[href*=%q]", id))
	clerk.sees("main", "91620623MA73H91T32")
	clerk.press(button)
	clerk.sees("main", "武环")

	examiner := w.enter(t, "shencha")
	examiner.press(fmt.Sprintf("main h3 a[href*=%q]", id))
	examiner.press("main a[href$=\"/act/report-examination\"]")
	examiner.refused(button, "")
	examiner.tick("recommendGrant", "true")
	examiner.fill("opinion", "符合发证条件（示例）。")
	examiner.press(button)

	decider := w.enter(t, "jueding")
	decider.press(fmt.Sprintf("main a.btn[href*=%q]", id))
	decider.press(button)
	number := permitNumber.FindString(decider.text("main"))
	if number == "" {
		t.Fatalf("no permit number: %s", decider.where())
	}
	decider.press("main a[href$=\"/print\"]")
	decider.sees("main", number)

	public := newTab(t, w.ctx, w.url, w.lang, w.series+"-public", w.script)
	public.open(w.page("register"))
	public.do("search", setValue("#q", number))
	public.press("main form button.btn")
	public.press(fmt.Sprintf("main a[href*=%q]", number))
	public.sees("main", "天祝示例硅材有限公司")
	w.audit(t, id, number)
}

// audit moves through the record's past and replays the views.
func (w walk) audit(t *testing.T, id, number string) {
	t.Helper()
	auditor := w.enter(t, "shenji")
	auditor.open(w.page("permits", id))
	auditor.sees("main", number)
	auditor.do("move the slider", setValue("#at", "2"))
	auditor.press("form.asof button")
	if strings.Contains(auditor.text("form.asof"), "第 5") || auditor.path() != w.page("permits", id) {
		t.Errorf("the slider did not move: %s", auditor.text("form.asof"))
	}
	auditor.press("form.asof a[aria-label]")
	auditor.open(w.page("records", "permit", id))
	auditor.press("form.asof a[aria-label]")
	auditor.open(w.page("audit"))
	auditor.press("#check button")
	auditor.sees("#check", "permit_list")
	if text := auditor.text("#check"); strings.Contains(text, "不一致") {
		t.Errorf("the views differ: %s", text)
	}
}

// apply enters a site and opens an application for it, and returns the
// record's id.
func (w walk) apply(t *testing.T, b *tab, address string) string {
	t.Helper()
	b.open(w.page("facilities", "new"))
	b.fill("site.unitName", "天祝示例硅材有限公司", "site.uscc", "91620623MA73H91T33", "site.siteAddress", address, "site.industry", "3099")
	b.choose("site.division", "620623")
	b.refused(button, "信用代码")
	b.fill("site.uscc", "91620623MA73H91T32")
	b.press(button)
	b.press("main a[href$=\"/apply\"]")
	b.tick("managementClass", "MANAGEMENT_CLASS_SIMPLIFIED")
	b.press(button)
	id := recordID.FindString(b.path())
	if id == "" {
		t.Fatalf("no record: %s", b.where())
	}
	b.open(w.page("permits", id))
	b.press("main a[href*=\"/apply\"]")
	return id
}

// file fills in the steps of the application, with a saved draft and errors
// on the way, checks the answers and files it.
func (w walk) file(t *testing.T, b *tab) {
	t.Helper()
	step := b.path()
	b.fill("content.industry", "30", "content.classificationRow", "70")
	b.press("#form button[name=save]")
	b.open(step)
	if got := b.value("content.classificationRow"); got != "70" {
		t.Errorf("the draft says %q", got)
	}
	b.refused("#form .row button[name=next]", "行业")
	b.fill("content.industry", "3099", "content.eiaNumber", "武环评发〔2026〕8号")
	b.press("#form .row button[name=next]")
	b.fill("content.outlets[0].code", "DA001", "content.outlets[0].title", "窑炉排气筒", "content.outlets[0].heightMm", "25")
	b.choose("content.outlets[0].kind", "OUTLET_KIND_GENERAL")
	b.press("#form .row button[name=next]")
	b.fill("content.limits[0].outlet", "DA001", "content.limits[0].pollutant", "a34013", "content.limits[0].concentration", "30",
		"content.limits[0].massGramsPerYear", "8.6", "content.limits[0].standard", "GB 9078-1996")
	b.choose("content.limits[0].unit", "mg/m3", "content.limits[0].averaging", "AVERAGING_HOUR")
	b.press("#form .row button[name=next]")
	b.fill("content.monitoring[0].outlet", "DA001", "content.monitoring[0].pollutant", "a34013", "content.ledgerRequirement", "保存五年")
	b.choose("content.monitoring[0].frequency", "quarter")
	b.press("#form .row button[name=next]")
	paper := filepath.Join(t.TempDir(), "approval.pdf")
	if err := os.WriteFile(paper, []byte("%PDF-1.4\nan example\n%%EOF\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.choose("kind", "eia-approval")
	b.attach("file", paper)
	b.press("#form button[name=upload]")
	b.sees("main", "approval.pdf")
	b.press("#form .row button[name=next]")
	b.sees("main", "武环评发〔2026〕8号")
	b.refused(button, "")
	b.tick("content.declaredTrue", "true")
	b.press(button)
	b.sees("main", "待受理")
}

// short is a shorter run: somebody of each kind looks at what is there.
func (w walk) short(t *testing.T) {
	t.Helper()
	public := newTab(t, w.ctx, w.url, w.lang, w.series+"-public", w.script)
	for _, path := range []string{"", "register", "indicators", "places", "help", "accessibility", "accounts/open"} {
		public.open(w.page(path))
	}
	firm := w.enter(t, "qixiu")
	for _, path := range []string{"permits", "facilities", "facilities/new", "firm", "account", "seats"} {
		firm.open(w.page(path))
	}
	firm.open(w.page("permits"))
	firm.press("main table a")
	firm.sees("main", "Liangzhou")
	clerk := w.enter(t, "shouli")
	clerk.press("main .do a.btn")
	clerk.open(w.page("firm-applications"))
	decider := w.enter(t, "jueding")
	decider.press("main .do a.btn")
	auditor := w.enter(t, "shenji")
	auditor.open(w.page("audit"))
	auditor.press("#check button")
	auditor.sees("#check", "permit_list")
	admin := w.enter(t, "admin")
	for _, path := range []string{"accounts", "accounts/new"} {
		admin.open(w.page(path))
	}
}
