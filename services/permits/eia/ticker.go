package eia

import (
	"context"
	"errors"
	"fmt"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	"shiyang/internal/readmodel"
	"shiyang/services/permits/eia/approval"
)

// Jobs are what time alone brings about: silence accepts (Licensing Law
// Art. 32), and a promised day passes.
func Jobs(s *Server) []readmodel.Job {
	return []readmodel.Job{
		{Name: "eia-deemed-acceptance", Run: s.deemSilent},
		{Name: "eia-broken-promises", Run: s.breakPromises},
	}
}

func (s *Server) deemSilent(ctx context.Context, now time.Time) (int, error) {
	ids, err := s.list.Silent(ctx, law.DateOf(now).String(), s.Law().Version())
	if err != nil {
		return 0, err
	}
	return s.each(ctx, now, "eia-deem-accepted", ids, func(o approval.Occasion) es.Command[approval.Approval] {
		return approval.DeemAccepted{Occasion: o}
	})
}

func (s *Server) breakPromises(ctx context.Context, now time.Time) (int, error) {
	ids, err := s.list.Broken(ctx, law.DateOf(now).String())
	if err != nil {
		return 0, err
	}
	return s.each(ctx, now, "eia-broken-promise", ids, func(o approval.Occasion) es.Command[approval.Approval] {
		return approval.BreakPromise{Occasion: o}
	})
}

// each does one thing to every file that a view names. The record itself is
// asked under the law of the day: what it refuses was done, or is not due yet.
func (s *Server) each(ctx context.Context, now time.Time, job string, ids []string, command func(approval.Occasion) es.Command[approval.Approval]) (did int, err error) {
	for _, id := range ids {
		meta, occasion := s.TickingOn(now, job, id)
		receipt, actErr := s.files.Execute(ctx, id, meta, command(occasion))
		switch {
		case isRefusal(actErr):
			continue
		case actErr != nil:
			err = errors.Join(err, fmt.Errorf("%s of %s: %w", job, id, actErr))
		case !receipt.Repeated:
			did++
		}
	}
	return did, err
}

// isRefusal tells a rule's no from a failure.
func isRefusal(err error) bool {
	p, ok := errors.AsType[*problem.Error](err)
	return ok && p.Kind == problem.Rejected
}
