package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strconv"
	"syscall"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // registers the codec that is wrapped below
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"
)

// Memory is a server behind the official client that stores nothing: it
// answers an append at once, and a read with events that are encoded already.
// It has gRPC's default settings: it shows what client and transport cost.
type Memory struct {
	official
	process *process
}

// OpenMemory starts a server that answers reads of the whole log with so many events.
func OpenMemory(ctx context.Context, events int) (*Memory, error) {
	p, url, err := serveSelf(ctx, "memory", strconv.Itoa(events))
	if err != nil {
		return nil, err
	}
	m := &Memory{process: p}
	if err := m.connect(url); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return m, nil
}

// Name is the name in the tables.
func (m *Memory) Name() string { return "no disk" }

// Settings say what it does.
func (m *Memory) Settings() string {
	return "a gRPC server that stores nothing, events for reads encoded beforehand"
}

// Process is the process of the server.
func (m *Memory) Process() int { return m.process.pid() }

// Close stops the server.
func (m *Memory) Close() error { return errors.Join(m.client.Close(), m.process.stop()) }

// memoryServer is the server in the process of its own.
type memoryServer struct {
	streams.UnimplementedStreamsServer
	serverfeatures.UnimplementedServerFeaturesServer
	events []encoded
}

// encoded is a response in wire form.
type encoded []byte

// encodedCodec sends what is encoded as it is.
type encodedCodec struct{ encoding.CodecV2 }

// Marshal passes encoded responses on.
func (c encodedCodec) Marshal(v any) (mem.BufferSlice, error) {
	if e, ok := v.(*encoded); ok {
		return mem.BufferSlice{mem.SliceBuffer(*e)}, nil
	}
	return c.CodecV2.Marshal(v)
}

// GetSupportedMethods lets the official client connect.
func (*memoryServer) GetSupportedMethods(context.Context, *shared.Empty) (*serverfeatures.SupportedMethods, error) {
	return &serverfeatures.SupportedMethods{EventStoreServerVersion: "24.10.0"}, nil
}

// Append takes everything and keeps nothing.
func (*memoryServer) Append(stream streams.Streams_AppendServer) error {
	for {
		if _, err := stream.Recv(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
	}
	return stream.SendAndClose(&streams.AppendResp{Result: &streams.AppendResp_Success_{Success: &streams.AppendResp_Success{
		CurrentRevisionOption: &streams.AppendResp_Success_CurrentRevision{CurrentRevision: 0},
		PositionOption:        &streams.AppendResp_Success_Position{Position: &streams.AppendResp_Position{CommitPosition: 1, PreparePosition: 1}},
	}}})
}

// Read sends as many events as were asked for and are there.
func (m *memoryServer) Read(req *streams.ReadReq, stream streams.Streams_ReadServer) error {
	for i := range min(req.GetOptions().GetCount(), uint64(len(m.events))) {
		if err := stream.SendMsg(&m.events[i]); err != nil {
			return err
		}
	}
	return nil
}

// encodeEvents makes events as a real store would send them.
func encodeEvents(n int) ([]encoded, error) {
	list := make([]encoded, n)
	for i := range list {
		at := uint64(i) * 1200
		event := &streams.ReadResp_ReadEvent_RecordedEvent{
			Id:               &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{MostSignificantBits: int64(i) * 7919 << 20, LeastSignificantBits: -int64(i) << 30}}},
			StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(FillStreamName(i/FillEvents + 1))},
			StreamRevision:   uint64(i % FillEvents), CommitPosition: at, PreparePosition: at,
			Metadata:       map[string]string{"type": "Measured", "content-type": "application/json", "created": "17952345678901234"},
			CustomMetadata: nil, Data: Payload(i),
		}
		wire, err := proto.Marshal(&streams.ReadResp{Content: &streams.ReadResp_Event{Event: &streams.ReadResp_ReadEvent{
			Event: event, Position: &streams.ReadResp_ReadEvent_CommitPosition{CommitPosition: at},
		}}})
		if err != nil {
			return nil, err
		}
		list[i] = bytes.Clone(wire)
	}
	return list, nil
}

func serveMemory(events int) error {
	list, err := encodeEvents(events)
	if err != nil {
		return err
	}
	m := &memoryServer{events: list}
	server := grpc.NewServer(grpc.ForceServerCodecV2(encodedCodec{encoding.GetCodecV2("proto")}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: keepaliveTime, PermitWithoutStream: true}))
	streams.RegisterStreamsServer(server, m)
	serverfeatures.RegisterServerFeaturesServer(server, m)
	listener, err := listenLoopback()
	if err != nil {
		return err
	}
	go func() {
		untilAskedToEnd()
		server.Stop()
	}()
	fmt.Printf("%s esdb://%s?tls=false\n", readyWord, listener.Addr()) // tells the parent
	return server.Serve(listener)
}

// untilAskedToEnd returns when the parent closes this process's input, also
// because it is gone, or sends a signal.
func untilAskedToEnd() {
	ended := make(chan os.Signal, 2)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // the end is the message
		ended <- syscall.SIGTERM
	}()
	<-ended
}

var selfReady = regexp.MustCompile(`^` + readyWord + ` (\S+)`)
