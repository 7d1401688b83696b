package journal

import (
	"container/list"
	"hash/maphash"

	"shiyang/eventstore/journal/index"
	"shiyang/eventstore/journal/segment"
)

// head is the end of a stream: its last revision and that event's position.
type head struct {
	last     int64 // -1: no events; MaxInt64: tombstoned
	position uint64
}

func (h head) tombstoned() bool { return h.last == tombstoneRevision }

// streamState is what the committer knows of a stream's end.
type streamState struct {
	head
	meta    *Metadata // nil: not looked up yet
	pending []pendingEvent
}

// pendingEvent is an event of the group that is being decided.
type pendingEvent struct {
	id       UUID
	revision int64
	position uint64
}

// committer is the state of the one request that leads. The queue passes it
// from leader to leader, so nothing in it is locked.
type committer struct {
	j        *Journal
	frame    segment.Frame
	written  []writtenEvent          // the frame's records
	file     uint64                  // of the log, that was written last
	position uint64                  // of the newest event decided
	created  int64                   // its time; never goes back
	overlay  map[string]*streamState // touched by this group
	cache    *streamCache            // durable ends of streams
	window   *idWindow
	answers  []answer
}

// writtenEvent says which event a record of the frame is.
type writtenEvent struct {
	stream   string
	revision int64
}

func newCommitter(j *Journal, position uint64, created int64) committer {
	return committer{
		j:        j,
		position: position,
		created:  created,
		overlay:  map[string]*streamState{},
		cache:    newStreamCache(j.opts.StreamCache),
	}
}

// answersFor returns room for a group's answers.
func (c *committer) answersFor(group []*request) []answer {
	c.answers = append(c.answers[:0], make([]answer, len(group))...)
	return c.answers
}

func (c *committer) begin() {
	clear(c.overlay)
	c.written = c.written[:0]
	c.frame.Reset(c.position + 1)
}

// mostPending is for how many events of a group a stream keeps room.
const mostPending = 4

// remember keeps the ends of the group's streams, now that they are durable.
func (c *committer) remember() {
	for name, s := range c.overlay {
		if s.pending = s.pending[:0]; cap(s.pending) > mostPending {
			s.pending = nil
		}
		c.cache.put(name, s)
	}
}

// forget undoes what was decided since position, of which nothing was written.
func (c *committer) forget(position uint64) {
	c.position, c.window = position, nil
	c.cache = newStreamCache(c.j.opts.StreamCache)
}

// stream returns the state of a stream as this group has left it so far.
func (c *committer) stream(name string) (*streamState, error) {
	if s, ok := c.overlay[name]; ok {
		return s, nil
	}
	s, ok := c.cache.get(name)
	if !ok {
		e, err := c.j.index.Head(name)
		if err != nil {
			return nil, err
		}
		s = &streamState{head: head{e.Revision, e.Position}}
	}
	c.overlay[name] = s
	return s, nil
}

// metadata returns the metadata of a stream whose state is s.
func (c *committer) metadata(stream string, s *streamState) (Metadata, error) {
	if _, ok := originalOf(stream); ok { // metadata of metadata have no effect
		return Metadata{}, nil
	}
	if s.meta != nil {
		return *s.meta, nil
	}
	m, err := c.j.metadataAt(stream, c.j.Head())
	if err != nil {
		return Metadata{}, err
	}
	s.meta = &m
	return m, nil
}

func (c *committer) softDeleted(stream string, s *streamState) (bool, error) {
	m, err := c.metadata(stream, s)
	return m.deleted(), err
}

func (c *committer) hasMetadata(stream string) (bool, error) {
	s, err := c.stream(MetadataStream(stream))
	return err == nil && s.last >= 0, err
}

// put writes an event to the end of a stream.
func (c *committer) put(stream string, e Event) (Result, error) {
	s, err := c.stream(stream)
	if err != nil {
		return Result{}, err
	}
	return c.putAt(stream, s.last+1, e)
}

func (c *committer) putAt(stream string, revision int64, e Event) (Result, error) {
	s, err := c.stream(stream)
	if err != nil {
		return Result{}, err
	}
	c.position++
	c.created = max(c.created, ticks(c.j.opts.Now()))
	c.frame.Close(appendRecord(c.frame.Open(), place{stream, revision, c.position, c.created}, e))
	c.written = append(c.written, writtenEvent{stream, revision})
	s.head = head{revision, c.position}
	s.pending = append(s.pending, pendingEvent{e.ID, revision, c.position})
	if c.window != nil {
		c.window.add(stream, e.ID, Result{revision, c.position})
	}
	return Result{revision, c.position}, nil
}

// eventAt returns the id and position of an event that is stored or pending.
func (c *committer) eventAt(stream string, revision int64) (UUID, uint64, bool, error) {
	s, err := c.stream(stream)
	if err != nil || revision > s.last {
		return UUID{}, 0, false, err
	}
	for _, p := range s.pending {
		if p.revision == revision {
			return p.id, p.position, true, nil
		}
	}
	r, found, err := c.j.eventAt(stream, revision, c.j.Head())
	return r.ID, r.Position, found, err
}

// fillWindow reads the newest ids when an append first needs them. Writers
// that always state a revision never pay for this.
func (c *committer) fillWindow() error {
	if c.window != nil {
		return nil
	}
	head, size := c.j.Head(), uint64(c.j.opts.IDWindow)
	w := newIDWindow(c.j.opts.IDWindow)
	for r, err := range c.j.all(head-min(head, size)+1, head) {
		if err != nil {
			return err
		}
		w.add(string(r.Stream), r.ID, Result{r.Revision, r.Position})
	}
	for name, s := range c.overlay {
		for _, p := range s.pending {
			w.add(name, p.id, Result{p.revision, p.position})
		}
	}
	c.window = w
	return nil
}

// indexFrame makes the committer's frame, which is durable, findable. Readers
// see it only when the head is published.
func (j *Journal) indexFrame(c *committer, w segment.Written) error {
	first := c.position - uint64(len(c.written)) + 1
	place := segment.Place{Position: first, File: w.File, Offset: w.Offset}
	last := len(c.written) - 1
	state := index.State{
		Store: j.log.Store, Position: c.position, Last: w.Location(last),
		After: segment.Place{File: w.File, Offset: w.End},
	}
	err := j.index.AddFrame(place, state, len(c.written), func(i int) (string, index.Entry) {
		e := c.written[i]
		return e.stream, index.Entry{Revision: e.revision, Position: first + uint64(i), At: w.Location(i)}
	})
	if err != nil {
		return err
	}
	j.recent.add(place)
	if c.file != w.File && c.file != 0 { // a file is full: what is in it need not be indexed again
		err = j.index.Flush()
	}
	c.file = w.File
	return err
}

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
