package readmodel

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"time"

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
	if err := apply(batch{end: r.position, caught: r.caught}); err != nil {
		return fmt.Errorf("join: %w", err)
	}
	r.live = append(r.live, group...)
	r.settleLive(ctx)
	return nil
}

// How often the watch looks, and at which of its looks it tells how far the
// views are while a start waits for them.
const (
	watchEvery = 2 * time.Second
	toldEvery  = 5
)

// watch asks for the log's head now and then, and whether the lock is still
// ours.
func (r *Runner) watch(ctx context.Context, l *lock) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for looks := 0; ; looks++ {
		if head, err := r.source.Head(ctx); err == nil {
			r.status.sawHead(head)
		}
		if err := r.Ready(); err != nil && looks%toldEvery == 1 {
			r.options.Logger.LogAttrs(ctx, slog.LevelInfo, "views are catching up", slog.Any("progress", err))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		if err := l.held(ctx); err != nil && ctx.Err() == nil {
			return fmt.Errorf("the lock was lost: %w", err)
		}
	}
}

// sharing is a log that many follow over one subscription. It lets a
// subscriber sleep while nothing comes that it wants, and gives it the rest a
// little later.
type sharing interface {
	Follow(ctx context.Context, from es.Position, prefixes []string, wanted func(*RawEvent) bool) iter.Seq2[Delivery, error]
}

// subscribe follows a log for a subscriber that waits for some types of
// events, or, for nil, for all.
func (r *reader) subscribe(ctx context.Context, source Source, from es.Position, prefixes []string, wanted map[string]bool) iter.Seq2[Delivery, error] {
	shared, ok := source.(sharing)
	if !ok {
		return source.Subscribe(ctx, from, prefixes)
	}
	return shared.Follow(ctx, from, prefixes, func(e *RawEvent) bool {
		return ours(e.Stream) && (wanted == nil || wanted[r.typeOf(ctx, e.Type)])
	})
}
