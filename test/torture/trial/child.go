package trial

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"time"
)

// Child runs this program again, as a process of its own that the scenario may
// end, and adds the results that it prints to the trial. It returns how many
// results there were, after enough broken promises at the latest, and, if the
// child did not end well, an error with the last of what it said.
func (t *Trial) Child(ctx context.Context, args, env []string, enough int) (results int, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	return t.Run(ctx, self, args, env, enough)
}

// Run is Child for another build of this program.
func (t *Trial) Run(ctx context.Context, binary string, args, env []string, enough int) (results int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	all := append([]string{"-child", "-seed", strconv.FormatUint(t.Seed, 10), "-dir", t.Dir}, args...)
	child := exec.CommandContext(ctx, binary, all...) //nolint:gosec // a build of this program
	child.Env = append(os.Environ(), env...)
	said := &bytes.Buffer{}
	child.Stderr = said
	out, err := child.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := child.Start(); err != nil {
		return 0, err
	}
	lines := json.NewDecoder(out)
	for t.Faults() < enough {
		var r Result
		if lines.Decode(&r) != nil {
			break // the end, good or not
		}
		t.merge(r)
		results++
		t.Progress(results)
	}
	if t.Faults() >= enough {
		cancel()
		_ = child.Wait() // killed
		return results, nil
	}
	if err := child.Wait(); err != nil {
		text := said.Bytes()
		return results, fmt.Errorf("child: %w\n%s", err, text[:min(len(text), 4000)])
	}
	if results == 0 {
		return 0, errors.New("the child printed no result")
	}
	return results, nil
}

// merge adds the result of a child.
func (t *Trial) merge(r Result) {
	for name, n := range r.Counts {
		t.Add(name, n)
	}
	for name, q := range r.Times {
		t.Measure(name, time.Duration(q.Max*float64(time.Millisecond)))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.broken += r.Broken
	t.faults = append(t.faults, r.Faults[:min(len(r.Faults), max(0, maxFaults-len(t.faults)))]...)
}

// Aside returns a trial with the same chance whose findings do not count.
func (t *Trial) Aside() *Trial {
	return &Trial{
		Seed: t.Seed, Random: t.Random, Count: t.Count, Dir: t.Dir, Program: t.Program,
		counts: map[string]int{}, samples: map[string][]time.Duration{}, said: time.Now(), unit: t.unit, name: t.name,
	}
}

// Of returns a count of the report.
func (t *Trial) Of(name string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts[name]
}

// String lists the broken promises of a trial.
func (t *Trial) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return fmt.Sprintf("%d faults: %.1000v", t.broken, t.faults)
}
