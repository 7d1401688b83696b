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
	"shiyang/services/permits/permit"
)

// jobs are what time alone brings about for sites and permits, and what settles
// the keys and numbers of every department.
func (s *Server) jobs() []readmodel.Job {
	return []readmodel.Job{
		{Name: "permit-deemed-acceptance", Run: s.deemSilent},
		{Name: "permit-terms", Run: s.endTerms},
		{Name: "permit-renewal-reminders", Run: s.remind},
		{Name: "permit-site-reservations", Run: s.settleSites},
		{Name: "permit-numbers", Run: s.settleNumbers},
	}
}

// deemSilent accepts every application on which the agency kept silent beyond
// its last day (D736 Art. 9).
func (s *Server) deemSilent(ctx context.Context, now time.Time) (did int, err error) {
	today := law.DateOf(now)
	ids, err := s.list.Silent(ctx, today.String(), s.Law().Version())
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		meta, occasion := s.TickingOn(now, "deem-accepted", id)
		receipt, actErr := s.permits.Execute(ctx, id, meta, permit.DeemAccepted{Occasion: occasion})
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

// endTerms says of every permit whose term is over what that makes of it: the
// permit has expired, or its renewal counts as granted (D736 Art. 14, Licensing
// Law Art. 50).
func (s *Server) endTerms(ctx context.Context, now time.Time) (did int, err error) {
	ids, err := s.list.Ending(ctx, law.DateOf(now).String())
	if err != nil {
		return 0, err
	}
	return s.each(ctx, ids, "end the term of", permit.ErrTermRuns, func(id string, p permit.Permit) (es.Meta, es.Command[permit.Permit]) {
		meta, occasion := s.TickingOn(now, "end-term", id, p.ValidTo.String())
		return meta, permit.Expire{Occasion: occasion}
	})
}

// remind reminds holders of the renewal, ninety, seventy-five and sixty-one days
// before the end of the term.
func (s *Server) remind(ctx context.Context, now time.Time) (did int, err error) {
	today := law.DateOf(now)
	for _, days := range permit.ReminderDays() {
		ids, err := s.list.Reminding(ctx, today.String(), today.AddDays(int(days)).String(), days)
		if err != nil {
			return did, err
		}
		n, err := s.each(ctx, ids, "remind", permit.ErrNoReminder, func(id string, p permit.Permit) (es.Meta, es.Command[permit.Permit]) {
			meta, occasion := s.TickingOn(now, "remind-renewal", id, p.ValidTo.String(), fmt.Sprint(days))
			return meta, permit.Remind{Occasion: occasion}
		})
		did += n
		if err != nil {
			return did, err
		}
	}
	return did, nil
}

// each executes a command of the ticker for every permit of a list. What the
// record itself refuses as not due is passed over: the view was behind.
func (s *Server) each(ctx context.Context, ids []string, what string, notDue error,
	command func(string, permit.Permit) (es.Meta, es.Command[permit.Permit]),
) (did int, err error) {
	for _, id := range ids {
		p, _, loadErr := s.permits.Load(ctx, id)
		if loadErr != nil {
			err = errors.Join(err, fmt.Errorf("%s %s: %w", what, id, loadErr))
			continue
		}
		meta, cmd := command(id, p)
		receipt, actErr := s.permits.Execute(ctx, id, meta, cmd)
		switch {
		case errors.Is(actErr, notDue):
		case actErr != nil:
			err = errors.Join(err, fmt.Errorf("%s %s: %w", what, id, actErr))
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
		outcome, stepErr := s.Keys.Resolve(ctx, s.Ticking("resolve", r.ID), r.Kind, r.Key, r.ID)
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
		open, stepErr := s.Numbers.Unused(ctx, at.Organ, at.Type, at.Year, before)
		for _, n := range open {
			if stepErr != nil {
				break
			}
			meta := s.Ticking("settle-number", at.Organ, at.Type, fmt.Sprint(at.Year), fmt.Sprint(n.Serial))
			_, stepErr = s.Numbers.Settle(ctx, meta, at.Organ, at.Type, at.Year, n, unused)
			did++
		}
		if stepErr != nil {
			err = errors.Join(err, fmt.Errorf("settle numbers of %s: %w", at.Type, stepErr))
		}
	}
	return did, err
}
