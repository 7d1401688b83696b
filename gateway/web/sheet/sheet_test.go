package sheet_test

import (
	"net/url"
	"testing"

	"google.golang.org/protobuf/proto"

	"shiyang/gateway/web/form"
	"shiyang/gateway/web/sheet"
	"shiyang/gateway/web/words"
	identityv1 "shiyang/proto/identity/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// forms are all forms with the requests that they fill.
var forms = map[string]struct {
	form    form.Form
	request proto.Message
}{
	"site":          {sheet.Site("site."), &permitsv1.RegisterFacilityRequest{}},
	"site change":   {sheet.SiteChange(), &permitsv1.ChangeFacilityRequest{}},
	"assign":        {sheet.Assign(), &permitsv1.AssignFacilityRequest{}},
	"open":          {sheet.Open(), &permitsv1.OpenApplicationRequest{}},
	"application":   {append(sheet.Application(), sheet.Declaration()...), &permitsv1.SubmitApplicationRequest{}},
	"files":         {sheet.Steps[4].Form, &permitsv1.SubmitApplicationRequest{}},
	"notice":        {sheet.Notice(), &permitsv1.PublishNoticeRequest{}},
	"deficiency":    {sheet.Deficiency(), &permitsv1.NoticeDeficiencyRequest{}},
	"correction":    {sheet.Correction(), &permitsv1.CorrectOnSpotRequest{}},
	"decline":       {sheet.Decline(), &permitsv1.DeclineApplicationRequest{}},
	"pause":         {sheet.Pause(), &permitsv1.PauseClockRequest{}},
	"resume":        {sheet.Resume(), &permitsv1.ResumeClockRequest{}},
	"site check":    {sheet.SiteCheck([]form.Option{{Value: "018f0000-0000-7000-8000-00000000000a", Label: words.Same("李文静")}}), &permitsv1.RecordSiteCheckRequest{}},
	"examination":   {sheet.Examination(), &permitsv1.ReportExaminationRequest{}},
	"issue":         {sheet.Issue(), &permitsv1.IssuePermitRequest{}},
	"refuse":        {sheet.Refuse(), &permitsv1.RefusePermitRequest{}},
	"delivery":      {sheet.Delivery(), &permitsv1.RecordDeliveryRequest{}},
	"withdraw":      {sheet.Why("reason", words.WithdrawWhy, 500), &permitsv1.WithdrawApplicationRequest{}},
	"return":        {sheet.Why("reason", words.ReturnWhy, 2000), &permitsv1.ReturnExaminationRequest{}},
	"account":       {sheet.Account(), &identityv1.RegisterAccountRequest{}},
	"password":      {sheet.Password(), &identityv1.ChangePasswordRequest{}},
	"firm":          {sheet.Firm(), &identityv1.ApplyForFirmRequest{}},
	"decide firm":   {sheet.FirmDecision(), &identityv1.DecideFirmApplicationRequest{}},
	"invitation":    {sheet.Invitation(), &identityv1.InviteMemberRequest{}},
	"join":          {sheet.Join(), &identityv1.AcceptInvitationRequest{}},
	"grant":         {sheet.Grant(), &identityv1.GrantStaffRoleRequest{}},
	"revoke role":   {sheet.Grant(), &identityv1.RevokeStaffRoleRequest{}},
	"reset":         {sheet.Why("reason", words.ReasonOfThis, 500), &identityv1.ResetPasswordRequest{}},
	"disable":       {sheet.Why("reason", words.ReasonOfThis, 500), &identityv1.DisableAccountRequest{}},
	"revoke member": {sheet.Why("reason", words.ReasonOfThis, 500), &identityv1.RevokeMemberRequest{}},
}

// full draws every row of the form once.
func full(f form.Form) url.Values {
	values := url.Values{}
	for _, s := range f {
		if s.Rows != nil {
			values.Set(s.Rows.Path+"[0]."+s.Rows.Fields[0].Path, "")
		}
	}
	return values
}

func TestEveryFieldIsAFieldOfItsRequest(t *testing.T) {
	for name, f := range forms {
		seen := map[string]bool{}
		f.form.Each(full(f.form), func(path string, _ int, field form.Field) {
			if !form.Has(f.request.ProtoReflect().Descriptor(), path) {
				t.Errorf("%s: the request has no %s", name, path)
			}
			if seen[path] {
				t.Errorf("%s asks twice for %s", name, path)
			}
			seen[path] = true
			if field.Kind != form.Kept && field.Label.IsZero() {
				t.Errorf("%s: %s has no label", name, path)
			}
			if needs := field.Kind == form.Choice || field.Kind == form.Pick || field.Kind == form.Ticks; needs && len(field.Options) == 0 {
				t.Errorf("%s: %s has nothing to choose", name, path)
			}
		})
	}
}

// answer is something that each kind of field accepts.
func answer(f form.Field) string {
	switch {
	case len(f.Options) > 0:
		return f.Options[0].Value
	case f.Kind == form.Day:
		return "2026-10-28"
	case f.Kind == form.Whole:
		return "7"
	case f.Kind == form.Scaled:
		return "1.5"
	case f.Kind == form.Tick:
		return "true"
	}
	return "12"
}

func TestAnswersComeBackAsTheyWere(t *testing.T) {
	for name, f := range forms {
		values := full(f.form)
		f.form.Each(values, func(path string, _ int, field form.Field) {
			if field.Kind != form.Secret && field.Kind != form.File && path != "officerIds" {
				values.Set(path, answer(field))
			}
		})
		m := f.request.ProtoReflect().New().Interface()
		if wrong := f.form.Decode(values, m); len(wrong) > 0 {
			t.Errorf("%s: %v", name, wrong)
		}
		back := f.form.Encode(m)
		for path := range values {
			if values.Get(path) != back.Get(path) && values.Get(path) != "" {
				t.Errorf("%s: %s was %q and came back %q", name, path, values.Get(path), back.Get(path))
			}
		}
		again := f.request.ProtoReflect().New().Interface()
		f.form.Decode(back, again)
		if !proto.Equal(m, again) {
			t.Errorf("%s: not the same message after a round trip", name)
		}
	}
}
