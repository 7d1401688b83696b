// Package wire speaks the store's protocol with nothing in between: no
// official client and no supervisor, so that what a scenario sees is what the
// server did. One call is one request; nothing is repeated.
//
// Start reading at Client.
package wire

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"

	"shiyang/test/torture/oracle"
)

// Client is one connection to a server. It is safe for concurrent use.
type Client struct {
	conn    *grpc.ClientConn
	streams streams.StreamsClient
}

// Dial prepares a connection to host:port or unix:///path; it is made by the
// first call and made again when it breaks.
func Dial(target string) (*Client, error) {
	quick := grpc.ConnectParams{
		Backoff:           backoff.Config{BaseDelay: 5 * time.Millisecond, Multiplier: 1.5, MaxDelay: 100 * time.Millisecond},
		MinConnectTimeout: time.Second,
	}
	// As the official client does: a connection that a cut has left hanging is noticed.
	alive := keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 5 * time.Second, PermitWithoutStream: true}
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithConnectParams(quick), grpc.WithKeepaliveParams(alive), grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(17<<20)))
	if err != nil {
		return nil, err
	}
	return &Client{conn: conn, streams: streams.NewStreamsClient(conn)}, nil
}

// Close ends the connection and every call on it.
func (c *Client) Close() error { return c.conn.Close() }

// Expected is what an append demands of its stream: Any, None or the number
// of its last event.
type Expected int64

// The expectations that are no revision.
const (
	Any  Expected = -2
	None Expected = -1
)

// WrongRevisionError is the server's answer that a stream is elsewhere.
type WrongRevisionError struct{ Current int64 }

// Error says where the stream is.
func (e *WrongRevisionError) Error() string {
	return fmt.Sprintf("wrong expected revision: the last is %d", e.Current)
}

// Append writes events of the given size in one request and returns them with
// their places. An error other than *WrongRevisionError leaves it open whether
// they were written.
func (c *Client) Append(ctx context.Context, stream string, expected Expected, size int, ids ...uuid.UUID) ([]oracle.Event, error) {
	call, err := c.streams.Append(ctx)
	if err != nil {
		return nil, err
	}
	if err := call.Send(options(stream, expected)); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	for _, id := range ids {
		if err := call.Send(proposed(id, size)); err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
	}
	answer, err := call.CloseAndRecv() // tells why a Send ended early, too
	if err != nil {
		return nil, err
	}
	if wrong := answer.GetWrongExpectedVersion(); wrong != nil {
		if wrong.GetCurrentNoStream() != nil {
			return nil, &WrongRevisionError{Current: -1}
		}
		return nil, &WrongRevisionError{Current: int64(wrong.GetCurrentRevision())}
	}
	last := answer.GetSuccess().GetCurrentRevision()
	events := make([]oracle.Event, len(ids))
	for i, id := range ids {
		events[i] = oracle.Event{ID: id, Stream: stream, Revision: last + 1 + uint64(i) - uint64(len(ids))}
	}
	if len(events) > 0 { // the position is that of the last event
		events[len(events)-1].Position = answer.GetSuccess().GetPosition().GetCommitPosition()
	}
	return events, nil
}

func options(stream string, expected Expected) *streams.AppendReq {
	o := &streams.AppendReq_Options{StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(stream)}}
	switch expected {
	case Any:
		o.ExpectedStreamRevision = &streams.AppendReq_Options_Any{Any: &shared.Empty{}}
	case None:
		o.ExpectedStreamRevision = &streams.AppendReq_Options_NoStream{NoStream: &shared.Empty{}}
	default:
		o.ExpectedStreamRevision = &streams.AppendReq_Options_Revision{Revision: uint64(expected)}
	}
	return &streams.AppendReq{Content: &streams.AppendReq_Options_{Options: o}}
}

func proposed(id uuid.UUID, size int) *streams.AppendReq {
	return &streams.AppendReq{Content: &streams.AppendReq_ProposedMessage_{ProposedMessage: &streams.AppendReq_ProposedMessage{
		Id: &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
			MostSignificantBits:  int64(binary.BigEndian.Uint64(id[:8])),
			LeastSignificantBits: int64(binary.BigEndian.Uint64(id[8:])),
		}}},
		Metadata: map[string]string{"type": "happened", "content-type": "application/json"},
		Data:     oracle.Data(id, size),
	}}}
}
