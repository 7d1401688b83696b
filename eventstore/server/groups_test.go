package server_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"shiyang/eventstore/server"
)

func TestAGroupResumesAfterItsCheckpoint(t *testing.T) {
	p := newPlace(t, server.Options{})
	p.write("s", numbered(6)...)
	p.create("s", "g", func(s *esdb.PersistentSubscriptionSettings) {
		s.CheckpointLowerBound, s.CheckpointUpperBound = 1, 1
	})
	sub := p.connect("s", "g", 4)
	events := p.want(sub, "0", "1", "2", "3")
	// 0, 1 and 3 are done: the checkpoint stays before 2.
	if err := sub.Ack(events[0], events[1], events[3]); err != nil {
		t.Fatal(err)
	}
	p.until("s", "g", "checkpoint 1", func(i *esdb.PersistentSubscriptionInfo) bool {
		return i.Stats.LastCheckpointedEventRevision != nil && *i.Stats.LastCheckpointedEventRevision == 1
	})
	p.restart()
	sub = p.connect("s", "g", 10)
	p.want(sub, "2", "3", "4", "5")
	stream, err := p.client.ReadStream(t.Context(), "$persistentsubscription-s::g-checkpoint", esdb.ReadStreamOptions{From: esdb.Start{}}, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	e, err := stream.Recv()
	if err != nil || e.Event.EventType != "$SubscriptionCheckpoint" || !strings.HasPrefix(string(e.Event.Data), `"`) {
		t.Errorf("checkpoint %+v, %v", e, err)
	}
}

func TestAGroupThatStartsAtTheEndKeepsItsPlace(t *testing.T) {
	p := newPlace(t, server.Options{})
	p.write("s", "old")
	if err := p.client.CreatePersistentSubscription(t.Context(), "s", "g", esdb.PersistentStreamSubscriptionOptions{}); err != nil {
		t.Fatal(err)
	}
	p.write("s", "new")
	p.restart()
	p.want(p.connect("s", "g", 10), "new")
	if _, ok := p.info("s", "g").Settings.StartFrom.(esdb.End); !ok {
		t.Errorf("start %+v, want the end", p.info("s", "g").Settings.StartFrom)
	}
}

func TestRefusedEventsComeAgainAndAreParkedAtLast(t *testing.T) {
	p := newPlace(t, server.Options{})
	p.write("s", "a", "b")
	p.create("s", "g", func(s *esdb.PersistentSubscriptionSettings) { s.MaxRetryCount = 2 })
	sub := p.connect("s", "g", 1)
	for retries := range 3 {
		e := p.next(sub)
		if string(e.Event.Event.Data) != "a" || e.RetryCount != retries {
			t.Fatalf("%s, sent %d times before, want a, %d", e.Event.Event.Data, e.RetryCount, retries)
		}
		action := esdb.NackActionRetry
		if retries == 1 {
			action = esdb.NackActionUnknown
		}
		if err := sub.Nack("not now", action, e.Event); err != nil {
			t.Fatal(err)
		}
	}
	p.want(sub, "b")
	p.until("s", "g", "one parked", func(i *esdb.PersistentSubscriptionInfo) bool { return i.Stats.ParkedMessagesCount == 1 })
}

func TestParkSkipAndReplay(t *testing.T) {
	p := newPlace(t, server.Options{})
	p.write("s", "a", "b", "c", "d")
	p.create("s", "g", nil)
	sub := p.connect("s", "g", 10)
	events := p.want(sub, "a", "b", "c", "d")
	if err := errors.Join(sub.Nack("bad", esdb.NackActionPark, events[0], events[2], events[3]), sub.Nack("", esdb.NackActionSkip, events[1])); err != nil {
		t.Fatal(err)
	}
	p.until("s", "g", "three parked", func(i *esdb.PersistentSubscriptionInfo) bool {
		return i.Stats.ParkedMessagesCount == 3 && i.Stats.TotalInFlightMessages == 0
	})
	if err := p.client.ReplayParkedMessages(t.Context(), "s", "g", esdb.ReplayParkedMessagesOptions{StopAt: 2}); err != nil {
		t.Fatal(err)
	}
	again := p.want(sub, "a", "c")
	if again[0].Link == nil || again[0].Link.StreamID != "$persistentsubscription-s::g-parked" {
		t.Errorf("a replayed event comes without its parked link: %+v", again[0])
	}
	// A crash now would lose neither: they stay parked until they are done.
	if n := p.info("s", "g").Stats.ParkedMessagesCount; n != 3 {
		t.Errorf("%d parked while they are with the client", n)
	}
	if err := sub.Ack(again...); err != nil {
		t.Fatal(err)
	}
	p.until("s", "g", "one left", func(i *esdb.PersistentSubscriptionInfo) bool { return i.Stats.ParkedMessagesCount == 1 })
	if err := p.client.ReplayParkedMessages(t.Context(), "s", "g", esdb.ReplayParkedMessagesOptions{}); err != nil {
		t.Fatal(err)
	}
	p.want(sub, "d")
}

func TestAMessageTimesOut(t *testing.T) {
	p := newPlace(t, server.Options{})
	p.write("s", "a")
	p.create("s", "g", func(s *esdb.PersistentSubscriptionSettings) { s.MessageTimeout = 20; s.MaxRetryCount = 1 })
	sub := p.connect("s", "g", 1)
	e := p.next(sub)
	// To stop means nothing: the event times out as if nothing had been said.
	if err := sub.Nack("", esdb.NackActionStop, e.Event); err != nil {
		t.Fatal(err)
	}
	if e := p.next(sub); e.RetryCount != 1 {
		t.Errorf("retry count %d", e.RetryCount)
	}
	p.until("s", "g", "parked", func(i *esdb.PersistentSubscriptionInfo) bool { return i.Stats.ParkedMessagesCount == 1 })
}

func TestALostClientsEventsGoToAnother(t *testing.T) {
	p := newPlace(t, server.Options{})
	p.write("s", "a", "b", "c")
	p.create("s", "g", func(s *esdb.PersistentSubscriptionSettings) {
		s.ConsumerStrategyName = esdb.ConsumerStrategyDispatchToSingle
	})
	first := p.connect("s", "g", 2)
	p.want(first, "a", "b")
	second := p.connect("s", "g", 2)
	p.want(second, "c")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if e := p.next(second); string(e.Event.Event.Data) != "a" || e.RetryCount != 1 {
		t.Errorf("%s, sent %d times before", e.Event.Event.Data, e.RetryCount)
	}
}

func TestStrategies(t *testing.T) {
	p := newPlace(t, server.Options{})
	t.Run("round robin", func(*testing.T) {
		p.create("r", "g", nil)
		one, two := p.connect("r", "g", 10), p.connect("r", "g", 10)
		p.write("r", "a", "b", "c", "d")
		p.want(one, "a", "c")
		p.want(two, "b", "d")
	})
	t.Run("pinned", func(t *testing.T) {
		err := p.client.CreatePersistentSubscriptionToAll(t.Context(), "pins", esdb.PersistentAllSubscriptionOptions{
			StartFrom: esdb.Start{}, Filter: &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: []string{"pin-"}},
			Settings: settings(func(s *esdb.PersistentSubscriptionSettings) { s.ConsumerStrategyName = esdb.ConsumerStrategyPinned }),
		})
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan [2]string, 100)
		for _, name := range []string{"one", "two"} {
			sub, err := p.client.SubscribeToPersistentSubscriptionToAll(t.Context(), "pins", esdb.SubscribeToPersistentSubscriptionOptions{BufferSize: 3})
			if err != nil {
				t.Fatal(err)
			}
			go func() {
				for e := sub.Recv(); e.EventAppeared != nil; e = sub.Recv() {
					got <- [2]string{name, e.EventAppeared.Event.Event.StreamID}
					_ = sub.Ack(e.EventAppeared.Event)
				}
			}()
		}
		for range 2 {
			for i := range 20 {
				p.write(fmt.Sprint("pin-", i), "x")
			}
		}
		owner, both := map[string]string{}, map[string]bool{}
		for range 40 {
			g := <-got
			if before, ok := owner[g[1]]; ok && before != g[0] {
				t.Errorf("%s went to two clients", g[1])
			}
			owner[g[1]], both[g[0]] = g[0], true
		}
		if len(both) != 2 {
			t.Error("one client got everything")
		}
	})
}

func TestGroupsOfAll(t *testing.T) {
	p := newPlace(t, server.Options{})
	p.write("a-1", "a")
	p.write("b-1", "b")
	filter := &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Regex: "^a-"}
	err := p.client.CreatePersistentSubscriptionToAll(t.Context(), "g", esdb.PersistentAllSubscriptionOptions{
		StartFrom: esdb.Start{}, Filter: filter,
		Settings: settings(func(s *esdb.PersistentSubscriptionSettings) {
			s.CheckpointAfter, s.CheckpointLowerBound, s.CheckpointUpperBound = 1, 1, 1
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	sub, err := p.client.SubscribeToPersistentSubscriptionToAll(t.Context(), "g", esdb.SubscribeToPersistentSubscriptionOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := sub.Ack(p.want(sub, "a")...); err != nil {
		t.Fatal(err)
	}
	// Events that the filter does not take move the checkpoint, too.
	p.write("b-2", numbered(5)...)
	head := uint64(0)
	all := func() *esdb.PersistentSubscriptionInfo {
		i, err := p.client.GetPersistentSubscriptionInfoToAll(t.Context(), "g", esdb.GetPersistentSubscriptionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	stream, err := p.client.ReadStream(t.Context(), "b-2", esdb.ReadStreamOptions{From: esdb.End{}, Direction: esdb.Backwards}, 1)
	if err != nil {
		t.Fatal(err)
	}
	last, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	head = last.Event.Position.Commit
	stream.Close()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); ; <-tick.C {
		if at := all().Stats.LastCheckpointedPosition; at != nil && at.Commit >= head {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("the checkpoint stays at %v, before %d", all().Stats.LastCheckpointedPosition, head)
		}
	}
	p.restart()
	if sub, err = p.client.SubscribeToPersistentSubscriptionToAll(t.Context(), "g", esdb.SubscribeToPersistentSubscriptionOptions{}); err != nil {
		t.Fatal(err)
	}
	p.write("a-2", "after")
	p.want(sub, "after")
}

func TestLinksInGroups(t *testing.T) {
	p := newPlace(t, server.Options{})
	p.write("s", "a", "b")
	for _, data := range []string{"0@s", "7@s", "odd"} {
		_, err := p.client.AppendToStream(t.Context(), "links", esdb.AppendToStreamOptions{},
			esdb.EventData{EventID: uuid.New(), EventType: "$>", Data: []byte(data)})
		if err != nil {
			t.Fatal(err)
		}
	}
	p.create("links", "g", func(s *esdb.PersistentSubscriptionSettings) { s.ResolveLinkTos = true })
	sub := p.connect("links", "g", 10)
	if e := p.next(sub).Event; e.Link == nil || string(e.Event.Data) != "a" {
		t.Errorf("resolved link %+v", e)
	}
	if e := p.next(sub).Event; e.Link == nil || e.Event != nil || string(e.OriginalEvent().Data) != "7@s" {
		t.Errorf("broken link %+v", e)
	}
	if e := p.next(sub).Event; e.Link != nil || string(e.Event.Data) != "odd" {
		t.Errorf("malformed link %+v", e)
	}
}
