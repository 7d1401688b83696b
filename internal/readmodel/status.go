package readmodel

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"shiyang/internal/es"
)

// The states of a projection in [ProjectionStatus].
const (
	stateWaiting    = "waiting"     // the runner has not begun, or stands by for another process
	stateCatchingUp = "catching up" // reads the log on its own
	stateBuilding   = "building"    // another process builds it
	stateFollowing  = "following"   // moves with every event
	stateFailed     = "failed"      // set aside; see Failure
)

// ProjectionStatus tells where one projection stands, for status pages,
// readiness and metrics.
type ProjectionStatus struct {
	Name     string
	Version  int
	State    string      // "waiting", "catching up", "building", "following" or "failed"
	Live     bool        // has been at the head once, so readers may trust it
	Position es.Position // everything up to here is in the tables
	Head     es.Position // of the log when last asked
	Behind   es.Position // Head less Position, in positions; 0 at the head
	Events   int64       // given to it since the first
	Queued   int         // events read and not yet written; 0 unless following
	// Lag is how long ago the last event it holds was recorded, 0 at the head:
	// an upper bound of how old its answers are.
	Lag     time.Duration
	Failure Failure
	Gap     bool // events were skipped: rebuild it
}

// status is what a runner lets others see; it never waits for the database.
type status struct {
	mu      sync.Mutex
	order   []string
	views   map[string]*ProjectionStatus
	last    map[string]time.Time
	head    es.Position
	pipe    *pipe
	stopErr error
}

func (s *status) start(members []*member) {
	s.views, s.last = map[string]*ProjectionStatus{}, map[string]time.Time{}
	for _, m := range members {
		s.order = append(s.order, m.Name)
		s.views[m.Name] = &ProjectionStatus{Name: m.Name, Version: m.Version, State: stateWaiting}
	}
}

func (s *status) running(p *pipe) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pipe, s.stopErr = p, nil
}

func (s *status) stopped(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pipe, s.stopErr = nil, err
	for _, v := range s.views {
		if v.State != stateFailed {
			v.State = stateWaiting
		}
	}
}

func (s *status) report(state string, members []*member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range members {
		v := s.views[m.Name]
		v.State, v.Live, v.Position, v.Events = state, m.at.live, m.at.position, m.at.events
		v.Failure, v.Gap = m.at.failure, m.at.gap
		if m.broken() {
			v.State = stateFailed
		}
		s.last[m.Name] = m.at.recordedAt
		s.head = max(s.head, m.at.position)
	}
}

func (s *status) sawHead(head es.Position) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.head = max(s.head, head)
}

// Status returns where every projection stands, in the order given to
// [NewRunner]. It does not touch the database.
func (r *Runner) Status() []ProjectionStatus {
	s := &r.status
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]ProjectionStatus, 0, len(s.order))
	for _, name := range s.order {
		v := *s.views[name]
		v.Head = s.head
		if v.State == stateFollowing && s.pipe != nil {
			v.Queued = s.pipe.waiting()
		}
		if v.Position < s.head {
			v.Behind = s.head - v.Position
			if last := s.last[name]; !last.IsZero() {
				v.Lag = max(0, r.options.Now().Sub(last))
			}
		}
		out = append(out, v)
	}
	return out
}

// UnknownEvents is how many events were skipped because this program does not
// know their type.
func (r *Runner) UnknownEvents() int64 { return r.reader.unknown.Load() }

// Ready returns nil when every view that is not set aside has reached the head
// once and follows it. Otherwise the error names the first that has not, with
// its progress. A failed view does not make the process unready: the others
// serve, and the failure is shown.
func (r *Runner) Ready() error {
	for _, v := range r.Status() {
		if v.State != stateFailed && (v.State != stateFollowing || !v.Live) {
			return fmt.Errorf("view %s_v%d is %s: at position %d of %d", v.Name, v.Version, v.State, v.Position, v.Head)
		}
	}
	r.status.mu.Lock()
	defer r.status.mu.Unlock()
	if r.status.pipe == nil {
		return cmp.Or(r.status.stopErr, errors.New("the read models have not been started"))
	}
	return nil
}

// Position returns the position that every view in service has reached.
func (r *Runner) Position() es.Position {
	var at []es.Position
	for _, v := range r.Status() {
		if v.State != stateFailed {
			at = append(at, v.Position)
		}
	}
	if len(at) == 0 {
		r.status.mu.Lock()
		defer r.status.mu.Unlock()
		return r.status.head
	}
	return slices.Min(at)
}

const watchEvery = 2 * time.Second

// watch asks for the log's head now and then, and whether the lock is still
// ours.
func (r *Runner) watch(ctx context.Context, l *lock) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		if head, err := r.source.Head(ctx); err == nil {
			r.status.sawHead(head)
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
