package disk

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"shiyang/test/torture/load"
	"shiyang/test/torture/oracle"
	"shiyang/test/torture/trial"
)

const (
	// pointsPerLife is how often the power fails in the life of one store.
	pointsPerLife = 100
	// writers of one life; its events are read once per power failure.
	writersPerLife = 8
	// checkers open what a power failure left, at once.
	checkers = 2
)

// shares of the unsynced blocks that reach the disk when the power fails.
var shares = []int{0, 0, 10, 50, 90, 100}

// PowerLoss is scenario R3: while clients write and one follows, the power
// fails before every few operations of the file system. What was not synced
// is gone, or there in part. Whatever was acknowledged or shown before that
// moment must be there when the store is opened on what is left.
func PowerLoss(ctx context.Context, t *trial.Trial) error {
	for done := 0; done < t.Count && ctx.Err() == nil; {
		n, err := life(ctx, t, uint64(done), min(pointsPerLife, t.Count-done))
		if err != nil {
			return fmt.Errorf("the life after %d power failures: %w", done, err)
		}
		done += n
		t.Progress(done)
	}
	return ctx.Err()
}

// remains is what a power failure left, and what it had to leave.
type remains struct {
	fs     *vfs.MemFS
	owed   oracle.Promises
	done   []load.Done // of what is owed, appends to be sent again
	share  int
	op     string
	random *rand.Rand
}

// outlet makes the power fail at some operations of a file system.
type outlet struct {
	t      *trial.Trial
	fs     *vfs.MemFS
	oracle *oracle.Oracle
	fleet  *load.Fleet
	out    chan remains
	every  int

	mu     sync.Mutex
	random *rand.Rand
	left   int           // power failures to come
	wait   int           // operations until the next
	over   chan struct{} // closed when none is to come
}

// MaybeError is asked before every operation and never refuses one.
func (p *outlet) MaybeError(op errorfs.Op) error {
	if !changes(op) {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left == 0 {
		return nil
	}
	if p.wait--; p.wait > 0 {
		return nil
	}
	p.wait = 1 + p.random.IntN(p.every)
	r := remains{share: shares[p.random.IntN(len(shares))], op: describe(op)}
	r.random = rand.New(rand.NewPCG(p.random.Uint64(), 0)) //nolint:gosec // replayable chance
	r.done = p.fleet.Recent()
	r.owed = p.oracle.Promised() // before the clone: all this is on the disk
	r.fs = p.fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: r.share, RNG: r.random})
	p.out <- r
	if p.left--; p.left == 0 {
		close(p.over)
	}
	return nil
}

// String names the injector.
func (p *outlet) String() string { return "power failure" }

// life runs one store until the power has failed so often.
func life(ctx context.Context, t *trial.Trial, number uint64, points int) (int, error) {
	fs, o := vfs.NewCrashableMem(), oracle.New()
	random := t.Fork(1000 + number)
	fleet := load.NewFleet(writersPerLife, o, "life", func(w uint64) *rand.Rand { return t.Fork(number<<8 + w) })
	fleet.Size, fleet.Group = 200+int(number)%5*700, 2
	p := &outlet{
		t: t, fs: fs, oracle: o, fleet: fleet, out: make(chan remains, checkers), every: 2 + random.IntN(12),
		random: random, left: points, wait: 1, over: make(chan struct{}),
	}
	var checking sync.WaitGroup
	var trouble atomic.Pointer[error]
	for range checkers {
		checking.Go(func() {
			for r := range p.out {
				if err := recoverFrom(ctx, t, o, r, true); err != nil {
					trouble.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	err := live(ctx, t, p, errorfs.Wrap(fs, p))
	close(p.out)
	checking.Wait()
	if e := trouble.Load(); e != nil {
		err = errors.Join(err, *e)
	}
	return points, err
}

// live opens a store and lets clients use it until the outlet has had enough,
// then stops it.
func live(ctx context.Context, t *trial.Trial, p *outlet, fs vfs.FS) error {
	n, err := open(t, fs)
	if err != nil {
		return err
	}
	working, cancel := context.WithCancel(ctx)
	defer cancel()
	var clients sync.WaitGroup
	clients.Go(func() { p.fleet.Run(working, n) })
	clients.Go(func() {
		for e, err := range n.Follow(working) {
			if err != nil {
				return
			}
			p.oracle.Show(e.Event)
		}
	})
	select {
	case <-p.over:
	case <-ctx.Done():
	case <-n.store.Failed():
		t.Fault("the store failed by itself: %v", n.store.Ready())
		p.giveUp()
	}
	cancel()
	clients.Wait()
	if wrong, text := p.fleet.Wrong(); wrong > 0 {
		t.Fault("%d appends of a lone writer were refused: %s", wrong, text)
	}
	return n.stop(ctx, false)
}

// giveUp lets the power fail no more.
func (p *outlet) giveUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left = 0
}

// recoverFrom opens what a power failure left, finds all that was promised,
// and writes to it. Now and then the power fails while it opens, too.
func recoverFrom(ctx context.Context, t *trial.Trial, o *oracle.Oracle, r remains, first bool) error {
	t.Add("power failures", 1)
	var fs vfs.FS = r.fs
	if first && r.random.IntN(10) == 0 {
		if err := failAgain(ctx, t, o, r); err != nil {
			return err
		}
	}
	where := fmt.Sprintf("power failure before %s, with %d %% of the unsynced blocks", r.op, r.share)
	n, err := open(t, fs)
	if err != nil {
		t.Fault("%s: the store does not open: %v", where, err)
		return nil
	}
	verdict, err := n.Judge(ctx, o.Read(), r.owed)
	if err != nil {
		t.Fault("%s: the store cannot be read: %v", where, err)
	}
	t.Judge(verdict, where)
	sendAgain(ctx, t, o, n, r, where)
	return n.stop(ctx, false)
}

// sendAgain repeats appends that were acknowledged: nothing is written, and
// the answer is that of the first time.
func sendAgain(ctx context.Context, t *trial.Trial, o *oracle.Oracle, n *node, r remains, where string) {
	for _, d := range r.done {
		t.Add("appends repeated", 1)
		events, err := n.Append(ctx, d.Stream, d.Expected, 200, d.IDs...)
		if err != nil {
			t.Fault("%s: a repeated append to %s after %d is refused: %v", where, d.Stream, d.Expected, err)
		} else if !slices.Equal(events, d.Events) {
			t.Fault("%s: a repeated append to %s after %d is answered %v, the first time %v", where, d.Stream, d.Expected, events, d.Events)
		}
	}
	verdict, err := n.Judge(ctx, o.Read(), oracle.Promises{})
	if err != nil {
		t.Fault("%s: after repeated appends the store cannot be read: %v", where, err)
	}
	verdict.Acked = 0
	t.Judge(verdict, where+", appends repeated")
}

// failAgain opens a copy of what is left and lets the power fail meanwhile.
func failAgain(ctx context.Context, t *trial.Trial, o *oracle.Oracle, r remains) error {
	copied := r.fs.CrashClone(vfs.CrashCloneCfg{})
	var once sync.Once
	var second *remains
	wait := atomic.Int64{}
	wait.Store(int64(1 + r.random.IntN(30)))
	n, err := open(t, errorfs.Wrap(copied, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if changes(op) && wait.Add(-1) == 0 {
			once.Do(func() {
				fs := copied.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: r.share, RNG: r.random})
				second = &remains{fs: fs, owed: r.owed, done: r.done, share: r.share, op: r.op + ", then " + describe(op), random: r.random}
			})
		}
		return nil
	})))
	if err != nil {
		t.Fault("power failure before %s: the store does not open: %v", r.op, err)
		return nil
	}
	if err := n.stop(ctx, true); err != nil || second == nil {
		return err
	}
	return recoverFrom(ctx, t, o, *second, false)
}
