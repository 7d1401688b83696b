package index

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"shiyang/eventstore/journal/segment"
)

// Pebble takes many events at once with less work than a few at a time: their
// keys come in order, and a stream has one end. So events wait here until there
// are many, or until somebody asks for what only Pebble can answer. A crash
// loses them, as it may lose what Pebble has not written out: the log has them.
const (
	manyPending = 512  // from here on they are handed to Pebble in the background
	mostPending = 4096 // from here on who adds some hands them over first
)

// addition is an event that waits.
type addition struct {
	stream string
	Entry
}

// group is a number of frames that are handed over together.
type group struct {
	events []addition
	frames []segment.Place
	ends   map[string]Entry // of the streams
	state  State            // after the last frame
}

func newGroup() *group { return &group{ends: map[string]Entry{}} }

func (g *group) clear() {
	clear(g.events) // lets go of the names
	clear(g.ends)
	g.events, g.frames, g.state = g.events[:0], g.frames[:0], State{}
}

// pending are the events that Pebble does not have yet.
type pending struct {
	mu      sync.Mutex
	waiting *group
	handed  *group       // being handed over; empty at other times
	count   atomic.Int64 // of the events in both
	handing sync.Mutex   // held by whoever hands over; before mu
	many    chan struct{}
	ended   sync.WaitGroup
}

func (p *pending) init() {
	p.waiting, p.handed = newGroup(), newGroup()
	p.many = make(chan struct{}, 1)
}

// AddFrame adds the events of a frame, which is durable in the log, in the
// order of their positions. They can be found at once. Stream and entry tell
// which event the i-th is. The state is that after the frame.
func (x *Index) AddFrame(at segment.Place, state State, n int, event func(i int) (stream string, e Entry)) error {
	p := &x.pending
	if p.count.Load() >= mostPending {
		if err := x.handOver(); err != nil {
			return err
		}
	}
	p.mu.Lock()
	g := p.waiting
	for i := range n {
		stream, e := event(i)
		g.events = append(g.events, addition{stream, e})
		g.ends[stream] = e
	}
	g.frames, g.state = append(g.frames, at), state
	count := p.count.Add(int64(n))
	p.mu.Unlock()
	if count >= manyPending {
		select {
		case p.many <- struct{}{}:
		default:
		}
	}
	return nil
}

// handOverMany hands events over in the background until the channel is closed.
// What fails is told by Options.Failed.
func (x *Index) handOverMany() {
	for range x.pending.many {
		_ = x.handOver()
	}
}

// end returns the end of a stream among the events that wait.
func (p *pending) end(stream string) (Entry, bool) {
	if p.count.Load() == 0 {
		return Entry{}, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if e, ok := p.waiting.ends[stream]; ok {
		return e, true
	}
	e, ok := p.handed.ends[stream]
	return e, ok
}

// handOver gives Pebble everything that was added before the call.
func (x *Index) handOver() error {
	p := &x.pending
	if p.count.Load() == 0 {
		return nil
	}
	p.handing.Lock()
	defer p.handing.Unlock()
	p.mu.Lock()
	if len(p.handed.events) == 0 { // otherwise an earlier attempt has failed
		p.waiting, p.handed = p.handed, p.waiting
	}
	g := p.handed
	p.mu.Unlock()
	if len(g.events) == 0 {
		return nil
	}
	if err := x.commit(g); err != nil {
		err = fmt.Errorf("index: %w", err)
		x.disk.fail(err)
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count.Add(-int64(len(g.events)))
	g.clear()
	return nil
}

// commit applies a group.
func (x *Index) commit(g *group) (err error) {
	defer func() { // Pebble panics on some errors
		if p := recover(); p != nil {
			err = errors.Join(err, fmt.Errorf("%v", p))
		}
	}()
	slices.SortFunc(g.events, func(a, b addition) int {
		return cmp.Or(len(a.stream)-len(b.stream), strings.Compare(a.stream, b.stream), cmp.Compare(a.Revision, b.Revision))
	})
	b := x.Batch()
	for _, at := range g.frames {
		err = errors.Join(err, b.Frame(at))
	}
	for i, e := range g.events {
		err = errors.Join(err, b.revision(e.stream, e.Entry))
		if i+1 == len(g.events) || g.events[i+1].stream != e.stream {
			err = errors.Join(err, b.head(e.stream, g.ends[e.stream]))
		}
	}
	if err != nil {
		return err
	}
	return b.Commit(g.state)
}
