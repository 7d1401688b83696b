package audit

import (
	"context"
	"errors"
	"fmt"
	"io"

	"shiyang/internal/history"
	"shiyang/internal/problem"
	auditv1 "shiyang/proto/audit/v1"
	commonv1 "shiyang/proto/common/v1"
)

// GetHistory returns one page of a record's history, in stream order.
func (s *Server) GetHistory(ctx context.Context, r *auditv1.GetHistoryRequest) (*auditv1.GetHistoryResponse, error) {
	ctx, err := onward(ctx)
	if err != nil {
		return nil, err
	}
	size := int(r.GetPageSize())
	if size == 0 {
		size = 100
	}
	answer := &auditv1.GetHistoryResponse{}
	seen := false
	for e, err := range s.events(ctx, r.GetCategory(), r.GetId()) {
		if err != nil {
			return nil, err
		}
		seen = true
		if e.GetRevision() <= r.GetAfter() {
			continue
		}
		if len(answer.GetEvents()) == size {
			answer.Next = answer.GetEvents()[size-1].GetRevision()
			break
		}
		answer.Events = append(answer.Events, e)
	}
	if !seen {
		return nil, problem.ErrNotFound
	}
	return answer, nil
}

// GetStateAt returns a record as of an instant, and what is different today.
// One position is picked before anything is asked; both answers are cut there.
func (s *Server) GetStateAt(ctx context.Context, r *auditv1.GetStateAtRequest) (*auditv1.GetStateAtResponse, error) {
	ctx, err := onward(ctx)
	if err != nil {
		return nil, err
	}
	head, err := s.source.Head(ctx)
	if err != nil {
		return nil, fmt.Errorf("head of the log: %w", err)
	}
	position := uint64(head)
	if r.GetPosition() != 0 {
		position = min(position, r.GetPosition())
	}
	if r.GetRevision() != 0 {
		if position, err = s.atRevision(ctx, r, position); err != nil {
			return nil, err
		}
	}
	then, err := s.stateAt(ctx, &commonv1.StateAtRequest{
		Category: r.GetCategory(), Id: r.GetId(), Position: position, HappenedBy: r.GetHappenedBy(), RecordedBy: r.GetRecordedBy(),
	})
	if err != nil {
		return nil, err
	}
	today, err := s.stateAt(ctx, &commonv1.StateAtRequest{Category: r.GetCategory(), Id: r.GetId(), Position: uint64(head)})
	if err != nil {
		return nil, err
	}
	return &auditv1.GetStateAtResponse{
		State: then.GetState(), Revision: then.GetRevision(), Position: then.GetPosition(), Skipped: then.GetSkipped(),
		Since: history.Diff(then.GetState(), today.GetState()),
	}, nil
}

// atRevision is the position of a record's event of that revision, or the given
// position if the record has fewer events by then.
func (s *Server) atRevision(ctx context.Context, r *auditv1.GetStateAtRequest, position uint64) (uint64, error) {
	for e, err := range s.events(ctx, r.GetCategory(), r.GetId()) {
		if err != nil {
			return 0, err
		}
		if e.GetRevision() == r.GetRevision() {
			return min(position, e.GetPosition()), nil
		}
	}
	return position, nil
}

// CheckReplay compares the live views of every service with a replay from
// zero.
func (s *Server) CheckReplay(ctx context.Context, r *auditv1.CheckReplayRequest) (*auditv1.CheckReplayResponse, error) {
	ctx, err := onward(ctx)
	if err != nil {
		return nil, err
	}
	answer := &auditv1.CheckReplayResponse{Equal: true}
	known := r.GetService() == "" || r.GetService() == name
	if known {
		if answer.Views, err = s.checkOwn(ctx, r.GetView()); err != nil {
			return nil, err
		}
	}
	for _, p := range s.parts {
		if r.GetService() != "" && r.GetService() != p.Name {
			continue
		}
		known = true
		views, err := checkPart(ctx, p, r.GetView())
		if err != nil {
			return nil, err
		}
		answer.Views = append(answer.Views, views...)
	}
	if !known || len(answer.GetViews()) == 0 {
		return nil, problem.ErrNotFound
	}
	for _, v := range answer.GetViews() {
		answer.Equal = answer.GetEqual() && v.GetEqual()
	}
	return answer, nil
}

func checkPart(ctx context.Context, p Part, view string) (views []*commonv1.CheckViewsResponse, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := p.History.CheckViews(ctx, &commonv1.CheckViewsRequest{View: view})
	for err == nil {
		var v *commonv1.CheckViewsResponse
		if v, err = stream.Recv(); err == nil {
			views = append(views, v)
		}
	}
	if errors.Is(err, io.EOF) {
		return views, nil
	}
	return nil, err
}
