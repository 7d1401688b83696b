// Command torture breaks the event store in every way that a machine, a disk
// or a network can, and counts what was lost.
//
//	go run .                     the figures of the gate
//	go run . -long               the long figures
//	go run . -only R1,R3 -seed 7 some scenarios, replayed
//	go run . -page ../../docs/torture.md -json ../../docs/torture.json
//
// It ends with status 1 when a promise was broken. docs/torture.md says what
// the scenarios are and shows the last results.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"shiyang/test/torture/disk"
	"shiyang/test/torture/program"
	"shiyang/test/torture/trial"
)

type flags struct {
	only, page, json, dir string
	seed                  uint64
	count, from           int
	long                  bool
	child                 bool
}

func main() {
	var f flags
	flag.StringVar(&f.only, "only", "", "names of scenarios, separated by commas; all by default")
	flag.Uint64Var(&f.seed, "seed", 0, "replays a run; 0 takes a new seed and prints it")
	flag.IntVar(&f.count, "count", 0, "how many units of each scenario to do instead of its own number")
	flag.BoolVar(&f.long, "long", false, "the long figures")
	flag.StringVar(&f.page, "page", "", "page whose results are replaced by those of this run")
	flag.StringVar(&f.json, "json", "", "file for the raw results")
	flag.StringVar(&f.dir, "dir", "", "folder for data on the disk to be tested; the system's by default")
	flag.IntVar(&f.from, "from", 1, "for a child: the first operation")
	flag.BoolVar(&f.child, "child", false, "print the results of one scenario as JSON lines and nothing else")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	failed, err := f.run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		os.Exit(1)
	}
	if failed > 0 {
		os.Exit(1)
	}
}

func (f flags) run(ctx context.Context) (failed int, err error) {
	chosen := slices.DeleteFunc(scenarios(), func(s trial.Scenario) bool {
		return f.only != "" && !slices.Contains(strings.Split(f.only, ","), s.Name)
	})
	if len(chosen) == 0 {
		return 0, fmt.Errorf("no scenario is named %q", f.only)
	}
	if f.seed == 0 {
		f.seed = rand.Uint64N(1 << 32) //nolint:gosec // a seed is no secret
	}
	scratch, err := os.MkdirTemp(f.dir, "torture")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(scratch) //nolint:errcheck // scratch
	options := trial.Options{Seed: f.seed, Count: f.count, Long: f.long, Dir: scratch}
	if f.child {
		return f.runChild(ctx, chosen[0], options)
	}
	if options.Program, err = program.Build(ctx, scratch, "shiyang/cmd/shiyang", "shiyang", ""); err != nil {
		return 0, err
	}
	report := trial.Report{
		Date: time.Now().UTC().Format("2006-01-02 15:04 UTC"), Commit: commit(ctx), Machine: trial.Machine(),
		Command: "go run . " + strings.Join(os.Args[1:], " "),
	}
	fmt.Printf("torture: seed %d; replay with -seed %d\n", f.seed, f.seed)
	for _, s := range chosen {
		if ctx.Err() != nil {
			break
		}
		result := trial.Run(ctx, s, options)
		result.Print(os.Stdout)
		report.Results = append(report.Results, result)
	}
	failed = report.Failed()
	fmt.Printf("torture: %d passed, %d failed\n", len(report.Results)-failed, failed)
	return failed, f.write(report)
}

// runChild is the part of a scenario that may end its process. It prints one
// result for each operation, or for the scenario.
func (f flags) runChild(ctx context.Context, s trial.Scenario, o trial.Options) (int, error) {
	out := json.NewEncoder(os.Stdout)
	if s.Name != "R6" {
		return 0, out.Encode(trial.Run(ctx, s, o))
	}
	for n := f.from; n <= f.count && ctx.Err() == nil; n++ {
		s.Run = disk.BreakNth(n)
		if err := out.Encode(trial.Run(ctx, s, o)); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// marks enclose the part of the page that is written by a run.
const markBegin, markEnd = "<!-- results -->\n", "<!-- end of results -->"

func (f flags) write(report trial.Report) error {
	if f.json != "" {
		file, err := os.Create(f.json)
		if err != nil {
			return err
		}
		if err := report.WriteJSON(file); err != nil {
			return err
		}
		if err := file.Close(); err != nil {
			return err
		}
	}
	if f.page == "" {
		return nil
	}
	text, err := os.ReadFile(f.page)
	if err != nil {
		return err
	}
	before, rest, found := strings.Cut(string(text), markBegin)
	_, after, closed := strings.Cut(rest, markEnd)
	if !found || !closed {
		return fmt.Errorf("%s has no place for results", f.page)
	}
	var b strings.Builder
	report.Table(&b)
	return os.WriteFile(f.page, []byte(before+markBegin+b.String()+markEnd+after), 0o644) //nolint:gosec // a page of the documentation
}

func commit(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(out))
}
