// Package version compares two versions of a discharge permit 许可证版本比对 row
// by row: limits, outlets, equipment, monitoring, numbered conditions, duties
// and base data. Each row says whether it was added, removed, tightened or
// loosened, and whether only a re-application may bring it about (Decree 736
// Art. 15).
//
// The package is pure and imports the contracts and internal/problem. Start
// with [Compare].
package version

import (
	"fmt"

	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

// Direction says which way a row went.
type Direction string

// The directions.
const (
	Added     Direction = "added"
	Removed   Direction = "removed"
	Tightened Direction = "tightened"
	Loosened  Direction = "loosened"
	Changed   Direction = "changed"
)

// Name is the direction for people.
func (d Direction) Name() problem.Text {
	switch d {
	case Added:
		return text("新增", "added")
	case Removed:
		return text("删除", "removed")
	case Tightened:
		return text("收紧", "tightened")
	case Loosened:
		return text("放宽", "loosened")
	default:
		return text("变化", "changed")
	}
}

// Change is one row of a difference.
type Change struct {
	Part          string // limit, outlet, facility, abatement, monitoring, condition, requirement or base
	Key           string // which row of the part: "DA001 a21026"
	Index         int    // place in the newer content; -1 where it has none
	Direction     Direction
	Title         problem.Text
	Before, After problem.Text
	// Reapply: the holder may have this only by a re-application.
	Reapply bool
}

// Names finds the name of a pollutant by its code; nil names nothing.
type Names func(code string) problem.Text

type content = permitsv1.ApplicationContent

// Compare lists every row in which two contents differ, part by part, in the
// order of the newer one; removed rows stand behind. Equal contents differ in
// nothing. Attachments and the declaration are no part of a permit.
func Compare(before, after *content, names Names) []Change {
	if names == nil {
		names = func(code string) problem.Text { return text(code, code) }
	}
	var all []Change
	all = append(all, limits(before, after, names)...)
	all = append(all, outlets(before, after)...)
	all = append(all, facilities(before, after)...)
	all = append(all, abatements(before, after)...)
	all = append(all, monitoring(before, after, names)...)
	all = append(all, conditions(before, after)...)
	return append(all, general(before, after)...)
}

// rows compares two lists by key. before and after write a row for people; grade
// says how a row that stands in both went, "" for unchanged.
type rows[R any] struct {
	part  string
	key   func(R) string
	title func(R) problem.Text
	write func(R) problem.Text
	grade func(old, now R) (Direction, bool)
	added func(R) bool // whether adding it takes a re-application; nil: never
	lost  func(R) (Direction, bool)
}

func (r rows[R]) compare(old, now []R) (changes []Change) {
	known := map[string]R{}
	for _, o := range old {
		known[r.key(o)] = o
	}
	kept := map[string]bool{}
	for i, n := range now {
		key := r.key(n)
		kept[key] = true
		c := Change{Part: r.part, Key: key, Index: i, Direction: Added, Title: r.title(n), After: r.write(n)}
		o, both := known[key]
		switch {
		case !both:
			c.Reapply = r.added != nil && r.added(n)
		default:
			c.Before = r.write(o)
			if c.Direction, c.Reapply = r.grade(o, n); c.Direction == "" {
				continue
			}
		}
		changes = append(changes, c)
	}
	for _, o := range old {
		if kept[r.key(o)] {
			continue
		}
		c := Change{Part: r.part, Key: r.key(o), Index: -1, Direction: Removed, Title: r.title(o), Before: r.write(o)}
		if r.lost != nil {
			c.Direction, c.Reapply = r.lost(o)
		}
		changes = append(changes, c)
	}
	return changes
}

func text(zh, en string) problem.Text { return problem.Text{Zh: zh, En: en} }

func same(s string) problem.Text { return text(s, s) }

func general(before, after *content) (changes []Change) {
	for _, f := range []struct {
		key      string
		title    problem.Text
		old, now string
	}{
		{"managementClass", text("管理类别", "Management class"), class(before), class(after)},
		{"industry", text("行业类别", "Industry"), before.GetIndustry(), after.GetIndustry()},
		{"classificationRow", text("名录行号", "Row of the classification list"), fmt.Sprint(before.GetClassificationRow()), fmt.Sprint(after.GetClassificationRow())},
		{"eiaNumber", text("环评文号", "EIA number"), before.GetEiaNumber(), after.GetEiaNumber()},
		{"ledgerRequirement", text("台账要求", "Ledger"), before.GetLedgerRequirement(), after.GetLedgerRequirement()},
		{"reportRequirement", text("执行报告要求", "Execution reports"), before.GetReportRequirement(), after.GetReportRequirement()},
		{"disclosureRequirement", text("信息公开要求", "Disclosure"), before.GetDisclosureRequirement(), after.GetDisclosureRequirement()},
	} {
		if f.old != f.now {
			changes = append(changes, Change{
				Part: "requirement", Key: f.key, Index: -1, Direction: Changed, Title: f.title, Before: same(f.old), After: same(f.now),
			})
		}
	}
	return changes
}

func class(c *content) string {
	switch c.GetManagementClass() {
	case permitsv1.ManagementClass_MANAGEMENT_CLASS_KEY:
		return "重点管理 key"
	case permitsv1.ManagementClass_MANAGEMENT_CLASS_SIMPLIFIED:
		return "简化管理 simplified"
	default:
		return ""
	}
}

// CompareBase lists what differs in the holder's base data. A person's name is
// never written out: only that it changed.
func CompareBase(before, after *permitsv1.BaseData) (changes []Change) {
	add := func(key string, title problem.Text, old, now string) {
		if old != now {
			changes = append(changes, Change{
				Part: "base", Key: key, Index: -1, Direction: Changed, Title: title, Before: same(old), After: same(now),
			})
		}
	}
	add("unitName", text("单位名称", "Unit name"), before.GetUnitName(), after.GetUnitName())
	add("domicile", text("住所", "Domicile"), before.GetDomicile(), after.GetDomicile())
	if before.GetLegalRepresentative().GetId() != after.GetLegalRepresentative().GetId() {
		changes = append(changes, Change{
			Part: "base", Key: "legalRepresentative", Index: -1, Direction: Changed,
			Title: text("法定代表人", "Legal representative"), After: text("已变更", "another person"),
		})
	}
	return changes
}
