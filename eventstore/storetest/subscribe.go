package storetest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// observer receives a subscription in the background, so that waiting can end.
type observer struct {
	suite
	sub    *esdb.Subscription
	events chan *esdb.SubscriptionEvent
}

func (s suite) observe(sub *esdb.Subscription, err error) *observer {
	s.Helper()
	if err != nil {
		s.Fatal("subscribe:", err)
	}
	o := &observer{suite: s, sub: sub, events: make(chan *esdb.SubscriptionEvent)}
	go func() {
		for {
			e := sub.Recv()
			select {
			case o.events <- e:
			case <-s.ctx.Done():
				return
			}
			if e.SubscriptionDropped != nil {
				return
			}
		}
	}()
	s.Cleanup(func() { _ = sub.Close() })
	return o
}

func (s suite) subscribe(stream string, from esdb.StreamPosition) *observer {
	s.Helper()
	return s.observe(s.client.SubscribeToStream(s.ctx, stream, esdb.SubscribeToStreamOptions{From: from}))
}

func (s suite) subscribeAll(o esdb.SubscribeToAllOptions) *observer {
	s.Helper()
	return s.observe(s.client.SubscribeToAll(s.ctx, o))
}

// next waits for one message.
func (o *observer) next() *esdb.SubscriptionEvent {
	o.Helper()
	select {
	case e := <-o.events:
		return e
	case <-time.After(patience):
		o.Fatal("the subscription is silent")
		return nil
	}
}

// want expects messages one by one: the data of an event, or caught-up.
func (o *observer) want(messages ...string) {
	o.Helper()
	for _, want := range messages {
		e := o.next()
		got := "?"
		switch {
		case e.EventAppeared != nil:
			got = strings.Trim(string(e.EventAppeared.OriginalEvent().Data), `"`)
		case e.CaughtUp != nil:
			got = "caught-up"
		case e.SubscriptionDropped != nil:
			got = fmt.Sprint("dropped: ", e.SubscriptionDropped.Error)
		case e.CheckPointReached != nil:
			got = "checkpoint"
		}
		if got != want {
			o.Fatalf("received %q, want %q", got, want)
		}
	}
}

func exclusiveStart(s suite) {
	stream := s.stream("sub")
	s.write(stream, "a", "b", "c")
	start := s.subscribe(stream, esdb.Start{})
	middle := s.subscribe(stream, esdb.Revision(1))
	end := s.subscribe(stream, esdb.End{})
	start.want("a", "b", "c", "caught-up")
	middle.want("c", "caught-up")
	end.want("caught-up")
	s.append(stream, esdb.Revision(2), named("d", "e")...)
	for _, o := range []*observer{start, middle, end} {
		o.want("d", "e")
	}
}

func exclusiveAll(s suite) {
	stream := s.stream("sub")
	a := s.append(stream, esdb.NoStream{}, event("a"))
	s.append(stream, esdb.Revision(0), event("b"))
	filter := &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: []string{stream}}
	after := s.subscribeAll(esdb.SubscribeToAllOptions{
		From: esdb.Position{Commit: a.CommitPosition, Prepare: a.PreparePosition}, Filter: filter,
	})
	end := s.subscribeAll(esdb.SubscribeToAllOptions{From: esdb.End{}, Filter: filter})
	s.append(stream, esdb.Revision(1), event("c"))
	for o, want := range map[*observer][]string{after: {"b", "c"}, end: {"c"}} {
		for len(want) > 0 {
			e := o.next()
			if e.SubscriptionDropped != nil {
				s.Fatal("dropped:", e.SubscriptionDropped.Error)
			}
			if e.EventAppeared == nil {
				continue
			}
			if got := strings.Trim(string(e.EventAppeared.Event.Data), `"`); got != want[0] {
				s.Fatalf("received %q, want %q", got, want[0])
			}
			want = want[1:]
		}
	}
}

func waitingSubscription(s suite) {
	stream := s.stream("later")
	o := s.subscribe(stream, esdb.Start{})
	if o.sub.Id() == "" {
		s.Error("the subscription has no id")
	}
	o.want("caught-up")
	s.write(stream, "a", "b")
	o.want("a", "b")
	for n := range 100 {
		name := fmt.Sprint(n)
		s.append(stream, esdb.Revision(uint64(n+1)), event(name))
		o.want(name)
	}
}

// dropOnTombstone lets a server deliver the final event before it drops, as
// EventStoreDB does.
func dropOnTombstone(s suite) {
	stream := s.stream("doomed")
	s.write(stream, "a")
	o := s.subscribe(stream, esdb.Start{})
	o.want("a", "caught-up")
	s.tombstone(stream)
	e := o.next()
	if e.EventAppeared != nil && e.EventAppeared.Event.EventType == "$streamDeleted" {
		e = o.next()
	}
	if e.SubscriptionDropped == nil || e.SubscriptionDropped.Error == nil {
		s.Fatalf("received %+v, want the end", e)
	}
	sub, err := s.client.SubscribeToStream(s.ctx, stream, esdb.SubscribeToStreamOptions{From: esdb.Start{}})
	if err != nil {
		if e, ok := errors.AsType[*esdb.Error](err); !ok || e.Code() != esdb.ErrorCodeStreamDeleted {
			s.Errorf("subscribe afterwards: %v", err)
		}
		return
	}
	again := s.observe(sub, nil)
	if e := again.next(); e.SubscriptionDropped == nil {
		s.Errorf("received %+v, want the end", e)
	}
}

func keepOnDelete(s suite) {
	stream := s.stream("revived")
	s.write(stream, "a")
	o := s.subscribe(stream, esdb.Start{})
	o.want("a", "caught-up")
	s.delete(stream)
	s.append(stream, esdb.NoStream{}, event("b"))
	o.want("b")
}

// checkpoints writes 20 events of which every fourth passes the filter.
func checkpoints(s suite) {
	mine := s.stream("mine")
	write := func() (last uint64) {
		for n := range 5 {
			s.append(s.stream("other"), esdb.Any{}, named("x", "y", "z")...)
			last = s.append(mine, esdb.Any{}, event(fmt.Sprint(n))).CommitPosition
		}
		return last
	}
	before := s.append(s.stream("before"), esdb.NoStream{}, event("before"))
	last := write()
	o := s.subscribeAll(esdb.SubscribeToAllOptions{
		From:            esdb.Position{Commit: before.CommitPosition, Prepare: before.PreparePosition},
		Filter:          &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: []string{mine}},
		MaxSearchWindow: 2, CheckpointInterval: 2, // one for every four events considered
	})
	at := before.CommitPosition
	for _, phase := range []string{"catching up", "live"} {
		seen, reached := 0, 0
		for at < last || seen < 5 {
			e := o.next()
			switch {
			case e.SubscriptionDropped != nil:
				s.Fatal("dropped:", e.SubscriptionDropped.Error)
			case e.EventAppeared != nil:
				seen++
			case e.CheckPointReached != nil:
				if e.CheckPointReached.Commit <= at {
					s.Fatalf("%s: checkpoint %d after %d", phase, e.CheckPointReached.Commit, at)
				}
				at = e.CheckPointReached.Commit
				reached++
			}
		}
		if reached < 3 {
			s.Errorf("%s: %d checkpoints for 20 events", phase, reached)
		}
		if phase == "catching up" {
			for o.next().CaughtUp == nil {
				continue
			}
			last = write()
		}
	}
}

// nothingMissed subscribes at several moments while eight writers write, and
// wants every event once and in order.
func nothingMissed(s suite) {
	const writers, each = 8, 100
	filter := &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: []string{s.prefix}}
	before := s.append(s.stream("before"), esdb.NoStream{}, event("before"))
	from := esdb.Position{Commit: before.CommitPosition, Prepare: before.PreparePosition}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := range each {
				if _, err := s.try(s.stream(fmt.Sprint(w)), esdb.Any{}, event(fmt.Sprint(n))); err != nil {
					s.Error(err)
					return
				}
			}
		})
	}
	for range 3 {
		o := s.subscribeAll(esdb.SubscribeToAllOptions{From: from, Filter: filter})
		next, last := map[string]uint64{}, from.Commit
		for seen := 0; seen < writers*each; {
			e := o.next()
			if e.SubscriptionDropped != nil {
				s.Fatal("dropped:", e.SubscriptionDropped.Error)
			}
			if e.EventAppeared == nil {
				continue
			}
			got := e.EventAppeared.Event
			if got.EventNumber != next[got.StreamID] || got.Position.Commit <= last {
				s.Fatalf("%s/%d at %d comes after %d, want revision %d", got.StreamID, got.EventNumber, got.Position.Commit, last, next[got.StreamID])
			}
			next[got.StreamID]++
			last = got.Position.Commit
			seen++
		}
	}
	wg.Wait()
}

func filters(s suite) {
	kind := "T" + s.prefix
	write := func(stream, suffix, name string) {
		e := event(name)
		e.EventType = kind + suffix
		s.append(s.stream(stream), esdb.Any{}, e)
	}
	before := s.append(s.stream("before"), esdb.NoStream{}, event("before"))
	write("apple-1", "Red", "a")
	write("plum-1", "Blue", "b")
	write("apple-2", "Blue", "c")
	write("pear-1", "Green", "d")
	const byType, byStream = esdb.EventFilterType, esdb.StreamFilterType
	for _, r := range []struct {
		name   string
		filter esdb.SubscriptionFilter
		want   []string
	}{
		{"one stream prefix", esdb.SubscriptionFilter{Type: byStream, Prefixes: []string{s.stream("apple")}}, []string{"a", "c"}},
		{"two stream prefixes", esdb.SubscriptionFilter{Type: byStream, Prefixes: []string{s.stream("plum"), s.stream("pear")}}, []string{"b", "d"}},
		{"stream expression", esdb.SubscriptionFilter{Type: byStream, Regex: s.prefix + "-(apple|pear)-1$"}, []string{"a", "d"}},
		{"type prefix", esdb.SubscriptionFilter{Type: byType, Prefixes: []string{kind + "Blue"}}, []string{"b", "c"}},
		{"type expression finds anywhere", esdb.SubscriptionFilter{Type: byType, Regex: s.prefix + "(Red|Green)"}, []string{"a", "d"}},
		{"look-ahead", esdb.SubscriptionFilter{Type: byStream, Regex: "^(?!" + s.prefix + "-apple)" + s.prefix + "-p"}, []string{"b", "d"}},
	} {
		o := s.subscribeAll(esdb.SubscribeToAllOptions{
			From: esdb.Position{Commit: before.CommitPosition, Prepare: before.PreparePosition}, Filter: &r.filter,
		})
		var got []string
		for e := o.next(); e.CaughtUp == nil; e = o.next() {
			if e.SubscriptionDropped != nil {
				s.Fatalf("%s: %v", r.name, e.SubscriptionDropped.Error)
			}
			if e.EventAppeared != nil {
				got = append(got, strings.Trim(string(e.EventAppeared.Event.Data), `"`))
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(r.want) {
			s.Errorf("%s: %v, want %v", r.name, got, r.want)
		}
		_ = o.sub.Close()
	}
}
