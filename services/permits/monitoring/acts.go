package monitoring

import (
	"context"

	"shiyang/internal/es"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/desk/act"
	"shiyang/services/permits/monitoring/frame"
	"shiyang/services/permits/monitoring/meter"
	"shiyang/services/permits/monitoring/period"
	"shiyang/services/permits/monitoring/plan"
)

// RegisterMeter enters a meter of a site that the caller may supervise.
func (s *Server) RegisterMeter(ctx context.Context, r *permitsv1.RegisterMeterRequest) (*permitsv1.RegisterMeterResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	site, err := s.SiteFor(ctx, who, "RegisterMeter", r.GetFacilityId())
	if err != nil {
		return nil, err
	}
	meta, _, err := s.Meta(ctx, r.GetOccurredAt())
	if err != nil {
		return nil, err
	}
	if err := forms(r.GetMn(), r.GetPassword()); err != nil {
		return nil, err
	}
	receipt, err := s.meters.Execute(ctx, meter.ID(r.GetMn()), meta, meter.Register{
		MN: r.GetMn(), FacilityID: r.GetFacilityId(), EnterpriseID: site.EnterpriseID, Division: site.Site.GetDivision(),
		UnitName: site.Site.GetUnitName(), Outlet: r.GetOutlet(), System: r.GetSystem(), Example: site.Site.GetExample(),
		Hash: hashPassword(r.GetPassword()),
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.RegisterMeterResponse{Receipt: desk.ReceiptOf(receipt)}, nil
}

// forms checks what the standard asks of an MN and a password.
func forms(mn, password string) error {
	var wrong problem.Fields
	if mn != "" && !frame.IsMN(mn) {
		wrong.Add("mn", mn, "MN_FORM", "MN 为 24 位数字和大写字母。", "An MN is 24 digits and capital letters.")
	}
	for _, c := range password {
		if (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			wrong.Add("password", "", "PASSWORD_FORM", "访问密码为 6 位字母或数字。", "A password is six letters or digits.")
			break
		}
	}
	return wrong.Err()
}

// call is what every act on a meter has in common.
type call = desk.Call[meter.Meter]

// SetMeterPassword gives a meter another password.
func (s *Server) SetMeterPassword(ctx context.Context, r *permitsv1.SetMeterPasswordRequest) (*permitsv1.SetMeterPasswordResponse, error) {
	if err := forms("", r.GetPassword()); err != nil {
		return nil, err
	}
	hash := hashPassword(r.GetPassword())
	receipt, err := s.meters.Act(ctx, call{Method: "SetMeterPassword", ID: r.GetMeterId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()},
		func(o act.Occasion) es.Command[meter.Meter] { return meter.SetPassword{Occasion: o, Hash: hash} })
	if err != nil {
		return nil, err
	}
	return &permitsv1.SetMeterPasswordResponse{Receipt: receipt}, nil
}

// InstallMeter records that a meter was put up.
func (s *Server) InstallMeter(ctx context.Context, r *permitsv1.InstallMeterRequest) (*permitsv1.InstallMeterResponse, error) {
	receipt, err := s.meters.Act(ctx, call{Method: "InstallMeter", ID: r.GetMeterId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()},
		func(o act.Occasion) es.Command[meter.Meter] {
			return meter.Install{Occasion: o, Day: desk.DayOf(r.GetOn())}
		})
	if err != nil {
		return nil, err
	}
	return &permitsv1.InstallMeterResponse{Receipt: receipt}, nil
}

// AcceptMeterLink records that a meter passed acceptance of its link.
func (s *Server) AcceptMeterLink(ctx context.Context, r *permitsv1.AcceptMeterLinkRequest) (*permitsv1.AcceptMeterLinkResponse, error) {
	receipt, err := s.meters.Act(ctx, call{Method: "AcceptMeterLink", ID: r.GetMeterId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()},
		func(o act.Occasion) es.Command[meter.Meter] {
			return meter.AcceptLink{Occasion: o, Day: desk.DayOf(r.GetOn()), Document: r.GetDocument()}
		})
	if err != nil {
		return nil, err
	}
	return &permitsv1.AcceptMeterLinkResponse{Receipt: receipt}, nil
}

// SuspendMeter stops taking a meter's data.
func (s *Server) SuspendMeter(ctx context.Context, r *permitsv1.SuspendMeterRequest) (*permitsv1.SuspendMeterResponse, error) {
	receipt, err := s.meters.Act(ctx, call{Method: "SuspendMeter", ID: r.GetMeterId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()},
		func(o act.Occasion) es.Command[meter.Meter] { return meter.Suspend{Occasion: o, Reason: r.GetReason()} })
	if err != nil {
		return nil, err
	}
	return &permitsv1.SuspendMeterResponse{Receipt: receipt}, nil
}

// ResumeMeter takes a meter's data again.
func (s *Server) ResumeMeter(ctx context.Context, r *permitsv1.ResumeMeterRequest) (*permitsv1.ResumeMeterResponse, error) {
	receipt, err := s.meters.Act(ctx, call{Method: "ResumeMeter", ID: r.GetMeterId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()},
		func(o act.Occasion) es.Command[meter.Meter] { return meter.Resume{Occasion: o, Reason: r.GetReason()} })
	if err != nil {
		return nil, err
	}
	return &permitsv1.ResumeMeterResponse{Receipt: receipt}, nil
}

// ReplaceMeter puts another meter in the place of one.
func (s *Server) ReplaceMeter(ctx context.Context, r *permitsv1.ReplaceMeterRequest) (*permitsv1.ReplaceMeterResponse, error) {
	by, _, err := s.meters.Load(ctx, r.GetByMeterId())
	if err != nil {
		return nil, err
	}
	receipt, err := s.meters.Act(ctx, call{Method: "ReplaceMeter", ID: r.GetMeterId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()},
		func(o act.Occasion) es.Command[meter.Meter] {
			return meter.Replace{Occasion: o, By: by, Reason: r.GetReason()}
		})
	if err != nil {
		return nil, err
	}
	return &permitsv1.ReplaceMeterResponse{Receipt: receipt}, nil
}

// ReflagReading gives one reading another flag.
func (s *Server) ReflagReading(ctx context.Context, r *permitsv1.ReflagReadingRequest) (*permitsv1.ReflagReadingResponse, error) {
	from := r.GetFrom().AsTime()
	receipt, err := s.months.Act(ctx, desk.Call[period.Month]{
		Method: "ReflagReading", ID: period.ID(r.GetMeterId(), from), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision(),
	}, func(act.Occasion) es.Command[period.Month] {
		return period.Reflag{Period: r.GetPeriod(), From: from, Pollutant: r.GetPollutant(), Flag: r.GetFlag(), Reason: r.GetReason()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.ReflagReadingResponse{Receipt: receipt}, nil
}

// PlanMeter puts an outlet of a site on the plan of a year.
func (s *Server) PlanMeter(ctx context.Context, r *permitsv1.PlanMeterRequest) (*permitsv1.PlanMeterResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	site, err := s.SiteFor(ctx, who, "PlanMeter", r.GetFacilityId())
	if err != nil {
		return nil, err
	}
	event := &permitsv1.MeterPlanned{
		Year: r.GetYear(), FacilityId: r.GetFacilityId(), EnterpriseId: site.EnterpriseID, Division: site.Site.GetDivision(),
		UnitName: site.Site.GetUnitName(), Outlet: r.GetOutlet(), Due: r.GetDue(), Basis: r.GetBasis(), Example: site.Site.GetExample(),
	}
	meta, _, err := s.Meta(ctx, r.GetOccurredAt())
	if err != nil {
		return nil, err
	}
	receipt, err := s.entries.Execute(ctx, plan.ID(r.GetYear(), r.GetFacilityId(), r.GetOutlet()), meta, plan.Put{Event: event})
	if err != nil {
		return nil, err
	}
	return &permitsv1.PlanMeterResponse{Receipt: desk.ReceiptOf(receipt)}, nil
}

// WithdrawMeterPlan takes an outlet off the plan.
func (s *Server) WithdrawMeterPlan(ctx context.Context, r *permitsv1.WithdrawMeterPlanRequest) (*permitsv1.WithdrawMeterPlanResponse, error) {
	receipt, err := s.entries.Act(ctx, desk.Call[plan.Entry]{
		Method: "WithdrawMeterPlan", ID: r.GetEntryId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision(),
	}, func(act.Occasion) es.Command[plan.Entry] { return plan.Withdraw{Reason: r.GetReason()} })
	if err != nil {
		return nil, err
	}
	return &permitsv1.WithdrawMeterPlanResponse{Receipt: receipt}, nil
}
