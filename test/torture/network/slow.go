package network

import (
	"context"
	"errors"
	"time"

	"shiyang/test/torture/trial"
)

// slowness is one way in which a network is slow.
type slowness struct{ name, kind, attributes string }

var slow = []slowness{
	{"latency 200±100 ms", "latency", `{"latency":200,"jitter":100}`},
	{"64 KB/s", "bandwidth", `{"rate":64}`},
	{"sliced packets", "slicer", `{"average_size":128,"size_variation":64,"delay":500}`},
	{"latency 1 s, longer than some deadlines", "latency", `{"latency":1000,"jitter":900}`},
}

// slots bounds the calls that may run on one connection of the client; calls
// that have been left behind by their callers may be as many on an older one.
const slots = 256

// Slow is the part of scenario R7 about the network to the store: for a time
// it is slow in several ways. Writers get slower or their deadlines end them;
// nothing piles up.
func Slow(ctx context.Context, t *trial.Trial, lasting time.Duration) error {
	b, err := newBench(ctx, t, "slow", deadline)
	if err != nil {
		return err
	}
	for began, n := time.Now(), 0; (time.Since(began) < lasting || n < len(slow)) && ctx.Err() == nil; n++ {
		if err := b.phase(ctx, slow[n%len(slow)], lasting/time.Duration(2*len(slow))); err != nil {
			return errors.Join(err, b.close(ctx))
		}
	}
	t.Add("network: appends that a deadline ended, repeated", int(b.failed.Load()))
	t.Punctual("network")
	return b.close(ctx)
}

// phase lets the writers write over a slow network, and looks that they go on
// when it is a good one again.
func (b *bench) phase(ctx context.Context, how slowness, lasting time.Duration) error {
	for _, direction := range []string{"upstream", "downstream"} {
		if err := b.line.Spoil(how.kind, direction, how.attributes); err != nil {
			return err
		}
	}
	began, enough, failures := time.Now(), b.fleet.Oracle.Acked()+60, b.failed.Load()+2*writers
	if err := until(ctx, how.name, func() bool {
		b.t.Most("network: goroutines at most", Goroutines())
		b.t.Most("network: calls running at most", int(b.client.Stats().Running))
		return time.Since(began) >= lasting && (b.fleet.Oracle.Acked() >= enough || b.failed.Load() >= failures)
	}); err != nil {
		b.t.Fault("%s: nobody is answered and nobody's deadline ends: %v", how.name, err)
	}
	if running := b.client.Stats().Running; running > 2*slots {
		b.t.Fault("%s: %d calls run", how.name, running)
	}
	if err := b.line.Heal(ctx); err != nil {
		return err
	}
	if err := b.more(ctx, 20); err != nil {
		b.t.Fault("after %s: %v", how.name, err)
	}
	return nil
}
