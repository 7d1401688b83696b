package readmodel

import (
	"context"
	"errors"
	"iter"
	"sync"

	"shiyang/internal/es"
)

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
	depth int
}

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
			p.mu.Unlock()
			signal(p.more)
			return nil
		}
		p.mu.Unlock()
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
	p.err = err
	signal(p.more)
}

var errEnd = errors.New("end of the log")

// take returns all that is at hand, after waiting for something.
func (p *pipe) take(ctx context.Context) (batch, error) {
	for {
		p.mu.Lock()
		if p.depth > 0 {
			b := p.next
			p.next, p.depth = batch{end: b.end}, 0
			p.mu.Unlock()
			signal(p.room)
			return b, nil
		}
		err := p.err
		p.mu.Unlock()
		if err != nil {
			return batch{}, err
		}
		select {
		case <-p.more:
		case <-ctx.Done():
			return batch{}, ctx.Err()
		}
	}
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
