package disk

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"shiyang/test/torture/load"
	"shiyang/test/torture/oracle"
	"shiyang/test/torture/trial"
	"shiyang/test/torture/wire"
)

// slowWriters write to a slow disk.
const slowWriters = 16

// slowDeadline is that of an append: shorter than many commits take.
const slowDeadline = 600 * time.Millisecond

// laziness makes operations of a file system take 1 to 500 ms.
type laziness struct {
	mu     sync.Mutex
	random *rand.Rand
	share  float64 // of the operations that change or sync something
}

// MaybeError waits before an operation, and never fails it.
func (l *laziness) MaybeError(op errorfs.Op) error {
	l.mu.Lock()
	slow := changes(op) && l.random.Float64() < l.share
	wait := time.Duration(1+l.random.IntN(500)) * time.Millisecond
	l.mu.Unlock()
	if slow {
		time.Sleep(wait) // this is the fault itself
	}
	return nil
}

// String names the injector.
func (l *laziness) String() string { return "slow" }

func (l *laziness) set(share float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.share = share
}

// Slow is the part of scenario R7 about a slow disk: for a time, operations of
// the file system take up to half a second. Calls end at their deadlines,
// neither they nor goroutines pile up, and all that was acknowledged is there.
func Slow(ctx context.Context, t *trial.Trial, lasting time.Duration) error {
	lazy := &laziness{random: t.Fork(700)}
	fs, before := vfs.NewCrashableMem(), runtime.NumGoroutine()
	n, err := open(t, errorfs.Wrap(fs, lazy))
	if err != nil {
		return err
	}
	o := oracle.New()
	fleet := load.NewFleet(slowWriters, o, "slow", t.Fork)
	hurried := &hurried{node: n, trial: t, watch: trial.NewWatch()}
	defer hurried.watch.Stop()
	serving := runtime.NumGoroutine()
	working, stop := context.WithCancel(ctx)
	defer stop()
	written := make(chan struct{})
	go func() {
		defer close(written)
		fleet.Persist(working, hurried, func(error) { hurried.ended.Add(1) })
	}()
	for began, phase := time.Now(), 0; time.Since(began) < lasting && ctx.Err() == nil; phase++ {
		lazy.set([]float64{1, 0.3, 0.05}[phase%3])
		if err := hurried.observe(ctx, o, min(5*time.Second, lasting-time.Since(began)), serving); err != nil {
			t.Fault("slow disk: %v", err)
		}
	}
	lazy.set(0)
	stop()
	<-written
	t.Punctual("disk")
	if err := until(ctx, "writes are taken and the store is ready", func() bool {
		return fleet.Finish(ctx, n) == nil && n.store.Ready() == nil
	}); err != nil {
		t.Fault("slow disk: %v", err)
	}
	if err := judge(ctx, t, n, o.Read(), o.Promised(), "after the slow disk"); err != nil {
		return err
	}
	t.Add("disk: acknowledged", o.Acked())
	err = n.stop(ctx, false)
	if e := until(ctx, "goroutines", func() bool { return runtime.NumGoroutine() <= before+10 }); e != nil {
		t.Fault("slow disk: %d goroutines more than before", runtime.NumGoroutine()-before)
	}
	return err
}

// hurried gives every append a deadline and watches that it is kept.
type hurried struct {
	*node
	trial *trial.Trial
	watch *trial.Watch
	ended atomic.Int64
}

// Append is that of the node.
func (h *hurried) Append(ctx context.Context, stream string, expected wire.Expected, size int, ids ...uuid.UUID) ([]oracle.Event, error) {
	ctx, cancel := context.WithTimeout(ctx, slowDeadline)
	defer cancel()
	began := time.Now()
	events, err := h.node.Append(ctx, stream, expected, size, ids...)
	h.trial.Late("disk", h.watch, began, slowDeadline)
	_, wrong := errors.AsType[*wire.WrongRevisionError](err)
	if code := status.Code(err); err != nil && !wrong && code != codes.DeadlineExceeded && code != codes.Canceled {
		h.trial.Fault("slow disk: an append fails otherwise: %v", err)
	}
	return events, err
}

// observe looks for a while how much is under way.
func (h *hurried) observe(ctx context.Context, o *oracle.Oracle, lasting time.Duration, serving int) error {
	// A call of each writer, and one that its deadline has ended and that leads
	// a commit: each with a few goroutines of client and server.
	most := serving + 2*slowWriters*4 + 20
	answered, ended := o.Acked(), h.ended.Load()
	for began := time.Now(); time.Since(began) < lasting && ctx.Err() == nil; time.Sleep(20 * time.Millisecond) {
		running := runtime.NumGoroutine()
		h.trial.Most("disk: goroutines at most", running)
		if running > most {
			return fmt.Errorf("%d goroutines run", running)
		}
	}
	if lasting > time.Second && o.Acked() == answered && h.ended.Load() == ended {
		return errors.New("nobody is answered and nobody's deadline ends")
	}
	return nil
}
