package law

import (
	"fmt"
	"slices"
	"strings"

	"shiyang/internal/law/catalogue"
	"shiyang/internal/law/identifier"
)

// WasteAnswer is what the hazardous waste list 国家危险废物名录 says about a code
// on a day.
type WasteAnswer struct {
	Entry    catalogue.Waste // zero when not Listed
	Listed   bool            // the edition that answers holds the code
	Used     Edition         // the edition that answers
	InForce  Edition         // the edition in force; its State is Missing while its table is not loaded
	Findings []Finding
}

// Waste looks up a waste code. While the edition in force is missing, the
// latest loaded one helps: an unknown code of the right form is accepted with
// the warning WASTE_CODE_NOT_CHECKED and nothing is called unlawful. Codes
// 900-000-xx of waste found hazardous by identification are accepted. Errors:
// WASTE_CODE_FORM, WASTE_CATEGORY_UNUSED, and, only when the edition in force is
// loaded, WASTE_CODE_UNKNOWN.
func (v View) Waste(code string) WasteAnswer {
	var a WasteAnswer
	a.Used, a.InForce, _ = v.book.LoadedAt(ListWaste, v.day)
	if a.Findings = identifier.WasteCode(code); HasError(a.Findings) {
		return a
	}
	a.Entry, a.Listed = find(rowsOf[[]catalogue.Waste](a.Used), func(w catalogue.Waste) bool { return w.Code == code })
	switch {
	case a.Listed && a.InForce.State != Missing, identified(code):
	case a.Listed:
		a.Findings = append(a.Findings, Finding{
			Reason: "WASTE_EDITION_MISSING", Severity: Warning,
			Zh: fmt.Sprintf("现行名录（%s年版）尚未载入，按 %s年版核对，提交前请对照现行名录", a.InForce.Version, a.Used.Version),
			En: fmt.Sprintf("The list in force (%s) is not loaded; checked against %s, compare with the list in force before filing", a.InForce.Version, a.Used.Version),
		})
	case a.InForce.State == Complete:
		a.Findings = append(a.Findings, Finding{
			Reason: "WASTE_CODE_UNKNOWN", Severity: Error,
			Zh: "名录中没有这个废物代码，请从列表中选择" + v.alikeZh(a.Used, code), En: "The list does not hold this waste code; choose one from it",
		})
	default:
		a.Findings = append(a.Findings, Finding{
			Reason: "WASTE_CODE_NOT_CHECKED", Severity: Warning,
			Zh: "已载入的名录中没有这个废物代码，现行名录尚未载入，暂予接受；请核对代码" + v.alikeZh(a.Used, code),
			En: "The loaded list does not hold this waste code and the list in force is not loaded; accepted for now, please check it",
		})
	}
	return a
}

// alikeZh names the entries with the same first six digits.
func (v View) alikeZh(e Edition, code string) string {
	var alike []string
	for _, w := range rowsOf[[]catalogue.Waste](e) {
		if w.Code[:8] == code[:8] {
			alike = append(alike, w.Code)
		}
	}
	if alike == nil {
		return ""
	}
	return "（相近的有 " + strings.Join(alike, "、") + "）"
}

// identified reports whether the code is 900-000-xx.
func identified(code string) bool { return strings.HasPrefix(code, "900-000-") }

// CheckWaste judges a waste line: the code as Waste does, the category against
// it (WASTE_CATEGORY_MISMATCH, error) and the hazard letters against the list
// (WASTE_HAZARD_DIFFERS, always a warning: the letters of a site's waste can be
// fewer or more than the list's). An empty category or no letters are not judged.
func (v View) CheckWaste(code, category string, hazards []string) []Finding {
	a := v.Waste(code)
	if HasError(a.Findings) {
		return a.Findings
	}
	findings := a.Findings
	if want := "HW" + code[8:]; category != "" && category != want {
		findings = append(findings, Finding{
			Reason: "WASTE_CATEGORY_MISMATCH", Severity: Error,
			Zh: "废物代码属于 " + want + "，与所填类别不符", En: "The code belongs to " + want + ", not to the category entered",
		})
	}
	known := []string{"T", "C", "I", "R", "In"}
	for _, h := range hazards {
		if !slices.Contains(known, h) {
			return append(findings, Finding{
				Reason: "WASTE_HAZARD_LETTER", Severity: Error,
				Zh: "危险特性只能是 T、C、I、R、In", En: "A hazard is one of T, C, I, R and In",
			})
		}
	}
	if a.Listed && len(hazards) > 0 && !sameSet(hazards, a.Entry.Hazards) {
		findings = append(findings, Finding{
			Reason: "WASTE_HAZARD_DIFFERS", Severity: Warning,
			Zh: "名录（" + a.Used.Version + "年版）列明的危险特性为 " + strings.Join(a.Entry.Hazards, "、") + "，请核对",
			En: "The " + a.Used.Version + " list names the hazards " + strings.Join(a.Entry.Hazards, ", ") + "; please check",
		})
	}
	return findings
}

func sameSet(a, b []string) bool {
	x, y := slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(slices.Compact(x), slices.Compact(y))
}

// Wastes searches the waste list by code, with or without hyphens, category
// (HW08), or words of text and industry.
func (v View) Wastes(text string) []catalogue.Waste {
	return filter(current[catalogue.Waste](v, ListWaste), func(w catalogue.Waste) bool { return w.Contains(text) })
}

// WasteExemptions returns the rows of the exemption list 豁免管理清单 that name
// the code or its category. Each holds only in its stages and on its condition,
// which a person judges.
func (v View) WasteExemptions(code string) []catalogue.Exemption {
	return filter(current[catalogue.Exemption](v, ListWasteExemptions), func(e catalogue.Exemption) bool { return e.Covers(code) })
}
