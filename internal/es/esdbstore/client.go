package esdbstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Config says which event store to use and how to tell the time.
type Config struct {
	// URL is esdb://host:port, esdb://a:1,b:2,c:3 or esdb+discover://name for
	// a cluster, each with settings after "?", or unix:///path of a socket.
	// See ADR 2 for the settings that are set by this package.
	URL string

	Logger *slog.Logger     // for operators; nil discards
	Now    func() time.Time // for readiness; nil is time.Now
}

// Stats are figures of a client for operators.
type Stats struct {
	Generation uint64 // number of the official client in use: the first is 1; 0 before the first answer
	Reconnects uint64 // how often it was replaced
	Stuck      int64  // calls of the official client now running on after their caller gave up
	Running    int64  // calls and subscriptions now running, the stuck ones included
	Waiting    int64  // calls that wait for a connection, or for others to end
	Shed       uint64 // calls refused at once because too many waited
}

// timing holds the durations that tests shorten.
type timing struct {
	probeEvery   time.Duration // how long a connection may be silent before it is asked for a sign of life
	probeTimeout time.Duration // how long it may take to give one
	readiness    time.Duration // how long without one before Ready says no
	stall        time.Duration // how long a subscription may be silent before it is opened anew
	backoffLeast time.Duration // bounds of the pause between two attempts
	backoffMost  time.Duration
	drain        time.Duration // how long Close waits for running calls
	random       func() float64
}

var defaultTiming = timing{
	probeEvery:   time.Second,
	probeTimeout: 5 * time.Second,
	readiness:    5 * time.Second,
	stall:        time.Minute,
	backoffLeast: 100 * time.Millisecond,
	backoffMost:  10 * time.Second,
	drain:        5 * time.Second,
	random:       rand.Float64, // spreads retries, hides nothing
}

// A Client is a supervised connection to an event store. It is safe for
// concurrent use. It outlives every outage of the store: calls fail while
// there is no store and work again when there is one.
type Client struct {
	target target
	timing timing
	log    *slog.Logger
	now    func() time.Time

	stop context.CancelFunc
	life context.Context // of the supervisor, ended by Close
	done chan struct{}   // closed when the supervisor has ended

	mu       sync.Mutex
	current  *generation   // nil while there is none that works
	changed  chan struct{} // closed and replaced when current changes
	newest   uint64        // number of the latest generation
	failure  error         // why there is no generation, or the last one was retired
	lastSeen time.Time     // of the latest sign of life

	reconnects atomic.Uint64
	stuck      atomic.Int64
	running    atomic.Int64
	waiting    atomic.Int64
	shed       atomic.Uint64
}

// Dial starts a client and returns without waiting for the store; ask Ready,
// or make a call, to learn whether there is one. It fails only for an address
// that can't be right. The context bounds nothing but Dial itself.
func Dial(ctx context.Context, config Config) (*Client, error) {
	return dial(ctx, config, defaultTiming)
}

func dial(ctx context.Context, config Config, t timing) (*Client, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	to, err := parseAddress(config.URL)
	if err != nil {
		return nil, err
	}
	c := &Client{target: to, timing: t, log: config.Logger, now: config.Now, done: make(chan struct{}), changed: make(chan struct{})}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	if c.now == nil {
		c.now = time.Now
	}
	c.life, c.stop = context.WithCancel(context.WithoutCancel(ctx))
	go c.supervise()
	return c, nil
}

// Close ends subscriptions, refuses new calls with [ErrClosed], and waits up
// to five seconds for running ones. It fails if some still run then: only the
// answer of a server ends them, as the official client listens to nothing
// else. Closing twice does no harm.
func (c *Client) Close() error {
	c.stop()
	<-c.done
	deadline := time.NewTimer(c.timing.drain)
	defer deadline.Stop()
	for wait := time.Millisecond; c.running.Load() > 0; wait = min(2*wait, 50*time.Millisecond) {
		select {
		case <-deadline.C:
			return fmt.Errorf("close event store client: %d calls still wait for a server", c.running.Load())
		case <-time.After(wait):
		}
	}
	return nil
}

// Ready returns nil if the store gave a sign of life in the last five seconds,
// and else what is wrong.
func (c *Client) Ready() error {
	if c.life.Err() != nil {
		return ErrClosed
	}
	c.mu.Lock()
	seen, failure := c.lastSeen, c.failure
	c.mu.Unlock()
	silent := c.now().Sub(seen)
	if !seen.IsZero() && silent <= c.timing.readiness {
		return nil
	}
	if failure == nil {
		failure = errors.New("no answer yet")
	}
	if seen.IsZero() {
		return fmt.Errorf("event store %s was never reached: %w", c.target.text, failure)
	}
	return fmt.Errorf("event store %s is silent for %s: %w", c.target.text, silent.Round(time.Second), failure)
}

// Stats returns the client's present figures.
func (c *Client) Stats() Stats {
	c.mu.Lock()
	newest := c.newest
	c.mu.Unlock()
	return Stats{
		Generation: newest, Reconnects: c.reconnects.Load(), Stuck: c.stuck.Load(), Running: c.running.Load(),
		Waiting: c.waiting.Load(), Shed: c.shed.Load(),
	}
}

// bounded gives a context without a deadline the default one.
func (c *Client) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, c.target.deadline)
}

// seen notes a sign of life of the store.
func (c *Client) seen() {
	now := c.now()
	c.mu.Lock()
	c.lastSeen = now
	c.mu.Unlock()
}

// silence tells how long ago the last sign of life was.
func (c *Client) silence() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now().Sub(c.lastSeen)
}

// backoff returns the pause after a number of failures in a row: full jitter
// over a span that doubles from 100 ms to 10 s.
func (t timing) backoff(failures int) time.Duration {
	span := t.backoffMost
	if failures < 20 {
		span = min(t.backoffLeast<<failures, t.backoffMost)
	}
	return time.Duration(t.random() * float64(span))
}

// pause waits for the backoff or the end of ctx, whichever is first.
func (t timing) pause(ctx context.Context, failures int) error {
	timer := time.NewTimer(t.backoff(failures))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// listen hears what the official client of a generation logs. It goes to the
// operators' debug log, as the client calls ordinary refusals errors; the
// supervisor reports what matters. An unavailable server is logged by a failing
// call just before the client forgets its connection: the moment to forsake it.
func (c *Client) listen(g *generation) func(level, format string, args ...any) {
	return func(level, format string, args ...any) {
		if c.log.Enabled(c.life, slog.LevelDebug) {
			c.log.LogAttrs(c.life, slog.LevelDebug, "event store client", slog.String("said", Redact(fmt.Sprintf(format, args...))))
		}
		if level != esdb.LogError || len(args) != 1 {
			return
		}
		if err, ok := args[0].(error); ok && status.Code(err) == codes.Unavailable {
			c.forsake(g, err)
		}
	}
}
