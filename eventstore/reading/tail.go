package reading

import (
	"slices"
	"sync"
	"sync/atomic"

	"shiyang/eventstore/journal"
)

// DefaultTailBytes bounds the newest events that are kept in memory.
const DefaultTailBytes = 4 << 20

// Tail follows the end of a journal for all its readers. It is safe for
// concurrent use.
type Tail struct {
	journal *journal.Journal
	limit   int // bytes of recent
	stop    chan struct{}
	ended   sync.WaitGroup
	needed  chan struct{} // receives when it rested and somebody waits

	mu      sync.Mutex
	resting bool   // nobody waits: commits are not looked at
	last    uint64 // everything up to here was considered
	readers int    // waiters of $all, armed or not
	all     map[*Waiter]struct{}
	streams map[string]map[*Waiter]struct{}
	after   uint64           // recent holds every event in (after, last]
	recent  []journal.Record // in order
	bytes   int

	wakes, fromMemory atomic.Uint64
}

// NewTail follows j until Close; maxBytes bounds the events in memory, 0 means
// DefaultTailBytes.
func NewTail(j *journal.Journal, maxBytes int) *Tail {
	if maxBytes <= 0 {
		maxBytes = DefaultTailBytes
	}
	head := j.Head()
	t := &Tail{
		journal: j, limit: maxBytes, stop: make(chan struct{}), needed: make(chan struct{}, 1), last: head, after: head,
		all: map[*Waiter]struct{}{}, streams: map[string]map[*Waiter]struct{}{},
	}
	t.ended.Go(t.run)
	return t
}

// Close stops waking; call it once, before the journal is closed.
func (t *Tail) Close() {
	close(t.stop)
	t.ended.Wait()
}

// Wakes counts how often a reader was woken; FromMemory counts the events that
// readers of $all took from memory instead of from the log.
func (t *Tail) Wakes() uint64 { return t.wakes.Load() }

// FromMemory is described at Wakes.
func (t *Tail) FromMemory() uint64 { return t.fromMemory.Load() }

func (t *Tail) run() {
	for {
		next := (<-chan struct{})(t.needed)
		if !t.rest() {
			head, changed := t.journal.Changed()
			t.advance(head)
			next = changed
		}
		select {
		case <-next:
		case <-t.stop:
			return
		case <-t.journal.Failed():
			return
		}
	}
}

// rest lets go of everything if nobody waits, so that a commit wakes nobody.
func (t *Tail) rest() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.resting = t.readers == 0 && len(t.streams) == 0
	if t.resting {
		t.forget(t.last)
	}
	return t.resting
}

// need ends a rest. The lock is held.
func (t *Tail) need() {
	if !t.resting {
		return
	}
	t.resting = false
	t.forget(t.journal.Head())
	select {
	case t.needed <- struct{}{}:
	default:
	}
}

// advance considers the events up to head. Without waiters it only notes that
// they are there.
func (t *Tail) advance(head uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if head <= t.last {
		return
	}
	if t.readers == 0 && len(t.streams) == 0 {
		t.forget(head)
		return
	}
	keep := t.readers > 0
	if !keep {
		t.forget(t.last)
	}
	for e, err := range t.journal.All(t.last+1, head) {
		if err != nil { // the readers meet it themselves
			t.wakeAll()
			break
		}
		t.wakeFor(e)
		if keep {
			t.keep(e.Clone())
		}
	}
	t.last = head
	if !keep {
		t.after = head
	}
}

func (t *Tail) forget(head uint64) {
	t.last, t.after, t.recent, t.bytes = head, head, nil, 0
}

// keep adds an event to those in memory and drops the oldest beyond the limit.
func (t *Tail) keep(e journal.Record) {
	t.recent = append(t.recent, e)
	if t.bytes += len(e.Wire); t.bytes <= t.limit {
		return
	}
	drop := 0
	for ; t.bytes > t.limit/2 && drop < len(t.recent); drop++ {
		t.bytes -= len(t.recent[drop].Wire)
		t.after = t.recent[drop].Position
	}
	// A new array: readers may still hold a part of the old one.
	t.recent = slices.Clone(t.recent[drop:])
}

// Recent returns the events of $all after a position, and the position up to
// which these are all, if they are in memory. The records stay valid.
func (t *Tail) Recent(after uint64) (events []journal.Record, upto uint64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if after < t.after || after >= t.last {
		return nil, 0, false
	}
	at, _ := slices.BinarySearchFunc(t.recent, after+1, func(r journal.Record, p uint64) int {
		switch {
		case r.Position < p:
			return -1
		case r.Position > p:
			return 1
		}
		return 0
	})
	events = t.recent[at:len(t.recent):len(t.recent)]
	t.fromMemory.Add(uint64(len(events)))
	return events, t.last, true
}

// Waiter is one reader that waits for the end of the log to grow. Only its
// reader may call its methods.
type Waiter struct {
	// C receives when there is something for the reader.
	C <-chan struct{}
	// OnlyUsers says that events of system streams do not count as skipped.
	// Set it before the first Arm.
	OnlyUsers bool

	tail    *Tail
	wake    chan struct{}
	stream  string  // "" for $all
	filter  *Filter // of $all
	limit   uint64  // considered events after which the reader is woken anyway; 0: never
	skipped uint64
	upto    uint64
}

// Watch makes a waiter for the events of a stream. The caller closes it.
func (t *Tail) Watch(stream string) *Waiter { return t.waiter(stream, nil) }

// WatchAll makes a waiter for the events of $all that a filter takes. The
// caller closes it.
func (t *Tail) WatchAll(f *Filter) *Waiter {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.readers++
	t.need()
	return t.waiter("", f)
}

// Close ends the reader; call it once.
func (w *Waiter) Close() {
	w.Disarm()
	w.tail.mu.Lock()
	defer w.tail.mu.Unlock()
	if w.stream == "" {
		w.tail.readers--
	}
}

func (t *Tail) waiter(stream string, f *Filter) *Waiter {
	wake := make(chan struct{}, 1)
	return &Waiter{C: wake, tail: t, wake: wake, stream: stream, filter: f}
}

// Arm asks to be woken for the next event after seen that concerns the reader,
// or, for $all with a limit, when so many events were skipped. If there may be
// one already, it wakes at once. Each Arm wakes once; arm again afterwards.
func (w *Waiter) Arm(seen, limit uint64) {
	t := w.tail
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-w.wake: // left from an earlier Arm
	default:
	}
	w.limit, w.skipped, w.upto = limit, 0, seen
	t.need()
	if t.last > seen {
		w.signal()
		return
	}
	if w.stream == "" {
		t.all[w] = struct{}{}
		return
	}
	if t.streams[w.stream] == nil {
		t.streams[w.stream] = map[*Waiter]struct{}{}
	}
	t.streams[w.stream][w] = struct{}{}
}

// Disarm ends the waiting, if it was not woken. For a reader of $all it
// returns how many events the filter did not take since Arm, and the position
// of the last of them: the reader need not look at those again.
func (w *Waiter) Disarm() (skipped, upto uint64) {
	w.tail.mu.Lock()
	defer w.tail.mu.Unlock()
	w.tail.remove(w)
	return w.skipped, w.upto
}

func (w *Waiter) signal() {
	w.tail.wakes.Add(1)
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (t *Tail) remove(w *Waiter) {
	if w.stream == "" {
		delete(t.all, w)
		return
	}
	if waiting, ok := t.streams[w.stream]; ok {
		if delete(waiting, w); len(waiting) == 0 {
			delete(t.streams, w.stream)
		}
	}
}

func (t *Tail) wakeFor(e journal.Record) {
	if waiting, ok := t.streams[string(e.Stream)]; ok {
		for w := range waiting {
			w.signal()
		}
		delete(t.streams, string(e.Stream))
	}
	for w := range t.all {
		if w.filter.Takes(e) {
			w.signal()
			delete(t.all, w)
			continue
		}
		w.upto = e.Position
		if w.OnlyUsers && len(e.Stream) > 0 && e.Stream[0] == '$' {
			continue
		}
		w.skipped++
		if w.limit > 0 && w.skipped >= w.limit {
			w.signal()
			delete(t.all, w)
		}
	}
}

func (t *Tail) wakeAll() {
	for w := range t.all {
		w.signal()
	}
	for _, waiting := range t.streams {
		for w := range waiting {
			w.signal()
		}
	}
	clear(t.all)
	clear(t.streams)
}
