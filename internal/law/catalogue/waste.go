package catalogue

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"shiyang/internal/law/calendar"
)

// Waste is one entry of the national hazardous waste list 国家危险废物名录.
type Waste struct {
	Sequence      int
	Code          string // 900-214-08: industry, serial, category
	Category      string // HW08
	CategoryZh    string // 废矿物油与含矿物油废物
	CategoryEn    string
	Industry      string // 非特定行业
	Description   string // the entry's text, at most 80 characters
	HazardWritten string // "T,I" or "T/C" as printed
	Hazards       []string
	Combination   string   // single, comma (first certain, others possible) or slash (one or more)
	HasExclusion  bool     // the official entry has an exception
	OtherCodes    []string // codes or categories that the text names
	Abbreviated   bool
	ValidFrom     calendar.Date
	ValidTo       calendar.Date
	Origin
}

var wasteCode = regexp.MustCompile(`^\d{3}-\d{3}-\d{2}$`)

const wasteColumns = "seq code category category_name_zh category_name_en industry_source_zh description_zh hazard_as_written hazard_letters hazard_combination has_exclusion other_codes_named abbreviated valid_from valid_to source confidence"

// ParseWaste reads the hazardous waste list. It checks the form of codes, that
// a code ends in its category's number, and the hazard letters T, C, I, R, In.
func ParseWaste(content []byte) ([]Waste, error) {
	all, err := rows(content, wasteColumns, func(l *line) Waste {
		w := Waste{
			Sequence: l.whole("seq"), Code: l.match("code", wasteCode), Category: l.must("category"),
			CategoryZh: l.must("category_name_zh"), CategoryEn: l.must("category_name_en"),
			Industry: l.must("industry_source_zh"), Description: l.must("description_zh"),
			HazardWritten: l.must("hazard_as_written"), Hazards: l.many("hazard_letters"),
			Combination: l.must("hazard_combination"), HasExclusion: l.flag("has_exclusion"),
			OtherCodes: l.many("other_codes_named"), Abbreviated: l.flag("abbreviated"),
			ValidFrom: l.day("valid_from"), ValidTo: l.day("valid_to"), Origin: l.origin(),
		}
		if l.err == nil && "HW"+w.Code[8:] != w.Category {
			l.fail("category", fmt.Sprintf("%s does not end in %s", w.Code, w.Category))
		}
		for _, h := range w.Hazards {
			if !slices.Contains([]string{"T", "C", "I", "R", "In"}, h) {
				l.fail("hazard_letters", h+" is not T, C, I, R or In")
			}
		}
		if len(w.Hazards) == 0 {
			l.fail("hazard_letters", "is empty")
		}
		return w
	})
	if err != nil {
		return nil, err
	}
	return all, unique(all, func(w Waste) string { return w.Code })
}

// Exemption is one row of the list of exempted management 危险废物豁免管理清单: a
// waste that is not managed as hazardous in one stage, under a condition.
type Exemption struct {
	ID        string // EX02-1
	Item      int
	Scope     string   // code, category, class or any_not_listed
	Names     []string // the codes or categories; the class of waste in words
	WasteZh   string
	StageZh   string
	Stages    []string // collection, transport, utilisation, disposal, storage or all
	Condition string
	Content   string // what is exempted
	ValidFrom calendar.Date
	ValidTo   calendar.Date
	Origin
}

const exemptionColumns = "id item_no scope code_or_class waste_zh stage_zh stage condition_zh exempted_content_zh valid_from valid_to source confidence"

// ParseExemptions reads the list of exempted management.
func ParseExemptions(content []byte) ([]Exemption, error) {
	all, err := rows(content, exemptionColumns, func(l *line) Exemption {
		return Exemption{
			ID: l.must("id"), Item: l.whole("item_no"), Scope: l.must("scope"), Names: l.many("code_or_class"),
			WasteZh: l.must("waste_zh"), StageZh: l.must("stage_zh"), Stages: l.many("stage"),
			Condition: l.text("condition_zh"), Content: l.must("exempted_content_zh"),
			ValidFrom: l.day("valid_from"), ValidTo: l.day("valid_to"), Origin: l.origin(),
		}
	})
	if err != nil {
		return nil, err
	}
	return all, unique(all, func(e Exemption) string { return e.ID })
}

// Covers reports whether the row names the waste code itself or its category.
func (e Exemption) Covers(code string) bool {
	switch e.Scope {
	case "code":
		return slices.Contains(e.Names, code)
	case "category":
		return len(code) == 10 && slices.Contains(e.Names, "HW"+code[8:])
	default:
		return false
	}
}

// Contains reports whether the entry's code, text, category or industry holds
// the text, for searches in forms.
func (w Waste) Contains(text string) bool {
	text = strings.ToLower(text)
	return strings.HasPrefix(w.Code, text) || strings.Contains(strings.ReplaceAll(w.Code, "-", ""), text) ||
		strings.EqualFold(w.Category, text) || strings.Contains(w.Description, text) ||
		strings.Contains(w.CategoryZh, text) || strings.Contains(strings.ToLower(w.CategoryEn), text) ||
		strings.Contains(w.Industry, text)
}
