package component

import (
	"context"
	"fmt"
	"slices"
	"time"

	"shiyang/gateway/web/words"
	commonv1 "shiyang/proto/common/v1"
)

// river is a statutory period drawn as a watercourse: wet is counted, dry
// does not count, grey is still to come, the red mark is the last day.
type river struct {
	Wet, Dry, Todo []string
	Labels         []label // under the dry parts
	Now, End       float64
	NowLabel       string
	NowAt          float64
	From, To, Name string
}

type label struct {
	X    float64
	Text string
}

const (
	riverWidth = 340.0
	riverEdge  = 12.0
)

// newRiver reckons the drawing; false if there is no last day to draw to.
func newRiver(ctx context.Context, d *commonv1.Deadline, today *commonv1.Date) (river, bool) {
	start, ok1 := words.Time(d.GetStart())
	due, ok2 := words.Time(lastDay(d))
	at, ok3 := words.Time(today)
	if met, ok := words.Time(d.GetMet()); ok {
		at = met
	}
	if !ok1 || !ok2 || !ok3 || !due.After(start) || d.GetSuspended() {
		return river{}, false
	}
	days := func(t time.Time) float64 { return t.Sub(start).Hours() / 24 }
	whole := days(due)
	now := min(max(days(at), 0), whole)
	x := func(d float64) float64 { return riverEdge + (riverWidth-2*riverEdge)*d/whole }
	r := river{
		Now: x(now), End: x(whole), NowAt: min(max(x(now), 60), riverWidth-70),
		From: words.ShortDay(ctx, d.GetStart()), To: words.ShortDay(ctx, lastDay(d)),
		NowLabel: words.Left(ctx, d),
	}
	r.Name = words.RiverName.F(ctx, r.From, r.To, r.NowLabel)
	flow := func(from, to float64) {
		if wet := min(to, now); wet > from {
			r.Wet = append(r.Wet, stroke(x(from), x(wet)))
		}
		if todo := max(from, now); to > todo {
			r.Todo = append(r.Todo, stroke(x(todo), x(to)))
		}
	}
	at0 := 0.0
	for _, p := range d.GetPauses() {
		from, ok := words.Time(p.GetFrom())
		if !ok {
			continue
		}
		to, ended := words.Time(p.GetTo())
		a, b := max(days(from), at0), now
		if ended {
			b = days(to) + 1
		}
		a, b = min(a, whole), min(b, whole)
		if b <= a {
			continue
		}
		flow(at0, a)
		r.Dry = append(r.Dry, stroke(x(a)+5, x(b)-3))
		r.Labels = append(r.Labels, label{X: (x(a) + x(b)) / 2, Text: words.NotCounted.In(ctx)})
		at0 = b
	}
	flow(at0, whole)
	return r, true
}

func stroke(from, to float64) string { return fmt.Sprintf("M%.1f 26H%.1f", from, max(to, from)) }

func coordinate(v float64) string { return fmt.Sprintf("%.1f", v) }

// DueTone is how serious a deadline is.
func DueTone(d *commonv1.Deadline) Tone {
	switch {
	case d.GetSuspended():
		return Hold
	case d.GetState() == "overdue" || d.GetState() == "met_late":
		return Bad
	case d.GetState() == "near":
		return Warn
	case d.GetState() == "met":
		return OK
	}
	return Mute
}

// Reminds reports whether the due day is only the earlier of two readings of
// the law: people are reminded on it, and late only after the later one.
func Reminds(d *commonv1.Deadline) bool {
	return d.GetDue() != nil && lastDay(d).GetIso() != d.GetDue().GetIso()
}

// lastDay is the day after which it is late: what is left counts to it.
func lastDay(d *commonv1.Deadline) *commonv1.Date {
	if d.GetOverdueAfter() != nil {
		return d.GetOverdueAfter()
	}
	return d.GetDue()
}

// DueText is what the chip of a deadline says while closed.
func DueText(ctx context.Context, d *commonv1.Deadline) string {
	switch {
	case d.GetSuspended():
		return words.ClockStopped.In(ctx)
	case d.GetState() == "met" || d.GetState() == "met_late":
		return words.Left(ctx, d)
	case d.GetDue() == nil:
		return words.From(d.GetTitle()).In(ctx)
	}
	text := words.DueOn.F(ctx, words.Day(ctx, lastDay(d)), words.Left(ctx, d))
	if Reminds(d) && d.GetState() != "overdue" {
		text = words.DueTwo.F(ctx, words.ShortDay(ctx, d.GetDue()), words.ShortDay(ctx, lastDay(d)), words.Left(ctx, d))
	}
	if d.GetProvisional() {
		text += words.Provisional.In(ctx)
	}
	return text
}

// reasons are the rows of an opened chip: basis, start, period, days not
// counted, due day.
func reasons(ctx context.Context, d *commonv1.Deadline) []Pair {
	rows := []Pair{
		{words.WhatFor, words.From(d.GetTitle()).In(ctx)},
		{words.Basis, words.From(d.GetBasis()).In(ctx)},
		{words.StartsOn, words.StartNotCounted.F(ctx, words.Day(ctx, d.GetStart()))},
		{words.PeriodName, words.Period(ctx, d)},
	}
	for _, p := range d.GetPauses() {
		to := words.StillGoing.In(ctx)
		if p.GetTo() != nil {
			to = words.Day(ctx, p.GetTo())
		}
		rows = append(rows, Pair{words.NotCounted, words.SpanReason.F(ctx,
			words.Day(ctx, p.GetFrom()), to, words.From(p.GetReason()).In(ctx))})
	}
	if !d.GetSuspended() {
		name := words.LastDay
		if Reminds(d) {
			rows = append(rows, Pair{words.ReminderDay, dayOfWeek(ctx, d.GetDue())})
			name = words.LatestDay
		}
		rows = append(rows, Pair{name, dayOfWeek(ctx, lastDay(d))})
	}
	if d.GetMet() != nil {
		rows = append(rows, Pair{words.DoneOn, words.Day(ctx, d.GetMet())})
	}
	if d.GetLawVersion() != "" {
		rows = append(rows, Pair{words.LawEdition, d.GetLawVersion()})
	}
	return rows
}

func dayOfWeek(ctx context.Context, d *commonv1.Date) string {
	return words.Day(ctx, d) + " " + words.Weekday(ctx, d)
}

// Weeks are the three weeks that the strip shows.
type Weeks struct {
	Today       *commonv1.Date
	Rest        []*commonv1.Date // no working days by the legal calendar
	Provisional bool             // the calendar of a year is not published
	Loads       []Load
}

func (w Weeks) rests(iso string) bool {
	return slices.ContainsFunc(w.Rest, func(d *commonv1.Date) bool { return d.GetIso() == iso })
}

// Load is how many things end on a day.
type Load struct {
	Day   *commonv1.Date
	Count int
	Late  bool
}

// weekStrip is a day of the strip of three weeks.
type weekStrip struct {
	X                   float64
	Weekday, Day, Count string
	Rest, Today, Past   bool
	Late                bool
}

const stripDay = 48.5

// strip draws the 21 days from the Monday before today with the number of
// things that end on each.
func strip(ctx context.Context, w Weeks) []weekStrip {
	at, ok := words.Time(w.Today)
	if !ok {
		return nil
	}
	monday := at.AddDate(0, 0, -(int(at.Weekday())+6)%7)
	days := make([]weekStrip, 21)
	for i := range days {
		t := monday.AddDate(0, 0, i)
		d := &commonv1.Date{Iso: t.Format(time.DateOnly)}
		days[i] = weekStrip{
			X: 6 + float64(i)*stripDay, Weekday: words.Weekday(ctx, d), Day: fmt.Sprint(t.Day()),
			Rest:  w.rests(d.GetIso()),
			Today: t.Equal(at), Past: t.Before(at),
		}
		if t.Day() == 1 {
			days[i].Day = words.ShortDay(ctx, d)
		}
		for _, l := range w.Loads {
			if l.Day.GetIso() == d.GetIso() {
				days[i].Count, days[i].Late = fmt.Sprint(l.Count), l.Late
			}
		}
	}
	return days
}

func stripName(ctx context.Context, loads []Load) string {
	text := ""
	for _, l := range loads {
		text += words.LoadOf.F(ctx, words.ShortDay(ctx, l.Day), l.Count)
	}
	return words.StripName.F(ctx, text)
}
