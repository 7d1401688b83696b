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
	"shiyang/internal/problem"
)

// The states of a projection in [ProjectionStatus].
const (
	stateWaiting    = "waiting"     // the runner has not begun
	stateStandingBy = "standing by" // another process runs it
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
	State    string      // "waiting", "standing by", "catching up", "building", "following" or "failed"
	Live     bool        // has been at the head once, so readers may trust it
	Current  bool        // has been at the head since this process began
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
	began   es.Position // the head when it was first seen
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
		if v.State != stateFailed && (v.State != stateStandingBy || !errors.Is(err, ErrLocked)) {
			v.State = stateWaiting
		}
	}
}

// standsBy tells whether the last attempt, too, found the database taken.
func (s *status) standsBy() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Is(s.stopErr, ErrLocked)
}

func (s *status) report(state string, members []*member) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range members {
		v := s.views[m.Name]
		v.State, v.Live, v.Position, v.Events = state, m.at.live, m.at.position, m.at.events
		v.Failure, v.Gap, v.Current = m.at.failure, m.at.gap, v.Current || m.current
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
	if s.began == 0 {
		s.began = head
	}
	s.head = max(s.head, head)
}

func (s *status) headAtStart() es.Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.began
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
// since this process began and follows it, here or in the process that this
// one stands by for: both can answer. Otherwise the error names the first that
// has not, with its progress. A failed view does not make the process unready:
// the others serve, and the failure is shown.
func (r *Runner) Ready() error {
	for _, v := range r.Status() {
		moves := v.State == stateFollowing || v.State == stateStandingBy
		if v.State != stateFailed && (!moves || !v.Live || !v.Current) {
			return fmt.Errorf("view %s_v%d is %s: at position %d of %d", v.Name, v.Version, v.State, v.Position, v.Head)
		}
	}
	r.status.mu.Lock()
	defer r.status.mu.Unlock()
	if r.status.pipe == nil && !errors.Is(r.status.stopErr, ErrLocked) {
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

// ErrViewBehind reports that a view has not yet seen what the reader asked
// for. The command behind it has been stored; only the reading is late.
var ErrViewBehind = &problem.Error{
	Kind: problem.Unavailable, Reason: "VIEW_BEHIND",
	Text: problem.Text{
		Zh: "刚才的办理已经保存，列表还在更新，请两秒后刷新。",
		En: "What you did is stored; the list is still catching up. Reload in two seconds.",
	},
}

// The longest wait of [DB.WaitFor], and how often it looks when the runner is
// another process.
const (
	longestWait = 2 * time.Second
	pollEvery   = 20 * time.Millisecond
)

// board tells waiting readers where each view stands.
type board struct {
	mu      sync.Mutex
	changed chan struct{}
	runners int // running in this process
	places  map[string]place
	waiting int           // readers that wait for a runner of this process
	hurry   chan struct{} // closed while there are any
}

type place struct {
	version  int
	position es.Position
	live     bool
	failed   bool
}

func newBoard() *board {
	return &board{changed: make(chan struct{}), places: map[string]place{}, hurry: make(chan struct{})}
}

// publish replaces the places of views and wakes everyone who waits.
func (b *board) publish(places map[string]place) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name, p := range places {
		b.places[name] = p
	}
	b.wake()
}

func (b *board) wake() {
	close(b.changed)
	b.changed = make(chan struct{})
}

// attach tells the board that a runner of this process keeps it up to date,
// until detach is called.
func (b *board) attach() (detach func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.runners++; b.runners == 1 {
		clear(b.places)
	}
	b.wake()
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.runners--
		b.wake()
	}
}

// urgent returns a channel that is closed as soon as, and as long as, a reader
// waits.
func (b *board) urgent() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.hurry
}

// await says that a reader waits, until done is called.
func (b *board) await() (done func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.waiting++; b.waiting == 1 {
		close(b.hurry)
	}
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.waiting--; b.waiting == 0 {
			b.hurry = make(chan struct{})
		}
	}
}

// look returns the places, a channel that is closed at the next change, and
// whether a runner of this process keeps the places up to date.
func (b *board) look() (places map[string]place, changed <-chan struct{}, kept bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	places = make(map[string]place, len(b.places))
	for k, v := range b.places {
		places[k] = v
	}
	return places, b.changed, b.runners > 0
}

// WaitFor waits until the named views, or all that are in service, have seen
// everything up to position, so that a reader finds what was just written. It
// waits two seconds at most and then fails with [ErrViewBehind]; it fails at
// once for a named view that was set aside after an error. It returns ctx's
// error only if ctx was cancelled. Position 0 asks for nothing.
func (db *DB) WaitFor(ctx context.Context, position es.Position, views ...string) error {
	if position == 0 {
		return nil
	}
	outer := ctx
	ctx, cancel := context.WithTimeout(ctx, longestWait)
	defer cancel()
	for first := true; ; first = false {
		places, changed, kept := db.board.look()
		if !kept {
			var err error
			if places, err = db.places(ctx); err != nil && ctx.Err() == nil {
				return fmt.Errorf("wait for position %d: %w", position, err)
			}
		}
		switch arrived(places, position, views) {
		case yes:
			return nil
		case never:
			return ErrViewBehind
		case notYet:
		}
		if first {
			defer db.board.await()()
		}
		var poll <-chan time.Time
		if !kept {
			poll = time.After(pollEvery)
		}
		select {
		case <-changed:
		case <-poll:
		case <-ctx.Done():
			if errors.Is(outer.Err(), context.Canceled) { // a deadline is no cancellation
				return context.Canceled
			}
			return ErrViewBehind
		}
	}
}

type answer int

const (
	notYet answer = iota
	yes
	never
)

func arrived(places map[string]place, position es.Position, views []string) answer {
	seen := 0
	for name, p := range places {
		named := slices.Contains(views, name)
		if len(views) > 0 && !named {
			continue
		}
		switch {
		case named && p.failed && p.position < position:
			return never
		case !named && (p.failed || !p.live):
			continue // not in service
		case p.position < position:
			return notYet
		}
		seen++
	}
	if seen == 0 || seen < len(views) {
		return notYet
	}
	return yes
}

// places reads from the database where the newest live version of each view
// stands, for processes that do not run the views themselves.
func (db *DB) places(ctx context.Context) (map[string]place, error) {
	rows, err := db.Query(ctx, `SELECT name, version, position, live, failed_error <> '' OR gap <> 0 FROM readmodel_view`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	places := map[string]place{}
	for rows.Next() {
		var name string
		var p place
		if err := rows.Scan(&name, &p.version, &p.position, &p.live, &p.failed); err != nil {
			return nil, err
		}
		other, known := places[name]
		better := p.live && !other.live || p.live == other.live && p.version > other.version
		if !known || better {
			places[name] = p
		}
	}
	return places, rows.Err()
}
