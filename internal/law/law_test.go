package law_test

import (
	"testing"

	"shiyang/internal/law"
)

func day(t testing.TB, s string) law.Date {
	t.Helper()
	d, err := law.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func due(t testing.TB, ask law.Ask) law.Deadline {
	t.Helper()
	d, err := law.Embedded().Deadline(ask)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestLimitsThatNeverRoll pins the limits that protect people or count days.
func TestLimitsThatNeverRoll(t *testing.T) {
	for _, c := range []struct{ period, start, due string }{
		{"medical-storage-max", "2026-09-30", "2026-10-02"},
		{"medical-collect-interval", "2026-09-30", "2026-10-02"},
		{"seal-term", "2026-09-01", "2026-10-01"},
		{"curb-term", "2026-07-01", "2026-10-01"},
		{"permit-validity", "2023-06-12", "2028-06-11"},
		{"case-decide", "2026-09-13", "2026-12-12"},
		{"daily-fine-count-start", "2026-09-30", "2026-10-01"},
	} {
		t.Run(c.period, func(t *testing.T) {
			d := due(t, law.Ask{Period: c.period, Start: day(t, c.start)})
			if d.Due != day(t, c.due) {
				t.Errorf("%s from %s is due %s, want %s", c.period, c.start, d.Due, c.due)
			}
		})
	}
	if n := law.FinedDays(day(t, "2026-06-05"), day(t, "2026-06-24")); n != 19 {
		t.Errorf("daily fine counts %d days, want 19", n)
	}
}
