package disk

import (
	"context"
	"fmt"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"shiyang/test/torture/load"
	"shiyang/test/torture/oracle"
	"shiyang/test/torture/trial"
)

// Full is scenario R5 where no small disk can be mounted: whatever would take
// room on a disk in memory fails with ENOSPC, and later no longer does.
func Full(ctx context.Context, t *trial.Trial) error {
	var full atomic.Bool
	fs := errorfs.Wrap(vfs.NewMem(), errorfs.InjectorFunc(func(op errorfs.Op) error {
		if full.Load() && changes(op) && !syncs(op) && op.Kind != errorfs.OpRemove && op.Kind != errorfs.OpRename {
			return syscall.ENOSPC
		}
		return nil
	}))
	o := oracle.New()
	n, err := open(t, fs)
	if err != nil {
		return err
	}
	fleet, history := load.NewFleet(writersPerLife, o, "full", t.Fork), o.Read()
	fleet.Size = 4 << 10
	for fill := range t.Count {
		var refused atomic.Int64
		working, stop := context.WithCancel(ctx)
		written := make(chan struct{})
		go func() {
			defer close(written)
			fleet.Persist(working, n, func(err error) {
				if status.Code(err) == codes.ResourceExhausted {
					refused.Add(1)
				} else {
					t.Fault("fill %d: a write is refused otherwise: %v", fill+1, err)
				}
			})
		}()
		full.Store(true)
		err := until(ctx, "a write is refused and the store is not ready", func() bool { return refused.Load() > 0 && n.store.Ready() != nil })
		stop()
		<-written
		if err != nil {
			return fmt.Errorf("fill %d: %w", fill+1, err)
		}
		if err := judge(ctx, t, n, history, o.Promised(), "while the disk is full"); err != nil {
			return err
		}
		full.Store(false)
		if err := until(ctx, "writes are taken and the store is ready", func() bool {
			return fleet.Finish(ctx, n) == nil && n.store.Ready() == nil
		}); err != nil {
			return fmt.Errorf("fill %d: %w", fill+1, err)
		}
		if err := judge(ctx, t, n, history, o.Promised(), "after space has returned"); err != nil {
			return err
		}
		t.Add("writes refused as ResourceExhausted", int(refused.Load()))
	}
	t.Add("acknowledged", o.Acked())
	return n.stop(ctx, false)
}

func judge(ctx context.Context, t *trial.Trial, n *node, h *oracle.History, owed oracle.Promises, when string) error {
	verdict, err := n.Judge(ctx, h, owed)
	t.Judge(verdict, when)
	return err
}

// until waits for a condition.
func until(ctx context.Context, what string, holds func() bool) error {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.C:
			return fmt.Errorf("not within %s: %s", patience, what)
		}
	}
	return nil
}
