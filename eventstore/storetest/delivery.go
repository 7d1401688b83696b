package storetest

import (
	"encoding/json"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
)

// What becomes of an event that was handed to a member of a group.
var deliveryTests = []test{
	{"a link is acknowledged by its own id", []string{"group 4"}, ackLink, anywhere},
	{"a refused event is parked", []string{"group 4"}, park, anywhere},
	{"a refused event comes again, and is parked at last", []string{"group 4", "group 5"}, retry, anywhere},
	{"a refused event is skipped", []string{"group 4"}, skip, anywhere},
	{"stop leaves an event with its member", []string{"group 4"}, stop, anywhere},
	{"silence means again", []string{"group 5"}, timeOut, anywhere},
	{"a lost member's events go to another", []string{"group 5"}, lostMember, anywhere},
	{"an id that is under way is not sent twice", []string{"group 5"}, sameID, anywhere},
	{"a checkpoint before what is not done", []string{"group 6"}, groupCheckpoint, anywhere},
	{"a group goes on after its checkpoint", []string{"group 6"}, resume, anywhere},
	{"parked events come again", []string{"group 7"}, replay, anywhere},
	{"parked events come again up to one", []string{"group 7"}, replayUpTo, anywhere},
}

func parkedStream(stream string) string {
	return "$persistentsubscription-" + stream + "::" + groupName + "-parked"
}

func checkpointStream(stream string) string {
	return "$persistentsubscription-" + stream + "::" + groupName + "-checkpoint"
}

// grouped makes a group of a stream of events and joins it.
func (s suite) grouped(buffer uint32, set func(*esdb.PersistentSubscriptionSettings), names ...string) (string, *member) {
	s.Helper()
	stream := s.stream("a")
	s.write(stream, names...)
	s.group(stream, esdb.Start{}, set)
	return stream, s.join(stream, buffer)
}

// everyOne makes each event that is done a checkpoint.
func everyOne(o *esdb.PersistentSubscriptionSettings) {
	o.CheckpointLowerBound, o.CheckpointUpperBound = 1, 1
}

func parkedIs(n int64) func(*esdb.PersistentSubscriptionInfo) bool {
	return func(i *esdb.PersistentSubscriptionInfo) bool { return i.Stats.ParkedMessagesCount == n }
}

func inFlightIs(n int64) func(*esdb.PersistentSubscriptionInfo) bool {
	return func(i *esdb.PersistentSubscriptionInfo) bool { return i.Stats.TotalInFlightMessages == n }
}

func checkpointIs(n uint64) func(*esdb.PersistentSubscriptionInfo) bool {
	return func(i *esdb.PersistentSubscriptionInfo) bool {
		at := i.Stats.LastCheckpointedEventRevision
		return at != nil && *at == n
	}
}

func ackLink(s suite) {
	target, stream := s.stream("target"), s.stream("links")
	s.write(target, "a", "b")
	s.append(stream, esdb.NoStream{}, link(target, 0), link(target, 9), link(target, 1))
	s.group(stream, esdb.Start{}, func(o *esdb.PersistentSubscriptionSettings) { everyOne(o); o.ResolveLinkTos = true })
	m := s.join(stream, 10)
	got := m.want("a")
	if first := got[0].Event; first.Link == nil || first.Link.StreamID != stream || first.Event.StreamID != target {
		s.Errorf("a link comes as %+v", first)
	}
	m.ack(got...)
	// One whose target is gone may come without an event or not at all.
	e := m.next()
	if e.EventAppeared != nil && e.EventAppeared.Event.Event == nil {
		m.ack(e.EventAppeared)
		e = m.next()
	}
	if e.EventAppeared == nil || eventName(e.EventAppeared.Event) != "b" {
		s.Fatalf("received %+v, want b", e)
	}
	m.ack(e.EventAppeared)
	s.until(stream, "the checkpoint at the last link", checkpointIs(2))
}

func park(s suite) {
	stream, m := s.grouped(10, nil, "a", "b")
	got := m.want("a", "b")
	m.nack(esdb.NackActionPark, got[0])
	m.ack(got[1])
	s.until(stream, "a parked event", parkedIs(1))
	s.until(stream, "nothing in flight", inFlightIs(0))
	events, err := s.readStream(parkedStream(stream), esdb.ReadStreamOptions{From: esdb.Start{}}, all)
	if err != nil || len(events) != 1 || events[0].Event.EventType != "$>" || string(events[0].Event.Data) != "0@"+stream {
		s.Fatalf("parked: %+v, %v; want a link to the first event", events, err)
	}
}

func retry(s suite) {
	stream, m := s.grouped(1, func(o *esdb.PersistentSubscriptionSettings) { o.MaxRetryCount = 2 }, "a", "b", "c")
	for n, action := range []esdb.NackAction{esdb.NackActionRetry, esdb.NackActionUnknown, esdb.NackActionRetry} {
		got := m.want("a") // before b, which is new
		if got[0].RetryCount != n {
			s.Errorf("retry count %d, want %d", got[0].RetryCount, n)
		}
		m.nack(action, got...)
	}
	m.ack(m.want("b")...)
	s.until(stream, "a parked event", parkedIs(1))
	m.ack(m.want("c")...)
}

func skip(s suite) {
	stream, m := s.grouped(1, everyOne, "a", "b")
	m.nack(esdb.NackActionSkip, m.want("a")...)
	got := m.want("b")
	if got[0].RetryCount != 0 {
		s.Errorf("retry count %d", got[0].RetryCount)
	}
	m.ack(got...)
	s.until(stream, "the checkpoint at the end", checkpointIs(1))
	s.until(stream, "nothing parked", parkedIs(0))
}

func stop(s suite) {
	stream, m := s.grouped(10, nil, "a", "b")
	got := m.want("a", "b")
	m.nack(esdb.NackActionStop, got[0])
	m.ack(got[1])
	s.until(stream, "one in flight", inFlightIs(1))
	s.append(stream, esdb.Revision(1), event("c"))
	m.want("c") // the member is still one
	m.ack(got[0])
	s.until(stream, "one in flight", inFlightIs(1))
}

func timeOut(s suite) {
	stream, m := s.grouped(1, func(o *esdb.PersistentSubscriptionSettings) { o.MessageTimeout, o.MaxRetryCount = 200, 1 }, "a", "b")
	if got := m.want("a", "a"); got[1].RetryCount != 1 {
		s.Errorf("retry count %d, want 1", got[1].RetryCount)
	}
	m.ack(m.want("b")...)
	s.until(stream, "a parked event", parkedIs(1))
}

func lostMember(s suite) {
	stream, lost := s.grouped(10, nil, "a", "b", "c")
	lost.ack(lost.want("a", "b", "c")[0])
	s.until(stream, "two in flight", inFlightIs(2))
	if err := lost.sub.Close(); err != nil {
		s.Fatal(err)
	}
	other := s.join(stream, 10)
	other.ack(other.want("b", "c")...)
	s.until(stream, "nothing in flight", inFlightIs(0))
}

// sameID has an event twice in the stream.
func sameID(s suite) {
	stream := s.stream("a")
	events := s.write(stream, "a")
	s.append(stream, esdb.Revision(0), events[0])
	s.append(stream, esdb.Revision(1), event("b"))
	s.group(stream, esdb.Start{}, nil)
	m := s.join(stream, 10)
	m.ack(m.want("a", "b")...)
	s.until(stream, "nothing in flight", inFlightIs(0))
}

func groupCheckpoint(s suite) {
	stream, m := s.grouped(10, everyOne, "a", "b", "c")
	got := m.want("a", "b", "c")
	m.ack(got[1])
	s.until(stream, "two in flight", inFlightIs(2))
	s.wantNotFound(checkpointStream(stream)) // the first is not done
	m.ack(got[0])
	s.until(stream, "a checkpoint at the second", checkpointIs(1))
	m.nack(esdb.NackActionSkip, got[2])
	s.until(stream, "a checkpoint at the third", checkpointIs(2))
	events, err := s.readStream(checkpointStream(stream), esdb.ReadStreamOptions{From: esdb.End{}, Direction: esdb.Backwards}, 1)
	var at string
	if err != nil || len(events) != 1 || events[0].Event.EventType != "$SubscriptionCheckpoint" ||
		json.Unmarshal(events[0].Event.Data, &at) != nil || at != "2" {
		s.Fatalf("the checkpoint is %+v, %v", events, err)
	}
	meta, err := s.client.GetStreamMetadata(s.ctx, checkpointStream(stream), esdb.ReadStreamOptions{From: esdb.Start{}})
	if err != nil || meta.MaxCount() == nil || *meta.MaxCount() != 2 {
		s.Errorf("its metadata are %+v, %v; want $maxCount 2", meta, err)
	}
}

func resume(s suite) {
	stream, m := s.grouped(10, everyOne, "a", "b", "c")
	got := m.want("a", "b", "c")
	m.ack(got[0], got[2])
	s.until(stream, "a checkpoint at the first", checkpointIs(0))
	if _, err := persistent.NewPersistentSubscriptionsClient(s.conn()).RestartSubsystem(s.ctx, &shared.Empty{}); err != nil {
		s.Fatal(err)
	}
	m.wantDropped()
	again := s.rejoin(stream)
	again.ack(again.want("b", "c")...) // at least once: c was done, but not before the checkpoint
	s.until(stream, "a checkpoint at the end", checkpointIs(2))
}

// rejoin joins a group that is starting again.
func (s suite) rejoin(stream string) *member {
	s.Helper()
	for {
		sub, err := s.client.SubscribeToPersistentSubscription(s.ctx, stream, groupName, esdb.SubscribeToPersistentSubscriptionOptions{})
		if err == nil {
			return s.receiving(sub, nil)
		}
		if s.ctx.Err() != nil {
			s.Fatal("the group never came back:", err)
		}
	}
}

func replay(s suite) {
	stream, m := s.grouped(10, nil, "a", "b", "c")
	again := func() {
		s.Helper()
		if err := s.client.ReplayParkedMessages(s.ctx, stream, groupName, esdb.ReplayParkedMessagesOptions{}); err != nil {
			s.Fatal("replay:", err)
		}
	}
	again() // nothing is parked yet
	got := m.want("a", "b", "c")
	m.nack(esdb.NackActionPark, got[0], got[2])
	m.ack(got[1])
	s.until(stream, "two parked events", parkedIs(2))
	again()
	got = m.want("a", "c")
	for _, e := range got {
		if e.RetryCount != 0 {
			s.Errorf("a parked event comes with the retry count %d", e.RetryCount)
		}
	}
	m.ack(got...)
	s.until(stream, "nothing parked", parkedIs(0))
	meta, err := s.client.GetStreamMetadata(s.ctx, parkedStream(stream), esdb.ReadStreamOptions{From: esdb.Start{}})
	if err != nil || meta.TruncateBefore() == nil || *meta.TruncateBefore() != 2 {
		s.Errorf("the parked stream's metadata are %+v, %v; want $tb 2", meta, err)
	}
}

func replayUpTo(s suite) {
	stream, m := s.grouped(10, nil, "a", "b", "c")
	m.nack(esdb.NackActionPark, m.want("a", "b", "c")...)
	s.until(stream, "three parked events", parkedIs(3))
	if err := s.client.ReplayParkedMessages(s.ctx, stream, groupName, esdb.ReplayParkedMessagesOptions{StopAt: 2}); err != nil {
		s.Fatal(err)
	}
	m.ack(m.want("a", "b")...)
	s.until(stream, "one parked event", parkedIs(1))
}
