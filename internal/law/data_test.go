package law_test

import (
	"strings"
	"testing"

	"shiyang/internal/law"
	"shiyang/internal/law/catalogue"
)

// TestEmbeddedData reads every embedded row strictly and checks the counts.
func TestEmbeddedData(t *testing.T) {
	book := law.Embedded()
	for _, e := range book.AllEditions() {
		again, err := law.ParseEdition(e.List, e.Content())
		if err != nil {
			t.Errorf("%s: %v", e.ID, err)
			continue
		}
		if again.ID != e.ID || again.ValidFrom != e.ValidFrom || again.ValidTo != e.ValidTo || again.State != e.State || again.Hash != e.Hash {
			t.Errorf("%s does not survive its own content: %+v", e.ID, again)
		}
	}
	if faults := book.Faults(); len(faults) > 0 {
		t.Errorf("references lead nowhere:\n%s", strings.Join(faults, "\n"))
	}
	at2024, today := book.On(day(t, "2024-06-01")), book.On(day(t, "2026-11-23"))
	categories := map[string]bool{}
	for _, w := range at2024.Wastes("") {
		categories[w.Category] = true
	}
	pairs := 0
	for _, id := range []string{"permit-exceed-old", "hw-unlicensed-old"} {
		pairs += len(today.LighterLaw(id))
	}
	counties := 0
	for _, prefecture := range today.Divisions("620000") {
		for _, d := range today.Divisions(prefecture.Code) {
			if d.Level == "county" {
				counties++
			}
		}
	}
	for name, c := range map[string][2]int{
		"periods":        {len(book.Periods(day(t, "2026-11-23"))), 168},
		"waste codes":    {len(at2024.Wastes("")), 467},
		"categories":     {len(categories), 46},
		"permit rows":    {len(today.PermitRows("")), 112},
		"EIA rows":       {len(today.EIARows("")), 173},
		"processes":      {len(today.GeneralProcesses()), 4},
		"air":            {len(today.Pollutants("air", "")), 121},
		"water":          {len(today.Pollutants("water", "")), 63},
		"noise":          {len(today.Pollutants("noise", "")), 12},
		"data flags":     {len(today.Flags("data_flag")), 8},
		"documents":      {len(today.DocumentTypes("")), 75},
		"counties":       {counties, 86},
		"Wuwei counties": {len(today.Divisions("620600")), 4},
		"pairs":          {pairs, 3},
	} {
		if c[0] != c[1] {
			t.Errorf("%s: %d, want %d", name, c[0], c[1])
		}
	}
}

func TestTenLawsEndWithTheCode(t *testing.T) {
	n := 0
	for _, b := range law.Embedded().Bases(day(t, "2026-08-14")) {
		if b.RepealedBy == "code-2026" {
			n++
			if _, in := law.Embedded().BasisAt(b.ID, day(t, "2026-08-15")); in {
				t.Errorf("%s outlives the Code", b.ID)
			}
		}
	}
	if n != 10 {
		t.Errorf("%d laws end with the Code, want 10", n)
	}
}

func TestSearches(t *testing.T) {
	v := law.Embedded().On(day(t, "2026-11-23"))
	if rows := v.PermitRows("031"); len(rows) != 1 || rows[0].Row != 1 {
		t.Errorf("permit rows of 031: %d", len(rows))
	}
	if rows := v.EIARows("畜牧"); len(rows) == 0 {
		t.Error("no EIA row speaks of 畜牧")
	}
	if row, ok := v.PermitRow(109); !ok || !strings.Contains(row.Class, "锅炉") || row.Key.Rule != catalogue.KeyUnitList {
		t.Errorf("row 109 is %+v", row)
	}
	if p := v.Pollutants("air", "二氧化硫"); len(p) == 0 || p[0].Code != "a21026" {
		t.Errorf("sulphur dioxide: %+v", p)
	}
	if w := v.Wastes("90021408"); len(w) != 1 || w[0].Category != "HW08" {
		t.Errorf("search without hyphens: %+v", w)
	}
	if w := v.Wastes("HW08"); len(w) != 32 {
		t.Errorf("HW08 has %d codes, want 32", len(w))
	}
	if x := v.WasteExemptions("900-041-49"); len(x) == 0 {
		t.Error("no exemption for 900-041-49")
	}
	if list, ok := v.CodeList("waste_form"); !ok || len(list.Items) != 5 {
		t.Errorf("waste forms: %+v", list)
	}
	if c := v.Commands("2011"); len(c) == 0 {
		t.Error("no command 2011")
	}
}

func TestPenaltiesFollowTheActDate(t *testing.T) {
	has := func(on, id string) bool {
		for _, p := range law.Embedded().On(day(t, on)).Penalties("permits") {
			if p.ID == id {
				return true
			}
		}
		return false
	}
	if !has("2026-08-14", "permit-exceed-old") || has("2026-08-14", "permit-exceed-new") {
		t.Error("an act on 2026-08-14 is under the old rule")
	}
	if has("2026-08-15", "permit-exceed-old") || !has("2026-08-15", "permit-exceed-new") {
		t.Error("an act on 2026-08-15 is under the Code")
	}
	pairs := law.Embedded().On(day(t, "2026-11-23")).LighterLaw("permit-exceed-old")
	if len(pairs) != 1 || pairs[0].Comparison != catalogue.NewLighter {
		t.Errorf("exceeding a permit: %+v", pairs)
	}
}

// TestRefusedEditions feeds faulty files; the error must name the fault.
func TestRefusedEditions(t *testing.T) {
	for _, c := range []struct {
		name    string
		list    law.List
		content string
		want    string
	}{
		{"unknown list", "no_such", "", "no list"},
		{"no header row", law.ListWaste, "", "header row"},
		{"missing column", law.ListDivisions, "code,level\n620000,province\n", "column name_zh is missing"},
		{"no rows", law.ListWorkingDays, "date,is_workday,kind,name_zh\n", "no rows"},
		{"bad date", law.ListWorkingDays, "date,is_workday,kind,name_zh\n2027-02-30,0,holiday,春节\n", "line 2, column date"},
		{"contradiction", law.ListWorkingDays, "date,is_workday,kind,name_zh\n2027-01-01,1,holiday,元旦\n", "line 2, column kind"},
		{"twice", law.ListWorkingDays, "date,is_workday,kind,name_zh\n2027-01-01,0,holiday,元旦\n2027-01-01,0,holiday,元旦\n", "twice"},
		{"ragged", law.ListWorkingDays, "date,is_workday,kind,name_zh\n2027-01-01,0\n", "wrong number of fields"},
		{"no validity", law.ListCodeLists, "version: x\ncode_lists: []\n", "valid_from"},
		{"unknown key", law.ListPeriods, "# valid_from: 2027-01-01\nperiods:\n- idd: x\n", "idd"},
		{"bad header", law.ListPeriods, "# valid_from: soon\n", "soon"},
		{"bad unit", law.ListPeriods, "# valid_from: 2027-01-01\nperiods:\n- {id: x, name_zh: 甲, subject: a, start_event: b, unit: week, direction: after, valid_from: '2027-01-01', basis: [{law: code-2026}], confidence: V}\n", "week"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := law.ParseEdition(c.list, []byte(c.content))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}
