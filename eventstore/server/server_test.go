package server_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"shiyang/eventstore/journal"
	"shiyang/eventstore/server"
)

// start serves an empty journal in memory and returns a raw connection.
func start(t testing.TB) *grpc.ClientConn {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	j, err := journal.Open(journal.Options{Dir: "data", FS: vfs.NewMem(), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.New(j, server.Options{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	listener := bufconn.Listen(1 << 20)
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///memory",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		s.Stop(context.Background())
		if err := errors.Join(<-served, j.Close()); err != nil {
			t.Error(err)
		}
	})
	return conn
}

func identifier(stream string) *shared.StreamIdentifier {
	return &shared.StreamIdentifier{StreamName: []byte(stream)}
}

func appendOptions(stream string) *streams.AppendReq {
	return &streams.AppendReq{Content: &streams.AppendReq_Options_{Options: &streams.AppendReq_Options{
		StreamIdentifier:       identifier(stream),
		ExpectedStreamRevision: &streams.AppendReq_Options_Any{Any: &shared.Empty{}},
	}}}
}

func proposed(change func(*streams.AppendReq_ProposedMessage)) *streams.AppendReq {
	m := &streams.AppendReq_ProposedMessage{
		Id:       &shared.UUID{Value: &shared.UUID_String_{String_: uuid.NewString()}},
		Metadata: map[string]string{"type": "Happened", "content-type": "application/json"},
		Data:     []byte(`{}`),
	}
	if change != nil {
		change(m)
	}
	return &streams.AppendReq{Content: &streams.AppendReq_ProposedMessage_{ProposedMessage: m}}
}

// send makes an append of raw messages.
func send(t *testing.T, conn *grpc.ClientConn, messages ...*streams.AppendReq) (*streams.AppendResp, metadata.MD, error) {
	t.Helper()
	call, err := streams.NewStreamsClient(conn).Append(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range messages {
		if err := call.Send(m); err != nil {
			t.Fatalf("the server stopped listening at message %d: %v", i, err)
		}
	}
	answer, err := call.CloseAndRecv()
	return answer, call.Trailer(), err
}

func TestMalformedAppends(t *testing.T) {
	conn := start(t)
	without := appendOptions("a")
	without.GetOptions().ExpectedStreamRevision = nil
	for name, test := range map[string]struct {
		messages []*streams.AppendReq
		trailers metadata.MD
	}{
		"no message":          {nil, nil},
		"no expected":         {[]*streams.AppendReq{without, proposed(nil)}, nil},
		"no options":          {[]*streams.AppendReq{proposed(nil)}, nil},
		"options twice":       {[]*streams.AppendReq{appendOptions("a"), appendOptions("a")}, nil},
		"no content":          {[]*streams.AppendReq{appendOptions("a"), {}}, nil},
		"no stream name":      {[]*streams.AppendReq{appendOptions(""), proposed(nil)}, nil},
		"the stream is $all":  {[]*streams.AppendReq{appendOptions("$all"), proposed(nil)}, nil},
		"an event without id": {[]*streams.AppendReq{appendOptions("a"), proposed(func(m *streams.AppendReq_ProposedMessage) { m.Id = nil })}, nil},
		"an empty type": {[]*streams.AppendReq{appendOptions("a"), proposed(func(m *streams.AppendReq_ProposedMessage) {
			m.Metadata["type"] = ""
		})}, nil},
		"no type": {[]*streams.AppendReq{appendOptions("a"), proposed(func(m *streams.AppendReq_ProposedMessage) {
			delete(m.Metadata, "type")
		})}, metadata.Pairs("exception", "missing-required-metadata-property", "required-metadata-properties", "type,content-type")},
	} {
		_, trailers, err := send(t, conn, test.messages...)
		if status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v, want InvalidArgument", name, err)
		}
		for key, want := range test.trailers {
			if got := trailers.Get(key); len(got) != 1 || got[0] != want[0] {
				t.Errorf("%s: trailer %s is %v, want %v", name, key, got, want)
			}
		}
	}
}

// TestARefusedAppendIsReadToItsEnd: otherwise the client sees a broken stream
// in place of the reason.
func TestARefusedAppendIsReadToItsEnd(t *testing.T) {
	conn := start(t)
	messages := []*streams.AppendReq{appendOptions("a")}
	for range 60 {
		messages = append(messages, proposed(func(m *streams.AppendReq_ProposedMessage) {
			m.Data = []byte(strings.Repeat("x", 64<<10))
		}))
	}
	for range 20 {
		_, trailers, err := send(t, conn, messages...)
		if status.Code(err) != codes.InvalidArgument {
			t.Fatalf("60 events of 64 KiB: %v", err)
		}
		if got := trailers.Get("maximum-append-size"); len(got) != 1 || got[0] != "1048576" {
			t.Fatalf("trailers %v name no limit", trailers)
		}
	}
}

func TestOnlyKnownMetadataAreKept(t *testing.T) {
	conn := start(t)
	_, _, err := send(t, conn, appendOptions("a"), proposed(func(m *streams.AppendReq_ProposedMessage) {
		m.Metadata["content-type"] = "application/json; charset=utf-8"
		m.Metadata["secret"] = "dropped"
	}))
	if err != nil {
		t.Fatal(err)
	}
	events, _, err := read(t, conn, &streams.ReadReq_Options{})
	if err != nil || len(events) != 1 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	got := events[0].GetEvent().GetEvent().GetMetadata()
	if len(got) != 3 || got["type"] != "Happened" || got["content-type"] != "application/octet-stream" || got["created"] == "" {
		t.Errorf("metadata %v", got)
	}
}

// read reads with raw options, by default stream "a" forwards from its start.
func read(t *testing.T, conn *grpc.ClientConn, o *streams.ReadReq_Options) ([]*streams.ReadResp, metadata.MD, error) {
	t.Helper()
	if o.StreamOption == nil {
		o.StreamOption = &streams.ReadReq_Options_Stream{Stream: &streams.ReadReq_Options_StreamOptions{
			StreamIdentifier: identifier("a"),
			RevisionOption:   &streams.ReadReq_Options_StreamOptions_Start{Start: &shared.Empty{}},
		}}
	}
	if o.CountOption == nil {
		o.CountOption = &streams.ReadReq_Options_Count{Count: 100}
	}
	if o.UuidOption == nil {
		o.UuidOption = &streams.ReadReq_Options_UUIDOption{Content: &streams.ReadReq_Options_UUIDOption_Structured{}}
	}
	call, err := streams.NewStreamsClient(conn).Read(t.Context(), &streams.ReadReq{Options: o})
	if err != nil {
		t.Fatal(err)
	}
	var out []*streams.ReadResp
	for {
		m, err := call.Recv()
		if errors.Is(err, io.EOF) {
			return out, call.Trailer(), nil
		}
		if err != nil {
			return out, call.Trailer(), err
		}
		out = append(out, m)
	}
}

func TestIDsComeAsTheReaderWantsThem(t *testing.T) {
	conn := start(t)
	id := uuid.NewString()
	_, _, err := send(t, conn, appendOptions("a"), proposed(func(m *streams.AppendReq_ProposedMessage) {
		m.Id = &shared.UUID{Value: &shared.UUID_String_{String_: id}}
	}))
	if err != nil {
		t.Fatal(err)
	}
	asString, _, err := read(t, conn, &streams.ReadReq_Options{UuidOption: &streams.ReadReq_Options_UUIDOption{
		Content: &streams.ReadReq_Options_UUIDOption_String_{String_: &shared.Empty{}},
	}})
	if err != nil || len(asString) != 1 || asString[0].GetEvent().GetEvent().GetId().GetString_() != id {
		t.Errorf("as string: %v, %v", asString, err)
	}
	if string(asString[0].GetEvent().GetEvent().GetData()) != "{}" {
		t.Errorf("the rest of the event is %v", asString[0].GetEvent().GetEvent())
	}
	structured, _, err := read(t, conn, &streams.ReadReq_Options{})
	if err != nil || len(structured) != 1 || structured[0].GetEvent().GetEvent().GetId().GetStructured() == nil {
		t.Errorf("structured: %v, %v", structured, err)
	}
}

func TestMalformedReads(t *testing.T) {
	conn := start(t)
	all := &streams.ReadReq_Options_All{All: &streams.ReadReq_Options_AllOptions{
		AllOption: &streams.ReadReq_Options_AllOptions_Start{Start: &shared.Empty{}},
	}}
	subscribe := &streams.ReadReq_Options_Subscription{Subscription: &streams.ReadReq_Options_SubscriptionOptions{}}
	filtered := func(f *streams.ReadReq_Options_FilterOptions) *streams.ReadReq_Options_Filter {
		return &streams.ReadReq_Options_Filter{Filter: f}
	}
	expression := func(regex string) *streams.ReadReq_Options_FilterOptions {
		return &streams.ReadReq_Options_FilterOptions{
			Filter: &streams.ReadReq_Options_FilterOptions_EventType{
				EventType: &streams.ReadReq_Options_FilterOptions_Expression{Regex: regex},
			},
			Window:                       &streams.ReadReq_Options_FilterOptions_Max{Max: 32},
			CheckpointIntervalMultiplier: 1,
		}
	}
	from := func(commit, prepare uint64) *streams.ReadReq_Options_All {
		return &streams.ReadReq_Options_All{All: &streams.ReadReq_Options_AllOptions{
			AllOption: &streams.ReadReq_Options_AllOptions_Position{
				Position: &streams.ReadReq_Options_Position{CommitPosition: commit, PreparePosition: prepare},
			},
		}}
	}
	unchecked := expression("x")
	unchecked.CheckpointIntervalMultiplier = 0
	for name, o := range map[string]*streams.ReadReq_Options{
		"backwards subscription":  {StreamOption: all, CountOption: subscribe, ReadDirection: streams.ReadReq_Options_Backwards},
		"look-behind":             {StreamOption: all, FilterOption: filtered(expression("(?<=a)b"))},
		"look-ahead in the midst": {StreamOption: all, FilterOption: filtered(expression("a(?!b)"))},
		"empty filter":            {StreamOption: all, FilterOption: filtered(expression(""))},
		"filter of a stream":      {FilterOption: filtered(expression("x"))},
		"multiplier 0":            {StreamOption: all, CountOption: subscribe, FilterOption: filtered(unchecked)},
		"halves that differ":      {StreamOption: from(0, 1)},
		"past the end":            {StreamOption: from(1000, 1000)},
		"subscribe past the end":  {StreamOption: from(1, 1), CountOption: subscribe},
		"no position":             {StreamOption: &streams.ReadReq_Options_All{All: &streams.ReadReq_Options_AllOptions{}}},
	} {
		if _, _, err := read(t, conn, o); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v, want InvalidArgument", name, err)
		}
	}
	call, err := streams.NewStreamsClient(conn).Read(t.Context(), &streams.ReadReq{Options: &streams.ReadReq_Options{StreamOption: all}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := call.Recv(); status.Code(err) != codes.InvalidArgument {
		t.Errorf("no form of ids: %v", err)
	}
}

func TestTrailersOfADeletedStream(t *testing.T) {
	conn := start(t)
	client := streams.NewStreamsClient(conn)
	if _, err := client.Tombstone(t.Context(), &streams.TombstoneReq{Options: &streams.TombstoneReq_Options{
		StreamIdentifier:       identifier("a"),
		ExpectedStreamRevision: &streams.TombstoneReq_Options_Any{Any: &shared.Empty{}},
	}}); err != nil {
		t.Fatal(err)
	}
	check := func(what string, trailers metadata.MD, err error) {
		t.Helper()
		if status.Code(err) != codes.FailedPrecondition {
			t.Errorf("%s: %v", what, err)
		}
		if e, n := trailers.Get("exception"), trailers.Get("stream-name"); len(e) != 1 || e[0] != "stream-deleted" || len(n) != 1 || n[0] != "a" {
			t.Errorf("%s: trailers %v", what, trailers)
		}
	}
	_, trailers, err := send(t, conn, appendOptions("a"), proposed(nil))
	check("append", trailers, err)
	_, trailers, err = read(t, conn, &streams.ReadReq_Options{})
	check("read", trailers, err)
	_, err = client.Delete(t.Context(), &streams.DeleteReq{Options: &streams.DeleteReq_Options{
		StreamIdentifier:       identifier("a"),
		ExpectedStreamRevision: &streams.DeleteReq_Options_Any{Any: &shared.Empty{}},
	}}, grpc.Trailer(&trailers))
	check("delete", trailers, err)
}

func TestOldClientsLearnOfAConflict(t *testing.T) {
	conn := start(t)
	o := appendOptions("a")
	o.GetOptions().ExpectedStreamRevision = &streams.AppendReq_Options_Revision{Revision: 5}
	answer, _, err := send(t, conn, o, proposed(nil))
	wrong := answer.GetWrongExpectedVersion()
	if err != nil || wrong == nil {
		t.Fatalf("%v, %v; want a wrong expected version in an answer without error", answer, err)
	}
	if wrong.GetExpectedRevision() != 5 || wrong.GetExpectedRevision_20_6_0() != 5 ||
		wrong.GetCurrentNoStream() == nil || wrong.GetNoStream_20_6_0() == nil {
		t.Errorf("fields %v", wrong)
	}
}

func TestWhatIsServedIsAdvertised(t *testing.T) {
	conn := start(t)
	if err := conn.Invoke(t.Context(), "/event_store.client.users.Users/Details", &shared.Empty{}, &shared.Empty{}); status.Code(err) != codes.Unimplemented {
		t.Errorf("users: %v", err)
	}
	methods, err := serverfeatures.NewServerFeaturesClient(conn).GetSupportedMethods(t.Context(), &shared.Empty{})
	if err != nil {
		t.Fatal(err)
	}
	if methods.GetEventStoreServerVersion() != "24.10.0" || len(methods.GetMethods()) != 12 {
		t.Errorf("features %v", methods)
	}
	for _, m := range methods.GetMethods() {
		if m.GetMethodName() == "batchappend" {
			t.Errorf("advertises %s/%s", m.GetServiceName(), m.GetMethodName())
		}
		if strings.HasSuffix(m.GetServiceName(), ".persistentsubscriptions") && m.GetMethodName() == "create" &&
			!slices.Contains(m.GetFeatures(), "all") {
			t.Error("clients would take groups of $all for unsupported")
		}
	}
	if _, err := gossip.NewGossipClient(conn).Read(t.Context(), &shared.Empty{}); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("gossip without a network address: %v", err)
	}
}
