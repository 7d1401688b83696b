// Package sheet 表单 lists the forms of the product: which fields each legal
// act asks for. A form is data of package form; the name of every field is
// its JSON path in the request of the contract, which a test proves.
//
// It may import form and words and the contracts. Start with [Application].
package sheet

import (
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/words"
)

// Site asks for the base data of a site; prefix is its path in the request.
func Site(prefix string) form.Form {
	p := func(path string) string { return prefix + path }
	return form.Form{
		{Title: words.BasicData, Fields: []form.Field{
			{Path: p("unitName"), Label: words.UnitName, Hint: words.UnitNameHint, Max: 100, Auto: "organization"}, //nolint:misspell // the token of the HTML standard
			{Path: p("uscc"), Label: words.Uscc, Hint: words.UsccHint, Max: 18, Short: true},
			{Path: p("division"), Kind: form.Choice, Label: words.County, Options: form.Options(words.Counties)},
			{Path: p("siteAddress"), Label: words.SiteAddress, Max: 200},
			{Path: p("park"), Label: words.Park, Max: 100, Optional: true},
			{Path: p("industry"), Label: words.Industry, Hint: words.IndustryHint, Max: 4, Short: true, Optional: true},
			{Path: p("location.longitude"), Label: words.Longitude, Hint: words.DegreesHint, Max: 13, Short: true, Optional: true},
			{Path: p("location.latitude"), Label: words.Latitude, Max: 12, Short: true, Optional: true},
		}},
		{Title: words.Members, Fields: []form.Field{
			{Path: p("legalRepresentative.id"), Kind: form.Kept},
			{Path: p("legalRepresentative.name"), Label: words.Legal, Max: 60, Optional: true},
			{Path: p("legalRepresentative.phone"), Label: words.LegalPhone, Max: 20, Short: true, Optional: true},
			{Path: p("contact.id"), Kind: form.Kept},
			{Path: p("contact.name"), Label: words.Contact, Max: 60, Optional: true},
			{Path: p("contact.phone"), Label: words.ContactPhone, Max: 20, Short: true, Optional: true},
			{Path: p("remark"), Kind: form.Area, Label: words.Remark, Max: 500, Optional: true},
			{Path: p("example"), Kind: form.Tick, Label: words.IsExample},
		}},
	}
}

// SiteChange asks for new base data and why.
func SiteChange() form.Form {
	return append(Site("site."), Why("reason", words.WhyChange, 500)...)
}

// Assign asks for the enterprise that runs a site.
func Assign() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "enterpriseId", Label: words.EnterpriseID, Hint: words.EnterpriseHint, Max: 36},
	}}}
}

// Open asks for the class that an applicant expects.
func Open() form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: "managementClass", Kind: form.Pick, Label: words.ClassLabel, Hint: words.ClassHint, Options: form.Options(words.Classes)},
	}}}
}

// Why asks for a reason in one field.
func Why(path string, label words.Text, most int) form.Form {
	return form.Form{{Fields: []form.Field{
		{Path: path, Kind: form.Area, Label: label, Hint: words.ReasonOfThisTip, Max: most},
	}}}
}
