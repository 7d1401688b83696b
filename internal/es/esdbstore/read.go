package esdbstore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"shiyang/internal/es"
)

// RawEvent is a stored event as the store returned it, not decoded.
type RawEvent struct {
	ID, Stream, Type string
	Data, Metadata   []byte // JSON, unless Binary says otherwise; not to be changed
	Revision         es.Revision
	Position         es.Position
	Created          time.Time // by the store's clock, a cross-check only
	Binary           bool      // the content type of Data is not JSON; never of our own events
}

// rawEvent converts what the official client returned. Our revisions count
// from 1, the store's from 0; positions are the same: the commit position,
// which equals the prepare position for everything written over gRPC.
func rawEvent(e *esdb.RecordedEvent) RawEvent {
	return RawEvent{
		ID: e.EventID.String(), Stream: e.StreamID, Type: e.EventType, Data: e.Data, Metadata: e.UserMetadata,
		Revision: es.Revision(e.EventNumber + 1), Position: es.Position(e.Position.Commit), Created: e.CreatedDate, Binary: e.ContentType != "application/json",
	}
}

// maxRetries is how often a call is repeated, within its caller's deadline,
// after a failure that may pass.
const maxRetries = 3

// A page is read in one call. It ends after so many events or, to bound
// memory, after so many bytes.
const (
	pageEvents = 256
	pageBytes  = 4 << 20
)

// page is a part of a stream.
type page struct {
	events []*esdb.RecordedEvent
	last   bool // the stream ends here
	absent bool // there is no such stream
}

// readHead reads the last event of the log and returns its position, 0 if
// there is none. It is the store's sign of life as well.
func readHead(ctx context.Context, g *generation) (es.Position, error) {
	stream, err := g.client.ReadAll(ctx, esdb.ReadAllOptions{Direction: esdb.Backwards, From: esdb.End{}}, 1)
	if err != nil {
		return 0, err
	}
	defer stream.Close()
	event, err := stream.Recv()
	switch {
	case errors.Is(err, io.EOF):
		return 0, nil
	case err != nil:
		return 0, err
	}
	return es.Position(event.OriginalEvent().Position.Commit), nil
}

// Head returns the position of the last event in the log, 0 if it is empty.
// It fails with [ErrUnavailable] when no store answers in time.
func (c *Client) Head(ctx context.Context) (es.Position, error) {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	head, err := retried(ctx, c, readHead)
	if err != nil {
		return 0, fmt.Errorf("read head: %w", readProblem(err))
	}
	return head, nil
}

// readPage reads a page of a stream from an event number on.
func (c *Client) readPage(ctx context.Context, stream string, from uint64) (page, error) {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	p, err := retried(ctx, c, func(ctx context.Context, g *generation) (page, error) {
		return receivePage(ctx, g.client, stream, from, pageEvents)
	})
	if err != nil {
		return page{}, readProblem(err)
	}
	return p, nil
}

func receivePage(ctx context.Context, client *esdb.Client, stream string, from uint64, count int) (page, error) {
	options := esdb.ReadStreamOptions{Direction: esdb.Forwards, From: esdb.Revision(from)}
	events, err := client.ReadStream(ctx, stream, options, uint64(count))
	if err != nil {
		return page{}, err
	}
	defer events.Close()
	var p page
	for size := 0; len(p.events) < count && size < pageBytes; {
		event, err := events.Recv()
		switch {
		case errors.Is(err, io.EOF):
			p.last = true
			return p, nil
		case len(p.events) == 0 && hasCode(err, esdb.ErrorCodeResourceNotFound):
			return page{last: true, absent: true}, nil
		case err != nil:
			return page{}, err
		}
		recorded := event.OriginalEvent()
		size += len(recorded.Data) + len(recorded.UserMetadata)
		p.events = append(p.events, recorded)
	}
	return p, nil
}

// retried repeats a call without effect until it is answered.
func retried[T any](ctx context.Context, c *Client, f func(context.Context, *generation) (T, error)) (T, error) {
	for attempt := 0; ; attempt++ {
		value, err := call(ctx, c, f)
		if err == nil || attempt == maxRetries || !mayPass(err) {
			return value, err
		}
		if c.timing.pause(ctx, attempt) != nil {
			return value, err
		}
	}
}

// mayPass tells whether another try could end better.
func mayPass(err error) bool {
	if errors.Is(err, errCrowded) {
		return false
	}
	switch judge(err) {
	case broken, unclear:
		return !errors.Is(err, ErrClosed)
	case answered:
		return hasCode(err, esdb.ErrorCodeNotLeader)
	default:
		return false
	}
}

// readProblem makes the failure of a read one that people understand; the
// cause stays in the chain.
func readProblem(err error) error {
	switch {
	case errors.Is(err, ErrClosed), errors.Is(err, context.Canceled):
		return err
	case hasCode(err, esdb.ErrorCodeStreamDeleted):
		return fmt.Errorf("%w: %w", ErrStreamDeleted, err)
	case judge(err) == refused:
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
