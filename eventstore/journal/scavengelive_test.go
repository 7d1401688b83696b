package journal_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"shiyang/eventstore/journal"
)

// living is a journal under load. Every event's data name its stream and revision.
type living struct {
	*testing.T
	journal *journal.Journal
	ids     atomic.Int64
	kept    atomic.Int64 // events of streams that nobody hides
}

func (l *living) write(stream string, revision int64) int64 {
	data := fmt.Sprintf("%s %d %s", stream, revision, strings.Repeat("x", int(revision%5)*150))
	r, err := l.journal.Append(l.Context(), stream, journal.Expected(revision-1), event(int(l.ids.Add(1)), data))
	if err != nil || r.Revision != revision {
		l.Errorf("append %s/%d: %+v, %v", stream, revision, r, err)
	}
	return revision + 1
}

// writer fills one stream that stays, one of which only the newest events
// stay, and one that it deletes again and again.
func (l *living) writer(w, rounds int) {
	kept, short, gone := fmt.Sprintf("kept-%d", w), fmt.Sprintf("short-%d", w), fmt.Sprintf("gone-%d", w)
	meta := event(int(l.ids.Add(1)), `{"$maxCount":3}`)
	meta.Type = "$metadata"
	if _, err := l.journal.Append(l.Context(), "$$"+short, journal.NoStream, meta); err != nil {
		l.Error(err)
	}
	var a, b, c int64
	for n := range rounds {
		a, b, c = l.write(kept, a), l.write(short, b), l.write(gone, c)
		l.kept.Add(1)
		if n%20 == 19 {
			if _, err := l.journal.Delete(l.Context(), gone, journal.Any); err != nil {
				l.Error("delete:", err)
			}
		}
	}
}

// follow reads the log to its end again and again, as a subscription does, and
// counts the events of streams that stay.
func (l *living) follow(until <-chan struct{}) {
	var after uint64
	var kept int64
	for {
		head, changed := l.journal.Changed()
		for r, err := range l.journal.All(after+1, head) {
			if err != nil || r.Position <= after {
				l.Errorf("position %d comes after %d, %v", r.Position, after, err)
				return
			}
			after = r.Position
			if strings.HasPrefix(string(r.Stream), "kept-") {
				kept++
			}
		}
		after = max(after, head)
		select {
		case <-changed:
		case <-until:
			if l.journal.Head() > after {
				continue
			}
			if kept != l.kept.Load() {
				l.Errorf("a follower has seen %d of %d events that nobody hid", kept, l.kept.Load())
			}
			return
		}
	}
}

// read reads a stream by its rules and demands what the rules leave.
func (l *living) read(stream string) {
	s, err := l.journal.Stream(stream)
	if err != nil {
		l.Error(err)
		return
	}
	if s.Missing() {
		return
	}
	next := s.First
	for r, err := range l.journal.Events(stream, s.First, s.Last) {
		want := fmt.Sprintf("%s %d ", stream, next)
		if err != nil || r.Revision != next || !strings.HasPrefix(string(r.Data), want) {
			if now, _ := l.journal.Stream(stream); err == nil && next < now.First {
				return // hidden and removed since
			}
			l.Errorf("%s: revision %d with %.20q where %d should be, %v", stream, r.Revision, r.Data, next, err)
			return
		}
		next++
	}
	if now, _ := l.journal.Stream(stream); next != s.Last+1 && next >= now.First && !now.Deleted {
		l.Errorf("%s ends at %d instead of %d", stream, next-1, s.Last)
	}
}

// again runs do after every few writes until the channel is closed, and once
// after that.
func (l *living) again(until <-chan struct{}, do func()) {
	for seen := uint64(0); ; {
		head, changed := l.journal.Changed()
		if head >= seen+40 {
			seen = head
			do()
			continue
		}
		select {
		case <-changed:
		case <-until:
			do()
			return
		}
	}
}

// TestLifeGoesOnDuringScavenges appends, reads, follows, copies, checks and
// scavenges at the same time.
func TestLifeGoesOnDuringScavenges(t *testing.T) {
	const writers = 3
	l := &living{T: t, journal: open(t, options(vfs.NewMem()))}
	written := make(chan struct{})
	var load, others sync.WaitGroup
	for w := range writers {
		load.Go(func() { l.writer(w, 300) })
		others.Go(func() {
			l.again(written, func() {
				for _, stream := range []string{"kept", "short", "gone"} {
					l.read(fmt.Sprintf("%s-%d", stream, w))
				}
			})
		})
		others.Go(func() { l.follow(written) })
	}
	var removed uint64
	others.Go(func() {
		l.again(written, func() { removed += scavengeBeside(t, l.journal).Events })
	})
	others.Go(func() {
		l.again(written, func() {
			r, err := l.journal.Check(t.Context(), nil)
			wantSound(t, r, err)
			if _, err := l.journal.Snapshot(t.Context(), readOnly); err != nil {
				t.Error("snapshot:", err)
			}
		})
	})
	load.Wait()
	close(written)
	others.Wait()
	s := l.journal.Stats()
	if removed == 0 || s.Removed != removed || s.Events != s.Head-removed || s.Scavenging || s.Scavenges == 0 || s.Returned <= 0 {
		t.Errorf("%d events were removed, stats %+v", removed, s)
	}
	for w := range writers {
		if s, err := l.journal.Stream(fmt.Sprintf("kept-%d", w)); err != nil || s.Last != 299 {
			t.Errorf("%+v, %v", s, err)
		}
	}
}

// scavengeBeside is scavenge for other goroutines.
func scavengeBeside(t *testing.T, j *journal.Journal) journal.ScavengeReport {
	r, err := j.Scavenge(t.Context(), journal.ScavengeOptions{Gentle: true})
	if err != nil {
		t.Error("scavenge:", err)
	}
	return r
}

func readOnly(_ string, _ int64, content io.Reader) error {
	_, err := io.Copy(io.Discard, content)
	return err
}

// TestAReaderGoesOnInTheFileThatWasReplaced stops in the middle of reads.
func TestAReaderGoesOnInTheFileThatWasReplaced(t *testing.T) {
	o, _ := furnished(t, vfs.NewMem(), 100)
	j := open(t, o)
	want := everything(t, j)
	got, done := 0, false
	for r, err := range j.All(0, math.MaxUint64) {
		if err != nil {
			t.Fatal(err)
		}
		if got++; got == 5 {
			done = scavenge(t, j, journal.ScavengeOptions{}).Rewritten > 2
		}
		if want[r.Position] != string(r.Wire) {
			t.Fatalf("position %d is another", r.Position)
		}
	}
	if !done || got < 10 || got >= len(want) {
		t.Errorf("%d of %d events", got, len(want))
	}
}

// expiring writes one event each hour to a stream that shows those of a day.
func expiring(t *testing.T) (*journal.Journal, *clock) {
	t.Helper()
	c := newClock()
	o := options(vfs.NewMem())
	o.Now = c.at
	j := open(t, o)
	meta := event(9999, `{"$maxAge":86400}`)
	meta.Type = "$metadata"
	appendTo(t, j, "$$log", journal.NoStream, meta)
	for n := range 100 {
		appendTo(t, j, "log", journal.Any, event(n, strings.Repeat("x", 3000)))
		c.now = c.now.Add(time.Hour)
	}
	return j, c
}

func TestExpiredEventsGoByTheClockOfTheStore(t *testing.T) {
	j, c := expiring(t)
	last := journal.LastFile(j)
	young := scavenge(t, j, journal.ScavengeOptions{})
	if young.Events != 76 { // one is as old as a day and stays
		t.Errorf("%d events are older than a day, want 76", young.Events)
	}
	c.now = c.now.Add(48 * time.Hour)
	s, err := j.Stream("log")
	if err != nil || s.First != 100 || s.Last != 99 {
		t.Errorf("two days later: %+v, %v", s, err)
	}
	old := scavenge(t, j, journal.ScavengeOptions{})
	if young.Events+old.Events != last-2 { // all of the full files, but for the metadata
		t.Errorf("%d and %d events are gone, the last file begins with %d", young.Events, old.Events, last)
	}
	if r := appendTo(t, j, "log", journal.Any, event(500, "x")); r.Revision != 100 {
		t.Errorf("numbering goes on at %d", r.Revision)
	}
	longer := event(9998, `{"$maxAge":864000}`)
	longer.Type = "$metadata"
	appendTo(t, j, "$$log", 0, longer)
	s, err = j.Stream("log")
	if err != nil || s.First < int64(old.Events+young.Events) || s.First > 99 {
		t.Errorf("what is removed does not come back when the age is raised: %+v, %v", s, err)
	}
}

func TestASmallGainIsLeftAlone(t *testing.T) {
	j, _ := expiring(t)
	all := scavenge(t, j, journal.ScavengeOptions{DryRun: true})
	most := scavenge(t, j, journal.ScavengeOptions{DryRun: true, LeastPercent: 90})
	if most.Rewritten == 0 || most.Rewritten >= all.Rewritten || most.Events >= all.Events {
		t.Errorf("%+v, and from 90 %% on %+v", all, most)
	}
	if s := j.Stats(); s.Removed != 0 || s.Scavenges != 0 {
		t.Errorf("a dry run did something: %+v", s)
	}
}

// TestOneScavengeAtATimeAndNoneAfterClose holds one after its first file, and
// closes the journal under it.
func TestOneScavengeAtATimeAndNoneAfterClose(t *testing.T) {
	o, _ := furnished(t, vfs.NewMem(), 100)
	j, err := journal.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	entered, release := make(chan struct{}), make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		_, err := j.Scavenge(context.Background(), journal.ScavengeOptions{Progress: func(int64, int64) {
			once.Do(func() { close(entered) })
			<-release
		}})
		ended <- err
	}()
	<-entered
	if !j.Stats().Scavenging {
		t.Error("nothing is scavenging")
	}
	if _, err := j.Scavenge(t.Context(), journal.ScavengeOptions{}); !errors.Is(err, journal.ErrScavenging) {
		t.Errorf("a second: %v", err)
	}
	appendTo(t, j, "meanwhile", journal.NoStream, event(1, "x"))
	closed := make(chan error, 1)
	go func() { closed <- j.Close() }()
	for j.Err() == nil { // until Close has begun
		runtime.Gosched()
	}
	close(release)
	if err := <-ended; !errors.Is(err, journal.ErrClosed) {
		t.Errorf("the scavenge ends with %v", err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if _, err := j.Scavenge(t.Context(), journal.ScavengeOptions{}); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("after close: %v", err)
	}
}

func TestAScavengeEndsWithItsContext(t *testing.T) {
	o, seen := furnished(t, vfs.NewMem(), 100)
	j := open(t, o)
	ctx, cancel := context.WithCancel(t.Context())
	done, err := j.Scavenge(ctx, journal.ScavengeOptions{Progress: func(int64, int64) { cancel() }})
	if !errors.Is(err, context.Canceled) || done.Rewritten != 1 {
		t.Errorf("%+v, %v", done, err)
	}
	wantScavengeable(t, reopened(t, j, o), seen)
}

// TestAScavengeWithoutRoomChangesNothing fills the disk.
func TestAScavengeWithoutRoomChangesNothing(t *testing.T) {
	mem := vfs.NewMem()
	o, seen := furnished(t, mem, 100)
	var full atomic.Bool
	hooked := o
	hooked.FS = errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if full.Load() && op.Kind == errorfs.OpFileWriteAt && strings.Contains(op.Path, ".scavenged") {
			return syscall.ENOSPC
		}
		return nil
	}))
	j := open(t, hooked)
	full.Store(true)
	if _, err := j.Scavenge(t.Context(), journal.ScavengeOptions{}); !errors.Is(err, journal.ErrDiskFull) {
		t.Errorf("scavenge: %v", err)
	}
	full.Store(false)
	if err := j.Ready(); err != nil {
		t.Error("the journal goes on:", err)
	}
	wantScavengeable(t, reopened(t, j, o), seen)
}

func reopened(t *testing.T, j *journal.Journal, o journal.Options) journal.Options {
	t.Helper()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	return o
}
