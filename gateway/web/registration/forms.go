package registration

import (
	"shiyang/gateway/web/form"
)

// answers asks what decides a tier.
func answers() form.Form {
	rowFields := func() []form.Field {
		return []form.Field{
			{Path: "row", Kind: form.Whole, Label: rowLabel, Short: true},
			{Path: "column", Kind: form.Pick, Label: columnLabel, Hint: columnHint, Options: form.Options(columns)},
			{Path: "outsideIndustrialBuildings", Kind: form.Tick, Label: outdoorLabel},
		}
	}
	return form.Form{
		{Title: industries, Rows: &form.Rows{Path: "answers.industries", Item: industryItem, Add: addIndustry, Least: 1, Fields: rowFields()}},
		{Title: processes, Hint: processHint, Rows: &form.Rows{Path: "answers.processes", Item: processItem, Add: addProcess, Fields: rowFields()[:2]}},
		{Title: otherAnswers, Fields: []form.Field{
			{Path: "answers.keyUnit", Kind: form.Tick, Label: keyUnit},
			{Path: "answers.largeDischarge", Kind: form.Tick, Label: largeLabel},
		}},
	}
}

func override() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "tier", Kind: form.Pick, Label: tierLabel, Options: form.Options(tiers)},
		{Path: "reason", Kind: form.Area, Label: whyLabel, Max: 500},
	}}}
}

// content asks what a registration says.
func content() form.Form {
	return form.Form{
		{Title: products, Rows: &form.Rows{Path: "content.products", Item: productItem, Add: addProduct, Least: 1, Fields: []form.Field{
			{Path: "title", Label: productTitle, Max: 100},
			{Path: "capacity", Label: productCap, Hint: capHint, Max: 100},
		}}},
		{Title: releases, Rows: &form.Rows{Path: "content.releases", Item: releaseItem, Add: addRelease, Least: 1, Fields: []form.Field{
			{Path: "medium", Kind: form.Choice, Label: medium, Options: form.Options(media)},
			{Path: "process", Label: process, Max: 200},
			{Path: "measure", Label: measure, Max: 200},
			{Path: "destination", Label: destination, Max: 200},
			{Path: "standard", Label: standard, Max: 100},
		}}},
		{Fields: []form.Field{{Path: "content.declaredTrue", Kind: form.Tick, Label: declare}}},
	}
}

func change() form.Form {
	return append(form.Form{{Fields: []form.Field{
		{Path: "changed", Kind: form.Day, Label: changedOn},
		{Path: "reason", Kind: form.Area, Label: changedWhat, Max: 500},
	}}}, content()...)
}

func cancel() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "ground", Kind: form.Pick, Label: groundLabel, Options: form.Options(cancelGrounds)},
		{Path: "reason", Kind: form.Area, Label: whyLabel, Max: 500},
	}}}
}

func national() form.Form {
	return form.Form{{Fields: []form.Field{{Path: "number", Label: number, Hint: numberHint, Max: 22}}}}
}

func settling() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "outcome", Kind: form.Pick, Label: outcomeLabel, Options: form.Options(outcomes[3:])},
		{Path: "reason", Kind: form.Area, Label: whyLabel, Max: 500},
		{Path: "due", Kind: form.Day, Label: dueLabel, Hint: dueHint, Optional: true},
	}}}
}

// linking asks which of the sites found a source is.
func linking(sites []form.Option) form.Form {
	return form.Form{{Fields: []form.Field{{Path: "facilityId", Kind: form.Pick, Label: pickSite, Options: sites}}}}
}
