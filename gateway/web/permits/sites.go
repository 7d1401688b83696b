package permits

import (
	"net/http"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/page"
	"shiyang/gateway/web/sheet"
	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

func (p *pages) sites(v *visit.Visit) error {
	q := v.List()
	list, err := p.client.ListFacilities(v.Ask(), &permitsv1.ListFacilitiesRequest{
		Query: q.Text, Division: q.County, After: v.Query("after"), AtLeast: v.AtLeast(),
	})
	if err != nil {
		return err
	}
	q.Next = v.Next(list.GetNext())
	f := v.Frame(words.SitesTitle.In(v.Text()), "/facilities")
	return v.Show(http.StatusOK, page.Sites(f, q, list.GetFacilities(), v.May(permitsv1.PermitsService_RegisterFacility_FullMethodName)))
}

// siteForms are the acts on a site that have a page here.
var siteForms = map[string]string{
	"change": "change", "change-facility": "change",
	"assign": "assign", "assign-facility": "assign",
	"apply": "apply", "open": "apply", "open-application": "apply",
}

func (p *pages) site(v *visit.Visit) error {
	id := v.R.PathValue("id")
	got, err := p.client.GetFacility(v.Ask(), &permitsv1.GetFacilityRequest{FacilityId: id, AtLeast: v.AtLeast()})
	if err != nil {
		return err
	}
	past := v.History("facility", id, 0)
	s := page.SiteRecord{Site: got.GetFacility(), Past: past, Blame: component.NewBlame(past), Done: v.Query("done")}
	for _, a := range got.GetActions() {
		act := component.Act{LegalAction: a}
		if name, ok := siteForms[a.GetName()]; ok {
			act.Path = component.Record("facilities", id, name)
		}
		s.Acts = append(s.Acts, act)
	}
	return v.Show(http.StatusOK, page.Site(v.Frame(got.GetFacility().GetSite().GetUnitName(), "/facilities"), s))
}

func (p *pages) registerSite(v *visit.Visit) (*visit.Task, error) {
	request := &permitsv1.RegisterFacilityRequest{}
	if s := v.Seat(); s != nil && visit.IsFirm(v.Role()) {
		request.EnterpriseId = s.GetOrg()
	}
	return &visit.Task{
		Task: component.Task{
			Title: words.RegisterSite, Button: words.RegisterSite, Back: "/facilities",
			Crumbs: []component.Crumb{{Text: words.SitesTitle, Path: "/facilities"}, {Text: words.RegisterSite}},
			Filled: form.Filled{Form: sheet.Site("site.")},
		},
		Here: "/facilities", Request: request,
		Prepare: func(command string) { people(request.GetSite(), command) },
		Send:    visit.Send(p.client.RegisterFacility, request),
		Done: func(v *visit.Visit, r *commonv1.Receipt) error {
			return v.See(visit.After(component.Record("facilities", r.GetRecordId()), r))
		},
	}, nil
}

// people completes the persons of a site: a name makes one, no name none.
func people(s *permitsv1.SiteContent, command string) {
	if s == nil {
		return
	}
	if s.GetLegalRepresentative().GetName() == "" && s.GetLegalRepresentative().GetPhone() == "" {
		s.LegalRepresentative = nil
	}
	if s.GetContact().GetName() == "" && s.GetContact().GetPhone() == "" {
		s.Contact = nil
	}
	visit.PersonID(s.GetLegalRepresentative(), command, "legalRepresentative")
	visit.PersonID(s.GetContact(), command, "contact")
}

// siteTask is a form about one site.
func (p *pages) siteTask(v *visit.Visit, title words.Text, f form.Form) (*visit.Task, *permitsv1.Facility, error) {
	id := v.R.PathValue("id")
	got, err := p.client.GetFacility(v.Ask(), &permitsv1.GetFacilityRequest{FacilityId: id})
	if err != nil {
		return nil, nil, err
	}
	back := component.Record("facilities", id)
	return &visit.Task{
		Task: component.Task{
			Title: title, Button: title, Back: back, Seen: got.GetFacility().GetRevision(),
			Crumbs: []component.Crumb{
				{Text: words.SitesTitle, Path: "/facilities"},
				{Text: words.Same(got.GetFacility().GetSite().GetUnitName()), Path: back},
				{Text: title},
			},
			Filled: form.Filled{Form: f},
		},
		Here: "/facilities", Done: visit.ToRecord(back), Record: [2]string{"facility", id},
	}, got.GetFacility(), nil
}

func (p *pages) changeSite(v *visit.Visit) (*visit.Task, error) {
	t, site, err := p.siteTask(v, words.ChangeSite, sheet.SiteChange())
	if err != nil {
		return nil, err
	}
	request := &permitsv1.ChangeFacilityRequest{FacilityId: site.GetFacilityId()}
	t.Button = words.SaveChange
	t.Start = t.Filled.Form.Encode(&permitsv1.ChangeFacilityRequest{Site: site.GetSite()})
	t.Request, t.Send = request, visit.Send(p.client.ChangeFacility, request)
	t.Prepare = func(command string) { people(request.GetSite(), command) }
	return t, nil
}

func (p *pages) assignSite(v *visit.Visit) (*visit.Task, error) {
	t, site, err := p.siteTask(v, words.AssignSite, sheet.Assign())
	if err != nil {
		return nil, err
	}
	request := &permitsv1.AssignFacilityRequest{FacilityId: site.GetFacilityId()}
	t.Lead = words.AssignLead
	t.Request, t.Send = request, visit.Send(p.client.AssignFacility, request)
	return t, nil
}

func (p *pages) openApplication(v *visit.Visit) (*visit.Task, error) {
	t, site, err := p.siteTask(v, words.ApplyTitle, sheet.Open())
	if err != nil {
		return nil, err
	}
	request := &permitsv1.OpenApplicationRequest{FacilityId: site.GetFacilityId()}
	t.Lead, t.Button = words.BeginLead, words.OpenIt
	t.Request, t.Send = request, visit.Send(p.client.OpenApplication, request)
	t.Done = func(v *visit.Visit, r *commonv1.Receipt) error {
		return v.See(visit.After(component.Record("permits", r.GetRecordId()), r))
	}
	return t, nil
}
