// Package store measures the event store beside its peers and beside the
// limits of the machine, in interleaved rounds of one run, and judges the
// ratios by goals.
//
// Only ratios of one round count, because machine, disk and neighbours differ
// from minute to minute; a goal is judged by the median of the rounds' ratios.
// A measurement during which others took too much of the machine is repeated.
//
// Start with Measure; the goals are in goals.go, what is measured in append.go,
// read.go and growth.go.
package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"shiyang/bench/machine"
	"shiyang/bench/peer"
)

// Options say how much is measured.
type Options struct {
	Binary  string    // the program, compiled
	Dir     string    // an empty folder on a disk; what is left in it is the caller's to remove
	Rounds  int       // interleaved rounds
	Events  int       // events of the long log, whose figures stand beside those of a short one
	Quick   bool      // a smoke test: everything once and short
	Profile string    // folder for CPU profiles of the store, or empty
	Log     io.Writer // progress
}

// sizes are how long and how much.
type sizes struct {
	load   time.Duration // one load of writers
	warmUp time.Duration // before it
	read   int           // events of one read
	short  int           // events of the short log
}

func (o Options) sizes() sizes {
	if o.Quick {
		return sizes{load: 250 * time.Millisecond, warmUp: 50 * time.Millisecond, read: 5_000, short: 5_000}
	}
	return sizes{load: 2 * time.Second, warmUp: 500 * time.Millisecond, read: 100_000, short: 100_000}
}

// Report is everything that was measured.
type Report struct {
	Date     string            `json:"date"`
	Machine  string            `json:"machine"`
	Go       string            `json:"go"`
	Rounds   int               `json:"rounds"`
	Quick    bool              `json:"quick,omitempty"`
	Long     int               `json:"eventsOfTheLongLog"`
	Settings map[string]string `json:"settings"`
	Missing  []string          `json:"missing,omitempty"`
	Loads    []*Series         `json:"loads"`
	Others   []*Figure         `json:"others"`
	Goals    []Judged          `json:"goals"`
}

// Figure is a measured value of each round.
type Figure struct {
	What   string    `json:"what"`
	Unit   string    `json:"unit"`
	Rounds []float64 `json:"rounds"`
}

// bench is one run.
type bench struct {
	Options
	sizes

	report *Report
	stores map[string]peer.Store
}

// Measure runs everything. All servers have ended and their data are removed
// when it returns.
func Measure(ctx context.Context, o Options) (*Report, error) {
	if machine.FileSystem(o.Dir) == machine.InMemory {
		return nil, fmt.Errorf("%s is in memory, where nothing is durable; set TMPDIR to a folder on a disk", o.Dir)
	}
	b := &bench{Options: o, sizes: o.sizes(), stores: map[string]peer.Store{}, report: newReport(o)}
	for _, part := range []func(context.Context) error{b.measurePeers, b.measureGrowth} {
		if err := part(ctx); err != nil {
			return nil, err
		}
	}
	b.report.judge()
	return b.report, nil
}

// figure is the list of a figure's rounds, to be appended to.
func (b *bench) figure(what, unit string, value float64) {
	for _, f := range b.report.Others {
		if f.What == what {
			f.Rounds = append(f.Rounds, value)
			return
		}
	}
	b.report.Others = append(b.report.Others, &Figure{What: what, Unit: unit, Rounds: []float64{value}})
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.Log, format+"\n", args...) }

// measurePeers opens all stores, measures them in rounds and closes them.
func (b *bench) measurePeers(ctx context.Context) (err error) {
	var closers []io.Closer
	defer func() {
		for i := len(closers) - 1; i >= 0; i-- {
			err = errors.Join(err, closers[i].Close())
		}
	}()
	ours, err := peer.OpenEmbedded(ctx, b.Binary, filepath.Join(b.Dir, "shiyang"), b.Profile != "")
	if err != nil {
		return err
	}
	closers = append(closers, ours)
	memory, err := peer.OpenMemory(ctx, b.read)
	if err != nil {
		return err
	}
	closers = append(closers, memory)
	nats, err := peer.OpenNATS(ctx, filepath.Join(b.Dir, "nats"))
	if err != nil {
		return err
	}
	closers = append(closers, nats)
	b.use(ours, memory, nats)
	postgres, err := peer.OpenPostgres(ctx, os.TempDir())
	switch {
	case errors.Is(err, peer.ErrAbsent):
		b.report.Missing = append(b.report.Missing, err.Error())
	case err != nil:
		return err
	default:
		closers = append(closers, postgres)
		if err := b.usePostgres(ctx, postgres); err != nil {
			return err
		}
	}
	b.say("fill %d events", 2*b.read)
	if err := errors.Join(ours.Fill(ctx, b.read), ours.FillStream(ctx, b.read)); err != nil {
		return err
	}
	return b.rounds(ctx, ours, memory)
}

func (b *bench) use(stores ...peer.Store) {
	for _, s := range stores {
		b.stores[s.Name()] = s
		b.report.Settings[s.Name()] = s.Settings()
	}
}

func (b *bench) usePostgres(ctx context.Context, p *peer.Postgres) error {
	messages, err := peer.NewMessageDB(ctx, p)
	if err != nil {
		return err
	}
	crud, err := peer.NewCRUD(ctx, p)
	if err != nil {
		return err
	}
	b.use(messages, crud)
	return nil
}

func (b *bench) rounds(ctx context.Context, ours *peer.Embedded, memory *peer.Memory) error {
	if err := b.profiled(ctx, ours); err != nil {
		return err
	}
	for round := range b.Rounds {
		b.say("round %d of %d", round+1, b.Rounds)
		for _, l := range loads {
			if err := b.measureLoad(ctx, l); err != nil {
				return fmt.Errorf("%s with %d writers: %w", l.store, l.writers, err)
			}
		}
		if err := b.measureDisk(ctx); err != nil {
			return fmt.Errorf("disk: %w", err)
		}
		if err := b.measureReads(ctx, ours, memory); err != nil {
			return fmt.Errorf("read: %w", err)
		}
	}
	b.figure(figurePeak, "MB", float64(machine.Peak(ours.Process()))/1e6)
	return nil
}
