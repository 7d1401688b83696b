package store

import (
	"context"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"shiyang/bench/machine"
	"shiyang/bench/peer"
)

// load is a number of writers, each of which appends as soon as its last
// append was acknowledged.
type load struct {
	store   string
	writers int
	events  int // of one append
}

// Series is one load in all rounds.
type Series struct {
	Store   string  `json:"store"`
	Writers int     `json:"writers"`
	Events  int     `json:"eventsPerAppend"`
	Points  []Point `json:"rounds"`
}

// Point is one load in one round.
type Point struct {
	Rate    float64 `json:"eventsPerSecond"`
	P50     float64 `json:"p50ms"`
	P99     float64 `json:"p99ms"`
	Server  float64 `json:"serverMicrosecondsPerAppend"` // CPU
	Client  float64 `json:"clientMicrosecondsPerAppend"` // CPU
	Flush   float64 `json:"eventsPerFlush"`              // flushes that the disk was asked for
	Foreign float64 `json:"foreignCores"`                // CPU of others meanwhile
	Repeats int     `json:"repeats,omitempty"`           // for too much of that
}

// A measurement is repeated when others took more than this, in cores; the
// quietest is kept after so many.
const (
	tooMuch    = 0.2
	maxRepeats = 3
)

func (r *Report) series(l load) *Series {
	for _, s := range r.Loads {
		if s.Store == l.store && s.Writers == l.writers && s.Events == l.events {
			return s
		}
	}
	s := &Series{Store: l.store, Writers: l.writers, Events: l.events}
	r.Loads = append(r.Loads, s)
	return s
}

// measureLoad adds a point to a load's series, if its store is there.
func (b *bench) measureLoad(ctx context.Context, l load) error {
	s, there := b.stores[l.store]
	if !there {
		return nil
	}
	point, err := quietest(ctx, !b.Quick, func(ctx context.Context) (Point, error) { return b.run(ctx, s, l) })
	if err != nil {
		return err
	}
	series := b.report.series(l)
	series.Points = append(series.Points, point)
	b.say("  %-22s %3d writers × %2d  %8.0f events/s  p50 %6.2f  p99 %7.2f ms  CPU %4.0f + %4.0f µs  %5.1f events/flush  foreign %.2f",
		l.store, l.writers, l.events, point.Rate, point.P50, point.P99, point.Server, point.Client, point.Flush, point.Foreign)
	return nil
}

// quietest repeats a measurement while others disturb it.
func quietest(ctx context.Context, again bool, run func(context.Context) (Point, error)) (best Point, err error) {
	for i := range 1 + maxRepeats {
		p, err := run(ctx)
		if err != nil {
			return p, err
		}
		if i == 0 || p.Foreign < best.Foreign {
			best = p
		}
		best.Repeats = i
		if !again || best.Foreign <= tooMuch {
			break
		}
	}
	return best, nil
}

// phases of a load.
const (
	warming = iota
	measuring
	over
)

// writers are those of one load while it runs.
type writers struct {
	phase   atomic.Int32
	begun   atomic.Int64 // writers whose first append was acknowledged: all are connected
	appends atomic.Int64 // acknowledged while measuring
	mu      sync.Mutex
	times   []float64 // of appends begun while measuring, in ms
	err     error     // the first
}

func (w *writers) write(ctx context.Context, write peer.Writer, events int) {
	var times []float64
	var failed error
	first := true
	for failed == nil {
		phase := w.phase.Load()
		if phase == over {
			break
		}
		began := time.Now()
		failed = write(ctx, events)
		if phase == measuring {
			times = append(times, time.Since(began).Seconds()*1e3)
		}
		if w.phase.Load() == measuring {
			w.appends.Add(1)
		}
		if first || failed != nil { // one that failed is not waited for
			first = false
			w.begun.Add(1)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.times = append(w.times, times...)
	if w.err == nil {
		w.err = failed
	}
}

// run is one load.
func (b *bench) run(ctx context.Context, s peer.Store, l load) (Point, error) {
	var w writers
	var all sync.WaitGroup
	for range l.writers {
		all.Go(func() { w.write(ctx, s.Writer(), l.events) })
	}
	pause(ctx, b.warmUp)
	for w.begun.Load() < int64(l.writers) && ctx.Err() == nil {
		pause(ctx, time.Millisecond)
	}
	before := machine.Take(b.Dir, os.Getpid(), s.Process())
	w.phase.Store(measuring)
	pause(ctx, b.load)
	appends := float64(max(1, w.appends.Load()))
	use := before.Since(b.Dir)
	w.phase.Store(over)
	all.Wait()
	if w.err != nil {
		return Point{}, w.err
	}
	return Point{
		Rate: appends * float64(l.events) / use.Elapsed.Seconds(),
		P50:  machine.Median(w.times), P99: machine.Quantile(w.times, 0.99),
		Client: use.CPU[0].Seconds() * 1e6 / appends, Server: use.CPU[1].Seconds() * 1e6 / appends,
		Flush: appends * float64(l.events) / max(1, use.Flushes), Foreign: use.Foreign,
	}, nil
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
