package sheet

import (
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/words"
)

// Notice asks where and from when the applicant made the application public.
func Notice() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "from", Kind: form.Day, Label: words.NoticeFrom},
		{Path: "url", Label: words.NoticeURL, Hint: words.NoticeURLHint, Max: 500},
	}}}
}

// Deficiency asks for everything that is missing, once for all.
func Deficiency() form.Form { return form.Form{items(words.DeficiencyItems)} }

// Correction asks for what was corrected at the counter and the content
// after it.
func Correction() form.Form {
	return append(form.Form{items(words.CorrectedItems)}, append(Application(), Declaration()...)...)
}

func items(title words.Text) form.Section {
	return form.Section{Title: title, Hint: words.ItemsHint, Rows: &form.Rows{
		Path: "items", Item: words.ItemNo, Add: words.AddItem, Least: 1, Fields: []form.Field{
			{Path: "path", Label: words.ItemPath, Hint: words.ItemPathHint, Max: 200, Optional: true, Options: form.Options(words.ItemPaths)},
			{Path: "what", Kind: form.Area, Label: words.ItemWhat, Max: 500},
		},
	}}
}

// Decline asks for the ground and the reason.
func Decline() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "ground", Kind: form.Pick, Label: words.DeclineGround, Options: form.Options(words.DeclineGrounds)},
		{Path: "reason", Kind: form.Area, Label: words.DeclineReason, Hint: words.DeclineReasonHint, Max: 500},
	}}}
}

// Pause asks why and from when the clock stands still.
func Pause() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "kind", Kind: form.Pick, Label: words.PauseWhy, Options: form.Options(words.PauseKinds)},
		{Path: "from", Kind: form.Day, Label: words.PauseFrom},
	}}}
}

// Resume asks until when the clock stood still and what came of it.
func Resume() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "last", Kind: form.Day, Label: words.PauseLast},
		{Path: "finding", Kind: form.Area, Label: words.Finding, Max: 2000},
	}}}
}

// SiteCheck asks for the visit, its finding and which officers were there.
func SiteCheck(officers []form.Option) form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "on", Kind: form.Day, Label: words.VisitDay},
		{Path: "finding", Kind: form.Area, Label: words.Finding, Max: 2000},
		{Path: "officerIds", Kind: form.Ticks, Label: words.Officers, Hint: words.OfficersHint, Options: officers},
	}}}
}

// Examination asks for the opinion and, if need be, other limits.
func Examination() form.Form {
	return form.Form{
		{Fields: []form.Field{
			{Path: "recommendGrant", Kind: form.Pick, Label: words.Recommendation, Options: []form.Option{
				{Value: "true", Label: words.RecommendGrant}, {Value: "false", Label: words.RecommendRefusal},
			}},
			{Path: "opinion", Kind: form.Area, Label: words.Opinion, Hint: words.OpinionHint, Max: 5000},
		}},
		proposed(),
	}
}

func proposed() form.Section {
	s := limits("limits", 0)
	s.Title, s.Hint = words.ProposedLimits, words.ProposedLimitsHint
	return s
}

// Issue asks for what a decision to grant may still set.
func Issue() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "validFrom", Kind: form.Day, Label: words.ValidFrom, Hint: words.ValidFromHint, Optional: true},
		{Path: "externalNumber", Label: words.ExternalNumber, Hint: words.ExternalNumberHint, Max: 22, Optional: true},
	}}}
}

// Refuse asks for the conditions that are not met and the reasons.
func Refuse() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "unmetConditions", Kind: form.Ticks, Label: words.Unmet, Options: form.Options(words.UnmetConditions)},
		{Path: "reasons", Kind: form.Area, Label: words.RefusalReasons, Hint: words.RefusalReasonsHint, Max: 5000},
	}}}
}

// Delivery asks when and how the decision was handed over.
func Delivery() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "delivered", Kind: form.Day, Label: words.DeliveredOn},
		{Path: "method", Kind: form.Pick, Label: words.DeliveryHow, Options: form.Options(words.DeliveryMethods)},
	}}}
}
