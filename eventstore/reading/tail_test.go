package reading_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"shiyang/eventstore/journal"
	"shiyang/eventstore/reading"
)

const patience = 20 * time.Second

// log is a journal with its tail.
type log struct {
	*testing.T
	journal *journal.Journal
	tail    *reading.Tail
	events  int
}

func newLog(t *testing.T, bytes int) *log {
	t.Helper()
	j, err := journal.Open(journal.Options{Dir: "data", FS: vfs.NewMem(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	l := &log{T: t, journal: j, tail: reading.NewTail(j, bytes)}
	t.Cleanup(func() {
		l.tail.Close()
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func (l *log) write(stream string) {
	l.Helper()
	l.events++
	_, err := l.journal.Append(l.Context(), stream, journal.Any, journal.Event{
		ID: journal.UUID{byte(l.events >> 8), byte(l.events), 1}, Type: "Happened", Data: fmt.Append(nil, l.events),
	})
	if err != nil {
		l.Fatal(err)
	}
}

func (l *log) wantWake(w *reading.Waiter) {
	l.Helper()
	select {
	case <-w.C:
	case <-time.After(patience):
		l.Fatal("was not woken")
	}
}

// settled waits until the tail has looked at everything, by a waiter that the last event wakes.
func (l *log) settled() {
	l.Helper()
	w := l.tail.Watch("settled")
	defer w.Close()
	w.Arm(l.journal.Head(), 0)
	l.write("settled")
	l.wantWake(w)
}

func asleep(t *testing.T, w *reading.Waiter) {
	t.Helper()
	select {
	case <-w.C:
		t.Error("was woken for nothing")
	default:
	}
}

func TestACommitWakesOnlyWhomItConcerns(t *testing.T) {
	l := newLog(t, 0)
	filter, err := reading.NewFilter(reading.Expression{Prefixes: []string{"a-"}})
	if err != nil {
		t.Fatal(err)
	}
	byStream, other := l.tail.Watch("a-1"), l.tail.Watch("b-1")
	filtered, impatient := l.tail.WatchAll(filter), l.tail.WatchAll(filter)
	for _, w := range []*reading.Waiter{byStream, other, filtered, impatient} {
		defer w.Close()
		limit := uint64(0)
		if w == impatient {
			limit = 2
		}
		w.Arm(l.journal.Head(), limit)
	}
	l.write("c-1")
	l.write("c-1")
	l.wantWake(impatient)
	if skipped, upto := impatient.Disarm(); skipped != 2 || upto != 2 {
		t.Errorf("skipped %d up to %d, want 2 up to 2", skipped, upto)
	}
	l.settled()
	asleep(t, byStream)
	asleep(t, filtered)
	l.write("a-1")
	l.wantWake(byStream)
	l.wantWake(filtered)
	if skipped, upto := filtered.Disarm(); skipped != 3 || upto != 3 {
		t.Errorf("skipped %d up to %d, want what was before the match", skipped, upto)
	}
	asleep(t, other)
}

// TestNothingIsMissedBetweenReadingAndWaiting: what came after the reader
// looked and before it armed wakes it at once.
func TestNothingIsMissedBetweenReadingAndWaiting(t *testing.T) {
	l := newLog(t, 0)
	w := l.tail.Watch("a")
	defer w.Close()
	for range 50 {
		seen := l.journal.Head()
		l.write("a")
		w.Arm(seen, 0)
		l.wantWake(w)
	}
}

func TestNewEventsAreInMemory(t *testing.T) {
	l := newLog(t, 0)
	l.settled()
	w := l.tail.WatchAll(nil)
	defer w.Close()
	l.settled()
	after := l.journal.Head()
	for range 5 {
		l.write("a")
	}
	l.settled()
	events, upto, ok := l.tail.Recent(after)
	if !ok || upto != after+6 || len(events) != 6 || events[0].Position != after+1 || string(events[4].Stream) != "a" {
		t.Fatalf("%d events up to %d, %v", len(events), upto, ok)
	}
	if _, _, ok := l.tail.Recent(0); ok {
		t.Error("events from before anybody listened are not in memory")
	}
	if _, _, ok := l.tail.Recent(upto); ok {
		t.Error("nothing is newer than the end")
	}
}

func TestMemoryIsBounded(t *testing.T) {
	l := newLog(t, 1000)
	w := l.tail.WatchAll(nil)
	defer w.Close()
	for range 100 {
		l.write("a")
	}
	l.settled()
	head := l.journal.Head()
	bytes := 0
	for from := head - 1; ; from-- {
		events, _, ok := l.tail.Recent(from)
		if !ok {
			break
		}
		bytes = 0
		for _, e := range events {
			bytes += len(e.Wire)
		}
	}
	if bytes == 0 || bytes > 1000 {
		t.Errorf("%d bytes in memory, want at most 1000 and some", bytes)
	}
}

// While nobody waits the tail rests. Whoever comes then misses nothing.
func TestAReaderAfterARestMissesNothing(t *testing.T) {
	l := newLog(t, 0)
	for i := range 300 {
		before := l.journal.Head()
		l.write("a")
		w := l.tail.Watch("a")
		if i%2 == 1 {
			w.Close()
			w = l.tail.WatchAll(nil)
		}
		w.Arm(before, 0)
		l.wantWake(w) // for what came during the rest
		head := l.journal.Head()
		w.Arm(head, 0)
		asleep(t, w)
		l.write("a")
		l.wantWake(w)
		if i%2 == 1 {
			w.Arm(head, 0) // the tail has looked at the event when this wakes
			l.wantWake(w)
			if events, upto, ok := l.tail.Recent(head); !ok || len(events) != 1 || upto != head+1 {
				t.Fatalf("%d events up to %d, %t: want what came since the reader did", len(events), upto, ok)
			}
		}
		w.Close()
	}
}
