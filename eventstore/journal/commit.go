package journal

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"shiyang/eventstore/journal/segment"
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
	opProbe // writes nothing; its leader looks whether a full disk has room again
)

// request is one append or delete.
type request struct {
	op       operation
	stream   string
	expected Expected
	events   []Event
	bytes    int
	elected  bool        // to be the next leader; guarded by the queue's lock
	answer   chan answer // holds one
}

// answer is what a waiting request is told: its outcome, or to lead.
type answer struct {
	result Result
	err    error
	lead   bool
}

var requests = sync.Pool{New: func() any { return &request{answer: make(chan answer, 1)} }}

func newRequest(op operation, stream string, expected Expected) *request {
	r := requests.Get().(*request)
	*r = request{op: op, stream: stream, expected: expected, answer: r.answer}
	return r
}

// Append writes events to the end of stream, all or none and without gaps
// between them, and returns when they are durable. When the same events (by
// id) are already there, nothing is written and the first outcome is returned.
//
// It fails with *WrongRevisionError, *StreamDeletedError, ErrInvalid,
// ErrDiskFull, ErrFailed, ErrClosed, or the error of ctx. After ErrFailed, or
// when ctx ends during the write, the events may or may not have been written;
// otherwise they were not. The events must stay as they are until then. The
// caller may find itself writing for others as well; its ctx is then looked at
// again only when the disk has answered.
func (j *Journal) Append(ctx context.Context, stream string, expected Expected, events ...Event) (Result, error) {
	bytes := 0
	for i, e := range events {
		if e.ID == (UUID{}) || e.Type == "" {
			return Result{}, fmt.Errorf("%w: event %d has no id or no type", ErrInvalid, i)
		}
		bytes += len(e.Data) + len(e.Metadata) + len(e.Type) + len(stream)
	}
	if bytes > maxAppendBytes {
		return Result{}, fmt.Errorf("%w: an append has at most %d bytes", ErrInvalid, maxAppendBytes)
	}
	r := newRequest(opAppend, stream, expected)
	r.events, r.bytes = events, bytes
	start := time.Now()
	result, err := j.do(ctx, r)
	j.latency.add(time.Since(start))
	return result, err
}

// maxAppendBytes keeps offsets within a frame far from their limit.
const maxAppendBytes = 512 << 20

// Delete hides the events of stream until somebody writes to it again;
// numbering then goes on. Errors are those of Append.
func (j *Journal) Delete(ctx context.Context, stream string, expected Expected) (Result, error) {
	return j.do(ctx, newRequest(opDelete, stream, expected))
}

// Tombstone ends stream for good: it can be neither read nor written again.
// Errors are those of Append.
func (j *Journal) Tombstone(ctx context.Context, stream string, expected Expected) (Result, error) {
	return j.do(ctx, newRequest(opTombstone, stream, expected))
}

func (j *Journal) do(ctx context.Context, r *request) (Result, error) {
	if err := checkTarget(r); err != nil {
		return Result{}, err
	}
	if err := j.Err(); err != nil {
		return Result{}, err
	}
	if err := ctx.Err(); err != nil {
		return Result{}, err
	}
	leads, err := j.queue.enter(r)
	if err != nil {
		return Result{}, err
	}
	if leads {
		return j.lead(r)
	}
	select {
	case a := <-r.answer:
		return j.told(r, a)
	case <-ctx.Done():
		err = ctx.Err()
	case <-j.failed: // the leader may hang in a write
		err = j.failure
	}
	if j.queue.leave(r) {
		return j.told(r, <-r.answer)
	}
	select { // the answer may have come at the same time
	case a := <-r.answer:
		return j.told(r, a)
	default:
		return Result{}, err
	}
}

// told acts on what a waiting request was told.
func (j *Journal) told(r *request, a answer) (Result, error) {
	if a.lead {
		return j.lead(r)
	}
	r.events = nil
	requests.Put(r)
	return a.result, a.err
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

// queue holds the requests that wait while another request leads. A request
// that finds no leader becomes it: it commits in its own goroutine, for itself
// and for all that wait by then, and makes the first of those that came
// meanwhile the next leader. So a lone writer waits for the disk and for
// nothing else, and many writers share an fsync.
type queue struct {
	mu      sync.Mutex
	idle    *sync.Cond
	leading bool
	closed  bool
	waiting []*request // an elected leader is the first until it takes over
	group   []*request // used by the leader only
}

func (q *queue) init() { q.idle = sync.NewCond(&q.mu) }

// enter makes the request the leader, or lets it wait.
func (q *queue) enter(r *request) (leads bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false, ErrClosed
	}
	q.waiting = append(q.waiting, r)
	leads = !q.leading
	q.leading = true
	return leads, nil
}

// leave takes a request back that does not want to wait any more. It reports
// true when the request was made the leader and must act on it; otherwise it
// is out of the queue, or another is writing it.
func (q *queue) leave(r *request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if r.elected {
		return true
	}
	if i := slices.Index(q.waiting, r); i >= 0 {
		q.waiting = slices.Delete(q.waiting, i, i+1)
	}
	return false
}

// yields is how often a leader lets those run who run already.
const yields = 2

// gather lets requests come that are about to, when the last group was shared:
// whoever was answered then, or has been received meanwhile, runs before the
// disk is asked to flush. There is no waiting, and nothing at all for a lone writer.
func (q *queue) gather() {
	if len(q.group) > 1 {
		for range yields {
			runtime.Gosched()
		}
	}
}

// take returns the group of the leader: what waits now, as far as it fits.
func (q *queue) take() []*request {
	q.mu.Lock()
	defer q.mu.Unlock()
	n, bytes := 0, 0
	for n < len(q.waiting) && n < maxGroup && bytes < maxGroupBytes {
		bytes += q.waiting[n].bytes
		n++
	}
	q.group = append(q.group[:0], q.waiting[:n]...)
	q.waiting = slices.Delete(q.waiting, 0, n)
	return q.group
}

// hand ends a leadership and makes the first waiting request the next leader.
func (q *queue) hand() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 {
		q.leading = false
		q.idle.Broadcast()
		return
	}
	next := q.waiting[0]
	next.elected = true
	next.answer <- answer{lead: true}
}

// close lets no more requests in and waits until all are answered.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for q.leading {
		q.idle.Wait()
	}
}

// lead commits the leader's request and those that wait behind it.
func (j *Journal) lead(r *request) (Result, error) {
	j.queue.gather()
	group := j.queue.take()
	answers := j.commit.answersFor(group)
	err := j.Err()
	if !errors.Is(err, ErrFailed) { // when it is being closed, what waits is still answered
		err = j.write(group, answers)
	}
	if err != nil && !errors.Is(err, ErrDiskFull) {
		err = j.fail(err)
	}
	j.appends.Add(uint64(len(group)))
	own, others := answers[0], make([]telling, 0, len(group)-1)
	for i, other := range group {
		if err != nil {
			answers[i] = answer{err: err}
		}
		if other == r {
			own = answers[i]
			continue
		}
		others = append(others, telling{other, answers[i]})
	}
	j.queue.hand()
	for _, t := range others {
		t.to.answer <- t.what
	}
	if segment.Broken == "ack" {
		_ = j.log.SyncLate()
	}
	r.events = nil
	requests.Put(r)
	return own.result, own.err
}

// telling is an answer on its way.
type telling struct {
	to   *request
	what answer
}

// write fills answers and returns only when everything they speak of is durable.
func (j *Journal) write(group []*request, answers []answer) (err error) {
	if err := j.restore(); err != nil {
		return err
	}
	c := &j.commit
	c.begin()
	for i, r := range group {
		result, refusal := c.decide(r)
		if refusal != nil && !isRefusal(refusal) {
			return refusal
		}
		answers[i] = answer{result: result, err: refusal}
	}
	if c.frame.Len() == 0 {
		return nil
	}
	if err := j.store(c); err != nil {
		c.forget(j.Head())
		return err
	}
	if err := j.Err(); errors.Is(err, ErrFailed) {
		return err
	}
	j.syncs.Add(1)
	c.remember()
	j.tail.publish(c.position)
	if segment.Broken == "visible" {
		return j.log.SyncLate()
	}
	return nil
}

// restore looks, after a write was refused, whether the log has room again.
func (j *Journal) restore() error {
	if !j.logFull.Load() {
		return nil
	}
	room, err := j.log.Restore()
	if room {
		j.logFull.Store(false)
	}
	return err
}

// store appends the committer's frame to the log and then to the index.
func (j *Journal) store(c *committer) error {
	if j.indexFull.Load() {
		return fmt.Errorf("%w: the index cannot be written out", ErrDiskFull)
	}
	j.writing.Store(time.Now().UnixNano())
	written, err := j.log.Append(&c.frame)
	j.writing.Store(0)
	if errors.Is(err, ErrDiskFull) {
		j.full(err)
	}
	if err != nil {
		return err
	}
	return j.indexFrame(c, written)
}

func isRefusal(err error) bool {
	var revision *WrongRevisionError
	var deleted *StreamDeletedError
	return errors.As(err, &revision) || errors.As(err, &deleted) || errors.Is(err, ErrInvalid)
}
