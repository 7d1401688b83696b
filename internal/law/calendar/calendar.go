// Package calendar knows legal days and the working days 工作日 of China.
//
// A [Date] is a day in Asia/Shanghai without a time of day. A [Calendar] says
// which days are worked: Monday to Friday, changed by the yearly notice of the
// General Office of the State Council, which frees weekdays for festivals and
// makes some Saturdays and Sundays working days 调休上班. The notice for a year
// appears in the November before it; until it is loaded the weekday rule is
// used and every answer that touches the year is provisional 暂定.
//
// The package imports only the standard library, reads no clock and never
// changes a value after it was made. Start with [Calendar.AddWorkingDays].
package calendar

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Day is one day that a State Council notice names.
type Day struct {
	Date    Date
	Working bool   // true for a make-up working day, false for a holiday
	Name    string // 国庆节
}

// Calendar is the working-day calendar 工作日历. It is immutable; all methods
// may be called concurrently. The zero Calendar knows no notice: every year is
// provisional.
type Calendar struct {
	version string
	years   map[int]bool
	named   map[Date]Day
}

// New returns a calendar in which the given years are settled by the given
// days. Version names the edition for explanations. A day outside the years or
// named twice is an error.
func New(version string, years []int, days []Day) (Calendar, error) {
	c := Calendar{version: version, years: map[int]bool{}, named: map[Date]Day{}}
	for _, y := range years {
		c.years[y] = true
	}
	for _, d := range days {
		if !c.years[d.Date.Year] {
			return Calendar{}, fmt.Errorf("calendar %s: %s is in a year it does not settle", version, d.Date)
		}
		if _, twice := c.named[d.Date]; twice {
			return Calendar{}, fmt.Errorf("calendar %s: %s is named twice", version, d.Date)
		}
		c.named[d.Date] = d
	}
	return c, nil
}

// With returns a calendar in which the years that later settles replace those
// of c.
func (c Calendar) With(later Calendar) Calendar {
	merged := Calendar{version: later.version, years: map[int]bool{}, named: map[Date]Day{}}
	if c.version != "" {
		merged.version = c.version + "+" + later.version
	}
	maps.Copy(merged.years, c.years)
	maps.Copy(merged.years, later.years)
	for date, day := range c.named {
		if !later.years[date.Year] {
			merged.named[date] = day
		}
	}
	maps.Copy(merged.named, later.named)
	return merged
}

// Version names the editions the calendar was made from, joined by "+".
func (c Calendar) Version() string { return c.version }

// Years returns the settled years in order.
func (c Calendar) Years() []int { return slices.Sorted(maps.Keys(c.years)) }

// Provisional reports whether no State Council notice for the year is loaded,
// so that its days follow the bare weekday rule.
func (c Calendar) Provisional(year int) bool { return !c.years[year] }

// IsWorkingDay reports whether d is worked.
func (c Calendar) IsWorkingDay(d Date) bool {
	if day, ok := c.named[d]; ok {
		return day.Working
	}
	w := d.Weekday()
	return w != time.Saturday && w != time.Sunday
}

// Named returns what a notice says about d, if it names the day.
func (c Calendar) Named(d Date) (Day, bool) {
	day, ok := c.named[d]
	return day, ok
}

// AddWorkingDays returns the n-th working day after d; the day d itself is
// never counted. A negative n counts backwards; zero gives d.
func (c Calendar) AddWorkingDays(d Date, n int) Date {
	step := 1
	if n < 0 {
		n, step = -n, -1
	}
	for n > 0 {
		d = d.AddDays(step)
		if c.IsWorkingDay(d) {
			n--
		}
	}
	return d
}

// NextWorkingDay returns d if it is worked, else the first working day after it.
func (c Calendar) NextWorkingDay(d Date) Date {
	for !c.IsWorkingDay(d) {
		d = d.AddDays(1)
	}
	return d
}

// WorkingDaysBetween counts the working days after from up to and including to.
// It is negative when to lies before from.
func (c Calendar) WorkingDaysBetween(from, to Date) int {
	if to.Before(from) {
		return -c.WorkingDaysBetween(to, from)
	}
	n := 0
	for d := from.AddDays(1); !d.After(to); d = d.AddDays(1) {
		if c.IsWorkingDay(d) {
			n++
		}
	}
	return n
}

// ProvisionalBetween reports whether any day after from up to and including to
// lies in a provisional year.
func (c Calendar) ProvisionalBetween(from, to Date) bool {
	if to.Before(from) {
		from, to = to, from
	}
	for y := from.AddDays(1).Year; y <= to.Year; y++ {
		if c.Provisional(y) {
			return true
		}
	}
	return false
}

// WorkingDaysOf counts the working days of a year.
func (c Calendar) WorkingDaysOf(year int) int {
	return c.WorkingDaysBetween(NewDate(year, time.January, 0), NewDate(year, time.December, 31))
}

// String shows the version and the settled years.
func (c Calendar) String() string {
	years := make([]string, 0, len(c.years))
	for _, y := range c.Years() {
		years = append(years, fmt.Sprint(y))
	}
	return c.version + " (" + strings.Join(years, ", ") + ")"
}
