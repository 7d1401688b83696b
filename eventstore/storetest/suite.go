package storetest

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
)

// all is more events than any test writes.
const all = 1 << 30

// suite is one test with its client.
type suite struct {
	*testing.T
	ctx      context.Context
	client   *esdb.Client
	endpoint *endpoint
	prefix   string // of all stream names in this test
}

func (s suite) stream(name string) string { return s.prefix + "-" + name }

// event makes an event whose data tell its name.
func event(name string) esdb.EventData {
	return esdb.EventData{
		EventID: uuid.New(), EventType: "Happened", ContentType: esdb.ContentTypeJson, Data: []byte(`"` + name + `"`),
	}
}

// named makes several events.
func named(names ...string) []esdb.EventData {
	events := make([]esdb.EventData, len(names))
	for i, n := range names {
		events[i] = event(n)
	}
	return events
}

func (s suite) try(stream string, expected esdb.ExpectedRevision, events ...esdb.EventData) (*esdb.WriteResult, error) {
	return s.client.AppendToStream(s.ctx, stream, esdb.AppendToStreamOptions{ExpectedRevision: expected}, events...)
}

// append must succeed.
func (s suite) append(stream string, expected esdb.ExpectedRevision, events ...esdb.EventData) *esdb.WriteResult {
	s.Helper()
	r, err := s.try(stream, expected, events...)
	if err != nil {
		s.Fatalf("append to %s: %v", stream, err)
	}
	return r
}

// code is the client's error code of err.
func code(err error) esdb.ErrorCode {
	if e, ok := errors.AsType[*esdb.Error](err); ok {
		return e.Code()
	}
	return esdb.ErrorCodeUnknown
}

func (s suite) wantCode(err error, want esdb.ErrorCode) {
	s.Helper()
	if err == nil || code(err) != want {
		s.Errorf("got %v (code %d), want code %d", err, code(err), want)
	}
}

// receive reads to the end.
func (s suite) receive(stream *esdb.ReadStream, err error) ([]*esdb.ResolvedEvent, error) {
	if err != nil {
		return nil, err
	}
	defer stream.Close()
	var out []*esdb.ResolvedEvent
	for {
		e, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, e)
	}
}

func (s suite) readStream(stream string, o esdb.ReadStreamOptions, count uint64) ([]*esdb.ResolvedEvent, error) {
	return s.receive(s.client.ReadStream(s.ctx, stream, o, count))
}

func (s suite) readAll(o esdb.ReadAllOptions, count uint64) []*esdb.ResolvedEvent {
	s.Helper()
	events, err := s.receive(s.client.ReadAll(s.ctx, o, count))
	if err != nil {
		s.Fatal("read $all:", err)
	}
	return events
}

// names tells the data of events in one string: "a b c".
func names(events []*esdb.ResolvedEvent) string {
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = strings.Trim(string(e.OriginalEvent().Data), `"`)
	}
	return strings.Join(out, " ")
}

// wantStream checks what a stream holds, read forwards from its start.
func (s suite) wantStream(stream, want string) {
	s.Helper()
	s.wantRead(stream, esdb.ReadStreamOptions{From: esdb.Start{}}, all, want)
}

func (s suite) wantRead(stream string, o esdb.ReadStreamOptions, count uint64, want string) {
	s.Helper()
	events, err := s.readStream(stream, o, count)
	if got := names(events); err != nil || got != want {
		s.Errorf("read %s: %q, %v; want %q", stream, got, err, want)
	}
}

func (s suite) wantNotFound(stream string) {
	s.Helper()
	_, err := s.readStream(stream, esdb.ReadStreamOptions{From: esdb.Start{}}, all)
	s.wantCode(err, esdb.ErrorCodeResourceNotFound)
}

// write appends named events to a fresh stream.
func (s suite) write(stream string, names ...string) []esdb.EventData {
	s.Helper()
	events := named(names...)
	s.append(stream, esdb.NoStream{}, events...)
	return events
}
