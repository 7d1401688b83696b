package journal_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"shiyang/eventstore/journal"
)

var quiet = slog.New(slog.DiscardHandler)

// options are small, so that tests begin new files, flush and compact.
func options(fs vfs.FS) journal.Options {
	return journal.Options{Dir: "data", FS: fs, Logger: quiet, MemTableBytes: 256 << 10, CacheBytes: 1 << 20, SegmentBytes: 64 << 10}
}

func open(t testing.TB, o journal.Options) *journal.Journal {
	t.Helper()
	j, err := journal.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil && !errors.Is(j.Err(), journal.ErrFailed) {
			t.Error("close:", err)
		}
	})
	return j
}

// event makes an event whose id is derived from a number.
func event(n int, data string) journal.Event {
	var id journal.UUID
	binary.BigEndian.PutUint64(id[8:], uint64(n)+1)
	return journal.Event{ID: id, Type: "Happened", JSON: true, Data: []byte(data)}
}

func appendTo(t testing.TB, j *journal.Journal, stream string, expected journal.Expected, events ...journal.Event) journal.Result {
	t.Helper()
	r, err := j.Append(t.Context(), stream, expected, events...)
	if err != nil {
		t.Fatalf("append to %s: %v", stream, err)
	}
	return r
}

// contents lists the events of the log as "stream/revision".
func contents(t testing.TB, j *journal.Journal) []string {
	t.Helper()
	var out []string
	for r, err := range j.All(0, math.MaxUint64) {
		if err != nil {
			t.Fatal("read:", err)
		}
		out = append(out, fmt.Sprintf("%s/%d", r.Stream, r.Revision))
	}
	return out
}

func TestOpenFindsTheEndAgain(t *testing.T) {
	fs := vfs.NewMem()
	j := open(t, options(fs))
	id := j.StoreID()
	appendTo(t, j, "a", journal.NoStream, event(1, "1"), event(2, "2"))
	appendTo(t, j, "b", journal.NoStream, event(3, "3"))
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Append(t.Context(), "a", journal.Any, event(4, "4")); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("append after close: %v", err)
	}
	for _, err := range j.All(0, 9) {
		if !errors.Is(err, journal.ErrClosed) {
			t.Errorf("read after close: %v", err)
		}
	}
	again := open(t, options(fs))
	if again.Head() != 3 || again.StoreID() != id {
		t.Errorf("head %d of store %s, want 3 of %s", again.Head(), again.StoreID(), id)
	}
	if r := appendTo(t, again, "a", 1, event(5, "5")); r.Revision != 2 || r.Position != 4 {
		t.Errorf("append after reopening: %+v", r)
	}
	if got, want := fmt.Sprint(contents(t, again)), "[a/0 a/1 b/0 a/2]"; got != want {
		t.Errorf("contents %s, want %s", got, want)
	}
}

func TestReadingBackwardsIsReadingForwardsReversed(t *testing.T) {
	j := open(t, options(vfs.NewMem()))
	for n := range 50 {
		appendTo(t, j, fmt.Sprintf("s-%d", n%3), journal.Any, event(n, "x"))
	}
	forwards := contents(t, j)
	var backwards []string
	for r, err := range j.AllBackwards(math.MaxUint64) {
		if err != nil {
			t.Fatal(err)
		}
		backwards = append(backwards, fmt.Sprintf("%s/%d", r.Stream, r.Revision))
	}
	slices.Reverse(backwards)
	if !slices.Equal(forwards, backwards) {
		t.Errorf("forwards %v, backwards %v", forwards, backwards)
	}
	want := int64(16)
	for r, err := range j.EventsBackwards("s-1", 3, math.MaxInt64-1) {
		if err != nil || r.Revision != want {
			t.Fatalf("revision %d, %v; want %d", r.Revision, err, want)
		}
		want--
	}
	if want != 2 {
		t.Errorf("stopped before revision %d", want)
	}
}

// TestKnownIDsSurviveReopening repeats an append without an exact revision
// after a restart, when only the log can know its ids.
func TestKnownIDsSurviveReopening(t *testing.T) {
	fs := vfs.NewMem()
	o := options(fs)
	o.IDWindow = 10
	j := open(t, o)
	for n := range 30 {
		appendTo(t, j, "a", journal.Any, event(n, "x"))
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = open(t, o)
	if r := appendTo(t, j, "a", journal.Any, event(25, "x")); r.Revision != 25 {
		t.Errorf("a recent id is written again, at %d", r.Revision)
	}
	if r := appendTo(t, j, "a", journal.Any, event(5, "x")); r.Revision != 30 {
		t.Errorf("an id outside the window of 10 is at %d, want a new event at 30", r.Revision)
	}
	if r := appendTo(t, j, "b", journal.Any, event(25, "x")); r.Revision != 0 {
		t.Errorf("the same id in another stream is at %d, want 0", r.Revision)
	}
}

func TestStreamsBeyondTheCacheAreLookedUp(t *testing.T) {
	o := options(vfs.NewMem())
	o.StreamCache = 4
	j := open(t, o)
	for round := range 3 {
		for s := range 20 {
			r := appendTo(t, j, fmt.Sprintf("s-%d", s), journal.Expected(round-1), event(round*20+s, "x"))
			if r.Revision != int64(round) {
				t.Fatalf("stream %d is at %d in round %d", s, r.Revision, round)
			}
		}
	}
}

// TestAnAppendMayBeLargerThanTheWriteBuffer goes another way through Pebble.
func TestAnAppendMayBeLargerThanTheWriteBuffer(t *testing.T) {
	fs := vfs.NewMem()
	j := open(t, options(fs))
	events := make([]journal.Event, 50)
	for i := range events {
		events[i] = event(i, strings.Repeat("x", 100<<10))
	}
	appendTo(t, j, "big", journal.NoStream, events...)
	appendTo(t, j, "small", journal.NoStream, event(100, "x"))
	if r := appendTo(t, j, "big", journal.NoStream, events...); r.Revision != 49 {
		t.Errorf("repeated: %+v", r)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if got := len(contents(t, open(t, options(fs)))); got != 51 {
		t.Errorf("%d events, want 51", got)
	}
}

func TestTimeNeverGoesBack(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	o := options(vfs.NewMem())
	o.Now = func() time.Time { return now }
	j := open(t, o)
	appendTo(t, j, "a", journal.NoStream, event(1, "x"))
	now = now.Add(-time.Hour)
	appendTo(t, j, "a", 0, event(2, "x"))
	now = now.Add(2 * time.Hour)
	appendTo(t, j, "a", 1, event(3, "x"))
	var created []int64
	for r, err := range j.Events("a", 0, 9) {
		if err != nil {
			t.Fatal(err)
		}
		created = append(created, r.Created)
	}
	first := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC).UnixNano() / 100
	if want := []int64{first, first, first + int64(time.Hour/100)}; !slices.Equal(created, want) {
		t.Errorf("created %v, want %v", created, want)
	}
}

func TestMaxAgeHidesByTheJournalsClock(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	o := options(vfs.NewMem())
	o.Now = func() time.Time { return now }
	j := open(t, o)
	for n := range 100 {
		appendTo(t, j, "a", journal.Any, event(n, "x"))
		now = now.Add(time.Second)
	}
	appendTo(t, j, journal.MetadataStream("a"), journal.Any, event(1000, `{"$maxAge":30}`))
	for _, want := range []int64{70, 80, 100, 100} {
		s, err := j.Stream("a")
		if err != nil || s.First != want {
			t.Errorf("at %s the first is %d, %v; want %d", now.Format(time.TimeOnly), s.First, err, want)
		}
		now = now.Add(time.Duration(10+want/80*10) * time.Second)
	}
}

func TestRefusedRequests(t *testing.T) {
	j := open(t, options(vfs.NewMem()))
	long := string(make([]byte, journal.MaxStreamName+1))
	for name, try := range map[string]func() error{
		"no stream name":   func() error { _, err := j.Append(t.Context(), "", journal.Any, event(1, "x")); return err },
		"a long name":      func() error { _, err := j.Append(t.Context(), long, journal.Any, event(1, "x")); return err },
		"$all":             func() error { _, err := j.Append(t.Context(), "$all", journal.Any, event(1, "x")); return err },
		"no event id":      func() error { _, err := j.Append(t.Context(), "a", journal.Any, journal.Event{Type: "x"}); return err },
		"no event type":    func() error { e := event(1, "x"); e.Type = ""; _, err := j.Append(t.Context(), "a", -1, e); return err },
		"bad expectation":  func() error { _, err := j.Append(t.Context(), "a", -9, event(1, "x")); return err },
		"delete of $$a":    func() error { _, err := j.Delete(t.Context(), "$$a", journal.Any); return err },
		"tombstone of $$a": func() error { _, err := j.Tombstone(t.Context(), "$$a", journal.Any); return err },
	} {
		if err := try(); !errors.Is(err, journal.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if j.Head() != 0 {
		t.Errorf("head %d, want nothing written", j.Head())
	}
}

// TestOpenRefusesTheOldLayout: the directory itself was a Pebble database once.
func TestOpenRefusesTheOldLayout(t *testing.T) {
	fs := vfs.NewMem()
	db, err := pebble.Open("data", &pebble.Options{FS: fs, Logger: silent{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Open(options(fs)); !errors.Is(err, journal.ErrOldLayout) {
		t.Errorf("open: %v", err)
	}
}

func TestOpenRefusesADirectoryInUse(t *testing.T) {
	o := journal.Options{Dir: t.TempDir(), Logger: quiet}
	open(t, o)
	if _, err := journal.Open(o); !errors.Is(err, journal.ErrInUse) {
		t.Errorf("second open: %v", err)
	}
}

// silent is a Pebble logger that says nothing.
type silent struct{}

func (silent) Infof(string, ...any)  {}
func (silent) Errorf(string, ...any) {}
func (silent) Fatalf(string, ...any) {}

// The next file is made with rests in between, unless somebody waits for it:
// an append that fills the present one, a reader of the state, or Close.
func TestAFileThatIsNeededIsMadeAtOnce(t *testing.T) {
	files := vfs.NewCrashableMem()
	o := options(files)
	o.SegmentBytes = 2 << 20
	j := open(t, o)
	data := strings.Repeat("x", 300<<10)
	for n := range 60 { // 18 MB: faster than files are made
		appendTo(t, j, "a", journal.Expected(n-1), event(n, data))
	}
	if s := j.Stats(); s.LogFiles < 9 {
		t.Errorf("%d files", s.LogFiles)
	}
	crashed := o
	crashed.FS = files.CrashClone(vfs.CrashCloneCfg{})
	again := open(t, crashed)
	if again.Head() != 60 || len(contents(t, again)) != 60 {
		t.Errorf("%d events after a crash", again.Head())
	}
	if err := j.Close(); err != nil { // while one may be being made
		t.Fatal(err)
	}
	if again = open(t, o); again.Head() != 60 {
		t.Errorf("%d events after a stop", again.Head())
	}
}
