package server_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"shiyang/eventstore/server"
)

func TestGroupRefusals(t *testing.T) {
	p := newPlace(t, server.Options{})
	p.create("s", "g", func(s *esdb.PersistentSubscriptionSettings) { s.MaxSubscriberCount = 1 })
	wantCode := func(what string, err error, want esdb.ErrorCode) {
		t.Helper()
		e, ok := errors.AsType[*esdb.Error](err)
		if !ok || e.Code() != want {
			t.Errorf("%s: %v, want code %d", what, err, want)
		}
	}
	create := func(change func(*esdb.PersistentSubscriptionSettings)) error {
		return p.client.CreatePersistentSubscription(t.Context(), "s", "other", esdb.PersistentStreamSubscriptionOptions{Settings: settings(change)})
	}
	wantCode("create twice", p.client.CreatePersistentSubscription(t.Context(), "s", "g", esdb.PersistentStreamSubscriptionOptions{}), esdb.ErrorCodeResourceAlreadyExists)
	wantCode("batch as big as the buffer", create(func(s *esdb.PersistentSubscriptionSettings) { s.ReadBatchSize = s.HistoryBufferSize }), esdb.ErrorCodeUnknown)
	wantCode("$all from past the end", p.client.CreatePersistentSubscriptionToAll(t.Context(), "past",
		esdb.PersistentAllSubscriptionOptions{StartFrom: esdb.Position{Commit: 1 << 40, Prepare: 1 << 40}}), esdb.ErrorCodeUnknown)
	wantCode("delete nothing", p.client.DeletePersistentSubscription(t.Context(), "s", "no", esdb.DeletePersistentSubscriptionOptions{}), esdb.ErrorCodeResourceNotFound)
	wantCode("update nothing", p.client.UpdatePersistentSubscription(t.Context(), "s", "no", esdb.PersistentStreamSubscriptionOptions{Settings: settings(nil)}), esdb.ErrorCodeResourceNotFound)
	wantCode("replay nothing", p.client.ReplayParkedMessages(t.Context(), "s", "no", esdb.ReplayParkedMessagesOptions{}), esdb.ErrorCodeResourceNotFound)
	_, err := p.client.ListPersistentSubscriptionsForStream(t.Context(), "other", esdb.ListPersistentSubscriptionsOptions{})
	wantCode("list of a stream without groups", err, esdb.ErrorCodeResourceNotFound)
	p.connect("s", "g", 1)
	_, err = p.client.SubscribeToPersistentSubscription(t.Context(), "s", "g", esdb.SubscribeToPersistentSubscriptionOptions{})
	if err == nil || !strings.Contains(err.Error(), "maximum") {
		t.Errorf("one too many: %v", err)
	}
}

func TestUpdateDeleteAndRestartDropTheClients(t *testing.T) {
	p := newPlace(t, server.Options{})
	p.write("s", "a", "b")
	p.create("s", "g", func(s *esdb.PersistentSubscriptionSettings) { s.CheckpointUpperBound = 1 })
	dropped := func(sub *esdb.PersistentSubscription) {
		t.Helper()
		if e := sub.Recv(); e.SubscriptionDropped == nil || status.Code(e.SubscriptionDropped.Error) != codes.Canceled {
			t.Errorf("after the change: %+v", e)
		}
	}
	sub := p.connect("s", "g", 1)
	if err := sub.Ack(p.want(sub, "a")...); err != nil {
		t.Fatal(err)
	}
	p.want(sub, "b")
	p.until("s", "g", "a checkpoint", func(i *esdb.PersistentSubscriptionInfo) bool { return i.Stats.LastCheckpointedEventRevision != nil })
	err := p.client.UpdatePersistentSubscription(t.Context(), "s", "g", esdb.PersistentStreamSubscriptionOptions{
		StartFrom: esdb.Start{}, Settings: settings(func(s *esdb.PersistentSubscriptionSettings) { s.MaxRetryCount = 77 }),
	})
	if err != nil {
		t.Fatal(err)
	}
	dropped(sub)
	if got := p.info("s", "g").Settings.MaxRetryCount; got != 77 {
		t.Errorf("max retry count %d after the update", got)
	}
	sub = p.connect("s", "g", 1)
	p.want(sub, "b") // the start of an update counts only without a checkpoint
	if err := p.client.RestartPersistentSubscriptionSubsystem(t.Context(), esdb.RestartPersistentSubscriptionSubsystemOptions{}); err != nil {
		t.Fatal(err)
	}
	dropped(sub)
	sub = p.connect("s", "g", 1)
	p.want(sub, "b")
	if err := p.client.DeletePersistentSubscription(t.Context(), "s", "g", esdb.DeletePersistentSubscriptionOptions{}); err != nil {
		t.Fatal(err)
	}
	dropped(sub)
	p.restart()
	list, err := p.client.ListAllPersistentSubscriptions(t.Context(), esdb.ListPersistentSubscriptionsOptions{})
	if err != nil || len(list) != 0 {
		t.Errorf("%d groups, %v, after the only one was deleted", len(list), err)
	}
	p.create("s", "g", nil)
	p.want(p.connect("s", "g", 2), "a", "b") // and nothing of the old one is left
}

// TestAHalfClosedClientGetsEvents: it may only listen from then on.
func TestAHalfClosedClientGetsEvents(t *testing.T) {
	conn := start(t)
	client := persistent.NewPersistentSubscriptionsClient(conn)
	strategy := &persistent.CreateReq_Settings{
		ReadBatchSize: 2, HistoryBufferSize: 5, LiveBufferSize: 5, MaxRetryCount: 3, ConsumerStrategy: "RoundRobin",
	}
	options := &persistent.CreateReq_Options{
		GroupName: "g", Settings: strategy,
		StreamOption: &persistent.CreateReq_Options_Stream{Stream: &persistent.CreateReq_StreamOptions{StreamIdentifier: identifier("a")}},
	}
	if _, err := client.Create(t.Context(), &persistent.CreateReq{Options: options}); err != nil {
		t.Fatal(err)
	}
	call, err := client.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(call.Send(&persistent.ReadReq{Content: &persistent.ReadReq_Options_{Options: &persistent.ReadReq_Options{
		GroupName: "g", BufferSize: 4, StreamOption: &persistent.ReadReq_Options_StreamIdentifier{StreamIdentifier: identifier("a")},
		UuidOption: &persistent.ReadReq_Options_UUIDOption{Content: &persistent.ReadReq_Options_UUIDOption_String_{String_: &shared.Empty{}}},
	}}}), call.CloseSend())
	if err != nil {
		t.Fatal(err)
	}
	if m, err := call.Recv(); err != nil || m.GetSubscriptionConfirmation().GetSubscriptionId() != "a::g" {
		t.Fatalf("%v, %v, want a confirmation", m, err)
	}
	for range 2 {
		if _, _, err := send(t, conn, appendOptions("a"), proposed(nil)); err != nil {
			t.Fatal(err)
		}
		m, err := call.Recv()
		if err != nil || m.GetEvent().GetEvent().GetId().GetString_() == "" {
			t.Fatalf("%v, %v, want an event with its id as a string", m, err)
		}
	}
}

func TestWhatAGroupCannotBeToldIsRefusedClearly(t *testing.T) {
	conn := start(t)
	client := persistent.NewPersistentSubscriptionsClient(conn)
	for name, test := range map[string]struct {
		change func(*persistent.CreateReq_Options)
		want   codes.Code
	}{
		"pinned by correlation": {func(o *persistent.CreateReq_Options) { o.Settings.ConsumerStrategy = "PinnedByCorrelation" }, codes.Unimplemented},
		"unknown strategy":      {func(o *persistent.CreateReq_Options) { o.Settings.ConsumerStrategy = "Lottery" }, codes.InvalidArgument},
		"no group":              {func(o *persistent.CreateReq_Options) { o.GroupName = "" }, codes.InvalidArgument},
		"no stream":             {func(o *persistent.CreateReq_Options) { o.StreamOption = nil }, codes.InvalidArgument},
		"negative":              {func(o *persistent.CreateReq_Options) { o.Settings.MaxRetryCount = -1 }, codes.InvalidArgument},
		"look-behind": {func(o *persistent.CreateReq_Options) {
			o.StreamOption = &persistent.CreateReq_Options_All{All: &persistent.CreateReq_AllOptions{
				FilterOption: &persistent.CreateReq_AllOptions_Filter{Filter: &persistent.CreateReq_AllOptions_FilterOptions{
					Filter: &persistent.CreateReq_AllOptions_FilterOptions_EventType{
						EventType: &persistent.CreateReq_AllOptions_FilterOptions_Expression{Regex: "(?<=a)b"},
					},
				}},
			}}
		}, codes.InvalidArgument},
	} {
		o := &persistent.CreateReq_Options{
			GroupName:    "g",
			StreamOption: &persistent.CreateReq_Options_Stream{Stream: &persistent.CreateReq_StreamOptions{StreamIdentifier: identifier("a")}},
			Settings:     &persistent.CreateReq_Settings{ReadBatchSize: 1, HistoryBufferSize: 2, LiveBufferSize: 2},
		}
		test.change(o)
		if _, err := client.Create(t.Context(), &persistent.CreateReq{Options: o}); status.Code(err) != test.want {
			t.Errorf("%s: %v, want %v", name, err, test.want)
		}
	}
}
