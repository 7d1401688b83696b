package journal

import (
	"sort"
	"sync"
	"sync/atomic"

	"shiyang/eventstore/journal/segment"
)

// recentFrames is how many of the newest frames are found without the index.
const recentFrames = 1024

// recent remembers where the newest frames are, for readers that follow the
// end of the log.
type recent struct {
	mu    sync.RWMutex
	ring  [recentFrames]segment.Place
	count int // ever added
}

func (r *recent) add(at segment.Place) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ring[r.count%recentFrames] = at
	r.count++
}

// find returns the frame that holds a position, if it is a recent one.
func (r *recent) find(position uint64) (segment.Place, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	size := min(r.count, recentFrames)
	oldest := r.count - size
	i := sort.Search(size, func(i int) bool { return r.ring[(oldest+i)%recentFrames].Position > position })
	if i == 0 {
		return segment.Place{}, false
	}
	return r.ring[(oldest+i-1)%recentFrames], true
}

// tail publishes how far the log is durable.
type tail struct {
	visible atomic.Uint64
	mu      sync.Mutex
	changed chan struct{}
	watched bool // somebody was given changed
}

func (t *tail) init(position uint64) {
	t.changed = make(chan struct{})
	t.visible.Store(position)
}

func (t *tail) publish(position uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.visible.Store(position)
	if t.watched {
		close(t.changed)
		t.changed, t.watched = make(chan struct{}), false
	}
}

func (t *tail) watch() (uint64, <-chan struct{}) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.watched = true
	return t.visible.Load(), t.changed
}

// readers counts open iterations, because files must not be closed under them.
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
