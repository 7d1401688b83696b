package registration

import (
	"context"
	"net/http"
	"net/url"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

// act is one legal act on a registration that has a form of its own.
type act struct {
	title, lead words.Text
	form        func() form.Form
	start       func(form.Form, *permitsv1.Registration, *visit.Visit) url.Values // what the form opens with
	risky       bool                                                              // ends something
	toReceipt   bool                                                              // the receipt follows
	command     visit.Command[permitsv1.RegistrationServiceClient]
}

// by is the command of one method of the service.
func by[Q proto.Message, A visit.Receipted](method func(permitsv1.RegistrationServiceClient, context.Context, Q, ...grpc.CallOption) (A, error)) visit.Command[permitsv1.RegistrationServiceClient] {
	return visit.By("facility_id", method)
}

// client names the methods of the service.
type client = permitsv1.RegistrationServiceClient

// acts are the acts by the name that the service gives them.
var acts = map[string]act{
	"decide-tier":   {title: doDecide, lead: leadDecide, form: answers, start: answered, command: by(client.DecideTier)},
	"override-tier": {title: doOverride, lead: leadOverride, form: override, command: by(client.OverrideTier)},
	"file":          {title: doFile, lead: leadFile, form: content, start: asRegistered, toReceipt: true, command: by(client.FileRegistration)},
	"change":        {title: doChange, lead: leadChange, form: change, start: asRegistered, command: by(client.ChangeRegistration)},
	"renew":         {title: doRenew, lead: leadRenew, form: content, start: asRegistered, toReceipt: true, command: by(client.RenewRegistration)},
	"cancel":        {title: doCancel, form: cancel, risky: true, command: by(client.CancelRegistration)},
	"enter-number":  {title: doNumber, form: national, command: by(client.EnterRegistrationNumber)},
}

// asRegistered opens a form with what is registered; its truth is declared
// anew.
func asRegistered(f form.Form, r *permitsv1.Registration, v *visit.Visit) url.Values {
	known := &permitsv1.ChangeRegistrationRequest{Content: r.GetContent(), Changed: words.Today(v.Now())}
	values := f.Encode(known)
	values.Del("content.declaredTrue")
	return values
}

// answered opens the form with the answers on record.
func answered(f form.Form, r *permitsv1.Registration, _ *visit.Visit) url.Values {
	return f.Encode(&permitsv1.DecideTierRequest{Answers: r.GetAnswers()})
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
	r := got.GetRegistration()
	back := recordPath(r)
	task := &visit.Task{
		Task: component.Task{
			Title: a.title, Lead: a.lead, Button: a.title, Risky: a.risky, Back: back, Seen: r.GetRevision(),
			Crumbs: []component.Crumb{{Text: title, Path: "/registrations"}, {Text: words.Same(r.GetUnitName()), Path: back}, {Text: a.title}},
			Filled: form.Filled{Form: a.form()},
		},
		Here: "/registrations", Done: visit.ToRecord(back), Record: [2]string{"registration", r.GetFacilityId()},
	}
	task.Request, task.Send = a.command(p.client, r.GetFacilityId())
	if a.toReceipt {
		task.Done = visit.ToRecord(back + "/receipt")
	}
	if a.start != nil {
		task.Start = a.start(task.Filled.Form, r, v)
	}
	if name == "decide-tier" {
		return task, p.beside(v, r, task)
	}
	return task, nil
}

// beside shows the rows of the list that the site's industry is in under the
// questions, and begins the answers with them.
func (p *pages) beside(v *visit.Visit, r *permitsv1.Registration, task *visit.Task) error {
	site, err := p.permits.GetFacility(v.Ask(), &permitsv1.GetFacilityRequest{FacilityId: r.GetFacilityId()})
	if err != nil {
		return err
	}
	own, err := p.client.FindListRows(v.Ask(), &permitsv1.FindListRowsRequest{Query: site.GetFacility().GetSite().GetIndustry()})
	if err != nil {
		return err
	}
	general, err := p.client.FindListRows(v.Ask(), &permitsv1.FindListRowsRequest{Processes: true})
	if err != nil {
		return err
	}
	if len(own.GetRows()) == 1 && r.GetAnswers() == nil {
		task.Start = task.Filled.Form.Encode(&permitsv1.DecideTierRequest{Answers: &permitsv1.TierAnswers{
			Industries: []*permitsv1.RowAnswer{{Row: own.GetRows()[0].GetRow()}},
		}})
	}
	task.Below = listRows(own.GetRows(), general.GetRows())
	return nil
}
