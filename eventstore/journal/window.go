package journal

import (
	"container/list"
	"hash/maphash"
)

// idWindow remembers the ids of the newest events, so that an append that
// expects no exact revision can be recognised when it is repeated.
type idWindow struct {
	seed  maphash.Seed
	known map[idKey]Result
	ring  []idKey // oldest at next
	next  int
}

// idKey is an event id in a stream. The stream is only hashed: a collision
// would need the same id in two streams as well.
type idKey struct {
	id     UUID
	stream uint64
}

func newIDWindow(size int) *idWindow {
	return &idWindow{seed: maphash.MakeSeed(), known: map[idKey]Result{}, ring: make([]idKey, 0, size)}
}

func (w *idWindow) key(stream string, id UUID) idKey {
	return idKey{id, maphash.String(w.seed, stream)}
}

func (w *idWindow) find(stream string, id UUID) (Result, bool) {
	at, ok := w.known[w.key(stream, id)]
	return at, ok
}

func (w *idWindow) add(stream string, id UUID, at Result) {
	key := w.key(stream, id)
	if _, ok := w.known[key]; ok { // written twice: the later one counts
		w.known[key] = at
		return
	}
	if len(w.ring) < cap(w.ring) {
		w.ring = append(w.ring, key)
	} else {
		delete(w.known, w.ring[w.next])
		w.ring[w.next] = key
		w.next = (w.next + 1) % len(w.ring)
	}
	w.known[key] = at
}

// streamCache keeps the ends of recently written streams.
type streamCache struct {
	size  int
	items map[string]*list.Element
	order *list.List // most recently used first
}

type cachedStream struct {
	name  string
	state *streamState
}

func newStreamCache(size int) *streamCache {
	return &streamCache{size: size, items: map[string]*list.Element{}, order: list.New()}
}

func (c *streamCache) get(name string) (*streamState, bool) {
	e, ok := c.items[name]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(e)
	return e.Value.(*cachedStream).state, true
}

func (c *streamCache) put(name string, s *streamState) {
	if e, ok := c.items[name]; ok {
		e.Value.(*cachedStream).state = s
		c.order.MoveToFront(e)
		return
	}
	c.items[name] = c.order.PushFront(&cachedStream{name, s})
	if c.order.Len() > c.size {
		oldest := c.order.Back()
		c.order.Remove(oldest)
		delete(c.items, oldest.Value.(*cachedStream).name)
	}
}
