package journal_test

import (
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"

	"shiyang/eventstore/journal"
)

// filling is a file system that has no room from the n-th write on.
type filling struct {
	vfs.FS
	full       atomic.Bool
	operations atomic.Int64
	from       int64
}

// newFilling counts the writes that takes accepts.
func newFilling(fs vfs.FS, from int64, takes func(errorfs.Op) bool) *filling {
	f := &filling{from: from}
	f.FS = errorfs.Wrap(fs, errorfs.InjectorFunc(func(op errorfs.Op) error {
		switch op.Kind {
		case errorfs.OpCreate, errorfs.OpFileWrite, errorfs.OpFileWriteAt, errorfs.OpMkdirAll, errorfs.OpRename:
		default:
			return nil
		}
		if takes(op) && f.operations.Add(1) >= f.from && f.full.Load() {
			return fmt.Errorf("injected: %w", syscall.ENOSPC)
		}
		return nil
	}))
	return f
}

func logFiles(op errorfs.Op) bool { return strings.Contains(op.Path, "/log/") }

func tables(op errorfs.Op) bool { return strings.HasSuffix(op.Path, ".sst") }

// until waits for a condition that another goroutine brings about.
func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	for !condition() {
		select {
		case <-time.After(time.Millisecond):
		case <-deadline:
			t.Fatalf("%s: it does not come about", what)
		}
	}
}

// TestAFullDiskRefusesWritesAndNothingElse lets the disk be full from the n-th
// write to the log on, at each n, and empties it again.
func TestAFullDiskRefusesWritesAndNothingElse(t *testing.T) {
	for n := int64(1); n < 220; n += 3 {
		mem := vfs.NewCrashableMem()
		fs := newFilling(mem, n, logFiles)
		j := open(t, options(fs))
		fs.operations.Store(0)
		fs.full.Store(true)
		var must []acked
		next := int64(0)
		write := func() error {
			e := event(int(next), fmt.Sprintf("%d 0 1 %s", next, strings.Repeat("x", 700)))
			_, err := j.Append(t.Context(), "a", journal.Expected(next-1), e)
			if err == nil {
				must = append(must, acked{"a", next, []journal.Event{e}})
				next++
			}
			return err
		}
		for err := error(nil); err == nil; {
			if err = write(); err != nil && !errors.Is(err, journal.ErrDiskFull) {
				t.Fatalf("full from write %d on: %v", n, err)
			}
		}
		if err := j.Ready(); !errors.Is(err, journal.ErrDiskFull) {
			t.Errorf("ready on a full disk: %v", err)
		}
		if err := checkAcked(j, must); err != nil {
			t.Errorf("read on a full disk: %v", err)
		}
		if err := write(); !errors.Is(err, journal.ErrDiskFull) {
			t.Errorf("a second append on a full disk: %v", err)
		}
		if err := check(t, mem.CrashClone(vfs.CrashCloneCfg{}), must); err != nil {
			t.Errorf("a crash on a full disk: %v", err)
		}
		fs.full.Store(false)
		if n%2 == 0 { // a store that is not ready is not asked to write
			until(t, "ready with room", func() bool { return j.Ready() == nil })
		}
		if err := write(); err != nil {
			t.Errorf("append with room again: %v", err)
		}
		if err := errors.Join(j.Ready(), checkAcked(j, must), j.Close()); err != nil {
			t.Error("with room again:", err)
		}
		if err := check(t, mem, must); err != nil {
			t.Error("opened again:", err)
		}
	}
}

// TestAnIndexWithoutRoomStopsWritesInTime lets no table be written.
func TestAnIndexWithoutRoomStopsWritesInTime(t *testing.T) {
	mem := vfs.NewCrashableMem()
	fs := newFilling(mem, 0, tables)
	fs.full.Store(true)
	o := options(fs)
	o.MemTableBytes = 32 << 10
	j := open(t, o)
	var must []acked
	var err error
	for n := 0; err == nil && n < 200_000; n++ {
		e := event(n, fmt.Sprintf("%d 0 1", n))
		if _, err = j.Append(t.Context(), fmt.Sprintf("s-%d", n), journal.NoStream, e); err == nil {
			must = append(must, acked{fmt.Sprintf("s-%d", n), 0, []journal.Event{e}})
		}
	}
	if !errors.Is(err, journal.ErrDiskFull) {
		t.Fatalf("after %d appends: %v", len(must), err)
	}
	if err := j.Ready(); !errors.Is(err, journal.ErrDiskFull) {
		t.Errorf("ready: %v", err)
	}
	if err := checkAcked(j, must); err != nil {
		t.Error(err)
	}
	fs.full.Store(false)
	until(t, "ready with room", func() bool { return j.Ready() == nil })
	appendTo(t, j, "after", journal.NoStream, event(900_000, "900000 0 1"))
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := check(t, mem, must); err != nil {
		t.Error("opened again:", err)
	}
}

// TestTheJournalLeavesRoomOnTheDisk: it stops before the last byte is taken.
func TestTheJournalLeavesRoomOnTheDisk(t *testing.T) {
	fs := vfs.NewMem()
	j := open(t, options(fs))
	fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 1 << 20, TotalBytes: 64 << 20, UsedBytes: 63 << 20})
	var err error
	for n := 0; err == nil && n < 1000; n++ {
		_, err = j.Append(t.Context(), "a", journal.Any, event(n, strings.Repeat("x", 1000)))
	}
	if !errors.Is(err, journal.ErrDiskFull) {
		t.Errorf("with less room than the reserve: %v", err)
	}
	if s := j.Stats(); s.DiskFree != 1<<20 || s.DiskTotal != 64<<20 {
		t.Errorf("disk free %d of %d", s.DiskFree, s.DiskTotal)
	}
	fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 32 << 20, TotalBytes: 64 << 20, UsedBytes: 32 << 20})
	appendTo(t, j, "b", journal.NoStream, event(5000, "x"))
}

// TestAFailedFsyncAtAnyPointIsFinal fails the n-th fsync of the log, prepared
// files included. Nothing is acknowledged after it was noticed.
func TestAFailedFsyncAtAnyPointIsFinal(t *testing.T) {
	for n := int64(1); n < 60; n += 2 {
		var syncs atomic.Int64
		var armed atomic.Bool
		mem := vfs.NewCrashableMem()
		fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
			if armed.Load() && isSync(op) && logFiles(op) && syncs.Add(1) == n {
				return errorfs.ErrInjected
			}
			return nil
		}))
		j := open(t, options(fs))
		armed.Store(true)
		var must []acked
		var err error
		for i := 0; err == nil; i++ {
			e := event(i, fmt.Sprintf("%d 0 1 %s", i, strings.Repeat("x", 900)))
			if _, err = j.Append(t.Context(), "a", journal.Expected(i-1), e); err == nil {
				must = append(must, acked{"a", int64(i), []journal.Event{e}})
			}
		}
		if !errors.Is(err, journal.ErrFailed) || !errors.Is(err, errorfs.ErrInjected) {
			t.Fatalf("fsync %d fails: %v", n, err)
		}
		if _, err := j.Append(t.Context(), "b", journal.NoStream, event(9999, "9999 0 1")); !errors.Is(err, journal.ErrFailed) {
			t.Errorf("append after the failure: %v", err)
		}
		_ = j.Close() // fails as it likes
		if err := check(t, mem.CrashClone(vfs.CrashCloneCfg{}), must); err != nil {
			t.Errorf("fsync %d fails: %v", n, err)
		}
	}
}

// TestAnIndexWhoseBooksFailStopsTheJournal: Pebble cannot go on after that. The
// next start, in the same process or another, makes the index again.
func TestAnIndexWhoseBooksFailStopsTheJournal(t *testing.T) {
	var armed atomic.Bool
	mem := vfs.NewCrashableMem()
	fs := errorfs.Wrap(mem, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if armed.Load() && strings.Contains(op.Path, "MANIFEST") && op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			return errorfs.ErrInjected
		}
		return nil
	}))
	j := open(t, options(fs))
	armed.Store(true)
	var must []acked
	var err error
	for i := 0; err == nil && i < 5000; i++ {
		e := event(i, fmt.Sprintf("%d 0 1 %s", i, strings.Repeat("x", 900)))
		if _, err = j.Append(t.Context(), "a", journal.Expected(i-1), e); err == nil {
			must = append(must, acked{"a", int64(i), []journal.Event{e}})
		}
	}
	if !errors.Is(err, journal.ErrFailed) {
		t.Fatalf("after %d appends: %v", len(must), err)
	}
	if err := j.Close(); err != nil {
		t.Error("close:", err)
	}
	armed.Store(false)
	for range 2 {
		if err := check(t, fs, must); err != nil {
			t.Error(err)
		}
	}
}
