package consumer

import (
	"slices"
	"time"

	"shiyang/eventstore/journal"
	"shiyang/eventstore/reading"
)

// message is one event on its way through a group.
type message struct {
	record  journal.Record // of the stream or $all: the link, when it is one
	target  reading.Target // of a link, when links are resolved
	point   int64          // revision or position
	upto    int64          // what was looked at after it and not wanted ends here
	seq     int64          // how many events were looked at up to upto
	replay  bool           // parked before; the checkpoint has passed it
	retries int
	done    bool
	client  *Client
	due     time.Time
	sent    time.Time
}

func (m *message) id() journal.UUID { return m.record.ID }

// size is what a message holds in memory.
func (m *message) size() int { return len(m.record.Wire) + len(m.target.Event.Wire) + 256 }

// line is the state of a group without any waiting: what was read, what is
// with the clients, what comes back. Only the group's goroutine uses it.
type line struct {
	settings Settings
	clients  clients
	buffer   []*message // read, not yet sent
	retry    []*message // to be sent before those, in the order of the stream
	order    []*message // read and not done, in the order of the stream
	flying   map[journal.UUID]*message
	dues     []due // the first to time out first
	bytes    int   // of all messages held
	replayed int   // parked before and not done again

	read   int64 // events looked at
	mark   int64 // everything up to this revision or position is done
	marked int64 // events looked at up to mark

	park     []parking // to be written to the parked stream
	progress counter
}

// due is when a message times out, unless it was taken back before.
type due struct {
	message *message
	at      time.Time
}

// parking is a message that is to be parked, and why.
type parking struct {
	message *message
	reason  string
}

func newLine(s Settings, mark int64) *line {
	return &line{settings: s, clients: clients{strategy: s.Strategy}, flying: map[journal.UUID]*message{}, mark: mark}
}

// add takes an event that was read.
func (l *line) add(m *message) {
	l.read++
	m.upto, m.seq = m.point, l.read
	l.bytes += m.size()
	l.buffer = append(l.buffer, m)
	l.order = append(l.order, m)
}

// addReplay takes a parked event again.
func (l *line) addReplay(m *message) {
	m.replay = true
	l.replayed++
	l.bytes += m.size()
	l.queue(m)
}

// skip notes events that were looked at and not wanted.
func (l *line) skip(n, upto int64) {
	l.read += n
	if len(l.order) == 0 {
		l.mark, l.marked = max(l.mark, upto), l.read
		return
	}
	last := l.order[len(l.order)-1]
	last.upto, last.seq = max(last.upto, upto), l.read
}

// finish takes a message out: it is done with.
func (l *line) finish(m *message) {
	if m.done {
		return
	}
	m.done = true
	l.bytes -= m.size()
	if m.replay {
		l.replayed--
	}
	for len(l.order) > 0 && l.order[0].done {
		l.mark, l.marked = l.order[0].upto, l.order[0].seq
		l.order[0] = nil
		l.order = l.order[1:]
	}
}

// land takes a message back from its client, if it is with one.
func (l *line) land(m *message) {
	if l.flying[m.id()] == m {
		delete(l.flying, m.id())
	}
	if m.client != nil {
		m.client.slots++
		m.client.flying--
		l.clients.landed(m)
		m.client = nil
	}
}

// ack finishes what a client has dealt with; unknown ids mean nothing.
func (l *line) ack(now time.Time, ids []journal.UUID) {
	for _, id := range ids {
		if m := l.flying[id]; m != nil {
			l.progress.add(now.Sub(m.sent))
			if c := m.client; c != nil {
				c.progress.add(now.Sub(m.sent))
			}
			l.land(m)
			l.finish(m)
		}
	}
}

// nack does what a client asks for events that it could not deal with.
func (l *line) nack(action Action, reason string, ids []journal.UUID) {
	for _, id := range ids {
		m := l.flying[id]
		switch {
		case m == nil || action == Stop: // stays with the client until it times out
		case action == Park:
			l.land(m)
			l.park = append(l.park, parking{m, reason})
		case action == Skip:
			l.land(m)
			l.finish(m)
		default:
			l.refused(m)
		}
	}
}

// refused sends a message again, or parks it after too many times.
func (l *line) refused(m *message) {
	l.land(m)
	if m.retries >= l.settings.MaxRetries {
		l.park = append(l.park, parking{m, "reached the maximum retry count"})
		return
	}
	m.retries++
	l.queue(m)
}

// queue puts a message into the retry line: replayed ones last.
func (l *line) queue(m *message) {
	at := len(l.retry)
	if !m.replay {
		at, _ = slices.BinarySearchFunc(l.retry, m, func(a, b *message) int {
			if a.replay || a.point > b.point {
				return 1
			}
			return -1
		})
	}
	l.retry = slices.Insert(l.retry, at, m)
}

// expire takes back what timed out.
func (l *line) expire(now time.Time) {
	for at := l.nextDue(); !at.IsZero() && !at.After(now); at = l.nextDue() {
		l.refused(l.dues[0].message)
	}
}

// nextDue is when the next message times out; zero: none does.
func (l *line) nextDue() time.Time {
	for len(l.dues) > 0 {
		d := l.dues[0]
		if m := d.message; l.flying[m.id()] == m && m.due.Equal(d.at) {
			return d.at
		}
		l.dues[0] = due{}
		l.dues = l.dues[1:]
	}
	return time.Time{}
}

// leave takes back everything a client holds, in the order of the stream.
func (l *line) leave(c *Client) {
	var lost []*message
	for _, m := range l.flying {
		if m.client == c {
			lost = append(lost, m)
		}
	}
	slices.SortFunc(lost, func(a, b *message) int { return int(a.point - b.point) })
	for _, m := range lost {
		l.refused(m)
	}
	l.clients.remove(c)
}

// push hands messages to clients as long as there is room.
func (l *line) push(now time.Time) {
	l.retry = l.pushFrom(now, l.retry)
	l.buffer = l.pushFrom(now, l.buffer)
}

func (l *line) pushFrom(now time.Time, from []*message) []*message {
	kept, at := from[:0:0], 0
	for ; at < len(from); at++ {
		m := from[at]
		if l.flying[m.id()] != nil { // the same id is with a client already
			l.finish(m)
			continue
		}
		if !l.clients.room() {
			break
		}
		c := l.clients.choose(m)
		if c == nil {
			if kept = append(kept, m); l.settings.Strategy != Pinned {
				at++
				break
			}
			continue
		}
		l.send(now, m, c)
	}
	if len(kept) == 0 {
		return from[at:]
	}
	return append(kept, from[at:]...)
}

func (l *line) send(now time.Time, m *message, c *Client) {
	m.client, m.sent, m.due = c, now, time.Time{}
	l.flying[m.id()] = m
	c.slots--
	c.flying++
	if t := l.settings.MessageTimeout; t > 0 {
		m.due = now.Add(t)
		l.dues = append(l.dues, due{m, m.due})
	}
	l.clients.sent(m)
	c.out <- Delivery{Event: m.record, Target: m.target, Retries: m.retries}
}

// hungry tells how many events may still be read ahead.
func (l *line) hungry(live bool, maxBytes int) int {
	limit := l.settings.HistoryBuffer
	if live {
		limit = l.settings.LiveBuffer
	}
	room := limit - len(l.buffer) - len(l.retry)
	if l.bytes >= maxBytes && len(l.order) > 0 {
		return 0
	}
	return max(0, room)
}
