package storetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// How a group chooses among its members.
var memberTests = []test{
	{"members in turn", []string{"group 9"}, roundRobin, anywhere},
	{"one member as long as it can", []string{"group 9"}, dispatchToSingle, anywhere},
	{"a stream keeps its member", []string{"group 9"}, pinned, anywhere},
}

// member receives as a client of a group, in the background.
type member struct {
	suite
	sub    *esdb.PersistentSubscription
	events chan *esdb.PersistentSubscriptionEvent
}

func (s suite) join(stream string, buffer uint32) *member {
	s.Helper()
	return s.joinAs(s.client, stream, buffer)
}

func (s suite) joinAs(client *esdb.Client, stream string, buffer uint32) *member {
	s.Helper()
	o := esdb.SubscribeToPersistentSubscriptionOptions{BufferSize: buffer}
	return s.receiving(client.SubscribeToPersistentSubscription(s.ctx, stream, groupName, o))
}

func (s suite) receiving(sub *esdb.PersistentSubscription, err error) *member {
	s.Helper()
	if err != nil {
		s.Fatal("join:", err)
	}
	m := &member{suite: s, sub: sub, events: make(chan *esdb.PersistentSubscriptionEvent, 1<<10)}
	go func() {
		for {
			e := sub.Recv()
			m.events <- e // holds more than any test sends
			if e.SubscriptionDropped != nil {
				return
			}
		}
	}()
	s.Cleanup(func() { _ = sub.Close() })
	return m
}

// next waits for one message.
func (m *member) next() *esdb.PersistentSubscriptionEvent {
	m.Helper()
	select {
	case e := <-m.events:
		return e
	case <-time.After(patience):
		m.Fatal("the group is silent")
		return nil
	}
}

// want expects events by their data and returns them.
func (m *member) want(names ...string) (out []*esdb.EventAppeared) {
	m.Helper()
	for _, want := range names {
		e := m.next()
		if e.EventAppeared == nil {
			m.Fatalf("dropped: %v; want %q", e.SubscriptionDropped.Error, want)
		}
		if got := eventName(e.EventAppeared.Event); got != want {
			m.Fatalf("received %q, want %q", got, want)
		}
		out = append(out, e.EventAppeared)
	}
	return out
}

func eventName(e *esdb.ResolvedEvent) string {
	if e.Event == nil {
		return "nothing"
	}
	return strings.Trim(string(e.Event.Data), `"`)
}

func (m *member) ack(events ...*esdb.EventAppeared) {
	m.Helper()
	for _, e := range events {
		if err := m.sub.Ack(e.Event); err != nil {
			m.Fatal("ack:", err)
		}
	}
}

func (m *member) nack(action esdb.NackAction, events ...*esdb.EventAppeared) {
	m.Helper()
	for _, e := range events {
		if err := m.sub.Nack("because", action, e.Event); err != nil {
			m.Fatal("nack:", err)
		}
	}
}

func (m *member) wantDropped() {
	m.Helper()
	for e := m.next(); e.SubscriptionDropped == nil; e = m.next() {
		continue
	}
}

// between receives n events of two members and tells how many each got.
func between(n int, one, two *member) (got [2][]*esdb.EventAppeared) {
	one.Helper()
	for range n {
		select {
		case e := <-one.events:
			got[0] = append(got[0], e.EventAppeared)
		case e := <-two.events:
			got[1] = append(got[1], e.EventAppeared)
		case <-time.After(patience):
			one.Fatalf("after %d and %d of %d events the group is silent", len(got[0]), len(got[1]), n)
		}
	}
	return got
}

// pair joins two members to a group of that strategy before there are events.
func (s suite) pair(stream string, strategy esdb.ConsumerStrategy, buffer uint32) (one, two *member) {
	s.Helper()
	s.group(stream, esdb.Start{}, func(o *esdb.PersistentSubscriptionSettings) { o.ConsumerStrategyName = strategy })
	return s.join(stream, buffer), s.join(stream, buffer)
}

func roundRobin(s suite) {
	stream := s.stream("a")
	one, two := s.pair(stream, esdb.ConsumerStrategyRoundRobin, 20)
	s.append(stream, esdb.NoStream{}, named(strings.Split("abcdefghijkl", "")...)...)
	got := between(12, one, two)
	if len(got[0]) != 6 || len(got[1]) != 6 {
		s.Errorf("%d and %d of 12 events, want 6 each", len(got[0]), len(got[1]))
	}
}

func dispatchToSingle(s suite) {
	stream := s.stream("a")
	one, two := s.pair(stream, esdb.ConsumerStrategyDispatchToSingle, 4)
	s.append(stream, esdb.NoStream{}, named("a", "b", "c", "d")...)
	got := between(4, one, two)
	if len(got[0]) != 4 && len(got[1]) != 4 {
		s.Errorf("%d and %d of 4 events, want all with one", len(got[0]), len(got[1]))
	}
	s.append(stream, esdb.Revision(3), named("e", "f")...)
	more := between(2, one, two)
	if first := len(got[0]) == 4; len(more[0]) == 2 == first {
		s.Error("a member that is full was sent more")
	}
}

// pinned sends the links of three streams through a group of two members.
func pinned(s suite) {
	stream := s.stream("links")
	s.group(stream, esdb.Start{}, func(o *esdb.PersistentSubscriptionSettings) {
		o.ConsumerStrategyName, o.ResolveLinkTos = esdb.ConsumerStrategyPinned, true
	})
	one, two := s.join(stream, 50), s.join(stream, 50)
	var links []esdb.EventData
	for n := range 24 {
		target := s.stream(fmt.Sprint("target", n%8))
		if n < 8 {
			s.write(target, "a", "b", "c")
		}
		links = append(links, link(target, n/8))
	}
	s.append(stream, esdb.NoStream{}, links...)
	got := between(24, one, two)
	seen := map[string]int{}
	for n, events := range got {
		for _, e := range events {
			from := e.Event.Event.StreamID
			if other, ok := seen[from]; ok && other != n {
				s.Errorf("events of %s went to both members", from)
			}
			seen[from] = n
		}
	}
	if len(seen) != 8 {
		s.Errorf("%d streams seen, want 8", len(seen))
	}
}
