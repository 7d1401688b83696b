package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"shiyang/bench/machine"
)

func newReport(o Options) *Report {
	return &Report{
		Date: time.Now().UTC().Format(time.DateOnly), Machine: machine.Describe(o.Dir), Go: runtime.Version(),
		Rounds: o.Rounds, Quick: o.Quick, Long: o.Events, Settings: map[string]string{},
	}
}

// Write keeps the report as a page, store.md, and as raw figures, store.json.
func (r *Report) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // documentation
		return err
	}
	raw, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	var page strings.Builder
	fmt.Fprintf(&page, "# The event store beside its peers, measured %s\n\n", r.Date)
	r.introduce(&page)
	r.WriteGoals(&page)
	r.writeLoads(&page)
	r.writeOthers(&page)
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "store.md"), []byte(page.String()), 0o644), //nolint:gosec // documentation
		os.WriteFile(filepath.Join(dir, "store.json"), append(raw, '\n'), 0o644))   //nolint:gosec // documentation
}

func (r *Report) introduce(w io.Writer) {
	kind := fmt.Sprintf("%d interleaved rounds", r.Rounds)
	if r.Quick {
		kind += " of a smoke test, whose figures mean nothing"
	}
	fmt.Fprintf(w, `%s, %s; %s. Long log: %d events. Reproduce with `+"`cd bench && go run . -only store`"+`.

Events of 1 KiB. Every append is acknowledged after fdatasync, with its expected revision checked; each store runs in
processes of its own, on the same disk. Only ratios of one round count; the figures are medians of all rounds. A measurement during
which others took over %.1f cores was repeated, up to %d times. The raw figures are in [store.json](store.json).

`, r.Machine, r.Go, kind, r.Long, tooMuch, maxRepeats)
	for _, name := range slices.Sorted(maps.Keys(r.Settings)) {
		fmt.Fprintf(w, "- **%s**: %s.\n", name, r.Settings[name])
	}
	for _, missing := range r.Missing {
		fmt.Fprintf(w, "- Left out: %s.\n", missing)
	}
}

// WriteGoals writes the table of the goals.
func (r *Report) WriteGoals(w io.Writer) {
	fmt.Fprint(w, "\n## Goals\n\n| # | what | goal | stretch | measured | met |\n|---|---|---|---|---|---|\n")
	for _, g := range r.Goals {
		measured, mark := fmt.Sprintf("%.2f %s", g.Measured, g.Unit), "✗ no"
		switch {
		case g.Absent:
			measured, mark = "not measured", "–"
		case g.Met:
			mark = "✓ yes"
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s |\n", g.ID, g.What, g.Goal, g.Stretch, strings.TrimSpace(measured), mark)
	}
}

func (r *Report) writeLoads(w io.Writer) {
	fmt.Fprint(w, "\n## Appends\n\nCPU is that of one append. A flush is one request to the disk to make its cache durable.\n\n"+
		"| store | writers | events per append | events/s | p50 ms | p99 ms | server CPU µs | client CPU µs | events per flush | foreign cores |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, s := range r.Loads {
		if len(s.Points) == 0 {
			continue
		}
		of := func(value func(Point) float64) float64 { return machine.Median(valuesOf(s.Points, value)) }
		fmt.Fprintf(w, "| %s | %d | %d | %.0f | %.2f | %.2f | %.0f | %.0f | %s | %.2f |\n", s.Store, s.Writers, s.Events, of(rate),
			of(func(p Point) float64 { return p.P50 }), of(func(p Point) float64 { return p.P99 }),
			of(func(p Point) float64 { return p.Server }), of(func(p Point) float64 { return p.Client }),
			s.flushes(of(func(p Point) float64 { return p.Flush })), of(func(p Point) float64 { return p.Foreign }))
	}
}

// flushes is empty for the server that writes nothing.
func (s *Series) flushes(events float64) string {
	if s.Store == noDisk {
		return ""
	}
	return fmt.Sprintf("%.1f", events)
}

func (r *Report) writeOthers(w io.Writer) {
	fmt.Fprint(w, "\n## Disk, reads, growth, start\n\n| what | median | unit |\n|---|---|---|\n")
	for _, f := range r.Others {
		fmt.Fprintf(w, "| %s | %.2f | %s |\n", f.What, machine.Median(f.Rounds), f.Unit)
	}
}
