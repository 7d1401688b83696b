package esdbstore_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"shiyang/internal/es/esdbstore"
)

// clock is a clock that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func TestReadyForFiveSecondsAfterASignOfLife(t *testing.T) {
	f := newFake(t).Start(t)
	clock := &clock{at: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)}
	c, err := esdbstore.Dial(t.Context(), esdbstore.Config{URL: f.URL(), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	eventually(t, "ready", func() bool { return c.Ready() == nil })
	f.Stop()
	clock.Add(5 * time.Second)
	if err := c.Ready(); err != nil {
		t.Fatal(err)
	}
	clock.Add(time.Millisecond)
	if err := c.Ready(); err == nil || !strings.Contains(err.Error(), "silent for 5s") {
		t.Fatal(err)
	}
	f.Start(t)
	eventually(t, "ready again", func() bool { return c.Ready() == nil })
}

// A connection that answers nothing any more is replaced, though nobody but
// the supervisor's probe asks.
func TestSilentConnectionIsReplaced(t *testing.T) {
	f := newFake(t).Start(t)
	c, err := esdbstore.DialTimed(t.Context(), esdbstore.Config{URL: f.URL()}, esdbstore.Timing{
		ProbeEvery: 10 * time.Millisecond, ProbeTimeout: 50 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	eventually(t, "ready", func() bool { return c.Ready() == nil })
	held := make(chan struct{})
	f.hold(held)
	eventually(t, "given up", func() bool { return c.Stats().Generation > 1 })
	f.hold(nil)
	close(held)
	if _, err := c.Head(within(t)); err != nil {
		t.Fatal(err)
	}
}

func TestBackoff(t *testing.T) {
	for failures, most := range []time.Duration{100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000} {
		if got := esdbstore.Backoff(failures, 1); got != most*time.Millisecond {
			t.Errorf("after %d failures at most %s", failures, got)
		}
		if got := esdbstore.Backoff(failures, 0); got != 0 {
			t.Errorf("after %d failures at least %s", failures, got)
		}
	}
	if got := esdbstore.Backoff(1000, 1); got != 10*time.Second {
		t.Errorf("after 1000 failures at most %s", got)
	}
}

func TestClose(t *testing.T) {
	f := newFake(t) // never started
	c := dial(t, f.URL())
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Head(t.Context()); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Fatal(err)
	}
	for _, err := range c.Subscribe(t.Context(), 0, nil) {
		if err == nil || !strings.Contains(err.Error(), "closed") {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := esdbstore.Dial(ctx, esdbstore.Config{URL: f.URL()}); err == nil {
		t.Fatal("dialled with a context that has ended")
	}
}

// A call that only a server's answer can end is reported, not waited for.
func TestCloseReportsStuckCalls(t *testing.T) {
	f := newFake(t)
	held := make(chan struct{})
	f.spoil = func(int) error { <-held; return nil }
	f.Start(t)
	c, err := esdbstore.DialTimed(t.Context(), esdbstore.Config{URL: f.URL()}, esdbstore.Timing{Drain: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = newStore(c).Append(t.Context(), "facility-a", 0, command(), change("1"))
	}()
	eventually(t, "the append arrives", func() bool { f.mu.Lock(); defer f.mu.Unlock(); return f.appends == 1 })
	if err := c.Close(); err == nil || !strings.Contains(err.Error(), "1 calls") {
		t.Fatal(err)
	}
	close(held)
	<-ended
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
}

// What is logged tells of connections and never of credentials.
func TestLog(t *testing.T) {
	var mu sync.Mutex
	var text bytes.Buffer
	log := slog.New(slog.NewTextHandler(locked{&mu, &text}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	f := newFake(t).Start(t)
	c, err := esdbstore.DialTimed(t.Context(), esdbstore.Config{URL: f.URL(), Logger: log}, esdbstore.Timing{ProbeEvery: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	logged := func(s string) func() bool {
		return func() bool { mu.Lock(); defer mu.Unlock(); return strings.Contains(text.String(), s) }
	}
	eventually(t, "connected", logged("event store connected"))
	f.Stop()
	eventually(t, "given up", logged("event store connection given up"))
	eventually(t, "the official client's words", logged(`msg="event store client"`))
}

type locked struct {
	mu *sync.Mutex
	w  *bytes.Buffer
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// TestACrowdIsRefusedAtOnce lets far more callers come than may wait while
// there is no server: those beyond are refused at once and are told that
// nothing was saved, the others wait for their own deadline.
func TestACrowdIsRefusedAtOnce(t *testing.T) {
	const beyond = 40
	c := dial(t, newFake(t).URL())
	s := newStore(c)
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for range esdbstore.MaxWaiting {
		all.Go(func() { _, _ = s.Append(ctx, "facility-a", 0, command(), change("1")) })
	}
	for c.Stats().Waiting < esdbstore.MaxWaiting {
		runtime.Gosched()
	}
	for range beyond {
		if _, err := s.Append(t.Context(), "facility-a", 0, command(), change("1")); !errors.Is(err, esdbstore.ErrUnavailable) {
			t.Errorf("append: %v", err)
		}
		for _, err := range s.Read(t.Context(), "facility-a", 0) {
			if !errors.Is(err, esdbstore.ErrUnavailable) {
				t.Errorf("read: %v", err)
			}
		}
	}
	if got := c.Stats(); got.Shed != 2*beyond {
		t.Errorf("%+v, want %d refused", got, 2*beyond)
	}
	cancel()
	all.Wait()
	if got := c.Stats(); got.Waiting > 0 {
		t.Errorf("afterwards %d wait", got.Waiting)
	}
}
