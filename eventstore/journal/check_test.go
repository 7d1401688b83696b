package journal_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"shiyang/eventstore/journal"
)

// restore puts a snapshot into an empty directory.
func restore(t *testing.T, j *journal.Journal) (vfs.FS, journal.Snapshot) {
	t.Helper()
	fs := vfs.NewMem()
	if err := fs.MkdirAll("data/log", 0o755); err != nil {
		t.Fatal(err)
	}
	files, bytes := 0, int64(0)
	s, err := j.Snapshot(t.Context(), func(name string, size int64, content io.Reader) error {
		f, err := fs.Create("data/"+name, vfs.WriteCategoryUnspecified)
		if err != nil {
			return err
		}
		n, err := io.Copy(f, content)
		if n != size {
			t.Errorf("%s has %d bytes, announced were %d", name, n, size)
		}
		files, bytes = files+1, bytes+n
		return errors.Join(err, f.Close())
	})
	if err != nil {
		t.Fatal(err)
	}
	if s.Files != files || s.Bytes != bytes || s.StoreID != j.StoreID() {
		t.Errorf("snapshot %+v, received %d files and %d bytes of %s", s, files, bytes, j.StoreID())
	}
	return fs, s
}

// TestASnapshotIsTheLogAsOfItsHead takes snapshots while writers go on.
func TestASnapshotIsTheLogAsOfItsHead(t *testing.T) {
	j := open(t, options(vfs.NewMem()))
	var l ledger
	var writers sync.WaitGroup
	writers.Go(func() { load(t.Context(), j, 4, 150, &l) })
	for range 6 {
		must := l.sofar()
		fs, s := restore(t, j)
		if err := check(t, fs, must); err != nil {
			t.Errorf("snapshot at %d: %v", s.Head, err)
		}
		again := open(t, options(fs))
		if again.Head() != s.Head || again.StoreID() != j.StoreID() {
			t.Errorf("restored head %d of %s, want %d", again.Head(), again.StoreID(), s.Head)
		}
		wantSame(t, j, again, s.Head)
		appendTo(t, again, "more", journal.NoStream, event(77, "77 0 1"))
	}
	writers.Wait()
	empty := open(t, options(vfs.NewMem()))
	if fs, s := restore(t, empty); s.Head != 0 || s.Files != 1 || check(t, fs, nil) != nil {
		t.Errorf("snapshot of an empty journal: %+v", s)
	}
}

// wantSame compares the stored bytes of all events up to head.
func wantSame(t *testing.T, a, b *journal.Journal, head uint64) {
	t.Helper()
	wires := func(j *journal.Journal) (out []string) {
		for r, err := range j.All(1, head) {
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, string(r.Wire))
		}
		return out
	}
	if x, y := wires(a), wires(b); uint64(len(x)) != head || !slices.Equal(x, y) {
		t.Errorf("%d and %d events up to %d differ", len(x), len(y), head)
	}
}

func TestASnapshotEndsWithItsContextAndWithAnError(t *testing.T) {
	j := open(t, options(vfs.NewMem()))
	appendTo(t, j, "a", journal.NoStream, event(1, "x"))
	ctx, cancel := context.WithCancel(t.Context())
	_, err := j.Snapshot(ctx, func(_ string, _ int64, content io.Reader) error {
		cancel()
		_, err := io.Copy(io.Discard, content)
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	_, err = j.Snapshot(t.Context(), func(string, int64, io.Reader) error { return errors.ErrUnsupported })
	if !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("put fails: %v", err)
	}
	_, err = j.Snapshot(t.Context(), func(string, int64, io.Reader) error { return nil })
	if err == nil {
		t.Error("a file that was not read counts as copied")
	}
}

func TestCheckOfASoundJournal(t *testing.T) {
	fs := vfs.NewMem()
	j := open(t, options(fs))
	var l ledger
	load(t.Context(), j, 3, 60, &l)
	if _, err := j.Tombstone(t.Context(), "w0-0", journal.Any); err != nil {
		t.Fatal(err)
	}
	var done, total int64
	progress := func(d, n int64) {
		if d < done || d > n {
			t.Errorf("progress %d of %d after %d", d, n, done)
		}
		done, total = d, n
	}
	wantSound := func(r journal.CheckReport, err error) {
		t.Helper()
		if err != nil || r.Err() != nil {
			t.Fatalf("%v, %v", err, r.Err())
		}
		if r.Head != j.Head() || r.Events != j.Head() || r.Indexed != j.Head() || r.Streams != 9 || r.StoreID != j.StoreID() || r.Torn != 0 {
			t.Errorf("report %+v, head %d", r, j.Head())
		}
		if done != total || total == 0 {
			t.Errorf("progress ends at %d of %d", done, total)
		}
		done = 0
	}
	wantSound(j.Check(t.Context(), progress))
	if _, err := journal.CheckDir(t.Context(), options(fs), nil); !errors.Is(err, journal.ErrInUse) {
		t.Errorf("check of a directory in use: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	wantSound(journal.CheckDir(t.Context(), options(fs), progress))
}

// TestCheckFindsEachFlippedBit flips single bits anywhere in the frames of a
// closed journal, and demands that the check names the file.
func TestCheckFindsEachFlippedBit(t *testing.T) {
	d := killed(t, 150, true)
	random := rand.New(rand.NewPCG(7, 8))
	names, used := d.logs()
	for _, name := range names {
		missed := 0
		for range 60 {
			at := random.IntN(used[name])
			flipped := slices.Clone(d.files[name])
			flipped[at] ^= 1 << random.IntN(8)
			r, err := journal.CheckDir(t.Context(), options(d.with(t, name, flipped)), nil)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case len(r.Damage) == 0:
				missed++
			case !strings.HasSuffix(name, r.Damage[0].Segment) || errors.Is(r.Err(), journal.ErrCorrupt) == (r.Err() == nil):
				t.Errorf("a flip in %s at %d is reported as %+v", name, at, r.Damage[0])
			}
		}
		if missed > 10 { // padding, and the mark
			t.Errorf("%s: %d of 60 flips are not found", name, missed)
		}
	}
}

// TestCheckGoesOnAfterDamage damages three places and expects all of them, and
// all other events.
func TestCheckGoesOnAfterDamage(t *testing.T) {
	d := killed(t, 150, true)
	const name = "data/log/00000001.seg"
	content := slices.Clone(d.files[name])
	for _, at := range []int{2000, 20_000, 40_000} {
		copy(content[at:], "garbage")
	}
	r, err := journal.CheckDir(t.Context(), options(d.with(t, name, content)), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Damage) < 3 || r.Head != 150 || r.Events < 140 || r.Events > 147 {
		t.Errorf("head %d, %d events, damage %+v", r.Head, r.Events, r.Damage)
	}
}

// TestALeaderServesThoseWhoCameMeanwhile holds an fsync, lets writers wait, and
// lets one of them give up: it was not written, all others were, with one fsync.
func TestALeaderServesThoseWhoCameMeanwhile(t *testing.T) {
	hold := newHold(vfs.NewMem())
	j := open(t, options(hold.FS))
	hold.next()
	var all sync.WaitGroup
	write := func(ctx context.Context, n int, want error) {
		all.Go(func() {
			_, err := j.Append(ctx, fmt.Sprintf("s-%d", n), journal.NoStream, event(n, "x"))
			if !errors.Is(err, want) {
				t.Errorf("append %d: %v, want %v", n, err, want)
			}
		})
	}
	write(t.Context(), 0, nil)
	<-hold.entered
	for n := 1; n <= 20; n++ {
		write(t.Context(), n, nil)
	}
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		if _, err := j.Append(ctx, "gone", journal.NoStream, event(99, "x")); !errors.Is(err, context.Canceled) {
			t.Errorf("the append that gave up: %v", err)
		}
	}()
	cancel()
	<-gone // though the disk has not answered
	close(hold.release)
	all.Wait()
	if j.Head() != 21 {
		t.Errorf("head %d, want 21", j.Head())
	}
	if s, err := j.Stream("gone"); err != nil || s.Last >= 0 {
		t.Errorf("the append that gave up left %+v, %v", s, err)
	}
	s := j.Stats()
	if s.Appends < 21 || s.Written != 21 || s.Syncs > 21 || s.Append.Count != 22 || s.LogFiles != 1 {
		t.Errorf("stats %+v", s)
	}
}

// TestManyWritersGetEachTheirOwnAnswer has writers race for the same streams.
func TestManyWritersGetEachTheirOwnAnswer(t *testing.T) {
	j := open(t, options(vfs.NewMem()))
	const writers, rounds = 16, 50
	var all sync.WaitGroup
	var mu sync.Mutex
	won := map[string]int{}
	for w := range writers {
		all.Go(func() {
			for n := range rounds {
				stream := fmt.Sprintf("race-%d", n)
				r, err := j.Append(t.Context(), stream, journal.NoStream, event(w*1000+n, fmt.Sprint(w)))
				var wrong *journal.WrongRevisionError
				switch {
				case err == nil && r.Revision == 0:
					mu.Lock()
					won[stream]++
					mu.Unlock()
				case errors.As(err, &wrong) && wrong.Stream == stream && wrong.Current == 0:
				default:
					t.Errorf("append to %s: %+v, %v", stream, r, err)
				}
			}
		})
	}
	all.Wait()
	for stream, n := range won {
		if n != 1 {
			t.Errorf("%s was made %d times", stream, n)
		}
	}
	if len(won) != rounds || j.Head() != rounds {
		t.Errorf("%d streams, head %d, want %d", len(won), j.Head(), rounds)
	}
	seen := uint64(0)
	for _, err := range j.All(1, math.MaxUint64) {
		if err != nil {
			t.Fatal(err)
		}
		seen++
	}
	if seen != rounds {
		t.Errorf("%d events", seen)
	}
}
