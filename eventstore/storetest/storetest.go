// Package storetest is the conformance suite of the event store: what this
// module relies on, asked through the official EventStoreDB client. It runs
// against the embedded server and, by URL, against a real EventStoreDB or
// KurrentDB, so that both can be exchanged.
//
// The suite uses stream names of its own in each run and assumes nothing about
// what else is stored. It imports the client only. Start reading at Run.
package storetest

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
)

// patience bounds how long the suite waits for something that must happen.
const patience = 20 * time.Second

// all is more events than any test writes.
const all = 1 << 30

// Run runs the whole suite. client is called once per test; it may return the
// same client each time.
func Run(t *testing.T, client func(*testing.T) *esdb.Client) {
	for name, test := range map[string]func(suite){
		"expected revisions":                     expectedRevisions,
		"a repeated append has one effect":       idempotency,
		"an append without events":               emptyAppend,
		"one of 32 racing writers wins":          race,
		"an append is all or nothing":            atomicAppend,
		"a too large append is refused":          sizeLimit,
		"every field of an event comes back":     fields,
		"soft delete and recreate":               softDelete,
		"metadata of a deleted stream":           metadataOfDeleted,
		"tombstone":                              tombstone,
		"delete checks the expected revision":    deleteExpectations,
		"$maxCount":                              maxCount,
		"$tb":                                    truncateBefore,
		"$maxAge":                                maxAge,
		"metadata that make no sense":            oddMetadata,
		"only the newest metadata count":         newestMetadata,
		"reads past both ends of a stream":       streamEnds,
		"reads of $all from positions":           allPositions,
		"links":                                  links,
		"a stream subscription starts exclusive": exclusiveStart,
		"a subscription to $all starts after":    exclusiveAll,
		"a subscription waits for its stream":    waitingSubscription,
		"a tombstone drops the subscription":     dropOnTombstone,
		"a soft delete keeps the subscription":   keepOnDelete,
		"checkpoints while catching up and live": checkpoints,
		"filters":                                filters,
		"a subscriber misses nothing under load": nothingMissed,
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
			defer cancel()
			test(suite{T: t, ctx: ctx, client: client(t), prefix: "st" + strings.ReplaceAll(uuid.NewString(), "-", "")})
		})
	}
}

// Dial returns a client for an esdb:// connection string, or for a unix socket
// given as unix:///path. It is closed when the test ends.
func Dial(t testing.TB, address string) *esdb.Client {
	t.Helper()
	connection := address
	if strings.HasPrefix(address, "unix:") {
		connection = "esdb://localhost:2113?tls=false"
	}
	config, err := esdb.ParseConnectionString(connection)
	if err != nil {
		t.Fatalf("connection string %q: %v", connection, err)
	}
	if connection != address {
		config.Address = address
	}
	config.Logger = func(esdb.LogLevel, string, ...any) {}
	client, err := esdb.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// suite is one test with its client.
type suite struct {
	*testing.T
	ctx    context.Context
	client *esdb.Client
	prefix string // of all stream names in this test
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
