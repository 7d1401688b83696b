package readmodeltest

import (
	"context"
	"iter"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/es/memstore"
	"shiyang/internal/readmodel"
)

// Log is a log in memory that a runner can follow: a memstore with a
// subscription on top, and with faults on demand. It is safe for concurrent
// use.
type Log struct {
	// Store takes the appends. It needs a codec.
	Store *memstore.Store

	mu     sync.Mutex
	faults Faults
	subs   int
}

// Faults make a [Log] behave badly. Each is asked for every event that a
// subscription is about to deliver; nil means never.
type Faults struct {
	Repeat func(readmodel.RawEvent) bool // deliver the event twice
	Skip   func(readmodel.RawEvent) bool // leave the event out
	Break  func(readmodel.RawEvent) error
}

var _ readmodel.Source = (*Log)(nil)

// NewLog returns an empty log whose events are stored with codec.
func NewLog(codec *es.Codec) *Log { return Follow(memstore.New(codec)) }

// Follow returns a log on top of a store that others append to.
func Follow(store *memstore.Store) *Log { return &Log{Store: store} }

// Misbehave sets the faults from now on.
func (l *Log) Misbehave(f Faults) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.faults = f
}

// Subscriptions is how often someone has subscribed.
func (l *Log) Subscriptions() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.subs
}

// Append adds events to a stream, recorded a minute after one another from
// [At] on, and returns the position of the last.
func (l *Log) Append(t testing.TB, stream string, events ...es.Event) es.Position {
	t.Helper()
	var last es.Position
	for _, e := range events {
		revision, n := es.Revision(0), l.Store.Head()
		for rec, err := range l.Store.Read(t.Context(), stream, 0) {
			if err != nil {
				t.Fatal(err)
			}
			revision = rec.Revision
		}
		at := At.Add(time.Duration(n) * time.Minute)
		meta := es.Meta{
			CommandID: es.DerivedID("test", stream, strconv.FormatUint(uint64(revision), 10)),
			Actor:     es.Actor{ID: "tester", Role: "system"}, OccurredAt: at, RecordedAt: at,
		}
		appended, err := l.Store.Append(t.Context(), stream, revision, meta, e)
		if err != nil {
			t.Fatal(err)
		}
		last = appended.Position
	}
	return last
}

// Head implements [readmodel.Source].
func (l *Log) Head(ctx context.Context) (es.Position, error) { return l.Store.Head(), ctx.Err() }

// ReadAll implements [readmodel.Source].
func (l *Log) ReadAll(ctx context.Context, from es.Position, prefixes []string) iter.Seq2[readmodel.RawEvent, error] {
	return func(yield func(readmodel.RawEvent, error) bool) {
		for e := range l.Store.Raw(from) {
			if err := ctx.Err(); err != nil {
				yield(readmodel.RawEvent{}, err)
				return
			}
			if selected(e.Stream, prefixes) && !yield(raw(e), nil) {
				return
			}
		}
	}
}

// Subscribe implements [readmodel.Source].
func (l *Log) Subscribe(ctx context.Context, from es.Position, prefixes []string) iter.Seq2[readmodel.Delivery, error] {
	l.mu.Lock()
	l.subs++
	l.mu.Unlock()
	return func(yield func(readmodel.Delivery, error) bool) {
		at := from
		for {
			changed := l.Store.Changed()
			for e := range l.Store.Raw(at) {
				at = e.Position
				if selected(e.Stream, prefixes) && !l.deliver(raw(e), yield) {
					return
				}
			}
			if !yield(readmodel.Delivery{CaughtUp: true, Position: at}, nil) {
				return
			}
			select {
			case <-changed:
			case <-ctx.Done():
				yield(readmodel.Delivery{}, ctx.Err())
				return
			}
		}
	}
}

func (l *Log) deliver(e readmodel.RawEvent, yield func(readmodel.Delivery, error) bool) bool {
	l.mu.Lock()
	f := l.faults
	l.mu.Unlock()
	if f.Break != nil {
		if err := f.Break(e); err != nil {
			yield(readmodel.Delivery{}, err)
			return false
		}
	}
	if f.Skip != nil && f.Skip(e) {
		return true
	}
	times := 1
	if f.Repeat != nil && f.Repeat(e) {
		times = 2
	}
	for range times {
		copied := e
		if !yield(readmodel.Delivery{Event: &copied, Position: e.Position}, nil) {
			return false
		}
	}
	return true
}

func raw(e memstore.Stored) readmodel.RawEvent {
	return readmodel.RawEvent{
		ID: e.ID, Stream: e.Stream, Type: e.Type, Data: e.Data, Metadata: e.Metadata,
		Revision: e.Revision, Position: e.Position, Created: e.Created,
	}
}

func selected(stream string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(stream, p) {
			return true
		}
	}
	return len(prefixes) == 0
}
