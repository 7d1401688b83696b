package permits

import (
	"context"

	"shiyang/internal/es"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/permit"
)

// PauseClock begins a period that does not count.
func (s *Server) PauseClock(ctx context.Context, r *permitsv1.PauseClockRequest) (*permitsv1.PauseClockResponse, error) {
	c := call{
		method: "PauseClock", id: r.GetPermitId(), occurredAt: r.GetOccurredAt(),
		number: func(p permit.Permit) string {
			if n := len(p.Pauses); n > 0 {
				return p.Pauses[n-1].DocumentNumber
			}
			return ""
		},
	}
	receipt, err := s.numbered(ctx, c, docExclusion, func(o permit.Occasion, number string) es.Command[permit.Permit] {
		return permit.PauseClock{Occasion: o, Kind: r.GetKind(), From: dayOf(r.GetFrom()), Number: number}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.PauseClockResponse{Receipt: receipt}, nil
}

// ResumeClock ends it.
func (s *Server) ResumeClock(ctx context.Context, r *permitsv1.ResumeClockRequest) (*permitsv1.ResumeClockResponse, error) {
	c := call{method: "ResumeClock", id: r.GetPermitId(), occurredAt: r.GetOccurredAt()}
	receipt, err := s.act(ctx, c, func(o permit.Occasion) es.Command[permit.Permit] {
		return permit.ResumeClock{Occasion: o, Last: dayOf(r.GetLast()), Finding: r.GetFinding()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.ResumeClockResponse{Receipt: receipt}, nil
}

// RecordSiteCheck records a visit to the site.
func (s *Server) RecordSiteCheck(ctx context.Context, r *permitsv1.RecordSiteCheckRequest) (*permitsv1.RecordSiteCheckResponse, error) {
	c := call{method: "RecordSiteCheck", id: r.GetPermitId(), occurredAt: r.GetOccurredAt()}
	receipt, err := s.act(ctx, c, func(o permit.Occasion) es.Command[permit.Permit] {
		return permit.CheckSite{Occasion: o, Day: dayOf(r.GetOn()), Finding: r.GetFinding(), Officers: r.GetOfficerIds()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.RecordSiteCheckResponse{Receipt: receipt}, nil
}

// ReportExamination records the examiner's opinion.
func (s *Server) ReportExamination(ctx context.Context, r *permitsv1.ReportExaminationRequest) (*permitsv1.ReportExaminationResponse, error) {
	c := call{method: "ReportExamination", id: r.GetPermitId(), occurredAt: r.GetOccurredAt(), expected: r.GetExpectedRevision()}
	receipt, err := s.act(ctx, c, func(o permit.Occasion) es.Command[permit.Permit] {
		return permit.Examine{Occasion: o, RecommendGrant: r.GetRecommendGrant(), Opinion: r.GetOpinion(), Limits: r.GetLimits()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.ReportExaminationResponse{Receipt: receipt}, nil
}

// ReturnExamination sends the file back to the examiner.
func (s *Server) ReturnExamination(ctx context.Context, r *permitsv1.ReturnExaminationRequest) (*permitsv1.ReturnExaminationResponse, error) {
	c := call{method: "ReturnExamination", id: r.GetPermitId(), occurredAt: r.GetOccurredAt(), expected: r.GetExpectedRevision()}
	receipt, err := s.act(ctx, c, func(o permit.Occasion) es.Command[permit.Permit] {
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
		method: "IssuePermit", id: r.GetPermitId(), occurredAt: r.GetOccurredAt(), expected: r.GetExpectedRevision(),
		number: func(p permit.Permit) string { return p.Number },
	}
	receipt, err := s.numbered(ctx, c, docGrant, func(o permit.Occasion, number string) es.Command[permit.Permit] {
		return permit.Issue{
			Occasion: o, ValidFrom: dayOf(r.GetValidFrom()), Number: number, IssuingOrg: s.practice.DecisionOrgan,
			Mark: s.practice.Mark, ExternalNumber: r.GetExternalNumber(),
		}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.IssuePermitResponse{Receipt: receipt}, nil
}

// RefusePermit refuses with reasons and remedies.
func (s *Server) RefusePermit(ctx context.Context, r *permitsv1.RefusePermitRequest) (*permitsv1.RefusePermitResponse, error) {
	_, occasion, err := s.meta(ctx, r.GetOccurredAt())
	if err != nil {
		return nil, err
	}
	remedies, err := s.practice.remedies(occasion.Law, occasion.On, s.practice.DecisionOrgan)
	if err != nil {
		return nil, err
	}
	c := call{
		method: "RefusePermit", id: r.GetPermitId(), occurredAt: r.GetOccurredAt(), expected: r.GetExpectedRevision(),
		number: func(p permit.Permit) string { return p.DocumentNumber },
	}
	receipt, err := s.numbered(ctx, c, docRefusal, func(o permit.Occasion, number string) es.Command[permit.Permit] {
		return permit.Refuse{Occasion: o, Reasons: r.GetReasons(), Unmet: r.GetUnmetConditions(), Remedies: remedies, Number: number}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.RefusePermitResponse{Receipt: receipt}, nil
}

// RecordDelivery records that the decision was handed over.
func (s *Server) RecordDelivery(ctx context.Context, r *permitsv1.RecordDeliveryRequest) (*permitsv1.RecordDeliveryResponse, error) {
	c := call{method: "RecordDelivery", id: r.GetPermitId(), occurredAt: r.GetOccurredAt()}
	receipt, err := s.act(ctx, c, func(o permit.Occasion) es.Command[permit.Permit] {
		return permit.Deliver{Occasion: o, Day: dayOf(r.GetDelivered()), Method: r.GetMethod()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.RecordDeliveryResponse{Receipt: receipt}, nil
}
