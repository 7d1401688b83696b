package readmodel

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"shiyang/internal/es"
)

// catchUpAll brings those behind to the head, nearest first; those that stand
// at the same place share their reads.
func (r *Runner) catchUpAll(ctx context.Context, behind []*member) error {
	for len(behind) > 0 {
		n := 1
		for n < len(behind) && behind[n].at.position == behind[0].at.position {
			n++
		}
		if err := r.catchUp(ctx, slices.Clone(behind[:n])); err != nil {
			return err
		}
		behind = behind[n:]
	}
	return nil
}

// catchUp reads the log for a group and joins it to the live set. A failed
// checkpoint is tried again from where it stands.
func (r *Runner) catchUp(ctx context.Context, group []*member) error {
	for _, m := range group {
		l, err := r.lockView(ctx, m)
		if err != nil {
			return err
		}
		defer l.release()
		if m.at, err = r.db.install(ctx, m.Projection, r.options.Prefixes); err != nil { // a build may have moved it
			return err
		}
		m.retry = m.at.failure != Failure{}
		m.at.failure = Failure{}
	}
	for gaps := 0; len(group) > 0; {
		from, n := least(group), 0
		err := r.reader.replay(ctx, r.source, r.options.Prefixes, from, toHead, r.wanted, func(b batch) error {
			n += len(b.items)
			if err := r.db.applyAll(ctx, group, b); err != nil {
				return err
			}
			r.report(ctx, stateCatchingUp, group...)
			group = slices.DeleteFunc(group, (*member).broken)
			return nil
		})
		if errors.Is(err, errGap) {
			if gaps++; gaps == 1 {
				continue
			}
			return r.setAside(ctx, group, err)
		}
		if err != nil {
			return fmt.Errorf("catch up: %w", err)
		}
		if n <= batchEvents {
			return r.join(ctx, group)
		}
	}
	return nil
}

func (r *Runner) lockView(ctx context.Context, m *member) (*lock, error) {
	for {
		l, err := r.db.lock(ctx, m.Key())
		if !errors.Is(err, ErrLocked) {
			return l, err
		}
		r.status.report(stateBuilding, []*member{m})
		pause(ctx, 2)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
}

func least(group []*member) es.Position {
	from := group[0].at.position
	for _, m := range group {
		from = min(from, m.at.position)
	}
	return from
}

// join reads the last few events while the live set stands still, and adds the
// group to it.
func (r *Runner) join(ctx context.Context, group []*member) error {
	if len(group) == 0 {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	apply := func(b batch) error { return r.db.applyAll(ctx, group, b) }
	if from := least(group); from < r.position {
		if err := r.reader.replay(ctx, r.source, r.options.Prefixes, from, r.position, r.wanted, apply); err != nil {
			return fmt.Errorf("join: %w", err)
		}
	}
	if err := apply(batch{end: r.position, caught: true}); err != nil {
		return fmt.Errorf("join: %w", err)
	}
	r.live = append(r.live, group...)
	r.settleLive(ctx)
	return nil
}
