package law_test

import (
	"slices"
	"strings"
	"testing"

	"shiyang/internal/law"
)

const wasteHeader = "seq,code,category,category_name_zh,category_name_en,industry_source_zh,description_zh,hazard_as_written,hazard_letters,hazard_combination,has_exclusion,other_codes_named,abbreviated,valid_from,valid_to,source,confidence\n"

// wasteEdition makes an example edition of the list that is missing: one entry
// kept, one with other hazards, one new.
func wasteEdition(t *testing.T) law.Edition {
	t.Helper()
	row := func(seq, code, hazard string) string {
		return seq + "," + code + ",HW" + code[8:] + ",示例,example,非特定行业,示例废物,\"" + strings.ReplaceAll(hazard, "|", ",") + "\"," + hazard + ",comma,0,,0,2025-01-01,,example,U\n"
	}
	e, err := law.ParseEdition(law.ListWaste, []byte("# version: 2025\n"+wasteHeader+
		row("1", "900-214-08", "T|I")+row("2", "900-249-08", "T")+row("3", "321-900-48", "T")))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func reasons(findings []law.Finding) string {
	var out []string
	for _, f := range findings {
		out = append(out, f.Reason)
	}
	return strings.Join(out, " ")
}

func TestMissingWasteListOnlyWarns(t *testing.T) {
	book := law.Embedded()
	for _, c := range []struct{ on, code, want string }{
		{"2026-09-24", "900-214-08", "WASTE_EDITION_MISSING"},
		{"2026-09-24", "900-249-09", "WASTE_CODE_NOT_CHECKED"},
		{"2026-09-24", "831-001-01", "WASTE_CODE_NOT_CHECKED"},
		{"2026-09-24", "900-000-08", ""},
		{"2026-09-24", "90021408", "WASTE_CODE_FORM"},
		{"2026-09-24", "900-001-44", "WASTE_CATEGORY_UNUSED"},
		{"2024-06-01", "900-214-08", ""},
		{"2024-06-01", "831-001-01", "WASTE_CODE_UNKNOWN"},
	} {
		a := book.On(day(t, c.on)).Waste(c.code)
		if got := reasons(a.Findings); got != c.want {
			t.Errorf("%s on %s: %q, want %q", c.code, c.on, got, c.want)
		}
		form := strings.HasPrefix(c.want, "WASTE_CODE_FORM") || strings.HasPrefix(c.want, "WASTE_CATEGORY")
		if c.on > "2025" && law.HasError(a.Findings) && !form {
			t.Errorf("%s was refused although the list in force is missing", c.code)
		}
	}
	a := book.On(day(t, "2026-09-24")).Waste("900-214-08")
	if a.InForce.ID != "waste_catalogue-2025" || a.InForce.State != law.Missing || a.Used.ID != "waste_catalogue-2021" {
		t.Errorf("in force %s, used %s", a.InForce.ID, a.Used.ID)
	}
}

func TestWasteLines(t *testing.T) {
	v := law.Embedded().On(day(t, "2024-06-01"))
	for _, c := range []struct {
		code, category string
		hazards        []string
		want           string
	}{
		{"900-214-08", "HW08", []string{"I", "T"}, ""},
		{"900-214-08", "HW09", nil, "WASTE_CATEGORY_MISMATCH"},
		{"900-214-08", "", []string{"T"}, "WASTE_HAZARD_DIFFERS"},
		{"900-214-08", "", []string{"X"}, "WASTE_HAZARD_LETTER"},
	} {
		if got := reasons(v.CheckWaste(c.code, c.category, c.hazards)); got != c.want {
			t.Errorf("%s %s %v: %q, want %q", c.code, c.category, c.hazards, got, c.want)
		}
	}
}

func TestLoadingTheMissingListReportsWhatChanged(t *testing.T) {
	before := law.Embedded()
	after := before.With(wasteEdition(t))
	if editions := after.Editions(law.ListWaste); len(editions) != 2 || editions[1].State != law.Complete {
		t.Fatalf("the loaded edition does not replace the missing one: %+v", editions)
	}
	var got []string
	for _, c := range law.WasteChanges(before, after, day(t, "2026-09-24"), []string{"900-214-08", "900-249-08", "900-217-08", "321-900-48", "900-000-08"}) {
		got = append(got, c.Code+" "+strings.Join(c.Changed, "+"))
		if c.String() == "" {
			t.Error("a change says nothing")
		}
	}
	want := []string{"900-214-08 text", "900-249-08 hazards+text", "900-217-08 status", "321-900-48 status"}
	if !slices.Equal(got, want) {
		t.Errorf("changes %v, want %v", got, want)
	}
	if r := reasons(after.On(day(t, "2026-09-24")).Waste("900-217-08").Findings); r != "WASTE_CODE_UNKNOWN" {
		t.Errorf("a code that the loaded list dropped: %s", r)
	}
	if r := reasons(after.On(day(t, "2024-06-01")).Waste("900-217-08").Findings); r != "" {
		t.Errorf("a day of the older edition is judged by it: %s", r)
	}
}

func TestLaterRowsChangeAPeriodFromTheirDay(t *testing.T) {
	edition, err := law.ParseEdition(law.ListPeriods, []byte(`# version: 2027-01-01
# valid_from: 2027-01-01
periods:
- {id: fine-pay, name_zh: 缴纳罚款, service: enforcement, subject: party, start_event: decision received, amount: 10,
   unit: calendar_day, direction: after, roll_to_next_working_day: true, pauses: [], consequence: late_fee,
   basis: [{law: penalty-law-2021, article: '67'}], valid_from: '2027-01-01', source: example, confidence: U}
`))
	if err != nil {
		t.Fatal(err)
	}
	book := law.Embedded().With(edition)
	for on, want := range map[string]int{"2026-12-31": 15, "2027-01-01": 10} {
		if p, ok := book.PeriodAt("fine-pay", day(t, on)); !ok || p.Amount != want {
			t.Errorf("on %s the period is %d days, want %d", on, p.Amount, want)
		}
	}
	if p, _ := book.Period("fine-pay"); p.Amount != 10 {
		t.Error("Period returns the latest row")
	}
	if len(book.Periods(day(t, "2026-06-01"))) != 168 {
		t.Error("the other rows stay")
	}
}

func TestDivisionOfASite(t *testing.T) {
	v := law.Embedded().On(day(t, "2026-11-23"))
	for code, want := range map[string]string{
		"620602": "", "620602001": "", "620600": "DIVISION_LEVEL", "620601": "DIVISION_LEVEL",
		"620102": "DIVISION_OUTSIDE_WUWEI", "999999": "DIVISION_UNKNOWN",
	} {
		if got := reasons(v.CheckDivision(code)); got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}
