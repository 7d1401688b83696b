// Package crash kills the real store while it is written to, and starts it
// again. Start reading at Kill.
package crash

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"shiyang/test/torture/load"
	"shiyang/test/torture/oracle"
	"shiyang/test/torture/program"
	"shiyang/test/torture/trial"
	"shiyang/test/torture/wire"
)

// Writers is how many clients write at once.
const Writers = 16

// rereadEvery is after how many kills everything is read again from the start,
// and not only what is new.
const rereadEvery = 25

// longEvents is how many acknowledged events a long run has at least.
const longEvents = 1_000_000

// Kill is scenario R1: SIGKILL at a random moment of the load, again and again.
func Kill(ctx context.Context, t *trial.Trial) error { return kill(ctx, t, nil) }

// beside is what else is done to a store until it has ended.
type beside func(ctx context.Context, data string, client *wire.Client, ended <-chan struct{})

func kill(ctx context.Context, t *trial.Trial, b beside) error {
	data, err := t.Folder("data")
	if err != nil {
		return err
	}
	o, err := oracle.Open(filepath.Join(t.Dir, "acknowledged"))
	if err != nil {
		return err
	}
	defer o.Close() //nolint:errcheck // closed well below
	k := &killer{t: t, data: data, oracle: o, history: o.Read(), fleet: load.NewFleet(Writers, o, "kill", t.Fork), beside: b}
	for k.kills = 0; k.kills < t.Count || t.Long && b == nil && o.Acked() < longEvents; {
		if err := k.cycle(ctx); err != nil {
			return fmt.Errorf("cycle %d: %w", k.kills+1, err)
		}
		t.Progress(k.kills)
	}
	if err := k.finish(ctx); err != nil {
		return err
	}
	if n, text := k.fleet.Wrong(); n > 0 {
		t.Fault("%d appends of a lone writer were refused: %s", n, text)
	}
	t.Add("appends sent again", k.fleet.Repeats())
	t.Add("acknowledged", o.Acked())
	return o.Close()
}

type killer struct {
	t       *trial.Trial
	data    string
	oracle  *oracle.Oracle
	history *oracle.History
	fleet   *load.Fleet
	kills   int
	beside  beside // nil: nothing
}

// start starts the store, measures how long it takes to the first answer, and
// judges what it holds.
func (k *killer) start(ctx context.Context) (*program.Process, *wire.Client, error) {
	began := time.Now()
	store, err := program.StartStore(ctx, k.t.Program, k.data, "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	client, err := wire.Dial(store.Address)
	if err == nil {
		err = client.Ping(ctx)
	}
	if err != nil {
		return nil, nil, errors.Join(err, store.End(syscall.SIGKILL))
	}
	k.t.Measure("recovery", time.Since(began))
	if err := k.judge(ctx, client, k.kills > 0 && k.kills%rereadEvery == 0); err != nil {
		return nil, nil, errors.Join(err, client.Close(), store.End(syscall.SIGKILL))
	}
	return store, client, nil
}

// cycle writes until a random moment or a random number of acknowledgements,
// whichever is first, and kills the store in the middle of what runs.
func (k *killer) cycle(ctx context.Context) error {
	store, client, err := k.start(ctx)
	if err != nil {
		return err
	}
	defer client.Close() //nolint:errcheck // always nil
	moment := time.NewTimer(time.Duration(20+k.t.Random.IntN(780)) * time.Millisecond)
	defer moment.Stop()
	enough := k.oracle.Acked() + 1000 + k.t.Random.IntN(3000)
	look := time.NewTicker(time.Millisecond)
	defer look.Stop()
	var working sync.WaitGroup
	working.Go(func() { k.fleet.Run(ctx, client) })
	if k.beside != nil {
		working.Go(func() { k.beside(ctx, k.data, client, store.Ended()) })
	}
	for waiting := true; waiting; {
		select {
		case <-look.C:
			waiting = k.oracle.Acked() < enough
		case <-moment.C:
			waiting = false
		case <-store.Ended():
			k.t.Fault("after kill %d the store ended by itself\n%s", k.kills, store.Output())
			waiting = false
		}
	}
	err = store.End(syscall.SIGKILL)
	k.kills++
	k.t.Add("kills", 1)
	working.Wait()
	return err
}

// judge reads what is new and, if asked to, everything again.
func (k *killer) judge(ctx context.Context, client *wire.Client, again bool) error {
	if err := k.oracle.Sync(); err != nil {
		return err
	}
	verdict, err := client.Judge(ctx, k.history, k.oracle.Promised())
	if err == nil && again {
		var second oracle.Verdict
		second, err = client.Reread(ctx, k.history)
		verdict.Add(second)
	}
	k.t.Judge(verdict, fmt.Sprintf("after kill %d", k.kills))
	return err
}

// finish lets the writers send what they owe, reads everything, and stops the
// store as an operator would.
func (k *killer) finish(ctx context.Context) error {
	store, client, err := k.start(ctx)
	if err != nil {
		return err
	}
	defer client.Close() //nolint:errcheck // always nil
	err = k.fleet.Finish(ctx, client)
	if err == nil {
		err = k.judge(ctx, client, true)
	}
	return errors.Join(err, store.End(syscall.SIGTERM))
}
