package eventstore_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"shiyang/eventstore"
	"shiyang/eventstore/storetest"
)

// serve starts a store in a directory and returns it with a client over a unix socket.
func serve(t testing.TB, o eventstore.Options) (*eventstore.Store, *esdb.Client) {
	t.Helper()
	o.Logger = slog.New(slog.DiscardHandler)
	store, err := eventstore.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(t.TempDir(), "es.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- store.Serve(listener) }()
	client := storetest.Dial(t, "unix://"+socket)
	t.Cleanup(func() {
		if err := store.Stop(context.Background()); err != nil && !errors.Is(store.Ready(), eventstore.ErrFailed) {
			t.Error("stop:", err)
		}
		if err := <-served; err != nil {
			t.Error("serve:", err)
		}
	})
	return store, client
}

func event(data string) esdb.EventData {
	return esdb.EventData{EventID: uuid.New(), EventType: "happened", ContentType: esdb.ContentTypeJson, Data: []byte(data)}
}

func TestAppendedEventsSurviveReopening(t *testing.T) {
	dir := t.TempDir()
	first, client := serve(t, eventstore.Options{Dir: dir})
	result, err := client.AppendToStream(t.Context(), "order-1",
		esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}}, event(`{"n":1}`), event(`{"n":2}`))
	if err != nil {
		t.Fatal(err)
	}
	if result.NextExpectedVersion != 1 || result.CommitPosition != first.Head() {
		t.Fatalf("result %+v, head %d", result, first.Head())
	}
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	second, client := serve(t, eventstore.Options{Dir: dir})
	if second.StoreID() != first.StoreID() || second.Head() != 2 {
		t.Fatalf("store %s at %d, was %s at 2", second.StoreID(), second.Head(), first.StoreID())
	}
	stream, err := client.ReadStream(t.Context(), "order-1", esdb.ReadStreamOptions{From: esdb.Start{}}, 10)
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	for _, want := range []string{`{"n":1}`, `{"n":2}`} {
		e, err := stream.Recv()
		if err != nil || string(e.Event.Data) != want {
			t.Fatalf("read %v, %v, want %s", e, err, want)
		}
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Fatalf("after the last event: %v", err)
	}
}

// TestStopCutsOffAClientThatDoesNotRead has far more to send than the
// connection buffers, and nobody who takes it.
func TestStopCutsOffAClientThatDoesNotRead(t *testing.T) {
	store, client := serve(t, eventstore.Options{Dir: t.TempDir(), Grace: 50 * time.Millisecond})
	big := make([]esdb.EventData, 9)
	for range 20 {
		for i := range big {
			big[i] = event(`"` + strings.Repeat("x", 100<<10) + `"`)
		}
		if _, err := client.AppendToStream(t.Context(), "big", esdb.AppendToStreamOptions{}, big...); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client.SubscribeToAll(t.Context(), esdb.SubscribeToAllOptions{From: esdb.Start{}}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.ReadAll(t.Context(), esdb.ReadAllOptions{From: esdb.Start{}}, 1000); err != nil {
		t.Fatal(err)
	}
	if err := store.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestStopEndsOpenSubscriptions(t *testing.T) {
	store, client := serve(t, eventstore.Options{Dir: t.TempDir()})
	sub, err := client.SubscribeToAll(t.Context(), esdb.SubscribeToAllOptions{From: esdb.Start{}})
	if err != nil {
		t.Fatal(err)
	}
	if sub.Recv().CaughtUp == nil {
		t.Fatal("the first message is not caught-up")
	}
	if n := store.Stats().Subscribers; n != 1 {
		t.Fatalf("%d subscribers", n)
	}
	if err := store.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if sub.Recv().SubscriptionDropped == nil {
		t.Fatal("the subscription goes on")
	}
	if !errors.Is(store.Ready(), eventstore.ErrClosed) {
		t.Fatalf("ready: %v", store.Ready())
	}
}
