package sheet

import (
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/words"
)

// Step is one page of the application form.
type Step struct {
	Name  string // last segment of its address
	Title words.Text
	Form  form.Form
}

// Steps are the pages of the application in order; the check follows them.
var Steps = []Step{
	{"basic", words.StepBasic, append(basic(), equipment()...)},
	{"outlets", words.StepOutlets, outlets()},
	{"limits", words.StepLimits, form.Form{limits("content.limits", 1)}},
	{"monitoring", words.StepMonitoring, monitoring()},
	{"files", words.StepFiles, files()},
}

// Application is the whole application on one page, without its files.
func Application() form.Form {
	var f form.Form
	for _, s := range Steps {
		if s.Name != "files" {
			f = append(f, s.Form...)
		}
	}
	return f
}

func basic() form.Form {
	return form.Form{{Title: words.BasicData, Fields: []form.Field{
		{Path: "content.managementClass", Kind: form.Pick, Label: words.ClassLabel, Hint: words.ClassHint, Options: form.Options(words.Classes)},
		{Path: "content.industry", Label: words.Industry, Hint: words.IndustryHint, Max: 4, Short: true},
		{Path: "content.classificationRow", Kind: form.Whole, Label: words.ListRow, Hint: words.ListRowHint},
		{Path: "content.eiaNumber", Label: words.EiaNumber, Hint: words.EiaHint, Max: 100},
	}}}
}

func equipment() form.Form {
	return form.Form{
		{Title: words.Facilities, Rows: &form.Rows{
			Path: "content.facilities", Item: words.FacilityItem, Add: words.AddFacility, Fields: []form.Field{
				{Path: "code", Label: words.CodeLabel, Hint: words.FacilityCode, Max: 6},
				{Path: "title", Label: words.Called, Max: 100},
				{Path: "capacity", Label: words.Capacity, Hint: words.CapacityHint, Max: 100, Optional: true},
			},
		}},
		{Title: words.Abatements, Rows: &form.Rows{
			Path: "content.abatements", Item: words.AbatementItem, Add: words.AddAbatement, Fields: []form.Field{
				{Path: "code", Label: words.CodeLabel, Hint: words.AbatementCode, Max: 5},
				{Path: "process", Label: words.Process, Max: 200},
				{Path: "outlet", Label: words.ForOutlet, Max: 5, Optional: true},
			},
		}},
	}
}

func outlets() form.Form {
	return form.Form{{Title: words.Outlets, Hint: words.OutletsHint, Rows: &form.Rows{
		Path: "content.outlets", Item: words.OutletItem, Add: words.AddOutlet, Least: 1, Fields: []form.Field{
			{Path: "code", Label: words.OutletCode, Max: 5},
			{Path: "title", Label: words.Called, Max: 100},
			{Path: "kind", Kind: form.Choice, Label: words.OutletKindLabel, Options: form.Options(words.OutletKinds)},
			{Path: "heightMm", Kind: form.Scaled, Scale: 3, Label: words.Height, Unit: words.Metre, Optional: true},
			{Path: "diameterMm", Kind: form.Scaled, Scale: 3, Label: words.Diameter, Unit: words.Metre, Optional: true},
			{Path: "receivingWater", Label: words.ReceivingWater, Max: 100, Optional: true},
			{Path: "location.longitude", Label: words.Longitude, Max: 13, Optional: true},
			{Path: "location.latitude", Label: words.Latitude, Max: 12, Optional: true},
		},
	}}}
}

// limits asks for limits per outlet and pollutant at a path.
func limits(path string, least int) form.Section {
	return form.Section{Title: words.Limits, Hint: words.LimitsHint, Rows: &form.Rows{
		Path: path, Item: words.LimitItem, Add: words.AddLimit, Least: least, Fields: []form.Field{
			{Path: "outlet", Label: words.OutletCode, Max: 5},
			{Path: "pollutant", Label: words.Pollutant, Hint: words.PollutantHint, Max: 6, Options: form.Options(words.Pollutants)},
			{Path: "concentration", Label: words.Concentration, Max: 16, Optional: true},
			{Path: "unit", Kind: form.Choice, Label: words.UnitLabel, Options: form.Options(words.Units), Optional: true},
			{Path: "averaging", Kind: form.Choice, Label: words.AveragingLabel, Options: form.Options(words.Averagings), Optional: true},
			{Path: "massGramsPerYear", Kind: form.Scaled, Scale: 6, Label: words.YearlyMass, Unit: words.TonneAYear, Optional: true},
			{Path: "standard", Label: words.Standard, Hint: words.StandardHint, Max: 100},
		},
	}}
}

func monitoring() form.Form {
	return form.Form{
		{Title: words.MonitoringPlan, Rows: &form.Rows{
			Path: "content.monitoring", Item: words.MonitoringItem, Add: words.AddMonitoring, Least: 1, Fields: []form.Field{
				{Path: "outlet", Label: words.OutletCode, Max: 5},
				{Path: "pollutant", Label: words.Pollutant, Max: 6, Options: form.Options(words.Pollutants)},
				{Path: "frequency", Kind: form.Choice, Label: words.Frequency, Options: form.Options(words.Frequencies)},
				{Path: "method", Label: words.MethodLabel, Max: 100, Optional: true},
				{Path: "automatic", Kind: form.Tick, Label: words.Automatic},
			},
		}},
		{Title: words.Duties, Fields: []form.Field{
			{Path: "content.ledgerRequirement", Kind: form.Area, Label: words.Ledger, Max: 2000, Optional: true},
			{Path: "content.reportRequirement", Kind: form.Area, Label: words.ExecReports, Max: 2000, Optional: true},
			{Path: "content.disclosureRequirement", Kind: form.Area, Label: words.Disclosure, Max: 2000, Optional: true},
		}},
	}
}

// files lists what was uploaded; the values are set by the server and never
// read from a page.
func files() form.Form {
	return form.Form{{Title: words.Attachments, Rows: &form.Rows{
		Path: "content.attachments", Item: words.AttachmentKind, Add: words.UploadFile, Fields: []form.Field{
			{Path: "sha256", Kind: form.Kept},
			{Path: "size", Kind: form.Kept},
			{Path: "mediaType", Kind: form.Kept},
			{Path: "kind", Kind: form.Kept},
			{Path: "title", Kind: form.Kept},
		},
	}}}
}

// Declaration is the last question before filing.
func Declaration() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "content.declaredTrue", Kind: form.Tick, Label: words.DeclaredTrue},
	}}}
}
