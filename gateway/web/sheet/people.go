package sheet

import (
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/words"
)

// Account asks for a new account.
func Account() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "login", Label: words.Login, Hint: words.LoginHint, Max: 40, Auto: "username"},
		{Path: "password", Kind: form.Secret, Label: words.Password, Hint: words.NewPasswordHint, Auto: "new-password"},
		{Path: "person.name", Label: words.PersonName, Max: 60, Auto: "name"},
		{Path: "person.phone", Label: words.Phone, Max: 20, Short: true, Optional: true, Auto: "tel"},
	}}}
}

// Password asks for another password.
func Password() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "oldPassword", Kind: form.Secret, Label: words.OldPassword, Auto: "current-password"},
		{Path: "newPassword", Kind: form.Secret, Label: words.NewPassword, Hint: words.NewPasswordHint, Auto: "new-password"},
	}}}
}

// Firm asks to act for a firm.
func Firm() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "uscc", Label: words.Uscc, Hint: words.UsccHint, Max: 18, Short: true},
		{Path: "unitName", Label: words.UnitName, Hint: words.UnitNameHint, Max: 100, Auto: "organization"}, //nolint:misspell // the token of the HTML standard
		{Path: "division", Kind: form.Choice, Label: words.County, Options: form.Options(words.Counties)},
		{Path: "licence", Kind: form.File, Label: words.Licence, Hint: words.FileHint, Attach: "licence"},
		{Path: "legalRepresentative", Kind: form.Tick, Label: words.IsLegal},
		{Path: "mandate", Kind: form.File, Label: words.Mandate, Hint: words.MandateHint, Attach: "mandate", Optional: true},
	}}}
}

// FirmDecision asks a clerk for the result.
func FirmDecision() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "approve", Kind: form.Pick, Label: words.DecisionQuestion, Options: []form.Option{
			{Value: "true", Label: words.Approve}, {Value: "false", Label: words.RefuseApplication},
		}},
		{Path: "reason", Kind: form.Area, Label: words.RefuseReason, Max: 500, Optional: true},
	}}}
}

// Invitation asks for the capacity of a person to be invited.
func Invitation() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "role", Kind: form.Pick, Label: words.Role, Options: form.Options(words.FirmRoles)},
		{Path: "from", Kind: form.Day, Label: words.MandateFrom, Hint: words.ConsultantOnly, Optional: true},
		{Path: "to", Kind: form.Day, Label: words.MandateUntil, Hint: words.ConsultantOnly, Optional: true},
		{Path: "mandate", Kind: form.File, Label: words.Mandate, Hint: words.ConsultantOnly, Attach: "mandate", Optional: true},
	}}}
}

// Join asks for the code of an invitation.
func Join() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "code", Label: words.InvitationCode, Hint: words.InvitationHint, Max: 100},
	}}}
}

// Grant asks for a role, its county and why.
func Grant() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "role", Kind: form.Choice, Label: words.Role, Options: form.Options(words.StaffRoles)},
		{Path: "county", Kind: form.Choice, Label: words.Jurisdiction, Options: form.Options(words.Jurisdictions)},
		{Path: "reason", Kind: form.Area, Label: words.ReasonOfThis, Hint: words.ReasonOfThisTip, Max: 500},
	}}}
}
