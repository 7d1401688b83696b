package consumer

import (
	"sync"

	"shiyang/eventstore/journal"
	"shiyang/eventstore/reading"
)

// Action is what a client asks for an event that it could not deal with.
type Action int

// The actions, with the numbers of the protocol.
const (
	Unknown Action = iota // as Retry
	Park
	Retry
	Skip
	Stop // nothing: the event stays with the client until it times out
)

// Delivery is an event for a client.
type Delivery struct {
	Event   journal.Record // as it stands in the stream: the link, when it is one
	Target  reading.Target // of a link, when the group resolves links
	Retries int            // how often it was sent before
}

// Client is a connection to a group. Its methods are safe for concurrent use.
type Client struct {
	// Out carries the events for the client.
	Out <-chan Delivery

	group  *group
	id     uint64
	from   string // address
	user   string
	name   string
	size   int
	out    chan Delivery
	gone   chan struct{}
	err    error // set before gone is closed
	ending sync.Once

	// The group's goroutine only:
	slots    int
	flying   int
	progress counter
}

// Dropped is closed when the group lets go of the client; Err then says why.
func (c *Client) Dropped() <-chan struct{} { return c.gone }

// Err is described at Dropped.
func (c *Client) Err() error { return c.err }

// Ack says that events were dealt with, by the ids of the events as they stand
// in the stream.
func (c *Client) Ack(ids []journal.UUID) {
	c.group.post(func() { c.group.line.ack(c.group.now(), ids) })
}

// Nack says that events were not dealt with, and what to do.
func (c *Client) Nack(action Action, reason string, ids []journal.UUID) {
	c.group.post(func() { c.group.line.nack(action, reason, ids) })
}

// Close leaves the group: what the client holds goes to others.
func (c *Client) Close() {
	c.group.post(func() {
		if c.group.line.clients.has(c) {
			c.group.line.leave(c)
		}
	})
	c.end(ErrStopped)
}

func (c *Client) end(err error) {
	c.ending.Do(func() {
		c.err = err
		close(c.gone)
	})
}

// ready tells whether an event can be sent without waiting: the client has a
// free slot, and has taken what was sent before and timed out since.
func (c *Client) ready() bool { return c.slots > 0 && len(c.out) < cap(c.out) }
