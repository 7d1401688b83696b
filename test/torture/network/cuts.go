package network

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"shiyang/test/torture/load"
	"shiyang/test/torture/program"
	"shiyang/test/torture/supervised"
	"shiyang/test/torture/trial"
)

// writers of all scenarios of this package.
const writers = 16

// deadline of an append; that of one during cuts is a third.
const deadline = 2 * time.Second

// bench is a store, a network to it, a supervised client and writers.
type bench struct {
	t      *trial.Trial
	store  *program.Process
	line   *Line
	client *supervised.Client
	fleet  *load.Fleet
	before int // goroutines
	failed atomic.Int64
	stop   context.CancelFunc
	done   sync.WaitGroup
}

// newBench starts all and lets the writers write until the bench is closed.
func newBench(ctx context.Context, t *trial.Trial, tag string, limit time.Duration) (b *bench, err error) {
	b = &bench{t: t, before: Goroutines()}
	if b.store, err = program.StartStore(ctx, t.Program, t.Dir+"/data", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	o, err := newOracle(t)
	if err == nil {
		b.line, err = NewLine(ctx, b.store.Address)
	}
	if err == nil {
		b.client, err = supervised.Dial(ctx, t, o, "esdb://"+b.line.Address()+"?tls=false", limit)
	}
	if err != nil {
		return nil, errors.Join(err, b.store.End(syscall.SIGKILL))
	}
	b.fleet = load.NewFleet(writers, o, "facility-"+tag, t.Fork)
	b.fleet.Exact, b.fleet.Size = true, 300
	working, cancel := context.WithCancel(ctx)
	b.stop = cancel
	b.done.Go(func() { b.fleet.Persist(working, b.client, func(error) { b.failed.Add(1) }) })
	return b, nil
}

// more waits until so many more events are acknowledged.
func (b *bench) more(ctx context.Context, events int) error {
	enough := b.fleet.Oracle.Acked() + events
	return until(ctx, fmt.Sprintf("%d acknowledgements (client: %v, %+v)", events, b.client.Ready(), b.client.Stats()),
		func() bool { return b.fleet.Oracle.Acked() >= enough })
}

// close stops the writers, judges the store, and counts what stays behind.
func (b *bench) close(ctx context.Context) error {
	b.stop()
	b.done.Wait()
	err := finish(ctx, b.t, b.fleet, b.client, b.store.Address)
	stats := b.client.Stats()
	b.t.Add("connections replaced", int(stats.Reconnects))
	if e := until(ctx, "stuck calls", func() bool { return b.client.Stats().Stuck == 0 }); e != nil {
		b.t.Fault("%d calls are stuck in the client", b.client.Stats().Stuck)
	}
	b.t.Add("stuck calls", int(b.client.Stats().Stuck))
	err = errors.Join(err, b.client.Close(), b.store.End(syscall.SIGTERM), b.fleet.Oracle.Close())
	b.line.Close()
	settled(ctx, b.t, b.before)
	return err
}

// Cuts is scenario R8: the network between services and store is cut in four
// ways, for a moment each. After each cut the writers go on by themselves; what
// they sent without hearing an answer is found by its ids and written once.
func Cuts(ctx context.Context, t *trial.Trial) error {
	b, err := newBench(ctx, t, "cut", deadline/3)
	if err != nil {
		return err
	}
	if err := b.more(ctx, 50); err != nil {
		return errors.Join(err, b.close(ctx))
	}
	for n := range t.Count {
		heal, err := b.cut(ctx, n%4)
		if err != nil {
			return errors.Join(err, b.close(ctx))
		}
		hold := time.NewTimer(time.Duration(50+t.Random.IntN(950)) * time.Millisecond)
		select {
		case <-hold.C:
		case <-ctx.Done():
		}
		if err := heal(); err != nil {
			return errors.Join(err, b.close(ctx))
		}
		began := time.Now()
		if err := b.more(ctx, 1); err != nil {
			t.Fault("after cut %d: %v", n+1, err)
			break
		}
		t.Measure("first answer after healing", time.Since(began))
		if err := b.more(ctx, 50); err != nil {
			t.Fault("after cut %d: %v", n+1, err)
			break
		}
		t.Measure("50 answers after healing", time.Since(began))
		t.Progress(n + 1)
	}
	t.Add("appends without a known outcome, repeated", int(b.failed.Load()))
	return b.close(ctx)
}

// cut cuts the network in one of four ways and returns what heals it.
func (b *bench) cut(ctx context.Context, kind int) (heal func() error, err error) {
	mend := func() error { return b.line.Heal(ctx) }
	switch kind {
	case 0:
		b.t.Add("cuts: nobody listens", 1)
		b.line.Down()
		return func() error { return b.line.Up(ctx) }, nil
	case 1:
		b.t.Add("cuts: black hole", 1)
		err = b.line.Spoil("timeout", "upstream", `{"timeout":0}`)
		return mend, errors.Join(err, b.line.Spoil("timeout", "downstream", `{"timeout":0}`))
	case 2:
		b.t.Add("cuts: connection reset", 1)
		return mend, b.line.Spoil("reset_peer", "upstream", `{"timeout":0}`)
	default:
		b.t.Add("cuts: answers lost", 1)
		return mend, b.line.Spoil("timeout", "downstream", `{"timeout":0}`)
	}
}
