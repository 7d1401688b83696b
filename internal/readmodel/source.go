package readmodel

import (
	"context"
	"encoding/json"
	"errors"
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

// A batch never holds more than this.
const (
	batchEvents = 1000
	batchBytes  = 8 << 20
)

// pipe joins the goroutine that reads and decodes with the one that writes. It
// holds one batch at most, so memory stays flat whoever is slower, and the
// writer always takes all that is at hand.
type pipe struct {
	mu    sync.Mutex
	next  batch
	err   error
	more  chan struct{} // something to take
	room  chan struct{} // something was taken
	depth int           // deliveries in next
	whole bool          // hand over full batches only, and what is left at the end
	full  bool          // next can take no more
	ended bool          // err is set

	// pace is the least time between two batches that are not full: a steady
	// trickle would otherwise cost a transaction for every event. A lone event
	// is taken at once, and so is everything while hurry's channel is closed.
	pace    time.Duration
	hurry   func() <-chan struct{} // nil: never
	taken   time.Time              // of the latest batch; only for the pace
	resting bool                   // the taker waits for the pace
}

// livePace is how often the writers of a live log take what has come. It is
// also by how much a view or a reaction may be later than without it, unless
// a reader waits for it.
const livePace = 10 * time.Millisecond

func newPipe(from es.Position) *pipe {
	return &pipe{next: batch{end: from}, more: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// put adds one delivery, after waiting for room.
func (p *pipe) put(ctx context.Context, d Delivery, it item) error {
	size := 0
	if d.Event != nil {
		size = len(d.Event.Data) + len(d.Event.Metadata) + 256
	}
	for {
		p.mu.Lock()
		if len(p.next.items) == 0 || d.Event == nil || len(p.next.items) < batchEvents && p.next.bytes+size <= batchBytes {
			p.add(d, it, size)
			quiet := p.whole || p.resting
			p.mu.Unlock()
			if !quiet {
				signal(p.more)
			}
			return nil
		}
		p.full = true
		p.mu.Unlock()
		signal(p.more)
		select {
		case <-p.room:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *pipe) add(d Delivery, it item, size int) {
	b := &p.next
	b.end = max(b.end, d.Position)
	b.caught = b.caught || d.CaughtUp
	b.bytes += size
	p.depth++
	if d.Event != nil {
		b.items = append(b.items, it)
		b.last = &RawEvent{Metadata: d.Event.Metadata, Created: d.Event.Created}
	}
}

// end says that nothing more will be put; a nil error is the end of a read.
func (p *pipe) end(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil {
		err = errEnd
	}
	p.err, p.ended = err, true
	signal(p.more)
}

var errEnd = errors.New("end of the log")

// take returns all that is at hand, after waiting for something (or, of a
// whole pipe, for a full batch).
func (p *pipe) take(ctx context.Context) (batch, error) {
	for {
		p.mu.Lock()
		if p.depth > 0 && (!p.whole || p.full || p.ended) {
			p.rest(ctx)
			b := p.next
			p.next, p.depth, p.full = batch{end: b.end}, 0, false
			p.mu.Unlock()
			signal(p.room)
			return b, nil
		}
		ended, err := p.ended, p.err
		p.mu.Unlock()
		if ended {
			return batch{}, err
		}
		select {
		case <-p.more:
		case <-ctx.Done():
			return batch{}, ctx.Err()
		}
	}
}

// rest keeps the pace: it lets more come before a batch is taken. It is called
// and returns with the lock held.
func (p *pipe) rest(ctx context.Context) {
	defer func() { p.taken = time.Now() }()
	wait := p.pace - time.Since(p.taken)
	if wait <= 0 || p.whole || p.full || p.ended {
		return
	}
	var hurry <-chan struct{}
	if p.hurry != nil {
		hurry = p.hurry()
	}
	p.resting = true
	p.mu.Unlock()
	timer := time.NewTimer(wait)
	for busy := true; busy; {
		select {
		case <-timer.C:
			busy = false
		case <-hurry:
			busy = false
		case <-ctx.Done():
			busy = false
		case <-p.more: // full, ended, or a signal from before
			p.mu.Lock()
			busy = !p.full && !p.ended
			p.mu.Unlock()
		}
	}
	timer.Stop()
	p.mu.Lock()
	p.resting = false
}

// waiting is how many events are at hand and not yet taken.
func (p *pipe) waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.next.items)
}

// feed reads deliveries into a pipe until they end: each is checked for gaps,
// decoded once if anyone wants its type, and dropped if it came before.
func (r *reader) feed(ctx context.Context, p *pipe, seq iter.Seq2[Delivery, error], from es.Position, w *window, wanted map[string]bool) {
	last := from
	for d, err := range seq {
		if err != nil {
			p.end(err)
			return
		}
		if d.Event == nil || !ours(d.Event.Stream) {
			last = max(last, d.Position)
			d.Event, d.Position = nil, last
		} else {
			late := d.Event.Position <= last
			if d.Event.Position <= from {
				continue
			}
			if err := w.check(d.Event, late); err != nil {
				p.end(err)
				return
			}
			if late {
				continue
			}
			last = d.Event.Position
			d.Position = last
		}
		var it item
		if d.Event != nil {
			it.fact, it.want, it.err = r.read(ctx, d.Event, wanted)
			if ctx.Err() != nil {
				break // a read that was cut short says nothing about the event
			}
		}
		if err := p.put(ctx, d, it); err != nil {
			break
		}
	}
	p.end(ctx.Err())
}

// deliveries makes a counted read look like a subscription that ends.
func deliveries(seq iter.Seq2[RawEvent, error]) iter.Seq2[Delivery, error] {
	return func(yield func(Delivery, error) bool) {
		for raw, err := range seq {
			if err != nil {
				yield(Delivery{}, err)
				return
			}
			if !yield(Delivery{Event: &raw, Position: raw.Position}, nil) {
				return
			}
		}
	}
}

// toHead, as the end of a replay, is the head of the log.
const toHead = ^es.Position(0)

// replay reads the log from the position after from to the last event at or
// before to, and gives it to apply in batches.
// It is the counted read behind catching up, building and checking.
func (r *reader) replay(ctx context.Context, source Source, prefixes []string, from, to es.Position, wanted map[string]bool,
	apply func(batch) error,
) error {
	ctx, cancel := context.WithCancel(ctx)
	p := newPipe(from)
	p.whole = true
	var wait sync.WaitGroup
	wait.Go(func() {
		seq := deliveries(source.ReadAll(ctx, from, prefixes))
		r.feed(ctx, p, upTo(seq, to), from, &window{}, wanted)
	})
	defer wait.Wait()
	defer cancel()
	for {
		b, err := p.take(ctx)
		if errors.Is(err, errEnd) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := apply(b); err != nil {
			return err
		}
	}
}

func upTo(seq iter.Seq2[Delivery, error], to es.Position) iter.Seq2[Delivery, error] {
	return func(yield func(Delivery, error) bool) {
		for d, err := range seq {
			if err == nil && d.Position > to || !yield(d, err) {
				return
			}
		}
	}
}
