package registration

import (
	"context"

	"shiyang/internal/es"
	"shiyang/internal/rpc"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/desk/act"
	"shiyang/services/permits/registration/source"
	"shiyang/services/permits/registration/views/roll"
)

// sourceID is the id of a source: its census number is unique in the roll.
func sourceID(census string) string { return es.DerivedID("source", census) }

// ListSource enters a source in the roll.
func (s *Server) ListSource(ctx context.Context, r *permitsv1.ListSourceRequest) (*permitsv1.ListSourceResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := rpc.Authorise(who, s.Method("ListSource"), rpc.Object{County: r.GetSource().GetDivision()}); err != nil {
		return nil, err
	}
	meta, occasion, err := s.Meta(ctx, r.GetOccurredAt())
	if err != nil {
		return nil, err
	}
	list := source.List{Source: r.GetSource(), Lists: occasion.Law.On(occasion.On)}
	receipt, err := s.sources.Execute(ctx, sourceID(r.GetSource().GetCensusNumber()), meta, list)
	if err != nil {
		return nil, err
	}
	return &permitsv1.ListSourceResponse{Receipt: desk.ReceiptOf(receipt)}, nil
}

// LinkSource ties a source to its site, which the caller must see too.
func (s *Server) LinkSource(ctx context.Context, r *permitsv1.LinkSourceRequest) (*permitsv1.LinkSourceResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	site, err := s.SiteFor(ctx, who, "LinkSource", r.GetFacilityId())
	if err != nil {
		return nil, err
	}
	c := desk.Call[source.Source]{Method: "LinkSource", ID: r.GetSourceId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()}
	receipt, err := s.sources.Act(ctx, c, func(o act.Occasion) es.Command[source.Source] {
		return source.Link{Occasion: o, Facility: r.GetFacilityId(), Division: site.Site.GetDivision()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.LinkSourceResponse{Receipt: receipt}, nil
}

// SettleSource settles by hand where a source belongs.
func (s *Server) SettleSource(ctx context.Context, r *permitsv1.SettleSourceRequest) (*permitsv1.SettleSourceResponse, error) {
	c := desk.Call[source.Source]{Method: "SettleSource", ID: r.GetSourceId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()}
	receipt, err := s.sources.Act(ctx, c, func(o act.Occasion) es.Command[source.Source] {
		return source.Settle{Occasion: o, Outcome: r.GetOutcome(), Reason: r.GetReason(), Due: desk.DayOf(r.GetDue())}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.SettleSourceResponse{Receipt: receipt}, nil
}

// GetSource shows a source from its own record.
func (s *Server) GetSource(ctx context.Context, r *permitsv1.GetSourceRequest) (*permitsv1.GetSourceResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	state, revision, err := s.sources.Open(ctx, who, "GetSource", r.GetSourceId())
	if err != nil {
		return nil, err
	}
	shown := shownSource(r.GetSourceId(), state)
	shown.Revision = uint64(revision)
	return &permitsv1.GetSourceResponse{Source: shown, Actions: desk.Actions(s.Desk, who, source.Acts, state, s.Today(who))}, nil
}

// ListSources lists sources that the caller may see.
func (s *Server) ListSources(ctx context.Context, r *permitsv1.ListSourcesRequest) (*permitsv1.ListSourcesResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.Wait(ctx, r.GetAtLeast(), roll.Name); err != nil {
		return nil, err
	}
	sees := rpc.Filter(who, s.Method("ListSources"))
	list, next, err := s.roll.List(ctx, roll.Filter{
		All: sees.All, Counties: sees.Counties, Query: r.GetQuery(), Division: r.GetDivision(), Outcome: r.GetOutcome(),
		Unsettled: r.GetUnsettled(), Size: r.GetPageSize(), After: r.GetAfter(),
	})
	if err != nil {
		return nil, err
	}
	for _, line := range list {
		line.OutcomeText = desk.TextOf(source.OutcomeName(line.GetOutcome()))
	}
	return &permitsv1.ListSourcesResponse{Sources: list, Next: next}, nil
}

// CountSources counts the roll by county and outcome.
func (s *Server) CountSources(ctx context.Context, r *permitsv1.CountSourcesRequest) (*permitsv1.CountSourcesResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.Wait(ctx, r.GetAtLeast(), roll.Name); err != nil {
		return nil, err
	}
	sees := rpc.Filter(who, s.Method("CountSources"))
	counts, err := s.roll.Counts(ctx, sees.All, sees.Counties)
	if err != nil {
		return nil, err
	}
	return &permitsv1.CountSourcesResponse{Counties: counts}, nil
}
