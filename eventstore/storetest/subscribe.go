package storetest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

var subscribeTests = []test{
	{"a stream subscription starts exclusive", []string{"position 3", "subscription 2"}, exclusiveStart, anywhere},
	{"a subscription to $all starts after", []string{"position 3"}, exclusiveAll, anywhere},
	{"a subscription waits for its stream", []string{"connection 3", "subscription 1", "subscription 2"}, waitingSubscription, anywhere},
	{"a tombstone drops the subscription", []string{"subscription 4"}, dropOnTombstone, anywhere},
	{"a soft delete keeps the subscription", []string{"subscription 4"}, keepOnDelete, anywhere},
	{"a subscription ends once", []string{"subscription 5"}, endsOnce, anywhere},
	{"links are resolved for subscribers", []string{"read 9"}, subscribedLinks, anywhere},
}

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

// endsOnce closes a subscription and looks that its end is told.
func endsOnce(s suite) {
	o := s.subscribe(s.stream("closed"), esdb.Start{})
	o.want("caught-up")
	if err := o.sub.Close(); err != nil {
		s.Fatal(err)
	}
	if e := o.next(); e.SubscriptionDropped == nil {
		s.Errorf("received %+v, want the end", e)
	}
	s.subscribe(s.stream("closed"), esdb.Start{}).want("caught-up") // and it can be opened again
}

func subscribedLinks(s suite) {
	target, stream := s.stream("target"), s.stream("links")
	s.write(target, "a", "b")
	s.append(stream, esdb.NoStream{}, link(target, 1), link(target, 9))
	o := s.observe(s.client.SubscribeToStream(s.ctx, stream, esdb.SubscribeToStreamOptions{From: esdb.Start{}, ResolveLinkTos: true}))
	resolved, broken := o.next().EventAppeared, o.next().EventAppeared
	if resolved == nil || resolved.Link == nil || resolved.Event == nil || string(resolved.Event.Data) != `"b"` {
		s.Errorf("a link brings %+v", resolved)
	}
	if broken == nil || broken.Link == nil || broken.Event != nil {
		s.Errorf("a broken link brings %+v", broken)
	}
}
