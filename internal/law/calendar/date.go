package calendar

import (
	"fmt"
	"time"
)

// shanghai is China Standard Time. Summer time was last used in 1991, so for
// every legal day this product meets a fixed offset is exact, and no time zone
// database is needed on the machine.
var shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// Shanghai returns the time zone of legal days, UTC+08:00. It equals the
// Asia/Shanghai zone for all instants since 1991-09-15.
func Shanghai() *time.Location { return shanghai }

// Date is a legal day 日 in Asia/Shanghai. It is comparable with == and usable
// as a map key; the zero Date means "no day". It holds no time of day.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// NewDate returns the given day; months and days out of range are carried over
// as by time.Date.
func NewDate(year int, month time.Month, day int) Date {
	return fromTime(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

// DateOf returns the legal day on which the instant falls in Asia/Shanghai. The
// zero time gives the zero Date.
func DateOf(t time.Time) Date {
	if t.IsZero() {
		return Date{}
	}
	return fromTime(t.In(shanghai))
}

// ParseDate reads an ISO date such as 2026-10-09. A day that does not exist is
// an error.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return Date{}, fmt.Errorf("parse date %q: want YYYY-MM-DD", s)
	}
	return fromTime(t), nil
}

// MustParseDate is ParseDate for constants; it panics on a malformed date.
func MustParseDate(s string) Date {
	d, err := ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func fromTime(t time.Time) Date {
	y, m, d := t.Date()
	return Date{Year: y, Month: m, Day: d}
}

func (d Date) utc() time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
}

// String returns the ISO form, or "" for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// MarshalText writes the ISO form.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the ISO form; empty text gives the zero Date.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// IsZero reports whether d is "no day".
func (d Date) IsZero() bool { return d == Date{} }

// Weekday returns the day of the week.
func (d Date) Weekday() time.Weekday { return d.utc().Weekday() }

// AddDays returns the day n calendar days later, earlier when n is negative.
func (d Date) AddDays(n int) Date { return fromTime(d.utc().AddDate(0, 0, n)) }

// AddMonths returns the same day of the month n months later. Where that month
// is shorter, its last day is taken (Civil Code Art. 202).
func (d Date) AddMonths(n int) Date {
	first := time.Date(d.Year, d.Month+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return Date{Year: first.Year(), Month: first.Month(), Day: min(d.Day, last)}
}

// AddYears returns the same day n years later; 29 February becomes the 28th
// where the year has none.
func (d Date) AddYears(n int) Date { return d.AddMonths(12 * n) }

// Sub returns the number of calendar days from other to d.
func (d Date) Sub(other Date) int {
	return int(d.utc().Sub(other.utc()).Hours() / 24)
}

// Compare returns -1, 0 or +1 as d is before, equal to or after other.
func (d Date) Compare(other Date) int { return d.utc().Compare(other.utc()) }

// Before reports whether d is an earlier day than other.
func (d Date) Before(other Date) bool { return d.Compare(other) < 0 }

// After reports whether d is a later day than other.
func (d Date) After(other Date) bool { return d.Compare(other) > 0 }

// Start returns the instant, in UTC, at which the legal day begins.
func (d Date) Start() time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, shanghai).UTC()
}

// End returns the instant, in UTC, at which the legal day is over: the Start of
// the next day. An act is on the day if Start ≤ t < End.
func (d Date) End() time.Time { return d.AddDays(1).Start() }
