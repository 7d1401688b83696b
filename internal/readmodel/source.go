package readmodel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/es/esdbstore"
)

var _ Source = (*esdbstore.Client)(nil)

// RawEvent is a stored event that nobody has decoded yet.
type RawEvent = esdbstore.RawEvent

// Delivery is what a subscription hands over: an event, or only the news that
// nothing of ours stands at or before its position.
type Delivery = esdbstore.Delivery

// Source is the log as the read side needs it. Prefixes select streams by the
// start of their names; none means every stream that is not the store's own.
//
// *esdbstore.Client is a Source.
type Source interface {
	// Subscribe yields what comes after from, in order and at least once, and
	// goes on with what is appended later. It resubscribes by itself and ends
	// only with ctx or an error that it cannot cure.
	Subscribe(ctx context.Context, from es.Position, prefixes []string) iter.Seq2[Delivery, error]
	// Head returns the last position in the log.
	Head(ctx context.Context) (es.Position, error)
	// ReadAll yields what comes after from and ends at the head.
	ReadAll(ctx context.Context, from es.Position, prefixes []string) iter.Seq2[RawEvent, error]
}

// Decoder turns stored bytes into today's events; *es.Codec is one. It answers
// es.ErrUnknownEvent for a type that this program does not know.
type Decoder interface {
	Decode(ctx context.Context, typ string, data []byte) (es.Event, error)
}

// reader decodes events once for everyone, and only those that someone wants.
// It learns from an empty message of each stored type which type it is read
// as, because an upcast may change it.
type reader struct {
	codec   Decoder
	mu      sync.Mutex
	readsAs map[string]string // stored type → today's type; "" is unknown
	unknown atomic.Int64      // events skipped because nobody here knows the type
}

func newReader(codec Decoder) *reader {
	return &reader{codec: codec, readsAs: map[string]string{}}
}

// typeOf returns today's name of a stored type, or "" if it is unknown.
func (r *reader) typeOf(ctx context.Context, stored string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	today, ok := r.readsAs[stored]
	if ok {
		return today
	}
	e, err := r.codec.Decode(ctx, stored, []byte("{}"))
	switch {
	case err == nil:
		today = es.TypeName(e)
	case !errors.Is(err, es.ErrUnknownEvent):
		today = stored
	}
	if ctx.Err() == nil {
		r.readsAs[stored] = today
	}
	return today
}

// read decodes an event whose type is in wanted. Otherwise, or with an error,
// the fact holds only what needs no decoding.
func (r *reader) read(ctx context.Context, raw *RawEvent, wanted map[string]bool) (f Fact, want bool, err error) {
	f = Fact{
		Type: r.typeOf(ctx, raw.Type), Stream: raw.Stream, EventID: raw.ID,
		Revision: raw.Revision, Position: raw.Position,
	}
	if f.Type == "" {
		r.unknown.Add(1)
		f.Type = raw.Type
		return f, false, nil
	}
	if !wanted[f.Type] {
		return f, false, nil
	}
	f.Category, f.ID, _ = es.SplitStream(raw.Stream)
	if f.Meta, err = es.DecodeMeta(raw.Metadata); err != nil {
		return f, true, &unreadableError{"metadata", err}
	}
	if f.Event, err = r.codec.Decode(ctx, raw.Type, raw.Data); err != nil {
		return f, true, &unreadableError{"content", err}
	}
	return f, true, nil
}

// unreadableError is an event that cannot be decoded. Its text leaves the cause
// out, which may quote the event.
type unreadableError struct {
	part  string
	cause error
}

func (e *unreadableError) Error() string { return "the event's " + e.part + " cannot be read" }

func (e *unreadableError) Unwrap() error { return e.cause }

// recordedAt reads only the time of recording, for lag in seconds.
func recordedAt(raw *RawEvent) time.Time {
	var m struct {
		RecordedAt time.Time `json:"recordedAt"`
	}
	if err := json.Unmarshal(raw.Metadata, &m); err != nil {
		return raw.Created
	}
	return m.RecordedAt.UTC()
}

// ours tells whether a stream is one of the product's. The store's own streams
// start with a dollar sign.
func ours(stream string) bool { return !strings.HasPrefix(stream, "$") }

// window remembers the last revisions of the streams seen most lately. A
// stream's revisions are dense, so the next event of a remembered stream must
// be one further: anything else means that the subscription skipped an event.
// It costs no I/O; what it has forgotten is covered by the count of events in
// every checkpoint, which [Check] compares with an independent read of the log.
type window struct {
	last map[string]es.Revision
	prev map[string]es.Revision // the generation before; dropped when last is full
}

const windowStreams = 8192

// errGap reports that an event is missing from the deliveries.
var errGap = errors.New("an event was skipped")

// check takes note of an event. late says that its position was passed before,
// so that it must be a repetition of one that the window knows.
func (w *window) check(raw *RawEvent, late bool) error {
	before, known := w.last[raw.Stream]
	if !known {
		before, known = w.prev[raw.Stream]
	}
	switch {
	case late && (!known || raw.Revision > before):
		return fmt.Errorf("%w: %s revision %d came out of order", errGap, raw.Stream, raw.Revision)
	case known && raw.Revision > before+1:
		return fmt.Errorf("%w: %s came with revision %d after %d", errGap, raw.Stream, raw.Revision, before)
	case known && raw.Revision <= before:
		return nil // delivered again
	}
	if w.last == nil || len(w.last) >= windowStreams {
		w.prev, w.last = w.last, make(map[string]es.Revision, windowStreams)
	}
	w.last[raw.Stream] = raw.Revision
	return nil
}
