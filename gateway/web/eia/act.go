package eia

import (
	"context"
	"net/http"
	"net/url"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/sheet"
	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// act is one legal act on a file that has a form of its own.
type act struct {
	title, lead words.Text
	form        func(*permitsv1.Eia) form.Form
	day         string // field that opens with today
	risky       bool   // ends something
	command     visit.Command[permitsv1.EiaServiceClient]
}

// by is the command of one method of the service.
func by[Q proto.Message, A visit.Receipted](method func(permitsv1.EiaServiceClient, context.Context, Q, ...grpc.CallOption) (A, error)) visit.Command[permitsv1.EiaServiceClient] {
	return visit.By("eia_id", method)
}

// client names the methods of the service.
type client = permitsv1.EiaServiceClient

// acts are the acts by the name that the service gives them.
var acts = map[string]act{
	"withdraw":           {title: doWithdraw, form: why("reason", words.WithdrawWhy, 500), risky: true, command: by(client.WithdrawEia)},
	"notice-deficiency":  {title: doNoticeDeficiency, lead: leadNoticeDeficiency, form: fixed(sheet.Deficiency), command: by(client.NoticeEiaDeficiency)},
	"accept":             {title: doAccept, lead: leadAccept, form: fixed(nothing), command: by(client.AcceptEia)},
	"decline":            {title: doDecline, form: fixed(sheet.Decline), risky: true, command: by(client.DeclineEia)},
	"supply-promised":    {title: doSupplyPromised, form: supply, command: by(client.SupplyPromised)},
	"return":             {title: doReturn, form: why("reason", words.ReturnWhy, 500), risky: true, command: by(client.ReturnEia)},
	"publish-acceptance": {title: doPublishAcceptance, lead: leadPublishAcceptance, form: fixed(publication), day: "from", command: by(client.PublishEiaAcceptance)},
	"pause-clock":        {title: doPauseClock, lead: leadPauseClock, form: fixed(pause), day: "from", command: by(client.PauseEiaClock)},
	"resume-clock":       {title: doResumeClock, form: fixed(sheet.Resume), day: "last", command: by(client.ResumeEiaClock)},
	"screen":             {title: doScreen, lead: leadScreen, form: fixed(nothing), command: by(client.ScreenEia)},
	"report-examination": {title: doReportExamination, form: fixed(examination), command: by(client.ReportEiaExamination)},
	"return-examination": {title: doReturnExamination, form: why("reason", words.ReturnWhy, 2000), command: by(client.ReturnEiaExamination)},
	"publish-intention":  {title: doPublishIntention, lead: leadPublishIntention, form: fixed(publication), day: "from", command: by(client.PublishEiaIntention)},
	"request-hearing":    {title: doRequestHearing, form: fixed(hearing), command: by(client.RequestEiaHearing)},
	"close-hearing":      {title: doCloseHearing, form: fixed(hearingEnd), command: by(client.CloseEiaHearing)},
	"approve":            {title: doApprove, lead: leadApprove, form: why("conditions", conditions, 4000), command: by(client.ApproveEia)},
	"refuse":             {title: doRefuse, form: fixed(refusal), risky: true, command: by(client.RefuseEia)},
	"publish-decision":   {title: doPublishDecision, form: fixed(publication), day: "from", command: by(client.PublishEiaDecision)},
	"answer-recheck":     {title: doAnswerRecheck, form: fixed(answer), command: by(client.AnswerEiaRecheck)},
	"record-start":       {title: doRecordStart, form: fixed(start), day: "on", command: by(client.RecordEiaStart)},
	"note-change":        {title: doNoteChange, form: fixed(smallChange), command: by(client.NoteEiaChange)},
	"request-recheck":    {title: doRequestRecheck, form: why("reason", whatChanged, 2000), command: by(client.RequestEiaRecheck)},
	"report-acceptance":  {title: doReportAcceptance, form: fixed(ownAcceptance), day: "on", command: by(client.ReportSelfAcceptance)},
}

// actPath is the address of an act's form; empty if it has none here.
func actPath(id, name string) string {
	switch name {
	case "submit", "file":
		return component.Record("eia", id, name)
	case "open-change":
		return component.Record("eia", id, "change")
	}
	if _, ok := acts[name]; ok {
		return component.Record("eia", id, "act", name)
	}
	return ""
}

func (p *pages) get(v *visit.Visit) (*permitsv1.GetEiaResponse, error) {
	return p.client.GetEia(v.Ask(), &permitsv1.GetEiaRequest{EiaId: v.R.PathValue("id")})
}

// act is the form page of one act. An act that the law does not allow now has
// no form: the record says why.
func (p *pages) act(v *visit.Visit) (*visit.Task, error) {
	name := v.R.PathValue("act")
	a, ok := acts[name]
	if !ok {
		return nil, problem.ErrNotFound
	}
	got, err := p.get(v)
	if err != nil {
		return nil, err
	}
	if v.R.Method != http.MethodPost {
		if err := visit.Allowed(got.GetActions(), name); err != nil {
			return nil, err
		}
	}
	task := task(v, got, a.title, a.form(got.GetEia()))
	task.Lead, task.Risky = a.lead, a.risky
	task.Request, task.Send = a.command(p.client, got.GetEia().GetEiaId())
	if a.day != "" {
		task.Start = url.Values{a.day: {words.Today(v.Now()).GetIso()}}
	}
	switch m := task.Request.(type) {
	case *permitsv1.SupplyPromisedRequest:
		task.Prepare = func(string) { m.Attachments = stored(m.GetAttachments()) }
	case *permitsv1.AcceptEiaRequest:
		if signedPromise(got.GetEia()) {
			items, err := p.secondary(v, got.GetEia().GetDocument())
			if err != nil {
				return nil, err
			}
			task.Filled.Form = acceptance(items)
		}
	}
	return task, nil
}

// secondary are the items that the guide lets follow later, for a kind.
func (p *pages) secondary(v *visit.Visit, document permitsv1.EiaDocument) (items []form.Option, err error) {
	guides, err := p.client.GetEiaGuides(v.Ask(), &permitsv1.GetEiaGuidesRequest{})
	if err != nil {
		return nil, err
	}
	for _, g := range guides.GetGuides() {
		if g.GetDocument() != document {
			continue
		}
		for _, item := range g.GetSecondary() {
			items = append(items, form.Option{Value: item.GetZh(), Label: words.From(item)})
		}
	}
	return items, nil
}

// task is a form about one file.
func task(v *visit.Visit, got *permitsv1.GetEiaResponse, title words.Text, f form.Form) *visit.Task {
	e := got.GetEia()
	back := component.Record("eia", e.GetEiaId())
	return &visit.Task{
		Task: component.Task{
			Title: title, Button: title, Back: back, Seen: e.GetRevision(),
			Crumbs: []component.Crumb{{Text: eiaTitle, Path: "/eia"}, {Text: words.Same(nameOf(v.Text(), e)), Path: back}, {Text: title}},
			Filled: form.Filled{Form: f},
		},
		Here: "/eia", Done: visit.ToRecord(back), Record: [2]string{"eia", e.GetEiaId()},
		Aside: beside(e, got.GetDeadlines(), v.Now()),
	}
}

// stored drops the places of files that were not chosen.
func stored(list []*commonv1.Attachment) (kept []*commonv1.Attachment) {
	for _, a := range list {
		if a.GetSha256() != "" {
			kept = append(kept, a)
		}
	}
	return kept
}
