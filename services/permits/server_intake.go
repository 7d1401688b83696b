package permits

import (
	"context"

	"shiyang/internal/es"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/permit"
)

// CorrectOnSpot records errors corrected at the counter.
func (s *Server) CorrectOnSpot(ctx context.Context, r *permitsv1.CorrectOnSpotRequest) (*permitsv1.CorrectOnSpotResponse, error) {
	c := call{Method: "CorrectOnSpot", ID: r.GetPermitId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()}
	receipt, err := s.permits.Act(ctx, c, func(o permit.Occasion) es.Command[permit.Permit] {
		return permit.CorrectOnSpot{Occasion: o, Items: r.GetItems(), Content: r.GetContent()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.CorrectOnSpotResponse{Receipt: receipt}, nil
}

// NoticeDeficiency tells the applicant, once for all, what is missing.
func (s *Server) NoticeDeficiency(ctx context.Context, r *permitsv1.NoticeDeficiencyRequest) (*permitsv1.NoticeDeficiencyResponse, error) {
	c := call{
		Method: "NoticeDeficiency", ID: r.GetPermitId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision(),
		Number: func(p permit.Permit) string { return p.Deficiency.GetDocumentNumber() },
	}
	receipt, err := s.permits.Numbered(ctx, c, docDeficiency, func(o permit.Occasion, number string) es.Command[permit.Permit] {
		return permit.NoticeDeficiency{Occasion: o, Items: r.GetItems(), Number: number}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.NoticeDeficiencyResponse{Receipt: receipt}, nil
}

// AcceptApplication accepts in writing.
func (s *Server) AcceptApplication(ctx context.Context, r *permitsv1.AcceptApplicationRequest) (*permitsv1.AcceptApplicationResponse, error) {
	c := call{
		Method: "AcceptApplication", ID: r.GetPermitId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision(),
		Number: func(p permit.Permit) string { return p.AcceptanceNumber },
	}
	receipt, err := s.permits.Numbered(ctx, c, docAcceptance, func(o permit.Occasion, number string) es.Command[permit.Permit] {
		return permit.Accept{Occasion: o, Number: number}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.AcceptApplicationResponse{Receipt: receipt}, nil
}

// DeclineApplication says that no permit is needed or that another authority
// decides.
func (s *Server) DeclineApplication(ctx context.Context, r *permitsv1.DeclineApplicationRequest) (*permitsv1.DeclineApplicationResponse, error) {
	c := call{
		Method: "DeclineApplication", ID: r.GetPermitId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision(),
		Number: func(p permit.Permit) string { return p.DocumentNumber },
	}
	receipt, err := s.permits.Numbered(ctx, c, docDeclined, func(o permit.Occasion, number string) es.Command[permit.Permit] {
		return permit.Decline{Occasion: o, Ground: r.GetGround(), Reason: r.GetReason(), Number: number}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.DeclineApplicationResponse{Receipt: receipt}, nil
}

// DeemAccepted records acceptance by silence; only the ticker may.
func (s *Server) DeemAccepted(ctx context.Context, r *permitsv1.DeemAcceptedRequest) (*permitsv1.DeemAcceptedResponse, error) {
	c := call{Method: "DeemAccepted", ID: r.GetPermitId()}
	receipt, err := s.permits.Act(ctx, c, func(o permit.Occasion) es.Command[permit.Permit] { return permit.DeemAccepted{Occasion: o} })
	if err != nil {
		return nil, err
	}
	return &permitsv1.DeemAcceptedResponse{Receipt: receipt}, nil
}
