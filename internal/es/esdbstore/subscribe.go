package esdbstore

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"runtime"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"shiyang/internal/es"
)

// Delivery is one step of a subscription. Without an event it is a checkpoint:
// everything up to Position was considered and nothing else matched.
type Delivery struct {
	Event    *RawEvent // nil for a checkpoint
	CaughtUp bool      // a checkpoint at which the subscriber has seen all that there was
	Position es.Position
}

const (
	// feedBuffer is how many deliveries wait for a slow reader; gRPC's flow
	// control holds back the rest.
	feedBuffer = 32
	// searchWindow is after how many events of other streams the store sends a
	// checkpoint.
	searchWindow = 500
	// aheadLimit is how often in a row the store may seem to be behind a
	// checkpoint, as a replica that lags does, before it is believed.
	aheadLimit = 5
)

var errStalled = errors.New("subscription is silent")

// Subscribe follows the log from a position, exclusively (0: from the first
// event), and yields the events of streams whose name begins with any of the
// prefixes ("permit-"; none: every event) in log order, with checkpoints and
// the moments at which it has caught up. Events come at least once over
// several calls, and once within one.
//
// It opens itself anew, after the last position it yielded, when the
// connection breaks or is silent for a minute. It ends when the loop does,
// with the error of ctx, or with a final error: [ErrCheckpointAhead],
// [ErrRefused], [ErrClosed].
func (c *Client) Subscribe(ctx context.Context, from es.Position, prefixes []string) iter.Seq2[Delivery, error] {
	return func(yield func(Delivery, error) bool) {
		s := &subscription{client: c, prefixes: prefixes, at: from}
		for failures := 0; ; failures++ {
			before := s.delivered
			err := s.session(ctx, yield)
			switch {
			case err == nil:
				return // the loop over us has ended
			case ctx.Err() != nil:
				yield(Delivery{Position: s.at}, context.Cause(ctx))
				return
			case s.final(err):
				yield(Delivery{Position: s.at}, fmt.Errorf("subscribe after %d: %w", s.at, finalProblem(err)))
				return
			}
			c.log.LogAttrs(ctx, slog.LevelInfo, "subscription is opened anew",
				slog.Uint64("after", uint64(s.at)), slog.String("reason", Redact(err.Error())))
			if s.delivered > before {
				failures = 0
			}
			_ = c.timing.pause(ctx, failures) // the next session sees the end of ctx
		}
	}
}

// ReadAll yields the events of streams with the prefixes after a position, in
// log order, up to the head of the log at the time of the call, and ends. It
// waits through outages like [Client.Subscribe].
func (c *Client) ReadAll(ctx context.Context, from es.Position, prefixes []string) iter.Seq2[RawEvent, error] {
	return func(yield func(RawEvent, error) bool) {
		head, err := c.Head(ctx)
		if err != nil {
			yield(RawEvent{}, err)
			return
		}
		if head == from {
			return
		}
		for d, err := range c.Subscribe(ctx, from, prefixes) {
			if err != nil {
				yield(RawEvent{}, err)
				return
			}
			if d.Event != nil && d.Position <= head && !yield(*d.Event, nil) {
				return
			}
			if d.CaughtUp || d.Position >= head {
				return
			}
		}
	}
}

// subscription is the state that outlives its sessions.
type subscription struct {
	client    *Client
	prefixes  []string
	at        es.Position // last position yielded
	delivered uint64
	ahead     int // how often in a row the head was before at
}

// final tells whether opening anew can't help.
func (s *subscription) final(err error) bool {
	if errors.Is(err, ErrCheckpointAhead) {
		s.ahead++
		return s.ahead >= aheadLimit
	}
	s.ahead = 0
	return errors.Is(err, ErrClosed) || judge(err) == refused
}

// finalProblem makes a refusal one that people understand.
func finalProblem(err error) error {
	if errors.Is(err, ErrCheckpointAhead) || errors.Is(err, ErrRefused) || judge(err) != refused {
		return err
	}
	return fmt.Errorf("%w: %w", ErrRefused, err)
}

// session opens a subscription and yields what comes, until the loop over us
// ends (nil) or it breaks.
func (s *subscription) session(ctx context.Context, yield func(Delivery, error) bool) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := s.client.connected(ctx); err != nil {
		return err
	}
	if s.at > 0 {
		head, err := s.client.Head(ctx)
		if err != nil {
			return err
		}
		if head < s.at {
			return fmt.Errorf("%w (head %d)", ErrCheckpointAhead, head)
		}
	}
	opening := time.AfterFunc(s.client.timing.stall, func() { cancel(errStalled) })
	f, err := call(ctx, s.client, s.open)
	if !opening.Stop() && err == nil {
		return errStalled
	}
	if err != nil {
		return err
	}
	silence := time.NewTimer(s.client.timing.stall)
	defer silence.Stop()
	for {
		step, err := f.next(ctx, silence, s.client.timing.stall)
		if err != nil {
			return err
		}
		if dropped := step.SubscriptionDropped; dropped != nil {
			s.client.learn(f.generation, dropped.Error)
			return fmt.Errorf("subscription dropped: %w", dropped.Error)
		}
		if d, ok := s.delivery(step); ok && !yield(d, nil) {
			return nil
		}
	}
}

// delivery turns a step of the official subscription into ours; false if
// there is nothing in it to tell.
func (s *subscription) delivery(step *esdb.SubscriptionEvent) (Delivery, bool) {
	d := Delivery{Position: s.at}
	switch {
	case step.EventAppeared != nil:
		event := rawEvent(step.EventAppeared.OriginalEvent())
		if event.Position <= s.at {
			return Delivery{}, false // seen
		}
		d.Event, d.Position = &event, event.Position
	case step.CheckPointReached != nil:
		at := es.Position(step.CheckPointReached.Commit)
		if at <= s.at {
			return Delivery{}, false
		}
		d.Position = at
	case step.CaughtUp != nil:
		d.CaughtUp = true
	default:
		return Delivery{}, false
	}
	s.at = d.Position
	s.delivered++
	return d, true
}

// feed is an open official subscription whose events wait in a channel, since
// its Recv can't be asked to give up.
type feed struct {
	steps      chan *esdb.SubscriptionEvent
	generation *generation
}

// receiver is what feed needs of an official subscription.
type receiver interface {
	Recv() *esdb.SubscriptionEvent
	Close() error
}

// open opens an official subscription and begins to receive.
func (s *subscription) open(ctx context.Context, g *generation) (*feed, error) {
	options := esdb.SubscribeToAllOptions{From: esdb.Start{}}
	if s.at > 0 {
		options.From = esdb.Position{Commit: uint64(s.at), Prepare: uint64(s.at)}
	}
	if len(s.prefixes) > 0 {
		options.Filter = &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: s.prefixes}
		options.MaxSearchWindow, options.CheckpointInterval = searchWindow, 1
	}
	sub, err := g.client.SubscribeToAll(ctx, options)
	if err != nil {
		return nil, err
	}
	f := &feed{steps: make(chan *esdb.SubscriptionEvent, feedBuffer), generation: g}
	g.hold()
	go func() {
		defer g.leave()
		f.receive(ctx, sub)
	}()
	return f, nil
}

// receive passes on what the official subscription returns until it is
// dropped or ctx ends; the end of ctx ends Recv as well.
func (f *feed) receive(ctx context.Context, sub receiver) {
	defer sub.Close() //nolint:errcheck // always nil
	for {
		step := received(sub)
		if len(f.steps) == 0 {
			// The event came with the answer to whoever appended it, on one
			// connection: let that go first.
			runtime.Gosched()
		}
		select {
		case f.steps <- step:
		case <-ctx.Done():
			return
		}
		if step.SubscriptionDropped != nil {
			return
		}
	}
}

// received turns a panic of the official client into a dropped subscription.
func received(sub receiver) (step *esdb.SubscriptionEvent) {
	defer func() {
		if value := recover(); value != nil {
			step = &esdb.SubscriptionEvent{SubscriptionDropped: &esdb.SubscriptionDropped{Error: &crashError{value}}}
		}
	}()
	return sub.Recv()
}

// next waits for the next step. The silence timer measures only the time in
// which we wait, not that in which the reader works.
func (f *feed) next(ctx context.Context, silence *time.Timer, stall time.Duration) (*esdb.SubscriptionEvent, error) {
	select {
	case step := <-f.steps:
		return step, nil
	default:
	}
	silence.Reset(stall)
	select {
	case step := <-f.steps:
		return step, nil
	case <-silence.C:
		return nil, errStalled
	case <-f.generation.gone:
		return nil, errors.New("connection was replaced")
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
