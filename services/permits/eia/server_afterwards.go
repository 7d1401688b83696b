package eia

import (
	"context"

	"shiyang/internal/es"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/eia/approval"
)

// RecordEiaStart records that the works began.
func (s *Server) RecordEiaStart(ctx context.Context, r *permitsv1.RecordEiaStartRequest) (*permitsv1.RecordEiaStartResponse, error) {
	c := call{Method: "RecordEiaStart", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt()}
	receipt, err := s.files.Act(ctx, c, func(o approval.Occasion) es.Command[approval.Approval] {
		return approval.Begin{Occasion: o, Day: desk.DayOf(r.GetOn())}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.RecordEiaStartResponse{Receipt: receipt}, nil
}

// NoteEiaChange notes a small change.
func (s *Server) NoteEiaChange(ctx context.Context, r *permitsv1.NoteEiaChangeRequest) (*permitsv1.NoteEiaChangeResponse, error) {
	c := call{Method: "NoteEiaChange", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt()}
	receipt, err := s.files.Act(ctx, c, func(o approval.Occasion) es.Command[approval.Approval] {
		return approval.NoteChange{Occasion: o, Change: r.GetChange(), Reason: r.GetReason()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.NoteEiaChangeResponse{Receipt: receipt}, nil
}

// RequestEiaRecheck asks for a re-check of an approval not used within five years.
func (s *Server) RequestEiaRecheck(ctx context.Context, r *permitsv1.RequestEiaRecheckRequest) (*permitsv1.RequestEiaRecheckResponse, error) {
	c := call{Method: "RequestEiaRecheck", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt()}
	receipt, err := s.files.Act(ctx, c, func(o approval.Occasion) es.Command[approval.Approval] {
		return approval.RequestRecheck{Occasion: o, Reason: r.GetReason()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.RequestEiaRecheckResponse{Receipt: receipt}, nil
}

// AnswerEiaRecheck answers it.
func (s *Server) AnswerEiaRecheck(ctx context.Context, r *permitsv1.AnswerEiaRecheckRequest) (*permitsv1.AnswerEiaRecheckResponse, error) {
	c := call{Method: "AnswerEiaRecheck", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision()}
	receipt, err := s.files.Act(ctx, c, func(o approval.Occasion) es.Command[approval.Approval] {
		return approval.AnswerRecheck{Occasion: o, Upheld: r.GetUpheld(), Opinion: r.GetOpinion()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.AnswerEiaRecheckResponse{Receipt: receipt}, nil
}

// ReportSelfAcceptance reports the builder's own acceptance.
func (s *Server) ReportSelfAcceptance(ctx context.Context, r *permitsv1.ReportSelfAcceptanceRequest) (*permitsv1.ReportSelfAcceptanceResponse, error) {
	c := call{Method: "ReportSelfAcceptance", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt()}
	receipt, err := s.files.Act(ctx, c, func(o approval.Occasion) es.Command[approval.Approval] {
		return approval.ReportAcceptance{
			Occasion: o, Day: desk.DayOf(r.GetOn()), Passed: r.GetPassed(), URL: r.GetUrl(), Remark: r.GetRemark(),
		}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.ReportSelfAcceptanceResponse{Receipt: receipt}, nil
}
