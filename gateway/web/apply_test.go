package web_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/page"
	"shiyang/gateway/web/sheet"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
)

// The card says what the check found, and what was looked at, whatever is
// wrong; the declaration is not an answer that the check can find wrong.
func TestCheckCardIsNeverEmpty(t *testing.T) {
	declaration := problem.Field{Path: "content.declaredTrue", Text: problem.Text{Zh: "请勾选", En: "Tick it"}}
	limit := problem.Field{Path: "content.limits[0].concentration", Text: problem.Text{Zh: "超标", En: "Too much"}}
	for _, c := range []struct {
		name   string
		errors []problem.Field
		want   string
	}{
		{"nothing wrong", nil, "没有发现错误"},
		{"only the declaration", []problem.Field{declaration}, "没有发现错误"},
		{"an answer", []problem.Field{limit}, "有 1 处错误"},
		{"both", []problem.Field{limit, declaration}, "有 1 处错误"},
	} {
		a := page.Application{}
		a.Filled.Form, a.Filled.Values, a.Filled.Errors = sheet.Declaration(), url.Values{}, c.errors
		var b strings.Builder
		drawn := page.Check(component.Frame{}, a, func(problem.Field) templ.SafeURL { return "#" })
		if err := drawn.Render(words.With(t.Context(), words.Zh), &b); err != nil {
			t.Fatal(err)
		}
		_, card, found := strings.Cut(b.String(), "系统已核对")
		card, _, _ = strings.Cut(card, "</section>")
		if !found || !strings.Contains(card, c.want) || !strings.Contains(card, "核对了必填项") {
			t.Errorf("%s: the card says %s", c.name, card)
		}
	}
}

// A filing without the declaration still tells what is wrong with the answers.
func TestMissingDeclarationHidesNoError(t *testing.T) {
	b := newBrowser(t)
	path := "/zh/permits/" + permitID + "/apply/check"
	b.o.refuse["SubmitApplication"] = problem.ErrInvalid.WithErrors(problem.Field{
		Path: "content.declaredTrue", Reason: "DECLARE", Text: problem.Text{Zh: "请勾选声明", En: "Tick the declaration"},
	})
	_, body := b.post("firm_admin", path, url.Values{"command": {newID()}, "seen": {"4"}})
	for _, want := range []string{"请勾选声明", "浓度不超过标准的 200", "有 1 处错误", "文号少见"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Count(body, " autofocus") != 1 {
		t.Error("the focus is asked for more or less than once")
	}
}
