package journal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// Journal is an open log. It is safe for concurrent use.
type Journal struct {
	opts   Options
	db     *pebble.DB
	header header

	queue   chan *request
	closing chan struct{} // closed by Close: take no more requests
	done    chan struct{} // closed when the committer has ended
	failed  chan struct{} // closed by the first failure
	failure error         // set before failed is closed
	failing sync.Once

	tail    tail
	readers readers
	commit  committer

	appends, syncs atomic.Uint64
	writing        atomic.Int64 // when the running commit began, Unix nanoseconds; 0: none
}

// Stats are counters since the journal was opened; Head counts since the
// beginning of the log.
type Stats struct {
	Head    uint64 // position of the newest durable event; 0 when there is none
	Events  uint64 // events in the log
	Appends uint64 // requests answered, refusals included
	Syncs   uint64 // commits, each with one fsync
}

// Open opens the journal in opts.Dir, or makes an empty one. It reads the end
// of the log only, so its time does not grow with the number of events.
//
// Open fails with ErrNewerFormat when a later version wrote the data, with
// ErrInUse when another process has it open, and with ErrCorrupt when the
// write-ahead log is damaged.
func Open(opts Options) (*Journal, error) {
	j := &Journal{
		opts:    opts.withDefaults(),
		queue:   make(chan *request, maxGroup),
		closing: make(chan struct{}),
		done:    make(chan struct{}),
		failed:  make(chan struct{}),
	}
	j.readers.init()
	var err error
	if j.db, j.header, err = openStore(j.opts, j.fail); err != nil {
		return nil, fmt.Errorf("open event journal in %s: %w", opts.Dir, err)
	}
	if err := j.start(); err != nil {
		return nil, fmt.Errorf("open event journal in %s: %w", opts.Dir, errors.Join(err, j.db.Close()))
	}
	go j.run()
	return j, nil
}

// start finds the end of the log.
func (j *Journal) start() error {
	last, err := j.lastEvent()
	if err != nil {
		return err
	}
	j.tail.init(last.Position)
	j.commit = newCommitter(j, last)
	return nil
}

// lastEvent returns the newest event; its position is 0 when there is none.
func (j *Journal) lastEvent() (Record, error) {
	iter, err := j.db.NewIter(bounds([]byte{eventPrefix}))
	if err != nil {
		return Record{}, err
	}
	defer iter.Close() //nolint:errcheck // reading; iter.Error tells
	if !iter.Last() {
		return Record{}, iter.Error()
	}
	r, err := parseRecord(append([]byte(nil), iter.Value()...))
	if err != nil {
		return Record{}, err
	}
	if at, err := positionOf(iter.Key()); err != nil || at != r.Position {
		return Record{}, fmt.Errorf("%w: the event at position %d says %d", ErrCorrupt, at, r.Position)
	}
	return r, nil
}

// StoreID identifies this store; it is made once with an empty directory.
func (j *Journal) StoreID() string { return j.header.Store }

// Head returns the position of the newest durable event, 0 when there is none.
func (j *Journal) Head() uint64 { return j.tail.visible.Load() }

// Changed returns the head and a channel that is closed when it grows.
func (j *Journal) Changed() (uint64, <-chan struct{}) { return j.tail.watch() }

// Stats returns the journal's counters.
func (j *Journal) Stats() Stats {
	head := j.Head()
	return Stats{Head: head, Events: head, Appends: j.appends.Load(), Syncs: j.syncs.Load()}
}

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
// unusually long. Such a journal becomes ready again when the disk answers.
func (j *Journal) Ready() error {
	if err := j.Err(); err != nil {
		return err
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

// fail stops the journal for good. Only the first cause counts.
func (j *Journal) fail(cause error) error {
	j.failing.Do(func() {
		j.failure = fmt.Errorf("%w: %w", ErrFailed, cause)
		close(j.failed)
		j.opts.Logger.LogAttrs(context.Background(), levelFatal, "event journal stopped", errorAttr(cause))
	})
	return j.failure
}

// closeGrace is how long Close waits for a database that has failed: one that
// retries a write for ever never ends by itself.
const closeGrace = 5 * time.Second

// Close answers what is already queued, waits for readers to end their current
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
		<-j.done
		j.readers.wait()
		closed <- closePebble(j.db, j.Err())
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

// tail publishes how far the log is durable.
type tail struct {
	visible atomic.Uint64
	mu      sync.Mutex
	changed chan struct{}
}

func (t *tail) init(position uint64) {
	t.changed = make(chan struct{})
	t.visible.Store(position)
}

func (t *tail) publish(position uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.visible.Store(position)
	close(t.changed)
	t.changed = make(chan struct{})
}

func (t *tail) watch() (uint64, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.visible.Load(), t.changed
}

// readers counts open iterations, because Pebble must not be closed under them.
type readers struct {
	mu     sync.Mutex
	idle   *sync.Cond
	open   int
	closed bool
}

func (r *readers) init() { r.idle = sync.NewCond(&r.mu) }

func (r *readers) enter() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return false
	}
	r.open++
	return true
}

func (r *readers) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open--
	if r.open == 0 {
		r.idle.Broadcast()
	}
}

// close lets nobody in any more; it reports whether this call was the first.
func (r *readers) close() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	first := !r.closed
	r.closed = true
	return first
}

func (r *readers) wait() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.open > 0 {
		r.idle.Wait()
	}
}
