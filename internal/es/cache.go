package es

import (
	"container/list"
	"context"
	"sync"
	"time"

	"shiyang/internal/problem"
)

// aggregate is a remembered one: its state up to a revision, and which
// commands have taken effect on it. Whoever works with it holds its lock, so the
// facts of a stream are folded one after the other and exactly once.
type aggregate[S any] struct {
	stream string
	lock   chan struct{} // holds one token while unlocked

	state    S
	at       Revision
	position Position
	recorded time.Time // of the last event
	checked  time.Time // the state is all that the stream held then; by the machine's clock
	done     map[string]effect
	bytes    int64 // estimate of what the events left behind

	counted int64         // bytes the cache counts for it; guarded by cache.mu
	place   *list.Element // nil when not in the cache; guarded by cache.mu
}

// effect is what a command left behind: enough to answer it again.
type effect struct {
	hash, actor string
	at          Revision
	position    Position
}

// effectBytes estimates the memory of one remembered command: a UUID, a hex
// hash, an actor's UUID, two numbers and the map's share.
const effectBytes = 320

// aggregateBytes estimates the memory of an aggregate without any event.
const aggregateBytes = 512

func newAggregate[S any](stream string) *aggregate[S] {
	a := &aggregate[S]{stream: stream, lock: make(chan struct{}, 1), done: map[string]effect{}}
	a.lock <- struct{}{}
	return a
}

// patience is how long a command waits for others on the same aggregate. They
// wait for the store, each as long as a call may take: a crowd that waited for
// its turn before a store that is silent would wait for hours.
const patience = 5 * time.Second

// ErrBusy reports that others have been at work on the aggregate for long, as
// happens when the store does not answer. Nothing was written.
var ErrBusy = &problem.Error{
	Kind: problem.Unavailable, Reason: "RECORD_BUSY",
	Text: problem.Text{
		Zh: "这条记录的其他操作仍在等待数据存储答复，本次操作未执行，请稍后再试。",
		En: "Other operations on this record still wait for the event store. Nothing was saved. Try again later.",
	},
}

func (a *aggregate[S]) acquire(ctx context.Context) error {
	select {
	case <-a.lock:
		return nil
	default:
	}
	limit := time.NewTimer(patience)
	defer limit.Stop()
	select {
	case <-a.lock:
		return nil
	case <-limit.C:
		return ErrBusy
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (a *aggregate[S]) release() { a.lock <- struct{}{} }

// cache keeps the most recently used aggregates within a number of bytes.
type cache[S any] struct {
	limit int64

	mu    sync.Mutex
	bytes int64
	items map[string]*aggregate[S]
	order *list.List // of *aggregate[S], most recent first
}

func newCache[S any](limit int64) *cache[S] {
	return &cache[S]{limit: limit, items: map[string]*aggregate[S]{}, order: list.New()}
}

// get returns the remembered aggregate of a stream, or a new, empty one that
// concurrent callers share.
func (c *cache[S]) get(stream string) *aggregate[S] {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a := c.items[stream]; a != nil {
		c.order.MoveToFront(a.place)
		return a
	}
	a := newAggregate[S](stream)
	a.place = c.order.PushFront(a)
	c.items[stream] = a
	return a
}

// settle takes notice of an aggregate's size and drops the least recently
// used ones beyond the limit, the aggregate itself included.
func (c *cache[S]) settle(a *aggregate[S], bytes int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.place == nil {
		return // dropped meanwhile
	}
	bytes += aggregateBytes + int64(len(a.stream))
	c.bytes += bytes - a.counted
	a.counted = bytes
	for c.bytes > c.limit && c.order.Len() > 0 {
		c.remove(c.order.Back().Value.(*aggregate[S])) // the list holds nothing else
	}
}

// drop forgets an aggregate whose stream may have changed unseen.
func (c *cache[S]) drop(a *aggregate[S]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a.place != nil {
		c.remove(a)
	}
}

func (c *cache[S]) remove(a *aggregate[S]) {
	c.order.Remove(a.place)
	delete(c.items, a.stream)
	c.bytes -= a.counted
	a.place, a.counted = nil, 0
}
