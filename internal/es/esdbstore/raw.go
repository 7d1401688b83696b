package esdbstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"shiyang/internal/es"
)

// AppendRaw writes events of another log as they are, with their own ids, data
// and metadata, after a revision of a stream (0: the stream is new). Position,
// revision and time of the events are not looked at. It is for moving a log;
// commands use [Store.Append].
//
// Repeating it has no further effect: it is repeated after failures that may
// pass, and answers only when the events are durable. It fails with
// [es.ErrConflict] if something else stands after that revision, and with
// [ErrStreamDeleted] if the stream is gone for good.
func (c *Client) AppendRaw(ctx context.Context, stream string, after es.Revision, events ...RawEvent) error {
	options := esdb.AppendToStreamOptions{ExpectedRevision: expectation(after)}
	data := make([]esdb.EventData, len(events))
	for i, e := range events {
		id, err := uuid.Parse(e.ID)
		if err != nil {
			return fmt.Errorf("append to %s: event id %q: %w", stream, e.ID, err)
		}
		data[i] = esdb.EventData{EventID: id, EventType: e.Type, ContentType: esdb.ContentTypeJson, Data: e.Data, Metadata: e.Metadata}
		if e.Binary {
			data[i].ContentType = esdb.ContentTypeBinary
		}
	}
	err := c.insist(ctx, func(ctx context.Context, g *generation) error {
		_, err := g.client.AppendToStream(ctx, stream, options, data...)
		return err
	})
	switch {
	case err == nil:
		return nil
	case hasCode(err, esdb.ErrorCodeWrongExpectedVersion):
		err = fmt.Errorf("%w: %w", es.ErrConflict, err)
	default:
		err = appendProblem(err, false)
	}
	return fmt.Errorf("append to %s after %d: %w", stream, after, err)
}

// Tombstone ends a stream for good after a revision (0: it has no events).
// A stream that is tombstoned already is no error.
func (c *Client) Tombstone(ctx context.Context, stream string, after es.Revision) error {
	err := c.insist(ctx, func(ctx context.Context, g *generation) error {
		_, err := g.client.TombstoneStream(ctx, stream, esdb.TombstoneStreamOptions{ExpectedRevision: expectation(after)})
		return err
	})
	if err == nil || hasCode(err, esdb.ErrorCodeStreamDeleted) {
		return nil
	}
	return fmt.Errorf("tombstone %s after %d: %w", stream, after, appendProblem(err, false))
}

func expectation(after es.Revision) esdb.ExpectedRevision {
	if after == 0 {
		return esdb.NoStream{}
	}
	return esdb.Revision(uint64(after) - 1)
}

// insist makes a call whose repetition has no further effect until it is
// answered, each attempt with the default deadline.
func (c *Client) insist(ctx context.Context, f func(context.Context, *generation) error) error {
	for attempt := 0; ; attempt++ {
		bounded, cancel := c.bounded(ctx)
		_, err := call(bounded, c, func(ctx context.Context, g *generation) (struct{}, error) { return struct{}{}, f(ctx, g) })
		cancel()
		if err == nil || attempt == maxRetries || errors.Is(err, ErrClosed) || !again(err) {
			return err
		}
		if c.timing.pause(ctx, attempt) != nil {
			return err
		}
	}
}
