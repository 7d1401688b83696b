package catalogue

import (
	"slices"
	"strconv"
	"strings"

	"shiyang/internal/law/calendar"
)

// Rule says how a criterion of a classification is to be read.
type Rule string

// The rules. Criteria in words are decided by a person.
const (
	NoCriterion    Rule = "none"            // the column is "/"
	AllOfClass     Rule = "all"             // 全部
	TheRest        Rule = "other"           // 其他
	GeneralProcess Rule = "general_process" // look at the general processes, rows 109–112 of the permit list
	KeyUnitList    Rule = "key_unit_list"   // on the list of key units
	InWords        Rule = "text"            // a person decides
)

// Criterion is one column of a classification row.
type Criterion struct {
	Rule Rule
	Text string // 列入重点排污单位名录的, "" when there is no criterion
}

// Industry is the class of activity a classification row speaks of.
type Industry struct {
	Row       int
	Group     string   // 畜牧业
	Divisions []string // GB/T 4754 two-digit divisions
	Class     string   // 牲畜饲养031，家禽饲养032
	Codes     []string // GB/T 4754 codes of three or four digits named by the row
	// IndustrialBuildingsOnly marks rows that hold only inside industrial
	// buildings (printed with an asterisk).
	IndustrialBuildingsOnly bool
	ValidFrom, ValidTo      calendar.Date
	Origin
}

// PermitRow is a row of the permit classification list
// 固定污染源排污许可分类管理名录.
type PermitRow struct {
	Industry
	Key, Simplified, Registration Criterion
}

// EIARow is a row of the EIA classification list
// 建设项目环境影响评价分类管理名录.
type EIARow struct {
	Industry
	Report, Form, Registration Criterion
	SensitiveArea              string   // which sensitive areas the row means, in words
	SensitiveItems             []string // "1:all", "2:part": groups of Art. 3 of the list
}

const industryColumns = "row_no industry_group_zh gbt4754_division gbt4754_codes star_industrial_building_only valid_from valid_to source confidence "

func industry(l *line, class string) Industry {
	return Industry{
		Row: l.whole("row_no"), Group: l.must("industry_group_zh"), Divisions: l.many("gbt4754_division"),
		Class: l.must(class), Codes: l.many("gbt4754_codes"), IndustrialBuildingsOnly: l.flag("star_industrial_building_only"),
		ValidFrom: l.day("valid_from"), ValidTo: l.day("valid_to"), Origin: l.origin(),
	}
}

func criterion(l *line, column string) Criterion {
	c := Criterion{Rule: Rule(l.must(column + "_rule")), Text: l.text(column + "_criteria_zh")}
	known := []Rule{NoCriterion, AllOfClass, TheRest, GeneralProcess, KeyUnitList, InWords}
	if !slices.Contains(known, c.Rule) {
		l.fail(column+"_rule", "is not a known rule")
	}
	if (c.Rule == NoCriterion) != (c.Text == "") {
		l.fail(column+"_criteria_zh", "must be empty exactly when the rule is none")
	}
	return c
}

// ParsePermitClassification reads the permit classification list.
func ParsePermitClassification(content []byte) ([]PermitRow, error) {
	all, err := rows(content, industryColumns+"industry_class_zh key_rule simplified_rule registration_rule", func(l *line) PermitRow {
		return PermitRow{industry(l, "industry_class_zh"), criterion(l, "key"), criterion(l, "simplified"), criterion(l, "registration")}
	})
	if err != nil {
		return nil, err
	}
	return all, unique(all, func(r PermitRow) string { return strconv.Itoa(r.Row) })
}

// ParseEIAClassification reads the EIA classification list.
func ParseEIAClassification(content []byte) ([]EIARow, error) {
	all, err := rows(content, industryColumns+"project_class_zh report_rule form_rule registration_rule sensitive_area_zh sensitive_area_items", func(l *line) EIARow {
		return EIARow{
			Industry: industry(l, "project_class_zh"), Report: criterion(l, "report"), Form: criterion(l, "form"),
			Registration: criterion(l, "registration"), SensitiveArea: l.text("sensitive_area_zh"), SensitiveItems: l.many("sensitive_area_items"),
		}
	})
	if err != nil {
		return nil, err
	}
	return all, unique(all, func(r EIARow) string { return strconv.Itoa(r.Row) })
}

// Matches reports whether the row speaks of a GB/T 4754 code of two to four
// digits: the row names the code, a class above it or one below it, or, where
// the row names no class, its division.
func (i Industry) Matches(code string) bool {
	if len(code) < 2 {
		return false
	}
	for _, c := range i.Codes {
		if strings.HasPrefix(c, code) || strings.HasPrefix(code, c) {
			return true
		}
	}
	return len(i.Codes) == 0 && slices.Contains(i.Divisions, code[:2])
}

// Contains reports whether the row's number, codes, group or class hold the
// text, for searches in forms.
func (i Industry) Contains(text string) bool {
	if text == "" {
		return true
	}
	if digits(text) {
		return strconv.Itoa(i.Row) == text || i.Matches(text)
	}
	return strings.Contains(i.Group, text) || strings.Contains(i.Class, text)
}

func digits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}
