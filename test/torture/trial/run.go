package trial

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// Options say how to run.
type Options struct {
	Seed    uint64
	Count   int // instead of the scenario's own; 0 leaves it
	Long    bool
	Program string
	Dir     string // where scratch folders are made
}

// Result is what a trial found.
type Result struct {
	Name    string              `json:"name"`
	Title   string              `json:"title"`
	Seed    uint64              `json:"seed"`
	Done    int                 `json:"done"`
	Unit    string              `json:"unit"`
	Seconds float64             `json:"seconds"`
	Passed  bool                `json:"passed"`
	Counts  map[string]int      `json:"counts,omitempty"`
	Times   map[string]Quantile `json:"times,omitempty"`
	Notes   []string            `json:"notes,omitempty"`
	Broken  int                 `json:"broken_promises"`
	Faults  []string            `json:"faults,omitempty"`
}

// Quantile sums up measured times, in milliseconds.
type Quantile struct {
	N   int     `json:"n"`
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

// Run runs one scenario. A scenario that could not do its work has failed.
func Run(ctx context.Context, s Scenario, o Options) Result {
	t := &Trial{
		Seed: o.Seed, Random: rand.New(rand.NewPCG(o.Seed, 0)), Count: s.Short, Long: o.Long && o.Count == 0, Program: o.Program, //nolint:gosec // replayable chance
		counts: map[string]int{}, samples: map[string][]time.Duration{}, said: time.Now(), unit: s.Unit, name: s.Name,
	}
	if o.Long {
		t.Count = s.Long
	}
	if o.Count > 0 {
		t.Count = o.Count
	}
	began := time.Now()
	if err := t.run(ctx, s, o.Dir); err != nil {
		t.Fault("the scenario could not be run: %v", err)
	}
	r := Result{
		Name: s.Name, Title: s.Title, Seed: o.Seed, Done: t.Count, Unit: s.Unit, Seconds: time.Since(began).Seconds(),
		Passed: t.broken == 0, Counts: t.counts, Times: map[string]Quantile{}, Notes: t.notes, Broken: t.broken, Faults: t.faults,
	}
	for name, list := range t.samples {
		r.Times[name] = quantile(list)
	}
	return r
}

func (t *Trial) run(ctx context.Context, s Scenario, dir string) (err error) {
	if t.Dir, err = os.MkdirTemp(dir, "t"); err != nil { // short: sockets live here
		return err
	}
	defer os.RemoveAll(t.Dir) //nolint:errcheck // scratch
	defer func() {
		if value := recover(); value != nil {
			err = fmt.Errorf("panic: %v\n%s", value, debug.Stack())
		}
	}()
	return s.Run(ctx, t)
}

func quantile(list []time.Duration) Quantile {
	slices.Sort(list)
	at := func(share float64) float64 {
		return list[min(len(list)-1, int(share*float64(len(list))))].Seconds() * 1000
	}
	return Quantile{N: len(list), P50: at(0.5), P99: at(0.99), Max: at(1)}
}

// Report is one run of many scenarios.
type Report struct {
	Date    string   `json:"date"`
	Commit  string   `json:"commit"`
	Command string   `json:"command"`
	Machine string   `json:"machine"`
	Results []Result `json:"results"`
}

// Failed counts the scenarios that broke a promise.
func (r Report) Failed() (n int) {
	for _, x := range r.Results {
		if !x.Passed {
			n++
		}
	}
	return n
}

// WriteJSON writes the raw report.
func (r Report) WriteJSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// Table writes the report as a table for people, in Markdown.
func (r Report) Table(w io.Writer) {
	fmt.Fprintf(w, "%s, commit %s, %s.\n`%s`\n\n", r.Date, r.Commit, r.Machine, r.Command)
	fmt.Fprintln(w, "| | scenario | done | found | measured | s | result |\n|---|---|---|---|---|---|---|")
	for _, x := range r.Results {
		result := "passed"
		if !x.Passed {
			result = fmt.Sprintf("**failed**: %d", x.Broken)
		}
		fmt.Fprintf(w, "| %s | %s | %d %s, seed %d | %s | %s | %.0f | %s |\n", x.Name, x.Title, x.Done, x.Unit, x.Seed,
			strings.Join(counts(x), ", "), strings.Join(append(times(x), x.Notes...), "; "), x.Seconds, result)
	}
}

// Print writes one result for people.
func (x Result) Print(w io.Writer) {
	verb := "ok  "
	if !x.Passed {
		verb = "FAIL"
	}
	fmt.Fprintf(w, "%s %-4s %s: %d %s in %.1f s, seed %d\n", verb, x.Name, x.Title, x.Done, x.Unit, x.Seconds, x.Seed)
	for _, list := range [][]string{{strings.Join(counts(x), ", ")}, times(x), x.Notes, x.Faults} {
		for _, line := range list {
			if line != "" {
				fmt.Fprintln(w, "       "+line)
			}
		}
	}
}

func counts(x Result) (list []string) {
	for name, n := range x.Counts {
		list = append(list, fmt.Sprintf("%s %d", name, n))
	}
	slices.Sort(list)
	return list
}

func times(x Result) (list []string) {
	for name, q := range x.Times {
		list = append(list, fmt.Sprintf("%s p50 %.0f ms, p99 %.0f ms, longest %.0f ms (%d)", name, q.P50, q.P99, q.Max, q.N))
	}
	slices.Sort(list)
	return list
}

// Machine describes where this runs.
func Machine() string {
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease") // absent elsewhere than on Linux
	return fmt.Sprintf("%d CPU, %s/%s %s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, strings.TrimSpace(string(release)), runtime.Version())
}
