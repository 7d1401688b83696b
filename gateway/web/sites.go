package web

import (
	"net/http"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/form"
	"shiyang/gateway/web/page"
	"shiyang/gateway/web/sheet"
	"shiyang/gateway/web/words"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

func (v *visit) listQuery() page.Query {
	return page.Query{
		Text: v.query("q"), County: v.query("county"), Status: v.query("status"),
		Class: v.query("class"), Order: v.query("order"),
	}
}

func (p *pages) sites(v *visit) error {
	q := v.listQuery()
	list, err := p.Permits.ListFacilities(v.ask(), &permitsv1.ListFacilitiesRequest{
		Query: q.Text, Division: q.County, After: v.query("after"), AtLeast: v.atLeast(),
	})
	if err != nil {
		return err
	}
	q.Next = v.next(list.GetNext())
	f := v.frame(words.SitesTitle.In(v.text()), "/facilities")
	return v.show(http.StatusOK, page.Sites(f, q, list.GetFacilities(), may["RegisterFacility"][v.role()]))
}

// siteForms are the acts on a site that have a page here.
var siteForms = map[string]string{
	"change": "change", "change-facility": "change",
	"assign": "assign", "assign-facility": "assign",
	"apply": "apply", "open": "apply", "open-application": "apply",
}

func (p *pages) site(v *visit) error {
	id := v.r.PathValue("id")
	got, err := p.Permits.GetFacility(v.ask(), &permitsv1.GetFacilityRequest{FacilityId: id, AtLeast: v.atLeast()})
	if err != nil {
		return err
	}
	past := v.history("facility", id, 0)
	s := page.SiteRecord{Site: got.GetFacility(), Past: past, Blame: component.NewBlame(past), Done: v.query("done")}
	for _, a := range got.GetActions() {
		act := component.Act{LegalAction: a}
		if name, ok := siteForms[a.GetName()]; ok {
			act.Path = component.Record("facilities", id, name)
		}
		s.Acts = append(s.Acts, act)
	}
	return v.show(http.StatusOK, page.Site(v.frame(got.GetFacility().GetSite().GetUnitName(), "/facilities"), s))
}

func (p *pages) registerSite(v *visit) (*task, error) {
	request := &permitsv1.RegisterFacilityRequest{}
	if s := v.seat(); s != nil && isFirm(v.role()) {
		request.EnterpriseId = s.GetOrg()
	}
	return &task{
		Task: component.Task{
			Title: words.RegisterSite, Button: words.RegisterSite, Back: "/facilities",
			Crumbs: []component.Crumb{{Text: words.SitesTitle, Path: "/facilities"}, {Text: words.RegisterSite}},
			Filled: form.Filled{Form: sheet.Site("site.")},
		},
		Here: "/facilities", Request: request,
		Prepare: func(command string) { people(request.GetSite(), command) },
		Send:    send(p.Permits.RegisterFacility, request),
		Done: func(v *visit, r *commonv1.Receipt) error {
			return v.see(after(component.Record("facilities", r.GetRecordId()), r))
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
	personID(s.GetLegalRepresentative(), command, "legalRepresentative")
	personID(s.GetContact(), command, "contact")
}

// siteTask is a form about one site.
func (p *pages) siteTask(v *visit, title words.Text, f form.Form) (*task, *permitsv1.Facility, error) {
	id := v.r.PathValue("id")
	got, err := p.Permits.GetFacility(v.ask(), &permitsv1.GetFacilityRequest{FacilityId: id})
	if err != nil {
		return nil, nil, err
	}
	back := component.Record("facilities", id)
	return &task{
		Task: component.Task{
			Title: title, Button: title, Back: back, Seen: got.GetFacility().GetRevision(),
			Crumbs: []component.Crumb{
				{Text: words.SitesTitle, Path: "/facilities"},
				{Text: words.Same(got.GetFacility().GetSite().GetUnitName()), Path: back},
				{Text: title},
			},
			Filled: form.Filled{Form: f},
		},
		Here: "/facilities", Done: record(back), Record: [2]string{"facility", id},
	}, got.GetFacility(), nil
}

func (p *pages) changeSite(v *visit) (*task, error) {
	t, site, err := p.siteTask(v, words.ChangeSite, sheet.SiteChange())
	if err != nil {
		return nil, err
	}
	request := &permitsv1.ChangeFacilityRequest{FacilityId: site.GetFacilityId()}
	t.Button = words.SaveChange
	t.Start = t.Filled.Form.Encode(&permitsv1.ChangeFacilityRequest{Site: site.GetSite()})
	t.Request, t.Send = request, send(p.Permits.ChangeFacility, request)
	t.Prepare = func(command string) { people(request.GetSite(), command) }
	return t, nil
}

func (p *pages) assignSite(v *visit) (*task, error) {
	t, site, err := p.siteTask(v, words.AssignSite, sheet.Assign())
	if err != nil {
		return nil, err
	}
	request := &permitsv1.AssignFacilityRequest{FacilityId: site.GetFacilityId()}
	t.Lead = words.AssignLead
	t.Request, t.Send = request, send(p.Permits.AssignFacility, request)
	return t, nil
}

func (p *pages) openApplication(v *visit) (*task, error) {
	t, site, err := p.siteTask(v, words.ApplyTitle, sheet.Open())
	if err != nil {
		return nil, err
	}
	request := &permitsv1.OpenApplicationRequest{FacilityId: site.GetFacilityId()}
	t.Lead, t.Button = words.BeginLead, words.OpenIt
	t.Request, t.Send = request, send(p.Permits.OpenApplication, request)
	t.Done = func(v *visit, r *commonv1.Receipt) error {
		return v.see(after(component.Record("permits", r.GetRecordId()), r))
	}
	return t, nil
}
