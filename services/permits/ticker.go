package permits

import (
	"context"
	"errors"
	"fmt"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/es/reserve"
	"shiyang/internal/es/series"
	"shiyang/internal/law"
	"shiyang/internal/readmodel"
	"shiyang/internal/rpc"
	"shiyang/services/permits/permit"
)

// Jobs are what time alone brings about. A view says what may be due; each job
// looks into the record itself, under the law of the day, before it acts, so
// that many replicas may run it.
func Jobs(s *Server) []readmodel.Job {
	return []readmodel.Job{
		{Name: "permit-deemed-acceptance", Run: s.deemSilent},
		{Name: "permit-site-reservations", Run: s.settleSites},
		{Name: "permit-numbers", Run: s.settleNumbers},
	}
}

// ticking is the metadata of a command that the ticker issues for a record.
func (s *Server) ticking(job string, parts ...string) es.Meta {
	return es.Meta{
		CommandID: es.DerivedID(append([]string{"ticker", job}, parts...)...), CommandHash: job,
		Actor: es.Actor{ID: "system:ticker", Role: string(rpc.System)}, LawVersion: s.law().Version(), Client: "ticker",
	}
}

// deemSilent accepts every application on which the agency kept silent beyond
// its last day (D736 Art. 9).
func (s *Server) deemSilent(ctx context.Context, now time.Time) (did int, err error) {
	today := law.DateOf(now)
	ids, err := s.list.Silent(ctx, today.String(), s.law().Version())
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		meta := s.ticking("deem-accepted", id)
		command := permit.DeemAccepted{Occasion: permit.Occasion{By: meta.Actor, On: today, Today: today, Law: s.law()}}
		receipt, actErr := s.permits.Execute(ctx, id, meta, command)
		switch {
		case errors.Is(actErr, permit.ErrTimeLeft), errors.Is(actErr, permit.ErrWrongStage):
			continue // the view was behind, or the law has moved the day
		case actErr != nil:
			err = errors.Join(err, fmt.Errorf("deem %s accepted: %w", id, actErr))
		case !receipt.Repeated:
			did++
		}
	}
	return did, err
}

// settleSites confirms or gives up sites that a crash left reserved.
func (s *Server) settleSites(ctx context.Context, now time.Time) (did int, err error) {
	left, err := s.pending.Reservations(ctx, now.Add(-reserve.MinAge))
	if err != nil {
		return 0, err
	}
	for _, r := range left {
		outcome, stepErr := s.keys.Resolve(ctx, s.ticking("resolve", r.ID), r.Kind, r.Key, r.ID)
		if stepErr != nil {
			err = errors.Join(err, fmt.Errorf("settle reservation %s: %w", r.ID, stepErr))
			continue
		}
		if outcome == reserve.Kept || outcome == reserve.GivenUp {
			did++
		}
	}
	return did, err
}

// unused is why a number stays empty for ever.
const unused = "取号后二十四小时未使用，作废。Not used within 24 hours of being drawn."

// settleNumbers marks used, or voids with a reason, every number that was drawn
// a day ago and that no reaction has marked since.
func (s *Server) settleNumbers(ctx context.Context, now time.Time) (did int, err error) {
	before := now.Add(-series.UnusedAfter)
	all, err := s.pending.Series(ctx, before)
	if err != nil {
		return 0, err
	}
	for _, at := range all {
		open, stepErr := s.numbers.Unused(ctx, at.Organ, at.Type, at.Year, before)
		for _, n := range open {
			if stepErr != nil {
				break
			}
			meta := s.ticking("settle-number", at.Organ, at.Type, fmt.Sprint(at.Year), fmt.Sprint(n.Serial))
			_, stepErr = s.numbers.Settle(ctx, meta, at.Organ, at.Type, at.Year, n, unused)
			did++
		}
		if stepErr != nil {
			err = errors.Join(err, fmt.Errorf("settle numbers of %s: %w", at.Type, stepErr))
		}
	}
	return did, err
}
