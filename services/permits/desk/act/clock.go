package act

import (
	"shiyang/internal/law"
	"shiyang/internal/problem"
)

// Clock is one running or finished period of a record. It is computed from
// facts and the law in force and never stored in the record.
type Clock struct {
	Title problem.Text
	law.Deadline
	Met law.Date // day it was met; zero while open
}

// NewClock computes a period under a law; met is the day on which it was met,
// zero while it is open. It fails with [ErrNoRule] where no rule is in force.
func NewClock(book *law.Book, title problem.Text, ask law.Ask, met law.Date) (Clock, error) {
	deadline, err := book.Deadline(ask)
	if err != nil {
		return Clock{}, ErrNoRule
	}
	return Clock{Title: title, Deadline: deadline, Met: met}, nil
}

// Provisional adds the doubt that a period runs into a year whose holidays are
// not published.
func Provisional(path string, c Clock, err error, doubts *problem.Fields) {
	if err == nil && c.Provisional {
		doubts.Add(path, c.Due.String(), "CALENDAR_PROVISIONAL",
			"期限跨入节假日安排尚未公布的年份，公布后会重新计算。",
			"The period runs into a year whose holidays are not published; it will be computed again.")
	}
}
