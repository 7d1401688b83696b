package law

// Standing is where a deadline stands on a day.
type Standing string

// The standings.
const (
	Open      Standing = "open"      // the earliest reading has not passed
	DueToday  Standing = "due_today" // the day is the last day of the row as written
	Doubtful  Standing = "doubtful"  // past the earliest reading, not past the latest
	Overdue   Standing = "overdue"   // past every reading
	Suspended Standing = "suspended" // standing still
	Endless   Standing = "endless"   // a permanent duty
)

// Left is the time left on a day.
type Left struct {
	Standing     Standing
	CalendarDays int  // to Due; negative when past
	WorkingDays  int  // working days after today up to Due; negative when past
	OverdueDays  int  // calendar days after Later, 0 unless Overdue
	Provisional  bool // WorkingDays counts days of a year whose notice is not loaded
}

// Remaining says how much time is left on a day.
func (d Deadline) Remaining(today Date) Left {
	if d.Suspended {
		return Left{Standing: Suspended}
	}
	if d.Due.IsZero() {
		return Left{Standing: Endless}
	}
	cal := d.book.Calendar()
	left := Left{
		Standing: Open, CalendarDays: d.Due.Sub(today), WorkingDays: cal.WorkingDaysBetween(today, d.Due),
		Provisional: cal.ProvisionalBetween(today, d.Due),
	}
	switch {
	case today.After(d.Later):
		left.Standing, left.OverdueDays = Overdue, today.Sub(d.Later)
	case today == d.Due:
		left.Standing = DueToday
	case today.After(d.Earlier):
		left.Standing = Doubtful
	}
	return left
}
