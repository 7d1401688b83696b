package trial

import (
	"sync"
	"time"
)

// Watch knows how late timers of this process are: a call that is late on a
// machine whose timers are as late is not the store's fault.
type Watch struct {
	stop chan struct{}
	done chan struct{}
	mu   sync.Mutex
	late []overshoot
}

type overshoot struct {
	at time.Time
	by time.Duration
}

// watchEvery is how long a timer of a watch is set, and keepFor how long its
// lateness is remembered.
const (
	watchEvery = 20 * time.Millisecond
	keepFor    = 30 * time.Second
)

// NewWatch begins to watch until Stop.
func NewWatch() *Watch {
	w := &Watch{stop: make(chan struct{}), done: make(chan struct{})}
	go w.run()
	return w
}

func (w *Watch) run() {
	defer close(w.done)
	for {
		set := time.Now()
		timer := time.NewTimer(watchEvery)
		select {
		case <-timer.C:
			w.note(time.Now(), time.Since(set)-watchEvery)
		case <-w.stop:
			timer.Stop()
			return
		}
	}
}

func (w *Watch) note(at time.Time, by time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.late) > 0 && at.Sub(w.late[0].at) > keepFor {
		w.late = w.late[1:]
	}
	w.late = append(w.late, overshoot{at, by})
}

// worst returns by how much a timer was late at most since a moment.
func (w *Watch) worst(since time.Time) (most time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, o := range w.late {
		if !o.at.Before(since) {
			most = max(most, o.by)
		}
	}
	return most
}

// Stop ends the watch.
func (w *Watch) Stop() {
	close(w.stop)
	<-w.done
}

// allowedLate is by how much a call may return after its deadline.
const allowedLate = 100 * time.Millisecond

// Late measures by how much a call that began then, and has just ended, is
// behind its deadline. It counts as late when it is more than 100 ms behind
// and the machine's own timers were not late by a quarter of that meanwhile.
func (t *Trial) Late(what string, w *Watch, began time.Time, deadline time.Duration) {
	over := time.Since(began) - deadline
	if over <= 0 {
		return
	}
	t.Measure(what+": return after the deadline", over)
	t.Add(what+ended, 1)
	t.Add(what+late, 0)
	if over > allowedLate && over > 4*w.worst(began) {
		t.Add(what+late, 1)
	}
}

// What Late counts.
const (
	ended = ": calls that their deadline ended"
	late  = ": of these, later than 100 ms"
)

// Punctual reports a broken promise when more than one in fifty of the calls
// that Late has seen were late.
func (t *Trial) Punctual(what string) {
	if n, of := t.Of(what+late), t.Of(what+ended); n > max(2, of/50) {
		t.Fault("%s: %d of %d calls end more than 100 ms after their deadline", what, n, of)
	}
}
