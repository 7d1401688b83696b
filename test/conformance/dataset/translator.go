package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
)

// translator passes every call on, and exchanges the positions in reads: the
// store's for the vendor's, one for one and in the same order. What is decided
// by comparing positions is decided by the store.
type translator struct {
	backend *grpc.ClientConn
	ours    []uint64 // ascending
	vendors []uint64 // ascending; the nth is that of the nth of ours
}

// exchange finds a number in one list and returns its place in the other;
// beyond the end both go on alike.
func exchange(from, to []uint64, position uint64) uint64 {
	n := sort.Search(len(from), func(i int) bool { return from[i] >= position })
	if n == len(from) {
		return to[n-1] + position - from[n-1]
	}
	return to[n]
}

func (t *translator) toVendor(position uint64) uint64 { return exchange(t.ours, t.vendors, position) }

func (t *translator) toOurs(position uint64) uint64 { return exchange(t.vendors, t.ours, position) }

// fill writes the data set; the clock stands at each event's time meanwhile.
func fill(ctx context.Context, t *translator, events []event, c *clock) error {
	client := streams.NewStreamsClient(t.backend)
	for len(events) > 0 {
		n := 1 // made-up events share a time, so several go into one append
		for n < len(events) && n < 500 && events[n].stream == events[0].stream && events[n].created.Equal(events[0].created) {
			n++
		}
		c.now.Store(events[0].created.UnixNano())
		last, err := appendAll(ctx, client, events[:n])
		if err != nil {
			return fmt.Errorf("event %d of %s: %w", events[0].revision, events[0].stream, err)
		}
		for i, e := range events[:n] {
			t.ours = append(t.ours, last-uint64(n-1-i))
			t.vendors = append(t.vendors, e.position)
		}
		events = events[n:]
	}
	c.now.Store(0)
	return nil
}

// appendAll appends events of one stream and returns the last one's position.
func appendAll(ctx context.Context, client streams.StreamsClient, events []event) (uint64, error) {
	call, err := client.Append(ctx)
	if err != nil {
		return 0, err
	}
	options := &streams.AppendReq_Options{
		StreamIdentifier:       &shared.StreamIdentifier{StreamName: []byte(events[0].stream)},
		ExpectedStreamRevision: &streams.AppendReq_Options_Revision{Revision: events[0].revision - 1},
	}
	if events[0].revision == 0 {
		options.ExpectedStreamRevision = &streams.AppendReq_Options_NoStream{NoStream: &shared.Empty{}}
	}
	if err := call.Send(&streams.AppendReq{Content: &streams.AppendReq_Options_{Options: options}}); err != nil {
		return 0, err
	}
	for _, e := range events {
		content := "application/octet-stream"
		if e.json {
			content = "application/json"
		}
		if err := call.Send(&streams.AppendReq{Content: &streams.AppendReq_ProposedMessage_{ProposedMessage: &streams.AppendReq_ProposedMessage{
			Id: &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
				MostSignificantBits:  int64(binary.BigEndian.Uint64(e.id[:8])),
				LeastSignificantBits: int64(binary.BigEndian.Uint64(e.id[8:])),
			}}},
			Metadata: map[string]string{"type": e.kind, "content-type": content},
			Data:     e.data, CustomMetadata: e.metadata,
		}}}); err != nil {
			return 0, err
		}
	}
	answer, err := call.CloseAndRecv()
	if err == nil && answer.GetSuccess() == nil {
		err = fmt.Errorf("refused: %v", answer)
	}
	return answer.GetSuccess().GetPosition().GetCommitPosition(), err
}

// server answers every call of the protocol.
func (t *translator) server(options ...grpc.ServerOption) *grpc.Server {
	return grpc.NewServer(append(options, grpc.UnknownServiceHandler(t.pass), grpc.ForceServerCodecV2(raw{}), grpc.MaxRecvMsgSize(17<<20))...)
}

// pass hands a call on to the store, message by message.
func (t *translator) pass(_ any, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	received, _ := metadata.FromIncomingContext(stream.Context())
	ctx, cancel := context.WithCancel(metadata.NewOutgoingContext(stream.Context(), received))
	defer cancel()
	both := &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}
	call, err := t.backend.NewStream(ctx, both, method, grpc.ForceCodecV2(raw{}))
	if err != nil {
		return err
	}
	reads := method == streams.Streams_Read_FullMethodName
	go func() {
		for {
			var m []byte
			if err := stream.RecvMsg(&m); err != nil {
				_ = call.CloseSend() // always nil
				return
			}
			if reads {
				m = change(m, &streams.ReadReq{}, t.request)
			}
			if call.SendMsg(&m) != nil {
				return
			}
		}
	}()
	for {
		var m []byte
		if err := call.RecvMsg(&m); err != nil {
			stream.SetTrailer(call.Trailer())
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		if reads {
			m = change(m, &streams.ReadResp{}, t.response)
		}
		if err := stream.SendMsg(&m); err != nil {
			return err
		}
	}
}

// change rewrites a message; one that it does not understand stays as it is.
func change[M proto.Message](b []byte, m M, rewrite func(M)) []byte {
	if proto.Unmarshal(b, m) != nil {
		return b
	}
	rewrite(m)
	changed, err := proto.Marshal(m)
	if err != nil {
		return b
	}
	return changed
}

func (t *translator) request(m *streams.ReadReq) {
	if at := m.GetOptions().GetAll().GetPosition(); at != nil {
		at.CommitPosition, at.PreparePosition = t.toOurs(at.GetCommitPosition()), t.toOurs(at.GetPreparePosition())
	}
}

func (t *translator) response(m *streams.ReadResp) {
	if c := m.GetCheckpoint(); c != nil {
		c.CommitPosition, c.PreparePosition = t.toVendor(c.GetCommitPosition()), t.toVendor(c.GetPreparePosition())
	}
	e := m.GetEvent()
	for _, r := range []*streams.ReadResp_ReadEvent_RecordedEvent{e.GetEvent(), e.GetLink()} {
		if r != nil {
			r.CommitPosition, r.PreparePosition = t.toVendor(r.GetCommitPosition()), t.toVendor(r.GetPreparePosition())
		}
	}
	if at, ok := e.GetPosition().(*streams.ReadResp_ReadEvent_CommitPosition); ok {
		at.CommitPosition = t.toVendor(at.CommitPosition)
	}
}

// raw passes messages as the bytes that they are.
type raw struct{}

var _ encoding.CodecV2 = raw{}

// Marshal returns the bytes that v points to.
func (raw) Marshal(v any) (mem.BufferSlice, error) {
	if b, ok := v.(*[]byte); ok {
		return mem.BufferSlice{mem.SliceBuffer(*b)}, nil
	}
	return nil, fmt.Errorf("%T is no message", v)
}

// Unmarshal copies bytes to where v points.
func (raw) Unmarshal(data mem.BufferSlice, v any) error {
	if b, ok := v.(*[]byte); ok {
		*b = make([]byte, data.Len())
		data.CopyTo(*b)
		return nil
	}
	return fmt.Errorf("%T is no message", v)
}

// Name is that of the codec whose place this one takes.
func (raw) Name() string { return "proto" }
