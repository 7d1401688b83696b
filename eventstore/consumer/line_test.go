package consumer

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"shiyang/eventstore/journal"
)

// The line is tested from inside: it is a value without storage, time or
// goroutines, and its order is what everything else relies on.

var noon = time.Unix(1_000_000, 0)

func settings() Settings {
	return Settings{MaxRetries: 2, HistoryBuffer: 10, LiveBuffer: 10, ReadBatch: 2, MaxCheckpoint: 100, Strategy: RoundRobin, MessageTimeout: time.Minute}
}

func eventAt(point int64, stream string) *message {
	return &message{point: point, record: journal.Record{ID: journal.UUID{byte(point), 1}, Stream: []byte(stream)}}
}

func (l *line) connect(id uint64, size int) *Client {
	out := make(chan Delivery, size)
	c := &Client{id: id, slots: size, out: out, Out: out, gone: make(chan struct{})}
	l.clients.add(c)
	return c
}

// sent are the first bytes of the ids that a client was sent, in order.
func sent(c *Client) string {
	var out []string
	for len(c.out) > 0 {
		out = append(out, fmt.Sprint((<-c.out).Event.ID[0]))
	}
	return strings.Join(out, " ")
}

func want(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func id(point int64) []journal.UUID { return []journal.UUID{{byte(point), 1}} }

func TestTheMarkStopsBeforeWhatIsNotDone(t *testing.T) {
	l := newLine(settings(), -1)
	c := l.connect(1, 10)
	for i := range int64(5) {
		l.add(eventAt(i, "s"))
	}
	l.skip(3, 9)
	l.push(noon)
	want(t, "sent", sent(c), "0 1 2 3 4")
	for i, step := range []struct {
		do   func()
		mark int64
	}{
		{func() { l.ack(noon, id(1)) }, -1},
		{func() { l.ack(noon, id(0)) }, 1},
		{func() { l.nack(Park, "", id(2)) }, 1}, // until it is written
		{func() { l.finish(l.park[0].message) }, 2},
		{func() { l.nack(Skip, "", id(3)) }, 3},
		{func() { l.nack(Retry, "", id(4)) }, 3},
		{func() { l.push(noon) }, 3},
		{func() { l.ack(noon, id(4)) }, 9}, // and what the filter did not take behind it
		{func() { l.skip(1, 12) }, 12},
	} {
		if step.do(); l.mark != step.mark {
			t.Errorf("step %d: mark %d, want %d", i, l.mark, step.mark)
		}
	}
	if l.marked != 9 || l.bytes != 0 || len(l.order) != 0 {
		t.Errorf("%d looked at, %d bytes and %d messages held at the end", l.marked, l.bytes, len(l.order))
	}
}

func TestRefusedEventsGoFirstInTheOrderOfTheStream(t *testing.T) {
	l := newLine(settings(), -1)
	c := l.connect(1, 3)
	for i := range int64(5) {
		l.add(eventAt(i, "s"))
	}
	l.push(noon)
	want(t, "first", sent(c), "0 1 2")
	l.nack(Retry, "", id(2))
	l.nack(Unknown, "", id(0))
	replayed := eventAt(99, "parked")
	l.addReplay(replayed)
	l.push(noon)
	want(t, "then", sent(c), "0 2")
	l.ack(noon, id(1))
	l.push(noon)
	want(t, "parked ones after those", sent(c), "99")
}

func TestExpiryCountsFromTheLastTimeAnEventWasSent(t *testing.T) {
	l := newLine(settings(), -1)
	c := l.connect(1, 2)
	l.add(eventAt(0, "s"))
	l.add(eventAt(1, "s"))
	l.push(noon)
	sent(c)
	l.nack(Retry, "", id(0))
	l.push(noon.Add(30 * time.Second)) // 0 again
	sent(c)
	l.expire(noon.Add(time.Minute))
	if len(l.retry) != 1 || l.retry[0].point != 1 {
		t.Errorf("%d expired after a minute, want only the one that was sent once", len(l.retry))
	}
	if got := l.nextDue(); !got.Equal(noon.Add(90 * time.Second)) {
		t.Errorf("the next time-out is at %v", got.Sub(noon))
	}
	l.push(noon.Add(time.Minute))
	l.expire(noon.Add(time.Hour))
	if len(l.park) != 0 || len(l.retry) != 2 {
		t.Errorf("%d parked, %d to be sent again", len(l.park), len(l.retry))
	}
	sent(c)
	l.push(noon.Add(time.Hour))
	sent(c)
	l.expire(noon.Add(2 * time.Hour))
	if len(l.park) != 2 {
		t.Errorf("%d parked after their last retry", len(l.park))
	}
}

func TestAnIdThatIsWithAClientIsNotSentTwice(t *testing.T) {
	l := newLine(settings(), -1)
	c := l.connect(1, 10)
	first, again := eventAt(0, "s"), eventAt(1, "s")
	again.record.ID = first.record.ID
	l.add(first)
	l.add(again)
	l.push(noon)
	want(t, "sent", sent(c), "0")
	l.ack(noon, id(0))
	if l.mark != 1 {
		t.Errorf("mark %d, want both done", l.mark)
	}
}

func TestAClientThatTakesNothingIsNotWaitedFor(t *testing.T) {
	l := newLine(settings(), -1)
	slow := l.connect(1, 1)
	l.add(eventAt(0, "s"))
	l.push(noon)
	l.expire(noon.Add(time.Minute)) // the slot is free again, the channel is not
	l.push(noon.Add(time.Minute))
	if len(slow.out) != 1 || len(l.retry) != 1 {
		t.Fatalf("%d in the channel, %d waiting", len(slow.out), len(l.retry))
	}
	quick := l.connect(2, 1)
	l.push(noon.Add(time.Minute))
	want(t, "the other gets it", sent(quick), "0")
}

func TestPinnedStreamsStayTogether(t *testing.T) {
	s := settings()
	s.Strategy = Pinned
	l := newLine(s, -1)
	one := l.connect(1, 100)
	for i := range int64(50) {
		l.add(eventAt(i, fmt.Sprint("s-", i%25)))
	}
	l.buffer = l.buffer[:25]
	rest := l.order[25:]
	l.push(noon)
	if len(one.out) != 25 {
		t.Fatalf("%d sent to the only client", len(one.out))
	}
	two := l.connect(2, 100)
	// The second event of each stream waits for nobody: its stream is still with the first client.
	l.buffer = rest
	l.push(noon)
	if len(one.out) != 50 || len(two.out) != 0 {
		t.Fatalf("%d and %d: a stream went to two clients at once", len(one.out), len(two.out))
	}
	for i := range int64(50) {
		l.ack(noon, id(i))
	}
	for i := range int64(25) {
		l.add(eventAt(100+i, fmt.Sprint("s-", i)))
	}
	l.push(noon)
	if moved := len(two.out); moved < 5 || moved > 20 {
		t.Errorf("%d of 25 streams moved to the second client", moved)
	}
	l.leave(two)
	l.push(noon)
	if len(l.flying) != 25 || len(l.retry) != 0 {
		t.Errorf("%d flying, %d waiting after the second left", len(l.flying), len(l.retry))
	}
}

func TestAFullPinnedClientHoldsUpOnlyItsStreams(t *testing.T) {
	s := settings()
	s.Strategy = Pinned
	l := newLine(s, -1)
	one, two := l.connect(1, 1), l.connect(2, 100)
	for i := range int64(60) {
		l.add(eventAt(i, fmt.Sprint("s-", i)))
	}
	l.push(noon)
	if len(one.out) != 1 || len(two.out) < 15 || len(one.out)+len(two.out)+len(l.buffer) != 60 {
		t.Errorf("%d and %d sent, %d waiting", len(one.out), len(two.out), len(l.buffer))
	}
}

func TestReadingStopsWhenEnoughIsHeld(t *testing.T) {
	l := newLine(settings(), -1)
	if got := l.hungry(false, 1<<20); got != 10 {
		t.Errorf("room %d at the beginning", got)
	}
	for i := range int64(4) {
		l.add(eventAt(i, "s"))
	}
	if got := l.hungry(false, 1<<20); got != 6 {
		t.Errorf("room %d with four held", got)
	}
	if got := l.hungry(false, 4*256); got != 0 {
		t.Errorf("room %d over the limit of bytes", got)
	}
}
