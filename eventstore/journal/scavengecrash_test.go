package journal_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"shiyang/eventstore/journal"
)

// furnished writes a log on a file system and returns what its readers see.
func furnished(t *testing.T, fs vfs.FS, steps int) (o journal.Options, seen []string) {
	t.Helper()
	c := newClock()
	o = options(fs)
	o.Now, o.SegmentBytes = c.at, 16<<10
	j := open(t, o)
	furnish(t, j, rand.New(rand.NewPCG(11, 12)), c, steps)
	seen = shown(t, j)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return o, seen
}

// wantScavengeable opens a log, wants its readers to see what they saw,
// scavenges it to the end and returns what $all shows then.
func wantScavengeable(t *testing.T, o journal.Options, seen []string) map[uint64]string {
	t.Helper()
	j, err := journal.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := j.Close(); err != nil {
			t.Error("close:", err)
		}
	}()
	if names, err := o.FS.List("data/log"); err != nil || slices.ContainsFunc(names, func(n string) bool { return !strings.HasSuffix(n, ".seg") }) {
		t.Errorf("left behind: %v, %v", names, err)
	}
	r, err := j.Check(t.Context(), nil)
	wantSound(t, r, err)
	before := shown(t, j)
	scavenge(t, j, journal.ScavengeOptions{})
	if !slices.Equal(before, seen) || !slices.Equal(shown(t, j), seen) {
		t.Fatal("readers see something else")
	}
	return everything(t, j)
}

func wantEqual(t *testing.T, got, want map[uint64]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d events are left, want %d", len(got), len(want))
	}
	for position, wire := range want {
		if got[position] != wire {
			t.Fatalf("position %d is another", position)
		}
	}
}

// TestACrashAtAnyMomentOfAScavengeHarmsNothing takes a crash at every change of
// the file system during a scavenge: what was synced stays, and of the rest a
// random part.
func TestACrashAtAnyMomentOfAScavengeHarmsNothing(t *testing.T) {
	mem := vfs.NewCrashableMem()
	o, seen := furnished(t, renaming{mem}, 100)
	var taken []*vfs.MemFS
	random := rand.New(rand.NewPCG(1, 2))
	var armed atomic.Bool
	hooked := o
	hooked.FS = errorfs.Wrap(renaming{mem}, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if armed.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			percent := []int{0, 30, 70, 100}[len(taken)%4]
			taken = append(taken, mem.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: random}))
		}
		return nil
	}))
	j := open(t, hooked)
	var want map[uint64]string
	done, err := j.Scavenge(t.Context(), journal.ScavengeOptions{Progress: func(done, _ int64) {
		armed.Store(done > 0) // what Pebble does by itself is over
	}})
	armed.Store(false)
	if err != nil || done.Rewritten < 4 {
		t.Fatalf("%+v, %v", done, err)
	}
	want = everything(t, j)
	t.Logf("%d crashes during %+v", len(taken), done)
	if len(taken) < 5*(done.Rewritten-1) {
		t.Errorf("only %d crashes", len(taken))
	}
	o.Logger = slog.New(&noRepair{Handler: slog.DiscardHandler, T: t})
	for _, fs := range taken {
		o.FS = fs
		wantEqual(t, wantScavengeable(t, o, seen), want)
	}
}

// noRepair demands that no index is made again: that takes long in a large log.
type noRepair struct {
	slog.Handler
	*testing.T
}

func (noRepair) Enabled(context.Context, slog.Level) bool { return true }

func (n noRepair) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "made again") {
		n.Error(r.Message)
	}
	return nil
}

// TestAFailureDuringAScavengeHarmsNothing fails each change of the log's files
// in turn. The journal goes on, and the next scavenge does the rest.
func TestAFailureDuringAScavengeHarmsNothing(t *testing.T) {
	var want map[uint64]string
	base := vfs.NewCrashableMem()
	o, seen := furnished(t, renaming{base}, 60)
	for n := int64(1); ; n++ {
		mem := base.CrashClone(vfs.CrashCloneCfg{})
		o.FS = mem
		var operations atomic.Int64
		var armed atomic.Bool
		hooked := o
		hooked.FS = errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
			changes := op.Kind.ReadOrWrite() == errorfs.OpIsWrite && strings.Contains(op.Path, "data/log")
			if armed.Load() && changes && operations.Add(1) == n {
				return errorfs.ErrInjected
			}
			return nil
		}))
		j := open(t, hooked)
		armed.Store(true)
		_, err := j.Scavenge(t.Context(), journal.ScavengeOptions{})
		armed.Store(false)
		failed := operations.Load() >= n
		if failed != errors.Is(err, errorfs.ErrInjected) {
			t.Errorf("change %d fails, and the scavenge says %v", n, err)
		}
		if got := shown(t, j); !slices.Equal(got, seen) {
			t.Errorf("change %d fails, and readers see something else", n)
		}
		appendTo(t, j, "after", journal.NoStream, event(int(n), "x"))
		r, err := j.Check(t.Context(), nil)
		wantSound(t, r, err)
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		got := wantScavengeable(t, o, seen)
		delete(got, j.Head())
		if want == nil {
			want = got
		}
		wantEqual(t, got, want)
		if !failed {
			t.Logf("%d changes", n-1)
			return
		}
	}
}

// scavenged is a closed journal whose full files were scavenged.
func scavenged(t *testing.T) (damaged, []string) {
	t.Helper()
	mem := vfs.NewMem()
	o, _ := furnished(t, mem, 100)
	j := open(t, o)
	before := readAll(t, mem, "data/log")
	if done := scavenge(t, j, journal.ScavengeOptions{}); done.Rewritten < 4 {
		t.Fatalf("%+v", done)
	}
	d := damaged{want: contents(t, j)}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	d.files = readAll(t, mem, "data")
	names, _ := d.logs()
	return d, slices.DeleteFunc(names, func(name string) bool { return len(d.files[name]) == len(before[name]) })
}

// found reads every event by its stream. It is nil only if none is missing.
func (d damaged) found(t *testing.T, fs vfs.FS) error {
	t.Helper()
	j, err := journal.Open(options(fs))
	if err != nil {
		return err
	}
	defer func() { _ = j.Close() }()
	for _, line := range d.want {
		stream, revision, _ := strings.Cut(line, "/")
		var n int64
		if _, err := fmt.Sscan(revision, &n); err != nil {
			t.Fatal(err)
		}
		r, found, err := j.Event(stream, n)
		if err != nil {
			return err
		}
		if !found || string(r.Stream) != stream || r.Revision != n {
			t.Fatalf("%s is gone, and no error", line)
		}
	}
	return nil
}

// TestAFlippedBitInAScavengedFileIsRefused flips single bits anywhere in them:
// a check finds each, and no reader takes damage for what a scavenge removed.
func TestAFlippedBitInAScavengedFileIsRefused(t *testing.T) {
	d, names := scavenged(t)
	random := rand.New(rand.NewPCG(7, 8))
	for _, name := range names {
		for range 15 {
			flipped := slices.Clone(d.files[name])
			at := random.IntN(len(flipped))
			if random.IntN(4) == 0 {
				at = len(flipped) - 1 - random.IntN(min(48, len(flipped))) // the trailer
			}
			flipped[at] ^= 1 << random.IntN(8)
			fs := d.with(t, name, flipped)
			r, err := journal.CheckDir(t.Context(), options(fs), nil)
			if err != nil || len(r.Damage) == 0 || !strings.HasSuffix(name, r.Damage[0].Segment) {
				t.Errorf("a flip in %s at %d of %d is reported as %+v, %v", name, at, len(flipped), r.Damage, err)
			}
			if d.outcome(t, fs) == nil {
				t.Errorf("a flip in %s at %d of %d is not refused", name, at, len(flipped))
			}
			if err := d.found(t, fs); err != nil && !errors.Is(err, journal.ErrCorrupt) {
				t.Errorf("a flip in %s at %d: %v", name, at, err)
			}
		}
	}
}

// TestAScavengedFileThatIsShortOrGoneIsRefused cuts them, takes them away and
// puts the wrong one in their place.
func TestAScavengedFileThatIsShortOrGoneIsRefused(t *testing.T) {
	d, names := scavenged(t)
	for i, name := range names {
		content := d.files[name]
		for _, wrong := range [][]byte{content[:len(content)-1], content[:len(content)/2], content[:64], append(slices.Clone(content), 0), d.files[names[(i+1)%len(names)]]} {
			if _, err := journal.Open(options(d.with(t, name, wrong))); !errors.Is(err, journal.ErrCorrupt) {
				t.Errorf("%s with %d of %d bytes: %v", name, len(wrong), len(content), err)
			}
		}
		fs := d.with(t, "", nil)
		if err := fs.Remove(name); err != nil {
			t.Fatal(err)
		}
		if _, err := journal.Open(options(fs)); !errors.Is(err, journal.ErrCorrupt) {
			t.Errorf("without %s: %v", name, err)
		}
	}
	last, _ := d.logs()
	fs := d.with(t, "", nil)
	for _, name := range last {
		if name > names[len(names)-1] {
			if err := fs.Remove(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := journal.Open(options(fs)); !errors.Is(err, journal.ErrCorrupt) {
		t.Errorf("without what followed the last scavenged file: %v", err)
	}
}

// TestADamagedFileIsNotScavenged: a rewritten file would hide the damage.
func TestADamagedFileIsNotScavenged(t *testing.T) {
	mem := vfs.NewMem()
	o, _ := furnished(t, mem, 100)
	d := damaged{files: readAll(t, mem, "data")}
	const name = "data/log/00000002.seg"
	content := slices.Clone(d.files[name])
	content[9_000] ^= 1
	o.FS = d.with(t, name, content)
	j := open(t, o)
	if _, err := j.Scavenge(t.Context(), journal.ScavengeOptions{}); !errors.Is(err, journal.ErrCorrupt) {
		t.Errorf("scavenge: %v", err)
	}
	if got := readAll(t, o.FS, "data/log")[name]; !slices.Equal(got, content) {
		t.Error("the damaged file was changed")
	}
}

// TestASnapshotOfAScavengedLogIsThatLog restores one, with its index made anew.
func TestASnapshotOfAScavengedLogIsThatLog(t *testing.T) {
	mem := vfs.NewMem()
	o, seen := furnished(t, mem, 100)
	j := open(t, o)
	scavenge(t, j, journal.ScavengeOptions{})
	fs, s := restore(t, j)
	if s.Bytes > j.Stats().LogBytes {
		t.Errorf("the snapshot has %d bytes, the log %d", s.Bytes, j.Stats().LogBytes)
	}
	o.FS = fs
	again := open(t, o)
	if got := shown(t, again); again.Head() != j.Head() || !slices.Equal(got, seen) {
		t.Errorf("head %d of %d, or readers see something else", again.Head(), j.Head())
	}
	wantEqual(t, everything(t, again), everything(t, j))
	r, err := again.Check(t.Context(), nil)
	wantSound(t, r, err)
}

// TestACopyHoldsTheExchangeBack: while a snapshot runs, its files are those of
// one moment.
func TestACopyHoldsTheExchangeBack(t *testing.T) {
	mem := vfs.NewMem()
	o, _ := furnished(t, mem, 100)
	j := open(t, o)
	before := j.Stats().LogBytes
	started, ended := false, make(chan error, 1)
	_, err := j.Snapshot(t.Context(), func(_ string, size int64, content io.Reader) error {
		if !started {
			started = true
			go func() {
				_, err := j.Scavenge(t.Context(), journal.ScavengeOptions{})
				ended <- err
			}()
		}
		n, err := io.Copy(io.Discard, content)
		if n != size {
			t.Errorf("%d of %d bytes", n, size)
		}
		if now := j.Stats().LogBytes; now != before {
			t.Errorf("the log has %d bytes during the copy, %d before", now, before)
		}
		return err
	})
	if err = errors.Join(err, <-ended); err != nil {
		t.Error(err)
	}
	if now := j.Stats().LogBytes; now >= before {
		t.Errorf("afterwards the log has %d bytes, %d before", now, before)
	}
	for _, err := range j.All(0, math.MaxUint64) {
		if err != nil {
			t.Fatal(err)
		}
	}
}
