// Package trial runs scenarios one after another and reports what they found.
//
// A Scenario is one row of the report; a Trial is one run of it, with the seed
// that all its chance comes from. Times are measured and printed, never
// judged: what fails a trial is a count. Start reading at Run.
package trial

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"shiyang/test/torture/oracle"
)

// Scenario is one way in which the world can go wrong.
type Scenario struct {
	Name  string // R1
	Title string // kill -9 of the store during load
	Unit  string // what is counted: kills
	Short int    // how many in the gate
	Long  int    // how many on demand
	Run   func(ctx context.Context, t *Trial) error
}

// Trial is one run of a scenario. Its methods are safe for concurrent use.
type Trial struct {
	Seed    uint64
	Random  *rand.Rand // of the main goroutine of the scenario; others take Fork
	Count   int        // how many units to do
	Long    bool
	Dir     string // scratch, removed afterwards
	Program string // the built binary

	mu      sync.Mutex
	counts  map[string]int
	samples map[string][]time.Duration
	notes   []string
	faults  []string
	broken  int
	said    time.Time
	unit    string
	name    string
}

// Fork returns a source of chance for a goroutine.
func (t *Trial) Fork(n uint64) *rand.Rand { return rand.New(rand.NewPCG(t.Seed, n+1)) } //nolint:gosec // replayable chance

// Add adds to a count of the report.
func (t *Trial) Add(name string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[name] += n
}

// Most keeps the largest value of a count of the report.
func (t *Trial) Most(name string, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[name] = max(t.counts[name], n)
}

// Measure adds a duration to a figure of the report.
func (t *Trial) Measure(name string, d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.samples[name] = append(t.samples[name], d)
}

// Note adds a sentence to the report.
func (t *Trial) Note(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if text := fmt.Sprintf(format, args...); !slices.Contains(t.notes, text) {
		t.notes = append(t.notes, text)
	}
}

const maxFaults = 12

// Fault reports a broken promise.
func (t *Trial) Fault(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.broken++
	if len(t.faults) < maxFaults {
		t.faults = append(t.faults, fmt.Sprintf(format, args...))
	}
}

// Judge adds a verdict to the report; each broken promise is a fault. where
// says how to come back to it.
func (t *Trial) Judge(v oracle.Verdict, where string) {
	t.Add("promises checked", v.Acked+v.Seen)
	t.Add("lost", v.Lost)
	t.Add("duplicates", v.Duplicates)
	t.Add("holes", v.Holes)
	t.Add("out of order", v.Disorder)
	t.Add("wrong content", v.Damaged+v.Strangers)
	if v.Faults() == 0 {
		return
	}
	t.Fault("%s: %s", where, v)
	for _, example := range v.Examples {
		t.Fault("%s: %s", where, example)
	}
}

// Faults counts the broken promises so far.
func (t *Trial) Faults() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.broken
}

// Progress says from time to time how far a long trial is.
func (t *Trial) Progress(done int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := time.Now(); now.Sub(t.said) > 10*time.Second {
		t.said = now
		fmt.Fprintf(os.Stderr, "   %s: %d of %d %s, %d promises checked, %d faults\n", t.name, done, t.Count, t.unit, t.counts["promises checked"], t.broken)
	}
}

// Folder makes a new folder for the trial.
func (t *Trial) Folder(name string) (string, error) {
	dir, err := os.MkdirTemp(t.Dir, name)
	if err != nil {
		return "", err
	}
	return filepath.Clean(dir), nil
}
