package readmodel

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/problem"
)

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
}

type place struct {
	version  int
	position es.Position
	live     bool
	failed   bool
}

func newBoard() *board {
	return &board{changed: make(chan struct{}), places: map[string]place{}}
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
	for {
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
		}
		var poll <-chan time.Time
		if !kept {
			poll = time.After(pollEvery)
		}
		select {
		case <-changed:
		case <-poll:
		case <-ctx.Done():
			if context.Cause(outer) == context.Canceled { //nolint:errorlint // a deadline is not a cancellation
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
