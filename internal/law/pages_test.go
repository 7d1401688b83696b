package law_test

import (
	"testing"

	"shiyang/internal/law"
)

// shown is a date that the pages of the product's design show, with the period
// and the start that lead to it.
type shown struct {
	page, period, start, due string
	nominal, earlier, later  string // where they differ from due
	hearing                  [2]string
}

// TestDatesShownOnPages recomputes every legal day on the design's pages. Days
// without a statutory period are left out: 10-30 (a planned visit), 10-31 (a
// monitoring date written in a permit), 2027-03-14 (calibration of a scale).
func TestDatesShownOnPages(t *testing.T) {
	for _, c := range []shown{
		{page: "case", period: "case-decide", start: "2026-09-10", due: "2026-12-09"},
		{page: "case", period: "case-decide", start: "2026-09-10", due: "2026-12-29", hearing: [2]string{"2026-09-24", "2026-10-14"}},
		{page: "case", period: "hearing-request", start: "2026-09-18", due: "2026-09-24"},
		{page: "case", period: "reinspection", start: "2026-09-10", due: "2026-10-10"},
		{page: "case", period: "decision-publish", start: "2026-10-23", due: "2026-11-03", earlier: "2026-10-30"},
		{page: "case", period: "fine-pay", start: "2026-10-26", due: "2026-11-10"},
		{page: "case", period: "reconsideration-file", start: "2026-10-26", due: "2026-12-25"},
		{page: "case", period: "litigation-file", start: "2026-10-26", due: "2027-04-26"},
		{page: "cases", period: "statement-period", start: "2026-10-22", due: "2026-10-29"},
		{page: "cases", period: "evidence-registration-decide", start: "2026-10-28", due: "2026-11-06"},
		{page: "cases", period: "case-decide", start: "2026-09-15", due: "2026-12-14"},
		{page: "cases", period: "case-decide", start: "2026-10-10", due: "2027-01-08"},
		{page: "home", period: "case-filing-decide", start: "2026-10-12", due: "2026-10-27", later: "2026-11-02"},
		{page: "home", period: "evidence-registration-decide", start: "2026-10-19", due: "2026-10-28"},
		{page: "home", period: "petition-resolve", start: "2026-09-04", due: "2026-11-03"},
		{page: "home", period: "reinspection", start: "2026-10-12", due: "2026-11-11"},
		{page: "manifest", period: "manifest-confirm", start: "2026-09-24", due: "2026-10-09"},
		{page: "manifest-print", period: "hw-licence-validity-collection", start: "2024-07-01", due: "2027-06-30"},
		{page: "replay", period: "manifest-back-entry", start: "2026-02-12", due: "2026-03-04"},
		{page: "permit", period: "permit-validity", start: "2023-06-12", due: "2028-06-11"},
		{page: "permit", period: "permit-renewal-file", start: "2028-06-11", due: "2028-04-12"},
		{page: "permit", period: "execution-report-quarter", start: "2026-09-30", due: "2026-10-15"},
		{page: "permit", period: "execution-report-month", start: "2026-07-31", nominal: "2026-08-15", due: "2026-08-17"},
		{page: "permit", period: "execution-report-month", start: "2026-10-31", nominal: "2026-11-15", due: "2026-11-16"},
		{page: "permit", period: "execution-report-year", start: "2026-12-31", nominal: "2027-01-31", due: "2027-02-01", earlier: "2027-01-15"},
	} {
		t.Run(c.page+" "+c.period+" "+c.start, func(t *testing.T) {
			ask := law.Ask{Period: c.period, Start: day(t, c.start)}
			if c.hearing[0] != "" {
				ask.Pauses = []law.Span{{From: day(t, c.hearing[0]), To: day(t, c.hearing[1]), Reason: "hearing"}}
			}
			d := due(t, ask)
			for _, f := range []struct {
				name      string
				got       law.Date
				want, def string
			}{
				{"due", d.Due, c.due, c.due},
				{"nominal", d.Nominal, c.nominal, c.due},
				{"earlier", d.Earlier, c.earlier, c.due},
				{"later", d.Later, c.later, c.due},
			} {
				if f.want == "" {
					f.want = f.def
				}
				if f.got != day(t, f.want) {
					t.Errorf("%s is %s, want %s", f.name, f.got, f.want)
				}
			}
		})
	}
}

// TestTimeLeftOnPages recomputes the days left that the pages show on
// 2026-10-28.
func TestTimeLeftOnPages(t *testing.T) {
	today := day(t, "2026-10-28")
	for _, c := range []struct {
		period, start string
		want          law.Left
	}{
		{"decision-publish", "2026-10-23", law.Left{Standing: law.Open, CalendarDays: 6, WorkingDays: 4}},
		{"evidence-registration-decide", "2026-10-28", law.Left{Standing: law.Open, CalendarDays: 9, WorkingDays: 7}},
		{"case-decide", "2026-09-15", law.Left{Standing: law.Open, CalendarDays: 47, WorkingDays: 33}},
		{"evidence-registration-decide", "2026-10-19", law.Left{Standing: law.DueToday}},
		{"statement-period", "2026-10-22", law.Left{Standing: law.Open, CalendarDays: 1, WorkingDays: 1}},
		// one day past the calendar reading, not past the working-day reading
		{"case-filing-decide", "2026-10-12", law.Left{Standing: law.Doubtful, CalendarDays: -1, WorkingDays: -1}},
		{"reinspection", "2026-09-10", law.Left{Standing: law.Overdue, CalendarDays: -18, WorkingDays: -13, OverdueDays: 18}},
		// 2027 is not published: the weekday rule counts 1 January
		{"case-decide", "2026-10-10", law.Left{Standing: law.Open, CalendarDays: 72, WorkingDays: 52, Provisional: true}},
	} {
		d := due(t, law.Ask{Period: c.period, Start: day(t, c.start)})
		if got := d.Remaining(today); got != c.want {
			t.Errorf("%s from %s: %+v, want %+v", c.period, c.start, got, c.want)
		}
	}
	late := law.Embedded().Calendar().WorkingDaysBetween(day(t, "2026-08-17"), day(t, "2026-08-19"))
	if late != 2 {
		t.Errorf("the July report is %d working days late, want 2", late)
	}
}
