package journal_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"shiyang/eventstore/journal"
)

// acked is an append that was answered.
type acked struct {
	stream string
	first  int64
	events []journal.Event
}

// ledger remembers what was answered, in order.
type ledger struct {
	mu   sync.Mutex
	list []acked
}

func (l *ledger) add(a acked) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, a)
}

func (l *ledger) sofar() []acked {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.list[:len(l.list):len(l.list)]
}

// load has writers append groups of one to four events, each to streams of its
// own, until each has done its share or is refused. An event's data tell its
// group, place and group size.
func load(ctx context.Context, j *journal.Journal, writers, appends int, l *ledger) {
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			next := map[string]int64{}
			for n := range appends {
				stream := fmt.Sprintf("w%d-%d", w, n%3)
				size := 1 + n%4
				var events []journal.Event
				for i := range size {
					data := fmt.Sprintf("%d.%d %d %d %s", w, n, i, size, strings.Repeat("x", n%7*200))
					events = append(events, event(w*1_000_000+n*10+i, data))
				}
				r, err := j.Append(ctx, stream, journal.Expected(next[stream]-1), events...)
				if err != nil {
					return
				}
				l.add(acked{stream, next[stream], events})
				next[stream] = r.Revision + 1
			}
		})
	}
	wg.Wait()
}

// check opens what a crash left and returns the first thing wrong with it.
func check(t *testing.T, fs vfs.FS, must []acked) error {
	t.Helper()
	j, err := journal.Open(options(fs))
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	defer func() {
		if err := j.Close(); err != nil {
			t.Error("close:", err)
		}
	}()
	position, revisions, left := uint64(0), map[string]int64{}, 0
	for r, err := range j.All(0, math.MaxUint64) {
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		if position++; r.Position != position {
			return fmt.Errorf("position %d comes after %d", r.Position, position-1)
		}
		if r.Revision != revisions[string(r.Stream)] {
			return fmt.Errorf("%s has %d where %d should be", r.Stream, r.Revision, revisions[string(r.Stream)])
		}
		revisions[string(r.Stream)]++
		var group string
		var place, size int
		if _, err := fmt.Sscan(string(r.Data), &group, &place, &size); err != nil {
			return fmt.Errorf("data %q: %w", r.Data, err)
		}
		if place == 0 && left == 0 {
			left = size
		}
		if left--; size-left-1 != place {
			return fmt.Errorf("group %s is torn at %d of %d", group, place, size)
		}
	}
	if left != 0 {
		return fmt.Errorf("the last group lacks %d events", left)
	}
	return checkAcked(j, must)
}

func checkAcked(j *journal.Journal, must []acked) error {
	for _, a := range must {
		i := 0
		for r, err := range j.Events(a.stream, a.first, a.first+int64(len(a.events))-1) {
			if err != nil {
				return err
			}
			if r.ID != a.events[i].ID || string(r.Data) != string(a.events[i].Data) {
				return fmt.Errorf("%s/%d holds another event", a.stream, r.Revision)
			}
			i++
		}
		if i != len(a.events) {
			return fmt.Errorf("%s/%d was acknowledged and is lost", a.stream, a.first+int64(i))
		}
	}
	return nil
}

// crashes runs a load and takes a crash at every step-th change of the file
// system: what was synced stays, and of the rest a random part.
func crashes(t *testing.T, fs *vfs.MemFS, wrapped vfs.FS, step int64, check func(vfs.FS, []acked)) {
	t.Helper()
	var operations atomic.Int64
	var l ledger
	var mu sync.Mutex
	type crash struct {
		fs   *vfs.MemFS
		must []acked
	}
	var taken []crash
	random := rand.New(rand.NewPCG(1, 2))
	hook := errorfs.Wrap(wrapped, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind.ReadOrWrite() == errorfs.OpIsWrite && operations.Add(1)%step == 0 {
			must := l.sofar() // before the crash: what is answered later may be lost
			mu.Lock()
			defer mu.Unlock()
			percent := []int{0, 30, 70, 100}[len(taken)%4]
			taken = append(taken, crash{fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: random}), must})
		}
		return nil
	}))
	j := open(t, options(hook))
	load(t.Context(), j, 4, 120, &l)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if len(l.list) != 4*120 {
		t.Fatalf("%d of %d appends were answered", len(l.list), 4*120)
	}
	t.Logf("%d crashes", len(taken))
	for _, c := range taken {
		check(c.fs, c.must)
	}
}

func TestNothingAcknowledgedIsLostInACrash(t *testing.T) {
	fs := vfs.NewCrashableMem()
	crashes(t, fs, renaming{fs}, 7, func(crashed vfs.FS, must []acked) {
		if err := check(t, crashed, must); err != nil {
			t.Errorf("after %d acknowledged appends: %v", len(must), err)
		}
	})
}

// TestCrashTestSeesAMissingSync runs the same test on a file system that does
// not sync, and demands that it finds losses.
func TestCrashTestSeesAMissingSync(t *testing.T) {
	fs := vfs.NewCrashableMem()
	lost := 0
	crashes(t, fs, unsynced{renaming{fs}}, 40, func(crashed vfs.FS, must []acked) {
		if err := check(t, crashed, must); err != nil && len(must) > 0 {
			lost++
		}
	})
	if lost == 0 {
		t.Error("no loss was noticed without any fsync")
	}
}

// renaming reuses files in two steps. MemFS does it in one under its clone lock
// taken twice, which hangs when a crash comes in between.
type renaming struct{ vfs.FS }

func (r renaming) ReuseForWrite(old, name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := r.Rename(old, name); err != nil {
		return nil, err
	}
	return r.OpenReadWrite(name, category)
}

// unsynced is a file system whose log files are never synced.
type unsynced struct{ vfs.FS }

func (u unsynced) OpenReadWrite(name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	f, err := u.FS.OpenReadWrite(name, category, opts...)
	if err != nil || !isLog(name) {
		return f, err
	}
	return lazyFile{f}, nil
}

func isLog(name string) bool { return strings.HasSuffix(name, ".seg") }

type lazyFile struct{ vfs.File }

func (lazyFile) Sync() error                  { return nil }
func (lazyFile) SyncData() error              { return nil }
func (lazyFile) SyncTo(int64) (bool, error)   { return true, nil }
func (lazyFile) Preallocate(_, _ int64) error { return nil }

// hold is a file system that holds one fsync of the log until it is released.
type hold struct {
	vfs.FS
	held             atomic.Bool
	entered, release chan struct{}
}

func newHold(fs vfs.FS) *hold {
	h := &hold{entered: make(chan struct{}), release: make(chan struct{})}
	h.FS = errorfs.Wrap(fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if isSync(op) && isLog(op.Path) && h.held.CompareAndSwap(true, false) {
			close(h.entered)
			<-h.release
		}
		return nil
	}))
	return h
}

// next makes the next fsync be held.
func (h *hold) next() { h.held.Store(true) }

// TestNobodySeesAnEventBeforeItIsDurable holds the fsync and looks.
func TestNobodySeesAnEventBeforeItIsDurable(t *testing.T) {
	hold := newHold(vfs.NewMem())
	j := open(t, options(hold.FS))
	appendTo(t, j, "a", journal.NoStream, event(1, "1"))
	head, changed := j.Changed()
	hold.next()
	answered := make(chan error, 1)
	go func() {
		_, err := j.Append(context.Background(), "a", 0, event(2, "2"))
		answered <- err
	}()
	<-hold.entered
	if j.Head() != head {
		t.Errorf("before the fsync the head is %d, was %d", j.Head(), head)
	}
	wantOneVisible(t, j)
	select {
	case <-changed:
		t.Error("before the fsync subscribers are woken")
	case err := <-answered:
		t.Errorf("before the fsync the append is answered: %v", err)
	default:
	}
	close(hold.release)
	if err := <-answered; err != nil {
		t.Fatal(err)
	}
	<-changed
	if got := contents(t, j); len(got) != 2 {
		t.Errorf("after the fsync the log shows %v", got)
	}
}

// wantOneVisible reads stream "a" in every way there is.
func wantOneVisible(t *testing.T, j *journal.Journal) {
	t.Helper()
	if got := contents(t, j); len(got) != 1 {
		t.Errorf("before the fsync the log shows %v", got)
	}
	for r := range j.AllBackwards(math.MaxUint64) {
		if r.Revision != 0 {
			t.Errorf("before the fsync reading backwards shows revision %d", r.Revision)
		}
	}
	for r := range j.Events("a", 1, 9) {
		t.Errorf("before the fsync the stream shows revision %d", r.Revision)
	}
	if s, err := j.Stream("a"); err != nil || s.Last != 0 {
		t.Errorf("before the fsync the stream ends at %d, %v", s.Last, err)
	}
	if _, found, err := j.Event("a", 1); err != nil || found {
		t.Errorf("before the fsync the event is found: %v, %v", found, err)
	}
}

func isSync(op errorfs.Op) bool {
	return op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSyncTo
}

// TestAFailedFsyncStopsTheJournal: after it nobody can say what is on disk.
func TestAFailedFsyncStopsTheJournal(t *testing.T) {
	var broken atomic.Bool
	mem := vfs.NewCrashableMem()
	fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if broken.Load() && isSync(op) {
			return errorfs.ErrInjected
		}
		return nil
	}))
	j := open(t, options(fs))
	var l ledger
	load(t.Context(), j, 2, 10, &l)
	broken.Store(true)
	if _, err := j.Append(t.Context(), "a", journal.NoStream, event(1, "x")); !errors.Is(err, journal.ErrFailed) {
		t.Fatalf("append without fsync: %v", err)
	}
	broken.Store(false)
	<-j.Failed()
	if _, err := j.Append(t.Context(), "a", journal.NoStream, event(2, "x")); !errors.Is(err, journal.ErrFailed) {
		t.Errorf("append after the failure: %v", err)
	}
	if _, err := j.Stream("a"); !errors.Is(err, journal.ErrFailed) {
		t.Errorf("read after the failure: %v", err)
	}
	if err := j.Err(); !errors.Is(err, journal.ErrFailed) || !errors.Is(err, errorfs.ErrInjected) {
		t.Errorf("the failure is named %v", err)
	}
	if err := check(t, mem.CrashClone(vfs.CrashCloneCfg{}), l.sofar()); err != nil {
		t.Error("after the failure:", err)
	}
}

// TestAnyFailedWriteLosesNothingAcknowledged fails all writes to files from the
// n-th on, those of the index too.
func TestAnyFailedWriteLosesNothingAcknowledged(t *testing.T) {
	for n := int64(1); n < 400; n += 13 {
		var operations atomic.Int64
		var armed atomic.Bool
		mem := vfs.NewCrashableMem()
		fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
			isWrite := op.Kind == errorfs.OpFileWrite || op.Kind == errorfs.OpFileWriteAt || isSync(op)
			if armed.Load() && isWrite && operations.Add(1) >= n {
				return errorfs.ErrInjected
			}
			return nil
		}))
		o := options(fs)
		j := open(t, o)
		armed.Store(true)
		var l ledger
		load(t.Context(), j, 2, 120, &l)
		armed.Store(false)
		_ = j.Close() // fails as it likes
		if err := check(t, mem.CrashClone(vfs.CrashCloneCfg{}), l.sofar()); err != nil {
			t.Errorf("writes failing from %d on, %d appends acknowledged: %v", n, len(l.list), err)
		}
	}
}
