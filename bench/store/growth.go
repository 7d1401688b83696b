package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"shiyang/bench/machine"
	"shiyang/bench/peer"
)

// Figures of the short and the long log.
const (
	figureStartClean = "start to ready on the long log, stopped in good order"
	figureStartKill  = "start to ready on the long log, killed after a load, files out of the page cache"
	figureLongPeak   = "most memory held under load, long log"
)

// growing are the operations whose cost must not grow with the log.
var growing = []string{"append", "read $all", "read short streams"}

func growthFigure(what, size string) string {
	return what + ", CPU of server and client, " + size + " log"
}

// measureGrowth measures the same work on a short and on a long log.
func (b *bench) measureGrowth(ctx context.Context) (err error) {
	short, err := b.filled(ctx, "short", b.short)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, short.Close()) }()
	long, err := b.filled(ctx, "long", b.Events)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, long.Close()) }()
	size, err := long.Bytes()
	if err != nil {
		return err
	}
	b.figure("files of the long log", "MB", float64(size)/1e6)
	for range b.Rounds {
		for _, what := range growing {
			if err := b.growthOf(ctx, what, "short", short, b.short); err != nil {
				return err
			}
			if err := b.growthOf(ctx, what, "long", long, b.Events); err != nil {
				return err
			}
		}
	}
	b.figure(figureLongPeak, "MB", float64(machine.Peak(long.Process()))/1e6)
	for range b.Rounds {
		if err := b.restart(ctx, long); err != nil {
			return err
		}
	}
	return nil
}

func (b *bench) filled(ctx context.Context, name string, events int) (*peer.Embedded, error) {
	b.say("fill the %s log with %d events", name, events)
	e, err := peer.OpenEmbedded(ctx, b.Binary, filepath.Join(b.Dir, name), false)
	if err != nil {
		return nil, err
	}
	if err := e.Fill(ctx, events); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

// growthOf measures the CPU of one operation on one log.
func (b *bench) growthOf(ctx context.Context, what, name string, e *peer.Embedded, events int) error {
	streams := events / peer.FillEvents
	point, err := quietest(ctx, !b.Quick, func(ctx context.Context) (Point, error) {
		switch what {
		case "append":
			return b.run(ctx, e, load{ours, 64, 1})
		case "read $all":
			return b.timeRead(ctx, e, b.short, func(ctx context.Context) (int, error) { return e.ReadAll(ctx, esdb.Start{}, b.short) })
		default:
			count := b.short / 2 / peer.FillEvents
			return b.timeRead(ctx, e, count*peer.FillEvents, func(ctx context.Context) (int, error) { return readSome(ctx, e, streams, count) })
		}
	})
	if err != nil {
		return fmt.Errorf("%s, %s log: %w", what, name, err)
	}
	b.figure(growthFigure(what, name), "µs/event", point.Server+point.Client)
	b.say("  %-5s log of %8d: %-20s CPU %6.1f + %6.1f µs/event  foreign %.2f", name, events, what, point.Server, point.Client, point.Foreign)
	return nil
}

// readSome reads so many of the filled streams, chosen by chance.
func readSome(ctx context.Context, e *peer.Embedded, streams, count int) (events int, err error) {
	for range count {
		n, err := e.ReadStream(ctx, peer.FillStreamName(1+rand.IntN(streams)), peer.FillEvents) //nolint:gosec // a sample
		if err != nil {
			return events, err
		}
		events += n
	}
	return events, nil
}

// restart measures a start after a stop in good order, and one after a load
// and a kill.
func (b *bench) restart(ctx context.Context, e *peer.Embedded) error {
	took, err := e.Restart(ctx, false)
	if err != nil {
		return err
	}
	b.figure(figureStartClean, "s", took.Seconds())
	if _, err := b.run(ctx, e, load{ours, 64, 1}); err != nil {
		return err
	}
	if took, err = e.Restart(ctx, true); err != nil {
		return err
	}
	b.figure(figureStartKill, "s", took.Seconds())
	b.say("  %s: %.3f s", figureStartKill, took.Seconds())
	return nil
}
