package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"shiyang/eventstore/journal/index"
	"shiyang/eventstore/journal/segment"
)

// All yields the events at positions from … upto in ascending order, as far as
// they are durable and no scavenge has removed them. An error ends the
// iteration.
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
	return j.guarded(j.events(stream, from, to, false))
}

// EventsBackwards yields the revisions from … to of a stream, the last first.
func (j *Journal) EventsBackwards(stream string, from, to int64) iter.Seq2[Record, error] {
	return j.guarded(j.events(stream, from, to, true))
}

// Event returns a copy of one durable event. It does not apply the stream's rules.
func (j *Journal) Event(stream string, revision int64) (Record, bool, error) {
	if !j.readers.enter() {
		return Record{}, false, ErrClosed
	}
	defer j.readers.leave()
	return j.eventAt(stream, revision, j.Head())
}

// guarded keeps the files open during an iteration, and stops a failed journal
// from being read: the system's cache could then be ahead of the disk.
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

// place returns where a scan can start that is to reach a position.
func (j *Journal) place(position uint64) (segment.Place, error) {
	if at, ok := j.recent.find(position); ok {
		return at, nil
	}
	return j.index.Mark(position)
}

func (j *Journal) all(from, upto uint64) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		from := max(from, 1)
		if from > upto {
			return
		}
		at, err := j.place(from)
		if err == nil {
			err = j.scan(from, upto, at, yield)
		}
		if err != nil && !errors.Is(err, errStopped) {
			yield(Record{}, err)
		}
	}
}

// errStopped says that the one who iterates has enough.
var errStopped = errors.New("stopped")

// scan yields the events from … upto that no scavenge has removed. The log must
// go up to there.
func (j *Journal) scan(from, upto uint64, at segment.Place, yield func(Record, error) bool) error {
	c, err := j.log.Cursor(from, at)
	if err != nil {
		return err
	}
	defer c.Close()
	for {
		stored, err := c.Next()
		if errors.Is(err, io.EOF) && c.After().Position > upto {
			return nil // a scavenge removed what stood there
		}
		if errors.Is(err, io.EOF) {
			return fmt.Errorf("%w: the log ends before position %d", ErrCorrupt, upto)
		}
		if err != nil || stored.Position > upto {
			return err
		}
		r, err := parseAt(stored.Content, stored.Position)
		if err != nil {
			return err
		}
		if !yield(r, nil) {
			return errStopped
		}
		if stored.Position == upto {
			return nil
		}
	}
}

// parseAt reads an event that must have a position.
func parseAt(wire []byte, position uint64) (Record, error) {
	r, err := parseRecord(wire)
	if err == nil && r.Position != position {
		err = fmt.Errorf("%w: the event at position %d says %d", ErrCorrupt, position, r.Position)
	}
	return r, err
}

// allBackwards scans the log from mark to mark, and each part from its end.
func (j *Journal) allBackwards(before uint64) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for before > 1 {
			at, err := j.index.Mark(before - 1)
			if err != nil {
				yield(Record{}, err)
				return
			}
			part, err := j.part(max(at.Position, 1), before-1, at)
			if err != nil {
				yield(Record{}, err)
				return
			}
			for i := len(part) - 1; i >= 0; i-- {
				if !yield(part[i], nil) {
					return
				}
			}
			before = max(at.Position, 1)
		}
	}
}

// part returns copies of the events from … upto.
func (j *Journal) part(from, upto uint64, at segment.Place) ([]Record, error) {
	var wires []byte
	var ends []int
	err := j.scan(from, upto, at, func(r Record, _ error) bool {
		wires = append(wires, r.Wire...)
		ends = append(ends, len(wires))
		return true
	})
	records, start := make([]Record, 0, len(ends)), 0
	for _, end := range ends {
		r, _ := parseRecord(wires[start:end:end]) // parsed before
		records, start = append(records, r), end
	}
	return records, err
}

// events walks the stream's index and reads each event.
func (j *Journal) events(stream string, from, to int64, backwards bool) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		visible := j.Head()
		f := j.log.Fetcher()
		defer f.Close()
		for e, err := range j.index.Revisions(stream, from, to, backwards) {
			if err == nil && e.Position > visible {
				continue
			}
			var r Record
			if err == nil {
				r, err = j.fetch(f, stream, e)
			}
			if errors.Is(err, segment.ErrRemoved) {
				continue
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// fetch reads the event that an index entry speaks of, and does not believe the
// index: another event there means that the index is damaged.
func (j *Journal) fetch(f *segment.Fetcher, stream string, e index.Entry) (Record, error) {
	wire, err := f.Fetch(e.Position, e.At)
	if err != nil {
		return Record{}, err
	}
	r, err := parseAt(wire, e.Position)
	if err == nil && (string(r.Stream) != stream || r.Revision != e.Revision) {
		err = j.fail(fmt.Errorf("%w: position %d is not %s/%d", index.ErrUnusable, e.Position, stream, e.Revision))
	}
	return r, err
}

// copyOf returns a copy of the event that an index entry speaks of.
func (j *Journal) copyOf(stream string, e index.Entry) (Record, error) {
	f := j.log.Fetcher()
	defer f.Close()
	r, err := j.fetch(f, stream, e)
	if err != nil {
		return Record{}, err
	}
	return r.Clone(), nil
}

func (j *Journal) eventAt(stream string, revision int64, visible uint64) (Record, bool, error) {
	if revision < 0 || len(stream) > MaxStreamName {
		return Record{}, false, nil
	}
	e, found, err := j.index.Find(stream, revision)
	if err != nil || !found || e.Position > visible {
		return Record{}, false, err
	}
	r, err := j.copyOf(stream, e)
	if errors.Is(err, segment.ErrRemoved) {
		return Record{}, false, nil
	}
	return r, err == nil, err
}

// Clone returns a record that stays valid.
func (r Record) Clone() Record {
	c, _ := parseRecord(bytes.Clone(r.Wire)) // parsed before
	return c
}
