package storetest

import (
	"fmt"
	"math"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
)

// Groups are what EventStoreDB calls persistent subscriptions.
var groupTests = []test{
	{"a group is made, changed, listed and deleted once", []string{"group 1"}, groupLife, anywhere},
	{"a group that cannot be made", []string{"group 1"}, badGroup, anywhere},
	{"a group has so many members and no more", []string{"group 1"}, fullGroup, anywhere},
	{"where a group begins", []string{"group 2"}, groupStart, anywhere},
	{"a group made in the older form", []string{"group 2"}, olderForm, anywhere},
	{"a changed group lets its members go", []string{"group 2"}, groupUpdate, anywhere},
	{"a member holds so many events and no more", []string{"group 3"}, groupWindow, anywhere},
	{"a group on $all with a filter", []string{"group 1", "group 8"}, groupOfAll, anywhere},
	{"what a group says of itself", []string{"group 8"}, groupInfo, anywhere},
}

const groupName = "group"

// group makes a group of a stream; set may change the default settings.
func (s suite) group(stream string, from esdb.StreamPosition, set func(*esdb.PersistentSubscriptionSettings)) {
	s.Helper()
	settings := esdb.SubscriptionSettingsDefault()
	if set != nil {
		set(&settings)
	}
	err := s.client.CreatePersistentSubscription(s.ctx, stream, groupName, esdb.PersistentStreamSubscriptionOptions{StartFrom: from, Settings: &settings})
	if err != nil {
		s.Fatalf("create a group of %s: %v", stream, err)
	}
}

// newGroup is the request to make a group of a stream; set may change it.
func newGroup(stream string, set func(*persistent.CreateReq_Options)) *persistent.CreateReq {
	o := &persistent.CreateReq_Options{
		GroupName: groupName,
		StreamOption: &persistent.CreateReq_Options_Stream{Stream: &persistent.CreateReq_StreamOptions{
			StreamIdentifier: identifier(stream), RevisionOption: &persistent.CreateReq_StreamOptions_Start{Start: &shared.Empty{}},
		}},
		Settings: &persistent.CreateReq_Settings{
			MaxRetryCount: 10, MinCheckpointCount: 10, MaxCheckpointCount: 1000, LiveBufferSize: 500, ReadBatchSize: 20, HistoryBufferSize: 500,
			MessageTimeout:  &persistent.CreateReq_Settings_MessageTimeoutMs{MessageTimeoutMs: 30000},
			CheckpointAfter: &persistent.CreateReq_Settings_CheckpointAfterMs{CheckpointAfterMs: 2000}, ConsumerStrategy: "RoundRobin",
		},
	}
	if set != nil {
		set(o)
	}
	return &persistent.CreateReq{Options: o}
}

// until asks for a group's state until it is as wanted.
func (s suite) until(stream, what string, wanted func(*esdb.PersistentSubscriptionInfo) bool) *esdb.PersistentSubscriptionInfo {
	s.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		info, err := s.client.GetPersistentSubscriptionInfo(s.ctx, stream, groupName, esdb.GetPersistentSubscriptionOptions{})
		if err != nil {
			s.Fatal("info:", err)
		}
		if wanted(info) {
			return info
		}
		select {
		case <-tick.C:
		case <-s.ctx.Done():
			s.Fatalf("%s never came to be: %+v", what, info.Stats)
		}
	}
}

func groupLife(s suite) {
	stream := s.stream("a")
	settings := esdb.SubscriptionSettingsDefault()
	o := esdb.PersistentStreamSubscriptionOptions{Settings: &settings, StartFrom: esdb.Start{}}
	missing := func() {
		s.Helper()
		s.wantCode(s.client.UpdatePersistentSubscription(s.ctx, stream, groupName, o), esdb.ErrorCodeResourceNotFound)
		s.wantCode(s.client.DeletePersistentSubscription(s.ctx, stream, groupName, esdb.DeletePersistentSubscriptionOptions{}), esdb.ErrorCodeResourceNotFound)
		s.wantCode(s.client.ReplayParkedMessages(s.ctx, stream, groupName, esdb.ReplayParkedMessagesOptions{}), esdb.ErrorCodeResourceNotFound)
		_, err := s.client.GetPersistentSubscriptionInfo(s.ctx, stream, groupName, esdb.GetPersistentSubscriptionOptions{})
		s.wantCode(err, esdb.ErrorCodeResourceNotFound)
		_, err = s.client.SubscribeToPersistentSubscription(s.ctx, stream, groupName, esdb.SubscribeToPersistentSubscriptionOptions{})
		s.wantCode(err, esdb.ErrorCodeResourceNotFound)
		_, err = s.client.ListPersistentSubscriptionsForStream(s.ctx, stream, esdb.ListPersistentSubscriptionsOptions{})
		s.wantCode(err, esdb.ErrorCodeResourceNotFound)
	}
	missing()
	s.group(stream, esdb.Start{}, nil)
	s.wantCode(s.client.CreatePersistentSubscription(s.ctx, stream, groupName, o), esdb.ErrorCodeResourceAlreadyExists)
	list, err := s.client.ListPersistentSubscriptionsForStream(s.ctx, stream, esdb.ListPersistentSubscriptionsOptions{})
	if err != nil || len(list) != 1 || list[0].EventSource != stream || list[0].GroupName != groupName {
		s.Errorf("list of the stream: %+v, %v", list, err)
	}
	found := 0
	list, err = s.client.ListAllPersistentSubscriptions(s.ctx, esdb.ListPersistentSubscriptionsOptions{})
	for _, g := range list {
		if g.EventSource == stream {
			found++
		}
	}
	if err != nil || found != 1 {
		s.Errorf("the list of all has it %d times, %v", found, err)
	}
	member := s.join(stream, 10)
	if err := s.client.DeletePersistentSubscription(s.ctx, stream, groupName, esdb.DeletePersistentSubscriptionOptions{}); err != nil {
		s.Fatal(err)
	}
	member.wantDropped()
	missing()
	var a answer
	_, a.err = persistent.NewPersistentSubscriptionsClient(s.conn()).Delete(s.ctx, &persistent.DeleteReq{Options: &persistent.DeleteReq_Options{
		GroupName: groupName, StreamOption: &persistent.DeleteReq_Options_StreamIdentifier{StreamIdentifier: identifier(stream)},
	}}, grpc.Trailer(&a.trailer))
	s.wantStatus(a, codes.NotFound)
	s.wantTrailers(a, "exception=persistent-subscription-does-not-exist", "stream-name="+stream, "group-name="+groupName)
}

func badGroup(s suite) {
	groups := persistent.NewPersistentSubscriptionsClient(s.conn())
	for name, req := range map[string]*persistent.CreateReq{
		"a batch as large as the buffer": newGroup(s.stream("a"), func(o *persistent.CreateReq_Options) { o.Settings.ReadBatchSize = 500 }),
		"a start past the end of the log": newGroup("", func(o *persistent.CreateReq_Options) {
			o.GroupName = s.prefix
			o.StreamOption = &persistent.CreateReq_Options_All{All: &persistent.CreateReq_AllOptions{
				AllOption: &persistent.CreateReq_AllOptions_Position{Position: &persistent.CreateReq_Position{CommitPosition: 1 << 60, PreparePosition: 1 << 60}},
			}}
		}),
	} {
		var a answer
		if _, a.err = groups.Create(s.ctx, req, grpc.Trailer(&a.trailer)); a.err == nil {
			s.Errorf("%s is taken", name)
			continue
		}
		s.wantStatus(a, codes.Internal)
		s.wantTrailers(a, "exception=persistent-subscription-failed")
	}
}

func fullGroup(s suite) {
	stream := s.stream("a")
	s.group(stream, esdb.Start{}, func(o *esdb.PersistentSubscriptionSettings) { o.MaxSubscriberCount = 1 })
	s.join(stream, 10)
	call, err := persistent.NewPersistentSubscriptionsClient(s.conn()).Read(s.ctx)
	if err != nil {
		s.Fatal(err)
	}
	if err := call.Send(&persistent.ReadReq{Content: &persistent.ReadReq_Options_{Options: &persistent.ReadReq_Options{
		StreamOption: &persistent.ReadReq_Options_StreamIdentifier{StreamIdentifier: identifier(stream)}, GroupName: groupName, BufferSize: 10,
		UuidOption: &persistent.ReadReq_Options_UUIDOption{Content: &persistent.ReadReq_Options_UUIDOption_Structured{Structured: &shared.Empty{}}},
	}}}); err != nil {
		s.Fatal(err)
	}
	_, err = call.Recv()
	a := answer{err: err, trailer: call.Trailer()}
	s.wantStatus(a, codes.FailedPrecondition)
	s.wantTrailers(a, "exception=maximum-subscribers-reached")
}

func groupStart(s suite) {
	for name, r := range map[string]struct {
		from esdb.StreamPosition
		want []string
	}{
		"start": {esdb.Start{}, []string{"a", "b", "c", "d"}},
		"two":   {esdb.Revision(2), []string{"c", "d"}},
		"ahead": {esdb.Revision(3), []string{"d"}},
		"end":   {esdb.End{}, []string{"d"}},
		"unset": {nil, []string{"d"}},
	} {
		stream := s.stream(name)
		s.write(stream, "a", "b", "c")
		s.group(stream, r.from, nil)
		m := s.join(stream, 10)
		s.append(stream, esdb.Revision(2), event("d"))
		m.want(r.want...)
	}
	stream := s.stream("later") // a group may come before its stream
	s.group(stream, esdb.Start{}, nil)
	m := s.join(stream, 10)
	s.write(stream, "a")
	m.want("a")
}

// olderForm makes groups as the client for Node does: the stream and the start
// are where they were before version 21.
func olderForm(s suite) {
	groups := persistent.NewPersistentSubscriptionsClient(s.conn())
	for revision, want := range map[uint64][]string{0: {"a", "b", "c"}, 1: {"b", "c"}, math.MaxUint64: {"c"}} {
		stream := s.stream(fmt.Sprint(revision))
		s.write(stream, "a", "b")
		if _, err := groups.Create(s.ctx, newGroup(stream, func(o *persistent.CreateReq_Options) {
			o.StreamOption = nil
			o.StreamIdentifier = identifier(stream) //nolint:staticcheck // the older form is asked
			o.Settings.Revision = revision          //nolint:staticcheck // the older form is asked
		})); err != nil {
			s.Fatalf("from %d: %v", revision, err)
		}
		m := s.join(stream, 10)
		s.append(stream, esdb.Revision(1), event("c"))
		m.want(want...)
	}
}

// groupUpdate changes a group that has come to its second event.
func groupUpdate(s suite) {
	stream := s.stream("a")
	s.write(stream, "a", "b", "c")
	every := func(o *esdb.PersistentSubscriptionSettings) { o.CheckpointLowerBound, o.CheckpointUpperBound = 1, 1 }
	s.group(stream, esdb.Start{}, every)
	m := s.join(stream, 10)
	m.ack(m.want("a", "b", "c")[:2]...)
	s.until(stream, "a checkpoint", func(i *esdb.PersistentSubscriptionInfo) bool {
		return i.Stats.LastCheckpointedEventRevision != nil && *i.Stats.LastCheckpointedEventRevision == 1
	})
	settings := esdb.SubscriptionSettingsDefault()
	settings.MaxRetryCount, settings.MessageTimeout = 7, 12345
	if err := s.client.UpdatePersistentSubscription(s.ctx, stream, groupName, esdb.PersistentStreamSubscriptionOptions{Settings: &settings, StartFrom: esdb.End{}}); err != nil {
		s.Fatal(err)
	}
	m.wantDropped()
	info, err := s.client.GetPersistentSubscriptionInfo(s.ctx, stream, groupName, esdb.GetPersistentSubscriptionOptions{})
	if err != nil || info.Settings.MaxRetryCount != 7 || info.Settings.MessageTimeout != 12345 || info.Settings.CheckpointUpperBound != 1000 {
		s.Errorf("afterwards: %+v, %v", info, err)
	}
	s.join(stream, 10).want("c") // it goes on after its checkpoint
}

func groupWindow(s suite) {
	stream := s.stream("a")
	s.write(stream, "a", "b", "c", "d")
	s.group(stream, esdb.Start{}, nil)
	m := s.join(stream, 2)
	held := m.want("a", "b")
	info := s.until(stream, "two in flight", func(i *esdb.PersistentSubscriptionInfo) bool { return i.Stats.TotalInFlightMessages == 2 })
	if len(info.Connections) != 1 || info.Connections[0].AvailableSlots != 0 {
		s.Errorf("connections %+v, want one without a free place", info.Connections)
	}
	if len(m.events) != 0 {
		s.Error("a third event came before one was acknowledged")
	}
	m.ack(held[1])
	m.want("c")
	m.ack(held[0])
	m.want("d")
}

func groupOfAll(s suite) {
	before := s.append(s.stream("mine-0"), esdb.NoStream{}, event("a"))
	at := esdb.Position{Commit: before.CommitPosition, Prepare: before.PreparePosition}
	err := s.client.CreatePersistentSubscriptionToAll(s.ctx, s.prefix, esdb.PersistentAllSubscriptionOptions{
		StartFrom: at, Filter: &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: []string{s.stream("mine")}},
	})
	if err != nil {
		s.Fatal(err)
	}
	s.write(s.stream("other"), "x")
	s.write(s.stream("mine-1"), "b")
	m := s.receiving(s.client.SubscribeToPersistentSubscriptionToAll(s.ctx, s.prefix, esdb.SubscribeToPersistentSubscriptionOptions{}))
	m.ack(m.want("a", "b")...)
	s.write(s.stream("mine-2"), "c")
	m.ack(m.want("c")...)
	info, err := s.client.GetPersistentSubscriptionInfoToAll(s.ctx, s.prefix, esdb.GetPersistentSubscriptionOptions{})
	if err != nil || info.EventSource != "$all" || !startsAt(info.Settings.StartFrom, at) {
		s.Errorf("info %+v, %v; want a start at %v", info, err, at)
	}
	list, err := s.client.ListPersistentSubscriptionsToAll(s.ctx, esdb.ListPersistentSubscriptionsOptions{})
	if err != nil || len(list) == 0 {
		s.Errorf("list of $all: %v, %v", list, err)
	}
	if err := s.client.DeletePersistentSubscriptionToAll(s.ctx, s.prefix, esdb.DeletePersistentSubscriptionOptions{}); err != nil {
		s.Error(err)
	}
	m.wantDropped()
}

// rawInfo is what the server says of a group, before a client has read it.
func (s suite) rawInfo(o *persistent.GetInfoReq_Options) *persistent.SubscriptionInfo {
	s.Helper()
	r, err := persistent.NewPersistentSubscriptionsClient(s.conn()).GetInfo(s.ctx, &persistent.GetInfoReq{Options: o})
	if err != nil {
		s.Fatal(err)
	}
	return r.GetSubscriptionInfo()
}

func groupInfo(s suite) {
	stream := s.stream("a")
	s.write(stream, "a", "b")
	s.group(stream, esdb.Start{}, func(o *esdb.PersistentSubscriptionSettings) { o.CheckpointLowerBound, o.CheckpointUpperBound = 1, 1 })
	ask := &persistent.GetInfoReq_Options{
		GroupName: groupName, StreamOption: &persistent.GetInfoReq_Options_StreamIdentifier{StreamIdentifier: identifier(stream)},
	}
	info := s.rawInfo(ask)
	if info.GetStartFrom() != "0" || info.GetLastCheckpointedEventPosition() != "" || info.GetNamedConsumerStrategy() != "RoundRobin" {
		s.Errorf("a new group: %v", info)
	}
	m := s.join(stream, 10)
	m.ack(m.want("a", "b")...)
	s.until(stream, "a checkpoint", func(i *esdb.PersistentSubscriptionInfo) bool {
		return i.Stats.LastCheckpointedEventRevision != nil && *i.Stats.LastCheckpointedEventRevision == 1
	})
	info = s.rawInfo(ask)
	if info.GetLastCheckpointedEventPosition() != "1" || info.GetLastKnownEventPosition() != "1" || len(info.GetConnections()) != 1 || info.GetStatus() == "" {
		s.Errorf("afterwards: %v", info)
	}
	group := s.prefix
	if err := s.client.CreatePersistentSubscriptionToAll(s.ctx, group, esdb.PersistentAllSubscriptionOptions{StartFrom: esdb.End{}}); err != nil {
		s.Fatal(err)
	}
	info = s.rawInfo(&persistent.GetInfoReq_Options{GroupName: group, StreamOption: &persistent.GetInfoReq_Options_All{All: &shared.Empty{}}})
	var commit, prepare uint64
	if _, err := fmt.Sscanf(info.GetLastKnownEventPosition(), "C:%d/P:%d", &commit, &prepare); info.GetStartFrom() != "C:-1/P:-1" || err != nil && info.GetLastKnownEventPosition() != "" {
		s.Errorf("a group of $all: %v", info)
	}
	if err := s.client.DeletePersistentSubscriptionToAll(s.ctx, group, esdb.DeletePersistentSubscriptionOptions{}); err != nil {
		s.Error(err)
	}
}

// startsAt compares a start as the client has read it.
func startsAt(start any, want esdb.Position) bool {
	switch at := start.(type) {
	case esdb.Position:
		return at == want
	case *esdb.Position:
		return *at == want
	default:
		return false
	}
}
