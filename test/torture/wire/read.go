package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"iter"
	"math"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"

	"shiyang/test/torture/oracle"
)

// Read is an event as it came over the wire.
type Read struct {
	oracle.Event
	Data []byte
}

// All yields the events of $all from a position on (that one included), in
// order; the server's own streams, whose names begin with $, are left out.
func (c *Client) All(ctx context.Context, from uint64) iter.Seq2[Read, error] {
	o := &streams.ReadReq_Options{
		StreamOption: &streams.ReadReq_Options_All{All: &streams.ReadReq_Options_AllOptions{
			AllOption: &streams.ReadReq_Options_AllOptions_Position{Position: &streams.ReadReq_Options_Position{CommitPosition: from, PreparePosition: from}},
		}},
		CountOption: &streams.ReadReq_Options_Count{Count: math.MaxInt64},
	}
	if from == 0 {
		o.GetAll().AllOption = &streams.ReadReq_Options_AllOptions_Start{Start: &shared.Empty{}}
	}
	return c.read(ctx, o)
}

// Stream yields the events of a stream from its first; a stream that does not
// exist is empty.
func (c *Client) Stream(ctx context.Context, name string) iter.Seq2[Read, error] {
	return c.read(ctx, &streams.ReadReq_Options{
		StreamOption: &streams.ReadReq_Options_Stream{Stream: &streams.ReadReq_Options_StreamOptions{
			StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(name)},
			RevisionOption:   &streams.ReadReq_Options_StreamOptions_Start{Start: &shared.Empty{}},
		}},
		CountOption: &streams.ReadReq_Options_Count{Count: math.MaxInt64},
	})
}

// Follow yields the events of $all from the start, and goes on with those that
// come, until ctx ends or the server does.
func (c *Client) Follow(ctx context.Context) iter.Seq2[Read, error] {
	return c.read(ctx, &streams.ReadReq_Options{
		StreamOption: &streams.ReadReq_Options_All{All: &streams.ReadReq_Options_AllOptions{
			AllOption: &streams.ReadReq_Options_AllOptions_Start{Start: &shared.Empty{}},
		}},
		CountOption: &streams.ReadReq_Options_Subscription{Subscription: &streams.ReadReq_Options_SubscriptionOptions{}},
	})
}

// Ping returns when the server has answered a read.
func (c *Client) Ping(ctx context.Context) error {
	for _, err := range c.All(ctx, 0) {
		return err
	}
	return nil
}

func (c *Client) read(ctx context.Context, o *streams.ReadReq_Options) iter.Seq2[Read, error] {
	o.FilterOption = &streams.ReadReq_Options_NoFilter{NoFilter: &shared.Empty{}}
	o.UuidOption = &streams.ReadReq_Options_UUIDOption{Content: &streams.ReadReq_Options_UUIDOption_Structured{Structured: &shared.Empty{}}}
	return func(yield func(Read, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		call, err := c.streams.Read(ctx, &streams.ReadReq{Options: o})
		for err == nil {
			var answer *streams.ReadResp
			if answer, err = call.Recv(); err != nil {
				break
			}
			e := answer.GetEvent().GetEvent()
			name := string(e.GetStreamIdentifier().GetStreamName())
			if e == nil || strings.HasPrefix(name, "$") {
				continue
			}
			if !yield(Read{Event: eventOf(e, name), Data: e.GetData()}, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(Read{}, err)
		}
	}
}

func eventOf(e *streams.ReadResp_ReadEvent_RecordedEvent, stream string) oracle.Event {
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], uint64(e.GetId().GetStructured().GetMostSignificantBits()))
	binary.BigEndian.PutUint64(id[8:], uint64(e.GetId().GetStructured().GetLeastSignificantBits()))
	return oracle.Event{ID: id, Stream: stream, Revision: e.GetStreamRevision(), Position: e.GetCommitPosition()}
}

// Judge reads what is new in $all since the last reading of a history and
// settles the promises with it. A failed reading is no verdict but an error.
func (c *Client) Judge(ctx context.Context, h *oracle.History, owed oracle.Promises) (v oracle.Verdict, err error) {
	from := uint64(0)
	last, more := h.Last()
	if more {
		from = last.Position
	}
	for e, err := range c.All(ctx, from) {
		if err != nil {
			return v, err
		}
		if more { // the last one of the reading before must still be there, first
			more = false
			h.Again(&v)(e.Event)
			if e.Event == last {
				continue
			}
		}
		h.Take(&v, e.Event, e.Data)
	}
	if more {
		h.Again(&v)(oracle.Event{}) // everything from there on is gone
	}
	h.Settle(&v, owed)
	return v, nil
}

// Reread reads everything again and compares it with what was read before.
func (c *Client) Reread(ctx context.Context, h *oracle.History) (v oracle.Verdict, err error) {
	same, n := h.Again(&v), 0
	for e, err := range c.All(ctx, 0) {
		if err != nil {
			return v, err
		}
		same(e.Event)
		n++
	}
	if n < h.Len() {
		v.Lost += h.Len() - n
		v.Examples = append(v.Examples, "fewer events than at the last reading")
	}
	return v, nil
}
