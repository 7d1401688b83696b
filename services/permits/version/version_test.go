package version_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/version"
)

func sample() *permitsv1.ApplicationContent {
	return &permitsv1.ApplicationContent{
		ManagementClass: 1, Industry: "4430", ClassificationRow: 96, EiaNumber: "示例环评1号", LedgerRequirement: "保存五年",
		Outlets: []*permitsv1.Outlet{
			{Code: "DA001", Title: "锅炉烟囱", Kind: 1, HeightMm: 45000, Location: &commonv1.Location{Longitude: "102.6", Latitude: "37.9"}},
			{Code: "DW001", Title: "总排口", Kind: 2, ReceivingWater: "石羊河"},
		},
		Limits: []*permitsv1.Limit{
			{Outlet: "DA001", Pollutant: "a21026", Concentration: "200", Unit: "mg/m3", Averaging: 1, MassGramsPerYear: 12_500_000, Standard: "GB 13271-2014"},
			{Outlet: "DW001", Pollutant: "w01018", Concentration: "50", Unit: "mg/L", Averaging: 2, Standard: "GB 8978-1996"},
		},
		Abatements: []*permitsv1.Abatement{{Code: "TA001", Process: "布袋除尘", Outlet: "DA001"}},
		Facilities: []*permitsv1.ProductionFacility{{Code: "MF0001", Title: "锅炉", Capacity: "20 t/h"}},
		Monitoring: []*permitsv1.Monitoring{{Outlet: "DA001", Pollutant: "a21026", Frequency: "month", Method: "HJ 57"}},
		Conditions: []*permitsv1.Condition{{Number: 1, Text: "重污染天气停运"}, {Number: 2, Text: "每年检修"}},
	}
}

// Every way in which a row can go, and whether it takes a re-application.
func TestCompare(t *testing.T) {
	type want struct {
		part, key string
		direction version.Direction
		reapply   bool
	}
	for name, c := range map[string]struct {
		change func(*permitsv1.ApplicationContent)
		want   []want
	}{
		"nothing changes":                   {func(*permitsv1.ApplicationContent) {}, nil},
		"attachments are no part of it":     {func(c *permitsv1.ApplicationContent) { c.DeclaredTrue = true }, nil},
		"a lower concentration":             {func(c *permitsv1.ApplicationContent) { c.Limits[0].Concentration = "150.0" }, []want{{"limit", "DA001 a21026", version.Tightened, false}}},
		"the same number written otherwise": {func(c *permitsv1.ApplicationContent) { c.Limits[0].Concentration = "200.00" }, nil},
		"a higher concentration":            {func(c *permitsv1.ApplicationContent) { c.Limits[0].Concentration = "200.1" }, []want{{"limit", "DA001 a21026", version.Loosened, true}}},
		"one tighter, one looser": {func(c *permitsv1.ApplicationContent) {
			c.Limits[0].Concentration, c.Limits[0].MassGramsPerYear = "100", 13_000_000
		}, []want{{"limit", "DA001 a21026", version.Loosened, true}}},
		"less mass":                       {func(c *permitsv1.ApplicationContent) { c.Limits[0].MassGramsPerYear = 12_499_999 }, []want{{"limit", "DA001 a21026", version.Tightened, false}}},
		"a mass limit goes":               {func(c *permitsv1.ApplicationContent) { c.Limits[0].MassGramsPerYear = 0 }, []want{{"limit", "DA001 a21026", version.Loosened, true}}},
		"a concentration goes":            {func(c *permitsv1.ApplicationContent) { c.Limits[0].Concentration = "" }, []want{{"limit", "DA001 a21026", version.Loosened, true}}},
		"a longer averaging":              {func(c *permitsv1.ApplicationContent) { c.Limits[0].Averaging = 2 }, []want{{"limit", "DA001 a21026", version.Loosened, true}}},
		"another unit cannot be compared": {func(c *permitsv1.ApplicationContent) { c.Limits[0].Unit = "ug/m3" }, []want{{"limit", "DA001 a21026", version.Loosened, true}}},
		"another standard":                {func(c *permitsv1.ApplicationContent) { c.Limits[0].Standard = "GB 13271-2030" }, []want{{"limit", "DA001 a21026", version.Changed, false}}},
		"another species": {func(c *permitsv1.ApplicationContent) {
			c.Limits = append(c.Limits, &permitsv1.Limit{Outlet: "DA001", Pollutant: "a21002", Concentration: "30", Unit: "mg/m3", Averaging: 1})
		}, []want{{"limit", "DA001 a21002", version.Added, true}}},
		"a limit goes, its outlet stays": {func(c *permitsv1.ApplicationContent) { c.Limits = c.Limits[:1] }, []want{{"limit", "DW001 w01018", version.Loosened, true}}},
		"an outlet goes with its limit": {func(c *permitsv1.ApplicationContent) { c.Limits, c.Outlets = c.Limits[:1], c.Outlets[:1] }, []want{
			{"limit", "DW001 w01018", version.Removed, false}, {"outlet", "DW001", version.Removed, false},
		}},
		"an outlet moves":      {func(c *permitsv1.ApplicationContent) { c.Outlets[0].Location.Longitude = "102.7" }, []want{{"outlet", "DA001", version.Changed, true}}},
		"another river":        {func(c *permitsv1.ApplicationContent) { c.Outlets[1].ReceivingWater = "红水河" }, []want{{"outlet", "DW001", version.Changed, true}}},
		"a higher chimney":     {func(c *permitsv1.ApplicationContent) { c.Outlets[0].HeightMm = 60000 }, []want{{"outlet", "DA001", version.Changed, false}}},
		"another outlet":       {func(c *permitsv1.ApplicationContent) { c.Outlets = append(c.Outlets, &permitsv1.Outlet{Code: "DA002"}) }, []want{{"outlet", "DA002", version.Added, true}}},
		"monitored less often": {func(c *permitsv1.ApplicationContent) { c.Monitoring[0].Frequency = "year" }, []want{{"monitoring", "DA001 a21026", version.Loosened, false}}},
		"monitored more often": {func(c *permitsv1.ApplicationContent) { c.Monitoring[0].Frequency = "week" }, []want{{"monitoring", "DA001 a21026", version.Tightened, false}}},
		"another process":      {func(c *permitsv1.ApplicationContent) { c.Abatements[0].Process = "电袋除尘" }, []want{{"abatement", "TA001", version.Changed, false}}},
		"a facility is added": {func(c *permitsv1.ApplicationContent) {
			c.Facilities = append(c.Facilities, &permitsv1.ProductionFacility{Code: "MF0002"})
		}, []want{{"facility", "MF0002", version.Added, false}}},
		"a condition goes":        {func(c *permitsv1.ApplicationContent) { c.Conditions = c.Conditions[1:] }, []want{{"condition", "1", version.Removed, false}}},
		"a condition is reworded": {func(c *permitsv1.ApplicationContent) { c.Conditions[1].Text = "每半年检修" }, []want{{"condition", "2", version.Changed, false}}},
		"a duty changes":          {func(c *permitsv1.ApplicationContent) { c.LedgerRequirement = "保存十年" }, []want{{"requirement", "ledgerRequirement", version.Changed, false}}},
	} {
		t.Run(name, func(t *testing.T) {
			now := proto.CloneOf(sample())
			c.change(now)
			got := version.Compare(sample(), now, nil)
			if len(got) != len(c.want) {
				t.Fatalf("%d rows, want %d: %+v", len(got), len(c.want), got)
			}
			for i, w := range c.want {
				if g := (want{got[i].Part, got[i].Key, got[i].Direction, got[i].Reapply}); g != w {
					t.Errorf("got %+v, want %+v", g, w)
				}
				if n := got[i].Direction.Name(); n.Zh == "" || n.En == "" || got[i].Title.Zh == "" {
					t.Errorf("%+v does not speak both languages", got[i])
				}
			}
		})
	}
}

// The way back is the way forth, mirrored.
func TestCompareBothWays(t *testing.T) {
	now := sample()
	now.Limits[0].Concentration, now.Monitoring[0].Frequency = "150", "week"
	now.Conditions = append(now.Conditions, &permitsv1.Condition{Number: 3, Text: "安装电表"})
	mirror := map[version.Direction]version.Direction{
		version.Tightened: version.Loosened, version.Loosened: version.Tightened, version.Added: version.Removed, version.Removed: version.Added,
	}
	forth, back := version.Compare(sample(), now, nil), version.Compare(now, sample(), nil)
	if len(forth) != 3 || len(back) != 3 {
		t.Fatalf("%d rows forth, %d back", len(forth), len(back))
	}
	for i := range forth {
		if back[i].Direction != mirror[forth[i].Direction] || back[i].Before != forth[i].After || back[i].After != forth[i].Before {
			t.Errorf("forth %+v, back %+v", forth[i], back[i])
		}
	}
}

func TestBaseDataNameNobody(t *testing.T) {
	person := func(id, name string) *commonv1.Person { return &commonv1.Person{Id: id, Name: name} }
	got := version.CompareBase(
		&permitsv1.BaseData{UnitName: "武威示例一厂", Domicile: "示例路1号", LegalRepresentative: person("1", "张三")},
		&permitsv1.BaseData{UnitName: "武威示例二厂", Domicile: "示例路1号", LegalRepresentative: person("2", "李四")})
	if len(got) != 2 || got[0].Key != "unitName" || got[1].Key != "legalRepresentative" {
		t.Fatalf("got %+v", got)
	}
	if got[1].Before.Zh != "" || got[1].After.Zh == "李四" {
		t.Errorf("a person is named: %+v", got[1])
	}
}

func TestTonnes(t *testing.T) {
	for grams, want := range map[int64]string{0: "0", 1: "0.000001", 12_500_000: "12.5", 3_000_000: "3", 1_000_100: "1.0001"} {
		if got := version.Tonnes(grams); got != want {
			t.Errorf("%d g are %s t, want %s", grams, got, want)
		}
	}
}
