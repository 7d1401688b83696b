package law

import "time"

// Span is time not counted in a period. Like the period itself it excludes its
// first day: the days after From up to and including To are not counted. A zero
// To means that the span has not ended and the period stands still.
type Span struct {
	From, To Date
	Reason   string // hearing, expert_review, …: a code of the list time_exclusion
}

// Extension is a granted prolongation. Extensions apply in order, each using
// the next right of the period.
type Extension struct {
	Amount int // in the unit of the right; 0 takes the whole right
	On     Date
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
	DueAt   time.Time // the last instant, UTC: the end of Due, or the exact time for periods in hours
	Nominal Date      // the last day before any roll
	Earlier Date      // the earliest reading: drives reminders
	Later   Date      // the latest reading: the overdue mark follows the end of this day

	Suspended bool        // a span not yet ended holds the period
	Pauses    []Span      // the merged spans that counted
	Ignored   []Span      // spans whose reason the row does not admit, or without length
	Extended  []Extension // extensions applied
	Refused   []Extension // extensions without a right

	Provisional     bool   // depends on working days of a year whose notice is not loaded
	CalendarVersion string // the working-day calendar used
	LawVersion      string // the book used

	book *Book
}

// Standing is where a deadline stands on a day.
type Standing string

// The standings.
const (
	Open      Standing = "open"      // the earlier reading is still to come
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
