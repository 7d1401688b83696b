package eia

import (
	"context"

	"shiyang/internal/es"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/eia/approval"
)

// PublishEiaAcceptance makes the acceptance public.
func (s *Server) PublishEiaAcceptance(ctx context.Context, r *permitsv1.PublishEiaAcceptanceRequest) (*permitsv1.PublishEiaAcceptanceResponse, error) {
	c := call{Method: "PublishEiaAcceptance", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt()}
	receipt, err := s.files.Act(ctx, c, func(o approval.Occasion) es.Command[approval.Approval] {
		return approval.Publish{Occasion: o, Kind: approval.Acceptance, From: desk.DayOf(r.GetFrom()), URL: r.GetUrl()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.PublishEiaAcceptanceResponse{Receipt: receipt}, nil
}

// PublishEiaIntention makes the intended decision public.
func (s *Server) PublishEiaIntention(ctx context.Context, r *permitsv1.PublishEiaIntentionRequest) (*permitsv1.PublishEiaIntentionResponse, error) {
	c := call{Method: "PublishEiaIntention", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt()}
	receipt, err := s.files.Act(ctx, c, func(o approval.Occasion) es.Command[approval.Approval] {
		return approval.Publish{Occasion: o, Kind: approval.Intention, From: desk.DayOf(r.GetFrom()), URL: r.GetUrl()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.PublishEiaIntentionResponse{Receipt: receipt}, nil
}

// PublishEiaDecision makes the decision public.
func (s *Server) PublishEiaDecision(ctx context.Context, r *permitsv1.PublishEiaDecisionRequest) (*permitsv1.PublishEiaDecisionResponse, error) {
	c := call{Method: "PublishEiaDecision", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt()}
	receipt, err := s.files.Act(ctx, c, func(o approval.Occasion) es.Command[approval.Approval] {
		return approval.Publish{Occasion: o, Kind: approval.Decision, From: desk.DayOf(r.GetFrom()), URL: r.GetUrl()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.PublishEiaDecisionResponse{Receipt: receipt}, nil
}

// PauseEiaClock begins a period that does not count.
func (s *Server) PauseEiaClock(ctx context.Context, r *permitsv1.PauseEiaClockRequest) (*permitsv1.PauseEiaClockResponse, error) {
	c := call{Method: "PauseEiaClock", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt(), Number: latestPause}
	receipt, err := s.files.Numbered(ctx, c, docExclusion, func(o approval.Occasion, number string) es.Command[approval.Approval] {
		return approval.PauseClock{Occasion: o, Kind: r.GetKind(), From: desk.DayOf(r.GetFrom()), Number: number}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.PauseEiaClockResponse{Receipt: receipt}, nil
}

func latestPause(a approval.Approval) string {
	if n := len(a.Pauses); n > 0 {
		return a.Pauses[n-1].DocumentNumber
	}
	return ""
}

// ResumeEiaClock ends it.
func (s *Server) ResumeEiaClock(ctx context.Context, r *permitsv1.ResumeEiaClockRequest) (*permitsv1.ResumeEiaClockResponse, error) {
	c := call{Method: "ResumeEiaClock", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt()}
	receipt, err := s.files.Act(ctx, c, func(o approval.Occasion) es.Command[approval.Approval] {
		return approval.ResumeClock{Occasion: o, Last: desk.DayOf(r.GetLast()), Finding: r.GetFinding()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.ResumeEiaClockResponse{Receipt: receipt}, nil
}

// ReportEiaExamination records the examiner's opinion.
func (s *Server) ReportEiaExamination(ctx context.Context, r *permitsv1.ReportEiaExaminationRequest) (*permitsv1.ReportEiaExaminationResponse, error) {
	c := call{Method: "ReportEiaExamination", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()}
	receipt, err := s.files.Act(ctx, c, func(o approval.Occasion) es.Command[approval.Approval] {
		return approval.Examine{Occasion: o, RecommendApproval: r.GetRecommendApproval(), Opinion: r.GetOpinion(), Grounds: r.GetGrounds()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.ReportEiaExaminationResponse{Receipt: receipt}, nil
}

// ReturnEiaExamination sends the file back to the examiner.
func (s *Server) ReturnEiaExamination(ctx context.Context, r *permitsv1.ReturnEiaExaminationRequest) (*permitsv1.ReturnEiaExaminationResponse, error) {
	c := call{Method: "ReturnEiaExamination", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()}
	receipt, err := s.files.Act(ctx, c, func(o approval.Occasion) es.Command[approval.Approval] {
		return approval.ReturnExamination{Occasion: o, Reason: r.GetReason()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.ReturnEiaExaminationResponse{Receipt: receipt}, nil
}

// RequestEiaHearing asks for a hearing.
func (s *Server) RequestEiaHearing(ctx context.Context, r *permitsv1.RequestEiaHearingRequest) (*permitsv1.RequestEiaHearingResponse, error) {
	c := call{Method: "RequestEiaHearing", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt()}
	receipt, err := s.files.Act(ctx, c, func(o approval.Occasion) es.Command[approval.Approval] {
		return approval.RequestHearing{Occasion: o, Capacity: r.GetCapacity()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.RequestEiaHearingResponse{Receipt: receipt}, nil
}

// CloseEiaHearing records its end.
func (s *Server) CloseEiaHearing(ctx context.Context, r *permitsv1.CloseEiaHearingRequest) (*permitsv1.CloseEiaHearingResponse, error) {
	c := call{Method: "CloseEiaHearing", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt()}
	receipt, err := s.files.Act(ctx, c, func(o approval.Occasion) es.Command[approval.Approval] {
		return approval.CloseHearing{Occasion: o, Held: r.GetHeld(), Finding: r.GetFinding()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.CloseEiaHearingResponse{Receipt: receipt}, nil
}

// ApproveEia approves the document.
func (s *Server) ApproveEia(ctx context.Context, r *permitsv1.ApproveEiaRequest) (*permitsv1.ApproveEiaResponse, error) {
	c := call{Method: "ApproveEia", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision(), Number: func(a approval.Approval) string { return a.DocumentNumber }}
	receipt, err := s.files.Numbered(ctx, c, docApproval, func(o approval.Occasion, number string) es.Command[approval.Approval] {
		return approval.Approve{Occasion: o, Conditions: r.GetConditions(), IssuingOrg: s.Practice.DecisionOrgan, Number: number}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.ApproveEiaResponse{Receipt: receipt}, nil
}

// RefuseEia refuses it with grounds, reasons and remedies.
func (s *Server) RefuseEia(ctx context.Context, r *permitsv1.RefuseEiaRequest) (*permitsv1.RefuseEiaResponse, error) {
	_, occasion, err := s.Meta(ctx, r.GetOccurredAt())
	if err != nil {
		return nil, err
	}
	remedies, err := s.Practice.RemedyText(occasion.Law, occasion.On, s.Practice.DecisionOrgan)
	if err != nil {
		return nil, err
	}
	c := call{
		Method: "RefuseEia", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision(),
		Number: func(a approval.Approval) string { return a.DocumentNumber },
	}
	receipt, err := s.files.Numbered(ctx, c, docRefusal, func(o approval.Occasion, number string) es.Command[approval.Approval] {
		return approval.Refuse{Occasion: o, Grounds: r.GetGrounds(), Reasons: r.GetReasons(), Remedies: remedies, Number: number}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.RefuseEiaResponse{Receipt: receipt}, nil
}
