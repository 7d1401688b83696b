package index

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// patience is how long Pebble is made to wait before it tries again to write
// to a full disk.
const patience = 100 * time.Millisecond

// disk is the file system that Pebble is given, and what is known of its state.
type disk struct {
	vfs.FS
	dir      string
	logger   *slog.Logger
	failed   func(error)
	told     func(bool)
	readOnly bool

	opened  atomic.Bool // Open has succeeded
	full    atomic.Bool // the last attempt to write a table found no room
	telling sync.Mutex  // orders calls of told
	broken  chan struct{}
	// abandoned says that one of Pebble's goroutines was ended: the database
	// can neither be used nor closed.
	abandoned atomic.Bool
	once      sync.Once
	closing   chan struct{}
}

func newDisk(o Options) *disk {
	return &disk{
		FS: o.FS, dir: o.Dir, logger: o.Logger, failed: o.Failed, told: o.Full, readOnly: o.ReadOnly,
		broken: make(chan struct{}), closing: make(chan struct{}),
	}
}

// reserve is the room that tables leave for Pebble's book-keeping.
func reserve(total uint64) uint64 { return min(4<<20, total/64) }

// errBroken keeps a database that could not be closed away from its successor.
var errBroken = errors.New("the index is given up")

func (d *disk) isBroken() bool {
	select {
	case <-d.broken:
		return true
	default:
		return false
	}
}

// Lock locks nothing: the owner has locked the directory around the index, and
// a database that could not be closed must not keep its successor out.
func (d *disk) Lock(string) (io.Closer, error) { return io.NopCloser(nil), nil }

// Remove removes a file, unless the index is given up.
func (d *disk) Remove(name string) error {
	if d.isBroken() {
		return errBroken
	}
	return d.FS.Remove(name)
}

// Rename renames a file, unless the index is given up.
func (d *disk) Rename(from, to string) error {
	if d.isBroken() {
		return errBroken
	}
	return d.FS.Rename(from, to)
}

// Link links a file, unless the index is given up.
func (d *disk) Link(from, to string) error {
	if d.isBroken() {
		return errBroken
	}
	return d.FS.Link(from, to)
}

// Create refuses to make tables on a disk that is nearly full, and makes
// Pebble wait before it tries again.
func (d *disk) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if d.abandoned.Load() {
		runtime.Goexit() // of a database that nobody uses or closes any more
	}
	if !d.opened.Load() {
		return d.FS.Create(name, category)
	}
	if d.full.Load() || d.isBroken() {
		d.pause()
	}
	if d.isBroken() {
		return nil, errBroken
	}
	if !strings.HasSuffix(name, ".sst") {
		return d.FS.Create(name, category)
	}
	if usage, err := d.GetDiskUsage(d.dir); err == nil && usage.AvailBytes < reserve(usage.TotalBytes) {
		return nil, fmt.Errorf("create %s: %w", name, syscall.ENOSPC)
	}
	return d.FS.Create(name, category)
}

func (d *disk) pause() {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-d.closing:
	}
}

// Unwrap returns the file system beneath, as vfs demands.
func (d *disk) Unwrap() vfs.FS { return d.FS }

func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

// backgroundError is called by Pebble when it could not write a table, or could
// not read those that it was to merge.
func (d *disk) backgroundError(err error) {
	switch {
	case isFull(err):
		d.tell(true)
	case pebble.IsCorruptionError(err):
		d.fail(fmt.Errorf("%w: %w", ErrUnusable, err))
	default:
		d.fail(fmt.Errorf("index: %w", err))
	}
}

func (d *disk) roomAgain() { d.tell(false) }

func (d *disk) tell(full bool) {
	d.telling.Lock()
	defer d.telling.Unlock()
	if d.full.Swap(full) != full && d.told != nil {
		d.told(full)
	}
}

// fail reports what the index cannot survive.
func (d *disk) fail(err error) {
	d.once.Do(func() {
		close(d.broken)
		if d.failed != nil {
			d.failed(err)
		}
	})
}

// flush writes Pebble's buffers out. It gives up when the disk is full.
func (d *disk) flush(db *pebble.DB) error {
	done, err := db.AsyncFlush()
	if err != nil {
		return err
	}
	look := time.NewTicker(patience)
	defer look.Stop()
	for {
		select {
		case <-done:
			return nil
		case <-d.broken:
			return nil
		case <-look.C:
			if d.full.Load() {
				return nil
			}
		}
	}
}

func (d *disk) close() { close(d.closing) }

// logger passes Pebble's errors on. Pebble calls Fatalf where it would rather
// end the process; the index counts as broken instead.
type logger struct{ disk *disk }

// Infof drops Pebble's talk about its files.
func (logger) Infof(string, ...any) {}

// Errorf logs what Pebble could not do in the background.
func (l logger) Errorf(format string, args ...any) {
	l.disk.logger.LogAttrs(context.Background(), slog.LevelWarn, "event index",
		slog.String("error", fmt.Sprintf(format, args...)))
}

// Fatalf reports the index as unusable. Pebble does not expect it to return: a
// background goroutine whose book-keeping failed must not go on, so it ends.
func (l logger) Fatalf(format string, args ...any) {
	l.disk.fail(fmt.Errorf("%w: %w: %w", ErrUnusable, ErrUnwritten, fmt.Errorf(format, args...)))
	if l.disk.opened.Load() && (format == "%s" || strings.HasPrefix(format, "MANIFEST")) {
		l.disk.abandoned.Store(true)
		runtime.Goexit()
	}
}
