package catalogue

import (
	"slices"

	"shiyang/internal/law/calendar"
)

// ParseDays reads a table of holidays and make-up working days into a calendar
// that settles the years of its days.
func ParseDays(version string, content []byte) (calendar.Calendar, error) {
	var years []int
	days, err := rows(content, "date is_workday kind name_zh", func(l *line) calendar.Day {
		l.must("date")
		d := calendar.Day{Date: l.day("date"), Working: l.flag("is_workday"), Name: l.must("name_zh")}
		if d.Working != (l.must("kind") == "makeup_workday") {
			l.fail("kind", "must be makeup_workday exactly when is_workday is 1")
		}
		if !slices.Contains(years, d.Date.Year) {
			years = append(years, d.Date.Year)
		}
		return d
	})
	if err != nil {
		return calendar.Calendar{}, err
	}
	return calendar.New(version, years, days)
}
