package eia

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/page"
	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	auditv1 "shiyang/proto/audit/v1"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// names are how histories of EIA files tell their fields and codes.
var names = words.Names{
	Paths: map[string]words.Text{
		"projectName": project, "projectCode": projectCode, "nature": nature, "classificationRow": row, "document": documentText,
		"documentByRule": byRule, "overrideReason": overriding, "investmentFen": invest, "environmentalInvestmentFen": investEco,
		"works": works, "processes": processes, "pollutants": pollutants, "loadSource": loadSource, "existingRemedy": remedy,
		"consultancy": consultancy, "compiler": compiler, "compilerCreditNumber": creditNo, "operationFrom": operation,
		"promised": promisedOpen, "promiseDue": promiseBy, "publications": publicity, "screening": screening, "verdict": verdictText,
		"conditions": conditions, "grounds": grounds, "startBy": startBy, "worksBegun": begunOn, "acceptedByBuilder": ownAccept,
		"changes": changesText, "previousEiaId": previousFile, "nextEiaId": nextFile, "builder": builderText,
	},
	Values: [][]words.Named{documents, statuses, natures, groundList, noticeKinds, unitKinds, accesses, verdicts},
}

// nameOf is what people call a file.
func nameOf(ctx context.Context, e *permitsv1.Eia) string {
	if n := e.GetProject().GetProjectName(); n != "" {
		return n
	}
	return e.GetBuilder() + noName.In(ctx)
}

func (p *pages) files(v *visit.Visit) error {
	q := v.List()
	list, err := p.client.ListEia(v.Ask(), &permitsv1.ListEiaRequest{
		Query: q.Text, Division: q.County, Order: q.Order, After: v.Query("after"), AtLeast: v.AtLeast(),
		Status:   permitsv1.EiaStatus(permitsv1.EiaStatus_value[q.Status]),
		Document: permitsv1.EiaDocument(permitsv1.EiaDocument_value[q.Class]),
	})
	if err != nil {
		return err
	}
	q.Next = v.Next(list.GetNext())
	may := v.May(permitsv1.EiaService_OpenEia_FullMethodName)
	return v.Show(http.StatusOK, filesPage(v.Frame(eiaTitle.In(v.Text()), "/eia"), q, list.GetRows(), may, v.Now()))
}

func (p *pages) work(v *visit.Visit) error {
	list, err := p.client.ListEiaWork(v.Ask(), &permitsv1.ListEiaWorkRequest{After: v.Query("after"), AtLeast: v.AtLeast()})
	if err != nil {
		return err
	}
	return v.Show(http.StatusOK, workPage(v.Frame(workTab.In(v.Text()), "/eia/work"), list.GetItems(), v.Next(list.GetNext()), v.Now()))
}

// waiting tells the start page what waits here.
func (p *pages) waiting(v *visit.Visit) ([]visit.Waiting, error) {
	list, err := p.client.ListEiaWork(v.Ask(), &permitsv1.ListEiaWorkRequest{PageSize: 1, AtLeast: v.AtLeast()})
	if err != nil {
		return nil, err
	}
	return []visit.Waiting{{Text: workWaits, Count: int(list.GetTotal()), Late: list.GetOverdue() > 0, Path: "/eia/work"}}, nil
}

func (p *pages) notices(v *visit.Visit) error {
	q := v.List()
	list, err := p.client.ListEiaNotices(v.Ask(), &permitsv1.ListEiaNoticesRequest{
		Kind: permitsv1.EiaNoticeKind(permitsv1.EiaNoticeKind_value[q.Class]), Division: q.County, After: v.Query("after"), AtLeast: v.AtLeast(),
	})
	if err != nil {
		return err
	}
	q.Next = v.Next(list.GetNext())
	return v.Show(http.StatusOK, noticesPage(v.Frame(noticesTitle.In(v.Text()), "/eia/notices"), q, list.GetNotices()))
}

func (p *pages) guides(v *visit.Visit) error {
	got, err := p.client.GetEiaGuides(v.Ask(), &permitsv1.GetEiaGuidesRequest{})
	if err != nil {
		return err
	}
	return v.Show(http.StatusOK, guidesPage(v.Frame(guidesTitle.In(v.Text()), "/eia/guides"), got))
}

// record is everything that the page of a file shows.
type record struct {
	*permitsv1.GetEiaResponse
	acts  []component.Act
	past  []component.Event
	blame component.Blame
	asOf  component.AsOf
	view  *visit.Visit
}

func (p *pages) file(v *visit.Visit) error {
	got, err := p.get(v)
	if err != nil {
		return err
	}
	e := got.GetEia()
	path := component.Record("eia", e.GetEiaId())
	events := v.History("eia", e.GetEiaId(), 0)
	at := v.Instant()
	if at.Asked && (at.Revision == 0 || at.Revision < e.GetRevision()) {
		return p.past(v, e, path, at, events)
	}
	r := record{GetEiaResponse: got, past: events, blame: component.NewBlame(events), view: v}
	r.asOf = v.AsOf(path, visit.Instant{}, e.GetRevision(), events)
	for _, a := range got.GetActions() {
		r.acts = append(r.acts, component.Act{LegalAction: a, Path: actPath(e.GetEiaId(), a.GetName())})
	}
	return v.Show(http.StatusOK, filePage(v.Frame(nameOf(v.Text(), e), "/eia"), r))
}

// past shows the record as it stood; nothing can be done there.
func (p *pages) past(v *visit.Visit, now *permitsv1.Eia, path string, at visit.Instant, events []component.Event) error {
	state, err := v.Audit.GetStateAt(v.Ask(), at.Request("eia", now.GetEiaId()))
	if visit.IsProblem(err, problem.NotFound) {
		state, err = &auditv1.GetStateAtResponse{}, nil // it did not exist then
	}
	if err != nil {
		return err
	}
	title := nameOf(v.Text(), now)
	r := page.PastRecord{
		Title:  title,
		Crumbs: []component.Crumb{{Text: eiaTitle, Path: "/eia"}, {Text: words.Same(title), Path: path}, {Text: words.SeeAsItWas}},
		Lines:  visit.Lines(state.GetState(), state.GetSince()), AsOf: v.AsOf(path, at, state.GetRevision(), events),
	}
	for _, e := range events {
		if e.GetRevision() <= state.GetRevision() {
			r.Past = append(r.Past, e)
		}
	}
	return v.Show(http.StatusOK, page.Past(v.Frame(title, "/eia"), r))
}

func (p *pages) begin(v *visit.Visit) (*visit.Task, error) {
	request, start := &permitsv1.OpenEiaRequest{}, url.Values{}
	if s := v.Seat(); s != nil {
		start.Set("builder", words.From(s.GetOrgTitle()).Zh)
	}
	return &visit.Task{
		Task: component.Task{
			Title: begin, Button: begin, Back: "/eia", Crumbs: []component.Crumb{{Text: eiaTitle, Path: "/eia"}, {Text: begin}},
			Filled: form.Filled{Form: opening()},
		},
		Here: "/eia", Start: start, Request: request, Send: visit.Send(p.client.OpenEia, request), Done: toNew,
	}, nil
}

func toNew(v *visit.Visit, r *commonv1.Receipt) error {
	return v.See(visit.After(component.Record("eia", r.GetRecordId()), r))
}

// change begins a new file for a major change of an approved project.
func (p *pages) change(v *visit.Visit) (*visit.Task, error) {
	got, err := p.get(v)
	if err != nil {
		return nil, err
	}
	e := got.GetEia()
	if v.R.Method != http.MethodPost {
		if err := visit.Allowed(got.GetActions(), "open-change"); err != nil {
			return nil, err
		}
	}
	request := &permitsv1.OpenEiaRequest{}
	task := task(v, got, doOpenChange, opening())
	task.Lead, task.Button, task.Done = changeLead, begin, toNew
	task.Request, task.Send = request, visit.Send(p.client.OpenEia, request)
	task.Start = task.Filled.Form.Encode(&permitsv1.OpenEiaRequest{
		Builder: e.GetBuilder(), Uscc: e.GetUscc(), Division: e.GetDivision(), Document: e.GetDocument(), PreviousEiaId: e.GetEiaId(), Example: e.GetExample(),
	})
	return task, nil
}

func (p *pages) submit(v *visit.Visit) (*visit.Task, error) {
	request := &permitsv1.SubmitEiaRequest{EiaId: v.R.PathValue("id")}
	task, err := p.filing(v, doSubmit, "submit")
	if err != nil {
		return nil, err
	}
	task.Request, task.Send = request, visit.Send(p.client.SubmitEia, request)
	task.Prepare = func(command string) { complete(request.GetProject(), command) }
	return task, nil
}

func (p *pages) register(v *visit.Visit) (*visit.Task, error) {
	request := &permitsv1.FileEiaRegistrationRequest{EiaId: v.R.PathValue("id")}
	task, err := p.filing(v, doFile, "file")
	if err != nil {
		return nil, err
	}
	task.Request, task.Send = request, visit.Send(p.client.FileEiaRegistration, request)
	task.Prepare = func(command string) { complete(request.GetProject(), command) }
	return task, nil
}

// filing is the form of a project, opened with what was filed before.
func (p *pages) filing(v *visit.Visit, title words.Text, name string) (*visit.Task, error) {
	got, err := p.get(v)
	if err != nil {
		return nil, err
	}
	if v.R.Method != http.MethodPost {
		if err := visit.Allowed(got.GetActions(), name); err != nil {
			return nil, err
		}
	}
	parks, err := p.parks(v)
	if err != nil {
		return nil, err
	}
	task := task(v, got, title, projectForm(parks))
	task.Lead = filingLead
	before := got.GetEia().GetProject()
	if before == nil {
		before = &permitsv1.EiaProject{Document: got.GetEia().GetDocument()}
	}
	task.Start = task.Filled.Form.Encode(&permitsv1.SubmitEiaRequest{Project: before})
	lines(task.Start, "project.processes", "project.pollutants")
	return task, nil
}

// lines writes a list of words as the lines of a field.
func lines(values url.Values, paths ...string) {
	for _, path := range paths {
		if list := values[path]; len(list) > 1 {
			values.Set(path, strings.Join(list, "\n"))
		}
	}
}

// parks are the choices of the plan-EIA register.
func (p *pages) parks(v *visit.Visit) ([]form.Option, error) {
	if p.zoning == nil || !v.May(permitsv1.ZoningService_ListParks_FullMethodName) {
		return nil, nil
	}
	list, err := visit.Asked(p.zoning.ListParks(v.Ask(), &permitsv1.ListParksRequest{}))
	if err != nil {
		return nil, err
	}
	var parks []form.Option
	for _, row := range list.GetParks() {
		parks = append(parks, form.Option{Value: row.GetParkId(), Label: words.Same(row.GetPark().GetTitle())})
	}
	return parks, nil
}

// complete makes a person of a name, none of no name, and drops the places of
// files that were not chosen.
func complete(project *permitsv1.EiaProject, command string) {
	if project == nil {
		return
	}
	if project.GetCompiler().GetName() == "" {
		project.Compiler = nil
	}
	visit.PersonID(project.GetCompiler(), command, "compiler")
	if project.GetAnswers() == nil {
		project.Answers = &permitsv1.EiaAnswers{}
	}
	project.Attachments = stored(project.GetAttachments())
}
