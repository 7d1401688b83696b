package permits

import (
	"context"
	"net/http"
	"net/url"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/page"
	"shiyang/gateway/web/sheet"
	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// act is one legal act on a permit that has a form of its own.
type act struct {
	title, lead words.Text
	form        func() form.Form
	start       func(f form.Form, p *permitsv1.Permit, today *commonv1.Date) url.Values // what the form opens with
	risky       bool                                                                    // ends something
	content     bool                                                                    // the content stands under the form
	command     command
}

// command is one method of the permits service for one permit.
type command = visit.Command[permitsv1.PermitsServiceClient]

// by is the command of one method of the permits service.
func by[Q proto.Message, A visit.Receipted](method func(permitsv1.PermitsServiceClient, context.Context, Q, ...grpc.CallOption) (A, error)) command {
	return visit.By("permit_id", method)
}

// client names the methods of the permits service.
type client = permitsv1.PermitsServiceClient

// acts are the acts by the name that the service gives them.
var acts = map[string]act{
	"publish-notice":        {title: words.DoPublishNotice, lead: words.LeadPublishNotice, form: sheet.Notice, start: on("from"), command: by(client.PublishNotice)},
	"withdraw":              {title: words.DoWithdraw, lead: words.LeadWithdraw, form: why("reason", words.WithdrawWhy, 500), risky: true, command: by(client.WithdrawApplication)},
	"correct-on-spot":       {title: words.DoCorrect, lead: words.LeadCorrect, form: sheet.Correction, start: asFiled, command: by(client.CorrectOnSpot)},
	"notice-deficiency":     {title: words.DoDeficiency, lead: words.LeadDeficiency, form: sheet.Deficiency, content: true, command: by(client.NoticeDeficiency)},
	"accept":                {title: words.DoAccept, lead: words.LeadAccept, form: nothing, content: true, command: by(client.AcceptApplication)},
	"decline":               {title: words.DoDecline, lead: words.LeadDecline, form: sheet.Decline, risky: true, command: by(client.DeclineApplication)},
	"pause-clock":           {title: words.DoPause, lead: words.LeadPause, form: sheet.Pause, start: on("from"), command: by(client.PauseClock)},
	"resume-clock":          {title: words.DoResume, lead: words.LeadResume, form: sheet.Resume, start: on("last"), command: by(client.ResumeClock)},
	"record-site-check":     {title: words.DoSiteCheck, lead: words.LeadSiteCheck, form: nothing, start: on("on"), command: by(client.RecordSiteCheck)},
	"report-examination":    {title: words.DoExamine, lead: words.LeadExamine, form: examination, content: true, command: by(client.ReportExamination)},
	"return-examination":    {title: words.DoReturn, lead: words.LeadReturn, form: why("reason", words.ReturnWhy, 2000), content: true, command: by(client.ReturnExamination)},
	"issue":                 {title: words.DoIssue, lead: words.LeadIssue, form: sheet.Issue, content: true, command: by(client.IssuePermit)},
	"refuse":                {title: words.DoRefuse, lead: words.LeadRefuse, form: sheet.Refuse, risky: true, content: true, command: by(client.RefusePermit)},
	"open-procedure":        {title: doOpen, lead: leadOpen, form: openForm, command: by(client.OpenProcedure)},
	"propose-measure":       {title: doPropose, lead: leadPropose, form: bureauMeasureForm, risky: true, command: by(client.ProposeMeasure)},
	"decide-measure":        {title: doDecide, lead: leadDecide, form: decideForm, risky: true, command: by(client.DecideMeasure)},
	"enter-platform-number": {title: doNumber, lead: leadNumber, form: numberForm, command: by(client.EnterPlatformNumber)},
	"record-delivery":       {title: words.DoDeliver, lead: words.LeadDeliver, form: sheet.Delivery, start: on("delivered"), command: by(client.RecordDelivery)},
}

func nothing() form.Form { return nil }

func why(path string, label words.Text, most int) func() form.Form {
	return func() form.Form { return sheet.Why(path, label, most) }
}

// on opens a form with today as the day.
func on(path string) func(form.Form, *permitsv1.Permit, *commonv1.Date) url.Values {
	return func(_ form.Form, _ *permitsv1.Permit, today *commonv1.Date) url.Values {
		return url.Values{path: {today.GetIso()}}
	}
}

// asFiled opens a form with the content on record.
func asFiled(f form.Form, p *permitsv1.Permit, _ *commonv1.Date) url.Values {
	return f.Encode(&permitsv1.CorrectOnSpotRequest{Content: p.GetContent()})
}

// act is the form page of one act. An act that the law does not allow now has
// no form: the record says why.
func (p *pages) act(v *visit.Visit) (*visit.Task, error) {
	name := v.R.PathValue("act")
	a, ok := acts[name]
	if !ok {
		return nil, problem.ErrNotFound
	}
	got, err := p.getPermit(v)
	if err != nil {
		return nil, err
	}
	permit := got.GetPermit()
	if v.R.Method != http.MethodPost {
		if err := visit.Allowed(got.GetActions(), name); err != nil {
			return nil, err
		}
	}
	request, send := a.command(p.client, permit.GetPermitId())
	back := component.Record("permits", permit.GetPermitId())
	t := &visit.Task{
		Task: component.Task{
			Title: a.title, Lead: a.lead, Button: a.title, Risky: a.risky, Back: back, Seen: permit.GetRevision(),
			Crumbs: []component.Crumb{{Text: words.Permits, Path: "/permits"}, {Text: words.Same(permit.GetUnitName()), Path: back}, {Text: a.title}},
			Filled: form.Filled{Form: a.form()},
		},
		Here: "/permits", Request: request, Send: send, Done: visit.ToRecord(back), Record: [2]string{"permit", permit.GetPermitId()},
		Aside: page.Beside(permit, got.GetDeadlines(), v.Now()),
	}
	if a.content {
		t.Below = page.Content(permit.GetContent())
	}
	if a.start != nil {
		t.Start = a.start(t.Filled.Form, permit, words.Today(v.Now()))
	}
	switch m := request.(type) {
	case *permitsv1.CorrectOnSpotRequest:
		t.Prepare = func(string) { keepFiles(m.GetContent(), permit.GetContent()) }
	case *permitsv1.RecordSiteCheckRequest:
		officers, err := v.Officers()
		if err != nil {
			return nil, err
		}
		t.Filled.Form = sheet.SiteCheck(officers)
		t.Start.Set("officerIds", v.Session.Account) // who records was usually there
	}
	adapt(v, t, permit)
	return t, nil
}

// keepFiles keeps what a form without files does not ask for.
func keepFiles(to, from *permitsv1.ApplicationContent) {
	if to != nil {
		to.Attachments = from.GetAttachments()
	}
}
