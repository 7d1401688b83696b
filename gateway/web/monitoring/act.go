package monitoring

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// act is one legal act on a meter that has a form of its own.
type act struct {
	title   words.Text
	fields  []form.Field
	day     string // field that opens with today
	risky   bool
	command visit.Command[permitsv1.MonitoringServiceClient]
}

type client = permitsv1.MonitoringServiceClient

func by[Q proto.Message, A visit.Receipted](method func(client, context.Context, Q, ...grpc.CallOption) (A, error)) visit.Command[client] {
	return visit.By("meter_id", method)
}

var (
	dayField      = form.Field{Path: "on", Kind: form.Day, Label: onDay}
	reasonField   = form.Field{Path: "reason", Kind: form.Area, Label: reason, Max: 500}
	passwordField = form.Field{Path: "password", Kind: form.Secret, Label: password, Hint: passHint, Max: 6, Short: true}
)

// acts are the acts by the name that the service gives them.
var acts = map[string]act{
	"install":      {title: doInstall, fields: []form.Field{dayField}, day: "on", command: by(client.InstallMeter)},
	"accept":       {title: doAccept, fields: []form.Field{dayField, {Path: "document", Label: document, Max: 200}}, day: "on", command: by(client.AcceptMeterLink)},
	"set-password": {title: doPassword, fields: []form.Field{passwordField}, command: by(client.SetMeterPassword)},
	"suspend":      {title: doSuspend, fields: []form.Field{reasonField}, risky: true, command: by(client.SuspendMeter)},
	"resume":       {title: doResume, fields: []form.Field{reasonField}, command: by(client.ResumeMeter)},
	"replace":      {title: doReplace, fields: []form.Field{reasonField}, risky: true, command: by(client.ReplaceMeter)},
}

// actPath is the address of an act's form; empty if it has none here.
func actPath(id, name string) string {
	if _, ok := acts[name]; ok {
		return component.Record("meters", id, "act", name)
	}
	return ""
}

// act is the form page of one act. An act that is not allowed now has no form.
func (p *pages) act(v *visit.Visit) (*visit.Task, error) {
	name := v.R.PathValue("act")
	a, ok := acts[name]
	if !ok {
		return nil, problem.ErrNotFound
	}
	task, got, err := p.task(v, a.title, a.fields)
	if err != nil {
		return nil, err
	}
	if v.R.Method != http.MethodPost {
		if err := visit.Allowed(got.GetActions(), name); err != nil {
			return nil, err
		}
	}
	if name == "replace" {
		others, err := p.others(v, got.GetMeter())
		if err != nil {
			return nil, err
		}
		task.Filled.Form[0].Fields = append([]form.Field{{Path: "byMeterId", Kind: form.Choice, Label: byMeter, Hint: byMeterHint, Options: others}}, a.fields...)
	}
	task.Risky = a.risky
	task.Request, task.Send = a.command(p.client, got.GetMeter().GetMeterId())
	if a.day != "" {
		task.Start = url.Values{a.day: {words.Today(v.Now()).GetIso()}}
	}
	return task, nil
}

// task is a form about one meter.
func (p *pages) task(v *visit.Visit, title words.Text, fields []form.Field) (*visit.Task, *permitsv1.GetMeterResponse, error) {
	got, err := p.client.GetMeter(v.Ask(), &permitsv1.GetMeterRequest{MeterId: v.R.PathValue("id")})
	if err != nil {
		return nil, nil, err
	}
	m := got.GetMeter()
	back := component.Record("meters", m.GetMeterId())
	return &visit.Task{
		Task: component.Task{
			Title: title, Button: title, Back: back, Seen: m.GetRevision(),
			Crumbs: []component.Crumb{{Text: metersTab, Path: "/meters"}, {Text: words.Same(m.GetUnitName() + " " + m.GetOutlet()), Path: back}, {Text: title}},
			Filled: form.Filled{Form: form.Form{{Fields: fields}}},
		},
		Here: "/meters", Done: visit.ToRecord(back), Record: [2]string{"meter", m.GetMeterId()},
	}, got, nil
}

// others are the meters that may stand in the place of one.
func (p *pages) others(v *visit.Visit, m *permitsv1.Meter) ([]form.Option, error) {
	list, err := p.client.ListMeters(v.Ask(), &permitsv1.ListMetersRequest{FacilityId: m.GetFacilityId(), PageSize: 200})
	if err != nil {
		return nil, err
	}
	var options []form.Option
	for _, o := range list.GetMeters() {
		if o.GetMeterId() != m.GetMeterId() && o.GetOutlet() == m.GetOutlet() && o.GetReplacedBy() == "" {
			options = append(options, form.Option{Value: o.GetMeterId(), Label: words.Same(o.GetMn())})
		}
	}
	return options, nil
}

// reflag is the form that gives one reading another flag.
func (p *pages) reflag(v *visit.Visit) (*visit.Task, error) {
	at, err := strconv.ParseInt(v.R.PathValue("at"), 10, 64)
	if err != nil {
		return nil, problem.ErrNotFound
	}
	request := &permitsv1.ReflagReadingRequest{
		MeterId: v.R.PathValue("id"), Period: permitsv1.MeterPeriod_METER_PERIOD_HOUR, From: timestamppb.New(time.Unix(at, 0)), Pollutant: v.R.PathValue("pollutant"),
	}
	if v.R.PathValue("period") == "day" {
		request.Period = permitsv1.MeterPeriod_METER_PERIOD_DAY
	}
	task, _, err := p.task(v, doReflag, []form.Field{{Path: "flag", Kind: form.Choice, Label: flag, Options: form.Options(flags)}, reasonField})
	if err != nil {
		return nil, err
	}
	task.Seen = 0 // of the month of readings, not of the meter
	task.Lead = words.T(
		request.GetPollutant()+" "+words.Moment(words.With(v.Text(), words.Zh), time.Unix(at, 0))+"。"+reflagLead.Zh,
		request.GetPollutant()+" "+words.Moment(words.With(v.Text(), words.En), time.Unix(at, 0))+". "+reflagLead.En)
	task.Request, task.Send = request, visit.Send(p.client.ReflagReading, request)
	task.Record = [2]string{}
	return task, nil
}

// register is the form that enters a meter.
func (p *pages) register(v *visit.Visit) (*visit.Task, error) {
	request := &permitsv1.RegisterMeterRequest{}
	sites, err := p.siteOptions(v)
	if err != nil {
		return nil, err
	}
	return &visit.Task{
		Task: component.Task{
			Title: registerIt, Button: registerIt, Back: "/meters", Crumbs: []component.Crumb{{Text: metersTab, Path: "/meters"}, {Text: registerIt}},
			Filled: form.Filled{Form: form.Form{{Fields: []form.Field{
				{Path: "facilityId", Kind: form.Choice, Label: pickSite, Options: sites},
				{Path: "outlet", Label: outlet, Hint: outletHint, Max: 5, Short: true},
				{Path: "system", Kind: form.Pick, Label: system, Options: []form.Option{{Value: "31", Label: airSource}, {Value: "32", Label: waterSource}}},
				{Path: "mn", Label: mn, Hint: mnHint, Max: 24},
				passwordField,
			}}}},
		},
		Here: "/meters", Request: request, Send: visit.Send(p.client.RegisterMeter, request), Start: url.Values{"facilityId": {v.Query("site")}},
		Done: func(v *visit.Visit, r *commonv1.Receipt) error {
			return v.See(visit.After(component.Record("meters", r.GetRecordId()), r))
		},
	}, nil
}

// siteOptions are the sites that a visitor may choose from.
func (p *pages) siteOptions(v *visit.Visit) ([]form.Option, error) {
	list, err := p.sites.ListFacilities(v.Ask(), &permitsv1.ListFacilitiesRequest{PageSize: 200})
	if err != nil {
		return nil, err
	}
	var options []form.Option
	for _, s := range list.GetFacilities() {
		options = append(options, form.Option{Value: s.GetFacilityId(), Label: words.Same(s.GetSite().GetUnitName())})
	}
	return options, nil
}

// planOutlet is the form that puts an outlet on the plan.
func (p *pages) planOutlet(v *visit.Visit) (*visit.Task, error) {
	request := &permitsv1.PlanMeterRequest{}
	sites, err := p.siteOptions(v)
	if err != nil {
		return nil, err
	}
	return &visit.Task{
		Task: component.Task{
			Title: planIt, Button: planIt, Back: "/meters/plan", Crumbs: []component.Crumb{{Text: planTab, Path: "/meters/plan"}, {Text: planIt}},
			Filled: form.Filled{Form: form.Form{{Fields: []form.Field{
				{Path: "year", Kind: form.Whole, Label: yearLabel, Short: true},
				{Path: "facilityId", Kind: form.Choice, Label: pickSite, Options: sites},
				{Path: "outlet", Label: outlet, Hint: outletHint, Max: 5, Short: true},
				{Path: "due", Kind: form.Day, Label: due},
				{Path: "basis", Label: planBasis, Max: 200},
			}}}},
		},
		Here: "/meters/plan", Request: request, Send: visit.Send(p.client.PlanMeter, request),
		Start: url.Values{"year": {strconv.Itoa(int(yearOf(v)))}}, Done: toPlan,
	}, nil
}

func toPlan(v *visit.Visit, r *commonv1.Receipt) error { return v.See(visit.After("/meters/plan", r)) }

// withdraw is the form that takes an outlet off the plan.
func (p *pages) withdraw(v *visit.Visit) (*visit.Task, error) {
	request := &permitsv1.WithdrawMeterPlanRequest{EntryId: v.R.PathValue("id")}
	return &visit.Task{
		Task: component.Task{
			Title: withdrawIt, Button: withdrawIt, Back: "/meters/plan", Risky: true,
			Crumbs: []component.Crumb{{Text: planTab, Path: "/meters/plan"}, {Text: withdrawIt}},
			Filled: form.Filled{Form: form.Form{{Fields: []form.Field{reasonField}}}},
		},
		Here: "/meters/plan", Request: request, Send: visit.Send(p.client.WithdrawMeterPlan, request), Done: toPlan,
	}, nil
}
