package calendar_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"shiyang/internal/law"
	"shiyang/internal/law/calendar"
)

func TestAddWorkingDays(t *testing.T) {
	cal := law.Embedded().Calendar()
	for _, c := range []struct {
		start string
		n     int
		want  string
	}{
		{"2026-02-12", 5, "2026-02-26"},
		{"2026-09-18", 5, "2026-09-24"}, // Sunday 20 September is worked
		{"2026-09-18", 7, "2026-09-29"},
		{"2026-09-24", 5, "2026-10-09"},
		{"2026-09-28", 7, "2026-10-13"},
		{"2026-04-30", 5, "2026-05-11"},
		{"2026-01-26", 20, "2026-02-28"}, // a Saturday that is worked
		{"2026-03-16", 30, "2026-04-28"},
		{"2026-03-16", 45, "2026-05-21"},
		{"2026-02-12", 10, "2026-03-04"},
		{"2026-10-14", -7, "2026-09-29"},
		{"2026-10-01", 0, "2026-10-01"},
	} {
		if got := cal.AddWorkingDays(calendar.MustParseDate(c.start), c.n); got.String() != c.want {
			t.Errorf("%s %+d working days = %s, want %s", c.start, c.n, got, c.want)
		}
	}
}

func TestYears(t *testing.T) {
	cal := law.Embedded().Calendar()
	for year, want := range map[int]int{2024: 251, 2025: 248, 2026: 248} {
		if got := cal.WorkingDaysOf(year); got != want {
			t.Errorf("%d has %d working days, want %d", year, got, want)
		}
		if cal.Provisional(year) {
			t.Errorf("%d is provisional", year)
		}
	}
	if !cal.Provisional(2027) || !cal.Provisional(2023) {
		t.Error("years without a notice must be provisional")
	}
	if got := cal.WorkingDaysOf(2027); got != 261 {
		t.Errorf("2027 by the weekday rule has %d working days, want 261", got)
	}
}

func TestDateInShanghai(t *testing.T) {
	late := time.Date(2026, 9, 30, 15, 59, 59, 0, time.UTC)
	if got := calendar.DateOf(late).String(); got != "2026-09-30" {
		t.Errorf("23:59:59 in Shanghai is on %s", got)
	}
	if got := calendar.DateOf(late.Add(time.Second)).String(); got != "2026-10-01" {
		t.Errorf("midnight in Shanghai is on %s", got)
	}
	d := calendar.NewDate(2026, time.October, 1)
	if want := time.Date(2026, 9, 30, 16, 0, 0, 0, time.UTC); !d.Start().Equal(want) || d.Start().Location() != time.UTC {
		t.Errorf("the day starts at %s, want %s UTC", d.Start(), want)
	}
	if d.End() != d.AddDays(1).Start() {
		t.Error("a day must end where the next begins")
	}
	for _, bad := range []string{"", "2026-02-29", "2026-13-01", "26-01-01", "2026-1-1", "2026-01-01T00:00"} {
		if _, err := calendar.ParseDate(bad); err == nil {
			t.Errorf("%q was read as a date", bad)
		}
	}
}

func TestAddMonths(t *testing.T) {
	for _, c := range []struct {
		start string
		n     int
		want  string
	}{
		{"2026-10-26", 6, "2027-04-26"},
		{"2026-11-30", 3, "2027-02-28"},
		{"2023-11-30", 3, "2024-02-29"},
		{"2026-01-31", -2, "2025-11-30"},
		{"2024-02-29", 60, "2029-02-28"},
	} {
		if got := calendar.MustParseDate(c.start).AddMonths(c.n); got.String() != c.want {
			t.Errorf("%s %+d months = %s, want %s", c.start, c.n, got, c.want)
		}
	}
}

func TestCalendarRefusesDoubtfulDays(t *testing.T) {
	day := calendar.Day{Date: calendar.NewDate(2027, time.January, 1), Name: "元旦"}
	if _, err := calendar.New("x", []int{2026}, []calendar.Day{day}); err == nil {
		t.Error("a day outside the settled years was accepted")
	}
	if _, err := calendar.New("x", []int{2027}, []calendar.Day{day, day}); err == nil {
		t.Error("a day named twice was accepted")
	}
}

func TestLaterNoticeReplacesItsYears(t *testing.T) {
	later, err := calendar.New("2027", []int{2027}, []calendar.Day{{Date: calendar.NewDate(2027, time.January, 1), Name: "元旦"}})
	if err != nil {
		t.Fatal(err)
	}
	cal := law.Embedded().Calendar().With(later)
	if cal.Provisional(2027) || cal.IsWorkingDay(calendar.NewDate(2027, time.January, 1)) {
		t.Error("the notice of 2027 was not taken")
	}
	if cal.WorkingDaysOf(2026) != 248 {
		t.Error("the notice of 2027 changed 2026")
	}
}

func date(t *rapid.T, name string) calendar.Date {
	return calendar.NewDate(2023, time.January, 1).AddDays(rapid.IntRange(0, 2000).Draw(t, name))
}

func TestWorkingDayArithmetic(t *testing.T) {
	cal := law.Embedded().Calendar()
	rapid.Check(t, func(t *rapid.T) {
		d, n := date(t, "day"), rapid.IntRange(1, 120).Draw(t, "n")
		end := cal.AddWorkingDays(d, n)
		if !cal.IsWorkingDay(end) {
			t.Fatalf("%s + %d ends on the rest day %s", d, n, end)
		}
		if got := cal.WorkingDaysBetween(d, end); got != n {
			t.Fatalf("%s to %s counts %d working days, want %d", d, end, got, n)
		}
		if rolled := cal.NextWorkingDay(d); !cal.IsWorkingDay(rolled) || rolled.Before(d) || cal.WorkingDaysBetween(d, rolled) > 1 {
			t.Fatalf("%s rolled to %s", d, rolled)
		}
	})
}

func TestDateText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := date(t, "day")
		again, err := calendar.ParseDate(d.String())
		if err != nil || again != d || calendar.DateOf(d.Start()) != d || calendar.DateOf(d.End().Add(-1)) != d {
			t.Fatalf("%s does not survive its text or its instants", d)
		}
	})
}
