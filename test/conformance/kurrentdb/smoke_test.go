package kurrentdb_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/kurrent-io/KurrentDB-Client-Go/kurrentdb"
)

// patience bounds every wait.
const patience = 20 * time.Second

// dial returns a client of the server that the environment names, and a
// context for the test.
func dial(t *testing.T) (context.Context, *kurrentdb.Client) {
	t.Helper()
	url := os.Getenv("SHIYANG_TEST_EVENTSTORE")
	if url == "" {
		t.Skip("SHIYANG_TEST_EVENTSTORE names no server")
	}
	config, err := kurrentdb.ParseConnectionString(url)
	if err != nil {
		t.Fatal(err)
	}
	config.Logger = func(kurrentdb.LogLevel, string, ...any) {}
	client, err := kurrentdb.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx, client
}

func event(name string) kurrentdb.EventData {
	return kurrentdb.EventData{EventID: uuid.New(), EventType: "Happened", ContentType: kurrentdb.ContentTypeJson, Data: []byte(`"` + name + `"`)}
}

func write(ctx context.Context, t *testing.T, client *kurrentdb.Client, stream string, state kurrentdb.StreamState, names ...string) *kurrentdb.WriteResult {
	t.Helper()
	var events []kurrentdb.EventData
	for _, name := range names {
		events = append(events, event(name))
	}
	r, err := client.AppendToStream(ctx, stream, kurrentdb.AppendToStreamOptions{StreamState: state}, events...)
	if err != nil {
		t.Fatalf("append to %s: %v", stream, err)
	}
	return r
}

func collect(read *kurrentdb.ReadStream, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer read.Close()
	var names []string
	for {
		e, err := read.Recv()
		if errors.Is(err, io.EOF) {
			return strings.Join(names, " "), nil
		}
		if err != nil {
			return strings.Join(names, " "), err
		}
		names = append(names, strings.Trim(string(e.OriginalEvent().Data), `"`))
	}
}

func code(err error) kurrentdb.ErrorCode {
	if e, ok := errors.AsType[*kurrentdb.Error](err); ok {
		return e.Code()
	}
	return kurrentdb.ErrorCodeUnknown
}

func TestAppendAndRead(t *testing.T) {
	ctx, client := dial(t)
	stream := uuid.NewString()
	if r := write(ctx, t, client, stream, kurrentdb.NoStream{}, "a", "b", "c"); r.NextExpectedVersion != 2 {
		t.Errorf("revision %d, want 2", r.NextExpectedVersion)
	}
	for want, o := range map[string]kurrentdb.ReadStreamOptions{
		"a b c": {From: kurrentdb.Start{}},
		"b c":   {From: kurrentdb.Revision(1)},
		"c b a": {From: kurrentdb.End{}, Direction: kurrentdb.Backwards},
	} {
		if got, err := collect(client.ReadStream(ctx, stream, o, 100)); got != want || err != nil {
			t.Errorf("read %+v: %q, %v; want %q", o, got, err, want)
		}
	}
	if _, err := collect(client.ReadStream(ctx, uuid.NewString(), kurrentdb.ReadStreamOptions{}, 1)); code(err) != kurrentdb.ErrorCodeResourceNotFound {
		t.Errorf("a missing stream: %v", err)
	}
}

func TestReadAll(t *testing.T) {
	ctx, client := dial(t)
	r := write(ctx, t, client, uuid.NewString(), kurrentdb.NoStream{}, "a")
	at := kurrentdb.Position{Commit: r.CommitPosition, Prepare: r.PreparePosition}
	if got, err := collect(client.ReadAll(ctx, kurrentdb.ReadAllOptions{From: at}, 1)); got != "a" || err != nil {
		t.Errorf("from the event's own position: %q, %v", got, err)
	}
}

func TestRepeatedAppend(t *testing.T) {
	ctx, client := dial(t)
	stream, e := uuid.NewString(), event("a")
	for range 2 {
		r, err := client.AppendToStream(ctx, stream, kurrentdb.AppendToStreamOptions{StreamState: kurrentdb.NoStream{}}, e)
		if err != nil || r.NextExpectedVersion != 0 {
			t.Errorf("%+v, %v", r, err)
		}
	}
	if got, err := collect(client.ReadStream(ctx, stream, kurrentdb.ReadStreamOptions{}, 10)); got != "a" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestWrongRevision(t *testing.T) {
	ctx, client := dial(t)
	stream := uuid.NewString()
	write(ctx, t, client, stream, kurrentdb.NoStream{}, "a")
	for _, state := range []kurrentdb.StreamState{kurrentdb.NoStream{}, kurrentdb.Revision(7)} {
		_, err := client.AppendToStream(ctx, stream, kurrentdb.AppendToStreamOptions{StreamState: state}, event("b"))
		if code(err) != kurrentdb.ErrorCodeWrongExpectedVersion {
			t.Errorf("%+v: %v", state, err)
		}
	}
}

func TestMetadata(t *testing.T) {
	ctx, client := dial(t)
	stream := uuid.NewString()
	write(ctx, t, client, stream, kurrentdb.NoStream{}, "a", "b", "c")
	var m kurrentdb.StreamMetadata
	m.SetMaxCount(2)
	if _, err := client.SetStreamMetadata(ctx, stream, kurrentdb.AppendToStreamOptions{StreamState: kurrentdb.Any{}}, m); err != nil {
		t.Fatal(err)
	}
	got, err := client.GetStreamMetadata(ctx, stream, kurrentdb.ReadStreamOptions{})
	if err != nil || got.MaxCount() == nil || *got.MaxCount() != 2 {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := collect(client.ReadStream(ctx, stream, kurrentdb.ReadStreamOptions{}, 10)); got != "b c" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

func TestDelete(t *testing.T) {
	ctx, client := dial(t)
	stream := uuid.NewString()
	write(ctx, t, client, stream, kurrentdb.NoStream{}, "a")
	if _, err := client.DeleteStream(ctx, stream, kurrentdb.DeleteStreamOptions{StreamState: kurrentdb.Revision(0)}); err != nil {
		t.Fatal(err)
	}
	if _, err := collect(client.ReadStream(ctx, stream, kurrentdb.ReadStreamOptions{}, 1)); code(err) != kurrentdb.ErrorCodeResourceNotFound {
		t.Errorf("after the delete: %v", err)
	}
	if r := write(ctx, t, client, stream, kurrentdb.NoStream{}, "b"); r.NextExpectedVersion != 1 {
		t.Errorf("the stream goes on at %d, want 1", r.NextExpectedVersion)
	}
	if _, err := client.TombstoneStream(ctx, stream, kurrentdb.TombstoneStreamOptions{StreamState: kurrentdb.Any{}}); err != nil {
		t.Fatal(err)
	}
	_, err := client.AppendToStream(ctx, stream, kurrentdb.AppendToStreamOptions{StreamState: kurrentdb.Any{}}, event("c"))
	if code(err) != kurrentdb.ErrorCodeStreamDeleted {
		t.Errorf("after the tombstone: %v", err)
	}
}

// observe receives a subscription in the background: names of events, and
// "caught-up", which this client tells by an empty message where the server
// sends no date with it.
func observe(ctx context.Context, t *testing.T, sub *kurrentdb.Subscription, err error) func(want ...string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sub.Close() })
	messages := make(chan string)
	go func() {
		for {
			e, got := sub.Recv(), "caught-up"
			switch {
			case e.EventAppeared != nil:
				got = strings.Trim(string(e.EventAppeared.OriginalEvent().Data), `"`)
			case e.SubscriptionDropped != nil:
				got = "dropped"
			case e.CheckPointReached != nil:
				continue
			}
			select {
			case messages <- got:
			case <-ctx.Done():
			}
			if got == "dropped" {
				return
			}
		}
	}()
	return func(want ...string) {
		t.Helper()
		for _, w := range want {
			select {
			case got := <-messages:
				if got != w {
					t.Fatalf("received %q, want %q", got, w)
				}
			case <-ctx.Done():
				t.Fatalf("%q never came", w)
			}
		}
	}
}

func TestSubscribeToStream(t *testing.T) {
	ctx, client := dial(t)
	stream := uuid.NewString()
	write(ctx, t, client, stream, kurrentdb.NoStream{}, "a", "b")
	sub, err := client.SubscribeToStream(ctx, stream, kurrentdb.SubscribeToStreamOptions{From: kurrentdb.Start{}})
	want := observe(ctx, t, sub, err)
	want("a", "b", "caught-up")
	write(ctx, t, client, stream, kurrentdb.Revision(1), "c")
	want("c")
	if _, err := client.TombstoneStream(ctx, stream, kurrentdb.TombstoneStreamOptions{StreamState: kurrentdb.Any{}}); err != nil {
		t.Fatal(err)
	}
}

func TestSubscribeToAll(t *testing.T) {
	ctx, client := dial(t)
	prefix := uuid.NewString()
	r := write(ctx, t, client, prefix+"-0", kurrentdb.NoStream{}, "a")
	sub, err := client.SubscribeToAll(ctx, kurrentdb.SubscribeToAllOptions{
		From:   kurrentdb.Position{Commit: r.CommitPosition, Prepare: r.PreparePosition},
		Filter: &kurrentdb.SubscriptionFilter{Type: kurrentdb.StreamFilterType, Prefixes: []string{prefix}},
	})
	want := observe(ctx, t, sub, err)
	want("caught-up")
	write(ctx, t, client, prefix+"-1", kurrentdb.NoStream{}, "b")
	want("b")
}
