package eventstore_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"shiyang/eventstore"
)

func isLogSync(op errorfs.Op) bool {
	sync := op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSyncTo
	return sync && strings.HasSuffix(op.Path, ".seg")
}

// TestASubscriberNeverSeesAnEventThatACrashCouldLose holds the fsync of an
// append and asks a subscriber and a reader.
func TestASubscriberNeverSeesAnEventThatACrashCouldLose(t *testing.T) {
	var held atomic.Bool
	entered, release := make(chan struct{}), make(chan struct{})
	fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if isLogSync(op) && held.CompareAndSwap(true, false) {
			close(entered)
			<-release
		}
		return nil
	}))
	_, client := serve(t, eventstore.Options{Dir: "data", FS: fs})
	sub, err := client.SubscribeToAll(t.Context(), esdb.SubscribeToAllOptions{From: esdb.Start{}})
	if err != nil {
		t.Fatal(err)
	}
	if sub.Recv().CaughtUp == nil {
		t.Fatal("the first message is not caught-up")
	}
	seen := make(chan *esdb.SubscriptionEvent, 1)
	go func() { seen <- sub.Recv() }()
	held.Store(true)
	answered := make(chan error, 1)
	go func() {
		_, err := client.AppendToStream(context.Background(), "order-1",
			esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}}, event(`{}`))
		answered <- err
	}()
	<-entered
	stream, err := client.ReadStream(t.Context(), "order-1", esdb.ReadStreamOptions{From: esdb.Start{}}, 1)
	if err == nil {
		_, err = stream.Recv()
		stream.Close()
	}
	if e, ok := errors.AsType[*esdb.Error](err); !ok || e.Code() != esdb.ErrorCodeResourceNotFound {
		t.Errorf("a reader gets %v before the fsync", err)
	}
	select {
	case e := <-seen:
		t.Errorf("the subscriber gets %+v before the fsync", e)
	case err := <-answered:
		t.Errorf("the writer gets %v before the fsync", err)
	default:
	}
	close(release)
	if err := <-answered; err != nil {
		t.Error(err)
	}
	if e := <-seen; e.EventAppeared == nil || e.EventAppeared.Event.StreamID != "order-1" {
		t.Errorf("after the fsync the subscriber gets %+v", e)
	}
}

func TestAFailedFsyncStopsTheStore(t *testing.T) {
	var broken atomic.Bool
	fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if broken.Load() && isLogSync(op) {
			return errorfs.ErrInjected
		}
		return nil
	}))
	store, client := serve(t, eventstore.Options{Dir: "data", FS: fs})
	sub, err := client.SubscribeToAll(t.Context(), esdb.SubscribeToAllOptions{From: esdb.Start{}})
	if err != nil {
		t.Fatal(err)
	}
	if sub.Recv().CaughtUp == nil {
		t.Fatal("the first message is not caught-up")
	}
	broken.Store(true)
	_, err = client.AppendToStream(t.Context(), "a", esdb.AppendToStreamOptions{}, event(`{}`))
	if e, ok := errors.AsType[*esdb.Error](err); !ok || e.Code() != esdb.ErrorUnavailable {
		t.Errorf("append: %v, want Unavailable", err)
	}
	<-store.Failed()
	if err := store.Ready(); !errors.Is(err, eventstore.ErrFailed) {
		t.Errorf("ready: %v", err)
	}
	if sub.Recv().SubscriptionDropped == nil {
		t.Error("the subscription goes on")
	}
}
