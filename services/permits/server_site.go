package permits

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/facility"
	"shiyang/services/permits/views/sitelist"
)

// seriesSite numbers the sites of one credit code; the code is the organ.
const seriesSite = "site"

// RegisterFacility enters a site in the register. A firm registers its own;
// the bureau may list a site before its firm has signed on.
func (s *Server) RegisterFacility(ctx context.Context, r *permitsv1.RegisterFacilityRequest) (*permitsv1.RegisterFacilityResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	firm := r.GetEnterpriseId()
	if firm == "" && rpc.Role(who.Actor.Role).Firm() {
		firm = who.Actor.Org
	}
	object := rpc.Object{County: r.GetSite().GetDivision(), FirmID: firm}
	if err := rpc.Authorise(who, methods+"RegisterFacility", object); err != nil {
		return nil, err
	}
	meta, occasion, err := s.Meta(ctx, r.GetOccurredAt())
	if err != nil {
		return nil, err
	}
	site := withPersonIDs(r.GetSite(), nil, who.CommandID)
	lists := occasion.Law.On(occasion.On)
	receipt, err := s.sequenced(ctx, who.CommandID, site.GetUscc(), meta, func(sequence int32) es.Command[facility.Facility] {
		return facility.Register{Site: site, EnterpriseID: firm, Sequence: sequence, Lists: lists}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.RegisterFacilityResponse{Receipt: receipt}, nil
}

// ChangeFacility records new base data of a site.
func (s *Server) ChangeFacility(ctx context.Context, r *permitsv1.ChangeFacilityRequest) (*permitsv1.ChangeFacilityResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	meta, occasion, err := s.Meta(ctx, r.GetOccurredAt())
	if err != nil {
		return nil, err
	}
	known, _, err := s.facilities.Load(ctx, r.GetFacilityId())
	if err != nil {
		return nil, err
	}
	site := withPersonIDs(r.GetSite(), known.Site, who.CommandID)
	lists := occasion.Law.On(occasion.On)
	receipt, err := s.sequenced(ctx, r.GetFacilityId(), site.GetUscc(), meta, func(sequence int32) es.Command[facility.Facility] {
		change := facility.Change{Site: site, Reason: r.GetReason(), Sequence: sequence, Lists: lists}
		return es.Guarded(es.Expecting(change, es.Revision(r.GetExpectedRevision())), s.facilities.MayCall(who, "ChangeFacility"))
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.ChangeFacilityResponse{Receipt: receipt}, nil
}

// sequenced executes a command that may need the site's sequence under its
// credit code. It is drawn only after the rules have said yes.
func (s *Server) sequenced(ctx context.Context, id, uscc string, meta es.Meta, command func(int32) es.Command[facility.Facility]) (*commonv1.Receipt, error) {
	receipt, err := s.facilities.Execute(ctx, id, meta, command(0))
	if errors.Is(err, facility.ErrSequenceNeeded) {
		var serial int64
		serial, err = s.Numbers.Next(ctx, meta, uscc, seriesSite, 0, es.StreamName(desk.CategorySite, id))
		if err != nil {
			return nil, fmt.Errorf("draw site sequence: %w", err)
		}
		receipt, err = s.facilities.Execute(ctx, id, meta, command(int32(serial)))
	}
	if err != nil {
		return nil, err
	}
	return desk.ReceiptOf(receipt), nil
}

// AssignFacility ties a site to the enterprise that runs it.
func (s *Server) AssignFacility(ctx context.Context, r *permitsv1.AssignFacilityRequest) (*permitsv1.AssignFacilityResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	meta, _, err := s.Meta(ctx, r.GetOccurredAt())
	if err != nil {
		return nil, err
	}
	command := es.Guarded(facility.Assign{EnterpriseID: r.GetEnterpriseId()}, s.facilities.MayCall(who, "AssignFacility"))
	receipt, err := s.facilities.Execute(ctx, r.GetFacilityId(), meta, command)
	if err != nil {
		return nil, err
	}
	return &permitsv1.AssignFacilityResponse{Receipt: desk.ReceiptOf(receipt)}, nil
}

// GetFacility shows a site from its own record; which permit it has is what
// its reservation says.
func (s *Server) GetFacility(ctx context.Context, r *permitsv1.GetFacilityRequest) (*permitsv1.GetFacilityResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	f, revision, err := s.facilities.Open(ctx, who, "GetFacility", r.GetFacilityId())
	if err != nil {
		return nil, err
	}
	holder, err := s.SiteHolder(ctx, r.GetFacilityId())
	if err != nil {
		return nil, fmt.Errorf("permit of a site: %w", err)
	}
	permitID := ""
	if category, id, _ := es.SplitStream(holder); category == categoryPermit {
		permitID = id // else a registration, which yields to an application
	}
	shown := siteForm(r.GetFacilityId(), f)
	shown.Revision, shown.PermitId = uint64(revision), permitID
	if !s.facilities.OpensPersons(who, f) {
		shown = maskedSite(shown)
	}
	return &permitsv1.GetFacilityResponse{Facility: shown, Actions: s.siteActions(who, f, permitID)}, nil
}

// ListFacilities lists sites that the caller may see, without persons.
func (s *Server) ListFacilities(ctx context.Context, r *permitsv1.ListFacilitiesRequest) (*permitsv1.ListFacilitiesResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.Wait(ctx, r.GetAtLeast(), sitelist.Name); err != nil {
		return nil, err
	}
	sees := rpc.Filter(who, methods+"ListFacilities")
	sites, next, err := s.sites.List(ctx, sitelist.Filter{
		All: sees.All, Counties: sees.Counties, Firms: sees.Firms, Query: r.GetQuery(), Division: r.GetDivision(),
		Size: r.GetPageSize(), After: r.GetAfter(),
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.ListFacilitiesResponse{Facilities: sites, Next: next}, nil
}

// withPersonIDs gives every person of a site an opaque id: the one the record
// already has for the post, or one derived from the command, so that the
// person's key can be found and destroyed (D10).
func withPersonIDs(site, known *permitsv1.SiteContent, commandID string) *permitsv1.SiteContent {
	site = proto.CloneOf(site)
	give := func(p, before *commonv1.Person, post string) {
		switch {
		case p == nil || p.GetId() != "":
		case before.GetId() != "" && before.GetName() == p.GetName():
			p.Id = before.GetId()
		default:
			p.Id = es.DerivedID("person", commandID, post)
		}
	}
	give(site.GetLegalRepresentative(), known.GetLegalRepresentative(), "legal-representative")
	give(site.GetContact(), known.GetContact(), "contact")
	return site
}

// siteActions are the acts that the law knows for a site.
func (s *Server) siteActions(who rpc.Caller, f facility.Facility, permitID string) []*commonv1.LegalAction {
	apply := error(nil)
	switch {
	case permitID != "":
		apply = errSiteHasPermit
	default:
		apply = openingOf(f).Check()
	}
	assign := error(nil)
	if f.EnterpriseID != "" {
		assign = facility.ErrAssigned
	}
	var actions []*commonv1.LegalAction
	for _, a := range []struct {
		name, method string
		title        problem.Text
		basis        law.Reference
		err          error
		next         bool
	}{
		{"change", "ChangeFacility", problem.Text{Zh: "变更场所信息", En: "Change the site's data"}, law.Reference{Law: "decree-736", Article: "14"}, nil, false},
		{"assign", "AssignFacility", problem.Text{Zh: "认领场所", En: "Tie the site to its firm"}, law.Reference{}, assign, assign == nil},
		{"open-application", "OpenApplication", problem.Text{Zh: "申请排污许可证", En: "Apply for a permit"}, law.Reference{Law: "decree-736", Article: "7"}, apply, apply == nil},
	} {
		if s.MayEver(who, a.method) {
			actions = append(actions, s.Action(a.name, a.title, a.basis, a.err, a.next && a.err == nil))
		}
	}
	return actions
}
