package consumer

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"shiyang/eventstore/journal"
	"shiyang/eventstore/reading"
)

// group is a running consumer group. One goroutine, run, owns feed and line;
// everything else reaches them through do and post.
type group struct {
	entry
	groups *Groups
	feed   feed
	line   *line
	waiter *reading.Waiter
	orders chan func()
	stop   chan struct{} // closed first; run ends
	ended  chan struct{} // run has ended
	writes sync.WaitGroup
	drop   error // for the clients; set before stop is closed

	atEnd      bool
	armed      bool   // the waiter will tell of more
	seen       uint64 // head of the log at the end
	parking    bool   // a write of parked events is on its way
	saving     bool   // a write of a checkpoint is on its way
	saved      int64  // mark of the last checkpoint; -1: none
	savedCount int64  // line.marked then
	savedAt    time.Time
	replays    replays
	resumeAt   time.Time // after a failure nothing is read or written before
}

// pause is how long a group waits after a failed read or write.
const pause = time.Second

// startGroup loads how far a group has come and runs it.
func (g *Groups) startGroup(e entry) (*group, error) {
	mark, known, err := g.loadCheckpoint(e)
	if err != nil {
		return nil, err
	}
	n := &group{
		entry: e, groups: g, orders: make(chan func(), 64), stop: make(chan struct{}), ended: make(chan struct{}),
		saved: -1, savedAt: g.now(),
		feed: feed{journal: g.journal, stream: e.Stream, all: e.all(), resolve: e.ResolveLinks, next: e.Next},
	}
	if known {
		n.saved, n.feed.next = mark, mark+1
	}
	if e.all() {
		if e.Filter != nil {
			if n.feed.filter, err = reading.NewFilter(*e.Filter); err != nil {
				return nil, err
			}
		}
		n.waiter = g.tail.WatchAll(n.feed.filter)
		n.waiter.OnlyUsers = true // as feed.pass
	} else {
		n.waiter = g.tail.Watch(e.Stream)
	}
	n.line = newLine(e.Settings, n.feed.next-1)
	n.line.progress.askedAt = g.now()
	go n.run()
	return n, nil
}

func (n *group) now() time.Time { return n.groups.now() }

// do runs f in the group's goroutine and waits for it; false: the group has ended.
func (n *group) do(f func()) bool {
	done := make(chan struct{})
	if !n.post(func() { f(); close(done) }) {
		return false
	}
	select {
	case <-done:
		return true
	case <-n.ended:
		return false
	}
}

// post has f run in the group's goroutine.
func (n *group) post(f func()) bool {
	select {
	case n.orders <- f:
		return true
	case <-n.stop:
		return false
	case <-n.ended:
		return false
	}
}

// halt ends the group; its clients learn why. Nothing is written any more when
// it returns.
func (n *group) halt(why error) {
	n.drop = why
	close(n.stop)
	<-n.ended
	n.writes.Wait()
}

func (n *group) run() {
	defer close(n.ended)
	defer n.waiter.Close()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		n.work()
		timer.Reset(n.alarm())
		select {
		case f := <-n.orders:
			n.obey(f)
		case <-n.waiter.C:
			n.woken()
		case <-timer.C: // work finds out for what
		case <-n.groups.journal.Failed():
			n.dropAll(n.groups.journal.Err())
			return
		case <-n.stop:
			n.dropAll(n.drop)
			return
		}
	}
}

// obey runs what was asked for, and what else waits.
func (n *group) obey(f func()) {
	f()
	for range len(n.orders) {
		(<-n.orders)()
	}
}

// woken goes on reading, after what the waiter has looked at already.
func (n *group) woken() {
	skipped, upto := n.waiter.Disarm()
	n.armed, n.atEnd = false, false
	if int64(upto) >= n.feed.next && n.all() {
		n.line.skip(int64(skipped), int64(upto))
		n.feed.next = int64(upto) + 1
	}
}

func (n *group) dropAll(err error) {
	for _, c := range n.line.clients.list {
		c.end(err)
	}
	n.line.clients.list = nil
}

// work does all that can be done now, and has the group woken for more. What
// is asked for meanwhile does not wait until everything is read.
func (n *group) work() {
	for more := true; more; {
		now := n.now()
		n.line.expire(now)
		n.line.push(now)
		more = n.fill()
		n.writeParked()
		n.forgetReplayed()
		n.checkpoint(now)
		select {
		case f := <-n.orders:
			n.obey(f)
			more = true
		case <-n.stop:
			return
		default:
		}
	}
	if len(n.line.clients.list) > 0 && n.atEnd && !n.armed {
		n.armed = true
		n.waiter.Arm(n.seen, uint64(max(1, n.MinCheckpoint)))
	}
}

// fill reads ahead if there is room; false: there is nothing more to do now.
func (n *group) fill() bool {
	if len(n.line.clients.list) == 0 || n.paused() {
		return false
	}
	room := n.line.hungry(n.atEnd, n.groups.opts.MaxGroupBytes)
	if room == 0 {
		return false
	}
	if n.replays.open() {
		return n.readParked(min(room, n.ReadBatch))
	}
	if n.atEnd {
		return false
	}
	b, err := n.feed.read(min(room, n.ReadBatch))
	if err != nil {
		n.failed("read", err)
		return false
	}
	b.into(n.line)
	n.atEnd, n.seen = b.end, b.seen
	return !b.end || len(b.found) > 0
}

// paused tells whether the group still waits after a failure.
func (n *group) paused() bool { return n.now().Before(n.resumeAt) }

// failed notes an error of the journal; the group tries again after a pause.
func (n *group) failed(what string, err error) {
	n.resumeAt = n.now().Add(pause)
	if !errors.Is(err, journal.ErrClosed) && !errors.Is(err, journal.ErrFailed) {
		n.groups.opts.Logger.LogAttrs(context.Background(), slog.LevelWarn, "consumer group waits after a failure",
			slog.String("stream", n.Stream), slog.String("group", n.Group), slog.String("doing", what), slog.String("error", err.Error()))
	}
}

// alarm is how long the group may sleep.
func (n *group) alarm() time.Duration {
	now := n.now()
	next := now.Add(time.Hour)
	if due := n.line.nextDue(); !due.IsZero() && due.Before(next) {
		next = due
	}
	if n.resumeAt.After(now) && n.resumeAt.Before(next) {
		next = n.resumeAt
	}
	if at, ok := n.checkpointDue(); ok && at.Before(next) && !n.paused() {
		next = at
	}
	return max(next.Sub(now), time.Millisecond)
}

// connect adds a client.
func (n *group) connect(c *Client) error {
	var err error
	ok := n.do(func() {
		if m := n.MaxSubscribers; m > 0 && len(n.line.clients.list) >= m {
			err = &GroupError{Kind: Full, Key: n.key()}
			return
		}
		c.progress.askedAt = n.now()
		n.line.clients.add(c)
	})
	if !ok {
		return &GroupError{Kind: Dropped, Key: n.key()}
	}
	return err
}
