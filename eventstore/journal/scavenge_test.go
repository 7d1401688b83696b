package journal_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"shiyang/eventstore/journal"
	"shiyang/eventstore/reading"
)

// clock is a time that a test moves.
type clock struct{ now time.Time }

func (c *clock) at() time.Time { return c.now }

func newClock() *clock { return &clock{time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)} }

func scavenge(t testing.TB, j *journal.Journal, o journal.ScavengeOptions) journal.ScavengeReport {
	t.Helper()
	r, err := j.Scavenge(t.Context(), o)
	if err != nil {
		t.Fatal("scavenge:", err)
	}
	return r
}

// furnish writes random events to random streams, whose rules it sets, changes
// and takes back, and among which it deletes and tombstones some.
func furnish(t testing.TB, j *journal.Journal, random *rand.Rand, c *clock, steps int) {
	t.Helper()
	for n := range steps {
		c.now = c.now.Add(time.Duration(random.IntN(60)) * time.Second)
		stream := fmt.Sprintf("s-%d", random.IntN(12))
		var err error
		switch random.IntN(24) {
		case 0:
			_, err = j.Delete(t.Context(), stream, journal.Any)
		case 1:
			if random.IntN(4) == 0 {
				_, err = j.Tombstone(t.Context(), stream, journal.Any)
			}
		case 2, 3:
			rules := []string{
				fmt.Sprintf(`{"$maxCount":%d}`, 1+random.IntN(9)), fmt.Sprintf(`{"$tb":%d}`, random.IntN(60)),
				fmt.Sprintf(`{"$maxAge":%d}`, 1+random.IntN(20_000)), fmt.Sprintf(`{"$maxAge":%d,"$maxCount":9}`, 1+random.IntN(20_000)),
				`{}`, `no JSON`,
			}
			meta := event(n*10+9, rules[random.IntN(len(rules))])
			meta.Type = "$metadata"
			_, err = j.Append(t.Context(), journal.MetadataStream(stream), journal.Any, meta)
		case 4:
			link := event(n*10+9, fmt.Sprintf("%d@s-%d", random.IntN(40), random.IntN(12)))
			link.Type = reading.LinkType
			_, err = j.Append(t.Context(), "links", journal.Any, link)
		default:
			var events []journal.Event
			for i := range 1 + random.IntN(4) {
				events = append(events, event(n*10+i, fmt.Sprint(n, i, strings.Repeat("x", random.IntN(900)))))
			}
			_, err = j.Append(t.Context(), stream, journal.Any, events...)
		}
		var deleted *journal.StreamDeletedError
		var wrong *journal.WrongRevisionError
		if err != nil && !errors.As(err, &deleted) && !errors.As(err, &wrong) {
			t.Fatal(err)
		}
	}
}

// shown is everything that readers of streams can see.
func shown(t testing.TB, j *journal.Journal) (lines []string) {
	t.Helper()
	names := []string{"links"}
	for n := range 13 {
		names = append(names, fmt.Sprintf("s-%d", n), fmt.Sprintf("$$s-%d", n))
	}
	add := func(r journal.Record, err error) {
		if err != nil {
			t.Fatal(err)
		}
		target, err := reading.Follow(j, r)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%d %s %v %s", r.Position, r.Wire, target.Found, target.Event.Wire))
	}
	for _, name := range names {
		s, err := j.Stream(name)
		if err != nil {
			t.Fatal(err)
		}
		// Where nothing is left to be seen, or its first events are gone, First may differ.
		lines = append(lines, fmt.Sprintf("%s ends at %d, deleted %v, tombstoned %v", name, s.Last, s.Deleted, s.Tombstoned))
		if s.Missing() || s.Tombstoned {
			continue
		}
		for r, err := range j.Events(name, s.First, s.Last) {
			add(r, err)
		}
		for r, err := range j.EventsBackwards(name, s.First, s.Last) {
			add(r, err)
		}
		for revision := s.First; revision <= s.Last; revision += 5 {
			if r, found, err := j.Event(name, revision); err != nil || found {
				add(r, err)
			}
		}
	}
	return lines
}

// everything is $all, by position.
func everything(t testing.TB, j *journal.Journal) map[uint64]string {
	t.Helper()
	out := map[uint64]string{}
	last := uint64(0)
	for r, err := range j.All(0, math.MaxUint64) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Position <= last {
			t.Fatalf("position %d comes after %d", r.Position, last)
		}
		last = r.Position
		out[r.Position] = string(r.Wire)
	}
	backwards := 0
	for r, err := range j.AllBackwards(math.MaxUint64) {
		if err != nil || out[r.Position] != string(r.Wire) {
			t.Fatalf("position %d is another backwards, %v", r.Position, err)
		}
		backwards++
	}
	if backwards != len(out) {
		t.Errorf("$all has %d events, and %d backwards", len(out), backwards)
	}
	for range 20 { // from anywhere
		from := rand.Uint64N(last + 1)
		for r, err := range j.All(from, last) {
			if err != nil || r.Position < from || out[r.Position] != string(r.Wire) {
				t.Fatalf("from %d: position %d, %v", from, r.Position, err)
			}
			break
		}
	}
	return out
}

// removable are the positions of events that no read of their stream returns,
// but for the newest of each.
func removable(t testing.TB, j *journal.Journal) (hidden []uint64) {
	t.Helper()
	for r, err := range j.All(0, math.MaxUint64) {
		if err != nil {
			t.Fatal(err)
		}
		s, err := j.Stream(string(r.Stream))
		if err != nil {
			t.Fatal(err)
		}
		if r.Revision < s.Last && (r.Revision < s.First || s.Tombstoned || s.Deleted) {
			hidden = append(hidden, r.Position)
		}
	}
	return hidden
}

func wantSound(t testing.TB, r journal.CheckReport, err error) {
	t.Helper()
	if err = errors.Join(err, r.Err()); err != nil {
		t.Error(err)
	}
}

// TestAScavengeRemovesWhatIsHiddenAndNothingElse compares all reads before and
// after, for random streams, again after opening, and with a new index.
func TestAScavengeRemovesWhatIsHiddenAndNothingElse(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			random, c, fs := rand.New(rand.NewPCG(seed, 1)), newClock(), vfs.NewMem()
			o := options(fs)
			o.Now, o.SegmentBytes = c.at, 24<<10
			j := open(t, o)
			for range 3 {
				furnish(t, j, random, c, 100)
				seen, all, hidden := shown(t, j), everything(t, j), removable(t, j)
				size := j.Stats().LogBytes
				planned := scavenge(t, j, journal.ScavengeOptions{DryRun: true})
				done := scavenge(t, j, journal.ScavengeOptions{})
				if done.Events == 0 || done.Rewritten == 0 || done.Bytes <= 0 {
					t.Fatalf("nothing was scavenged: %+v", done)
				}
				planned.Took, done.Took = 0, 0
				if planned != done {
					t.Errorf("planned %+v, done %+v", planned, done)
				}
				if freed := size - j.Stats().LogBytes; freed != done.Bytes {
					t.Errorf("%d bytes were given back, reported %d", freed, done.Bytes)
				}
				wantRemoved(t, j, all, hidden, done.Events)
				if entries, err := journal.Indexed(j); err != nil || entries != j.Stats().Events {
					t.Errorf("the index knows %d events of %d, %v", entries, j.Stats().Events, err)
				}
				for again := range 3 {
					if got := shown(t, j); !slices.Equal(got, seen) {
						t.Fatalf("round %d: readers see something else", again)
					}
					r, err := j.Check(t.Context(), nil)
					wantSound(t, r, err)
					if r.Events+r.Removed != j.Head() || r.Indexed != r.Events || r.Events != j.Stats().Events {
						t.Errorf("check %+v of %+v", r, j.Stats())
					}
					if idle := scavenge(t, j, journal.ScavengeOptions{}); idle.Events != 0 || idle.Rewritten != 0 {
						t.Errorf("scavenged twice: %+v", idle)
					}
					if err := j.Close(); err != nil {
						t.Fatal(err)
					}
					r, err = journal.CheckDir(t.Context(), o, nil)
					wantSound(t, r, err)
					if again == 1 {
						if err := fs.RemoveAll("data/index"); err != nil {
							t.Fatal(err)
						}
					}
					j = open(t, o)
				}
			}
		})
	}
}

// wantRemoved demands that exactly the hidden events of the full files are gone.
func wantRemoved(t *testing.T, j *journal.Journal, before map[uint64]string, hidden []uint64, want uint64) {
	t.Helper()
	after := everything(t, j)
	var gone []uint64
	for position, wire := range before {
		switch got, ok := after[position]; {
		case !ok:
			gone = append(gone, position)
		case got != wire:
			t.Errorf("position %d has changed", position)
		}
	}
	if len(after)+len(gone) != len(before) || uint64(len(gone)) != want {
		t.Errorf("%d of %d events are left, %d are gone, reported %d", len(after), len(before), len(gone), want)
	}
	slices.Sort(gone)
	for i, position := range gone {
		if hidden[i] != position { // both are in order: what is left of hidden is in the last file
			t.Fatalf("position %d is gone, %d should be", position, hidden[i])
		}
	}
	if last := journal.LastFile(j); len(gone) < len(hidden) && hidden[len(gone)] < last {
		t.Errorf("position %d is hidden and left, though the last file begins with %d", hidden[len(gone)], last)
	}
}
