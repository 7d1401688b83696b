package crash

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"shiyang/test/torture/disk"
	"shiyang/test/torture/load"
	"shiyang/test/torture/oracle"
	"shiyang/test/torture/program"
	"shiyang/test/torture/trial"
	"shiyang/test/torture/wire"
)

// diskBytes is the size of the disk that gets full.
const diskBytes = 192 << 20

// patience bounds every wait; it is no figure of speed.
const patience = time.Minute

// DiskFull is scenario R5: a disk of its own, on which writers write until it
// is full. Then writes are refused as ResourceExhausted, reads go on, and the
// store says that it is not ready; when space returns it works again by itself.
// Without the right to mount one it is disk.Full.
func DiskFull(ctx context.Context, t *trial.Trial) error {
	small, err := t.Folder("disk")
	if err != nil {
		return err
	}
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, fmt.Sprintf("size=%d", diskBytes)); err != nil {
		t.Note("a disk in memory that answers ENOSPC, as none can be mounted: %v", err)
		return disk.Full(ctx, t)
	}
	defer syscall.Unmount(small, syscall.MNT_DETACH) //nolint:errcheck // scratch
	t.Note("a tmpfs of %d MiB", diskBytes>>20)
	o, err := oracle.Open(filepath.Join(t.Dir, "acknowledged"))
	if err != nil {
		return err
	}
	f := &filler{t: t, oracle: o, ballast: filepath.Join(small, "ballast")}
	for n := 0; n < t.Count; n += fillsPerStore {
		if err := f.serve(ctx, filepath.Join(small, "data"), min(fillsPerStore, t.Count-n)); err != nil {
			return fmt.Errorf("after %d fills: %w", n, err)
		}
		t.Progress(n + fillsPerStore)
	}
	t.Add("acknowledged", o.Acked())
	return o.Close()
}

// fillsPerStore is how often one store meets a full disk; what it has written
// meanwhile leaves room for no more.
const fillsPerStore = 3

// serve runs one store through some fills, kills it, and reads what it holds
// once more.
func (f *filler) serve(ctx context.Context, data string, fills int) (err error) {
	f.history = f.oracle.Read()
	f.skip = f.oracle.Acked()
	f.fleet = load.NewFleet(Writers, f.oracle, "full", func(w uint64) *rand.Rand { return f.t.Fork(uint64(f.skip)<<8 + w) })
	f.fleet.Size = 8 << 10
	store, err := program.StartStore(ctx, f.t.Program, data, "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer func() { _ = store.End(syscall.SIGKILL) }() // gone already, unless something failed
	for range fills {
		if err := f.fill(ctx, store); err != nil {
			return fmt.Errorf("%w\n%s", err, store.Output())
		}
	}
	if err := store.End(syscall.SIGKILL); err != nil {
		return err
	}
	if store, err = program.StartStore(ctx, f.t.Program, data, "127.0.0.1:0"); err != nil {
		return err
	}
	client, err := wire.Dial(store.Address)
	if err != nil {
		return err
	}
	f.history = f.oracle.Read()
	err = f.judge(ctx, client, "after a kill")
	return errors.Join(err, client.Close(), store.End(syscall.SIGTERM), os.RemoveAll(data))
}

type filler struct {
	t       *trial.Trial
	oracle  *oracle.Oracle
	history *oracle.History
	fleet   *load.Fleet
	ballast string
	skip    int // acknowledgements of earlier stores
}

// refusals passes appends on and keeps count of how they end.
type refusals struct {
	*wire.Client
	full, other atomic.Int64
	last        atomic.Pointer[error]
}

// Append is that of the client.
func (r *refusals) Append(ctx context.Context, stream string, expected wire.Expected, size int, ids ...uuid.UUID) ([]oracle.Event, error) {
	events, err := r.Client.Append(ctx, stream, expected, size, ids...)
	switch {
	case status.Code(err) == codes.ResourceExhausted:
		r.full.Add(1)
	case err != nil && ctx.Err() == nil && status.Code(err) != codes.OK && !isWrong(err):
		r.other.Add(1)
		r.last.Store(&err)
	}
	return events, err
}

func isWrong(err error) bool {
	_, wrong := errors.AsType[*wire.WrongRevisionError](err)
	return wrong
}

// fill fills the disk under load, looks at the store, makes room, and looks again.
func (f *filler) fill(ctx context.Context, store *program.Process) error {
	client, err := wire.Dial(store.Address)
	if err != nil {
		return err
	}
	defer client.Close() //nolint:errcheck // always nil
	r := &refusals{Client: client}
	working, stop := context.WithCancel(ctx)
	defer stop()
	written := make(chan struct{})
	go func() {
		defer close(written)
		f.fleet.Persist(working, r, func(error) { time.Sleep(5 * time.Millisecond) })
	}()
	if err := f.load(); err != nil {
		return err
	}
	if err := f.until(ctx, store, "a write is refused as ResourceExhausted", func() bool { return r.full.Load() > 0 }); err != nil {
		return err
	}
	if err := f.until(ctx, store, "the store says that it is not ready", func() bool {
		ready, err := store.Ready(ctx)
		return err == nil && !ready
	}); err != nil {
		return err
	}
	stop()
	<-written
	if err := f.judge(ctx, client, "while the disk is full"); err != nil {
		return err
	}
	if err := os.Remove(f.ballast); err != nil {
		return err
	}
	began := time.Now()
	if err := f.until(ctx, store, "what writers owe is taken after space has returned", func() bool {
		return f.fleet.Finish(ctx, r) == nil
	}); err != nil {
		return err
	}
	f.t.Measure("writes again after space returned", time.Since(began))
	if err := f.until(ctx, store, "the store says that it is ready", func() bool {
		ready, err := store.Ready(ctx)
		return err == nil && ready
	}); err != nil {
		return err
	}
	f.t.Add("writes refused as ResourceExhausted", int(r.full.Load()))
	if last := r.last.Load(); last != nil {
		f.t.Fault("%d writes were refused otherwise: %v", r.other.Load(), *last)
	}
	return f.judge(ctx, client, "after space has returned")
}

// load takes all space that is left.
func (f *filler) load() error {
	file, err := os.Create(f.ballast)
	if err != nil {
		return err
	}
	block := make([]byte, 64<<10)
	for {
		if _, err := file.Write(block); err != nil {
			if errors.Is(err, syscall.ENOSPC) {
				err = nil
			}
			return errors.Join(err, file.Close())
		}
	}
}

func (f *filler) judge(ctx context.Context, client *wire.Client, when string) error {
	verdict, err := client.Judge(ctx, f.history, oracle.Promises{Acked: f.oracle.Promised().Acked[f.skip:]})
	if err != nil {
		f.t.Fault("%s: reads fail: %v", when, err)
		return err
	}
	f.t.Judge(verdict, when)
	return f.oracle.Sync()
}

// until waits for a condition of a store that must not end meanwhile.
func (f *filler) until(ctx context.Context, store *program.Process, what string, holds func() bool) error {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		case <-store.Ended():
			return fmt.Errorf("the store ended before %s", what)
		case <-limit.C:
			return fmt.Errorf("not within %s: %s", patience, what)
		}
	}
	return nil
}
