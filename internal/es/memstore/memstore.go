// Package memstore keeps events in memory, for tests and for tools that fold
// a history without a server.
//
// It behaves like the real store: one order over all streams, positions that
// grow but are not dense, appends that are all or none, and events that went
// through the codec, so that a test sees what a restarted program would see.
// It may import internal/es only. Start with [New]; a projection test follows
// the log with [Store.Raw] or [Store.All] and [Store.Changed].
package memstore

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
)

// Stored is an event as the log holds it.
type Stored struct {
	ID, Stream, Type string
	Data, Metadata   []byte // Data is nil in a store without a codec
	Revision         es.Revision
	Position         es.Position
	Created          time.Time // the store's own clock, as a cross-check only

	event es.Event // in a store without a codec
	meta  es.Meta
}

// Store implements es.Store. It is safe for concurrent use.
type Store struct {
	codec *es.Codec

	mu      sync.Mutex
	log     []Stored
	streams map[string][]int // indexes into log
	changed chan struct{}    // closed and replaced by every append
}

var _ es.Store = (*Store)(nil)

// New returns an empty store that writes events with codec and reads them
// back with it. A nil codec skips that: events are kept as copies.
func New(codec *es.Codec) *Store {
	return &Store{codec: codec, streams: map[string][]int{}, changed: make(chan struct{})}
}

// Append implements [es.Store].
func (s *Store) Append(ctx context.Context, stream string, expected es.Revision, meta es.Meta, events ...es.Event) (es.Appended, error) {
	if err := ctx.Err(); err != nil {
		return es.Appended{}, err
	}
	batch, err := s.encode(ctx, stream, meta, events)
	if err != nil {
		return es.Appended{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	history := s.streams[stream]
	if end := es.Revision(len(history)); end != expected {
		return s.repeated(history, expected, batch)
	}
	for i := range batch {
		s.add(batch[i])
	}
	return es.Appended{Revision: expected + es.Revision(len(batch)), Position: s.head()}, nil
}

// repeated answers an append whose expected revision is not the end: as the
// first time if the very same events follow it, else with a conflict.
func (s *Store) repeated(history []int, expected es.Revision, batch []Stored) (es.Appended, error) {
	end := int(expected) + len(batch)
	if len(batch) == 0 || end > len(history) {
		return es.Appended{}, es.ErrConflict
	}
	for i, e := range batch {
		if s.log[history[int(expected)+i]].ID != e.ID {
			return es.Appended{}, es.ErrConflict
		}
	}
	last := s.log[history[end-1]]
	return es.Appended{Revision: last.Revision, Position: last.Position}, nil
}

func (s *Store) encode(ctx context.Context, stream string, meta es.Meta, events []es.Event) ([]Stored, error) {
	metadata, err := es.EncodeMeta(meta)
	if err != nil {
		return nil, err
	}
	batch := make([]Stored, len(events))
	for i, e := range events {
		batch[i] = Stored{
			ID: meta.EventID(stream, i), Stream: stream, Type: es.TypeName(e),
			Metadata: metadata, Created: meta.RecordedAt, meta: meta,
		}
		batch[i].meta.Attempt = "" // not stored
		if s.codec == nil {
			batch[i].event = proto.Clone(e)
			continue
		}
		if _, batch[i].Data, err = s.codec.Encode(ctx, e); err != nil {
			return nil, err
		}
	}
	return batch, nil
}

// Inject adds an event as it stands, for tests of what no program of today
// writes: unknown types, old contracts, damaged data.
func (s *Store) Inject(stream, typ string, data []byte, meta es.Meta) error {
	metadata, err := es.EncodeMeta(meta)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(Stored{
		ID: es.EventID(stream, meta.CommandID, len(s.streams[stream])), Stream: stream, Type: typ,
		Data: data, Metadata: metadata, Created: meta.RecordedAt, meta: meta,
	})
	return nil
}

// add numbers an event and wakes whoever waits. Positions grow by one, two or
// three, so that nobody comes to rely on their being dense.
func (s *Store) add(e Stored) {
	e.Position = s.head() + 1 + es.Position(len(s.log)%3)
	e.Revision = es.Revision(len(s.streams[e.Stream]) + 1)
	s.streams[e.Stream] = append(s.streams[e.Stream], len(s.log))
	s.log = append(s.log, e)
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *Store) head() es.Position {
	if len(s.log) == 0 {
		return 0
	}
	return s.log[len(s.log)-1].Position
}

// Read implements [es.Store].
func (s *Store) Read(ctx context.Context, stream string, after es.Revision) iter.Seq2[es.Recorded, error] {
	return func(yield func(es.Recorded, error) bool) {
		s.mu.Lock()
		history := s.streams[stream]
		history = history[min(int(after), len(history)):]
		events := make([]Stored, len(history))
		for i, at := range history {
			events[i] = s.log[at]
		}
		s.mu.Unlock()
		for _, e := range events {
			rec, err := s.decode(ctx, e)
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

func (s *Store) decode(ctx context.Context, e Stored) (es.Recorded, error) {
	rec := es.Recorded{ID: e.ID, Stream: e.Stream, Revision: e.Revision, Position: e.Position}
	if err := ctx.Err(); err != nil {
		return rec, err
	}
	if e.event != nil {
		rec.Event, rec.Meta = proto.Clone(e.event), e.meta
		return rec, nil
	}
	codec := s.codec
	if codec == nil {
		codec = es.NewCodec(nil)
	}
	var err error
	if rec.Meta, err = es.DecodeMeta(e.Metadata); err == nil {
		rec.Event, err = codec.Decode(ctx, e.Type, e.Data)
	}
	if err != nil {
		return rec, fmt.Errorf("read %s at %d: %w", e.Stream, e.Revision, err)
	}
	return rec, nil
}

// All yields the events of all streams after a position, in log order, up to
// the end of the log at the time of the call.
func (s *Store) All(ctx context.Context, from es.Position) iter.Seq2[es.Recorded, error] {
	return func(yield func(es.Recorded, error) bool) {
		for e := range s.Raw(from) {
			rec, err := s.decode(ctx, e)
			if !yield(rec, err) {
				return
			}
		}
	}
}

// Raw is All without decoding.
func (s *Store) Raw(from es.Position) iter.Seq[Stored] {
	return func(yield func(Stored) bool) {
		s.mu.Lock()
		i, found := slices.BinarySearchFunc(s.log, from, func(e Stored, p es.Position) int {
			return int(e.Position) - int(p)
		})
		if found {
			i++
		}
		events := s.log[i:len(s.log):len(s.log)]
		s.mu.Unlock()
		for _, e := range events {
			if !yield(e) {
				return
			}
		}
	}
}

// Head returns the position of the last event, 0 if there is none.
func (s *Store) Head() es.Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.head()
}

// Changed returns a channel that is closed by the next append. Take it
// before reading, then nothing is missed.
func (s *Store) Changed() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}
