package eia

import (
	"context"

	"shiyang/internal/es"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/eia/approval"
)

// WithdrawEia takes the file back.
func (s *Server) WithdrawEia(ctx context.Context, r *permitsv1.WithdrawEiaRequest) (*permitsv1.WithdrawEiaResponse, error) {
	c := call{Method: "WithdrawEia", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt()}
	receipt, err := s.files.Act(ctx, c, func(o approval.Occasion) es.Command[approval.Approval] {
		return approval.Withdraw{Occasion: o, Reason: r.GetReason()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.WithdrawEiaResponse{Receipt: receipt}, nil
}

// NoticeEiaDeficiency tells the builder, once for all, what is missing.
func (s *Server) NoticeEiaDeficiency(ctx context.Context, r *permitsv1.NoticeEiaDeficiencyRequest) (*permitsv1.NoticeEiaDeficiencyResponse, error) {
	c := call{Method: "NoticeEiaDeficiency", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision(), Number: func(a approval.Approval) string { return a.Deficiency.GetDocumentNumber() }}
	receipt, err := s.files.Numbered(ctx, c, docDeficiency, func(o approval.Occasion, number string) es.Command[approval.Approval] {
		return approval.NoticeDeficiency{Occasion: o, Items: r.GetItems(), Number: number}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.NoticeEiaDeficiencyResponse{Receipt: receipt}, nil
}

// AcceptEia accepts in writing, complete or with promised items.
func (s *Server) AcceptEia(ctx context.Context, r *permitsv1.AcceptEiaRequest) (*permitsv1.AcceptEiaResponse, error) {
	c := call{Method: "AcceptEia", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision(), Number: func(a approval.Approval) string { return a.AcceptanceNumber }}
	receipt, err := s.files.Numbered(ctx, c, docAcceptance, func(o approval.Occasion, number string) es.Command[approval.Approval] {
		return approval.Accept{Occasion: o, Promised: r.GetPromised(), PromiseDue: desk.DayOf(r.GetPromiseDue()), Number: number}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.AcceptEiaResponse{Receipt: receipt}, nil
}

// DeclineEia says that no approval is needed or that another authority is competent.
func (s *Server) DeclineEia(ctx context.Context, r *permitsv1.DeclineEiaRequest) (*permitsv1.DeclineEiaResponse, error) {
	c := call{Method: "DeclineEia", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision(), Number: func(a approval.Approval) string { return a.DocumentNumber }}
	receipt, err := s.files.Numbered(ctx, c, docDeclined, func(o approval.Occasion, number string) es.Command[approval.Approval] {
		return approval.Decline{Occasion: o, Ground: r.GetGround(), Reason: r.GetReason(), Number: number}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.DeclineEiaResponse{Receipt: receipt}, nil
}

// DeemEiaAccepted records acceptance by silence; only the ticker may.
func (s *Server) DeemEiaAccepted(ctx context.Context, r *permitsv1.DeemEiaAcceptedRequest) (*permitsv1.DeemEiaAcceptedResponse, error) {
	c := call{Method: "DeemEiaAccepted", ID: r.GetEiaId(), OccurredAt: nil}
	receipt, err := s.files.Act(ctx, c, func(o approval.Occasion) es.Command[approval.Approval] {
		return approval.DeemAccepted{Occasion: o}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.DeemEiaAcceptedResponse{Receipt: receipt}, nil
}

// SupplyPromised brings what was promised.
func (s *Server) SupplyPromised(ctx context.Context, r *permitsv1.SupplyPromisedRequest) (*permitsv1.SupplyPromisedResponse, error) {
	c := call{Method: "SupplyPromised", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt()}
	receipt, err := s.files.Act(ctx, c, func(o approval.Occasion) es.Command[approval.Approval] {
		return approval.SupplyPromised{Occasion: o, Items: r.GetItems(), Attachments: r.GetAttachments()}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.SupplyPromisedResponse{Receipt: receipt}, nil
}

// RecordPromiseBreach records that the promise was not kept; only the ticker may.
func (s *Server) RecordPromiseBreach(ctx context.Context, r *permitsv1.RecordPromiseBreachRequest) (*permitsv1.RecordPromiseBreachResponse, error) {
	c := call{Method: "RecordPromiseBreach", ID: r.GetEiaId(), OccurredAt: nil}
	receipt, err := s.files.Act(ctx, c, func(o approval.Occasion) es.Command[approval.Approval] {
		return approval.BreakPromise{Occasion: o}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.RecordPromiseBreachResponse{Receipt: receipt}, nil
}

// ReturnEia sends the file back after a broken promise.
func (s *Server) ReturnEia(ctx context.Context, r *permitsv1.ReturnEiaRequest) (*permitsv1.ReturnEiaResponse, error) {
	c := call{Method: "ReturnEia", ID: r.GetEiaId(), OccurredAt: r.GetOccurredAt(), Expected: r.GetExpectedRevision(), Number: func(a approval.Approval) string { return a.DocumentNumber }}
	receipt, err := s.files.Numbered(ctx, c, docDeclined, func(o approval.Occasion, number string) es.Command[approval.Approval] {
		return approval.Return{Occasion: o, Reason: r.GetReason(), Number: number}
	})
	if err != nil {
		return nil, err
	}
	return &permitsv1.ReturnEiaResponse{Receipt: receipt}, nil
}
