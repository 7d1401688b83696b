package component_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/words"
	commonv1 "shiyang/proto/common/v1"
)

func day(iso string) *commonv1.Date { return &commonv1.Date{Iso: iso} }

func render(t *testing.T, l words.Lang, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(words.With(t.Context(), l), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// period runs ten days from 1 to 11 October with a pause on the 4th and 5th.
func period() *commonv1.Deadline {
	return &commonv1.Deadline{
		Title: &commonv1.Text{Zh: "作出决定", En: "Decide"}, Start: day("2026-10-01"), Due: day("2026-10-11"), Unit: "calendar_day", Amount: 10,
		Remaining: 4, State: "running", Pauses: []*commonv1.Span{{From: day("2026-10-04"), To: day("2026-10-05"), Reason: &commonv1.Text{Zh: "听证", En: "hearing"}}},
	}
}

func TestRiverDrawsCountedDryAndComingDays(t *testing.T) {
	got := render(t, words.Zh, component.River(period(), day("2026-10-07")))
	// 316 units for ten days: 31.6 a day from 12.
	for _, want := range []string{
		`class="wet" d="M12.0 26H106.8"`, `class="dry" d="M111.8 26H167.0"`, `class="wet" d="M170.0 26H201.6"`, `class="todo" d="M201.6 26H328.0"`,
		`cx="201.6"`, `aria-label="从 10-01 起，到 10-11 届满，还有 4 天"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
}

func TestRiverKeepsInsideItsBanks(t *testing.T) {
	for _, today := range []string{"2020-01-01", "2026-10-01", "2026-10-11", "2030-01-01"} {
		got := render(t, words.En, component.River(period(), day(today)))
		if strings.Contains(got, "-") && strings.Contains(got, "H-") || strings.Contains(got, "NaN") || strings.Contains(got, `cx="-`) {
			t.Errorf("on %s: %s", today, got)
		}
	}
}

func TestNoRiverWithoutALastDay(t *testing.T) {
	stopped := period()
	stopped.Suspended = true
	for name, d := range map[string]*commonv1.Deadline{"suspended": stopped, "none": nil, "no due day": {Start: day("2026-10-01")}, "backwards": {Start: day("2026-10-02"), Due: day("2026-10-01")}} {
		if got := render(t, words.Zh, component.River(d, day("2026-10-07"))); got != "" {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := render(t, words.Zh, component.Due(stopped, day("2026-10-07"), "")); !strings.Contains(got, "期限中止") || strings.Contains(got, "2026-10-11") {
		t.Errorf("a suspended period shows a day: %s", got)
	}
}

func TestDueExplainsItself(t *testing.T) {
	d := period()
	d.Provisional, d.OverdueAfter = true, day("2026-10-12")
	d.Basis = &commonv1.Text{Zh: "条例 第12条", En: "Art. 12"}
	d.Explanation = []*commonv1.Text{{Zh: "批准延长会改变它。", En: "An extension would move it."}}
	got := render(t, words.En, component.Due(d, day("2026-10-07"), "flow"))
	for _, want := range []string{"remind 11 Oct · due by 12 Oct · 4 days left (provisional)", "Art. 12", "1 Oct 2026, that day not counted", "10 calendar days", "4 Oct 2026 to 5 Oct 2026, hearing", "<dt>Reminder</dt><dd>11 Oct 2026 Sun</dd>", "<dt>Due by</dt><dd>12 Oct 2026 Mon</dd>", "ends 12 Oct, 4 days left", "An extension would move it."} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q", want)
		}
	}
}

// What is left counts to the later reading, so the chip names that day beside
// the day of the reminder; a period with one reading names one day.
func TestDueTextNamesBothReadings(t *testing.T) {
	for _, c := range []struct {
		name, state, later string
		remaining          int32
		zh, en             string
	}{
		{"two readings", "running", "2026-10-13", 2, "提醒 10-11 · 最迟 10-13 届满 · 还有 2 天", "remind 11 Oct · due by 13 Oct · 2 days left"},
		{"on the later day", "near", "2026-10-13", 0, "提醒 10-11 · 最迟 10-13 届满 · 今日届满", "remind 11 Oct · due by 13 Oct · ends today"},
		{"overdue", "overdue", "2026-10-13", -1, "2026-10-13 届满 · 逾期 1 天", "due 13 Oct 2026 · 1 day late"},
		{"one reading", "running", "2026-10-11", 2, "2026-10-11 届满 · 还有 2 天", "due 11 Oct 2026 · 2 days left"},
		{"no later reading", "running", "", 2, "2026-10-11 届满 · 还有 2 天", "due 11 Oct 2026 · 2 days left"},
	} {
		d := period()
		d.State, d.Remaining = c.state, c.remaining
		if c.later != "" {
			d.OverdueAfter = day(c.later)
		}
		if got := component.DueText(words.With(t.Context(), words.Zh), d); got != c.zh {
			t.Errorf("%s: %s, want %s", c.name, got, c.zh)
		}
		if got := component.DueText(words.With(t.Context(), words.En), d); got != c.en {
			t.Errorf("%s: %s, want %s", c.name, got, c.en)
		}
	}
}

// National Day 2026 rests from Thursday to Wednesday and the Saturday after it
// is a working day: the strip follows the days it is given, not the weekday.
func TestStripRestsByTheLegalCalendar(t *testing.T) {
	weeks := component.Weeks{Today: day("2026-09-30")}
	for _, iso := range []string{"2026-10-01", "2026-10-02", "2026-10-03", "2026-10-04", "2026-10-05", "2026-10-06", "2026-10-07", "2026-10-11", "2026-10-17", "2026-10-18"} {
		weeks.Rest = append(weeks.Rest, day(iso))
	}
	got := render(t, words.Zh, component.Strip(weeks))
	if n := strings.Count(got, `class="hole"`); n != len(weeks.Rest) {
		t.Errorf("%d days rest, want %d", n, len(weeks.Rest))
	}
	for at, rests := range map[int]bool{2: false, 3: true, 9: true, 10: false, 12: false, 13: true} { // days after Monday 28 September
		if hole := fmt.Sprintf(`<rect class="hole" x="%.1f"`, 6+float64(at)*48.5); strings.Contains(got, hole) != rests {
			t.Errorf("day %d rests: %t, want %t", at, !rests, rests)
		}
	}
	if strings.Contains(got, "暂定") {
		t.Error("a published calendar is called provisional")
	}
	weeks.Provisional = true
	if got := render(t, words.Zh, component.Strip(weeks)); !strings.Contains(got, "休息日暂定") {
		t.Error("an unpublished calendar is not called provisional")
	}
}

func TestCodesOfStandardsAreNotBroken(t *testing.T) {
	for text, want := range map[string]string{
		"GB 9078-1996":          `<span class="nw">GB 9078-1996</span>`,
		"按 HJ/T 55-2000 和 自定方法": `按 <span class="nw">HJ/T 55-2000</span> 和 自定方法`,
		"每月 1-2 次":              "每月 1-2 次",
		"":                      "",
	} {
		got := strings.Join(strings.Fields(render(t, words.Zh, component.Standards(text))), " ")
		if got != want {
			t.Errorf("%q: %s", text, got)
		}
	}
}

func TestNumberWithoutUnitHasNoUnitBox(t *testing.T) {
	for unit, want := range map[string]int{"": 1, "m": 2} { // the input's own span, and that of the unit
		got := render(t, words.Zh, component.Field(form.Filled{}, form.Field{Path: "n", Kind: form.Whole, Label: words.Same("n"), Unit: words.Same(unit)}))
		if n := strings.Count(got, "<span"); n != want {
			t.Errorf("unit %q: %d boxes, want %d\n%s", unit, n, want, got)
		}
	}
}

func TestTonesNeverStandAlone(t *testing.T) {
	for state, want := range map[string]component.Tone{"overdue": component.Bad, "near": component.Warn, "running": component.Mute, "met": component.OK, "met_late": component.Bad} {
		d := period()
		d.State = state
		if got := component.DueTone(d); got != want {
			t.Errorf("%s: %s", state, got)
		}
		if text := component.DueText(words.With(context.Background(), words.Zh), d); text == "" {
			t.Errorf("%s has a colour and no words", state)
		}
	}
}
