package law

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"sync"
)

// Book is an immutable set of editions of law data. All methods may be called
// concurrently. Slices inside answers are shared: read them, do not change them.
type Book struct {
	editions []Edition // in the order of loading
	version  string
	index    func() *index // built when first needed
}

// index are the small lists that every deadline needs.
type index struct {
	calendar Calendar
	rules    rollRules
	periods  map[string][]Period // by id, oldest first
	order    []string
	bases    map[string][]Basis
}

// NewBook returns a book of exactly the given editions, in order of loading.
func NewBook(editions ...Edition) *Book { return (&Book{}).With(editions...) }

// With returns a book that also holds the given editions. An edition replaces
// an older one with the same id, and a complete one replaces a missing one of
// its list with the same first day. b itself does not change.
func (b *Book) With(editions ...Edition) *Book {
	all := slices.Clone(b.editions)
	for _, e := range editions {
		all = slices.DeleteFunc(all, func(old Edition) bool {
			return old.ID == e.ID || old.List == e.List && old.State == Missing && old.ValidFrom == e.ValidFrom
		})
		all = append(all, e)
	}
	book := &Book{editions: all, version: versionOf(all)}
	book.index = sync.OnceValue(book.buildIndex)
	return book
}

// versionOf names a set of editions: the version of the newest periods and a
// digest of all ids and hashes.
func versionOf(editions []Edition) string {
	var lines []string
	newest := ""
	for _, e := range editions {
		lines = append(lines, string(e.List)+" "+e.ID+" "+e.Hash+"\n")
		if e.List == ListPeriods {
			newest = max(newest, e.Version)
		}
	}
	digest := sha256.New()
	for _, l := range lines {
		digest.Write([]byte(l))
	}
	return newest + "+" + hex.EncodeToString(digest.Sum(nil))[:12]
}

// Version names the exact set of editions and their order; it is stored as
// lawVersion with every event. Equal versions give equal answers.
func (b *Book) Version() string { return b.version }

// AllEditions returns every edition in the order of loading.
func (b *Book) AllEditions() []Edition { return slices.Clone(b.editions) }

// Editions returns the editions of a list by first day, oldest first.
func (b *Book) Editions(list List) []Edition {
	var out []Edition
	for _, e := range b.editions {
		if e.List == list {
			out = append(out, e)
		}
	}
	slices.SortStableFunc(out, func(x, y Edition) int { return x.ValidFrom.Compare(y.ValidFrom) })
	return out
}

// EditionAt returns the edition of a list in force on a day, which may be in
// state Missing. Of two that cover the day the one that began later holds.
func (b *Book) EditionAt(list List, day Date) (Edition, bool) {
	for _, e := range slices.Backward(b.Editions(list)) {
		if e.covers(day) {
			return e, true
		}
	}
	return Edition{}, false
}

// LoadedAt returns the complete edition that answers for a day: the one in
// force or, where that is missing, the latest loaded one that began before. The
// second result is the edition in force.
func (b *Book) LoadedAt(list List, day Date) (used, inForce Edition, ok bool) {
	inForce, _ = b.EditionAt(list, day)
	if inForce.State == Complete {
		return inForce, inForce, true
	}
	for _, e := range slices.Backward(b.Editions(list)) {
		if e.State == Complete && !e.ValidFrom.After(day) {
			return e, inForce, true
		}
	}
	return Edition{}, inForce, false
}

// rowsOf returns the parsed rows of an edition. Rows of loaded editions were
// parsed when they were read, those of the embedded ones are read by a test.
func rowsOf[R any](e Edition) R {
	var none R
	if e.State != Complete {
		return none
	}
	value, err := e.rows.get()
	if err != nil {
		panic(fmt.Sprintf("law: edition %s is broken: %v", e.ID, err))
	}
	return value.(R)
}

// complete yields the loaded editions of a list in the order of loading.
func (b *Book) complete(list List) iter.Seq[Edition] {
	return func(yield func(Edition) bool) {
		for _, e := range b.editions {
			if e.List == list && e.State == Complete && !yield(e) {
				return
			}
		}
	}
}

func (b *Book) buildIndex() *index {
	x := &index{periods: map[string][]Period{}, bases: map[string][]Basis{}}
	for e := range b.complete(ListWorkingDays) {
		x.calendar = x.calendar.With(rowsOf[Calendar](e))
	}
	for e := range b.complete(ListReadings) {
		x.rules = rowsOf[rollRules](e)
	}
	for e := range b.complete(ListBases) {
		for _, basis := range rowsOf[[]Basis](e) {
			x.bases[basis.ID] = dated(x.bases[basis.ID], basis, func(b Basis) Date { return b.ValidFrom })
		}
	}
	rows := map[string][]periodRow{}
	for e := range b.complete(ListPeriods) {
		for _, r := range rowsOf[[]periodRow](e) {
			if len(rows[r.ID]) == 0 {
				x.order = append(x.order, r.ID)
			}
			rows[r.ID] = dated(rows[r.ID], r, func(r periodRow) Date { return r.ValidFrom })
		}
	}
	for id, all := range rows {
		for _, r := range all {
			x.periods[id] = append(x.periods[id], x.rules.period(r, rows))
		}
	}
	return x
}

// dated adds a row to those of the same id, replacing one with the same first
// day, and keeps them oldest first.
func dated[R any](rows []R, row R, from func(R) Date) []R {
	rows = slices.DeleteFunc(rows, func(r R) bool { return from(r) == from(row) })
	rows = append(rows, row)
	slices.SortFunc(rows, func(x, y R) int { return from(x).Compare(from(y)) })
	return rows
}

// Calendar returns the working-day calendar with all loaded notices.
func (b *Book) Calendar() Calendar { return b.index().calendar }

// Period returns the latest row of a statutory period.
func (b *Book) Period(id string) (Period, bool) {
	rows := b.index().periods[id]
	if len(rows) == 0 {
		return Period{}, false
	}
	return rows[len(rows)-1], true
}

// PeriodAt returns the row of a statutory period in force on a day.
func (b *Book) PeriodAt(id string, day Date) (Period, bool) {
	for _, p := range slices.Backward(b.index().periods[id]) {
		if !day.Before(p.ValidFrom) {
			return p, p.ValidTo.IsZero() || !day.After(p.ValidTo)
		}
	}
	return Period{}, false
}

// Periods returns the rows in force on a day, in the order of the data.
func (b *Book) Periods(day Date) []Period {
	var out []Period
	for _, id := range b.index().order {
		if p, ok := b.PeriodAt(id, day); ok {
			out = append(out, p)
		}
	}
	return out
}
