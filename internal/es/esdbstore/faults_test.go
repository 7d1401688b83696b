package esdbstore_test

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"shiyang/internal/es"
	"shiyang/internal/es/esdbstore"
)

// This file holds one test for every fault of the official client v4.2.0 that
// the package is there for. Each shows the fault on the bare client first: if
// a later version of it is cured, the test says so.

func appendBare(ctx context.Context, client *esdb.Client, stream string) error {
	_, err := client.AppendToStream(ctx, stream, esdb.AppendToStreamOptions{}, esdb.EventData{EventType: "t", ContentType: esdb.ContentTypeJson, Data: []byte("{}")})
	return err
}

func isCode(err error, code esdb.ErrorCode) bool {
	own, ok := errors.AsType[*esdb.Error](err)
	return ok && own.Code() == code
}

// Fault 1: when discovery has failed once, the client is dead for ever.
func TestFaultDeadAfterDiscovery(t *testing.T) {
	f := newFake(t)
	client := bare(t, f, "&maxDiscoverAttempts=2&discoveryInterval=1")
	c := dial(t, f.URL())
	s := newStore(c)
	if err := appendBare(within(t), client, "bare-a"); !isCode(err, esdb.ErrorUnavailable) {
		t.Fatalf("bare client without a server: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Append(ctx, "facility-a", 0, command(), change("1")); !errors.Is(err, esdbstore.ErrUnavailable) {
		t.Fatalf("without a server: %v", err)
	}
	if c.Ready() == nil {
		t.Fatal("ready without a server")
	}
	f.Start(t)
	if err := appendBare(within(t), client, "bare-a"); !isCode(err, esdb.ErrorCodeConnectionClosed) {
		t.Fatalf("the bare client came back to life, the fault is cured: %v", err)
	}
	if _, err := s.Append(within(t), "facility-a", 0, command(), change("1")); err != nil {
		t.Fatal(err)
	}
	if err := c.Ready(); err != nil {
		t.Fatal(err)
	}
}

// Fault 2: callers of a client that looks for a server wait without regard to
// their contexts, and for ever once it has given up.
func TestFaultStuckCallers(t *testing.T) {
	const callers = 32
	f := newFake(t)
	client := bare(t, f, "&maxDiscoverAttempts=2&discoveryInterval=20")
	c := dial(t, f.URL())
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	var returned atomic.Int32
	for range callers {
		go func() { // most never end
			_ = appendBare(ctx, client, "bare-a")
			returned.Add(1)
		}()
	}
	for _, err := range together(callers, func(i int) error {
		_, err := newStore(c).Append(ctx, "facility-"+strconv.Itoa(i), 0, command(), change("1"))
		return err
	}) {
		if !errors.Is(err, esdbstore.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	}
	<-ctx.Done()
	f.Start(t)
	eventually(t, "ready", func() bool { return c.Ready() == nil })
	if n := returned.Load(); n == callers {
		t.Fatal("all callers of the bare client returned, the fault is cured")
	}
	if s := c.Stats(); s.Stuck != 0 || s.Running != 0 {
		t.Fatalf("%+v", s)
	}
}

// Fault 3: the client means to ask for the leader and sends nothing. Ours is
// content with that: a follower passes writes on, or answers who the leader
// is, which TestNotLeader shows to work.
func TestFaultRequiresLeaderIsNotSent(t *testing.T) {
	f := newFake(t).Start(t)
	client := bare(t, f, "&nodePreference=leader")
	defer client.Close()
	if err := appendBare(within(t), client, "bare-a"); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, newStore(dial(t, f.URL())), "facility-a", 0, change("1"))
	for _, headers := range f.seen {
		if len(headers.Get("requires-leader")) != 0 {
			t.Fatal("requires-leader arrives, the fault is cured")
		}
	}
}

func TestNotLeader(t *testing.T) {
	leader := newTCPFake(t).Start(t)
	host, port, err := net.SplitHostPort(leader.address)
	if err != nil {
		t.Fatal(err)
	}
	follower := newTCPFake(t)
	follower.spoil = func(int) error { return status.Error(codes.NotFound, "leader info available") }
	follower.trailer = metadata.Pairs("exception", "not-leader", "leader-endpoint-host", host, "leader-endpoint-port", port)
	follower.Start(t)
	c := dial(t, follower.URL())
	if end := mustAppend(t, newStore(c), "facility-a", 0, change("1")); end.Revision != 1 {
		t.Fatalf("%+v", end)
	}
	if leader.Events("facility-a") != 1 || follower.Events("facility-a") != 0 {
		t.Fatal("the event is not with the leader")
	}
}

// Fault 4: every rediscovery forgets a connection without closing it.
func TestFaultLeakedConnections(t *testing.T) {
	const answers = 10
	f := newFake(t)
	f.spoil = func(int) error { return errBusy }
	f.Start(t)
	client := bare(t, f, "")
	for range answers {
		if err := appendBare(within(t), client, "bare-a"); !isCode(err, esdb.ErrorUnavailable) {
			t.Fatal(err)
		}
	}
	if n := f.Conns(); n < answers-1 {
		t.Fatalf("bare client: %d connections after %d answers, the fault is cured", n, answers)
	}
	f.Stop()
	eventually(t, "the bare client's connections are broken", func() bool { return f.Conns() == 0 })
	before := goroutines()
	f.Start(t)
	c := quick(t, f.URL())
	for range answers {
		if _, err := newStore(c).Append(within(t), "facility-a", 0, command(), change("1")); !errors.Is(err, esdbstore.ErrOutcomeUnknown) {
			t.Fatal(err)
		}
	}
	eventually(t, "one connection of ours", func() bool { return f.Conns() == 1 })
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "no connection", func() bool { return f.Conns() == 0 })
	f.Stop()
	eventually(t, "no goroutine of ours", func() bool { return goroutines() <= before })
}

// Fault 5: when the server refuses before everything was sent, the client
// reports EOF and drops the status.
func TestFaultEOFInsteadOfStatus(t *testing.T) {
	f := newFake(t)
	f.hurry = true
	f.spoil = func(int) error { return status.Error(codes.InvalidArgument, "too large") }
	f.Start(t)
	client := bare(t, f, "")
	defer client.Close()
	var many []esdb.EventData
	for range 40 {
		many = append(many, esdb.EventData{EventType: "t", Data: make([]byte, 64<<10)})
	}
	eventually(t, "EOF of the bare client (else the fault is cured)", func() bool {
		_, err := client.AppendToStream(within(t), "bare-a", esdb.AppendToStreamOptions{}, many...)
		return errors.Is(err, io.EOF) && status.Code(errors.Unwrap(errors.Unwrap(err))) != codes.InvalidArgument
	})
	c := quick(t, f.URL())
	s := newStore(c)
	// So large an append never leaves us; a smaller one may still meet the
	// fault. Whether it was stored can't be known from EOF, and nothing is
	// claimed.
	big := slices.Repeat([]es.Event{change(strings.Repeat("x", 100_000))}, 5)
	_, err := s.Append(within(t), "facility-a", 0, command(), big...)
	if !errors.Is(err, esdbstore.ErrOutcomeUnknown) && !errors.Is(err, esdbstore.ErrRefused) {
		t.Fatal(err)
	}
	f.mu.Lock()
	f.hurry, f.spoil = false, nil
	f.mu.Unlock()
	if end := mustAppend(t, s, "facility-a", 0, big...); end.Revision != 5 {
		t.Fatalf("%+v", end)
	}
}

// Fault 6: Close while calls run panics in the callers.
func TestFaultCloseWhileCallsRun(t *testing.T) {
	const callers, rounds = 16, 300
	f := newFake(t).Start(t)
	f.spoil = func(int) error { return errBusy }
	if !raceDetector { // which rightly reports the bare client's race as such
		var panics atomic.Int32
		for range rounds {
			client := bare(t, f, "")
			_ = appendBare(within(t), client, "bare-a")
			var all sync.WaitGroup
			for range callers {
				all.Go(func() {
					defer func() {
						if recover() != nil {
							panics.Add(1)
						}
					}()
					_ = appendBare(within(t), client, "bare-a")
				})
			}
			all.Go(func() { _ = client.Close() })
			all.Wait()
			if panics.Load() > 0 {
				break
			}
		}
		if panics.Load() == 0 {
			// Chance decides: a quiet machine may not meet the fault.
			t.Logf("no panic in %d rounds of the bare client", rounds)
		}
	}
	f.Stop()
	f.spoil = nil
	before := goroutines()
	f.Start(t)
	for range 20 {
		c := quick(t, f.URL())
		eventually(t, "ready", func() bool { return c.Ready() == nil })
		var all sync.WaitGroup
		for i := range callers {
			all.Go(func() {
				_, err := newStore(c).Append(within(t), "facility-"+strconv.Itoa(i), 0, command(), change("1"))
				if err != nil && !errors.Is(err, esdbstore.ErrClosed) && !errors.Is(err, es.ErrConflict) {
					t.Error(err)
				}
			})
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		all.Wait()
		if err := c.Ready(); !errors.Is(err, esdbstore.ErrClosed) {
			t.Error(err)
		}
	}
	f.Stop()
	eventually(t, "no goroutine of ours", func() bool { return goroutines() <= before })
}

// Fault 7: a subscription that is dropped stays so.
func TestFaultResubscribe(t *testing.T) {
	f := newFake(t).Start(t)
	client := bare(t, f, "")
	sub, err := client.SubscribeToAll(within(t), esdb.SubscribeToAllOptions{From: esdb.Start{}})
	if err != nil {
		t.Fatal(err)
	}
	c := quick(t, f.URL())
	s := newStore(c)
	got := follow(t, c, 0, "facility-")
	var want []string
	for i := range 4 {
		for j := range 3 {
			stream := "facility-" + strconv.Itoa(i) + strconv.Itoa(j)
			if _, err := s.Append(within(t), stream, 0, command(), change("1")); err != nil {
				t.Fatal(err)
			}
			want = append(want, stream)
		}
		eventually(t, "delivered", func() bool { return len(got()) == len(want) })
		f.Stop()
		f.Start(t)
	}
	if !slices.Equal(got(), want) {
		t.Fatalf("got %v", got())
	}
	for step := sub.Recv(); step.SubscriptionDropped == nil; step = sub.Recv() {
		continue
	}
	if again := sub.Recv(); again.SubscriptionDropped == nil {
		t.Fatal("the bare subscription came back, the fault is cured")
	}
}

// Many restarts under load: nothing is lost or doubled, nobody is stuck, and
// what was opened is closed.
func TestRestartsUnderLoad(t *testing.T) {
	const writers, restarts = 32, 10
	f := newFake(t)
	before := goroutines()
	f.Start(t)
	c := quick(t, f.URL())
	s := newStore(c)
	ctx, stop := context.WithCancel(t.Context())
	acknowledged := make([]int, writers)
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			stream := "facility-" + strconv.Itoa(w)
			for meta := command(); ctx.Err() == nil; {
				_, err := s.Append(ctx, stream, es.Revision(acknowledged[w]), meta, change("1"))
				if err == nil {
					acknowledged[w]++
					meta = command()
				}
			}
		})
	}
	for range restarts {
		at := f.Total()
		eventually(t, "progress", func() bool { return f.Total() > at+writers })
		f.Stop()
		f.Start(t)
	}
	at := f.Total()
	eventually(t, "progress after the last restart", func() bool { return f.Total() > at+writers })
	stop()
	all.Wait()
	for w, n := range acknowledged {
		if have := f.Events("facility-" + strconv.Itoa(w)); have != n && have != n+1 { // the last may be stored and unanswered
			t.Errorf("writer %d: %d acknowledged, %d stored", w, n, have)
		}
	}
	eventually(t, "no call is stuck", func() bool { return c.Stats().Stuck == 0 })
	if c.Stats().Reconnects == 0 {
		t.Errorf("%+v", c.Stats())
	}
	eventually(t, "one connection", func() bool { return f.Conns() == 1 })
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	f.Stop()
	eventually(t, "no goroutine of ours", func() bool { return goroutines() <= before })
}
