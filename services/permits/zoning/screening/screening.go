package screening

import (
	"cmp"
	"slices"
	"strings"

	permitsv1 "shiyang/proto/permits/v1"
)

// Project is what a screening looks at.
type Project struct {
	Place    Point
	Division string   // county
	Industry string   // GB/T 4754, four digits
	Words    []string // processes, pollutants, works
}

// The results, by short names.
const (
	Conform    = permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONFORM
	Conditions = permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONDITIONS
	Conflict   = permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONFLICT
	NotCovered = permitsv1.ScreeningVerdict_SCREENING_VERDICT_NOT_COVERED
)

// Park is a park of the plan-EIA register, as far as a screening reads it.
type Park struct {
	ID      string
	Entry   *permitsv1.Park
	Expired bool // its plan holds no longer
}

// Judge screens a project: units whose polygons hold the place or, when none
// does, units without polygons that lie in its county; then the rows of those
// units and of the park that speak of the project. One forbidden row is a
// conflict, one limited row a condition; no unit at all is not covered. Rows
// come strictest first.
func Judge(units []*permitsv1.ControlUnitEntered, park *Park, p Project) *permitsv1.Screening {
	result := &permitsv1.Screening{}
	for _, u := range hit(units, p) {
		result.Units = append(result.Units, &permitsv1.UnitHit{
			Code: u.GetCode(), Title: u.GetTitle(), Kind: u.GetKind(), ByDivision: len(u.GetAreas()) == 0,
		})
		result.Rows = append(result.Rows, speaking(u.GetCode(), u.GetRows(), p)...)
	}
	if park != nil {
		result.ParkId, result.Park, result.ParkOpinion = park.ID, park.Entry.GetTitle(), park.Entry.GetOpinionNumber()
		result.Rows = append(result.Rows, speaking(park.Entry.GetTitle(), park.Entry.GetRows(), p)...)
		if park.Expired {
			result.Rows = append(result.Rows, &permitsv1.RowHit{Unit: park.Entry.GetTitle(), Row: &permitsv1.AccessRow{
				Row: "规划环评", Access: permitsv1.Access_ACCESS_LIMITED, Text: "园区规划已过有效期，须核实规划环评是否仍然适用",
			}})
		}
	}
	slices.SortStableFunc(result.Rows, func(a, b *permitsv1.RowHit) int {
		return cmp.Compare(b.GetRow().GetAccess(), a.GetRow().GetAccess())
	})
	result.Verdict = verdict(result)
	return result
}

func verdict(s *permitsv1.Screening) permitsv1.ScreeningVerdict {
	strictest := permitsv1.Access_ACCESS_ALLOWED
	if len(s.GetRows()) > 0 {
		strictest = s.GetRows()[0].GetRow().GetAccess()
	}
	switch {
	case strictest == permitsv1.Access_ACCESS_FORBIDDEN:
		return Conflict
	case len(s.GetUnits()) == 0:
		return NotCovered
	case strictest == permitsv1.Access_ACCESS_LIMITED:
		return Conditions
	}
	return Conform
}

func hit(units []*permitsv1.ControlUnitEntered, p Project) (hits []*permitsv1.ControlUnitEntered) {
	for _, u := range units {
		if slices.ContainsFunc(u.GetAreas(), func(a *permitsv1.Area) bool { return Holds(a, p.Place) }) {
			hits = append(hits, u)
		}
	}
	if len(hits) > 0 {
		return hits
	}
	for _, u := range units {
		if len(u.GetAreas()) == 0 && slices.Contains(u.GetDivisions(), p.Division) {
			hits = append(hits, u)
		}
	}
	return hits
}

func speaking(unit string, rows []*permitsv1.AccessRow, p Project) (hits []*permitsv1.RowHit) {
	for _, r := range rows {
		if Speaks(r, p) {
			hits = append(hits, &permitsv1.RowHit{Unit: unit, Row: r})
		}
	}
	return hits
}

// Speaks reports whether a row speaks of a project: an industry prefix fits, or
// the row names none, and, where the row names words, one of them occurs.
func Speaks(r *permitsv1.AccessRow, p Project) bool {
	industry := len(r.GetIndustries()) == 0 || slices.ContainsFunc(r.GetIndustries(), func(prefix string) bool {
		return strings.HasPrefix(p.Industry, prefix)
	})
	if !industry || len(r.GetWords()) == 0 {
		return industry
	}
	return slices.ContainsFunc(r.GetWords(), func(word string) bool {
		return slices.ContainsFunc(p.Words, func(said string) bool { return strings.Contains(said, word) })
	})
}
