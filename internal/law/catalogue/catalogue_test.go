package catalogue_test

import (
	"strings"
	"testing"

	"shiyang/internal/law/catalogue"
)

// TestFaultyRows: each parser names the row and what is wrong with it.
func TestFaultyRows(t *testing.T) {
	parse := map[string]func([]byte) error{
		"waste":      func(b []byte) error { _, err := catalogue.ParseWaste(b); return err },
		"penalties":  func(b []byte) error { _, err := catalogue.ParsePenalties(b); return err },
		"codes":      func(b []byte) error { _, err := catalogue.ParseCodeLists(b); return err },
		"documents":  func(b []byte) error { _, err := catalogue.ParseDocumentTypes(b); return err },
		"pollutants": func(b []byte) error { _, err := catalogue.ParsePollutants(b); return err },
		"divisions":  func(b []byte) error { _, err := catalogue.ParseDivisions(b); return err },
		"permits":    func(b []byte) error { _, err := catalogue.ParsePermitClassification(b); return err },
	}
	const (
		waste     = "seq,code,category,category_name_zh,category_name_en,industry_source_zh,description_zh,hazard_as_written,hazard_letters,hazard_combination,has_exclusion,other_codes_named,abbreviated,valid_from,valid_to,source,confidence\n"
		pollutant = "code,medium,name_zh,name_en,unit_default_zh,unit_default,unit_usual,mass_unit_zh,mass_unit,old_code_2005,data_format,source,confidence\n"
		division  = "code,level,name_zh,name_en,parent_code,in_wuwei,note,source,confidence\n"
		industry  = "row_no,industry_group_zh,gbt4754_division,industry_class_zh,gbt4754_codes,key_rule,key_criteria_zh,simplified_rule,simplified_criteria_zh,registration_rule,registration_criteria_zh,star_industrial_building_only,valid_from,valid_to,source,confidence\n"
	)
	for _, c := range []struct{ list, content, want string }{
		{"waste", waste + "1,900-214-08,HW09,甲,a,乙,丙,T,T,single,0,,0,2025-01-01,,s,V\n", "line 2, column category"},
		{"waste", waste + "1,900-214-08,HW08,甲,a,乙,丙,X,X,single,0,,0,2025-01-01,,s,V\n", "column hazard_letters"},
		{"waste", waste + "x,900-214-08,HW08,甲,a,乙,丙,T,T,single,0,,0,2025-01-01,,s,V\n", "column seq"},
		{"waste", waste + "1,900-214-08,HW08,甲,a,乙,丙,T,T,single,2,,0,2025-01-01,,s,V\n", "column has_exclusion"},
		{"waste", waste + "1,900-214-08,HW08,甲,a,乙,丙,T,T,single,0,,0,2025-01-01,,s,X\n", "column confidence"},
		{"waste", waste + strings.Repeat("1,900-214-08,HW08,甲,a,乙,丙,T,T,single,0,,0,2025-01-01,,s,V\n", 2), "900-214-08 appears twice"},
		{"pollutants", pollutant + "b1,air,甲,a,乙,u,,,,,,s,V\n", "column code"},
		{"pollutants", pollutant + "a00001,soil,甲,a,乙,u,,,,,,s,V\n", "column medium"},
		{"divisions", division + "620602,county,凉州区,,620600,1,,s,V\n", "620600 must be listed before"},
		{"permits", industry + "1,甲,03,乙,,all,,none,,none,,0,2019-12-20,,s,V\n", "key_criteria_zh"},
		{"permits", industry + "1,甲,03,乙,,some,丙,none,,none,,0,2019-12-20,,s,V\n", "key_rule"},
		{"penalties", "penalties:\n- {id: a, basis: {law: x}, min: 2, max: 1, valid_from: '2026-01-01', confidence: V}\n", "min exceeds max"},
		{"penalties", "lighter_law_pairs:\n- {id: p, old: a, new: b, comparison: same}\n", "unknown penalty"},
		{"codes", "code_lists:\n- {id: l, confidence: V, items: [{code: a, zh: 甲, en: a}, {code: a, zh: 乙, en: b}]}\n", "appears twice"},
		{"codes", "code_lists:\n- {id: l, confidence: V, items: [{code: a, zh: 甲}]}\n", "has no name"},
		{"documents", "document_types:\n- {id: d, name_zh: 甲, name_en: a, gap_free_series: true, confidence: V}\n", "number prefix"},
		{"documents", "", "empty"},
	} {
		err := parse[c.list]([]byte(c.content))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.list, err, c.want)
		}
	}
}

func TestIndustryMatches(t *testing.T) {
	rows, err := catalogue.ParsePermitClassification([]byte("# a comment line\nrow_no,industry_group_zh,gbt4754_division,industry_class_zh,gbt4754_codes,key_rule,key_criteria_zh,simplified_rule,simplified_criteria_zh,registration_rule,registration_criteria_zh,star_industrial_building_only,valid_from,valid_to,source,confidence\n" +
		"1,农副食品加工业,13,谷物磨制131,131,none,,none,,other,其他,0,2019-12-20,,s,V\n" +
		"2,畜牧业,03,全部,,none,,none,,other,其他,0,2019-12-20,,s,V\n"))
	if err != nil {
		t.Fatal(err)
	}
	for code, want := range map[string][2]bool{
		"13": {true, false}, "131": {true, false}, "1311": {true, false}, "132": {false, false},
		"03": {false, true}, "0311": {false, true}, "1": {false, false},
	} {
		if got := [2]bool{rows[0].Matches(code), rows[1].Matches(code)}; got != want {
			t.Errorf("%s matches %v, want %v", code, got, want)
		}
	}
}
