package law

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"shiyang/internal/law/catalogue"
)

// WasteChange is a waste code in use whose standing changes when another book
// is used, for the report after loading an edition.
type WasteChange struct {
	Code          string
	Before, After WasteAnswer
	Changed       []string // status, hazards, text or category
}

// WasteChanges re-checks waste codes in use on a day against another book, for
// example one with the edition that was missing, and returns those whose
// standing changes, in the order given.
func WasteChanges(before, after *Book, day Date, codes []string) []WasteChange {
	var changes []WasteChange
	for _, code := range codes {
		c := WasteChange{Code: code, Before: before.On(day).Waste(code), After: after.On(day).Waste(code)}
		if standing(c.Before) != standing(c.After) {
			c.Changed = append(c.Changed, "status")
		}
		if c.Before.Listed && c.After.Listed {
			b, a := c.Before.Entry, c.After.Entry
			for _, f := range []struct {
				name string
				same bool
			}{
				{"hazards", b.HazardWritten == a.HazardWritten},
				{"text", b.Description == a.Description},
				{"category", b.Category == a.Category},
			} {
				if !f.same {
					c.Changed = append(c.Changed, f.name)
				}
			}
		}
		if c.Changed != nil {
			changes = append(changes, c)
		}
	}
	return changes
}

// standing sums up an answer: whether the code is listed and how findings rank.
// Being listed in the loaded edition and in the one in force is the same.
func standing(a WasteAnswer) string {
	return fmt.Sprint(a.Listed, HasError(a.Findings))
}

// DeadlineChange is an open deadline that another book moves.
type DeadlineChange struct {
	Ask           Ask
	Before, After Deadline
}

// DeadlineChanges recomputes deadlines with another book, for example one with
// the calendar of a new year, and returns those whose due day, readings or
// provisional mark change. An ask that one of the books cannot answer is an
// error.
func DeadlineChanges(before, after *Book, asks []Ask) ([]DeadlineChange, error) {
	var changes []DeadlineChange
	for _, ask := range asks {
		b, err := before.Deadline(ask)
		if err != nil {
			return nil, err
		}
		a, err := after.Deadline(ask)
		if err != nil {
			return nil, err
		}
		if a.Due != b.Due || a.Earlier != b.Earlier || a.Later != b.Later || a.Provisional != b.Provisional || a.Suspended != b.Suspended {
			changes = append(changes, DeadlineChange{Ask: ask, Before: b, After: a})
		}
	}
	return changes, nil
}

// Faults reports references between lists that lead nowhere: laws, penalties'
// and documents' bases, periods of readings, pause reasons. A loader shows them
// before an edition is taken into use; the embedded book has none.
func (b *Book) Faults() []string {
	var faults []string
	x := b.index()
	law := func(of, id string) {
		if _, ok := x.bases[id]; !ok {
			faults = append(faults, of+" names the unknown law "+id)
		}
	}
	for id, basis := range x.bases {
		for _, one := range basis {
			if one.RepealedBy != "" {
				law("basis "+id, one.RepealedBy)
			}
		}
	}
	for id, rows := range x.periods {
		for _, p := range rows {
			for _, ref := range p.Basis {
				law("period "+id, ref.Law)
			}
			for _, reason := range p.Pauses {
				if list, ok := b.On(p.ValidFrom).CodeList("time_exclusion"); ok {
					if _, known := list.Item(reason); !known {
						faults = append(faults, "period "+id+" names the unknown pause "+reason)
					}
				}
			}
		}
	}
	for _, id := range x.rules.named() {
		if _, ok := x.periods[id]; !ok {
			faults = append(faults, "readings name the unknown period "+id)
		}
	}
	for _, e := range b.editions {
		for _, ref := range referencesOf(e) {
			law(string(e.List), ref.Law)
		}
	}
	slices.Sort(faults)
	return slices.Compact(faults)
}

// named returns the periods that the readings speak of.
func (r rollRules) named() []string {
	names := map[string]bool{}
	for _, d := range slices.Concat(r.DoubtfulUnits, r.CertainUnits) {
		for _, p := range d.Periods {
			names[p] = true
		}
	}
	for _, o := range r.OtherAmounts {
		names[o.Period] = true
	}
	for _, f := range r.Further {
		names[f.Period], names[f.Row] = true, true
	}
	for _, p := range r.RollingPeriods {
		names[p] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// referencesOf returns the laws that the rows of an edition rest on.
func referencesOf(e Edition) []Reference {
	var refs []Reference
	if e.State != Complete {
		return nil
	}
	if e.List == ListPenalties {
		for _, p := range rowsOf[catalogue.Penalties](e).Penalties {
			refs = append(refs, p.Basis)
		}
	}
	if e.List == ListDocumentTypes {
		for _, t := range rowsOf[[]catalogue.DocumentType](e) {
			refs = append(refs, t.Basis...)
		}
	}
	return refs
}

// String sums the change up in one line for an operator's report.
func (c WasteChange) String() string {
	return c.Code + ": " + strings.Join(c.Changed, ", ") + " (" + c.Before.Used.ID + " → " + c.After.Used.ID + ")"
}
