package law

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// countOn returns the day on which amount units after start are full, without
// the days of the merged spans. It reports false when an open span keeps them
// from filling.
func countOn(cal Calendar, unit Unit, amount int, start Date, spans []Span) (Date, bool) {
	if unit == Months {
		return shift(start, start.AddMonths(amount), spans)
	}
	if unit == Years {
		return shift(start, start.AddYears(amount), spans)
	}
	day := start
	for amount > 0 {
		day = day.AddDays(1)
		if s, in := spanOf(spans, day); in {
			if s.To.IsZero() {
				return Date{}, false
			}
			continue
		}
		if unit == CalendarDays || cal.IsWorkingDay(day) {
			amount--
		}
	}
	return day, true
}

// shift moves the end of a period in months by the days of spans inside it,
// again and again until no further span is reached.
func shift(start, end Date, spans []Span) (Date, bool) {
	moved := end
	for {
		paused := 0
		for _, s := range spans {
			if !s.From.Before(moved) || !s.To.IsZero() && !s.To.After(start) {
				continue
			}
			if s.To.IsZero() {
				return Date{}, false
			}
			paused += s.To.Sub(latest(s.From, start))
		}
		next := end.AddDays(paused)
		if next == moved {
			return moved, true
		}
		moved = next
	}
}

// countBack returns the latest day that lies amount units before an event. It
// never rolls.
func countBack(cal Calendar, unit Unit, amount int, event Date) Date {
	switch unit {
	case WorkingDays:
		return cal.AddWorkingDays(event, -amount)
	case Months:
		return event.AddMonths(-amount)
	case Years:
		return event.AddYears(-amount)
	case CalendarDays, Hours, FixedDay, Permanent:
	}
	return event.AddDays(-amount)
}

// nextFixedDay returns the first day MM-DD not before from.
func nextFixedDay(monthDay string, from Date) Date {
	month, _ := strconv.Atoi(monthDay[:2])
	day, _ := strconv.Atoi(monthDay[3:])
	due := NewDate(from.Year, time.Month(month), day)
	if due.Before(from) {
		due = NewDate(from.Year+1, time.Month(month), day)
	}
	return due
}

// admit separates the spans a row admits, merged, from those it does not.
func admit(rule Period, spans []Span) (merged, ignored []Span) {
	var good []Span
	for _, s := range spans {
		known := !strings.Contains(s.Reason, "|") && slices.Contains(rule.Pauses, s.Reason)
		if !known || s.From.IsZero() || !s.To.IsZero() && !s.To.After(s.From) {
			ignored = append(ignored, s)
			continue
		}
		good = append(good, s)
	}
	return MergeSpans(good), ignored
}

// MergeSpans joins spans that overlap or touch, so that no day is left out
// twice. The result is in order of time and does not depend on the order given.
func MergeSpans(spans []Span) []Span {
	sorted := slices.Clone(spans)
	slices.SortFunc(sorted, func(x, y Span) int {
		if c := x.From.Compare(y.From); c != 0 {
			return c
		}
		return strings.Compare(x.Reason, y.Reason)
	})
	var merged []Span
	for _, s := range sorted {
		last := len(merged) - 1
		if last < 0 || !merged[last].To.IsZero() && s.From.After(merged[last].To) {
			merged = append(merged, s)
			continue
		}
		m := &merged[last]
		if m.To.IsZero() || s.To.IsZero() {
			m.To = Date{}
		} else {
			m.To = latest(m.To, s.To)
		}
		reasons := append(strings.Split(m.Reason, "|"), strings.Split(s.Reason, "|")...)
		slices.Sort(reasons)
		m.Reason = strings.Join(slices.Compact(reasons), "|")
	}
	return merged
}

// spanOf finds the span that leaves a day out.
func spanOf(spans []Span, day Date) (Span, bool) {
	for _, s := range spans {
		if day.After(s.From) && (s.To.IsZero() || !day.After(s.To)) {
			return s, true
		}
	}
	return Span{}, false
}

func earliest(a, b Date) Date {
	if b.Before(a) {
		return b
	}
	return a
}

func latest(a, b Date) Date {
	if b.After(a) {
		return b
	}
	return a
}

// FinedDays counts the days of a daily fine 按日连续处罚 (Code Art. 1060, MEP
// Order 28 Art. 17): from the day after service of the order to the day the
// re-inspection finds the breach, both included. Rest days count.
func FinedDays(orderServed, breachFound Date) int { return max(0, breachFound.Sub(orderServed)) }
