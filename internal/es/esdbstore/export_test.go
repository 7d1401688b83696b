package esdbstore

import (
	"context"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// Timing shortens a client's durations in tests; zero keeps the default.
type Timing struct {
	ProbeEvery, ProbeTimeout, Stall, BackoffMost, Drain time.Duration
	Random                                              func() float64
}

// DialTimed is Dial with other durations.
func DialTimed(ctx context.Context, config Config, with Timing) (*Client, error) {
	t := defaultTiming
	set(&t.probeEvery, with.ProbeEvery)
	set(&t.probeTimeout, with.ProbeTimeout)
	set(&t.stall, with.Stall)
	set(&t.backoffMost, with.BackoffMost)
	set(&t.drain, with.Drain)
	if with.Random != nil {
		t.random = with.Random
	}
	return dial(ctx, config, t)
}

func set(d *time.Duration, to time.Duration) {
	if to != 0 {
		*d = to
	}
}

// Backoff is the pause after a number of failures with a given chance.
func Backoff(failures int, chance float64) time.Duration {
	t := defaultTiming
	t.random = func() float64 { return chance }
	return t.backoff(failures)
}

// ParseAddress returns what a client would be made from.
func ParseAddress(address string) (esdb.Configuration, error) {
	t, err := parseAddress(address)
	return t.config, err
}

// NextOf waits for the next step of a subscription whose official part is
// recv, as a session does, with the default time of silence.
func NextOf(ctx context.Context, recv <-chan *esdb.SubscriptionEvent) error {
	f := &feed{steps: make(chan *esdb.SubscriptionEvent, feedBuffer), generation: newGeneration(1, nil)}
	go f.receive(ctx, steps(recv))
	silence := time.NewTimer(defaultTiming.stall)
	defer silence.Stop()
	for {
		if _, err := f.next(ctx, silence, defaultTiming.stall); err != nil {
			return err
		}
	}
}

// ErrStalled ends a session that is silent.
var ErrStalled = errStalled

type steps <-chan *esdb.SubscriptionEvent

func (s steps) Recv() *esdb.SubscriptionEvent {
	step, ok := <-s
	if !ok {
		return &esdb.SubscriptionEvent{SubscriptionDropped: &esdb.SubscriptionDropped{Error: context.Canceled}}
	}
	return step
}

func (s steps) Close() error { return nil }

// MaxWaiting is how many calls may wait.
const MaxWaiting = maxWaiting
