package server_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"shiyang/eventstore/server"
)

// TestNothingIsLostBetweenRestarts lets clients answer at random while the
// store is restarted again and again: in the end every event was acknowledged,
// skipped or parked, and none is delivered any more.
func TestNothingIsLostBetweenRestarts(t *testing.T) {
	const events, rounds = 300, 6
	seed := rand.Uint64()
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	p := newPlace(t, server.Options{GroupBytes: 4 << 10})
	p.create("s", "g", func(s *esdb.PersistentSubscriptionSettings) {
		s.CheckpointLowerBound, s.CheckpointUpperBound, s.MaxRetryCount = 1, 7, 50
		s.ReadBatchSize, s.HistoryBufferSize, s.LiveBufferSize = 5, 20, 9
	})
	p.write("s", numbered(events)...)
	settled := map[string]bool{} // what the store was told, though a restart may have come first
	for round := range rounds {
		sub, last, ended := p.connect("s", "g", 8), round == rounds-1, make(chan struct{})
		told := make(chan string, 3*events)
		go func() {
			defer close(ended)
			answerAtRandom(sub, random, last, told)
		}()
		for range events / 4 {
			if last {
				break
			}
			settled[<-told] = true
		}
		if last {
			p.until("s", "g", "the end", func(*esdb.PersistentSubscriptionInfo) bool { return p.done("s", "g") })
		}
		p.restart()
		<-ended
		close(told)
		for name := range told {
			settled[name] = true
		}
	}
	for _, name := range numbered(events) {
		if !settled[name] {
			t.Errorf("event %s never came", name)
		}
	}
	if !p.done("s", "g") {
		t.Errorf("after the last restart: %+v", p.info("s", "g").Stats)
	}
}

// answerAtRandom deals with events until the client is dropped; it tells which
// it settled. Unless it is the last, it keeps a few.
func answerAtRandom(sub *esdb.PersistentSubscription, random *rand.Rand, last bool, told chan<- string) {
	kept := 0
	for e := sub.Recv().EventAppeared; e != nil; e = sub.Recv().EventAppeared {
		var err error
		switch dice := random.IntN(20); {
		case dice == 0 && !last && kept < 4:
			kept++
			continue
		case dice <= 2:
			if err = sub.Nack("again", esdb.NackActionRetry, e.Event); err == nil {
				continue
			}
		case dice == 3:
			err = sub.Nack("bad", esdb.NackActionPark, e.Event)
		default:
			err = sub.Ack(e.Event)
		}
		if err != nil {
			return
		}
		told <- string(e.Event.Event.Data)
	}
}

// done tells whether a group's checkpoint is at the last event.
func (p *place) done(stream, group string) bool {
	p.Helper()
	s := p.info(stream, group).Stats
	return s.LastCheckpointedEventRevision != nil && s.LastKnownEventRevision != nil &&
		*s.LastCheckpointedEventRevision == *s.LastKnownEventRevision
}

// TestGarbageInTheStoresOwnStreams: whoever may write there must not keep the
// store from opening.
func TestGarbageInTheStoresOwnStreams(t *testing.T) {
	p := newPlace(t, server.Options{})
	p.write("s", "a", "b")
	p.create("s", "g", func(s *esdb.PersistentSubscriptionSettings) { s.CheckpointUpperBound = 1 })
	sub := p.connect("s", "g", 1)
	if err := sub.Ack(p.want(sub, "a")...); err != nil {
		t.Fatal(err)
	}
	p.until("s", "g", "a checkpoint", func(i *esdb.PersistentSubscriptionInfo) bool { return i.Stats.LastCheckpointedEventRevision != nil })
	for _, stream := range []string{"$persistentSubscriptionConfig", "$persistentsubscription-s::g-checkpoint"} {
		_, err := p.client.AppendToStream(t.Context(), stream, esdb.AppendToStreamOptions{},
			esdb.EventData{EventID: uuid.New(), EventType: "$odd", Data: []byte("{")})
		if err != nil {
			t.Fatal(err)
		}
	}
	p.restart()
	p.want(p.connect("s", "g", 2), "a", "b") // again rather than never
}

// TestAGroupAnswersWhileItReads: a filter that takes nothing of a long log does
// not keep the group from what is asked of it.
func TestAGroupAnswersWhileItReads(t *testing.T) {
	p := newPlace(t, server.Options{})
	for i := range 20 {
		p.write(fmt.Sprint("other-", i), numbered(1000)...)
	}
	p.write("mine", "a")
	err := p.client.CreatePersistentSubscriptionToAll(t.Context(), "g", esdb.PersistentAllSubscriptionOptions{
		StartFrom: esdb.Start{}, Filter: &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: []string{"mine"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var subs []*esdb.PersistentSubscription
	for range 4 {
		sub, err := p.client.SubscribeToPersistentSubscriptionToAll(t.Context(), "g", esdb.SubscribeToPersistentSubscriptionOptions{})
		if err != nil {
			t.Fatal(err)
		}
		subs = append(subs, sub)
	}
	got := make(chan error, len(subs))
	for _, sub := range subs {
		go func() {
			e := sub.Recv().EventAppeared
			if e == nil {
				got <- nil // closed below
				return
			}
			got <- errors.Join(sub.Ack(e.Event), fmt.Errorf("took %s", e.Event.Event.Data))
		}()
	}
	if err := <-got; err == nil || err.Error() != "took a" {
		t.Errorf("the one event: %v", err)
	}
	for _, sub := range subs {
		_ = sub.Close()
	}
}
