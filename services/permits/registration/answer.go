package registration

import (
	"context"

	"shiyang/internal/law"
	"shiyang/internal/law/catalogue"
	"shiyang/internal/rpc"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/registration/form"
	"shiyang/services/permits/registration/source"
	"shiyang/services/permits/registration/tier"
	"shiyang/services/permits/registration/views/registrations"
)

// shown is a registration as the API shows it, from facts alone.
func shown(id string, f form.Form) *permitsv1.Registration {
	return &permitsv1.Registration{
		FacilityId: id, EnterpriseId: f.Site.EnterpriseID, UnitName: f.Site.UnitName, Uscc: f.Site.USCC, SiteAddress: f.Site.Address,
		Division: f.Site.Division, Example: f.Site.Example, Answers: f.Answers, Tier: f.Tier, ListedTier: f.Listed, Reasons: f.Reasons,
		Rule: f.Rule, OverrideReason: f.Override, Status: f.Status, StatusText: desk.TextOf(form.StatusName(f.Status)), Number: f.Number,
		NumberAwaited: f.Awaits(), Content: f.Content, ValidFrom: desk.WireDay(f.ValidFrom), ValidTo: desk.WireDay(f.ValidTo),
		Registered: desk.WireDay(f.Registered), LateChanges: f.LateChanges, EndedReason: f.EndedReason, PermitId: f.PermitID,
	}
}

// shownSource is a source as the API shows it, from facts alone.
func shownSource(id string, s source.Source) *permitsv1.Source {
	return &permitsv1.Source{
		SourceId: id, Source: s.Content, FacilityId: s.Facility, Outcome: s.Outcome, OutcomeText: desk.TextOf(source.OutcomeName(s.Outcome)),
		Reason: s.Reason, Category: s.Category, RecordId: s.RecordID, Number: s.Number, Due: desk.WireDay(s.Due),
	}
}

// GetRegistration shows the tier and registration of a site from its record,
// or the site's data alone while nothing was decided.
func (s *Server) GetRegistration(ctx context.Context, r *permitsv1.GetRegistrationRequest) (*permitsv1.GetRegistrationResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	id := r.GetFacilityId()
	site, err := s.SiteFor(ctx, who, "GetRegistration", id)
	if err != nil {
		return nil, err
	}
	state, revision, err := s.forms.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	if state.Status == 0 {
		state.Site = siteOf(id, site)
	}
	o := s.Today(who)
	answer := &permitsv1.GetRegistrationResponse{Registration: shown(id, state), Actions: desk.Actions(s.Desk, who, form.Acts, state, o)}
	answer.Registration.Revision = uint64(revision)
	if clock, runs := state.Term(o.Law); runs {
		answer.Deadlines = append(answer.Deadlines, desk.Deadline(clock, o, nil))
	}
	return answer, nil
}

// ListRegistrations lists those that the caller may see.
func (s *Server) ListRegistrations(ctx context.Context, r *permitsv1.ListRegistrationsRequest) (*permitsv1.ListRegistrationsResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.Wait(ctx, r.GetAtLeast(), registrations.Name); err != nil {
		return nil, err
	}
	sees := rpc.Filter(who, s.Method("ListRegistrations"))
	list, next, err := s.list.List(ctx, registrations.Filter{
		All: sees.All, Counties: sees.Counties, Firms: sees.Firms, Query: r.GetQuery(), Division: r.GetDivision(), Status: r.GetStatus(),
		Size: r.GetPageSize(), After: r.GetAfter(),
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.ListRegistrationsResponse{Registrations: list, Next: next}, nil
}

// SearchRegistrations searches what the public may know: registrations in
// force.
func (s *Server) SearchRegistrations(ctx context.Context, r *permitsv1.SearchRegistrationsRequest) (*permitsv1.SearchRegistrationsResponse, error) {
	list, next, err := s.list.List(ctx, registrations.Filter{
		All: true, Query: r.GetQuery(), Division: r.GetDivision(), Status: form.InForce, Size: r.GetPageSize(), After: r.GetAfter(),
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.SearchRegistrationsResponse{Registrations: list, Next: next}, nil
}

// mostRows is how many rows of the list one answer holds.
const mostRows = 60

// FindListRows searches the classification list in force today.
func (s *Server) FindListRows(_ context.Context, r *permitsv1.FindListRowsRequest) (*permitsv1.FindListRowsResponse, error) {
	today := law.DateOf(s.Now())
	list := s.Law().On(today)
	answer := &permitsv1.FindListRowsResponse{Rule: tier.RuleOn(s.Law(), today)}
	var rows []catalogue.PermitRow
	switch {
	case r.GetProcesses():
		rows = list.GeneralProcesses()
	case r.GetQuery() != "":
		rows = list.PermitRows(r.GetQuery())
	}
	for _, row := range rows {
		if len(answer.GetRows()) == mostRows {
			break
		}
		if r.GetProcesses() || row.Row <= tier.LastIndustry {
			answer.Rows = append(answer.Rows, &permitsv1.ListRow{
				Row: int32(row.Row), Group: row.Group, Class: row.Class, Key: row.Key.Text, Simplified: row.Simplified.Text,
				Registration: row.Registration.Text, IndustrialBuildingsOnly: row.IndustrialBuildingsOnly,
			})
		}
	}
	return answer, nil
}

// checked is what a decision on a tier would say.
func (s *Server) checked(c form.DecideTier, state form.Form) (*permitsv1.CheckTierResponse, error) {
	found, err := tier.Decide(c.Answers, c.Law, c.On, "answers.")
	if err != nil {
		return nil, err
	}
	answer := &permitsv1.CheckTierResponse{Tier: found.Tier, Rule: found.Rule, Warnings: rpc.FieldMessages(c.Advise(state))}
	for _, reason := range found.Reasons {
		answer.Reasons = append(answer.Reasons, desk.TextOf(reason))
	}
	return answer, nil
}
