package permits

import (
	"context"

	"shiyang/internal/es"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/permit"
)

// PauseClock begins a period that does not count.
func (s *Server) PauseClock(ctx context.Context, r *permitsv1.PauseClockRequest) (*permitsv1.PauseClockResponse, error) {
	c := call{
		Method: "PauseClock", ID: r.GetPermitId(), OccurredAt: r.GetOccurredAt(),
		Number: func(p permit.Permit) string {
			if n := len(p.Pauses); n > 0 {
				return p.Pauses[n-1].DocumentNumber
			}
			return ""
		},
	}
	receipt, err := s.permits.Numbered(ctx, c, docExclusion, func(o permit.Occasion, number string) es.Command[permit.Permit] {
		return permit.PauseClock{Occasion: o, Kind: r.GetKind(), From: desk.DayOf(r.GetFrom()), Number: number}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.PauseClockResponse{Receipt: receipt}, nil
}

// ResumeClock ends it.
func (s *Server) ResumeClock(ctx context.Context, r *permitsv1.ResumeClockRequest) (*permitsv1.ResumeClockResponse, error) {
	c := call{Method: "ResumeClock", ID: r.GetPermitId(), OccurredAt: r.GetOccurredAt()}
	receipt, err := s.permits.Act(ctx, c, func(o permit.Occasion) es.Command[permit.Permit] {
		return permit.ResumeClock{Occasion: o, Last: desk.DayOf(r.GetLast()), Finding: r.GetFinding()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.ResumeClockResponse{Receipt: receipt}, nil
}

// RecordSiteCheck records a visit to the site.
func (s *Server) RecordSiteCheck(ctx context.Context, r *permitsv1.RecordSiteCheckRequest) (*permitsv1.RecordSiteCheckResponse, error) {
	c := call{Method: "RecordSiteCheck", ID: r.GetPermitId(), OccurredAt: r.GetOccurredAt()}
	receipt, err := s.permits.Act(ctx, c, func(o permit.Occasion) es.Command[permit.Permit] {
		return permit.CheckSite{Occasion: o, Day: desk.DayOf(r.GetOn()), Finding: r.GetFinding(), Officers: r.GetOfficerIds()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.RecordSiteCheckResponse{Receipt: receipt}, nil
}

// ReportExamination records the examiner's opinion.
func (s *Server) ReportExamination(ctx context.Context, r *permitsv1.ReportExaminationRequest) (*permitsv1.ReportExaminationResponse, error) {
	c := call{Method: "ReportExamination", ID: r.GetPermitId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()}
	receipt, err := s.permits.Act(ctx, c, func(o permit.Occasion) es.Command[permit.Permit] {
		return permit.Examine{Occasion: o, RecommendGrant: r.GetRecommendGrant(), Opinion: r.GetOpinion(), Limits: r.GetLimits(), Conditions: r.GetConditions()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.ReportExaminationResponse{Receipt: receipt}, nil
}

// ReturnExamination sends the file back to the examiner.
func (s *Server) ReturnExamination(ctx context.Context, r *permitsv1.ReturnExaminationRequest) (*permitsv1.ReturnExaminationResponse, error) {
	c := call{Method: "ReturnExamination", ID: r.GetPermitId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()}
	receipt, err := s.permits.Act(ctx, c, func(o permit.Occasion) es.Command[permit.Permit] {
		return permit.ReturnExamination{Occasion: o, Reason: r.GetReason()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.ReturnExaminationResponse{Receipt: receipt}, nil
}

// IssuePermit grants the permit.
func (s *Server) IssuePermit(ctx context.Context, r *permitsv1.IssuePermitRequest) (*permitsv1.IssuePermitResponse, error) {
	c := call{
		Method: "IssuePermit", ID: r.GetPermitId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision(),
		Number: func(p permit.Permit) string { return p.Number },
	}
	receipt, err := s.permits.Numbered(ctx, c, docGrant, func(o permit.Occasion, number string) es.Command[permit.Permit] {
		return permit.Issue{
			Occasion: o, ValidFrom: desk.DayOf(r.GetValidFrom()), Number: number, IssuingOrg: s.Practice.DecisionOrgan,
			Mark: s.mark(), ExternalNumber: r.GetExternalNumber(),
		}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.IssuePermitResponse{Receipt: receipt}, nil
}

// mark is the last letter of local numbers; 0 where numbers are the national
// platform's alone.
func (s *Server) mark() byte {
	if s.Practice.National {
		return 0
	}
	return s.Practice.Mark
}

// RefusePermit refuses with reasons and remedies.
func (s *Server) RefusePermit(ctx context.Context, r *permitsv1.RefusePermitRequest) (*permitsv1.RefusePermitResponse, error) {
	_, occasion, err := s.Meta(ctx, r.GetOccurredAt())
	if err != nil {
		return nil, err
	}
	remedies, err := s.Practice.RemedyText(occasion.Law, occasion.On, s.Practice.DecisionOrgan)
	if err != nil {
		return nil, err
	}
	c := call{
		Method: "RefusePermit", ID: r.GetPermitId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision(),
		Number: func(p permit.Permit) string { return p.DocumentNumber },
	}
	receipt, err := s.permits.Numbered(ctx, c, docRefusal, func(o permit.Occasion, number string) es.Command[permit.Permit] {
		return permit.Refuse{Occasion: o, Reasons: r.GetReasons(), Unmet: r.GetUnmetConditions(), Remedies: remedies, Number: number}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.RefusePermitResponse{Receipt: receipt}, nil
}

// RecordDelivery records that the decision was handed over.
func (s *Server) RecordDelivery(ctx context.Context, r *permitsv1.RecordDeliveryRequest) (*permitsv1.RecordDeliveryResponse, error) {
	c := call{Method: "RecordDelivery", ID: r.GetPermitId(), OccurredAt: r.GetOccurredAt()}
	receipt, err := s.permits.Act(ctx, c, func(o permit.Occasion) es.Command[permit.Permit] {
		return permit.Deliver{Occasion: o, Day: desk.DayOf(r.GetDelivered()), Method: r.GetMethod()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.RecordDeliveryResponse{Receipt: receipt}, nil
}
