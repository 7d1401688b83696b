package consumer

import (
	"hash/fnv"
	"slices"
)

// buckets is into how many parts Pinned divides the streams.
const buckets = 1024

// clients are those of a group, and how one is chosen.
type clients struct {
	strategy Strategy
	list     []*Client // RoundRobin: the next one first
	pins     [buckets]pin
}

// pin is who gets the events of a bucket. It stays until all that is with the
// client is done, so that a newcomer never gets events of a stream at the same
// time as another client.
type pin struct {
	client *Client
	flying int
}

func (c *clients) add(n *Client) { c.list = append(c.list, n) }

func (c *clients) has(n *Client) bool { return slices.Contains(c.list, n) }

func (c *clients) remove(n *Client) {
	c.list = slices.DeleteFunc(c.list, func(x *Client) bool { return x == n })
	for i := range c.pins {
		if c.pins[i].client == n {
			c.pins[i] = pin{}
		}
	}
}

// room tells whether any client can take an event.
func (c *clients) room() bool { return slices.ContainsFunc(c.list, (*Client).ready) }

// choose returns the client for an event, nil when it has to wait.
func (c *clients) choose(m *message) *Client {
	switch c.strategy {
	case Pinned:
		if n := c.pinned(m); n != nil && n.ready() {
			return n
		}
		return nil
	case DispatchToSingle:
		if i := slices.IndexFunc(c.list, (*Client).ready); i >= 0 {
			return c.list[i]
		}
		return nil
	default:
		for range c.list {
			next := c.list[0]
			copy(c.list, c.list[1:])
			c.list[len(c.list)-1] = next
			if next.ready() {
				return next
			}
		}
		return nil
	}
}

// pinned returns the client that a stream belongs to. Streams move to a
// newcomer only as far as they must: each bucket goes to the client whose
// number hashes highest with it.
func (c *clients) pinned(m *message) *Client {
	b := bucketOf(m)
	p := &c.pins[b]
	if p.client != nil && p.flying > 0 {
		return p.client
	}
	var best *Client
	var highest uint64
	for _, n := range c.list {
		if w := weight(n.id, uint64(b)); best == nil || w > highest {
			best, highest = n, w
		}
	}
	p.client = best
	return best
}

func (c *clients) sent(m *message) {
	if c.strategy == Pinned {
		c.pins[bucketOf(m)].flying++
	}
}

func (c *clients) landed(m *message) {
	if p := &c.pins[bucketOf(m)]; c.strategy == Pinned && p.client == m.client {
		p.flying--
	}
}

// bucketOf hashes the stream that an event comes from: for a link the one that
// it leads to.
func bucketOf(m *message) int {
	stream := m.record.Stream
	if m.target.IsLink {
		stream = []byte(m.target.Stream)
	}
	h := fnv.New32a()
	_, _ = h.Write(stream) // never fails
	return int(h.Sum32() % buckets)
}

// weight mixes two numbers (the finisher of SplitMix64).
func weight(a, b uint64) uint64 {
	x := a*0x9e3779b97f4a7c15 + b
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
