package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/cockroachdb/pebble/v2/vfs"

	"shiyang/eventstore"
	"shiyang/eventstore/storetest"
)

const (
	healStreams = 40
	healEvents  = 25 // of each stream
)

// written is a store that was filled and closed, as files.
func written(t *testing.T) map[string][]byte {
	t.Helper()
	fs := vfs.NewMem()
	store, client := serve(t, eventstore.Options{Dir: "data", FS: fs})
	for n := range healEvents {
		for s := range healStreams {
			_, err := client.AppendToStream(t.Context(), healStream(s), esdb.AppendToStreamOptions{}, event(fmt.Sprintf(`{"n":%d}`, n)))
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := store.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	return files(t, fs, "data")
}

// healStream has a name so long, and so unlike the others, that the index has many blocks.
func healStream(n int) string {
	return fmt.Sprintf("%02d-%s", n, strings.Repeat(fmt.Sprintf("%x", n*n*7919+n), 30))
}

func files(t *testing.T, fs vfs.FS, dir string) map[string][]byte {
	t.Helper()
	names, err := fs.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for _, name := range names {
		path := fs.PathJoin(dir, name)
		if info, err := fs.Stat(path); err != nil {
			t.Fatal(err)
		} else if info.IsDir() {
			maps.Copy(all, files(t, fs, path))
			continue
		}
		f, err := fs.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if all[path], err = io.ReadAll(f); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	return all
}

// place makes a file system of files.
func place(t *testing.T, all map[string][]byte) vfs.FS {
	t.Helper()
	fs := vfs.NewMem()
	for path, content := range all {
		if err := fs.MkdirAll(fs.PathDir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(slices.Clone(content)); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	return fs
}

// wholeIndexFile returns the largest table of the index.
func wholeIndexFile(all map[string][]byte) string {
	name := ""
	for path, content := range all {
		if strings.HasSuffix(path, ".sst") && len(content) > len(all[name]) {
			name = path
		}
	}
	return name
}

// TestDamageOfTheIndexHealsByItself turns a byte of the index, at one place
// after the other. Wherever it is met, when the store opens or when it reads,
// the store makes the index again by itself, tells clients so meanwhile, and
// then has every event.
func TestDamageOfTheIndexHealsByItself(t *testing.T) {
	all := written(t)
	table := wholeIndexFile(all)
	if len(all[table]) < 4096 {
		t.Fatalf("the index has %d bytes only", len(all[table]))
	}
	const places = 24
	var healed uint64
	for n := range places {
		at := len(all[table]) * n / places
		spoiled := maps.Clone(all)
		spoiled[table] = slices.Clone(all[table])
		spoiled[table][at] ^= 0x55
		store, socket := reach(t, eventstore.Options{Dir: "data", FS: place(t, spoiled)})
		expectAll(t, store, socket, fmt.Sprintf("byte %d", at))
		healed += store.Stats().Heals
	}
	if healed == 0 {
		t.Error("no damage was met while the store served")
	}
}

// TestTheIndexHealsAgain damages the index of the same directory twice.
func TestTheIndexHealsAgain(t *testing.T) {
	all := written(t)
	for round := range 2 {
		table := wholeIndexFile(all)
		for at := range all[table] { // all that is read is wrong, wherever it is met
			if at%512 == 7 && at < len(all[table])*3/4 {
				all[table][at] ^= 0x55
			}
		}
		fs := place(t, all)
		store, socket := reach(t, eventstore.Options{Dir: "data", FS: fs})
		expectAll(t, store, socket, fmt.Sprintf("round %d", round))
		if err := store.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		all = files(t, fs, "data")
		for path := range all {
			if strings.Contains(path, "damaged") {
				t.Errorf("round %d leaves %s", round, path)
			}
		}
	}
}

// TestADiskThatSpoilsTheIndexAgainAndAgainStopsTheStore lets every read of a
// table fail from a moment on, as often as the index is made again.
func TestADiskThatSpoilsTheIndexAgainAndAgainStopsTheStore(t *testing.T) {
	all := written(t)
	store, socket := reach(t, eventstore.Options{Dir: "data", FS: &spoiler{FS: place(t, all)}, CacheBytes: 1, MemTableBytes: 16 << 10})
	for tries := 0; !isFailed(store); tries++ {
		if tries == 100 {
			t.Fatalf("the store goes on: %+v", store.Stats())
		}
		_ = readStreams(t, socket)
	}
	if err := store.Ready(); !errors.Is(err, eventstore.ErrFailed) {
		t.Errorf("ready: %v", err)
	}
}

func isFailed(store *eventstore.Store) bool {
	select {
	case <-store.Failed():
		return true
	default:
		return false
	}
}

// spoiler turns a byte of what is read from the tables of an index, beyond
// their first blocks.
type spoiler struct{ vfs.FS }

// Open opens a file.
func (s *spoiler) Open(name string, o ...vfs.OpenOption) (vfs.File, error) {
	f, err := s.FS.Open(name, o...)
	if err == nil && strings.HasSuffix(name, ".sst") {
		f = spoiledFile{f}
	}
	return f, err
}

type spoiledFile struct{ vfs.File }

// ReadAt reads wrongly in the middle of the file.
func (f spoiledFile) ReadAt(p []byte, at int64) (int, error) {
	n, err := f.File.ReadAt(p, at)
	if info, e := f.Stat(); e == nil && at > info.Size()/4 && at < info.Size()/2 && n > 0 {
		p[0] ^= 0x55
	}
	return n, err
}

// reach is serve for a store whose clients must dial anew.
func reach(t *testing.T, o eventstore.Options) (store *eventstore.Store, socket string) {
	t.Helper()
	o.Logger = slog.New(slog.DiscardHandler)
	store, err := eventstore.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	socket = filepath.Join(t.TempDir(), "es.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- store.Serve(listener) }()
	t.Cleanup(func() {
		_ = store.Stop(context.Background())
		if err := <-served; err != nil {
			t.Error("serve:", err)
		}
	})
	return store, socket
}

// expectAll reads everything, and again as long as the store says that its
// index is made again.
func expectAll(t *testing.T, store *eventstore.Store, socket, where string) {
	t.Helper()
	for try := range 10 {
		err := readStreams(t, socket)
		if err == nil {
			break
		}
		if e, ok := errors.AsType[*esdb.Error](err); !ok || e.Code() != esdb.ErrorUnavailable {
			t.Errorf("%s: %v, want Unavailable", where, err)
		}
		if isFailed(store) || try == 9 {
			t.Fatalf("%s: %v; the store: %v", where, err, store.Ready())
		}
		for store.Ready() != nil && !isFailed(store) {
			time.Sleep(time.Millisecond) // until it is healed
		}
	}
	if got := store.Head(); got != healStreams*healEvents {
		t.Errorf("%s: head %d", where, got)
	}
}

// readStreams reads each stream and the whole log, and demands every event.
func readStreams(t *testing.T, socket string) error {
	t.Helper()
	client := storetest.Dial(t, "unix://"+socket)
	defer client.Close()
	for s := range healStreams {
		stream, err := client.ReadStream(t.Context(), healStream(s), esdb.ReadStreamOptions{From: esdb.Start{}}, 1000)
		if err != nil {
			return err
		}
		n, err := drain(stream)
		if err != nil {
			return err
		}
		if n != healEvents {
			return fmt.Errorf("stream %d has %d events", s, n)
		}
	}
	stream, err := client.ReadAll(t.Context(), esdb.ReadAllOptions{From: esdb.Start{}}, 1_000_000)
	if err != nil {
		return err
	}
	n, err := drain(stream)
	if err == nil && n != healStreams*healEvents {
		err = fmt.Errorf("the log has %d events", n)
	}
	return err
}

func drain(stream *esdb.ReadStream) (n int, err error) {
	defer stream.Close()
	for {
		if _, err := stream.Recv(); errors.Is(err, io.EOF) {
			return n, nil
		} else if err != nil {
			return n, err
		}
		n++
	}
}
