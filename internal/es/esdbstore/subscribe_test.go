package esdbstore_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"shiyang/internal/es"
	"shiyang/internal/es/esdbstore"
)

// follow subscribes until the test ends and returns how to get the streams of
// the events so far.
func follow(t *testing.T, c *esdbstore.Client, from es.Position, prefixes ...string) func() []string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	var got []string
	var all sync.WaitGroup
	all.Go(func() {
		last := from
		for d, err := range c.Subscribe(ctx, from, prefixes) {
			if err != nil {
				if !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				return
			}
			if d.Position < last || d.Event != nil && d.Position == last {
				t.Errorf("position %d after %d", d.Position, last)
			}
			last = d.Position
			if d.Event != nil {
				mu.Lock()
				got = append(got, d.Event.Stream)
				mu.Unlock()
			}
		}
	})
	t.Cleanup(func() {
		cancel()
		all.Wait()
	})
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(got)
	}
}

func fill(t *testing.T, s *esdbstore.Store, streams ...string) {
	t.Helper()
	for _, stream := range streams {
		mustAppend(t, s, stream, 0, change("1"))
	}
}

func TestSubscribe(t *testing.T) {
	f := newFake(t).Start(t)
	c := dial(t, f.URL())
	s := newStore(c)
	fill(t, s, "facility-a", "permit-a", "facility-b", "permit-b")
	var steps []string
	for d, err := range c.Subscribe(within(t), 1, []string{"facility-", "eia-"}) {
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case d.Event != nil:
			steps = append(steps, d.Event.Stream)
			if d.Event.Position != d.Position || d.Event.Revision != 1 || d.Event.Type != "permits.v1.FacilityChanged" || len(d.Event.Metadata) == 0 {
				t.Errorf("%+v", d.Event)
			}
		case d.CaughtUp:
			steps = append(steps, "caught up at "+strconv.Itoa(int(d.Position)))
		default:
			steps = append(steps, "checkpoint "+strconv.Itoa(int(d.Position)))
		}
		if d.CaughtUp {
			break
		}
	}
	if want := []string{"checkpoint 2", "facility-b", "checkpoint 4", "caught up at 4"}; !slices.Equal(steps, want) {
		t.Fatalf("got %v", steps)
	}
	eventually(t, "a subscription that was left is closed", func() bool { return c.Stats().Running == 0 })
}

func TestSubscribeSeesWhatComes(t *testing.T) {
	f := newFake(t).Start(t)
	c := dial(t, f.URL())
	got := follow(t, c, 0)
	fill(t, newStore(c), "a-1", "b-1", "c-1")
	eventually(t, "three events", func() bool { return slices.Equal(got(), []string{"a-1", "b-1", "c-1"}) })
}

func TestSubscribeEndsWithItsContext(t *testing.T) {
	f := newFake(t) // also when there never was a server
	c := dial(t, f.URL())
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	var last error
	for _, err := range c.Subscribe(ctx, 0, nil) {
		last = err
	}
	if !errors.Is(last, context.DeadlineExceeded) {
		t.Fatal(last)
	}
}

func TestSubscribeIsRefused(t *testing.T) {
	f := newFake(t).Start(t)
	c := dial(t, f.URL())
	eventually(t, "ready", func() bool { return c.Ready() == nil })
	f.mu.Lock()
	f.refuse = status.Error(codes.PermissionDenied, "no")
	f.mu.Unlock()
	var last error
	for _, err := range c.Subscribe(within(t), 0, nil) {
		last = err
	}
	if !errors.Is(last, esdbstore.ErrRefused) {
		t.Fatal(last)
	}
}

func TestCheckpointBeyondTheHeadIsRefused(t *testing.T) {
	f := newFake(t).Start(t)
	c := quick(t, f.URL())
	fill(t, newStore(c), "a-1", "b-1")
	var last error
	for _, err := range c.Subscribe(within(t), 3, nil) {
		last = err
	}
	if !errors.Is(last, esdbstore.ErrCheckpointAhead) {
		t.Fatal(last)
	}
	if n := f.Subscriptions(); n != 0 {
		t.Fatalf("%d subscriptions", n)
	}
}

// A replica that lags catches up with the checkpoint and is believed then.
func TestCheckpointBeyondALaggingHead(t *testing.T) {
	f := newFake(t).Start(t)
	c, err := esdbstore.DialTimed(t.Context(), esdbstore.Config{URL: f.URL()}, esdbstore.Timing{Random: func() float64 { return 1 }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	s := newStore(c)
	fill(t, s, "a-1")
	got := follow(t, c, 2)
	fill(t, s, "b-1", "c-1")
	eventually(t, "what follows the checkpoint", func() bool { return slices.Equal(got(), []string{"c-1"}) })
}

// A subscription that the server forgot is opened anew.
func TestStalledSubscription(t *testing.T) {
	f := newFake(t)
	f.mute = func(n int) bool { return n == 1 }
	f.Start(t)
	c, err := esdbstore.DialTimed(t.Context(), esdbstore.Config{URL: f.URL()}, esdbstore.Timing{Stall: 50 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	got := follow(t, c, 0)
	fill(t, newStore(c), "a-1")
	eventually(t, "the event", func() bool { return slices.Equal(got(), []string{"a-1"}) })
}

func TestStallIsAMinuteOfSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		recv := make(chan *esdb.SubscriptionEvent)
		defer close(recv)
		ended := make(chan error, 1)
		go func() { ended <- esdbstore.NextOf(ctx, recv) }()
		for range 3 {
			time.Sleep(59 * time.Second) // of the bubble's clock
			recv <- &esdb.SubscriptionEvent{}
		}
		synctest.Wait()
		if len(ended) != 0 {
			t.Fatal("ended while something came every minute")
		}
		time.Sleep(61 * time.Second)
		synctest.Wait()
		if err := <-ended; !errors.Is(err, esdbstore.ErrStalled) {
			t.Fatal(err)
		}
	})
}

func TestReadAll(t *testing.T) {
	f := newFake(t).Start(t)
	c := dial(t, f.URL())
	for range c.ReadAll(within(t), 0, nil) {
		t.Fatal("an event in an empty store")
	}
	fill(t, newStore(c), "a-1", "b-1", "a-2", "b-2")
	read := func(from es.Position, prefixes ...string) (streams []string) {
		for e, err := range c.ReadAll(within(t), from, prefixes) {
			if err != nil {
				t.Fatal(err)
			}
			streams = append(streams, e.Stream)
		}
		return streams
	}
	for _, tt := range []struct {
		from     es.Position
		prefixes []string
		want     []string
	}{
		{0, nil, []string{"a-1", "b-1", "a-2", "b-2"}},
		{0, []string{"a-"}, []string{"a-1", "a-2"}},
		{1, []string{"a-", "b-"}, []string{"b-1", "a-2", "b-2"}},
		{3, []string{"a-"}, nil},
		{4, nil, nil},
	} {
		if got := read(tt.from, tt.prefixes...); !slices.Equal(got, tt.want) {
			t.Errorf("from %d %v: %v", tt.from, tt.prefixes, got)
		}
	}
	eventually(t, "nothing runs", func() bool { return c.Stats().Running == 0 })
	if head, err := c.Head(t.Context()); err != nil || head != 4 {
		t.Fatal(head, err)
	}
}
