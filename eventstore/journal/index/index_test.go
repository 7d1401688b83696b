package index_test

import (
	"fmt"
	"log/slog"
	"math"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"shiyang/eventstore/journal/index"
	"shiyang/eventstore/journal/segment"
)

func open(t *testing.T, files vfs.FS) *index.Index {
	t.Helper()
	x, err := index.Open(index.Options{
		FS: files, Dir: "index", CacheBytes: 1 << 20, MemTableBytes: 1 << 20, Logger: slog.New(slog.DiscardHandler),
		Failed: func(err error) { t.Error(err) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

const streams = 7 // that the events take turns in

// at is where the event with a position is.
func at(position uint64) segment.Location {
	return segment.Location{File: 1 + position/1000, Offset: int64(position % 1000 * 100), Length: 99}
}

// nth is the event with a position.
func nth(position uint64) (string, index.Entry) {
	stream := fmt.Sprintf("s-%d", position%streams)
	return stream, index.Entry{Revision: int64((position - 1) / streams), Position: position, At: at(position)}
}

// addFrame adds a frame of n events from a position on.
func addFrame(t *testing.T, x *index.Index, first uint64, n int) {
	t.Helper()
	last := first + uint64(n) - 1
	place := segment.Place{Position: first, File: at(first).File, Offset: at(first).Offset}
	state := index.State{Position: last, Last: at(last), After: segment.Place{File: at(last).File, Offset: at(last).Offset + 100}}
	err := x.AddFrame(place, state, n, func(i int) (string, index.Entry) { return nth(first + uint64(i)) })
	if err != nil {
		t.Fatal(err)
	}
}

// check wants every event up to a position, and no other.
func check(t *testing.T, x *index.Index, upto uint64) {
	t.Helper()
	for position := range upto + streams {
		stream, want := nth(position + 1)
		got, found, err := x.Find(stream, want.Revision)
		if err != nil || found != (position < upto) || found && got != want {
			t.Fatalf("%s/%d of %d is %v, %t, %v", stream, want.Revision, upto, got, found, err)
		}
	}
	total := uint64(0)
	for h, err := range x.Heads() {
		if err != nil {
			t.Fatal(err)
		}
		n := int64(0)
		for e, err := range x.Revisions(h.Stream, 0, math.MaxInt64, false) {
			if err != nil || e.Revision != n {
				t.Fatalf("%s: revision %d instead of %d, %v", h.Stream, e.Revision, n, err)
			}
			n++
			total++
		}
		if end, err := x.Head(h.Stream); err != nil || end != h.Entry || end.Revision != n-1 {
			t.Fatalf("%s ends with %v and has %d, %v", h.Stream, end, n, err)
		}
	}
	if total != upto {
		t.Fatalf("%d of %d events", total, upto)
	}
}

// What was added is found at once, however little it is, also after a good
// stop; and so is how far the log is indexed.
func TestWhatWasAddedIsFound(t *testing.T) {
	files := vfs.NewMem()
	x := open(t, files)
	next := uint64(1)
	for i, n := range []int{1, 2, 500, 20, 3000, 1, 2000, 7} {
		addFrame(t, x, next, n)
		next += uint64(n)
		stream, want := nth(next - 1)
		if got, err := x.Head(stream); err != nil || got != want {
			t.Fatalf("the end of %s is %v, want %v, %v", stream, got, want, err)
		}
		if mark, err := x.Mark(next - 1); err != nil || mark.Position == 0 || mark.Position >= next {
			t.Fatalf("mark %v of %d, %v", mark, next-1, err)
		}
		if i%3 == 0 {
			check(t, x, next-1)
		}
	}
	if err := x.Close(false); err != nil {
		t.Fatal(err)
	}
	x = open(t, files)
	check(t, x, next-1)
	if s, err := x.State(); err != nil || s.Position != next-1 || s.Last != at(next-1) {
		t.Errorf("state %v, %v", s, err)
	}
	if err := x.Close(false); err != nil {
		t.Fatal(err)
	}
}

// Whatever a crash leaves, the index knows all events up to its state: the
// rest comes from the log.
func TestACrashLosesNoEventInBetween(t *testing.T) {
	files := vfs.NewCrashableMem()
	x := open(t, files)
	next := uint64(1)
	for i := range 200 {
		addFrame(t, x, next, 1+i%40)
		next += uint64(1 + i%40)
		if i == 120 {
			if err := x.Settle(); err != nil {
				t.Fatal(err)
			}
		}
	}
	crashed := open(t, files.CrashClone(vfs.CrashCloneCfg{}))
	s, err := crashed.State()
	if err != nil || s.Position == 0 {
		t.Fatalf("state %v, %v", s, err)
	}
	check(t, crashed, s.Position)
	for _, x := range []*index.Index{x, crashed} {
		if err := x.Close(false); err != nil {
			t.Error(err)
		}
	}
}

// Readers beside the one who adds see the end of a stream at least as far as it
// was when they asked, and can find it.
func TestReadersBesideAdditions(t *testing.T) {
	x := open(t, vfs.NewMem())
	var readers sync.WaitGroup
	stop := make(chan struct{})
	for r := range 3 {
		readers.Go(func() {
			last := int64(-1)
			for stream := fmt.Sprintf("s-%d", r); ; {
				select {
				case <-stop:
					return
				default:
				}
				end, err := x.Head(stream)
				if err != nil || end.Revision < last {
					t.Errorf("%s ends with %v after %d, %v", stream, end, last, err)
					return
				}
				if last = end.Revision; last < 0 {
					continue
				}
				if got, found, err := x.Find(stream, last); err != nil || !found || got != end {
					t.Errorf("%s/%d is %v, %t, %v", stream, last, got, found, err)
					return
				}
			}
		})
	}
	next := uint64(1)
	for i := range 2000 {
		addFrame(t, x, next, 1+i%5)
		next += uint64(1 + i%5)
	}
	close(stop)
	readers.Wait()
	check(t, x, next-1)
	if err := x.Close(false); err != nil {
		t.Error(err)
	}
}
