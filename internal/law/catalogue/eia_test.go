package catalogue_test

import (
	"strings"
	"testing"

	"shiyang/internal/law/catalogue"
)

const practiceHead = "eia_practice:\n  confirmed: false\n  confidence: U\n  otherwise: {level: province, zh: 省厅, en: province}\n"

func TestCompetence(t *testing.T) {
	p, err := catalogue.ParseEIAPractice([]byte(practiceHead + `  competence:
  - {id: special, special: [nuclear], level: ministry, zh: 部, en: ministry}
  - {id: heavy, documents: [report], rows: 3-4|9, level: province, zh: 省厅, en: province}
  - {id: ours, documents: [report, form], rows: 1-10, level: prefecture, zh: 市局, en: bureau}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		document string
		row      int
		special  []string
		level    string
		id       string
	}{
		{"report", 3, nil, "province", "heavy"},
		{"report", 5, nil, "prefecture", "ours"},
		{"report", 9, nil, "province", "heavy"},
		{"form", 3, nil, "prefecture", "ours"},
		{"form", 3, []string{"nuclear"}, "ministry", "special"},
		{"form", 3, []string{"secret"}, "prefecture", "ours"},
		{"form", 11, nil, "province", ""},        // in no row: not ours
		{"registration", 1, nil, "province", ""}, // in no row: not ours
	} {
		who, id := p.Competent(c.document, c.row, c.special)
		if who.Level != c.level || id != c.id {
			t.Errorf("%s of row %d %v: %s by %q, want %s by %q", c.document, c.row, c.special, who.Level, id, c.level, c.id)
		}
	}
}

func TestFaultyPractice(t *testing.T) {
	for _, c := range []struct{ content, want string }{
		{"eia_practice: {confidence: U, otherwise: {level: village, zh: 甲, en: a}}", "level"},
		{"eia_practice: {confidence: U, otherwise: {level: province}}", "no name"},
		{"eia_practice: {otherwise: {level: province, zh: 甲, en: a}}", "confidence"},
		{practiceHead + "  competence: [{id: a, rows: 5-3, level: province, zh: 甲, en: a}]", "span"},
		{practiceHead + "  competence: [{id: a, rows: x, level: province, zh: 甲, en: a}]", "rows"},
		{practiceHead + "  competence: [{level: province, zh: 甲, en: a}]", "no id"},
		{practiceHead + "  competence: [{id: a, documents: [letter], level: province, zh: 甲, en: a}]", "letter"},
		{practiceHead + "  competence: [{id: a, level: province, zh: 甲, en: a}, {id: a, level: province, zh: 甲, en: a}]", "twice"},
		{practiceHead + "  promised_days: {report: 0}", "promised_days"},
		{practiceHead + "  guides: [{document: letter}]", "letter"},
	} {
		if _, err := catalogue.ParseEIAPractice([]byte(c.content)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", c.content, err, c.want)
		}
	}
}
