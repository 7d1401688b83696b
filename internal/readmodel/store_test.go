package readmodel_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"shiyang/eventstore"
	"shiyang/internal/es"
	"shiyang/internal/es/esdbstore"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
)

// serve starts the embedded store on a socket and returns what stops it.
func serve(t *testing.T, dir, socket string) (stop func()) {
	t.Helper()
	store, err := eventstore.Open(eventstore.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	return run(t, func(ctx context.Context) error {
		var wait sync.WaitGroup
		wait.Go(func() {
			if err := store.Serve(listener); err != nil {
				t.Errorf("serve: %v", err)
			}
		})
		<-ctx.Done()
		defer wait.Wait()
		return store.Close()
	})
}

// TestThroughTheRealStore follows the embedded store through the official
// client, over a restart of the store.
func TestThroughTheRealStore(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		short, err := os.MkdirTemp("", "rm") // a socket's name must be short
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(short) })
		dir, socket := t.TempDir(), filepath.Join(short, "s")
		stop := serve(t, dir, socket)
		client, err := esdbstore.Dial(t.Context(), esdbstore.Config{URL: "unix://" + socket})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		store := esdbstore.NewStore(client, codec())
		add := func(stream string, expected es.Revision, e es.Event) es.Position {
			t.Helper()
			meta := es.Meta{CommandID: es.DerivedID(stream, fmt.Sprint(expected)), RecordedAt: readmodeltest.At}
			appended, err := store.Append(t.Context(), stream, expected, meta, e)
			if err != nil {
				t.Fatal(err)
			}
			return appended.Position
		}
		r := readmodel.NewRunner(db, client, codec(), readmodel.Options{Prefixes: []string{"key-"}}, register(1), tally(nil))
		stopRunner := start(t, r)
		wait := func(at es.Position) {
			t.Helper()
			until(t, "the views are there", func() bool { return db.WaitFor(t.Context(), at) == nil })
		}
		for i := range 40 {
			add(fmt.Sprint("key-", i), 0, reserved("厂"))
			add(fmt.Sprint("other-", i), 0, released())
		}
		wait(add("key-1", 1, released()))

		stop()
		stop = serve(t, dir, socket)
		defer stop()
		defer stopRunner()
		wait(add("key-2", 1, released()))
		add("other-1", 1, released()) // a position that the views hear of late
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := readmodel.Settle(ctx, client, r, nil, nil); err != nil {
			t.Fatal(err)
		}
		for _, p := range []readmodel.Projection{register(1), tally(nil)} {
			result, err := readmodel.Check(t.Context(), db, client, codec(), p)
			if err != nil || !result.OK() || result.Events != 42 {
				t.Errorf("%+v, %v", result, err)
			}
		}
	})
}
