package permit_test

import (
	"testing"

	"shiyang/internal/law"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/permit"
)

// Every rule of the form, alone: what is changed, and what must be said.
func TestContentRules(t *testing.T) {
	type c = *permitsv1.ApplicationContent
	for _, rule := range []struct {
		name   string
		change func(c)
		wrong  map[string]string
		doubts map[string]string
	}{
		{name: "a good form has neither errors nor doubts", change: func(c) {}},
		{name: "the EIA number is needed", change: func(x c) { x.EiaNumber = "  " }, wrong: map[string]string{"content.eiaNumber": "EIA_NUMBER_MISSING"}},
		{name: "the content is declared true", change: func(x c) { x.DeclaredTrue = false }, wrong: map[string]string{"content.declaredTrue": "DECLARATION_MISSING"}},
		{name: "the row stands in the list", change: func(x c) { x.ClassificationRow = 113 }, wrong: map[string]string{"content.classificationRow": "CLASSIFICATION_ROW_UNKNOWN"}},
		{name: "a class that the row does not know is doubtful", change: func(x c) { x.ClassificationRow = 2 }, doubts: map[string]string{"content.managementClass": "CLASS_NOT_IN_ROW"}},
		{name: "outlet codes are unique", change: func(x c) { x.Outlets = append(x.Outlets, x.Outlets[0]) }, wrong: map[string]string{"content.outlets[1].code": "OUTLET_TWICE"}},
		{
			name: "an outlet without limits, water or height is doubtful", change: func(x c) {
				x.Outlets = append(x.Outlets, &permitsv1.Outlet{Code: "DW001"}, &permitsv1.Outlet{Code: "YS001"})
				x.Outlets[0].HeightMm = 0
			},
			doubts: map[string]string{
				"content.outlets[1].receivingWater": "RECEIVING_WATER_MISSING", "content.outlets[1].code": "OUTLET_WITHOUT_LIMIT",
				"content.outlets[0].heightMm": "HEIGHT_MISSING",
			},
		},
		{name: "facility codes are unique", change: func(x c) { x.Facilities = append(x.Facilities, x.Facilities[0]) }, wrong: map[string]string{"content.facilities[1].code": "CODE_TWICE"}},
		{name: "abatement serves an outlet of the form", change: func(x c) { x.Abatements[0].Outlet = "DA002" }, wrong: map[string]string{"content.abatements[0].outlet": "OUTLET_UNKNOWN"}},
		{name: "a limit belongs to an outlet of the form", change: func(x c) { x.Limits[0].Outlet = "DA002" }, wrong: map[string]string{"content.limits[0].outlet": "OUTLET_UNKNOWN"}, doubts: map[string]string{
			"content.limits[0].pollutant": "LIMIT_NOT_MONITORED", "content.outlets[0].code": "OUTLET_WITHOUT_LIMIT",
		}},
		{name: "a pollutant stands once per outlet", change: func(x c) { x.Limits = append(x.Limits, x.Limits[0]) }, wrong: map[string]string{"content.limits[1].pollutant": "LIMIT_TWICE"}},
		{name: "the pollutant stands in the list", change: func(x c) { x.Limits[0].Pollutant = "a99999" }, wrong: map[string]string{"content.limits[0].pollutant": "POLLUTANT_UNKNOWN"}, doubts: map[string]string{"content.limits[0].pollutant": "LIMIT_NOT_MONITORED"}},
		{
			name: "a water pollutant does not leave a chimney", change: func(x c) {
				x.Limits[0].Pollutant, x.Limits[0].Unit, x.Monitoring[0].Pollutant = "w01018", "mg/L", "w01018"
			},
			wrong: map[string]string{"content.limits[0].pollutant": "POLLUTANT_MEDIUM", "content.monitoring[0].pollutant": "POLLUTANT_MEDIUM"},
		},
		{name: "a limit limits something", change: func(x c) { x.Limits[0].Concentration, x.Limits[0].MassGramsPerYear = "", 0 }, wrong: map[string]string{"content.limits[0].concentration": "LIMIT_MISSING"}},
		{name: "a yearly mass alone is enough", change: func(x c) { x.Limits[0].Concentration, x.Limits[0].Unit, x.Limits[0].Averaging = "", "", 0 }},
		{name: "a limit is above zero", change: func(x c) { x.Limits[0].Concentration = "0.00" }, wrong: map[string]string{"content.limits[0].concentration": "LIMIT_ZERO"}},
		{name: "the unit is the pollutant's", change: func(x c) { x.Limits[0].Unit = "mg/L" }, wrong: map[string]string{"content.limits[0].unit": "UNIT_UNKNOWN"}},
		{name: "a concentration is averaged over something", change: func(x c) { x.Limits[0].Averaging = 0 }, wrong: map[string]string{"content.limits[0].averaging": "AVERAGING_MISSING"}},
		{name: "a limit names its standard", change: func(x c) { x.Limits[0].Standard = " " }, wrong: map[string]string{"content.limits[0].standard": "STANDARD_MISSING"}},
		{name: "a form without monitoring is doubtful", change: func(x c) { x.Monitoring = nil }, doubts: map[string]string{"content.monitoring": "MONITORING_MISSING"}},
		{name: "a limit that nobody monitors is doubtful", change: func(x c) { x.Monitoring[0].Pollutant = "a21002" }, doubts: map[string]string{"content.limits[0].pollutant": "LIMIT_NOT_MONITORED"}},
		{name: "manual monitoring is not continuous", change: func(x c) { x.Monitoring[0].Automatic = false }, doubts: map[string]string{"content.monitoring[0].frequency": "FREQUENCY_DOUBTFUL"}},
	} {
		t.Run(rule.name, func(t *testing.T) {
			wrong, doubts := permit.CheckContent(with(content(), rule.change), law.Embedded().On(date("2026-09-08")))
			wantFields(t, problem.ErrInvalid.WithErrors(wrong...), rule.wrong)
			wantFields(t, problem.ErrInvalid.WithErrors(doubts...), rule.doubts)
		})
	}
}
