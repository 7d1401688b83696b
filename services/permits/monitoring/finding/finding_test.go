package finding_test

import (
	"testing"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/law"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/monitoring/finding"
)

const (
	hour = permitsv1.MeterPeriod_METER_PERIOD_HOUR
	day  = permitsv1.MeterPeriod_METER_PERIOD_DAY
)

func lists(t *testing.T) law.View {
	t.Helper()
	return law.Embedded().On(law.Date{Year: 2026, Month: 3, Day: 10})
}

// Averaging time, converted value, flag and unit decide together.
func TestCheck(t *testing.T) {
	so2 := finding.Limit{Outlet: "DA001", Pollutant: "a21026", Concentration: "35", Unit: "mg/m3", Averaging: permitsv1.Averaging_AVERAGING_HOUR}
	cod := finding.Limit{Outlet: "DW001", Pollutant: "w01018", Concentration: "50", Unit: "毫克/升"}
	chrome := finding.Limit{Outlet: "DW001", Pollutant: "w20117", Concentration: "0.05", Unit: "mg/L"} // meters tell ug/L
	for name, c := range map[string]struct {
		outlet  string
		period  permitsv1.MeterPeriod
		reading *permitsv1.MeterReading
		limit   finding.Limit
		manual  bool
		value   string // "" when nothing is over
	}{
		"at the limit":            {"DA001", hour, &permitsv1.MeterReading{Pollutant: "a21026", Avg: "35.000", Flag: "N"}, so2, false, ""},
		"just above":              {"DA001", hour, &permitsv1.MeterReading{Pollutant: "a21026", Avg: "35.001", Flag: "N"}, so2, false, "35.001"},
		"converted counts":        {"DA001", hour, &permitsv1.MeterReading{Pollutant: "a21026", Avg: "30", ZsAvg: "36", Flag: "N"}, so2, false, "36"},
		"measured does not then":  {"DA001", hour, &permitsv1.MeterReading{Pollutant: "a21026", Avg: "40", ZsAvg: "34", Flag: "N"}, so2, false, ""},
		"maintenance":             {"DA001", hour, &permitsv1.MeterReading{Pollutant: "a21026", Avg: "99", Flag: "M"}, so2, false, ""},
		"calibration":             {"DA001", hour, &permitsv1.MeterReading{Pollutant: "a21026", Avg: "99", Flag: "C"}, so2, true, ""},
		"set by hand":             {"DA001", hour, &permitsv1.MeterReading{Pollutant: "a21026", Avg: "99", Flag: "S"}, so2, false, ""},
		"set by hand, counted":    {"DA001", hour, &permitsv1.MeterReading{Pollutant: "a21026", Avg: "99", Flag: "S"}, so2, true, "99"},
		"day against hour limit":  {"DA001", day, &permitsv1.MeterReading{Pollutant: "a21026", Avg: "99", Flag: "N"}, so2, false, ""},
		"water hour":              {"DW001", hour, &permitsv1.MeterReading{Pollutant: "w01018", Avg: "99", Flag: "N"}, cod, false, ""},
		"water day":               {"DW001", day, &permitsv1.MeterReading{Pollutant: "w01018", Avg: "50.1", Flag: "N"}, cod, false, "50.1"},
		"other outlet":            {"DW002", day, &permitsv1.MeterReading{Pollutant: "w01018", Avg: "50.1", Flag: "N"}, cod, false, ""},
		"ug/L below a mg/L limit": {"DW001", day, &permitsv1.MeterReading{Pollutant: "w20117", Avg: "49.9", Flag: "N"}, chrome, false, ""},
		"ug/L above a mg/L limit": {"DW001", day, &permitsv1.MeterReading{Pollutant: "w20117", Avg: "50.1", Flag: "N"}, chrome, false, "50.1"},
		"no value":                {"DW001", day, &permitsv1.MeterReading{Pollutant: "w01018", Flag: "N"}, cod, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			over := finding.Check(lists(t), c.outlet, c.period, []*permitsv1.MeterReading{c.reading}, []finding.Limit{c.limit}, c.manual)
			switch {
			case c.value == "" && len(over) > 0:
				t.Errorf("found %+v", over[0])
			case c.value != "" && (len(over) != 1 || over[0].Value != c.value):
				t.Errorf("found %+v, want %s", over, c.value)
			}
		})
	}
}

func TestMilligrams(t *testing.T) {
	for _, c := range []struct {
		value, unit string
		want        int64
		ok          bool
	}{
		{"4.3120", "kg", 4_312_000, true},
		{"0.041", "kg", 41_000, true},
		{"0.0000004", "kg", 0, true},
		{"7", "mg", 7, true},
		{"-1", "kg", 0, false},
		{"152908", "m3", 0, false},
		{"", "kg", 0, false},
	} {
		if got, ok := finding.Milligrams(c.value, c.unit); got != c.want || ok != c.ok {
			t.Errorf("%s %s: %d, %v", c.value, c.unit, got, ok)
		}
	}
}

func fold[S es.State[S]](s S, events ...es.Event) S {
	for _, e := range events {
		s = s.Evolve(es.Fact{Event: e})
	}
	return s
}

// Each share is told once a year and limit; a mass that leaps tells all.
func TestSharesAreToldOnce(t *testing.T) {
	mass := func(grams, limit int64) finding.Reach {
		return finding.Reach{Event: &permitsv1.AnnualMassReached{FacilityId: "f", Pollutant: "a21026", Year: 2026, MassGrams: grams, LimitGrams: limit}}
	}
	var y finding.Year
	for _, step := range []struct {
		grams, limit int64
		told         []int32
	}{
		{799, 1000, nil},
		{800, 1000, []int32{80}},
		{850, 1000, nil},
		{1001, 1000, []int32{90, 100}},
		{2000, 1000, nil},
		{2000, 2500, []int32{80}}, // the permit was changed: another limit
		{2000, 0, nil},
	} {
		events, err := mass(step.grams, step.limit).Decide(y)
		if err != nil || len(events) != len(step.told) {
			t.Fatalf("%d of %d: %d events, %v", step.grams, step.limit, len(events), err)
		}
		for i, e := range events {
			if e.(*permitsv1.AnnualMassReached).GetPercent() != step.told[i] {
				t.Errorf("%d of %d: %v", step.grams, step.limit, e)
			}
		}
		y = fold(y, events...)
	}
}

func TestFindingsComeAndGo(t *testing.T) {
	found := &permitsv1.ExceedanceFound{Pollutant: "a21026", Value: "36", Limit: &permitsv1.OutletLimit{Concentration: "35"}}
	var x finding.Exceedance
	do := func(c es.Command[finding.Exceedance], want int) {
		t.Helper()
		events, err := c.Decide(x)
		if err != nil || len(events) != want {
			t.Fatalf("%T: %d events, %v", c, len(events), err)
		}
		x = fold(x, events...)
	}
	do(finding.Withdraw{Reason: "nothing to take back"}, 0)
	do(finding.Find{Event: found}, 1)
	do(finding.Find{Event: found}, 0)
	do(finding.Withdraw{Reason: "校准期间"}, 1)
	do(finding.Withdraw{Reason: "校准期间"}, 0)
	do(finding.Find{Event: found}, 1)
}

// The year of a mass begins at midnight in Asia/Shanghai.
func TestYearOf(t *testing.T) {
	if y := finding.YearOf(time.Date(2025, 12, 31, 16, 0, 0, 0, time.UTC)); y != 2026 {
		t.Errorf("year %d", y)
	}
	if y := finding.YearOf(time.Date(2025, 12, 31, 15, 59, 59, 0, time.UTC)); y != 2025 {
		t.Errorf("year %d", y)
	}
}
