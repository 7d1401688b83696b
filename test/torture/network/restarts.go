package network

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"time"

	"shiyang/test/torture/load"
	"shiyang/test/torture/program"
	"shiyang/test/torture/supervised"
	"shiyang/test/torture/trial"
)

// Restarts is the supervised client under fire: the store is killed or
// stopped and started again at the same address, while 32 writers go on. No
// goroutine stays stuck, nothing panics, nothing grows.
func Restarts(ctx context.Context, t *trial.Trial) error {
	const many = 32
	before := Goroutines()
	address, err := program.FreePort(ctx)
	if err != nil {
		return err
	}
	store, err := program.StartStore(ctx, t.Program, t.Dir+"/data", address)
	if err != nil {
		return err
	}
	defer func() { _ = store.End(syscall.SIGKILL) }() // gone already, unless something failed
	o, err := newOracle(t)
	if err != nil {
		return err
	}
	client, err := supervised.Dial(ctx, t, o, "esdb://"+address+"?tls=false", 5*time.Second)
	if err != nil {
		return err
	}
	fleet := load.NewFleet(many, o, "facility-restart", t.Fork)
	fleet.Exact, fleet.Size = true, 300
	working, stop := context.WithCancel(ctx)
	defer stop()
	var done sync.WaitGroup
	done.Go(func() { fleet.Persist(working, client, func(error) {}) })
	for n := range t.Count {
		enough := o.Acked() + many
		if err := until(ctx, "answers", func() bool { return o.Acked() >= enough }); err != nil {
			t.Fault("before restart %d: %v (client: %v, %+v)", n+1, err, client.Ready(), client.Stats())
			break
		}
		signal := syscall.SIGKILL
		if n%4 == 3 {
			signal = syscall.SIGTERM
		}
		if err := store.End(signal); err != nil {
			return err
		}
		if store, err = program.StartStore(ctx, t.Program, t.Dir+"/data", address); err != nil {
			return fmt.Errorf("restart %d: %w", n+1, err)
		}
		began, first := time.Now(), o.Acked()+1
		if err := until(ctx, "the first answer", func() bool { return o.Acked() >= first }); err != nil {
			t.Fault("after restart %d: %v (client: %v, %+v)", n+1, err, client.Ready(), client.Stats())
			break
		}
		t.Measure("recovery after the store is back", time.Since(began))
		t.Most("goroutines at most", Goroutines())
		t.Progress(n + 1)
	}
	stop()
	done.Wait()
	err = finish(ctx, t, fleet, client, store.Address)
	if e := until(ctx, "stuck calls", func() bool { return client.Stats().Stuck == 0 }); e != nil {
		t.Fault("%d calls are stuck in the client", client.Stats().Stuck)
	}
	t.Add("stuck calls", int(client.Stats().Stuck))
	t.Add("connections replaced", int(client.Stats().Reconnects))
	err = errors.Join(err, client.Close(), store.End(syscall.SIGTERM), o.Close())
	settled(ctx, t, before)
	return err
}
