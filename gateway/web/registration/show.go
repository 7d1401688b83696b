package registration

import (
	"net/http"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

func recordPath(r *permitsv1.Registration) string {
	return component.Record("registrations", r.GetFacilityId())
}

func (p *pages) get(v *visit.Visit) (*permitsv1.GetRegistrationResponse, error) {
	return p.client.GetRegistration(v.Ask(), &permitsv1.GetRegistrationRequest{FacilityId: v.R.PathValue("id"), AtLeast: v.AtLeast()})
}

func (p *pages) list(v *visit.Visit) error {
	q := v.List()
	list, err := p.client.ListRegistrations(v.Ask(), &permitsv1.ListRegistrationsRequest{
		Query: q.Text, Division: q.County, After: v.Query("after"), AtLeast: v.AtLeast(),
		Status: permitsv1.RegistrationStatus(permitsv1.RegistrationStatus_value[q.Status]),
	})
	if err != nil {
		return err
	}
	q.Next = v.Next(list.GetNext())
	may := v.May(permitsv1.RegistrationService_DecideTier_FullMethodName)
	return v.Show(http.StatusOK, listPage(v.Frame(title.In(v.Text()), "/registrations"), q, list.GetRegistrations(), may))
}

// public is the list of registrations in force for everybody.
func (p *pages) public(v *visit.Visit) error {
	q := v.List()
	list, err := p.client.SearchRegistrations(v.Ask(), &permitsv1.SearchRegistrationsRequest{Query: q.Text, Division: q.County, After: v.Query("after")})
	if err != nil {
		return err
	}
	q.Next = v.Next(list.GetNext())
	return v.Show(http.StatusOK, publicPage(v.Frame(publicTitle.In(v.Text()), "/register/registrations"), q, list.GetRegistrations()))
}

// rows is the search of the classification list for everybody.
func (p *pages) rows(v *visit.Visit) error {
	q := v.List()
	found, err := p.client.FindListRows(v.Ask(), &permitsv1.FindListRowsRequest{Query: q.Text, Processes: q.Text == ""})
	if err != nil {
		return err
	}
	return v.Show(http.StatusOK, rowsPage(v.Frame(listTitle.In(v.Text()), "/classification"), q, found.GetRows()))
}

// record is everything that the page of a registration shows.
type record struct {
	*permitsv1.GetRegistrationResponse
	acts  []component.Act
	past  []component.Event
	blame component.Blame
	view  *visit.Visit
}

func (p *pages) record(v *visit.Visit) error {
	got, err := p.get(v)
	if err != nil {
		return err
	}
	r := record{GetRegistrationResponse: got, view: v}
	if got.GetRegistration().GetRevision() > 0 {
		r.past = v.History("registration", got.GetRegistration().GetFacilityId(), 0)
	}
	r.blame = component.NewBlame(r.past)
	for _, a := range got.GetActions() {
		r.acts = append(r.acts, component.Act{LegalAction: a, Path: recordPath(got.GetRegistration()) + "/act/" + a.GetName()})
	}
	return v.Show(http.StatusOK, recordPage(v.Frame(got.GetRegistration().GetUnitName(), "/registrations"), r))
}

// receipt is the paper of a registration in force.
func (p *pages) receipt(v *visit.Visit) error {
	got, err := p.get(v)
	if err != nil {
		return err
	}
	if got.GetRegistration().GetStatus() != permitsv1.RegistrationStatus_REGISTRATION_STATUS_IN_FORCE {
		return problem.ErrNotFound
	}
	f := v.Frame(receiptTitle.In(v.Text()), "/registrations")
	f.Paper = true
	return v.Show(http.StatusOK, receiptPage(f, got.GetRegistration(), v.Query("done")))
}

func (p *pages) sources(v *visit.Visit) error {
	q := v.List()
	list, err := p.client.ListSources(v.Ask(), &permitsv1.ListSourcesRequest{
		Query: q.Text, Division: q.County, After: v.Query("after"), AtLeast: v.AtLeast(), Unsettled: q.Status == "unsettled",
		Outcome: permitsv1.SourceOutcome(permitsv1.SourceOutcome_value[q.Status]),
	})
	if err != nil {
		return err
	}
	q.Next = v.Next(list.GetNext())
	return v.Show(http.StatusOK, sourcesPage(v.Frame(rollTitle.In(v.Text()), "/sources"), q, list.GetSources()))
}

func (p *pages) counts(v *visit.Visit) error {
	got, err := p.client.CountSources(v.Ask(), &permitsv1.CountSourcesRequest{AtLeast: v.AtLeast()})
	if err != nil {
		return err
	}
	return v.Show(http.StatusOK, countsPage(v.Frame(countsTab.In(v.Text()), "/source-counts"), got.GetCounties()))
}

// sourceRecord is everything that the page of a source shows.
type sourceRecord struct {
	*permitsv1.Source
	acts  []component.Act
	past  []component.Event
	blame component.Blame
	done  string
}

func sourcePath(id string) string { return component.Record("sources", id) }

func (p *pages) source(v *visit.Visit) error {
	got, err := p.client.GetSource(v.Ask(), &permitsv1.GetSourceRequest{SourceId: v.R.PathValue("id"), AtLeast: v.AtLeast()})
	if err != nil {
		return err
	}
	s := sourceRecord{Source: got.GetSource(), done: v.Query("done"), past: v.History("source", got.GetSource().GetSourceId(), 0)}
	s.blame = component.NewBlame(s.past)
	for _, a := range got.GetActions() {
		s.acts = append(s.acts, component.Act{LegalAction: a, Path: sourcePath(s.GetSourceId()) + "/act/" + a.GetName()})
	}
	return v.Show(http.StatusOK, sourcePage(v.Frame(s.GetSource().GetUnitName(), "/sources"), s))
}

// sourceTask is a form about one source.
func (p *pages) sourceTask(v *visit.Visit, name string, title, lead words.Text) (*visit.Task, *permitsv1.Source, error) {
	got, err := p.client.GetSource(v.Ask(), &permitsv1.GetSourceRequest{SourceId: v.R.PathValue("id")})
	if err != nil {
		return nil, nil, err
	}
	if v.R.Method != http.MethodPost {
		if err := visit.Allowed(got.GetActions(), name); err != nil {
			return nil, nil, err
		}
	}
	s, back := got.GetSource(), sourcePath(v.R.PathValue("id"))
	return &visit.Task{
		Task: component.Task{
			Title: title, Lead: lead, Button: title, Back: back, Seen: s.GetRevision(),
			Crumbs: []component.Crumb{{Text: rollTitle, Path: "/sources"}, {Text: words.Same(s.GetSource().GetUnitName()), Path: back}, {Text: title}},
		},
		Here: "/sources", Done: visit.ToRecord(back), Record: [2]string{"source", s.GetSourceId()},
	}, s, nil
}

// link ties a source to one of the sites of its county that bear its credit
// code or name.
func (p *pages) link(v *visit.Visit) (*visit.Task, error) {
	task, s, err := p.sourceTask(v, "link", doLink, leadLink)
	if err != nil {
		return nil, err
	}
	var found []form.Option
	known := map[string]bool{}
	for _, words := range []string{s.GetSource().GetUscc(), s.GetSource().GetUnitName()} {
		if words == "" {
			continue
		}
		list, err := p.permits.ListFacilities(v.Ask(), &permitsv1.ListFacilitiesRequest{Query: words, Division: s.GetSource().GetDivision()})
		if err != nil {
			return nil, err
		}
		for _, f := range list.GetFacilities() {
			if !known[f.GetFacilityId()] {
				known[f.GetFacilityId()] = true
				found = append(found, form.Option{Value: f.GetFacilityId(), Label: siteName(f)})
			}
		}
	}
	request := &permitsv1.LinkSourceRequest{SourceId: s.GetSourceId()}
	task.Filled.Form, task.Request, task.Send = linking(found), request, visit.Send(p.client.LinkSource, request)
	return task, nil
}

func siteName(f *permitsv1.Facility) words.Text {
	return words.Same(f.GetSite().GetUnitName() + " · " + f.GetSite().GetSiteAddress())
}

func (p *pages) settle(v *visit.Visit) (*visit.Task, error) {
	task, s, err := p.sourceTask(v, "settle", doSettle, leadSettle)
	if err != nil {
		return nil, err
	}
	request := &permitsv1.SettleSourceRequest{SourceId: s.GetSourceId()}
	task.Filled.Form, task.Request, task.Send = settling(), request, visit.Send(p.client.SettleSource, request)
	return task, nil
}
