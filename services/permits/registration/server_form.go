package registration

import (
	"context"
	"errors"
	"log/slog"

	"shiyang/internal/es"
	"shiyang/internal/es/reserve"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/desk/act"
	"shiyang/services/permits/facility"
	"shiyang/services/permits/registration/form"
)

// errSiteHasPermit refuses a registration beside a permit.
var errSiteHasPermit = &problem.Error{
	Kind: problem.Rejected, Reason: "SITE_HAS_PERMIT", Citation: "decree-736 art. 24",
	Text: problem.Text{
		Zh: "该场所已有排污许可证或者在办申请，不能同时登记；许可证注销或者申请结束后再登记。",
		En: "This site has a permit or an open application and cannot be registered beside it. Register when that has ended.",
	},
}

// DecideTier records the tier that follows from answers.
func (s *Server) DecideTier(ctx context.Context, r *permitsv1.DecideTierRequest) (*permitsv1.DecideTierResponse, error) {
	c := call{Method: "DecideTier", ID: r.GetFacilityId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()}
	receipt, err := s.act(ctx, c, func(o act.Occasion, site facility.Facility) es.Command[form.Form] {
		return form.DecideTier{Occasion: o, Site: siteOf(c.ID, site), Industry: site.Site.GetIndustry(), Answers: r.GetAnswers()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.DecideTierResponse{Receipt: receipt}, nil
}

// OverrideTier decides otherwise than the list.
func (s *Server) OverrideTier(ctx context.Context, r *permitsv1.OverrideTierRequest) (*permitsv1.OverrideTierResponse, error) {
	c := call{Method: "OverrideTier", ID: r.GetFacilityId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()}
	receipt, err := s.act(ctx, c, func(o act.Occasion, _ facility.Facility) es.Command[form.Form] {
		return form.OverrideTier{Occasion: o, Tier: r.GetTier(), Reason: r.GetReason()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.OverrideTierResponse{Receipt: receipt}, nil
}

// FileRegistration registers: the site is reserved first, then the form is
// filed, then the reservation is confirmed; a crash in between is mended by the
// same command sent again, by a reaction, or by the ticker.
func (s *Server) FileRegistration(ctx context.Context, r *permitsv1.FileRegistrationRequest) (*permitsv1.FileRegistrationResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	id := r.GetFacilityId()
	site, err := s.SiteFor(ctx, who, "FileRegistration", id)
	if err != nil {
		return nil, err
	}
	meta, occasion, err := s.Meta(ctx, r.GetOccurredAt())
	if err != nil {
		return nil, err
	}
	if receipt, repeated, err := s.forms.Repeated(ctx, id, meta); err != nil || repeated {
		return s.filed(ctx, receipt, err)
	}
	file := form.File{Occasion: occasion, Content: r.GetContent(), Site: siteOf(id, site)}
	if !s.Practice.National {
		file.Mark = s.Practice.Registrations
	}
	state, _, err := s.forms.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := file.Check(state); err != nil {
		return nil, err
	}
	reserved, err := s.Keys.Reserve(ctx, meta, desk.KeySite, id, es.StreamName(form.Category, id))
	if errors.Is(err, reserve.ErrTaken) {
		return nil, errSiteHasPermit
	}
	if err != nil {
		return nil, err
	}
	file.Reservation = reserved.ID
	receipt, err := s.forms.Execute(ctx, id, meta, es.Expecting(file, es.Revision(r.GetExpectedRevision())))
	if reserve.Refused(err) {
		err = errors.Join(err, s.Keys.Withdraw(ctx, meta, reserved)) // the site is free again at once
	}
	if err != nil {
		return nil, err
	}
	if err := s.Keys.Confirm(ctx, meta, desk.KeySite, id, reserved.ID); err != nil {
		// The form is filed; the reaction confirms what we could not.
		s.Logger.LogAttrs(ctx, slog.LevelWarn, "site reservation not confirmed yet", slog.String("registration", id), slog.Any("error", err))
	}
	return s.filed(ctx, receipt, nil)
}

// filed is the receipt with the registration's number.
func (s *Server) filed(ctx context.Context, r es.Receipt, err error) (*permitsv1.FileRegistrationResponse, error) {
	if err != nil {
		return nil, err
	}
	state, _, err := s.forms.Load(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	receipt := desk.ReceiptOf(r)
	receipt.Number = state.Number
	return &permitsv1.FileRegistrationResponse{Receipt: receipt}, nil
}

// ChangeRegistration files a change.
func (s *Server) ChangeRegistration(ctx context.Context, r *permitsv1.ChangeRegistrationRequest) (*permitsv1.ChangeRegistrationResponse, error) {
	c := call{Method: "ChangeRegistration", ID: r.GetFacilityId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()}
	receipt, err := s.act(ctx, c, func(o act.Occasion, _ facility.Facility) es.Command[form.Form] {
		return form.Change{Occasion: o, Content: r.GetContent(), Reason: r.GetReason(), Changed: desk.DayOf(r.GetChanged())}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.ChangeRegistrationResponse{Receipt: receipt}, nil
}

// RenewRegistration takes another term.
func (s *Server) RenewRegistration(ctx context.Context, r *permitsv1.RenewRegistrationRequest) (*permitsv1.RenewRegistrationResponse, error) {
	c := call{Method: "RenewRegistration", ID: r.GetFacilityId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()}
	receipt, err := s.act(ctx, c, func(o act.Occasion, _ facility.Facility) es.Command[form.Form] {
		return form.Renew{Occasion: o, Content: r.GetContent()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.RenewRegistrationResponse{Receipt: receipt}, nil
}

// CancelRegistration ends a registration.
func (s *Server) CancelRegistration(ctx context.Context, r *permitsv1.CancelRegistrationRequest) (*permitsv1.CancelRegistrationResponse, error) {
	c := call{Method: "CancelRegistration", ID: r.GetFacilityId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()}
	receipt, err := s.act(ctx, c, func(o act.Occasion, _ facility.Facility) es.Command[form.Form] {
		return form.Cancel{Occasion: o, Ground: r.GetGround(), Reason: r.GetReason()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.CancelRegistrationResponse{Receipt: receipt}, nil
}

// EnterRegistrationNumber enters the national platform's number.
func (s *Server) EnterRegistrationNumber(ctx context.Context, r *permitsv1.EnterRegistrationNumberRequest) (*permitsv1.EnterRegistrationNumberResponse, error) {
	c := call{Method: "EnterRegistrationNumber", ID: r.GetFacilityId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()}
	receipt, err := s.act(ctx, c, func(o act.Occasion, _ facility.Facility) es.Command[form.Form] {
		return form.EnterNumber{Occasion: o, Number: r.GetNumber()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.EnterRegistrationNumberResponse{Receipt: receipt}, nil
}

// CheckTier says what tier follows from answers, changing nothing.
func (s *Server) CheckTier(ctx context.Context, r *permitsv1.CheckTierRequest) (*permitsv1.CheckTierResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	site, err := s.SiteFor(ctx, who, "CheckTier", r.GetFacilityId())
	if err != nil {
		return nil, err
	}
	state, _, err := s.forms.Load(ctx, r.GetFacilityId())
	if err != nil {
		return nil, err
	}
	command := form.DecideTier{Occasion: s.Today(who), Site: siteOf(r.GetFacilityId(), site), Industry: site.Site.GetIndustry(), Answers: r.GetAnswers()}
	return s.checked(command, state)
}
