package permits

import (
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/sheet"
	"shiyang/gateway/web/words"
)

// openForm asks the holder for the procedure, and why.
func openForm() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "kind", Kind: form.Pick, Label: kindLabel, Options: form.Options(kinds)},
		{Path: "changedOn", Kind: form.Day, Label: changedLabel, Hint: changedHint, Optional: true},
		{Path: "causes", Kind: form.Ticks, Label: causesLabel, Hint: causesHint, Options: form.Options(causes), Optional: true},
		{Path: "reason", Kind: form.Area, Label: reasonLabel, Hint: reasonHint, Max: 2000, Optional: true},
	}}}
}

// authorityForm asks the bureau what it changes, and for which requirement.
func authorityForm() form.Form {
	return append(form.Form{{Fields: []form.Field{
		{Path: "requirement", Label: requirement, Max: 200},
		{Path: "effective", Kind: form.Day, Label: effective},
		{Path: "reason", Kind: form.Area, Label: reasonLabel, Max: 2000, Optional: true},
	}}, conditionRows("content.conditions")}, sheet.Application()...)
}

func conditionRows(path string) form.Section {
	return form.Section{Title: words.Conditions, Hint: conditionsHint, Rows: &form.Rows{
		Path: path, Item: conditionNo, Add: addCondition, Fields: []form.Field{
			{Path: "number", Kind: form.Whole, Label: conditionNumber, Short: true, Optional: true},
			{Path: "text", Kind: form.Area, Label: conditionText, Max: 2000},
			{Path: "basis", Label: conditionBasis, Max: 200, Optional: true},
		},
	}}
}

// examination asks for the opinion, other limits and other conditions.
func examination() form.Form { return append(sheet.Examination(), conditionRows("conditions")) }

// baseForm asks for the base data after a change.
func baseForm() form.Form {
	return append(form.Form{{Title: baseTitle, Fields: []form.Field{
		{Path: "baseData.unitName", Label: words.UnitName, Max: 100},
		{Path: "baseData.domicile", Label: domicile, Max: 200, Optional: true},
		{Path: "baseData.legalRepresentative.name", Label: representative, Hint: personHint, Max: 60, Optional: true},
	}}}, sheet.Declaration()...)
}

func holderMeasureForm() form.Form { return measureForm(holderMeasures, holderGrounds, false) }

func bureauMeasureForm() form.Form { return measureForm(measures, grounds, true) }

func measureForm(measures, grounds []words.Named, document bool) form.Form {
	f := form.Form{{Fields: []form.Field{
		{Path: "measure", Kind: form.Pick, Label: measureLabel, Options: form.Options(measures)},
		{Path: "ground", Kind: form.Choice, Label: groundLabel, Options: form.Options(grounds)},
		{Path: "reason", Kind: form.Area, Label: factsLabel, Max: 2000},
	}}}
	if document {
		f[0].Fields = append(f[0].Fields, form.Field{Path: "basisDocument", Label: basisDocument, Hint: basisHint, Max: 100, Optional: true})
	}
	return f
}

func decideForm() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "approve", Kind: form.Pick, Label: approveLabel, Options: []form.Option{{Value: "true", Label: approveYes}, {Value: "false", Label: approveNo}}},
		{Path: "announcementUrl", Label: announcement, Max: 500, Optional: true},
		{Path: "reason", Kind: form.Area, Label: rejectReason, Max: 2000, Optional: true},
	}}}
}

func numberForm() form.Form {
	return form.Form{{Fields: []form.Field{{Path: "permitNumber", Label: platformNumber, Max: 22}}}}
}
