package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"shiyang/eventstore/journal/index"
	"shiyang/eventstore/journal/scavenge"
	"shiyang/eventstore/journal/segment"
)

// maintenance is what is done with the files of the log as a whole.
type maintenance struct {
	files   sync.RWMutex // held by whoever needs all of them to stay as they are
	running atomic.Bool  // a scavenge is at work
	runs    atomic.Uint64
	events  atomic.Uint64 // removed since Open
	bytes   atomic.Int64  // given back since Open
}

// Snapshot is what a call of the method of that name has handed out.
type Snapshot struct {
	Head    uint64 // position of the newest event in it; 0 when there is none
	StoreID string
	Files   int
	Bytes   int64
}

// Snapshot hands out all files of the log as of one durable position, while
// appends go on. Placed under their names (which contain a directory) in an
// empty directory, they are that log: Open makes the index anew. The content
// given to put is valid until put returns, which must have read size bytes of
// it. When the call returns, readers of the journal see all of it. The first error
// of put, or the end of ctx, ends the call.
func (j *Journal) Snapshot(ctx context.Context, put func(name string, size int64, content io.Reader) error) (Snapshot, error) {
	if !j.readers.enter() {
		return Snapshot{}, ErrClosed
	}
	defer j.readers.leave()
	if err := j.Err(); err != nil {
		return Snapshot{}, err
	}
	j.maintenance.files.RLock()
	defer j.maintenance.files.RUnlock()
	s := Snapshot{StoreID: j.StoreID()}
	next, err := j.log.Snapshot(ctx, func(c segment.Copy) error {
		s.Files++
		s.Bytes += c.Size
		left := &io.LimitedReader{R: c.Content, N: c.Size}
		if err := put(logDir+"/"+c.Name, c.Size, left); err != nil {
			return err
		}
		if left.N > 0 {
			return fmt.Errorf("%d of %d bytes were not read", left.N, c.Size)
		}
		return nil
	})
	if err = errors.Join(err, ctx.Err()); err != nil {
		return Snapshot{}, fmt.Errorf("snapshot of the event journal: %w", err)
	}
	s.Head = next - 1
	return s, j.reach(ctx, s.Head)
}

// reach waits until readers see a durable position, which takes a moment.
func (j *Journal) reach(ctx context.Context, position uint64) error {
	for {
		head, changed := j.Changed()
		if head >= position {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-j.failed:
			return j.failure
		}
	}
}

// ScavengeOptions say how to scavenge.
type ScavengeOptions = scavenge.Options

// ScavengeReport is what a scavenge has done or would do.
type ScavengeReport = scavenge.Report

// ErrScavenging refuses a second scavenge at the same time.
var ErrScavenging = errors.New("a scavenge is running already")

// Scavenge removes from the full files of the log what no read of a stream can
// return any more, and gives the space back, while the journal is in use. $all
// then no longer shows those events. Positions and revisions stay as they are.
//
// It fails with ErrScavenging, ErrDiskFull when there is no room to write a
// file anew, ErrCorrupt, ErrFailed, ErrClosed or the error of ctx. What was
// done until then stays done, and the report tells it.
func (j *Journal) Scavenge(ctx context.Context, o ScavengeOptions) (ScavengeReport, error) {
	if !j.readers.enter() {
		return ScavengeReport{}, ErrClosed
	}
	defer j.readers.leave()
	if !j.maintenance.running.CompareAndSwap(false, true) {
		return ScavengeReport{}, ErrScavenging
	}
	defer j.maintenance.running.Store(false)
	ctx, stop := j.untilClosed(ctx)
	defer stop(nil)
	if o.Logger == nil {
		o.Logger = j.opts.Logger
	}
	report, err := scavenge.Run(ctx, scavenge.Store{
		Log: j.log, Index: j.index, Head: j.Head, Event: identify, Rule: j.ruleOf, Exchange: j.exchange,
	}, o)
	if !o.DryRun {
		j.maintenance.runs.Add(1)
		j.maintenance.events.Add(report.Events)
		j.maintenance.bytes.Add(report.Bytes)
	}
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	return report, err
}

// ScavengeDir scavenges the journal in o.Dir, which no process may have open.
func ScavengeDir(ctx context.Context, o Options, how ScavengeOptions) (ScavengeReport, error) {
	o = o.withDefaults()
	if _, err := o.FS.Stat(o.FS.PathJoin(o.Dir, logDir)); err != nil {
		return ScavengeReport{}, fmt.Errorf("scavenge event journal in %s: %w", o.Dir, err)
	}
	j, err := Open(o)
	if err != nil {
		return ScavengeReport{}, err
	}
	report, err := j.Scavenge(ctx, how)
	return report, errors.Join(err, j.Close())
}

// untilClosed ends a context with the journal.
func (j *Journal) untilClosed(ctx context.Context) (context.Context, context.CancelCauseFunc) {
	ctx, stop := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-j.closing:
			stop(ErrClosed)
		case <-j.failed:
			stop(j.failure)
		case <-ctx.Done():
		}
	}()
	return ctx, stop
}

// identify reads which event a record of the log is.
func identify(r segment.Record) ([]byte, int64, error) {
	e, err := parseAt(r.Content, r.Position)
	return e.Stream, e.Revision, err
}

// ruleOf returns which events of a stream must stay.
func (j *Journal) ruleOf(stream string) (scavenge.Rule, error) {
	s, err := j.Stream(stream)
	if s.Tombstoned && s.Last == tombstoneRevision {
		s.First = s.Last
	}
	return scavenge.Rule{First: s.First, Last: s.Last}, err
}

// exchangeWait is how long an exchange waits before it looks again whether
// nobody copies or checks the log.
const exchangeWait = 10 * time.Millisecond

// exchange runs do while nobody copies or checks the log. It does not queue
// for that, which would keep the next copy waiting for the one before it.
func (j *Journal) exchange(ctx context.Context, do func() error) error {
	for !j.maintenance.files.TryLock() {
		again := time.NewTimer(exchangeWait)
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return context.Cause(ctx)
		}
	}
	defer j.maintenance.files.Unlock()
	if err := errors.Join(ctx.Err(), j.Err()); err != nil {
		return err
	}
	if j.indexFull.Load() {
		return fmt.Errorf("%w: the index cannot be written out", ErrDiskFull)
	}
	err := do()
	if errors.Is(err, index.ErrUnusable) {
		return j.fail(err)
	}
	return err
}
