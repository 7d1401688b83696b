package permits

import (
	"context"
	"errors"
	"log/slog"

	"shiyang/internal/es"
	"shiyang/internal/es/reserve"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/facility"
	"shiyang/services/permits/permit"
)

// errSiteHasPermit refuses a second permit or application for a site.
var errSiteHasPermit = &problem.Error{
	Kind: problem.Rejected, Reason: "SITE_HAS_PERMIT", Citation: "decree-736 art. 6",
	Text: problem.Text{
		Zh: "该场所已有排污许可证或者在办申请；一个场所只核发一个排污许可证。",
		En: "This site already has a permit or an open application; a site gets one permit.",
	},
}

// errSiteBusy refuses while somebody else's application for the site is just
// being opened, or was cut short and is not settled yet.
var errSiteBusy = &problem.Error{
	Kind: problem.Conflict, Reason: "SITE_BEING_APPLIED_FOR", Citation: "decree-736 art. 6",
	Text: problem.Text{
		Zh: "该场所正在发起另一项申请，请十分钟后再试。",
		En: "Another application for this site is just being opened. Try again in ten minutes.",
	},
}

// OpenApplication begins an application for a site's permit. The site is
// reserved first, then the application is opened, then the reservation is
// confirmed; a crash in between is mended by the same command sent again, by a
// reaction, or by the ticker.
func (s *Server) OpenApplication(ctx context.Context, r *permitsv1.OpenApplicationRequest) (*permitsv1.OpenApplicationResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	site, _, err := s.facilities.Open(ctx, who, "OpenApplication", r.GetFacilityId())
	if err != nil {
		return nil, err
	}
	meta, occasion, err := s.Meta(ctx, r.GetOccurredAt())
	if err != nil {
		return nil, err
	}
	opening := openingOf(site)
	opening.Occasion, opening.FacilityID, opening.Class = occasion, r.GetFacilityId(), r.GetManagementClass()
	if err := opening.Check(); err != nil {
		return nil, err
	}
	if err := s.notBarred(ctx, opening.EnterpriseID, occasion); err != nil {
		return nil, err
	}
	if err := s.YieldSite(ctx, meta, r.GetFacilityId()); err != nil {
		return nil, err
	}
	reserved, err := s.Keys.Reserve(ctx, meta, desk.KeySite, r.GetFacilityId(), es.StreamName(categoryPermit, who.CommandID))
	if taken, ok := errors.AsType[*reserve.TakenError](err); ok && !taken.Confirmed {
		return nil, errSiteBusy
	}
	if errors.Is(err, reserve.ErrTaken) {
		return nil, errSiteHasPermit
	}
	if err != nil {
		return nil, err
	}
	opening.ReservationID = reserved.ID
	receipt, err := s.permits.Execute(ctx, who.CommandID, meta, opening)
	if reserve.Refused(err) {
		err = errors.Join(err, s.Keys.Withdraw(ctx, meta, reserved)) // the site is free again at once
	}
	if err != nil {
		return nil, err
	}
	if err := s.Keys.Confirm(ctx, meta, desk.KeySite, r.GetFacilityId(), reserved.ID); err != nil {
		// The application is open; the reaction confirms what we could not.
		s.Logger.LogAttrs(ctx, slog.LevelWarn, "site reservation not confirmed yet",
			slog.String("permit", who.CommandID), slog.Any("error", err))
	}
	return &permitsv1.OpenApplicationResponse{Receipt: desk.ReceiptOf(receipt)}, nil
}

// openingOf copies what an application takes over from its site.
func openingOf(f facility.Facility) permit.Open {
	return permit.Open{
		EnterpriseID: f.EnterpriseID, Division: f.Site.GetDivision(), USCC: f.Site.GetUscc(), SiteSequence: f.Sequence,
		UnitName: f.Site.GetUnitName(), SiteAddress: f.Site.GetSiteAddress(), Example: f.Site.GetExample(),
	}
}

// PublishNotice records the applicant's public notice before filing.
func (s *Server) PublishNotice(ctx context.Context, r *permitsv1.PublishNoticeRequest) (*permitsv1.PublishNoticeResponse, error) {
	c := call{Method: "PublishNotice", ID: r.GetPermitId(), OccurredAt: r.GetOccurredAt()}
	receipt, err := s.permits.Act(ctx, c, func(o permit.Occasion) es.Command[permit.Permit] {
		return permit.PublishNotice{Occasion: o, From: desk.DayOf(r.GetFrom()), URL: r.GetUrl()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.PublishNoticeResponse{Receipt: receipt}, nil
}

// CheckApplication says what would be wrong with the content, changing nothing.
func (s *Server) CheckApplication(ctx context.Context, r *permitsv1.CheckApplicationRequest) (*permitsv1.CheckApplicationResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	p, _, err := s.permits.Open(ctx, who, "CheckApplication", r.GetPermitId())
	if err != nil {
		return nil, err
	}
	wrong, doubtful := permit.Submit{Occasion: s.Today(who), Content: r.GetContent()}.Check(p)
	return &permitsv1.CheckApplicationResponse{Errors: rpc.FieldMessages(wrong), Warnings: rpc.FieldMessages(doubtful)}, nil
}

// SubmitApplication files the application, first or after a deficiency notice.
// A made-up site may tell a past; a real applicant files today.
func (s *Server) SubmitApplication(ctx context.Context, r *permitsv1.SubmitApplicationRequest) (*permitsv1.SubmitApplicationResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	base := withPersonID(r.GetBaseData(), who.CommandID)
	c := call{Method: "SubmitApplication", ID: r.GetPermitId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()}
	receipt, err := s.permits.Act(ctx, c, func(o permit.Occasion) es.Command[permit.Permit] {
		return permit.Submit{Occasion: o, Content: r.GetContent(), Base: base, OnPaper: rpc.Role(who.Actor.Role).Staff()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.SubmitApplicationResponse{Receipt: receipt}, nil
}

// WithdrawApplication takes the application back.
func (s *Server) WithdrawApplication(ctx context.Context, r *permitsv1.WithdrawApplicationRequest) (*permitsv1.WithdrawApplicationResponse, error) {
	c := call{Method: "WithdrawApplication", ID: r.GetPermitId(), OccurredAt: r.GetOccurredAt()}
	receipt, err := s.permits.Act(ctx, c, func(o permit.Occasion) es.Command[permit.Permit] {
		return permit.Withdraw{Occasion: o, Reason: r.GetReason()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.WithdrawApplicationResponse{Receipt: receipt}, nil
}
