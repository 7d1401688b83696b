package zoning

import (
	"context"
	"strconv"
	"strings"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/words"
	permitsv1 "shiyang/proto/permits/v1"
)

// where says how a unit is found: by its polygons or by its counties.
func where(ctx context.Context, u *permitsv1.ControlUnit) string {
	if n := u.GetCorners(); n > 0 {
		return corners.In(ctx) + " " + strconv.Itoa(int(n))
	}
	var names []string
	for _, d := range u.GetDivisions() {
		names = append(names, component.County(ctx, d))
	}
	return byCounty.In(ctx) + " " + strings.Join(names, " ")
}

func accessTone(a permitsv1.Access) component.Tone {
	switch a {
	case permitsv1.Access_ACCESS_FORBIDDEN:
		return component.Bad
	case permitsv1.Access_ACCESS_LIMITED:
		return component.Warn
	default:
		return component.OK
	}
}

func verdictTone(v permitsv1.ScreeningVerdict) component.Tone {
	switch v {
	case permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONFORM:
		return component.OK
	case permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONDITIONS:
		return component.Warn
	case permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONFLICT:
		return component.Bad
	default:
		return component.Mute
	}
}

func parkNames(list []*permitsv1.ParkRow) (names []words.Named) {
	for _, row := range list {
		names = append(names, words.Named{Code: row.GetParkId(), Text: words.Same(row.GetPark().GetTitle())})
	}
	return names
}

func rowsOf(s *permitsv1.Screening) (rows []*permitsv1.AccessRow) {
	for _, hit := range s.GetRows() {
		rows = append(rows, hit.GetRow())
	}
	return rows
}

func resultFacts(ctx context.Context, s *permitsv1.Screening) []component.Pair {
	var units []string
	for _, u := range s.GetUnits() {
		units = append(units, u.GetCode()+" "+u.GetTitle()+" · "+words.Find(unitKinds, u.GetKind().String()).In(ctx))
	}
	list := []component.Pair{{Name: unitsText, Value: component.OrDash(strings.Join(units, " / "))}, {Name: version, Value: s.GetVersion()}}
	if s.GetPark() != "" {
		list = append(list, component.Pair{Name: parkName, Value: s.GetPark() + " " + s.GetParkOpinion()})
	}
	return list
}
