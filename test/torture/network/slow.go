package network

import (
	"context"
	"errors"

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

// Slow is scenario R7: a network that is slow in several ways. Writers get
// slower or their deadlines end them; nothing piles up.
func Slow(ctx context.Context, t *trial.Trial) error {
	b, err := newBench(ctx, t, "slow", deadline)
	if err != nil {
		return err
	}
	for n := range t.Count {
		how := slow[n%len(slow)]
		for _, direction := range []string{"upstream", "downstream"} {
			if err := b.line.Spoil(how.kind, direction, how.attributes); err != nil {
				return errors.Join(err, b.close(ctx))
			}
		}
		enough := b.fleet.Oracle.Acked() + 60
		failures := b.failed.Load() + 2*writers
		if err := until(ctx, how.name, func() bool {
			t.Most("goroutines at most", Goroutines())
			t.Most("calls running at most", int(b.client.Stats().Running))
			return b.fleet.Oracle.Acked() >= enough || b.failed.Load() >= failures
		}); err != nil {
			t.Fault("%s: nobody is answered and nobody's deadline ends: %v", how.name, err)
		}
		if running := b.client.Stats().Running; running > 2*slots {
			t.Fault("%s: %d calls run", how.name, running)
		}
		if err := b.line.Heal(ctx); err != nil {
			return errors.Join(err, b.close(ctx))
		}
		if err := b.more(ctx, 20); err != nil {
			t.Fault("after %s: %v", how.name, err)
		}
		t.Progress(n + 1)
	}
	t.Add("appends that a deadline ended, repeated", int(b.failed.Load()))
	return b.close(ctx)
}
