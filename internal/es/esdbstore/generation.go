package esdbstore

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// slotsPerGeneration bounds the calls that may run, and so get stuck, on one
// official client.
const slotsPerGeneration = 256

// maxWaiting bounds the calls that wait for a connection or a slot. What comes
// beyond is refused at once: it would not be answered in time anyway.
const maxWaiting = 4 * slotsPerGeneration

// errCrowded is why a call was refused at once.
var errCrowded = fmt.Errorf("%d calls wait for the event store already", maxWaiting)

// generation is one official client for as long as it works. The official
// Close panics in callers that still run, so a retired generation closes its
// client only when its last call has ended.
type generation struct {
	number  uint64
	client  *esdb.Client
	slots   chan struct{}
	gone    chan struct{} // closed when the generation is retired
	settled chan struct{} // closed when it is retired and nobody is at its door
	total   *atomic.Int64 // calls of all generations

	served atomic.Bool // has answered anyone since it was installed

	mu      sync.Mutex
	running int
	atDoor  int // of these, how many still ask the client for its connection
	retired bool
}

func newGeneration(number uint64, total *atomic.Int64) *generation {
	return &generation{
		number: number, total: total, slots: make(chan struct{}, slotsPerGeneration),
		gone: make(chan struct{}), settled: make(chan struct{}),
	}
}

// enter begins a call, at the door; false if the generation is retired.
func (g *generation) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.retired {
		return false
	}
	g.running++
	g.atDoor++
	g.total.Add(1)
	return true
}

// pass tells that a call has got its connection.
func (g *generation) pass() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.atDoor--
	if g.retired && g.atDoor == 0 {
		close(g.settled)
	}
}

// hold begins a further call from within a running one; a subscription keeps
// the client open with it after the call that opened it.
func (g *generation) hold() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running++
	g.total.Add(1)
}

// leave ends a call, and the client with the last call of a retired
// generation.
func (g *generation) leave() {
	g.mu.Lock()
	g.running--
	last := g.retired && g.running == 0
	g.mu.Unlock()
	if last {
		_ = g.client.Close() // always nil
	}
	g.total.Add(-1)
}

// retire lets no further call begin; false if that was so already.
func (g *generation) retire() bool {
	g.mu.Lock()
	first := !g.retired
	g.retired = true
	idle := g.running == 0
	if first && g.atDoor == 0 {
		close(g.settled)
	}
	g.mu.Unlock()
	if first {
		close(g.gone)
		if idle {
			_ = g.client.Close() // always nil
		}
	}
	return first
}

// door is the context of one call. The official client asks its context for
// the deadline as soon as it has got its connection and not before, which is
// how the generation learns of it.
type door struct {
	context.Context
	generation *generation
	passed     atomic.Bool
}

// Deadline implements [context.Context].
func (d *door) Deadline() (time.Time, bool) {
	d.pass()
	return d.Context.Deadline()
}

func (d *door) pass() {
	if d.passed.CompareAndSwap(false, true) {
		d.generation.pass()
	}
}

// forsake is called from within the official client, by a call that failed,
// just before that has its connection forgotten. Whoever asked for a connection
// after that would make the client look for a server again, deaf to every
// context, and leak the old connection. So the generation is retired first, and
// those at its door are let through.
func (c *Client) forsake(g *generation, err error) {
	c.retire(g, err)
	<-g.settled
}

// connected waits until there is a generation that works.
func (c *Client) connected(ctx context.Context) error {
	for {
		c.mu.Lock()
		g, changed, failure := c.current, c.changed, c.failure
		c.mu.Unlock()
		if c.life.Err() != nil {
			return ErrClosed
		}
		if g != nil {
			return nil
		}
		select {
		case <-changed:
		case <-c.life.Done():
			return ErrClosed
		case <-ctx.Done():
			return notSent(ctx, failure)
		}
	}
}

// acquire waits for a generation that works and a free slot on it.
func (c *Client) acquire(ctx context.Context) (*generation, error) {
	defer c.waiting.Add(-1)
	if c.waiting.Add(1) > maxWaiting {
		c.shed.Add(1)
		return nil, &notSentError{cause: errCrowded}
	}
	for {
		if err := c.connected(ctx); err != nil {
			return nil, err
		}
		c.mu.Lock()
		g := c.current
		c.mu.Unlock()
		if g == nil {
			continue // lost in between
		}
		if c.admit(ctx, g) {
			return g, nil
		}
		if ctx.Err() != nil {
			return nil, notSent(ctx, fmt.Errorf("%d calls are already running", slotsPerGeneration))
		}
	}
}

// admit waits for a slot on g and begins a call; false if g is retired or ctx
// ended before.
func (c *Client) admit(ctx context.Context, g *generation) bool {
	select {
	case g.slots <- struct{}{}:
		if g.enter() {
			return true
		}
		<-g.slots
	case <-g.gone:
	case <-ctx.Done():
	}
	return false
}

// notSentError is the end of a call that never reached the official client.
type notSentError struct{ cause, failure error }

func notSent(ctx context.Context, failure error) error {
	return &notSentError{cause: context.Cause(ctx), failure: failure}
}

func (e *notSentError) Error() string {
	if e.failure == nil {
		return "no event store connection: " + e.cause.Error()
	}
	return fmt.Sprintf("no event store connection (%v): %v", e.failure, e.cause)
}

func (e *notSentError) Unwrap() error { return e.cause }

// outcome is what a call of the official client returned.
type outcome[T any] struct {
	value T
	err   error
}

// The states of a call: it ends by itself, or its caller leaves it behind.
const (
	callRunning int32 = iota
	callEnded
	callLeft
)

// call runs f on the present generation, in a goroutine of its own: the
// official client can block without regard to any context, and the caller
// must not. f's error decides whether the generation lives on.
func call[T any](ctx context.Context, c *Client, f func(context.Context, *generation) (T, error)) (T, error) {
	g, err := c.acquire(ctx)
	if err != nil {
		var none T
		return none, err
	}
	return callOn(ctx, c, g, f)
}

// callOn is call on a generation that the caller has entered, with a slot.
func callOn[T any](ctx context.Context, c *Client, g *generation, f func(context.Context, *generation) (T, error)) (T, error) {
	var state atomic.Int32
	ended := make(chan outcome[T], 1)
	go func() {
		o := protected(ctx, g, f)
		c.learn(g, o.err)
		<-g.slots
		if state.Swap(callEnded) == callLeft {
			c.stuck.Add(-1)
		}
		g.leave()
		ended <- o
	}()
	select {
	case o := <-ended:
		return o.value, withCause(ctx, o.err)
	case <-ctx.Done():
	}
	c.stuck.Add(1)
	if !state.CompareAndSwap(callRunning, callLeft) { // it has ended meanwhile
		c.stuck.Add(-1)
		o := <-ended
		return o.value, withCause(ctx, o.err)
	}
	var none T
	return none, context.Cause(ctx)
}

// withCause adds why ctx ended to an error that gRPC made of its end.
func withCause(ctx context.Context, err error) error {
	if err == nil || ctx.Err() == nil || judge(err) != late {
		return err
	}
	return fmt.Errorf("%w: %w", context.Cause(ctx), err)
}

// protected runs f, for a call that has entered g, and turns a panic of the
// official client into an error of the call.
func protected[T any](ctx context.Context, g *generation, f func(context.Context, *generation) (T, error)) (o outcome[T]) {
	at := &door{Context: ctx, generation: g}
	defer func() {
		if value := recover(); value != nil {
			o.err = &crashError{value}
		}
		at.pass()
	}()
	o.value, o.err = f(at, g)
	return o
}

// learn draws conclusions from the end of a call on g.
func (c *Client) learn(g *generation, err error) {
	switch judge(err) {
	case answered:
		if !g.served.Load() {
			g.served.Store(true)
		}
		c.seen()
	case broken:
		c.retire(g, err)
	case refused, late, unclear: // the supervisor's next probe will tell
	}
}
