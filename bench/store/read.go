package store

import (
	"context"
	"fmt"
	"os"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"shiyang/bench/machine"
	"shiyang/bench/peer"
)

// Figures of reads; "events/s", and CPU of client and server together.
const (
	figureReadAll    = "ReadAll from disk"
	figureReadMemory = "ReadAll from the server without a disk"
	figureReadStream = "ReadStream of one long stream"
	figureCatchUp    = "catch-up subscription to $all"
	figurePeak       = "most memory held under load"
)

// measureReads reads the same number of events in each way.
func (b *bench) measureReads(ctx context.Context, ours *peer.Embedded, memory *peer.Memory) error {
	for _, r := range []struct {
		what  string
		store peer.Store
		read  func(context.Context) (int, error)
	}{
		{figureReadAll, ours, func(ctx context.Context) (int, error) { return ours.ReadAll(ctx, esdb.Start{}, b.read) }},
		{figureReadMemory, memory, func(ctx context.Context) (int, error) { return memory.ReadAll(ctx, esdb.Start{}, b.read) }},
		{figureReadStream, ours, func(ctx context.Context) (int, error) { return ours.ReadStream(ctx, peer.LongStream, b.read) }},
		{figureCatchUp, ours, func(ctx context.Context) (int, error) { return ours.Subscribe(ctx, b.read) }},
	} {
		p, err := quietest(ctx, !b.Quick, func(ctx context.Context) (Point, error) { return b.timeRead(ctx, r.store, b.read, r.read) })
		if err != nil {
			return fmt.Errorf("%s: %w", r.what, err)
		}
		b.figure(r.what, "events/s", p.Rate)
		b.figure(r.what+", CPU of server and client", "µs/event", p.Server+p.Client)
		b.say("  %-40s %8.0f events/s  CPU %.1f + %.1f µs/event  foreign %.2f", r.what, p.Rate, p.Server, p.Client, p.Foreign)
	}
	return nil
}

// timeRead measures one read of so many events; here a point counts events,
// not appends.
func (b *bench) timeRead(ctx context.Context, s peer.Store, events int, read func(context.Context) (int, error)) (Point, error) {
	before := machine.Take(b.Dir, os.Getpid(), s.Process())
	n, err := read(ctx)
	if err != nil {
		return Point{}, err
	}
	use := before.Since(b.Dir)
	if n != events {
		return Point{}, fmt.Errorf("%d events came instead of %d", n, events)
	}
	each := 1e6 / float64(n)
	return Point{
		Rate: float64(n) / use.Elapsed.Seconds(), Client: use.CPU[0].Seconds() * each, Server: use.CPU[1].Seconds() * each, Foreign: use.Foreign,
	}, nil
}
