package disk

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"shiyang/eventstore"
	"shiyang/test/torture/load"
	"shiyang/test/torture/oracle"
	"shiyang/test/torture/trial"
)

// BrokenWrites is scenario R6: the nth operation that changes the file system
// fails with EIO, once or from then on. A store whose fsync has failed must
// not acknowledge anything more and must say that it is not ready; after any
// failure, all that was acknowledged is there when the power fails next.
//
// The store may also end its process; so the operations are tried in a child,
// and the next child begins after the one that ended it.
func BrokenWrites(ctx context.Context, t *trial.Trial) error {
	for n := 1; n <= t.Count && ctx.Err() == nil && t.Faults() < tooMany; {
		done, err := t.Child(ctx, []string{"-only", "R6", "-from", strconv.Itoa(n), "-count", strconv.Itoa(t.Count)}, nil, tooMany)
		n += done
		switch {
		case err == nil:
		case strings.Contains(err.Error(), "panic: "), strings.Contains(err.Error(), "fatal error: "):
			t.Add("ended its process", 1)
			n++
		default:
			return err
		}
		t.Progress(n)
	}
	return ctx.Err()
}

// BreakNth is what a child of BrokenWrites does for one operation.
func BreakNth(number int) func(ctx context.Context, t *trial.Trial) error {
	return func(ctx context.Context, t *trial.Trial) error { return breakOne(ctx, t, number) }
}

// tooMany broken promises end the scenario: each may have cost patience.
const tooMany = 10

// breaker fails the nth operation, or all from it on.
type breaker struct {
	fail  func(b *breaker) // called once, before the first failure is told
	mu    sync.Mutex
	left  int
	stays bool
	met   string // the operation that failed first
	sync  bool   // and whether it was to make something durable, while clients were served
	open  bool   // the store is open
	hit   chan struct{}
}

// MaybeError decides about one operation.
func (b *breaker) MaybeError(op errorfs.Op) error {
	if !changes(op) {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left--
	if b.left == 0 {
		b.met, b.sync = describe(op), syncs(op) && b.open
		b.fail(b) // this may be the last thing that this process does
		close(b.hit)
		return syscall.EIO
	}
	if b.left < 0 && b.stays {
		return syscall.EIO
	}
	return nil
}

// opened says that clients are served from now on, and reports whether the
// failure lies behind.
func (b *breaker) opened() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open = true
	return b.met != ""
}

// brokeSync reports whether a sync has failed while clients were served.
func (b *breaker) brokeSync() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.sync
}

// String names the injector.
func (b *breaker) String() string { return "EIO" }

// breakOne runs one store until its nth operation has failed.
func breakOne(ctx context.Context, t *trial.Trial, number int) error {
	fs, o := vfs.NewCrashableMem(), oracle.New()
	random := t.Fork(uint64(number))
	b := &breaker{left: number, stays: random.IntN(2) == 0, hit: make(chan struct{})}
	b.fail = func(b *breaker) {
		if err := reopen(ctx, t, o, fs, b); err != nil {
			t.Fault("EIO from %s, then a power failure: %v", b.met, err)
		}
	}
	n, err := open(t, errorfs.Wrap(fs, b))
	if err != nil {
		t.Add("refused when opened", 1)
		if errors.Is(err, errHangs) {
			t.Fault("EIO from %s: %v", b.met, err)
		}
		return reopen(ctx, t, o, fs, b)
	}
	if b.opened() {
		t.Add("overcome when opened", 1) // what is made from the log was made again
	}
	fleet := load.NewFleet(writersPerLife, o, "eio", func(w uint64) *rand.Rand { return t.Fork(uint64(number)<<8 + w) })
	fleet.Size = 1500
	working, cancel := context.WithCancel(ctx)
	defer cancel()
	written := make(chan struct{})
	go func() {
		defer close(written)
		fleet.Run(working, n)
	}()
	select {
	case <-b.hit:
	case <-written:
	case <-time.After(patience):
		t.Fault("the store made fewer than %d changes in %s", number, patience)
	}
	if b.brokeSync() {
		afterSync(ctx, t, n, b, written)
	} else {
		t.Add("failed writes and renames", 1)
	}
	cancel()
	<-written
	if wrong, text := fleet.Wrong(); wrong > 0 {
		t.Fault("%d appends of a lone writer were refused: %s", wrong, text)
	}
	_ = n.stop(ctx, true) // after a failure it may say so once more
	return reopen(ctx, t, o, fs, b)
}

// afterSync expects a store to have given up.
func afterSync(ctx context.Context, t *trial.Trial, n *node, b *breaker, written <-chan struct{}) {
	t.Add("failed syncs", 1)
	select {
	case <-n.store.Failed():
		t.Add("stopped after a failed sync", 1)
	case <-time.After(patience):
		t.Fault("EIO from %s: the store goes on", b.met)
		return
	}
	<-written // writers end by themselves, as nobody answers them any more
	if !errors.Is(n.store.Ready(), eventstore.ErrFailed) {
		t.Fault("EIO from %s: the store stopped and says it is ready (%v)", b.met, n.store.Ready())
	}
	if _, err := n.Append(ctx, "after", -1, 100, [16]byte{1}); err == nil {
		t.Fault("EIO from %s: an append is acknowledged after it", b.met)
	}
}

// reopen lets the power fail and looks for what was acknowledged.
func reopen(ctx context.Context, t *trial.Trial, o *oracle.Oracle, fs *vfs.MemFS, b *breaker) error {
	owed := o.Promised()
	n, err := open(t, fs.CrashClone(vfs.CrashCloneCfg{}))
	if err != nil {
		t.Fault("EIO from %s, then a power failure: the store does not open: %v", b.met, err)
		return nil
	}
	verdict, err := n.Judge(ctx, o.Read(), owed)
	if err != nil {
		t.Fault("EIO from %s, then a power failure: the store cannot be read: %v", b.met, err)
	}
	t.Judge(verdict, "EIO from "+b.met+", then a power failure")
	return n.stop(ctx, false)
}
