package journal

import (
	"crypto/rand"
	"fmt"

	"shiyang/eventstore/journal/segment"
)

// Expected is the last revision that a writer expects a stream to have, or one
// of Any, NoStream and StreamExists.
type Expected int64

// Expectations other than an exact revision.
const (
	NoStream     Expected = -1 // the stream has no events
	Any          Expected = -2 // the writer does not care
	StreamExists Expected = -3 // the stream has events or metadata
)

// String returns the revision, or the name of the expectation.
func (e Expected) String() string {
	switch e {
	case NoStream:
		return "no stream"
	case Any:
		return "any"
	case StreamExists:
		return "an existing stream"
	default:
		return fmt.Sprintf("revision %d", int64(e))
	}
}

// verdict is what becomes of a request that is not refused.
type verdict struct {
	write  bool
	result Result // when nothing is written
}

// decide judges one request against everything decided before it and adds what
// it writes to the batch. Refusals are *WrongRevisionError, *StreamDeletedError
// or ErrInvalid; any other error is a failure of the store.
func (c *committer) decide(r *request) (Result, error) {
	if r.op == opProbe {
		return Result{}, nil
	}
	s, err := c.stream(r.stream)
	if err != nil {
		return Result{}, err
	}
	if gone, err := c.gone(r.stream, s); err != nil || gone {
		return Result{}, orDeleted(err, r.stream)
	}
	events := r.events
	if r.op != opAppend {
		events = []Event{deletion(r.op)}
	}
	v, err := c.check(r, s, events)
	if err != nil || !v.write {
		return v.result, err
	}
	switch r.op {
	case opDelete:
		return c.softDelete(r, s)
	case opTombstone:
		return c.tombstone(r, events[0])
	case opAppend, opProbe:
	}
	return c.append(r, s, events)
}

// gone tells whether the stream, or the one whose metadata it holds, is tombstoned.
func (c *committer) gone(stream string, s *streamState) (bool, error) {
	if s.tombstoned() {
		return true, nil
	}
	original, ok := originalOf(stream)
	if !ok {
		return false, nil
	}
	o, err := c.stream(original)
	return err == nil && o.tombstoned(), err
}

func orDeleted(err error, stream string) error {
	if err != nil {
		return err
	}
	return &StreamDeletedError{stream}
}

// check is the table of expected revisions.
func (c *committer) check(r *request, s *streamState, events []Event) (verdict, error) {
	soft, err := c.softDeleted(r.stream, s)
	if err != nil {
		return verdict{}, err
	}
	switch {
	case r.expected == StreamExists && soft:
		return verdict{}, &StreamDeletedError{r.stream}
	case r.expected == StreamExists && s.last < 0:
		if exists, err := c.hasMetadata(r.stream); err != nil || !exists {
			return verdict{}, orWrong(err, r, s)
		}
		return c.checkKnown(r, s, events)
	case r.expected == Any || r.expected == StreamExists:
		return c.checkKnown(r, s, events)
	case int64(r.expected) > s.last:
		return verdict{}, wrong(r, s)
	case int64(r.expected) == s.last:
		return verdict{write: len(events) > 0, result: Result{s.last, s.position}}, nil
	default:
		return c.checkRepeated(r, s, events, soft)
	}
}

func wrong(r *request, s *streamState) error {
	return &WrongRevisionError{r.stream, r.expected, s.last}
}

func orWrong(err error, r *request, s *streamState) error {
	if err != nil {
		return err
	}
	return wrong(r, s)
}

// checkKnown decides an append without an exact revision by the window of recent ids.
func (c *committer) checkKnown(r *request, s *streamState, events []Event) (verdict, error) {
	if len(events) == 0 {
		return verdict{result: Result{s.last, s.position}}, nil
	}
	if err := c.fillWindow(); err != nil {
		return verdict{}, err
	}
	if _, known := c.window.find(r.stream, events[0].ID); !known || segment.Broken == "dedup" {
		return verdict{write: true}, nil
	}
	var last Result
	for _, e := range events {
		at, known := c.window.find(r.stream, e.ID)
		if !known {
			return verdict{}, wrong(r, s)
		}
		last = at
	}
	return verdict{result: last}, nil
}

// checkRepeated decides an append whose expected revision is already passed:
// a repetition of what stands there has its first outcome again.
func (c *committer) checkRepeated(r *request, s *streamState, events []Event, soft bool) (verdict, error) {
	if segment.Broken == "dedup" {
		return verdict{}, wrong(r, s)
	}
	var last Result
	for i, e := range events {
		revision := int64(r.expected) + 1 + int64(i)
		id, position, found, err := c.eventAt(r.stream, revision)
		if err != nil {
			return verdict{}, err
		}
		if !found || id != e.ID {
			if i == 0 && soft && r.expected == NoStream {
				return verdict{write: true}, nil
			}
			return verdict{}, wrong(r, s)
		}
		last = Result{revision, position}
	}
	if len(events) == 0 {
		return verdict{}, wrong(r, s)
	}
	return verdict{result: last}, nil
}

// append writes the events, and what a write to a deleted stream implies.
func (c *committer) append(r *request, s *streamState, events []Event) (Result, error) {
	first := s.last + 1
	soft, err := c.softDeleted(r.stream, s)
	if err != nil {
		return Result{}, err
	}
	result := Result{s.last, s.position}
	for _, e := range events {
		if result, err = c.put(r.stream, e); err != nil {
			return Result{}, err
		}
	}
	if soft {
		return result, c.undelete(r.stream, first)
	}
	original, ok := originalOf(r.stream)
	if !ok {
		return result, nil
	}
	return result, c.metadataWritten(original, events[len(events)-1].Data)
}

// metadataWritten takes new metadata of a stream into account. If the stream
// was deleted, it exists from now on, and its old events stay hidden.
func (c *committer) metadataWritten(stream string, data []byte) error {
	s, err := c.stream(stream)
	if err != nil {
		return err
	}
	before, err := c.metadata(stream, s)
	if err != nil {
		return err
	}
	s.meta = new(parseMetadata(data))
	if before.deleted() {
		return c.undelete(stream, s.last+1)
	}
	return nil
}

// undelete writes metadata that shows the events of stream from revision first on.
func (c *committer) undelete(stream string, first int64) error {
	s, err := c.stream(stream)
	if err != nil {
		return err
	}
	meta, err := c.metadata(stream, s)
	if err != nil {
		return err
	}
	data, err := meta.withTruncateBefore(first)
	if err != nil {
		return err
	}
	if _, err := c.put(MetadataStream(stream), metadataEvent(data)); err != nil {
		return err
	}
	s.meta = new(parseMetadata(data))
	return nil
}

func (c *committer) softDelete(r *request, s *streamState) (Result, error) {
	if s.last < 0 {
		if exists, err := c.hasMetadata(r.stream); err != nil || !exists {
			return Result{}, orWrong(err, r, s)
		}
	}
	result, err := c.put(MetadataStream(r.stream), metadataEvent(deletedMetadata))
	if err != nil {
		return Result{}, err
	}
	s.meta = new(parseMetadata(deletedMetadata))
	return Result{s.last, result.Position}, nil
}

func (c *committer) tombstone(r *request, e Event) (Result, error) {
	return c.putAt(r.stream, tombstoneRevision, e)
}

// deletion is the event of a delete or tombstone; its id is always new.
func deletion(op operation) Event {
	if op == opDelete {
		return metadataEvent(deletedMetadata)
	}
	return Event{ID: newID(), Type: "$streamDeleted", JSON: true, Data: []byte("{}")}
}

func metadataEvent(data []byte) Event {
	return Event{ID: newID(), Type: "$metadata", JSON: true, Data: data}
}

func newID() UUID {
	var id UUID
	_, _ = rand.Read(id[:]) // never fails, see crypto/rand
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id
}
