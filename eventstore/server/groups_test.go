package server_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"shiyang/eventstore/journal"
	"shiyang/eventstore/server"
)

// patience bounds how long a test waits for what must happen.
const patience = 20 * time.Second

// place is a store that can be served again and again.
type place struct {
	*testing.T
	fs     vfs.FS
	opts   server.Options
	client *esdb.Client
	stop   func()
}

// newPlace serves an empty store to the official client.
func newPlace(t *testing.T, opts server.Options) *place {
	t.Helper()
	opts.Logger = slog.New(slog.DiscardHandler)
	p := &place{T: t, fs: vfs.NewMem(), opts: opts}
	p.serve()
	t.Cleanup(func() { p.stop() })
	return p
}

// serve opens the store. Stop it before.
func (p *place) serve() {
	p.Helper()
	j, err := journal.Open(journal.Options{Dir: "data", FS: p.fs, Logger: p.opts.Logger})
	if err != nil {
		p.Fatal(err)
	}
	s, err := server.New(j, p.opts)
	if err != nil {
		p.Fatal(err)
	}
	socket := filepath.Join(p.TempDir(), "es.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		p.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	config, err := esdb.ParseConnectionString("esdb://localhost:2113?tls=false")
	if err != nil {
		p.Fatal(err)
	}
	config.Address, config.Logger = "unix://"+socket, func(esdb.LogLevel, string, ...any) {}
	if p.client, err = esdb.NewClient(config); err != nil {
		p.Fatal(err)
	}
	p.stop = func() {
		_ = p.client.Close()
		s.Stop(context.Background())
		if err := errors.Join(<-served, j.Close()); err != nil {
			p.Error(err)
		}
	}
}

func (p *place) restart() {
	p.Helper()
	p.stop()
	p.serve()
}

// write appends events whose data are their names.
func (p *place) write(stream string, names ...string) {
	p.Helper()
	events := make([]esdb.EventData, len(names))
	for i, n := range names {
		events[i] = esdb.EventData{EventID: uuid.New(), EventType: "Happened", Data: []byte(n)}
	}
	if _, err := p.client.AppendToStream(p.Context(), stream, esdb.AppendToStreamOptions{}, events...); err != nil {
		p.Fatal(err)
	}
}

func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	return names
}

func settings(change func(*esdb.PersistentSubscriptionSettings)) *esdb.PersistentSubscriptionSettings {
	s := esdb.SubscriptionSettingsDefault()
	if change != nil {
		change(&s)
	}
	return &s
}

func (p *place) create(stream, group string, change func(*esdb.PersistentSubscriptionSettings)) {
	p.Helper()
	err := p.client.CreatePersistentSubscription(p.Context(), stream, group,
		esdb.PersistentStreamSubscriptionOptions{StartFrom: esdb.Start{}, Settings: settings(change)})
	if err != nil {
		p.Fatal(err)
	}
}

func (p *place) connect(stream, group string, buffer uint32) *esdb.PersistentSubscription {
	p.Helper()
	sub, err := p.client.SubscribeToPersistentSubscription(p.Context(), stream, group,
		esdb.SubscribeToPersistentSubscriptionOptions{BufferSize: buffer})
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() { _ = sub.Close() })
	return sub
}

// next is the next event of a group's client.
func (p *place) next(sub *esdb.PersistentSubscription) *esdb.EventAppeared {
	p.Helper()
	e := sub.Recv()
	if e.EventAppeared == nil {
		p.Fatalf("no event, but %+v", e.SubscriptionDropped)
	}
	return e.EventAppeared
}

// want takes events and checks their names; it answers none of them.
func (p *place) want(sub *esdb.PersistentSubscription, names ...string) []*esdb.ResolvedEvent {
	p.Helper()
	var out []*esdb.ResolvedEvent
	for _, want := range names {
		e := p.next(sub)
		if got := string(e.Event.Event.Data); got != want {
			p.Fatalf("got %q, want %q", got, want)
		}
		out = append(out, e.Event)
	}
	return out
}

func (p *place) info(stream, group string) *esdb.PersistentSubscriptionInfo {
	p.Helper()
	i, err := p.client.GetPersistentSubscriptionInfo(p.Context(), stream, group, esdb.GetPersistentSubscriptionOptions{})
	if err != nil {
		p.Fatal(err)
	}
	return i
}

// until waits for something about a group.
func (p *place) until(stream, group, what string, is func(*esdb.PersistentSubscriptionInfo) bool) {
	p.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !is(p.info(stream, group)); <-tick.C {
		if time.Now().After(end) {
			p.Fatalf("never came: %s; %+v", what, p.info(stream, group).Stats)
		}
	}
}

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
