package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"shiyang/eventstore/journal/index"
	"shiyang/eventstore/journal/segment"
)

// Journal is an open log. It is safe for concurrent use.
type Journal struct {
	opts  Options
	lock  io.Closer
	log   *segment.Log
	index *index.Index

	queue   queue
	commit  committer
	closing chan struct{} // closed by Close: take no more requests
	failed  chan struct{} // closed by the first failure
	failure error         // set before failed is closed
	failing sync.Once

	tail    tail
	recent  recent
	readers readers

	maintenance maintenance

	appends, syncs atomic.Uint64
	opened         uint64 // head when the journal was opened
	latency        latency
	writing        atomic.Int64 // when the running commit began, Unix nanoseconds; 0: none
	logFull        atomic.Bool  // the last write found no room
	probing        atomic.Bool
	indexFull      atomic.Bool // the index cannot be written out
}

// StoreID identifies this store; it is made once with an empty directory.
func (j *Journal) StoreID() string { return storeID(j.log.Store) }

func storeID(id [16]byte) string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}

// Head returns the position of the newest durable event, 0 when there is none.
func (j *Journal) Head() uint64 { return j.tail.visible.Load() }

// Changed returns the head and a channel that is closed when it grows.
func (j *Journal) Changed() (uint64, <-chan struct{}) { return j.tail.watch() }

// Failed is closed when the journal has stopped after a storage failure; Err
// then says why.
func (j *Journal) Failed() <-chan struct{} { return j.failed }

// Err returns nil while the journal works, and afterwards an error that wraps
// ErrFailed or ErrClosed.
func (j *Journal) Err() error {
	select {
	case <-j.failed:
		return j.failure
	default:
	}
	select {
	case <-j.closing:
		return ErrClosed
	default:
		return nil
	}
}

// stallLimit is how long a commit may take before the disk counts as stuck.
const stallLimit = 10 * time.Second

// Ready is Err, and in addition an error while a commit waits for the disk
// unusually long, and an ErrDiskFull while there is no room for writes. Such a
// journal becomes ready again when the disk answers or has room.
func (j *Journal) Ready() error {
	if err := j.Err(); err != nil {
		return err
	}
	if j.logFull.Load() {
		j.probe()
	}
	if j.indexFull.Load() || j.logFull.Load() {
		return fmt.Errorf("event journal: %w; it is being read, but not written", ErrDiskFull)
	}
	since := j.writing.Load()
	if since == 0 {
		return nil
	}
	if d := time.Since(time.Unix(0, since)); d > stallLimit {
		return fmt.Errorf("event journal: a commit has been waiting for the disk for %s", d.Round(time.Second))
	}
	return nil
}

// probe has the next leader look for room. Without it a store that is not
// ready, and so is not asked to write, would never learn of it.
func (j *Journal) probe() {
	if !j.probing.CompareAndSwap(false, true) {
		return
	}
	go func() {
		defer j.probing.Store(false)
		_, _ = j.do(context.Background(), newRequest(opProbe, "probe", Any)) // what comes of it is in logFull
	}()
}

// full notes that a write was refused.
func (j *Journal) full(cause error) {
	if !j.logFull.Swap(true) {
		j.opts.Logger.LogAttrs(context.Background(), slog.LevelError, "event journal refuses writes", errorAttr(cause))
	}
}

// indexIsFull is told by the index that it cannot, or can again, be written out.
func (j *Journal) indexIsFull(full bool) {
	j.indexFull.Store(full)
	j.opts.Logger.LogAttrs(context.Background(), slog.LevelError, "event index on a full disk", slog.Bool("full", full))
}

// levelFatal is above slog.LevelError: the journal has stopped.
const levelFatal = slog.LevelError + 4

func errorAttr(err error) slog.Attr { return slog.String("error", err.Error()) }

// fail stops the journal for good. Only the first cause counts.
func (j *Journal) fail(cause error) error {
	j.failing.Do(func() {
		j.failure = fmt.Errorf("%w: %w", ErrFailed, cause)
		close(j.failed)
		j.opts.Logger.LogAttrs(context.Background(), levelFatal, "event journal stopped", errorAttr(cause))
		if errors.Is(cause, index.ErrUnusable) {
			j.discardIndex()
		}
	})
	return j.failure
}

// closeGrace is how long Close waits for a journal that has failed: a disk that
// hangs may never answer.
const closeGrace = 5 * time.Second

// Close answers what is already waiting, waits for readers to end their current
// step and closes the files. A second Close is harmless. After a failure it
// does what it still can within a few seconds; the directory may then stay in
// use until the process ends.
func (j *Journal) Close() error {
	if !j.readers.close() {
		return nil
	}
	close(j.closing)
	closed := make(chan error, 1)
	go func() {
		j.queue.close()
		j.readers.wait()
		closed <- j.closeFiles()
	}()
	select {
	case err := <-closed:
		return err
	case <-j.failed:
	}
	grace := time.NewTimer(closeGrace)
	defer grace.Stop()
	select {
	case err := <-closed:
		return err
	case <-grace.C:
		return fmt.Errorf("close event journal: %w", j.failure)
	}
}

// closeFiles closes the log first, so that its mark is written in any case.
func (j *Journal) closeFiles() error {
	failed := errors.Is(j.Err(), ErrFailed)
	err := j.log.Close(failed)
	return errors.Join(err, j.index.Close(failed), j.lock.Close())
}
