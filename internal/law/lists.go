package law

import (
	"slices"
	"strings"

	"shiyang/internal/law/catalogue"
)

// View answers from the lists as they stand on one day. Make one with [Book.On].
type View struct {
	book *Book
	day  Date
}

// On returns the lists as they stand on a day; where an edition in force is
// missing, the latest loaded one before it answers.
func (b *Book) On(day Date) View { return View{book: b, day: day} }

func current[R any](v View, list List) []R {
	used, _, ok := v.book.LoadedAt(list, v.day)
	if !ok {
		return nil
	}
	return rowsOf[[]R](used)
}

func find[R any](all []R, matches func(R) bool) (R, bool) {
	i := slices.IndexFunc(all, matches)
	if i < 0 {
		var none R
		return none, false
	}
	return all[i], true
}

func filter[R any](all []R, matches func(R) bool) []R {
	var out []R
	for _, r := range all {
		if matches(r) {
			out = append(out, r)
		}
	}
	return out
}

// Divisions returns the divisions directly under a parent: "620600" gives the
// counties of Wuwei, "" the provinces. Placeholders are left out.
func (v View) Divisions(parent string) []catalogue.Division {
	return filter(current[catalogue.Division](v, ListDivisions), func(d catalogue.Division) bool {
		return d.Parent == parent && d.Level != "county_placeholder"
	})
}

// Division returns a division 行政区划 by its code of six or nine digits.
func (v View) Division(code string) (catalogue.Division, bool) {
	return find(current[catalogue.Division](v, ListDivisions), func(d catalogue.Division) bool { return d.Code == code })
}

// CheckDivision judges the place of a site: DIVISION_UNKNOWN, DIVISION_LEVEL
// (a county or a part of one is needed) and DIVISION_OUTSIDE_WUWEI are errors.
func (v View) CheckDivision(code string) []Finding {
	d, ok := v.Division(code)
	refuse := func(reason, zh, en string) []Finding {
		return []Finding{{Reason: reason, Severity: Error, Zh: zh, En: en}}
	}
	switch {
	case !ok:
		return refuse("DIVISION_UNKNOWN", "行政区划代码不存在，请从列表中选择", "There is no such division code; choose one from the list")
	case slices.Contains([]string{"province", "prefecture", "county_placeholder"}, d.Level):
		return refuse("DIVISION_LEVEL", "请选择到县区或乡镇街道", "Choose a county or a part of one")
	case !d.InWuwei:
		return refuse("DIVISION_OUTSIDE_WUWEI", "该地不在武威市，请向所在地生态环境部门申请", "This place is not in Wuwei; apply to the authority of that place")
	}
	return nil
}

// Pollutant returns a pollutant by its code.
func (v View) Pollutant(code string) (catalogue.Pollutant, bool) {
	return find(current[catalogue.Pollutant](v, ListPollutants), func(p catalogue.Pollutant) bool { return p.Code == code })
}

// Pollutants returns the pollutants of a medium (air, water, noise; "" for all)
// whose code or name holds the text.
func (v View) Pollutants(medium, text string) []catalogue.Pollutant {
	return filter(current[catalogue.Pollutant](v, ListPollutants), func(p catalogue.Pollutant) bool {
		return (medium == "" || p.Medium == medium) && p.Contains(text)
	})
}

// PermitRow returns a row of the permit classification list by its number.
func (v View) PermitRow(row int) (catalogue.PermitRow, bool) {
	return find(current[catalogue.PermitRow](v, ListPermitClassification), func(r catalogue.PermitRow) bool { return r.Row == row })
}

// PermitRows searches the permit classification list by row number, GB/T 4754
// code or prefix, or words of group and class.
func (v View) PermitRows(text string) []catalogue.PermitRow {
	return filter(current[catalogue.PermitRow](v, ListPermitClassification), func(r catalogue.PermitRow) bool { return r.Contains(text) })
}

// GeneralProcesses returns the rows 109–112 (boilers, kilns, surface treatment,
// water treatment) that alone can bring a site under permits.
func (v View) GeneralProcesses() []catalogue.PermitRow {
	return filter(current[catalogue.PermitRow](v, ListPermitClassification), func(r catalogue.PermitRow) bool {
		return strings.Contains(r.Group, "通用工序")
	})
}

// EIARow returns a row of the EIA classification list by its number.
func (v View) EIARow(row int) (catalogue.EIARow, bool) {
	return find(current[catalogue.EIARow](v, ListEIAClassification), func(r catalogue.EIARow) bool { return r.Row == row })
}

// EIARows searches the EIA classification list like PermitRows.
func (v View) EIARows(text string) []catalogue.EIARow {
	return filter(current[catalogue.EIARow](v, ListEIAClassification), func(r catalogue.EIARow) bool { return r.Contains(text) })
}

// EIAPractice returns who approves EIA documents, promised days and guides; the
// zero value, which makes nothing ours, when no edition is loaded.
func (v View) EIAPractice() catalogue.EIAPractice {
	used, _, ok := v.book.LoadedAt(ListEIAPractice, v.day)
	if !ok {
		return catalogue.EIAPractice{}
	}
	return rowsOf[catalogue.EIAPractice](used)
}

// CodeList returns a code list such as waste_form, with the items in the order
// of forms.
func (v View) CodeList(id string) (catalogue.CodeList, bool) {
	return find(current[catalogue.CodeList](v, ListCodeLists), func(l catalogue.CodeList) bool { return l.ID == id })
}

// DocumentType returns a kind of official document by id.
func (v View) DocumentType(id string) (catalogue.DocumentType, bool) {
	return find(current[catalogue.DocumentType](v, ListDocumentTypes), func(t catalogue.DocumentType) bool { return t.ID == id })
}

// DocumentTypes returns the kinds of documents of a service, or all for "".
func (v View) DocumentTypes(service string) []catalogue.DocumentType {
	return filter(current[catalogue.DocumentType](v, ListDocumentTypes), func(t catalogue.DocumentType) bool {
		return service == "" || t.Service == service
	})
}

// Commands returns the HJ 212 commands with a command code; a code can stand
// once for each direction.
func (v View) Commands(cn string) []catalogue.Command {
	return filter(current[catalogue.Command](v, ListHJ212Commands), func(c catalogue.Command) bool { return c.CN == cn })
}

// Flags returns the HJ 212 codes of a kind: data_flag, exe_rtn, qn_rtn, st,
// suffix or flag_bit.
func (v View) Flags(kind string) []catalogue.Flag {
	return filter(current[catalogue.Flag](v, ListHJ212Flags), func(f catalogue.Flag) bool { return f.Kind == kind })
}

// Penalty returns a penalty range by id.
func (v View) Penalty(id string) (catalogue.Penalty, bool) {
	return find(v.penalties().Penalties, func(p catalogue.Penalty) bool { return p.ID == id })
}

// Penalties returns the ranges in force on the day of the view, which should be
// the day on which the act ended, for a service or all for "". Rules that a
// higher-ranking law has superseded are left out.
func (v View) Penalties(service string) []catalogue.Penalty {
	return filter(v.penalties().Penalties, func(p catalogue.Penalty) bool {
		return (service == "" || p.Service == service) && !v.day.Before(p.ValidFrom) &&
			(p.ValidTo.IsZero() || !v.day.After(p.ValidTo)) && (p.SupersededFrom.IsZero() || v.day.Before(p.SupersededFrom))
	})
}

// LighterLaw returns the comparisons in which a penalty is the old rule
// (Penalty Law Art. 37). Mixed ones need a recorded legal opinion.
func (v View) LighterLaw(oldPenalty string) []catalogue.Pair {
	return filter(v.penalties().Pairs, func(p catalogue.Pair) bool { return p.Old == oldPenalty })
}

func (v View) penalties() catalogue.Penalties {
	used, _, ok := v.book.LoadedAt(ListPenalties, v.day)
	if !ok {
		return catalogue.Penalties{}
	}
	return rowsOf[catalogue.Penalties](used)
}
