package storetest

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
)

// What the official client hides is asked with the protocol's own messages.
var messageTests = []test{
	{"an append without its options", []string{"append 1"}, malformedAppend, anywhere},
	{"an event without what it must have", []string{"append 2"}, malformedEvent, anywhere},
	{"what is kept of an event's metadata", []string{"append 2", "read 3"}, keptMetadata, anywhere},
	{"the size of an append to the byte", []string{"append 3"}, exactSize, anywhere},
	{"a conflict is an answer, not an error", []string{"append 5"}, conflict, anywhere},
	{"trailers of a deleted stream", []string{"append 6", "delete 4", "error 1"}, deletedTrailers, anywhere},
	{"trailers of a refused delete", []string{"delete 1"}, refusedDelete, anywhere},
	{"an append tells revision and position", []string{"append 7", "position 1"}, successFields, anywhere},
	{"ids come as the reader wants them", []string{"read 1"}, idForms, anywhere},
	{"a counted read sends events and nothing else", []string{"read 2"}, countedRead, anywhere},
	{"invalid positions", []string{"position 4"}, invalidPositions, anywhere},
	{"filters that make no sense", []string{"read 10", "subscription 3"}, malformedFilters, anywhere},
}

func malformedAppend(s suite) {
	conn, stream := s.conn(), s.stream("a")
	o := options(stream)
	o.ExpectedStreamRevision = nil
	s.wantStatus(s.send(conn, o, proposed([]byte("1"))), codes.InvalidArgument)
	s.wantNotFound(stream)
}

func malformedEvent(s suite) {
	conn, stream := s.conn(), s.stream("a")
	without := func(change func(*streams.AppendReq_ProposedMessage)) answer {
		e := proposed([]byte("1"))
		change(e)
		return s.send(conn, options(stream), proposed([]byte("1")), e)
	}
	for _, key := range []string{"type", "content-type"} {
		a := without(func(e *streams.AppendReq_ProposedMessage) { delete(e.Metadata, key) })
		s.wantStatus(a, codes.InvalidArgument)
		s.wantTrailers(a, "exception=missing-required-metadata-property", "required-metadata-properties=type,content-type")
	}
	s.wantStatus(without(func(e *streams.AppendReq_ProposedMessage) { e.Metadata["type"] = "" }), codes.InvalidArgument)
	s.wantStatus(without(func(e *streams.AppendReq_ProposedMessage) {
		e.Id = &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{}}}
	}), codes.InvalidArgument)
	s.wantNotFound(stream) // and nothing of such an append is kept
}

func keptMetadata(s suite) {
	conn, stream := s.conn(), s.stream("a")
	for _, content := range []string{"application/json", "application/JSON", "text/plain", "application/octet-stream"} {
		e := proposed([]byte("{}"))
		e.Metadata["content-type"], e.Metadata["extra"] = content, "dropped"
		s.wantStatus(s.send(conn, options(stream), e), codes.OK)
	}
	a := s.ask(conn, ofStream(stream), nil)
	if a.err != nil || len(a.read) != 4 {
		s.Fatalf("%d messages, %v", len(a.read), a.err)
	}
	for n, m := range a.read {
		e := m.GetEvent().GetEvent()
		want := "application/octet-stream"
		if n == 0 {
			want = "application/json"
		}
		kept := e.GetMetadata()
		if kept["content-type"] != want || kept["type"] != "Happened" || kept["extra"] != "" {
			s.Errorf("event %d has the metadata %v", n, kept)
		}
		if ticks, err := strconv.ParseInt(kept["created"], 10, 64); err != nil || ticks < 1e16 {
			s.Errorf("event %d was created at %q, want 100 ns since 1970", n, kept["created"])
		}
		if e.GetId().GetStructured() == nil || string(e.GetStreamIdentifier().GetStreamName()) != stream || e.GetStreamRevision() != uint64(n) {
			s.Errorf("event %d is %v", n, e)
		}
	}
}

// exactSize learns the limit from the refusal and then meets it exactly.
func exactSize(s suite) {
	conn, stream := s.conn(), s.stream("a")
	refused := s.send(conn, options(stream), proposed(make([]byte, 15<<20)))
	limit, err := strconv.Atoi(strings.TrimPrefix(refused.trailers("maximum-append-size"), "maximum-append-size="))
	if err != nil || limit < 1<<10 {
		s.Fatalf("the refusal says %q", refused.trailer)
	}
	// Data, own metadata, and two bytes for each UTF-16 unit of the type.
	fill := func(total int) *streams.AppendReq_ProposedMessage {
		e := proposed(nil)
		e.Metadata["type"], e.CustomMetadata = "受理😀", []byte("12345")
		e.Data = bytes.Repeat([]byte("x"), total-2*4-5)
		return e
	}
	first := fill(limit / 2)
	s.wantStatus(s.send(conn, options(stream), first, fill(limit-limit/2)), codes.OK)
	a := s.send(conn, options(stream), fill(limit/2), fill(limit-limit/2+1))
	s.wantStatus(a, codes.InvalidArgument)
	s.wantTrailers(a, "exception=maximum-append-size-exceeded", fmt.Sprint("maximum-append-size=", limit))
	if n := len(s.ask(conn, ofStream(stream), nil).read); n != 2 {
		s.Errorf("%d events, want 2", n)
	}
}

func conflict(s suite) {
	conn, stream := s.conn(), s.stream("a")
	o := options(stream)
	o.ExpectedStreamRevision = &streams.AppendReq_Options_Revision{Revision: 5}
	a := s.send(conn, o, proposed([]byte("1")))
	s.wantStatus(a, codes.OK)
	wrong := a.append.GetWrongExpectedVersion()
	if wrong.GetExpectedRevision() != 5 || wrong.GetExpectedRevision_20_6_0() != 5 ||
		wrong.GetCurrentNoStream() == nil || wrong.GetNoStream_20_6_0() == nil {
		s.Errorf("on a missing stream: %v", a.append)
	}
	s.wantStatus(s.send(conn, options(stream), proposed([]byte("1")), proposed([]byte("2"))), codes.OK)
	o.ExpectedStreamRevision = &streams.AppendReq_Options_NoStream{NoStream: &shared.Empty{}}
	a = s.send(conn, o, proposed([]byte("3")))
	s.wantStatus(a, codes.OK)
	wrong = a.append.GetWrongExpectedVersion()
	if wrong.GetExpectedNoStream() == nil || wrong.GetExpectedRevision_20_6_0() != math.MaxUint64 ||
		wrong.GetCurrentRevision() != 1 || wrong.GetCurrentRevision_20_6_0() != 1 {
		s.Errorf("on a stream of two: %v", a.append)
	}
}

func deletedTrailers(s suite) {
	conn, stream := s.conn(), s.stream("a")
	s.tombstone(stream)
	want := func(a answer) {
		s.Helper()
		s.wantStatus(a, codes.FailedPrecondition)
		s.wantTrailers(a, "exception=stream-deleted", "stream-name="+stream)
	}
	want(s.send(conn, options(stream), proposed([]byte("1"))))
	want(s.ask(conn, ofStream(stream), nil))
	want(s.ask(conn, subscription(ofStream(stream)), nil))
	want(s.deleteAs(conn, stream, &streams.DeleteReq_Options{
		StreamIdentifier: identifier(stream), ExpectedStreamRevision: &streams.DeleteReq_Options_Any{Any: &shared.Empty{}},
	}))
}

func (s suite) deleteAs(conn *grpc.ClientConn, stream string, o *streams.DeleteReq_Options) (a answer) {
	o.StreamIdentifier = identifier(stream)
	_, a.err = streams.NewStreamsClient(conn).Delete(s.ctx, &streams.DeleteReq{Options: o}, grpc.Trailer(&a.trailer))
	return a
}

func refusedDelete(s suite) {
	conn, stream := s.conn(), s.stream("a")
	s.write(stream, "a", "b", "c")
	a := s.deleteAs(conn, stream, &streams.DeleteReq_Options{ExpectedStreamRevision: &streams.DeleteReq_Options_Revision{Revision: 1}})
	s.wantStatus(a, codes.FailedPrecondition)
	s.wantTrailers(a, "exception=wrong-expected-version", "stream-name="+stream, "expected-version=1", "actual-version=2")
	_, a.err = streams.NewStreamsClient(conn).Tombstone(s.ctx, &streams.TombstoneReq{Options: &streams.TombstoneReq_Options{
		StreamIdentifier: identifier(stream), ExpectedStreamRevision: &streams.TombstoneReq_Options_Revision{Revision: 1},
	}}, grpc.Trailer(&a.trailer))
	s.wantStatus(a, codes.FailedPrecondition)
	s.wantTrailers(a, "exception=wrong-expected-version", "stream-name="+stream, "expected-version=1", "actual-version=2")
}

func successFields(s suite) {
	conn, stream := s.conn(), s.stream("a")
	last := uint64(0)
	for n := range uint64(5) {
		a := s.send(conn, options(stream), proposed([]byte("1")))
		s.wantStatus(a, codes.OK)
		success := a.append.GetSuccess()
		at := success.GetPosition()
		_, hasRevision := success.GetCurrentRevisionOption().(*streams.AppendResp_Success_CurrentRevision)
		if !hasRevision || success.GetCurrentRevision() != n || at == nil ||
			at.GetCommitPosition() != at.GetPreparePosition() || at.GetCommitPosition() <= last {
			s.Errorf("append %d is answered %v", n, a.append)
		}
		last = at.GetCommitPosition()
	}
}

func idForms(s suite) {
	conn, stream := s.conn(), s.stream("a")
	id := uuid.NewString()
	e := proposed([]byte("1"))
	e.Id = &shared.UUID{Value: &shared.UUID_String_{String_: id}}
	s.wantStatus(s.send(conn, options(stream), e), codes.OK)
	o := ofStream(stream)
	o.UuidOption = &streams.ReadReq_Options_UUIDOption{Content: &streams.ReadReq_Options_UUIDOption_String_{String_: &shared.Empty{}}}
	a := s.ask(conn, o, nil)
	if a.err != nil || len(a.read) != 1 || a.read[0].GetEvent().GetEvent().GetId().GetString_() != id {
		s.Errorf("as a string: %v, %v; want %s", a.read, a.err, id)
	}
	o.UuidOption = nil
	s.wantStatus(s.ask(conn, o, nil), codes.InvalidArgument)
}

// countedRead looks for what makes the official client panic.
func countedRead(s suite) {
	conn, stream := s.conn(), s.stream("a")
	s.write(stream, "a", "b", "c")
	backwards := ofStream(stream)
	backwards.ReadDirection = streams.ReadReq_Options_Backwards
	backwards.GetStream().RevisionOption = &streams.ReadReq_Options_StreamOptions_End{End: &shared.Empty{}}
	filtered := ofAll(0, 0)
	filtered.FilterOption = &streams.ReadReq_Options_Filter{Filter: byStream(s.prefix)}
	for name, r := range map[string]struct {
		options *streams.ReadReq_Options
		events  int
		other   int
	}{
		"a stream":          {ofStream(stream), 3, 0},
		"backwards":         {backwards, 3, 0},
		"a missing stream":  {ofStream(s.stream("none")), 0, 1},
		"$all and a filter": {filtered, 3, 0},
		"an empty count": {func() *streams.ReadReq_Options {
			o := ofStream(stream)
			o.CountOption = &streams.ReadReq_Options_Count{}
			return o
		}(), 0, 0},
		"a stream's metadata": {ofStream("$$" + stream), 0, 1},
	} {
		a := s.ask(conn, r.options, nil)
		events, missing := 0, 0
		for _, m := range a.read {
			switch m.GetContent().(type) {
			case *streams.ReadResp_Event:
				events++
			case *streams.ReadResp_StreamNotFound_:
				missing++
			default:
				s.Errorf("%s: %T", name, m.GetContent())
			}
		}
		if a.err != nil || events != r.events || missing != r.other {
			s.Errorf("%s: %d events, %d not found, %v", name, events, missing, a.err)
		}
	}
}

func invalidPositions(s suite) {
	conn := s.conn()
	r := s.append(s.stream("a"), nil, event("a"))
	for name, o := range map[string]*streams.ReadReq_Options{
		"prepare after commit": ofAll(r.CommitPosition, r.CommitPosition+1),
		"past the end":         ofAll(1<<60, 1<<60),
		"none":                 {StreamOption: &streams.ReadReq_Options_All{All: &streams.ReadReq_Options_AllOptions{}}, CountOption: &streams.ReadReq_Options_Count{Count: 1}, UuidOption: structured()},
	} {
		if a := s.ask(conn, o, nil); a.err == nil {
			s.Errorf("%s: %v", name, a.read)
		} else {
			s.wantStatus(a, codes.InvalidArgument)
		}
	}
	s.wantStatus(s.ask(conn, subscription(ofAll(r.CommitPosition, r.CommitPosition+1)), nil), codes.InvalidArgument)
	s.wantStatus(s.ask(conn, ofAll(r.CommitPosition, r.PreparePosition), nil), codes.OK)
}

func malformedFilters(s suite) {
	conn := s.conn()
	with := func(change func(*streams.ReadReq_Options_FilterOptions)) *streams.ReadReq_Options {
		o, f := ofAll(0, 0), byStream(s.prefix)
		change(f)
		o.FilterOption = &streams.ReadReq_Options_Filter{Filter: f}
		return o
	}
	never := with(func(f *streams.ReadReq_Options_FilterOptions) { f.CheckpointIntervalMultiplier = 0 })
	s.wantStatus(s.ask(conn, subscription(never), nil), codes.InvalidArgument)
	broken := with(func(f *streams.ReadReq_Options_FilterOptions) { f.GetStreamIdentifier().Regex = "(" })
	s.wantStatus(s.ask(conn, broken, nil), codes.InvalidArgument)
}

// byStream takes the streams whose names begin so, and sends a checkpoint for
// every four events considered.
func byStream(prefix string) *streams.ReadReq_Options_FilterOptions {
	return &streams.ReadReq_Options_FilterOptions{
		Filter: &streams.ReadReq_Options_FilterOptions_StreamIdentifier{
			StreamIdentifier: &streams.ReadReq_Options_FilterOptions_Expression{Prefix: []string{prefix}},
		},
		Window:                       &streams.ReadReq_Options_FilterOptions_Max{Max: 2},
		CheckpointIntervalMultiplier: 2,
	}
}

// subscription turns a read into a subscription.
func subscription(o *streams.ReadReq_Options) *streams.ReadReq_Options {
	o.CountOption = &streams.ReadReq_Options_Subscription{Subscription: &streams.ReadReq_Options_SubscriptionOptions{}}
	return o
}
