package esdbstore

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"shiyang/internal/es"
	"shiyang/internal/problem"
)

// Store implements [es.Store] on an event store. It is safe for concurrent
// use. Nothing deletes or edits events through it.
type Store struct {
	client *Client
	codec  *es.Codec
}

var _ es.Store = (*Store)(nil)

// NewStore returns the store that c is connected to, writing events with codec.
func NewStore(c *Client, codec *es.Codec) *Store { return &Store{client: c, codec: codec} }

// Read implements [es.Store]. It reads in pages, so memory stays bounded
// however long the stream is; what is appended meanwhile may or may not be
// seen. It fails with [ErrStreamDeleted], [ErrHistoryIncomplete],
// [ErrUnavailable] or [ErrRefused].
func (s *Store) Read(ctx context.Context, stream string, after es.Revision) iter.Seq2[es.Recorded, error] {
	return func(yield func(es.Recorded, error) bool) {
		fail := func(err error) { yield(es.Recorded{}, fmt.Errorf("read %s: %w", stream, err)) }
		next := uint64(after)
		for {
			p, err := s.client.readPage(ctx, stream, next)
			switch {
			case err != nil:
				fail(err)
				return
			case p.absent && next > 0:
				fail(ErrStreamDeleted)
				return
			}
			for _, e := range p.events {
				if e.EventNumber != next {
					fail(fmt.Errorf("event %d instead of %d: %w", e.EventNumber+1, next+1, ErrHistoryIncomplete))
					return
				}
				next++
				rec, err := s.decode(ctx, e)
				if !yield(rec, err) || err != nil {
					return
				}
			}
			if p.last {
				return
			}
		}
	}
}

// decode makes a stored event one of ours; on an error the place of the event
// is returned with it.
func (s *Store) decode(ctx context.Context, e *esdb.RecordedEvent) (es.Recorded, error) {
	rec := es.Recorded{
		ID: e.EventID.String(), Stream: e.StreamID,
		Revision: es.Revision(e.EventNumber + 1), Position: es.Position(e.Position.Commit),
	}
	var err error
	if rec.Meta, err = es.DecodeMeta(e.UserMetadata); err == nil {
		rec.Event, err = s.codec.Decode(ctx, e.EventType, e.Data)
	}
	if err != nil {
		return rec, fmt.Errorf("read %s at %d: %w", e.StreamID, rec.Revision, err)
	}
	return rec, nil
}

// batch is one append: all events of one command.
type batch struct {
	stream   string
	expected es.Revision
	options  esdb.AppendToStreamOptions
	events   []esdb.EventData
}

// Append implements [es.Store]. All events go in one request, which is
// repeated only with the same ids and the same expected revision, at most
// three times and within the deadline of ctx (10 s if it has none). After an
// answer that was lost the stream is read back to learn what happened. Apart
// from [es.ErrConflict] it fails with [ErrTooLarge], [ErrRefused],
// [ErrStreamDeleted] and [ErrUnavailable], after which nothing was written,
// and with [ErrOutcomeUnknown].
func (s *Store) Append(ctx context.Context, stream string, expected es.Revision, meta es.Meta, events ...es.Event) (es.Appended, error) {
	b, err := s.encode(ctx, stream, expected, meta, events)
	if err != nil {
		return es.Appended{}, err
	}
	ctx, cancel := s.client.bounded(ctx)
	defer cancel()
	appended, err := s.settle(ctx, b)
	if err != nil {
		return es.Appended{}, fmt.Errorf("append to %s after %d: %w", stream, expected, err)
	}
	return appended, nil
}

func (s *Store) encode(ctx context.Context, stream string, expected es.Revision, meta es.Meta, events []es.Event) (batch, error) {
	if meta.CommandID == "" {
		return batch{}, fmt.Errorf("append to %s: metadata lacks a command id", stream)
	}
	if len(events) == 0 {
		return batch{}, fmt.Errorf("append to %s: no events", stream)
	}
	metadata, err := es.EncodeMeta(meta)
	if err != nil {
		return batch{}, err
	}
	b := batch{stream: stream, expected: expected, events: make([]esdb.EventData, len(events))}
	b.options.ExpectedRevision = esdb.NoStream{}
	if expected > 0 {
		b.options.ExpectedRevision = esdb.Revision(uint64(expected) - 1)
	}
	for i, e := range events {
		id, err := uuid.Parse(meta.EventID(stream, i))
		if err != nil {
			return batch{}, fmt.Errorf("append to %s: %w", stream, err)
		}
		kind, data, err := s.codec.Encode(ctx, e)
		if err != nil {
			return batch{}, err
		}
		b.events[i] = esdb.EventData{EventID: id, EventType: kind, ContentType: esdb.ContentTypeJson, Data: data, Metadata: metadata}
	}
	return b, b.checkSize(events)
}

// settle appends a batch until it is known whether it was stored.
func (s *Store) settle(ctx context.Context, b batch) (es.Appended, error) {
	lost := false // an append was sent and its answer lost
	for attempt := 0; ; attempt++ {
		appended, err := s.attempt(ctx, b, &lost)
		if err == nil {
			return appended, nil
		}
		if !again(err) || attempt == maxRetries || s.client.timing.pause(ctx, attempt) != nil {
			return es.Appended{}, appendProblem(err, lost)
		}
	}
}

// attempt sends a batch, but first looks for it if an answer was lost before.
func (s *Store) attempt(ctx context.Context, b batch, lost *bool) (es.Appended, error) {
	if *lost {
		if appended, found, err := s.stored(ctx, b); found || err != nil {
			return appended, err
		}
	}
	appended, err := s.send(ctx, b)
	if hasCode(err, esdb.ErrorCodeWrongExpectedVersion) {
		appended, found, err := s.stored(ctx, b)
		if err == nil && !found {
			err = es.ErrConflict // the stream is shorter than expected
		}
		return appended, err
	}
	if uncertain(err) {
		*lost = true
	}
	return appended, err
}

// send makes the one request of an append.
func (s *Store) send(ctx context.Context, b batch) (es.Appended, error) {
	result, err := call(ctx, s.client, func(ctx context.Context, g *generation) (*esdb.WriteResult, error) {
		return g.client.AppendToStream(ctx, b.stream, b.options, b.events...)
	})
	if err != nil {
		return es.Appended{}, err
	}
	end := es.Revision(result.NextExpectedVersion + 1)
	if end != b.expected+es.Revision(len(b.events)) {
		// Only a deleted stream does not continue where it was expected to end.
		return es.Appended{}, fmt.Errorf("begun anew at revision %d: %w", end, ErrStreamDeleted)
	}
	return es.Appended{Revision: end, Position: es.Position(result.CommitPosition)}, nil
}

// stored looks for the command's events where it wanted to put them. Any other
// event there is a conflict, after which they can never come to be there.
func (s *Store) stored(ctx context.Context, b batch) (_ es.Appended, found bool, _ error) {
	p, err := call(ctx, s.client, func(ctx context.Context, g *generation) (page, error) {
		return receivePage(ctx, g.client, b.stream, uint64(b.expected), len(b.events))
	})
	if err != nil {
		return es.Appended{}, false, err
	}
	var last *esdb.RecordedEvent
	for i, e := range p.events {
		if e.EventID != b.events[i].EventID {
			break
		}
		last = e
	}
	switch {
	case last != nil:
		return es.Appended{Revision: es.Revision(last.EventNumber + 1), Position: es.Position(last.Position.Commit)}, true, nil
	case len(p.events) > 0:
		return es.Appended{}, false, es.ErrConflict
	}
	return es.Appended{}, false, nil
}

// again tells whether an append that failed may be tried once more.
func again(err error) bool {
	if _, told := errors.AsType[*problem.Error](err); told || errors.Is(err, ErrClosed) {
		return false
	}
	return mayPass(err) || judge(err) == late
}

// uncertain tells whether an append that failed so may have been stored.
func uncertain(err error) bool {
	if err == nil || errors.Is(err, ErrClosed) {
		return false
	}
	if _, unsent := errors.AsType[*notSentError](err); unsent {
		return false
	}
	if _, told := errors.AsType[*problem.Error](err); told {
		return false
	}
	v := judge(err)
	return v == late || v == broken || v == unclear
}

// appendProblem makes the failure of an append one that people understand; the
// cause stays in the chain.
func appendProblem(err error, lost bool) error {
	_, told := errors.AsType[*problem.Error](err)
	switch {
	case told:
		return err
	case hasCode(err, esdb.ErrorCodeStreamDeleted):
		return fmt.Errorf("%w: %w", ErrStreamDeleted, err)
	case lost:
		return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
	case judge(err) == refused:
		return fmt.Errorf("%w: %w", ErrRefused, err)
	case errors.Is(err, ErrClosed):
		return err
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
