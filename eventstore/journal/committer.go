package journal

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

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

// committer is the state of the one goroutine that writes. Nothing in it is
// shared, so nothing is locked.
type committer struct {
	j        *Journal
	batch    *pebble.Batch
	position uint64                  // of the newest event decided
	created  int64                   // its time; never goes back
	overlay  map[string]*streamState // touched by this group
	cache    *streamCache            // durable ends of streams
	window   *idWindow
	scratch  []byte
}

func newCommitter(j *Journal, last Record) committer {
	return committer{
		j:        j,
		position: last.Position,
		created:  last.Created,
		overlay:  map[string]*streamState{},
		cache:    newStreamCache(j.opts.StreamCache),
	}
}

func (c *committer) begin(batch *pebble.Batch) {
	c.batch = batch
	clear(c.overlay)
}

// remember keeps the ends of the group's streams, now that they are durable.
func (c *committer) remember() {
	for name, s := range c.overlay {
		s.pending = nil
		c.cache.put(name, s)
	}
}

// stream returns the state of a stream as this group has left it so far.
func (c *committer) stream(name string) (*streamState, error) {
	if s, ok := c.overlay[name]; ok {
		return s, nil
	}
	s, ok := c.cache.get(name)
	if !ok {
		h, err := c.j.storedHead(name)
		if err != nil {
			return nil, err
		}
		s = &streamState{head: h}
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
	c.scratch = appendRecord(c.scratch[:0], place{stream, revision, c.position, c.created}, e)
	s.head = head{revision, c.position}
	s.pending = append(s.pending, pendingEvent{e.ID, revision, c.position})
	if c.window != nil {
		c.window.add(stream, e.ID, Result{revision, c.position})
	}
	key := eventKey(c.position)
	return Result{revision, c.position}, errors.Join(
		c.batch.Set(key, c.scratch, nil),
		c.batch.Set(revisionKey(stream, revision), key[1:], nil),
		c.batch.Set(headKey(stream), s.encode(), nil),
	)
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

// storedHead returns the end of a stream as stored.
func (j *Journal) storedHead(stream string) (head, error) {
	value, closer, err := j.db.Get(headKey(stream))
	if errors.Is(err, pebble.ErrNotFound) {
		return noHead, nil
	}
	if err != nil {
		return head{}, err
	}
	defer closer.Close() //nolint:errcheck // releases a cache entry; always nil
	return decodeHead(value)
}

// storedEvent returns a copy of the event at a position.
func (j *Journal) storedEvent(position uint64) (Record, error) {
	value, closer, err := j.db.Get(eventKey(position))
	if err != nil {
		return Record{}, fmt.Errorf("%w: event at position %d: %w", ErrCorrupt, position, err)
	}
	defer closer.Close() //nolint:errcheck // releases a cache entry; always nil
	return parseRecord(bytes.Clone(value))
}
