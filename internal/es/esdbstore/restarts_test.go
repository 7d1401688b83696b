package esdbstore_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"shiyang/eventstore"
	"shiyang/internal/es"
	"shiyang/internal/es/esdbstore"
)

// TestHundredRestarts restarts the embedded store a hundred times under 32
// writers, each of which repeats a command until it is answered. Every command
// takes effect once, and no call, goroutine or connection stays behind.
func TestHundredRestarts(t *testing.T) {
	const restarts, writers = 100, 32
	before := goroutines()
	serve, url := restartable(t)
	stop := serve()
	c, err := esdbstore.Dial(t.Context(), esdbstore.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	s := newStore(c)
	var answered atomic.Int64
	var over atomic.Bool
	var all sync.WaitGroup
	done := make([]int, writers)
	for w := range writers {
		all.Go(func() {
			for !over.Load() {
				done[w] = repeat(within(t), s, w, done[w], &answered)
			}
		})
	}
	for range restarts {
		enough := answered.Load() + 2*writers // as many may have been answered before the stop and be counted now
		eventually(t, "writers are answered", func() bool { return answered.Load() >= enough })
		stop()
		stop = serve()
	}
	enough := answered.Load() + writers
	eventually(t, "writers are answered after the last restart", func() bool { return answered.Load() >= enough })
	over.Store(true)
	all.Wait()
	for w := range writers {
		got := reasons(t, s, "facility-w"+strconv.Itoa(w), 0)
		if len(got) != done[w] {
			t.Errorf("writer %d: %d commands were answered, %d events are stored", w, done[w], len(got))
		}
		for i, reason := range got {
			if reason != strconv.Itoa(i) {
				t.Errorf("writer %d: event %d is %q", w, i, reason)
			}
		}
	}
	eventually(t, "no stuck call", func() bool { return c.Stats().Stuck == 0 })
	t.Logf("%d commands answered, %d connections replaced in %d restarts", answered.Load(), c.Stats().Reconnects, restarts)
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	stop()
	eventually(t, "no goroutine more", func() bool { return goroutines() <= before })
}

// repeat sends the nth command of a writer until it is answered, and returns
// the number of the next.
func repeat(ctx context.Context, s *esdbstore.Store, writer, n int, answered *atomic.Int64) int {
	meta := by("00000000-0000-4000-8000-" + strconv.Itoa(100_000_000_000+writer*1_000_000+n))
	for ctx.Err() == nil {
		if _, err := s.Append(ctx, "facility-w"+strconv.Itoa(writer), es.Revision(n), meta, change(strconv.Itoa(n))); err == nil {
			answered.Add(1)
			return n + 1
		}
	}
	return n
}

// restartable returns how to start an embedded store, and how to reach it;
// starting returns how to stop it again, cutting off its calls.
func restartable(t *testing.T) (serve func() (stop func()), url string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "es") // short enough for a socket's name
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	fs, socket := vfs.NewMem(), filepath.Join(dir, "s")
	return func() func() {
		store, err := eventstore.Open(eventstore.Options{Dir: "data", FS: fs, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		listener, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- store.Serve(listener) }()
		return sync.OnceFunc(func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
			if err := <-served; err != nil {
				t.Error(err)
			}
		})
	}, "unix://" + socket
}
