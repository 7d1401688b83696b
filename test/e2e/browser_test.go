package e2e_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browser starts a real Chromium, or skips the test where there is none.
func browser(t *testing.T) context.Context {
	t.Helper()
	path := os.Getenv("SHIYANG_TEST_CHROMIUM")
	if path == "" {
		t.Skip("set SHIYANG_TEST_CHROMIUM to the path of a Chromium")
	}
	ctx, cancel := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()),
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.Headless, chromedp.NoSandbox,
		chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("font-render-hinting", "none"), chromedp.Flag("hide-scrollbars", true),
	)
	t.Cleanup(cancel)
	ctx, end := chromedp.NewContext(ctx)
	t.Cleanup(end)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// The widths at which every page is looked at: a desk and a phone.
const desk, phone = 1440, 390

// tab is one person at a browser, with cookies of their own.
type tab struct {
	t      *testing.T
	ctx    context.Context //nolint:containedctx // chromedp keeps its tab in the context
	base   string
	lang   string
	series string // of the pictures
	count  int

	mu     sync.Mutex
	faults []string // what the browser complained of
	forbid bool     // a refusal is expected: the browser tells of its status
}

// newTab opens a tab in a language, with or without JavaScript.
func newTab(t *testing.T, ctx context.Context, base, lang, series string, script bool) *tab { //nolint:revive // t comes first in tests
	t.Helper()
	b := &tab{t: t, base: base, lang: lang, series: series}
	ctx, cancel := chromedp.NewContext(ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(b.listen))
	t.Cleanup(cancel)
	b.ctx = ctx
	// The first call opens the tab, which lives as long as that call's context.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	b.do("open a tab", chromedp.EmulateViewport(desk, 900), chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !script})
		return err
	}))
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, fault := range b.faults {
			t.Errorf("%s: the browser says: %s", series, fault)
		}
	})
	return b
}

// listen collects errors of scripts and violations of the content security
// policy; a page needs neither.
func (b *tab) listen(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := ev.(type) {
	case *runtime.EventExceptionThrown:
		b.faults = append(b.faults, "exception "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.faults = append(b.faults, fmt.Sprintf("console.%s called", e.Type))
	case *log.EventEntryAdded:
		refusal := b.forbid && e.Entry.Source == log.EntrySourceNetwork && strings.Contains(e.Entry.Text, "status of 4")
		if remark := e.Entry.Level == log.EntryLevelInfo || e.Entry.Level == log.EntryLevelVerbose; !remark && !refusal {
			b.faults = append(b.faults, fmt.Sprintf("%s %s: %s (%s)", e.Entry.Level, e.Entry.Source, e.Entry.Text, e.Entry.URL))
		}
	}
}

func (b *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%s: %s: %v\n%s", b.series, what, err, b.where())
	}
}

// where tells the page for the report of a failure.
func (b *tab) where() string {
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	at, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return at
}

// travel does steps that lead to another page and returns its status.
func (b *tab) travel(what string, steps ...chromedp.Action[chromedp.Void]) int64 {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 30*time.Second)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, steps...)
	if err != nil {
		b.t.Fatalf("%s: %s: %v\n%s", b.series, what, err, b.where())
	}
	return response.Status
}

// open goes to a page and looks at it.
func (b *tab) open(path string) {
	b.t.Helper()
	b.arrive(b.travel("open "+path, chromedp.Navigate(b.base+path)), path)
}

// press clicks what leads to another page and looks at it.
func (b *tab) press(selector string) {
	b.t.Helper()
	b.arrive(b.travel("press "+selector, chromedp.Click(chromedp.CSS(selector))), selector)
}

// refused clicks what leads back to the same form with an error summary.
func (b *tab) refused(selector, want string) {
	b.t.Helper()
	b.mu.Lock()
	b.forbid = true
	b.mu.Unlock()
	b.travel("press "+selector, chromedp.Click(chromedp.CSS(selector)))
	b.look()
	b.sees(`.errsum`, want)
	b.mu.Lock()
	b.forbid = false
	b.mu.Unlock()
}

func (b *tab) arrive(status int64, how string) {
	b.t.Helper()
	if status != 200 {
		b.t.Fatalf("%s: %s: status %d\n%s", b.series, how, status, b.where())
	}
	b.look()
}

// look checks what holds for every page: its language, and that nothing
// sticks out at the side, at a desk and on a phone.
func (b *tab) look() {
	b.t.Helper()
	b.count++
	for _, width := range []int64{desk, phone} {
		b.do("look", chromedp.EmulateViewport(width, 900))
		got, err := chromedp.Run(b.ctx, chromedp.Evaluate[struct {
			Lang, URL       string
			Scroll, Visible int64
			Wide            []string
		}](`(() => {
			const w = innerWidth;
			const wide = [...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > w + 1 && !e.closest('.scroll')).slice(0, 5)
				.map(e => e.tagName + '.' + e.className + ' ' + e.innerText?.slice(0, 30));
			return {lang: document.documentElement.lang, url: location.pathname, scroll: document.scrollingElement.scrollWidth, visible: w, wide};
		})()`))
		if err != nil {
			b.t.Fatalf("%s: %v", b.series, err)
		}
		if got.Scroll > got.Visible {
			b.t.Errorf("%s: %s is %d pixels wide on a screen of %d: %q", b.series, got.URL, got.Scroll, got.Visible, got.Wide)
		}
		if !strings.HasPrefix(got.Lang, b.lang) {
			b.t.Errorf("%s: %s is in %q", b.series, got.URL, got.Lang)
		}
		b.picture(width, got.URL)
	}
	b.do("look", chromedp.EmulateViewport(desk, 900))
}

// picture saves the page, if somebody wants pictures.
func (b *tab) picture(width int64, path string) {
	b.t.Helper()
	dir := os.Getenv("SHIYANG_TEST_SCREENSHOTS")
	if dir == "" {
		return
	}
	content, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatalf("%s: picture: %v", b.series, err)
	}
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i, part := range parts {
		if len(part) > 30 {
			parts[i] = "id"
		}
	}
	name := fmt.Sprintf("%s-%02d-%s-%d.png", b.series, b.count, strings.Join(parts[1:], "_"), width)
	if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// sees checks that the text of an element holds some words.
func (b *tab) sees(selector, words string) {
	b.t.Helper()
	if text := b.text(selector); !strings.Contains(text, words) {
		b.t.Errorf("%s: %s does not say %q but %q\n%s", b.series, selector, words, text, b.where())
	}
}

func (b *tab) text(selector string) string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 10*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Text(chromedp.CSS(selector)))
	if err != nil {
		b.t.Fatalf("%s: %s: %v\n%s", b.series, selector, err, b.where())
	}
	return text
}

// path is the path of the page that is open.
func (b *tab) path() string {
	b.t.Helper()
	at, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`location.pathname`))
	if err != nil {
		b.t.Fatal(err)
	}
	return at
}

// fill types answers into fields, by their names.
func (b *tab) fill(answers ...string) {
	b.t.Helper()
	for i := 0; i+1 < len(answers); i += 2 {
		field := chromedp.CSS(fmt.Sprintf("#form [name=%q]", answers[i]))
		if b.value(answers[i]) != "" {
			b.do("clear "+answers[i], chromedp.Clear(field))
		}
		b.do("fill "+answers[i], chromedp.SendKeys(field, answers[i+1]))
	}
}

// choose takes options of selections, by the names of the fields.
func (b *tab) choose(answers ...string) {
	b.t.Helper()
	for i := 0; i+1 < len(answers); i += 2 {
		b.do("choose "+answers[i], chromedp.SetValue(chromedp.CSS(fmt.Sprintf("#form select[name=%q]", answers[i])), answers[i+1]))
	}
}

// tick clicks a box or a button of a group.
func (b *tab) tick(name, value string) {
	b.t.Helper()
	b.do("tick "+name, chromedp.Click(chromedp.CSS(fmt.Sprintf("#form input[name=%q][value=%q]", name, value))))
}

// value reads a field.
func (b *tab) value(name string) string {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Value(chromedp.CSS(fmt.Sprintf("#form [name=%q]", name))))
	if err != nil {
		b.t.Fatalf("%s: value of %s: %v", b.series, name, err)
	}
	return value
}

// attach puts a file into a field.
func (b *tab) attach(name, file string) {
	b.t.Helper()
	b.do("attach", chromedp.SetUploadFiles(chromedp.CSS(fmt.Sprintf("#form input[name=%q]", name)), []string{file}))
}

func setValue(selector, value string) chromedp.Action[chromedp.Void] {
	return chromedp.SetValue(chromedp.CSS(selector), value)
}

var (
	permitNumber = regexp.MustCompile(`91620623MA73H91T32[0-9]{3}P`)
	recordID     = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)
)
