// Package load makes writers that remember: each knows what it has sent and
// not yet had answered, and sends it again, with the same ids and the same
// expectation, until it is answered, over as many deaths of the store as it
// takes. So every event that a writer began is in the log exactly once.
//
// Start reading at Fleet.
package load

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"shiyang/test/torture/oracle"
	"shiyang/test/torture/wire"
)

// Appender is how writers reach a store. An error means that it is not known
// whether the events were written.
type Appender interface {
	Append(ctx context.Context, stream string, expected wire.Expected, size int, ids ...uuid.UUID) ([]oracle.Event, error)
}

// Fleet is a number of writers, each with streams of its own that it demands
// exact revisions of, and one stream that all share and append to without
// any demand.
type Fleet struct {
	Oracle  *oracle.Oracle
	Tag     string // begins the names of streams
	Size    int    // bytes of an event
	Group   int    // most events of one append
	Exact   bool   // no appends without a demand
	writers []*writer
	mu      sync.Mutex
	recent  []Done
	wrong   atomic.Int64
	first   atomic.Pointer[string]
}

// Done is an append that was acknowledged.
type Done struct {
	Stream   string
	Expected wire.Expected
	IDs      []uuid.UUID
	Events   []oracle.Event
}

// keepRecent is how many acknowledged appends a fleet can tell of.
const keepRecent = 4

// Recent returns the appends that were acknowledged last.
func (f *Fleet) Recent() []Done {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.recent)
}

func (f *Fleet) note(d Done) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.recent) == keepRecent {
		f.recent = f.recent[1:]
	}
	f.recent = append(f.recent, d)
}

// writer is one writer; it is used by one goroutine at a time.
type writer struct {
	fleet   *Fleet
	number  int
	random  *rand.Rand
	stream  string
	streams int
	next    int64 // revisions of stream so far
	pending *request
	repeats int
}

// request is an append that is not answered yet.
type request struct {
	stream   string
	expected wire.Expected
	ids      []uuid.UUID
	sent     bool // was sent before, so the answer may be that of the first time
}

// streamLength is how many events a writer puts in one stream.
const streamLength = 50

// NewFleet makes writers; fork gives each its source of chance.
func NewFleet(n int, o *oracle.Oracle, tag string, fork func(uint64) *rand.Rand) *Fleet {
	f := &Fleet{Oracle: o, Tag: tag, Size: 512, Group: 4}
	for i := range n {
		f.writers = append(f.writers, &writer{fleet: f, number: i, random: fork(uint64(i))})
	}
	return f
}

// Run lets the writers write until ctx ends or the store no longer answers
// one of them; each writer ends with its own failure, which is no fault.
func (f *Fleet) Run(ctx context.Context, store Appender) {
	var all sync.WaitGroup
	for _, w := range f.writers {
		all.Go(func() {
			for ctx.Err() == nil {
				if w.step(ctx, store) != nil {
					return
				}
			}
		})
	}
	all.Wait()
}

// Persist is Run for a store that comes back: writers go on after failures.
func (f *Fleet) Persist(ctx context.Context, store Appender, failed func(error)) {
	var all sync.WaitGroup
	for _, w := range f.writers {
		all.Go(func() {
			for ctx.Err() == nil {
				if err := w.step(ctx, store); err != nil && ctx.Err() == nil {
					failed(err)
				}
			}
		})
	}
	all.Wait()
}

// Finish lets every writer send what it still owes, once.
func (f *Fleet) Finish(ctx context.Context, store Appender) error {
	var all sync.WaitGroup
	errs := make([]error, len(f.writers))
	for i, w := range f.writers {
		all.Go(func() {
			for w.pending != nil && errs[i] == nil {
				errs[i] = w.step(ctx, store)
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// Repeats counts the appends that were sent more than once.
func (f *Fleet) Repeats() (n int) {
	for _, w := range f.writers {
		n += w.repeats
	}
	return n
}

// Wrong counts refusals that no writer should get, as nobody else writes to
// its streams, with the first of them.
func (f *Fleet) Wrong() (int, string) {
	if text := f.first.Load(); text != nil {
		return int(f.wrong.Load()), *text
	}
	return 0, ""
}

func (w *writer) step(ctx context.Context, store Appender) error {
	if w.pending == nil {
		w.pending = w.compose()
	}
	r := w.pending
	if r.sent {
		w.repeats++
	}
	r.sent = true
	events, err := store.Append(ctx, r.stream, r.expected, w.fleet.Size, r.ids...)
	if wrong, ok := errors.AsType[*wire.WrongRevisionError](err); ok {
		text := fmt.Sprintf("an append to %s after %d was refused, the last is %d", r.stream, r.expected, wrong.Current)
		w.fleet.first.CompareAndSwap(nil, &text)
		w.fleet.wrong.Add(1)
		w.pending, w.stream = nil, "" // go on elsewhere
		return nil
	}
	if err != nil {
		return err
	}
	w.fleet.Oracle.Ack(events...)
	w.fleet.note(Done{r.stream, r.expected, r.ids, events})
	if r.stream == w.stream {
		w.next += int64(len(events))
	}
	w.pending = nil
	return nil
}

// compose makes the next append: to the shared stream, or at the end of the
// writer's own.
func (w *writer) compose() *request {
	r := &request{ids: make([]uuid.UUID, 1+w.random.IntN(w.fleet.Group))}
	for i := range r.ids {
		binary.BigEndian.PutUint64(r.ids[i][:8], w.random.Uint64())
		binary.BigEndian.PutUint64(r.ids[i][8:], w.random.Uint64())
		r.ids[i][6], r.ids[i][8] = r.ids[i][6]&0x0f|0x40, r.ids[i][8]&0x3f|0x80 // a random UUID
		w.fleet.Oracle.Send(oracle.Event{ID: r.ids[i]})
	}
	if !w.fleet.Exact && w.random.IntN(4) == 0 {
		r.stream, r.expected = w.fleet.Tag+"-shared", wire.Any
		return r
	}
	if w.stream == "" || w.next >= streamLength {
		w.streams++
		w.stream, w.next = fmt.Sprintf("%s-%d-%d", w.fleet.Tag, w.number, w.streams), 0
	}
	r.stream, r.expected = w.stream, wire.Expected(w.next-1)
	return r
}
