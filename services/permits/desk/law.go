package desk

import (
	"context"
	"fmt"
	"strings"

	"shiyang/internal/es"
	"shiyang/internal/law"
)

// Lawbook is the law as the log tells it: decisions take the book of now,
// views the book as of the event that they are given, so that a replay equals
// what was live. A lawbook.Library is one.
type Lawbook interface {
	// BookAt returns the law as it stood at a position of the log.
	BookAt(es.Position) (*law.Book, error)
	// WaitFor returns when every edition up to a position is known.
	WaitFor(context.Context, es.Position) error
}

// Always is one law for every position, for a service whose law never changes
// while it runs.
type Always func() *law.Book

// BookAt implements [Lawbook].
func (a Always) BookAt(es.Position) (*law.Book, error) { return a(), nil }

// WaitFor implements [Lawbook].
func (a Always) WaitFor(context.Context, es.Position) error { return nil }

// CiteAll writes the basis of a period in both languages.
func CiteAll(book *law.Book, references []law.Reference) (zh, en string) {
	var z, e []string
	for _, ref := range references {
		c := book.Cite(ref)
		z, e = append(z, c.Short), append(e, c.En)
	}
	return strings.Join(z, "、"), strings.Join(e, "; ")
}

// LengthOf writes a period's length in both languages.
func LengthOf(p law.Period) (zh, en string) {
	plural := "s"
	if p.Amount == 1 {
		plural = ""
	}
	switch p.Unit {
	case law.WorkingDays:
		return fmt.Sprintf("%d 个工作日", p.Amount), fmt.Sprintf("%d working day%s", p.Amount, plural)
	case law.Months:
		return fmt.Sprintf("%d 个月", p.Amount), fmt.Sprintf("%d month%s", p.Amount, plural)
	case law.Years:
		return fmt.Sprintf("%d 年", p.Amount), fmt.Sprintf("%d year%s", p.Amount, plural)
	default:
		return fmt.Sprintf("%d 日", p.Amount), fmt.Sprintf("%d day%s", p.Amount, plural)
	}
}
