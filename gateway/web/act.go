package web

import (
	"context"
	"net/http"
	"net/url"

	"google.golang.org/protobuf/proto"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/page"
	"shiyang/gateway/web/sheet"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// act is one legal act on a permit that has a form of its own.
type act struct {
	title, lead words.Text
	form        func() form.Form
	start       func(f form.Form, p *permitsv1.Permit, today *commonv1.Date) url.Values
	risky       bool
	content     bool // show the content beside the form
	command     func(p *pages, id string) (proto.Message, func(context.Context) (*commonv1.Receipt, error))
}

// acts are the acts by the name that the service gives them.
var acts = map[string]act{
	"publish-notice": {
		words.DoPublishNotice, words.LeadPublishNotice, sheet.Notice, on("from"), false, false,
		func(p *pages, id string) (proto.Message, func(context.Context) (*commonv1.Receipt, error)) {
			m := &permitsv1.PublishNoticeRequest{PermitId: id}
			return m, send(p.Permits.PublishNotice, m)
		},
	},
	"withdraw": {
		words.DoWithdraw, words.LeadWithdraw, why("reason", words.WithdrawWhy, 500), nil, true, false,
		func(p *pages, id string) (proto.Message, func(context.Context) (*commonv1.Receipt, error)) {
			m := &permitsv1.WithdrawApplicationRequest{PermitId: id}
			return m, send(p.Permits.WithdrawApplication, m)
		},
	},
	"correct-on-spot": {
		words.DoCorrect, words.LeadCorrect, sheet.Correction, asFiled, false, false,
		func(p *pages, id string) (proto.Message, func(context.Context) (*commonv1.Receipt, error)) {
			m := &permitsv1.CorrectOnSpotRequest{PermitId: id}
			return m, send(p.Permits.CorrectOnSpot, m)
		},
	},
	"notice-deficiency": {
		words.DoDeficiency, words.LeadDeficiency, sheet.Deficiency, nil, false, true,
		func(p *pages, id string) (proto.Message, func(context.Context) (*commonv1.Receipt, error)) {
			m := &permitsv1.NoticeDeficiencyRequest{PermitId: id}
			return m, send(p.Permits.NoticeDeficiency, m)
		},
	},
	"accept": {
		words.DoAccept, words.LeadAccept, nothing, nil, false, true,
		func(p *pages, id string) (proto.Message, func(context.Context) (*commonv1.Receipt, error)) {
			m := &permitsv1.AcceptApplicationRequest{PermitId: id}
			return m, send(p.Permits.AcceptApplication, m)
		},
	},
	"decline": {
		words.DoDecline, words.LeadDecline, sheet.Decline, nil, true, false,
		func(p *pages, id string) (proto.Message, func(context.Context) (*commonv1.Receipt, error)) {
			m := &permitsv1.DeclineApplicationRequest{PermitId: id}
			return m, send(p.Permits.DeclineApplication, m)
		},
	},
	"pause-clock": {
		words.DoPause, words.LeadPause, sheet.Pause, on("from"), false, false,
		func(p *pages, id string) (proto.Message, func(context.Context) (*commonv1.Receipt, error)) {
			m := &permitsv1.PauseClockRequest{PermitId: id}
			return m, send(p.Permits.PauseClock, m)
		},
	},
	"resume-clock": {
		words.DoResume, words.LeadResume, sheet.Resume, on("last"), false, false,
		func(p *pages, id string) (proto.Message, func(context.Context) (*commonv1.Receipt, error)) {
			m := &permitsv1.ResumeClockRequest{PermitId: id}
			return m, send(p.Permits.ResumeClock, m)
		},
	},
	"record-site-check": {
		words.DoSiteCheck, words.LeadSiteCheck, sheet.SiteCheck, on("on"), false, false,
		func(p *pages, id string) (proto.Message, func(context.Context) (*commonv1.Receipt, error)) {
			m := &permitsv1.RecordSiteCheckRequest{PermitId: id}
			return m, send(p.Permits.RecordSiteCheck, m)
		},
	},
	"report-examination": {
		words.DoExamine, words.LeadExamine, sheet.Examination, nil, false, true,
		func(p *pages, id string) (proto.Message, func(context.Context) (*commonv1.Receipt, error)) {
			m := &permitsv1.ReportExaminationRequest{PermitId: id}
			return m, send(p.Permits.ReportExamination, m)
		},
	},
	"return-examination": {
		words.DoReturn, words.LeadReturn, why("reason", words.ReturnWhy, 2000), nil, false, true,
		func(p *pages, id string) (proto.Message, func(context.Context) (*commonv1.Receipt, error)) {
			m := &permitsv1.ReturnExaminationRequest{PermitId: id}
			return m, send(p.Permits.ReturnExamination, m)
		},
	},
	"issue": {
		words.DoIssue, words.LeadIssue, sheet.Issue, nil, false, true,
		func(p *pages, id string) (proto.Message, func(context.Context) (*commonv1.Receipt, error)) {
			m := &permitsv1.IssuePermitRequest{PermitId: id}
			return m, send(p.Permits.IssuePermit, m)
		},
	},
	"refuse": {
		words.DoRefuse, words.LeadRefuse, sheet.Refuse, nil, true, true,
		func(p *pages, id string) (proto.Message, func(context.Context) (*commonv1.Receipt, error)) {
			m := &permitsv1.RefusePermitRequest{PermitId: id}
			return m, send(p.Permits.RefusePermit, m)
		},
	},
	"record-delivery": {
		words.DoDeliver, words.LeadDeliver, sheet.Delivery, on("delivered"), false, false,
		func(p *pages, id string) (proto.Message, func(context.Context) (*commonv1.Receipt, error)) {
			m := &permitsv1.RecordDeliveryRequest{PermitId: id}
			return m, send(p.Permits.RecordDelivery, m)
		},
	},
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
func (p *pages) act(v *visit) (*task, error) {
	name := v.r.PathValue("act")
	a, ok := acts[name]
	if !ok {
		return nil, problem.ErrNotFound
	}
	got, err := v.getPermit()
	if err != nil {
		return nil, err
	}
	permit := got.GetPermit()
	if v.r.Method != http.MethodPost {
		for _, l := range got.GetActions() {
			if l.GetName() == name && !l.GetAllowed() {
				return nil, &problem.Error{Kind: problem.Rejected, Reason: "NOT_ALLOWED_NOW", Citation: l.GetCitation(), Text: problem.Text(words.From(l.GetReason()))}
			}
		}
	}
	request, send := a.command(p, permit.GetPermitId())
	back := component.Record("permits", permit.GetPermitId())
	t := &task{
		Task: component.Task{
			Title: a.title, Lead: a.lead, Button: a.title, Risky: a.risky, Back: back, Seen: permit.GetRevision(),
			Crumbs: []component.Crumb{{Text: words.Permits, Path: "/permits"}, {Text: words.Same(permit.GetUnitName()), Path: back}, {Text: a.title}},
			Filled: form.Filled{Form: a.form()},
		},
		Here: "/permits", Request: request, Send: send, Done: record(back), Record: [2]string{"permit", permit.GetPermitId()},
		Aside: page.Beside(permit, got.GetDeadlines(), p.Now()),
	}
	if a.content {
		t.Below = page.Content(permit.GetContent())
	}
	if a.start != nil {
		t.Start = a.start(t.Filled.Form, permit, words.Today(p.Now()))
	}
	if c, ok := request.(*permitsv1.CorrectOnSpotRequest); ok {
		t.Prepare = func(string) { keepFiles(c.GetContent(), permit.GetContent()) }
	}
	return t, nil
}

// keepFiles keeps what a form without files does not ask for.
func keepFiles(to, from *permitsv1.ApplicationContent) {
	if to != nil {
		to.Attachments = from.GetAttachments()
	}
}
