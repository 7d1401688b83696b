package eia

import (
	"google.golang.org/protobuf/proto"

	"shiyang/gateway/web/form"
	permitsv1 "shiyang/proto/permits/v1"
)

// Sheet is a form with the request that it fills.
type Sheet struct {
	Form    form.Form
	Request proto.Message
}

// Sheets are all forms of the department, by name.
func Sheets() map[string]Sheet {
	option := []form.Option{{Value: "x", Label: project}}
	all := map[string]Sheet{
		"open": {opening(), &permitsv1.OpenEiaRequest{}}, "submit": {projectForm(option), &permitsv1.SubmitEiaRequest{}},
		"file": {projectForm(nil), &permitsv1.FileEiaRegistrationRequest{}}, "accept with a promise": {acceptance(option), &permitsv1.AcceptEiaRequest{}},
	}
	missing := &permitsv1.Eia{Promised: []*permitsv1.PromisedItem{{What: "x"}}}
	for name, a := range acts {
		request, _ := a.command(nil, "id")
		all[name] = Sheet{a.form(missing), request}
	}
	return all
}

// HasForm reports whether an act of the service has a page.
func HasForm(act string) bool { return actPath("id", act) != "" }
