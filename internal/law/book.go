package law

import "errors"

// ErrUnknownPeriod is returned for a period id that no edition holds.
var ErrUnknownPeriod = errors.New("unknown statutory period")

// ErrNotInForce is returned when a period exists but not on the day asked for.
var ErrNotInForce = errors.New("statutory period not in force")

// ErrNoStart is returned when the start day, or the instant for periods in
// hours, is missing.
var ErrNoStart = errors.New("start of the period missing")

// Book is an immutable set of editions of law data. All methods may be called
// concurrently.
type Book struct {
	editions []Edition
}

// Embedded returns the book of the data that this binary carries. The first
// call parses the small lists; large lists are parsed when first asked for.
func Embedded() *Book { return &Book{} }

// With returns a book that also holds the given editions; an edition with the
// id of an older one replaces it. b itself does not change.
func (b *Book) With(editions ...Edition) *Book {
	return &Book{editions: append(b.editions[:len(b.editions):len(b.editions)], editions...)}
}

// Version names the exact set of editions; it is stored as lawVersion with
// every event.
func (b *Book) Version() string { return "" }

// Editions returns the editions of a list, oldest first.
func (b *Book) Editions(list List) []Edition { return nil }

// EditionAt returns the edition of a list in force on a day, which may be in
// state Missing.
func (b *Book) EditionAt(list List, day Date) (Edition, bool) { return Edition{}, false }

// Calendar returns the working-day calendar with all loaded notices.
func (b *Book) Calendar() Calendar { return Calendar{} }

// Period returns the latest row of a statutory period.
func (b *Book) Period(id string) (Period, bool) { return Period{}, false }

// PeriodAt returns the row of a statutory period in force on a day.
func (b *Book) PeriodAt(id string, day Date) (Period, bool) { return Period{}, false }

// Periods returns the rows in force on a day, in the order of the data.
func (b *Book) Periods(day Date) []Period { return nil }

// Deadline computes the last day of a statutory period. Errors:
// ErrUnknownPeriod, ErrNotInForce, ErrNoStart.
func (b *Book) Deadline(ask Ask) (Deadline, error) { return Deadline{}, ErrUnknownPeriod }

// Explain says why the deadline is the day it is, one sentence a line: basis,
// start, length, days not counted, due day, other readings, what would move it.
func (d Deadline) Explain(lang Language) []string { return nil }

// Remaining says how much time is left on a day.
func (d Deadline) Remaining(today Date) Left { return Left{} }

// InTime reports whether an act on the given day is in time by the most
// generous reading.
func (d Deadline) InTime(day Date) bool { return false }

// FinedDays counts the days of a daily fine 按日连续处罚 (Code Art. 1060): from
// the day after service of the order to the day the re-inspection finds the
// breach, both included.
func FinedDays(orderServed, breachFound Date) int { return max(0, breachFound.Sub(orderServed)) }

// Basis returns a legal basis by id.
func (b *Book) Basis(id string) (Basis, bool) { return Basis{}, false }

// BasisAt returns a legal basis that is in force on a day.
func (b *Book) BasisAt(id string, day Date) (Basis, bool) { return Basis{}, false }

// Cite writes a reference the way people cite law.
func (b *Book) Cite(ref Reference) Citation { return Citation{} }

// CheckBasis judges whether a decision may rest on a basis: WRONG_LAW (error)
// when it was repealed before the act, OLD_LAW (warning) when it was repealed
// after the act and the decision must say so and compare the new law, NEW_LAW
// (warning) when it came into force after the act, UNKNOWN_LAW (error).
// A continuing act is judged by its end.
func (b *Book) CheckBasis(ref Reference, actEnded, decidedOn Date) []Finding { return nil }
