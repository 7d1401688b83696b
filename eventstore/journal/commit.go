package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// A group is what one fsync makes durable: so many requests at most, and so
// many bytes before no further request is added.
const (
	maxGroup      = 1024
	maxGroupBytes = 2 << 20
)

// Result tells where a request left the stream.
type Result struct {
	Revision int64  // last revision; -1 when the stream has no events
	Position uint64 // of the last event written, or found to be written before; 0 when there is none
}

// operation is what a request wants.
type operation int

const (
	opAppend operation = iota
	opDelete
	opTombstone
)

// request is one append or delete on its way through the committer.
type request struct {
	op       operation
	stream   string
	expected Expected
	events   []Event
	bytes    int
	answer   chan answer // holds one
}

type answer struct {
	result Result
	err    error
}

// Append writes events to the end of stream, all or none and without gaps
// between them, and returns when they are durable. When the same events (by
// id) are already there, nothing is written and the first outcome is returned.
//
// It fails with *WrongRevisionError, *StreamDeletedError, ErrInvalid,
// ErrFailed, ErrClosed, or the error of ctx; after the last three the events
// may or may not have been written.
func (j *Journal) Append(ctx context.Context, stream string, expected Expected, events ...Event) (Result, error) {
	r := &request{op: opAppend, stream: stream, expected: expected, events: events}
	for i, e := range events {
		if e.ID == (UUID{}) || e.Type == "" {
			return Result{}, fmt.Errorf("%w: event %d has no id or no type", ErrInvalid, i)
		}
		r.bytes += len(e.Data) + len(e.Metadata) + len(e.Type) + len(stream)
	}
	return j.do(ctx, r)
}

// Delete hides the events of stream until somebody writes to it again;
// numbering then goes on. Errors are those of Append.
func (j *Journal) Delete(ctx context.Context, stream string, expected Expected) (Result, error) {
	return j.do(ctx, &request{op: opDelete, stream: stream, expected: expected})
}

// Tombstone ends stream for good: it can be neither read nor written again.
// Errors are those of Append.
func (j *Journal) Tombstone(ctx context.Context, stream string, expected Expected) (Result, error) {
	return j.do(ctx, &request{op: opTombstone, stream: stream, expected: expected})
}

func (j *Journal) do(ctx context.Context, r *request) (Result, error) {
	if err := checkTarget(r); err != nil {
		return Result{}, err
	}
	if err := j.Err(); err != nil {
		return Result{}, err
	}
	r.answer = make(chan answer, 1)
	select {
	case j.queue <- r:
	case <-ctx.Done():
		return Result{}, ctx.Err()
	case <-j.failed:
		return Result{}, j.Err()
	case <-j.done:
		return Result{}, j.Err()
	}
	select {
	case a := <-r.answer:
		return a.result, a.err
	case <-ctx.Done():
		return Result{}, ctx.Err()
	case <-j.failed: // the committer may hang in a write
	case <-j.done:
	}
	select { // the answer may have come at the same time
	case a := <-r.answer:
		return a.result, a.err
	default:
		return Result{}, j.Err()
	}
}

func checkTarget(r *request) error {
	_, isMeta := originalOf(r.stream)
	switch {
	case r.stream == "" || len(r.stream) > MaxStreamName:
		return fmt.Errorf("%w: a stream name has 1 to %d bytes", ErrInvalid, MaxStreamName)
	case r.stream == "$all":
		return fmt.Errorf("%w: $all holds all streams and cannot be written itself", ErrInvalid)
	case isMeta && r.op != opAppend:
		return fmt.Errorf("%w: a metadata stream cannot be deleted, only its stream", ErrInvalid)
	case r.expected < StreamExists:
		return fmt.Errorf("%w: expected revision %d", ErrInvalid, r.expected)
	}
	return nil
}

// run is the committer. It ends when the journal is closed or has failed.
func (j *Journal) run() {
	defer close(j.done)
	group := make([]*request, 0, maxGroup)
	for {
		select {
		case r := <-j.queue:
			group = j.collect(append(group[:0], r))
			if !j.commitGroup(group) {
				j.refuseQueued()
				return
			}
			clear(group)
		case <-j.closing:
			if group = j.collect(group[:0]); len(group) == 0 {
				return
			}
			if !j.commitGroup(group) {
				j.refuseQueued()
				return
			}
		case <-j.failed:
			j.refuseQueued()
			return
		}
	}
}

// collect adds what is waiting; it never waits itself, so a lone writer pays
// for no other, and many share an fsync.
func (j *Journal) collect(group []*request) []*request {
	bytes := 0
	for _, r := range group {
		bytes += r.bytes
	}
	for len(group) < maxGroup && bytes < maxGroupBytes {
		select {
		case r := <-j.queue:
			group = append(group, r)
			bytes += r.bytes
		default:
			return group
		}
	}
	return group
}

func (j *Journal) refuseQueued() {
	for {
		select {
		case r := <-j.queue:
			r.answer <- answer{err: j.Err()}
		default:
			return
		}
	}
}

// commitGroup decides a group, makes it durable, publishes and answers it. It
// returns false when the journal has failed.
func (j *Journal) commitGroup(group []*request) bool {
	answers := make([]answer, len(group))
	err := j.write(group, answers)
	if err != nil {
		err = j.fail(err)
		for _, r := range group {
			r.answer <- answer{err: err}
		}
		return false
	}
	j.appends.Add(uint64(len(group)))
	for i, r := range group {
		r.answer <- answers[i]
	}
	return true
}

// write fills answers and returns only when everything they speak of is durable.
func (j *Journal) write(group []*request, answers []answer) (err error) {
	defer func() { // Pebble panics on some write errors; the journal stops instead
		if r := recover(); r != nil {
			err = fmt.Errorf("commit: %v", r)
		}
	}()
	j.writing.Store(time.Now().UnixNano())
	defer j.writing.Store(0)
	c := &j.commit
	c.begin(j.db.NewBatch())
	defer func() { err = errors.Join(err, c.batch.Close()) }()
	for i, r := range group {
		result, refusal := c.decide(r)
		if refusal != nil && !isRefusal(refusal) {
			return refusal
		}
		answers[i] = answer{result, refusal}
	}
	if c.batch.Empty() {
		return nil
	}
	// The two steps of a synced commit are taken one by one, because only the
	// second returns the fsync's error instead of ending the process.
	if err := j.db.ApplyNoSyncWait(c.batch, pebble.Sync); err != nil {
		return err
	}
	if err := c.batch.SyncWait(); err != nil {
		return err
	}
	if err := j.Err(); errors.Is(err, ErrFailed) {
		return err
	}
	j.syncs.Add(1)
	c.remember()
	j.tail.publish(c.position)
	return nil
}

func isRefusal(err error) bool {
	var revision *WrongRevisionError
	var deleted *StreamDeletedError
	return errors.As(err, &revision) || errors.As(err, &deleted) || errors.Is(err, ErrInvalid)
}
