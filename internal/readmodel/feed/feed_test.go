package feed_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/feed"
	"shiyang/internal/readmodel/readmodeltest"
	commonv1 "shiyang/proto/common/v1"
)

func newLog() *readmodeltest.Log {
	return readmodeltest.NewLog(es.NewCodec(&estest.Keyring{}))
}

// subscriber notes what it is given.
type subscriber struct {
	mu     sync.Mutex
	seen   []es.Position
	at     es.Position
	caught int
	err    error
	hold   chan struct{} // if set, each event waits for it
}

// follow runs until ctx ends or the subscription does.
func (s *subscriber) follow(ctx context.Context, source *feed.Feed, prefixes []string, wanted func(*readmodel.RawEvent) bool) {
	for d, err := range source.Follow(ctx, s.place(), prefixes, wanted) {
		s.mu.Lock()
		s.err = err
		if err == nil {
			if d.Event != nil && (len(s.seen) == 0 || d.Position > s.seen[len(s.seen)-1]) {
				s.seen = append(s.seen, d.Position)
			}
			if d.CaughtUp {
				s.caught++
			}
			s.at = max(s.at, d.Position)
		}
		s.mu.Unlock()
		if d.Event != nil && s.hold != nil {
			select {
			case <-s.hold:
			case <-ctx.Done():
			}
		}
	}
}

func (s *subscriber) place() es.Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

func (s *subscriber) times() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.caught
}

func (s *subscriber) positions() []es.Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]es.Position(nil), s.seen...)
}

// begin follows until the test ends or the returned function is called.
func begin(t *testing.T, follow func(context.Context)) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	wait.Go(func() { follow(ctx) })
	stop = func() { cancel(); wait.Wait() }
	t.Cleanup(stop)
	return stop
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatalf("never: %s", what)
		}
	}
}

func add(t *testing.T, log *readmodeltest.Log, n int) (last es.Position) {
	t.Helper()
	for i := range n {
		last = log.Append(t, fmt.Sprintf("key-%d-%d", log.Store.Head(), i), &commonv1.KeyReserved{Kind: "site", Key: "甲"})
	}
	return last
}

// all compares what a subscriber saw with the whole log.
func all(t *testing.T, who string, log *readmodeltest.Log, s *subscriber) {
	t.Helper()
	var want []es.Position
	for e, err := range log.ReadAll(t.Context(), 0, nil) {
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, e.Position)
	}
	if got := s.positions(); !slices.Equal(got, want) {
		t.Errorf("%s saw %d events, not the %d of the log in their order", who, len(got), len(want))
	}
}

func TestOneSubscriptionServesAll(t *testing.T) {
	log := newLog()
	head := add(t, log, 5)
	shared := feed.New(log)
	var all []*subscriber
	for range 4 {
		s := &subscriber{at: head}
		all = append(all, s)
		begin(t, func(ctx context.Context) { s.follow(ctx, shared, nil, nil) })
	}
	until(t, "everyone follows", func() bool { return shared.Followers() == 4 })
	last := add(t, log, 3)
	for _, s := range all {
		until(t, "it has seen the end", func() bool { return s.place() == last && s.times() > 0 })
		if got := s.positions(); len(got) != 3 {
			t.Errorf("saw %v", got)
		}
	}
	if n := log.Subscriptions(); n != 1 {
		t.Errorf("%d subscriptions", n)
	}
}

func TestWhoIsBehindReadsAloneAndJoins(t *testing.T) {
	log := newLog()
	last := add(t, log, 20)
	shared := feed.New(log)
	quick, late := &subscriber{at: last}, &subscriber{}
	begin(t, func(ctx context.Context) { quick.follow(ctx, shared, nil, nil) })
	until(t, "the first follows", func() bool { return shared.Followers() == 1 })
	begin(t, func(ctx context.Context) { late.follow(ctx, shared, nil, nil) })
	until(t, "the second has joined", func() bool { return shared.Followers() == 2 && late.times() > 0 })
	last = add(t, log, 5)
	until(t, "the second saw the end", func() bool { return late.place() == last })
	all(t, "who was behind", log, late)
	if n := log.Subscriptions(); n != 2 {
		t.Errorf("%d subscriptions", n)
	}
}

func TestSlowSubscriberHoldsUpNobody(t *testing.T) {
	log := newLog()
	shared := feed.New(log)
	slow, quick := &subscriber{hold: make(chan struct{})}, &subscriber{}
	begin(t, func(ctx context.Context) { slow.follow(ctx, shared, nil, nil) })
	begin(t, func(ctx context.Context) { quick.follow(ctx, shared, nil, nil) })
	until(t, "both follow", func() bool { return shared.Followers() == 2 })
	const many = 5000 // more than is kept
	last := add(t, log, many)
	until(t, "the quick one is at the end", func() bool { return quick.place() == last })
	close(slow.hold)
	until(t, "so is the slow one", func() bool { return slow.place() == last })
	all(t, "quick", log, quick)
	all(t, "slow", log, slow)
	until(t, "it has joined again", func() bool { return shared.Followers() == 2 })
	last = add(t, log, 1)
	until(t, "both go on", func() bool { return quick.place() == last && slow.place() == last })
	all(t, "slow", log, slow)
}

func TestEndsWithTheLastAndBeginsAnew(t *testing.T) {
	log := newLog()
	shared := feed.New(log)
	for round := range 3 {
		s := &subscriber{}
		stop := begin(t, func(ctx context.Context) { s.follow(ctx, shared, nil, nil) })
		last := add(t, log, 1)
		until(t, "it is at the end", func() bool { return s.place() == last })
		stop()
		if !errors.Is(s.err, context.Canceled) {
			t.Errorf("ended with %v", s.err)
		}
		all(t, fmt.Sprint("round ", round), log, s)
		if n := shared.Followers(); n != 0 {
			t.Errorf("%d follow after the end", n)
		}
	}
}

func TestPrefixes(t *testing.T) {
	log := newLog()
	shared := feed.New(log)
	s := &subscriber{}
	begin(t, func(ctx context.Context) { s.follow(ctx, shared, []string{"law-"}, nil) })
	add(t, log, 3)
	mine := log.Append(t, "law-1", &commonv1.KeyReserved{Kind: "site", Key: "甲"})
	last := add(t, log, 3)
	until(t, "it knows the end", func() bool { return s.place() == last })
	if got := s.positions(); len(got) != 1 || got[0] != mine {
		t.Errorf("saw %v, want %d", got, mine)
	}
}

// What a subscriber does not want reaches it too, a moment later; what it
// wants does not wait.
func TestUnwantedComesLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newLog()
		shared := feed.New(log)
		ctx, cancel := context.WithCancel(t.Context())
		s := &subscriber{}
		var wait sync.WaitGroup
		wait.Go(func() {
			s.follow(ctx, shared, nil, func(e *readmodel.RawEvent) bool { return e.Stream == "key-wanted" })
		})
		synctest.Wait()
		add(t, log, 1)
		synctest.Wait()
		if n := len(s.positions()); n != 0 {
			t.Errorf("woken for %d unwanted events", n)
		}
		time.Sleep(10 * time.Millisecond)
		synctest.Wait()
		if n := len(s.positions()); n != 1 {
			t.Errorf("saw %d of 1 after a while", n)
		}
		add(t, log, 1)
		log.Append(t, "key-wanted", &commonv1.KeyReserved{Kind: "site", Key: "甲"})
		synctest.Wait()
		if n := len(s.positions()); n != 3 {
			t.Errorf("saw %d of 3 at once", n)
		}
		cancel()
		wait.Wait()
	})
}

// TestNothingIsLost is the property: wherever subscribers begin, however slow
// they are and however often the store repeats itself or breaks off, each sees
// every event in order.
func TestNothingIsLost(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			log := newLog()
			var mu sync.Mutex
			coin := rand.New(rand.NewPCG(seed, 1))
			oneIn := func(n int) bool {
				mu.Lock()
				defer mu.Unlock()
				return coin.IntN(n) == 0
			}
			log.Misbehave(readmodeltest.Faults{
				Repeat: func(readmodel.RawEvent) bool { return oneIn(10) },
				Break: func(readmodel.RawEvent) error {
					if oneIn(300) {
						return errors.New("connection lost")
					}
					return nil
				},
			})
			shared := feed.New(log)
			var subscribers []*subscriber
			for i := range 5 {
				s := &subscriber{}
				if i == 0 {
					s.hold = make(chan struct{})
				}
				subscribers = append(subscribers, s)
				begin(t, func(ctx context.Context) {
					for ctx.Err() == nil { // as runners and reactions do
						s.follow(ctx, shared, nil, nil)
					}
				})
				add(t, log, 700)
			}
			last := log.Store.Head()
			close(subscribers[0].hold)
			for i, s := range subscribers {
				until(t, "it is at the end", func() bool { return s.place() == last })
				all(t, fmt.Sprint("subscriber ", i), log, s)
			}
		})
	}
}
