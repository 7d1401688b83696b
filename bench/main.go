// Command bench measures the system beside the physical limits of the machine
// it runs on, in one run, and writes a table with the raw figures.
//
//	cd bench && go run . -out ../docs/bench
//	cd bench && go run . -only store -quick
//
// Only ratios of one run count: the machine, its disk and its neighbours
// differ from run to run. Every section says what it measures and against
// which limit; a section can be chosen with -only.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"shiyang/bench/peer"
)

// Figure is one measured value beside its limit.
type Figure struct {
	Section string    `json:"section"`
	What    string    `json:"what"`
	Value   float64   `json:"value"`
	Unit    string    `json:"unit"`
	Limit   string    `json:"limit"`
	Raw     []float64 `json:"raw,omitempty"`
}

// run is one run of the benchmarks.
type run struct {
	ctx     context.Context
	out     string
	rounds  int
	scale   float64
	events  int  // of the store's long log
	quick   bool // the store's smoke test
	dir     string
	binary  string
	profile string // folder for CPU profiles of the program, or empty
	figures []Figure
	log     io.Writer
}

func (r *run) add(f Figure) {
	r.figures = append(r.figures, f)
	fmt.Fprintf(r.log, "%-10s %-62s %12.3f %-10s %s\n", f.Section, f.What, f.Value, f.Unit, f.Limit)
}

var sections = []struct {
	name    string
	measure func(*run) error
}{
	{"build", (*run).measureBuild},
	{"start", (*run).measureStart},
	{"command", (*run).measureCommand},
	{"list", (*run).measureList},
	{"meters", (*run).measureMeters},
	{"store", (*run).measureStore},
}

func main() {
	if asked, err := peer.ServeSelf(os.Args); asked {
		if err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
	r := &run{}
	flag.StringVar(&r.out, "out", "", "folder for the tables and the raw figures; empty prints only")
	flag.IntVar(&r.rounds, "rounds", 5, "interleaved rounds of each comparison")
	flag.Float64Var(&r.scale, "scale", 1, "size of the data, 1 is the size that the goals name")
	flag.IntVar(&r.events, "events", 1_000_000, "section store: events of the long log; the goals name 10,000,000")
	flag.BoolVar(&r.quick, "quick", false, "section store: a smoke test of one short round")
	flag.StringVar(&r.profile, "profile", "", "folder for CPU profiles of the measured program")
	only := flag.String("only", "", "sections to measure, separated by commas; empty means all")
	flag.Parse()
	signal.Ignore(syscall.SIGPIPE) // a closed reader of the output ends the run, but not before it is cleaned up
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	r.ctx, r.log = ctx, outlet{os.Stdout, stop}
	err := r.measure(*only)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// outlet is where figures are printed; when nobody reads them it ends the run.
type outlet struct {
	io.Writer
	end func()
}

func (o outlet) Write(b []byte) (int, error) {
	n, err := o.Writer.Write(b)
	if err != nil {
		o.end()
	}
	return n, err
}

func (r *run) measure(only string) (err error) {
	if r.dir, err = os.MkdirTemp("", "shiyang-bench-"); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(r.dir)) }()
	r.binary = filepath.Join(r.dir, "shiyang")
	if err := r.compile(r.binary, ""); err != nil {
		return err
	}
	for _, s := range sections {
		if only != "" && !strings.Contains(","+only+",", ","+s.name+",") {
			continue
		}
		if err := s.measure(r); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	if r.out == "" || len(r.figures) == 0 {
		return nil
	}
	return r.write(r.out)
}

// write keeps the run as a table for people and as raw figures.
func (r *run) write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // documentation
		return err
	}
	raw, err := json.MarshalIndent(r.figures, "", " ")
	if err != nil {
		return err
	}
	var table strings.Builder
	fmt.Fprintf(&table, "# Measured %s\n\n%s, %s/%s, %d cores, %d rounds, scale %g. Reproduce with `make bench`.\nOnly ratios of one run count.\n\n",
		time.Now().UTC().Format("2006-01-02"), runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), r.rounds, r.scale)
	if _, err := os.Stat(filepath.Join(dir, "store.md")); err == nil {
		fmt.Fprint(&table, "The event store beside its peers has [a page of its own](store.md).\n\n")
	}
	fmt.Fprintln(&table, "| section | what | value | unit | goal |\n|---|---|---|---|---|")
	for _, f := range r.figures {
		fmt.Fprintf(&table, "| %s | %s | %.3f | %s | %s |\n", f.Section, f.What, f.Value, f.Unit, f.Limit)
	}
	if err := os.WriteFile(filepath.Join(dir, "README.md"), []byte(table.String()), 0o644); err != nil { //nolint:gosec // documentation
		return err
	}
	return os.WriteFile(filepath.Join(dir, "figures.json"), append(raw, '\n'), 0o644) //nolint:gosec // documentation
}
