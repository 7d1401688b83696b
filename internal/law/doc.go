// Package law is the law engine of the bureau: what the statutes, their
// calendar and their lists say, as data with validity dates.
//
// Everything hangs on a [Book], an immutable set of editions of law data:
//
//	book := law.Embedded()                             // what this binary carries
//	later, err := law.ParseEdition(law.ListWorkingDays, content)
//	book = book.With(later)                            // no code changes
//	due, err := book.Deadline(law.Ask{Period: "permit-decide-key", Start: accepted})
//	due.Explain(law.Chinese)                           // why this day
//
// What to read where:
//
//   - book.go, edition.go: editions, states complete and missing, Version
//   - period.go, clock.go, count.go: statutory periods and how they are counted
//   - explain.go: a deadline explains itself in Chinese and English
//   - basis.go: legal bases, citations, repealed law
//   - lists.go, waste.go, change.go: divisions, pollutants, classifications,
//     penalties, code lists and the hazardous waste list with its missing edition
//   - subpackages: calendar (legal days), identifier (checks of numbers people
//     type), catalogue (row types and parsers of the lists)
//
// The package imports nothing of ours but its subpackages; it reads no clock,
// no environment and no file but its embedded data. All values are safe for
// concurrent use.
package law
