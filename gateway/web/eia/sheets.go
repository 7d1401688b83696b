package eia

import (
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/sheet"
	"shiyang/gateway/web/words"
	permitsv1 "shiyang/proto/permits/v1"
)

func nothing() form.Form { return nil }

func fixed(f func() form.Form) func(*permitsv1.Eia) form.Form {
	return func(*permitsv1.Eia) form.Form { return f() }
}

func why(path string, label words.Text, most int) func(*permitsv1.Eia) form.Form {
	return func(*permitsv1.Eia) form.Form {
		return form.Form{{Fields: []form.Field{{Path: path, Kind: form.Area, Label: label, Max: most}}}}
	}
}

// opening asks what a builder begins with.
func opening() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "builder", Label: builderText, Max: 100, Auto: "organization"}, //nolint:misspell // the token of the HTML standard
		{Path: "uscc", Label: words.Uscc, Hint: words.UsccHint, Max: 18, Short: true},
		{Path: "division", Kind: form.Choice, Label: pickCounty, Options: form.Options(words.Counties)},
		{Path: "document", Kind: form.Pick, Label: expectKind, Hint: expectHint, Options: form.Options(documents)},
		{Path: "previousEiaId", Kind: form.Kept},
		{Path: "example", Kind: form.Tick, Label: words.IsExample},
	}}}
}

// projectForm asks what a builder files; parks are those of the plan-EIA register.
func projectForm(parks []form.Option) form.Form {
	f := form.Form{
		{Title: basicTitle, Fields: []form.Field{
			{Path: "project.projectName", Label: project, Max: 100},
			{Path: "project.projectCode", Label: projectCode, Hint: codeHint, Max: 24, Optional: true},
			{Path: "project.nature", Kind: form.Pick, Label: nature, Options: form.Options(natures)},
			{Path: "project.siteAddress", Label: place, Max: 200},
			{Path: "project.location.longitude", Label: words.Longitude, Hint: words.DegreesHint, Max: 13, Short: true},
			{Path: "project.location.latitude", Label: words.Latitude, Max: 12, Short: true},
			{Path: "project.investmentFen", Kind: form.Scaled, Scale: 6, Label: invest, Unit: yuan, Short: true},
			{Path: "project.environmentalInvestmentFen", Kind: form.Scaled, Scale: 6, Label: investEco, Unit: yuan, Short: true, Optional: true},
			{Path: "project.works", Kind: form.Area, Label: works, Max: 4000},
		}},
		{Title: classTitle, Hint: classHint, Fields: []form.Field{
			{Path: "project.industry", Label: industry, Hint: words.IndustryHint, Max: 4, Short: true},
			{Path: "project.classificationRow", Kind: form.Whole, Label: row, Hint: rowHint, Short: true},
			{Path: "project.answers.meetsReport", Kind: form.Tick, Label: meetsReport},
			{Path: "project.answers.meetsForm", Kind: form.Tick, Label: meetsForm},
			{Path: "project.answers.meetsRegistration", Kind: form.Tick, Label: meetsReg},
			{Path: "project.answers.sensitiveArea", Kind: form.Tick, Label: sensitive},
			{Path: "project.answers.special", Kind: form.Ticks, Label: special, Options: form.Options(specials), Optional: true},
			{Path: "project.document", Kind: form.Pick, Label: documentText, Options: form.Options(documents)},
			{Path: "project.overrideReason", Label: overriding, Max: 500, Optional: true},
		}},
		{Title: effectTitle, Fields: []form.Field{
			{Path: "project.processes", Kind: form.Area, Label: processes, Hint: perLine, Optional: true},
			{Path: "project.pollutants", Kind: form.Area, Label: pollutants, Hint: perLine, Optional: true},
			{Path: "project.loadSource", Label: loadSource, Max: 500, Optional: true},
			{Path: "project.existingRemedy", Kind: form.Area, Label: remedy, Max: 2000, Optional: true},
		}},
		{Title: compTitle, Fields: []form.Field{
			{Path: "project.consultancy", Label: consultancy, Max: 100, Optional: true},
			{Path: "project.consultancyUscc", Label: words.Uscc, Max: 18, Short: true, Optional: true},
			{Path: "project.compiler.id", Kind: form.Kept},
			{Path: "project.compiler.name", Label: compiler, Max: 60, Optional: true},
			{Path: "project.compilerCreditNumber", Label: creditNo, Hint: creditHint, Max: 8, Short: true, Optional: true},
			{Path: "project.operationFrom", Kind: form.Day, Label: operation, Hint: operationHint, Optional: true},
		}},
		{Title: filesTitle, Fields: []form.Field{
			{Path: "project.attachments[0]", Kind: form.File, Label: fullDoc, Attach: "eia-document", Optional: true},
			{Path: "project.attachments[1]", Kind: form.File, Label: signed, Attach: "promise", Optional: true},
			{Path: "project.declaredTrue", Kind: form.Tick, Label: declared},
		}},
	}
	if len(parks) > 0 {
		f[0].Fields = append(f[0].Fields, form.Field{Path: "project.parkId", Kind: form.Choice, Label: parkField, Options: parks, Optional: true})
	}
	return f
}

// acceptance asks which secondary items are promised.
func acceptance(items []form.Option) form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "promised", Kind: form.Ticks, Label: promiseTick, Options: items, Optional: true},
		{Path: "promiseDue", Kind: form.Day, Label: promiseBy, Hint: promiseHint, Optional: true},
	}}}
}

func signedPromise(e *permitsv1.Eia) bool {
	for _, a := range e.GetProject().GetAttachments() {
		if a.GetKind() == "promise" {
			return true
		}
	}
	return false
}

func supply(e *permitsv1.Eia) form.Form {
	var missing []form.Option
	for _, item := range e.GetPromised() {
		if item.GetSupplied() == nil {
			missing = append(missing, form.Option{Value: item.GetWhat(), Label: words.Same(item.GetWhat())})
		}
	}
	return form.Form{{Fields: []form.Field{
		{Path: "items", Kind: form.Ticks, Label: itemsText, Options: missing},
		{Path: "attachments[0]", Kind: form.File, Label: filesTitle, Attach: "other"},
	}}}
}

func publication() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "from", Kind: form.Day, Label: noticeFrom},
		{Path: "url", Label: noticeURL, Max: 500},
	}}}
}

func pause() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "kind", Kind: form.Pick, Label: words.PauseWhy, Options: form.Options(pauseKinds)},
		{Path: "from", Kind: form.Day, Label: words.PauseFrom},
	}}}
}

func examination() form.Form {
	return form.Form{{Fields: []form.Field{
		yes("recommendApproval", recommend, toApprove, toRefuse),
		{Path: "grounds", Kind: form.Ticks, Label: grounds, Options: form.Options(groundList), Optional: true},
		{Path: "opinion", Kind: form.Area, Label: words.Opinion, Max: 4000},
	}}}
}

func refusal() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "grounds", Kind: form.Ticks, Label: grounds, Options: form.Options(groundList)},
		{Path: "reasons", Kind: form.Area, Label: words.RefusalReasons, Max: 4000},
	}}}
}

func hearing() form.Form {
	return form.Form{{Fields: []form.Field{{Path: "capacity", Kind: form.Pick, Label: capacity, Options: []form.Option{
		{Value: "applicant", Label: applicant}, {Value: "interested_party", Label: interested},
	}}}}}
}

func hearingEnd() form.Form {
	return form.Form{{Fields: []form.Field{
		yes("held", heldText, heldYes, heldNo), {Path: "finding", Kind: form.Area, Label: words.Finding, Max: 2000},
	}}}
}

func answer() form.Form {
	return form.Form{{Fields: []form.Field{
		yes("upheld", upheldText, upheldYes, upheldNo), {Path: "opinion", Kind: form.Area, Label: words.Opinion, Max: 4000},
	}}}
}

func start() form.Form {
	return form.Form{{Fields: []form.Field{{Path: "on", Kind: form.Day, Label: begunOn}}}}
}

func smallChange() form.Form {
	return append(sheet.Why("change", whyChange, 2000), sheet.Why("reason", whySmall, 2000)...)
}

func ownAcceptance() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "on", Kind: form.Day, Label: ownAccept},
		yes("passed", passedText, passedYes, passedNo),
		{Path: "url", Label: noticeURL, Max: 500},
		{Path: "remark", Kind: form.Area, Label: words.Remark, Max: 2000, Optional: true},
	}}}
}

// yes is a question of two answers.
func yes(path string, label, first, second words.Text) form.Field {
	return form.Field{Path: path, Kind: form.Pick, Label: label, Options: []form.Option{{Value: "true", Label: first}, {Value: "false", Label: second}}}
}
