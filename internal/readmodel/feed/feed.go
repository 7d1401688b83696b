// Package feed lets everything in one process that follows the log share one
// subscription.
//
//	store ─▶ one subscription ─▶ the latest deliveries ─▶ views
//	                                                   ├─▶ each reaction
//	                                                   └─▶ law data
//
// A [Feed] is a [readmodel.Source], so nobody need know that it is shared.
// Every subscriber keeps its own place and its own checkpoint. Whoever is
// further back than the deliveries that are kept, because it starts there,
// works slowly or tries one event again and again, reads on with a
// subscription of its own until it stands among them, and then joins again:
// nobody waits for anybody, and nothing is left out. All a subscriber is given
// is what the store delivered, in order, at least once.
//
// It may import internal/readmodel and the kernel. Start with [New]; how a
// subscriber moves between the two is in follow.go.
package feed

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/readmodel"
)

// What is kept for those that are a little behind, at most.
const (
	keptDeliveries = 2048
	keptBytes      = 4 << 20
)

// lazy is after how long a subscriber hears of what it does not want, so that
// its place moves on.
const lazy = 10 * time.Millisecond

// Feed is a log that many follow over one subscription. It is safe for
// concurrent use.
type Feed struct {
	readmodel.Source // heads and counted reads are everyone's own

	opening sync.Mutex // held while a stream is opened or closed
	mu      sync.Mutex
	stream  *stream // nil while nobody follows
}

// New returns a feed of a log. It subscribes when the first subscriber comes
// and ends with the last.
func New(source readmodel.Source) *Feed { return &Feed{Source: source} }

// Followers is how many subscribers stand among the deliveries that are kept,
// and so cost the store nothing.
func (f *Feed) Followers() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.stream == nil {
		return 0
	}
	return f.stream.joined()
}

// stream is the shared subscription while it lasts.
type stream struct {
	cancel context.CancelFunc
	ended  chan struct{} // closed with err set

	users int // guarded by Feed.mu

	mu        sync.Mutex
	floor     es.Position // every delivery after it is in kept
	kept      []readmodel.Delivery
	first     uint64 // number of kept[0]
	bytes     int
	caught    bool // the store has said once that there is nothing more
	at        es.Position
	err       error
	followers map[*follower]bool
	waking    bool // the lazy wake is under way
}

// open returns the shared subscription, which it begins at the head of the log
// if there is none.
func (f *Feed) open(ctx context.Context) (*stream, error) {
	f.opening.Lock()
	defer f.opening.Unlock()
	f.mu.Lock()
	s := f.stream
	if s != nil && !s.over() {
		s.users++
		f.mu.Unlock()
		return s, nil
	}
	f.mu.Unlock()
	head, err := f.Head(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask for the head of the log: %w", err)
	}
	life, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s = &stream{cancel: cancel, ended: make(chan struct{}), users: 1, floor: head, at: head, followers: map[*follower]bool{}}
	f.mu.Lock()
	f.stream = s
	f.mu.Unlock()
	go s.run(f.Source.Subscribe(life, head, nil))
	return s, nil
}

// leave ends the shared subscription with its last user.
func (f *Feed) leave(s *stream) {
	f.mu.Lock()
	s.users--
	last := s.users == 0
	if last && f.stream == s {
		f.stream = nil
	}
	f.mu.Unlock()
	if last {
		s.cancel()
		<-s.ended
	}
}

var errEnded = errors.New("the subscription ended")

func (s *stream) run(deliveries iter.Seq2[readmodel.Delivery, error]) {
	end := errEnded
	for d, err := range deliveries {
		if err != nil {
			end = err
			break
		}
		s.add(d)
	}
	s.mu.Lock()
	s.err = end
	s.wake(everyone)
	s.mu.Unlock()
	close(s.ended)
}

func (s *stream) over() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err != nil
}

func (s *stream) joined() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.followers)
}

// add keeps a delivery and wakes whoever wants it.
func (s *stream) add(d readmodel.Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = append(s.kept, d)
	s.bytes += size(d)
	first := d.CaughtUp && !s.caught
	s.at, s.caught = max(s.at, d.Position), s.caught || d.CaughtUp
	if len(s.kept) > keptDeliveries || s.bytes > keptBytes {
		s.drop(max(1, len(s.kept)/4))
	}
	if s.wake(func(f *follower) bool { return first || d.Event != nil && f.wants(d.Event) }) && !s.waking {
		s.waking = true
		time.AfterFunc(lazy, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.waking = false
			s.wake(everyone)
		})
	}
}

// drop forgets the oldest deliveries.
func (s *stream) drop(n int) {
	for _, d := range s.kept[:n] {
		s.bytes -= size(d)
		s.floor = max(s.floor, d.Position)
	}
	s.kept = slices.Delete(s.kept, 0, n)
	s.first += uint64(n)
}

func size(d readmodel.Delivery) int {
	if d.Event == nil {
		return 0
	}
	return len(d.Event.Data) + len(d.Event.Metadata) + 256
}

func everyone(*follower) bool { return true }

// wake wakes those who are chosen and tells whether it let somebody sleep.
func (s *stream) wake(chosen func(*follower) bool) (slept bool) {
	for f := range s.followers {
		if !chosen(f) {
			slept = true
			continue
		}
		select {
		case f.woken <- struct{}{}:
		default:
		}
	}
	return slept
}
