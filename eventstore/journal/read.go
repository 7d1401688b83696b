package journal

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"math"

	"github.com/cockroachdb/pebble/v2"
)

// All yields the events at positions from … upto in ascending order, as far as
// they are durable. An error ends the iteration.
func (j *Journal) All(from, upto uint64) iter.Seq2[Record, error] {
	return j.guarded(j.all(from, min(upto, j.Head())))
}

// AllBackwards yields the events before a position, newest first.
func (j *Journal) AllBackwards(before uint64) iter.Seq2[Record, error] {
	return j.guarded(j.allBackwards(min(before, j.Head()+1)))
}

// Events yields the revisions from … to of a stream in ascending order, as far
// as they are durable. It does not apply the stream's rules: see Stream.
func (j *Journal) Events(stream string, from, to int64) iter.Seq2[Record, error] {
	return j.guarded(j.events(stream, from, to, (*pebble.Iterator).First, (*pebble.Iterator).Next))
}

// EventsBackwards yields the revisions from … to of a stream, the last first.
func (j *Journal) EventsBackwards(stream string, from, to int64) iter.Seq2[Record, error] {
	return j.guarded(j.events(stream, from, to, (*pebble.Iterator).Last, (*pebble.Iterator).Prev))
}

// Event returns a copy of one durable event. It does not apply the stream's rules.
func (j *Journal) Event(stream string, revision int64) (Record, bool, error) {
	if !j.readers.enter() {
		return Record{}, false, ErrClosed
	}
	defer j.readers.leave()
	return j.eventAt(stream, revision, j.Head())
}

// guarded keeps the database open during an iteration, and stops a failed
// journal from being read: memory could then be ahead of the disk.
func (j *Journal) guarded(events iter.Seq2[Record, error]) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		if !j.readers.enter() {
			yield(Record{}, ErrClosed)
			return
		}
		defer j.readers.leave()
		if err := j.Err(); err != nil {
			yield(Record{}, err)
			return
		}
		events(yield)
	}
}

func (j *Journal) all(from, upto uint64) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		if from > upto {
			return
		}
		o := &pebble.IterOptions{LowerBound: eventKey(from), UpperBound: after(eventKey(upto))}
		j.scan(o, (*pebble.Iterator).First, (*pebble.Iterator).Next, yield)
	}
}

func (j *Journal) allBackwards(before uint64) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		o := &pebble.IterOptions{LowerBound: eventKey(0), UpperBound: eventKey(before)}
		j.scan(o, (*pebble.Iterator).Last, (*pebble.Iterator).Prev, yield)
	}
}

// step moves an iterator and tells whether it stands on a key.
type step func(*pebble.Iterator) bool

func (j *Journal) scan(o *pebble.IterOptions, start, next step, yield func(Record, error) bool) {
	it, err := j.db.NewIter(o)
	if err != nil {
		yield(Record{}, err)
		return
	}
	defer it.Close() //nolint:errcheck // reading; it.Error tells
	for ok := start(it); ok; ok = next(it) {
		r, err := eventIn(it)
		if !yield(r, err) || err != nil {
			return
		}
	}
	if err := it.Error(); err != nil {
		yield(Record{}, err)
	}
}

// eventIn parses the event an iterator stands on.
func eventIn(it *pebble.Iterator) (Record, error) {
	position, err := positionOf(it.Key())
	if err != nil {
		return Record{}, err
	}
	value, err := it.ValueAndErr()
	if err != nil {
		return Record{}, err
	}
	r, err := parseRecord(value)
	if err == nil && r.Position != position {
		err = fmt.Errorf("%w: the event at position %d says %d", ErrCorrupt, position, r.Position)
	}
	return r, err
}

// events walks the stream's index and fetches each event beside it.
func (j *Journal) events(stream string, from, to int64, start, next step) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		if from > to {
			return
		}
		visible := j.Head()
		index, err := j.db.NewIter(&pebble.IterOptions{
			LowerBound: revisionKey(stream, from), UpperBound: after(revisionKey(stream, to)),
		})
		if err != nil {
			yield(Record{}, err)
			return
		}
		defer index.Close() //nolint:errcheck // reading; index.Error tells
		data := fetcher{j: j}
		defer data.close()
		for ok := start(index); ok; ok = next(index) {
			position, err := decodePosition(index.Value())
			if err == nil && position > visible {
				continue
			}
			var r Record
			if err == nil {
				r, err = data.fetch(position)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
		if err := index.Error(); err != nil {
			yield(Record{}, err)
		}
	}
}

// fetcher reads events at rising or falling positions, with one iterator, and
// without seeking where they are neighbours.
type fetcher struct {
	j  *Journal
	it *pebble.Iterator
	at uint64
}

func (f *fetcher) fetch(position uint64) (Record, error) {
	var ok bool
	switch {
	case f.it == nil:
		it, err := f.j.db.NewIter(bounds([]byte{eventPrefix}))
		if err != nil {
			return Record{}, err
		}
		f.it = it
		ok = it.SeekGE(eventKey(position))
	case position == f.at+1:
		ok = f.it.Next()
	case position+1 == f.at:
		ok = f.it.Prev()
	default:
		ok = f.it.SeekGE(eventKey(position))
	}
	if !ok {
		return Record{}, errors.Join(fmt.Errorf("%w: no event at position %d", ErrCorrupt, position), f.it.Error())
	}
	f.at = position
	r, err := eventIn(f.it)
	if err == nil && r.Position != position {
		err = fmt.Errorf("%w: no event at position %d", ErrCorrupt, position)
	}
	return r, err
}

func (f *fetcher) close() {
	if f.it != nil {
		_ = f.it.Close() // reading; its errors were returned
	}
}

func (j *Journal) eventAt(stream string, revision int64, visible uint64) (Record, bool, error) {
	if revision < 0 || len(stream) > MaxStreamName {
		return Record{}, false, nil
	}
	value, closer, err := j.db.Get(revisionKey(stream, revision))
	if errors.Is(err, pebble.ErrNotFound) {
		return Record{}, false, nil
	}
	if err != nil {
		return Record{}, false, err
	}
	position, err := decodePosition(value)
	if err = errors.Join(err, closer.Close()); err != nil || position > visible {
		return Record{}, false, err
	}
	r, err := j.storedEvent(position)
	return r, err == nil, err
}

// headAt returns the end of a stream among the events up to visible.
func (j *Journal) headAt(stream string, visible uint64) (head, error) {
	h, err := j.storedHead(stream)
	if err != nil || h.position <= visible {
		return h, err
	}
	it, err := j.db.NewIter(bounds(streamBase(stream)))
	if err != nil {
		return head{}, err
	}
	defer it.Close() //nolint:errcheck // reading; it.Error tells
	for ok := it.Last(); ok; ok = it.Prev() {
		position, err := decodePosition(it.Value())
		if err != nil {
			return head{}, err
		}
		if position <= visible {
			revision, err := revisionOf(it.Key())
			return head{revision, position}, err
		}
	}
	return noHead, it.Error()
}

// metadataAt returns the metadata of a stream as of a position.
func (j *Journal) metadataAt(stream string, visible uint64) (Metadata, error) {
	if _, ok := originalOf(stream); ok {
		return Metadata{}, nil
	}
	h, err := j.headAt(MetadataStream(stream), visible)
	if err != nil || h.last < 0 {
		return Metadata{}, err
	}
	r, err := j.storedEvent(h.position)
	if err != nil {
		return Metadata{}, err
	}
	return parseMetadata(r.Data), nil
}

// Stream is what a reader may see of a stream.
type Stream struct {
	Name       string
	First      int64 // first revision to show, after $maxCount, $tb and $maxAge; may be past Last
	Last       int64 // -1 when there never was an event
	Deleted    bool  // softly: nothing to show until somebody writes again
	Tombstoned bool  // for good
}

// Missing tells whether a reader is to be told that there is no such stream.
func (s Stream) Missing() bool { return s.Last < 0 || s.Deleted }

// Stream returns what a reader may see of a stream now.
func (j *Journal) Stream(name string) (Stream, error) {
	if len(name) > MaxStreamName {
		return Stream{Name: name, Last: -1}, nil
	}
	if !j.readers.enter() {
		return Stream{}, ErrClosed
	}
	defer j.readers.leave()
	if err := j.Err(); err != nil {
		return Stream{}, err
	}
	visible := j.Head()
	h, err := j.headAt(name, visible)
	if err != nil {
		return Stream{}, fmt.Errorf("end of stream %q: %w", name, err)
	}
	s := Stream{Name: name, Last: h.last, Tombstoned: h.tombstoned()}
	original, isMeta := originalOf(name)
	switch {
	case s.Tombstoned || s.Last < 0 && !isMeta:
		return s, nil
	case isMeta:
		s.First = max(0, s.Last) // only the newest metadata count
		o, err := j.headAt(original, visible)
		s.Tombstoned = o.tombstoned()
		return s, err
	}
	m, err := j.metadataAt(name, visible)
	if err != nil {
		return Stream{}, fmt.Errorf("metadata of stream %q: %w", name, err)
	}
	err = j.applyRules(&s, m)
	return s, err
}

func (j *Journal) applyRules(s *Stream, m Metadata) error {
	s.Deleted = m.deleted()
	s.First = m.TruncateBefore
	if m.MaxCount > 0 && s.Last >= m.MaxCount {
		s.First = max(s.First, s.Last-m.MaxCount+1)
	}
	if m.MaxAge == 0 || s.Deleted {
		return nil
	}
	oldest := ticks(j.opts.Now().Add(-m.MaxAge))
	low, high := s.First, s.Last+1 // time never goes back along a stream
	for low < high {
		middle := low + (high-low)/2
		r, found, err := j.eventAt(s.Name, middle, math.MaxUint64)
		if err != nil {
			return err
		}
		if found && r.Created < oldest {
			low = middle + 1
		} else {
			high = middle
		}
	}
	s.First = low
	return nil
}

// Clone returns a record that stays valid.
func (r Record) Clone() Record {
	c, _ := parseRecord(bytes.Clone(r.Wire)) // parsed before
	return c
}
