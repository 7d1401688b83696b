package law

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// The errors of Book.Deadline.
var (
	ErrUnknownPeriod = errors.New("unknown statutory period")      // no edition holds the id
	ErrNotInForce    = errors.New("statutory period not in force") // it exists, but not on the start day
	ErrNoStart       = errors.New("start of the period missing")   // no start day, or no instant for hours
)

// Span is time not counted in a period. Like the period itself it excludes its
// first day: the days after From up to and including To are not counted. A zero
// To means that the span has not ended and the period stands still.
type Span struct {
	From, To Date
	Reason   string // hearing, expert_review, …: a code of the list time_exclusion; "a|b" after merging
}

// Extension is a granted prolongation. Extensions apply in order, each using
// the next right of the period.
type Extension struct {
	Amount int  // in the unit of the right; 0 takes the whole right
	On     Date // the day it was granted, for the explanation
}

// Ask is a question for a due day.
type Ask struct {
	Period     string    // id of a Period
	Start      Date      // the legal day of the start event; never counted itself
	StartAt    time.Time // the instant of the start event, required for periods in hours
	Pauses     []Span
	Extensions []Extension
}

// Deadline is a computed statutory limit. It is derived from facts and the
// edition of law data in force, and is never stored in other records.
type Deadline struct {
	Rule    Period
	Start   Date
	StartAt time.Time // only for periods in hours

	Due     Date      // the last day by the row as written, rolled where it rolls; zero if Suspended or permanent
	DueAt   time.Time // the instant, UTC, at which Due is over; the exact time for periods in hours
	Nominal Date      // the last day before any roll
	Earlier Date      // the earliest reading: drives reminders
	Later   Date      // the latest reading: the overdue mark follows the end of this day

	Suspended bool        // a span not yet ended holds the period
	Pauses    []Span      // the merged spans that counted
	Ignored   []Span      // spans whose reason the row does not admit, or without length
	Extended  []Extension // extensions applied, with the amount that counted
	Refused   []Extension // extensions without a right

	Provisional     bool   // depends on working days of a year whose notice is not loaded
	CalendarVersion string // the working-day calendar used
	LawVersion      string // the book used

	book *Book
}

// Deadline computes the last day of a statutory period by the row in force on
// the start day (the row in force later where the start lies before all rows is
// not guessed). Errors: ErrUnknownPeriod, ErrNotInForce, ErrNoStart.
//
// A fixed day of the year is the first such day not before Start.
func (b *Book) Deadline(ask Ask) (Deadline, error) {
	if _, ok := b.Period(ask.Period); !ok {
		return Deadline{}, fmt.Errorf("deadline of %q: %w", ask.Period, ErrUnknownPeriod)
	}
	if ask.Start.IsZero() {
		ask.Start = DateOf(ask.StartAt)
	}
	if ask.Start.IsZero() {
		return Deadline{}, fmt.Errorf("deadline of %s: %w", ask.Period, ErrNoStart)
	}
	rule, ok := b.PeriodAt(ask.Period, ask.Start)
	if !ok {
		return Deadline{}, fmt.Errorf("deadline of %s from %s: %w", ask.Period, ask.Start, ErrNotInForce)
	}
	if rule.Unit == Hours && ask.StartAt.IsZero() {
		return Deadline{}, fmt.Errorf("deadline of %s in hours: %w", ask.Period, ErrNoStart)
	}
	d := Deadline{
		Rule: rule, Start: ask.Start, CalendarVersion: b.Calendar().Version(), LawVersion: b.Version(), book: b,
	}
	d.Pauses, d.Ignored = admit(rule, ask.Pauses)
	d.extend(ask.Extensions)
	switch {
	case rule.Unit == Hours:
		d.StartAt = ask.StartAt.UTC()
		d.DueAt = d.StartAt.Add(time.Duration(rule.Amount) * time.Hour)
		d.setDay(DateOf(d.DueAt))
	case rule.Unit == FixedDay:
		d.setDay(nextFixedDay(rule.FixedDay, ask.Start))
		d.DueAt = d.Due.End()
	case rule.Unit != Permanent:
		d.count()
	}
	return d, nil
}

func (d *Deadline) setDay(day Date) {
	d.Due, d.Nominal, d.Earlier, d.Later = day, day, day, day
}

// extend takes the granted extensions in order, each with the next right.
func (d *Deadline) extend(granted []Extension) {
	rights := d.Rule.Extensions
	for i, e := range granted {
		if i >= len(rights) {
			d.Refused = append(d.Refused, e)
			continue
		}
		right := rights[i]
		if e.Amount == 0 {
			e.Amount = right.Amount
		}
		if e.Amount <= 0 || right.Amount > 0 && e.Amount > right.Amount {
			d.Refused = append(d.Refused, e)
			continue
		}
		d.Extended = append(d.Extended, e)
	}
}

// count sets the due day and the other readings of a period in days, months or
// years.
func (d *Deadline) count() {
	cal := d.book.Calendar()
	nominal, running := d.reach(d.Rule.Unit, d.Rule.Amount)
	if !running {
		d.Suspended = true
		return
	}
	roll := func(day Date) Date {
		if d.Rule.Rolls {
			return cal.NextWorkingDay(day)
		}
		return day
	}
	d.setDay(roll(nominal))
	d.Nominal = nominal
	onCalendar := d.Rule.Unit == WorkingDays
	for _, r := range d.Rule.Readings {
		onCalendar = onCalendar || r.Unit == WorkingDays
		if other, running := d.reach(r.Unit, r.Amount); running {
			other = roll(other)
			d.Earlier, d.Later = earliest(d.Earlier, other), latest(d.Later, other)
		}
	}
	d.DueAt = d.Due.End()
	d.Pauses = slices.DeleteFunc(d.Pauses, func(s Span) bool { return !s.From.Before(d.Later) })
	switch {
	case onCalendar:
		d.Provisional = cal.ProvisionalBetween(d.Start, d.Later) || cal.ProvisionalBetween(d.Earlier, d.Start)
	case d.Rule.Rolls:
		d.Provisional = cal.Provisional(d.Nominal.Year) || cal.Provisional(d.Later.Year)
	}
}

// reach counts an amount in a unit, with the extensions applied, from the start.
// It reports false when a span not yet ended keeps the period from finishing.
func (d *Deadline) reach(unit Unit, amount int) (Date, bool) {
	cal := d.book.Calendar()
	if d.Rule.Direction == Before {
		return countBack(cal, unit, amount, d.Start), true
	}
	type leg struct {
		unit   Unit
		amount int
	}
	legs := []leg{{unit, amount}}
	for i, e := range d.Extended {
		next := leg{d.Rule.Extensions[i].Unit, e.Amount}
		if next.unit == d.Rule.Unit {
			next.unit = unit // an extension is read like the period it prolongs
		}
		if last := &legs[len(legs)-1]; last.unit == next.unit {
			last.amount += next.amount
			continue
		}
		legs = append(legs, next)
	}
	day := d.Start
	for _, l := range legs {
		var running bool
		if day, running = countOn(cal, l.unit, l.amount, day, d.Pauses); !running {
			return Date{}, false
		}
	}
	if d.Rule.Consequence == "expires" && (unit == Months || unit == Years) {
		day = day.AddDays(-1) // validity counts its first day: five years less one day
	}
	return day, true
}

// OverdueFrom returns the instant, UTC, from which the overdue mark holds: the
// end of the later reading's day, or the exact time for periods in hours. It is
// zero for deadlines that are suspended or permanent.
func (d Deadline) OverdueFrom() time.Time {
	if d.Rule.Unit == Hours || d.Later.IsZero() {
		return d.DueAt
	}
	return d.Later.End()
}

// InTime reports whether an act on the given day is in time by the most
// generous reading. A suspended or permanent limit is never missed. A document
// posted on the last day is in time; pass the day of posting.
func (d Deadline) InTime(day Date) bool { return d.Later.IsZero() || !day.After(d.Later) }
