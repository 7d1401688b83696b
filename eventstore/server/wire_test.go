package server_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// rawCodec sends bytes as they are.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*v.(*[]byte))}, nil
}

func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	return proto.Unmarshal(data.MaterializeToBuffer(mem.DefaultBufferPool()).ReadOnlyData(), v.(proto.Message))
}

// sendRaw makes an append of messages in wire form.
func sendRaw(t *testing.T, conn *grpc.ClientConn, messages ...[]byte) (*streams.AppendResp, error) {
	t.Helper()
	call, err := conn.NewStream(t.Context(), &grpc.StreamDesc{ClientStreams: true}, streams.Streams_Append_FullMethodName,
		grpc.ForceCodecV2(rawCodec{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		if call.SendMsg(&m) != nil {
			break // RecvMsg tells why
		}
	}
	_ = call.CloseSend()
	answer := &streams.AppendResp{}
	return answer, call.RecvMsg(answer)
}

func wire(t *testing.T, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// unknown are fields of every kind that no version of the protocol has.
func unknown() []byte {
	b := protowire.AppendVarint(protowire.AppendTag(nil, 90, protowire.VarintType), 7)
	b = protowire.AppendFixed32(protowire.AppendTag(b, 91, protowire.Fixed32Type), 7)
	b = protowire.AppendFixed64(protowire.AppendTag(b, 92, protowire.Fixed64Type), 7)
	b = protowire.AppendBytes(protowire.AppendTag(b, 93, protowire.BytesType), []byte("x"))
	b = protowire.AppendTag(b, 94, protowire.StartGroupType)
	b = protowire.AppendVarint(protowire.AppendTag(b, 1, protowire.VarintType), 7)
	return protowire.AppendTag(b, 94, protowire.EndGroupType)
}

// Appends are decoded by hand. What comes of unusual messages must be what
// protobuf itself makes of them: the same message in pieces, fields twice,
// fields of other kinds than expected, and fields that nobody knows.
func TestAppendsAreDecodedAsProtobufDoes(t *testing.T) {
	conn := start(t)
	random := rand.New(rand.NewPCG(1, 2))
	options := append(wire(t, appendOptions("elsewhere")), wire(t, appendOptions("a"))...)
	var want []*streams.AppendReq_ProposedMessage
	for range 200 {
		var message []byte
		for range 1 + random.IntN(3) {
			part := proposed(func(m *streams.AppendReq_ProposedMessage) {
				if random.IntN(2) == 0 {
					m.Id.Value = &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
						MostSignificantBits: random.Int64() - 1<<62, LeastSignificantBits: random.Int64() - 1<<62,
					}}
				}
				m.Data = bytes.Repeat([]byte("x"), random.IntN(3))
				m.CustomMetadata = bytes.Repeat([]byte("y"), random.IntN(3))
				m.Metadata["type"] = "Type" + string(rune('A'+random.IntN(26)))
			})
			message = append(append(message, wire(t, part)...), unknown()...)
		}
		message = protowire.AppendVarint(protowire.AppendTag(message, 2, protowire.VarintType), 1) // of another kind
		m := &streams.AppendReq{}
		if err := proto.Unmarshal(message, m); err != nil {
			t.Fatal(err)
		}
		want = append(want, m.GetProposedMessage())
		if _, err := sendRaw(t, conn, options, message); err != nil {
			t.Fatal(err)
		}
	}
	got, _, err := read(t, conn, &streams.ReadReq_Options{CountOption: &streams.ReadReq_Options_Count{Count: 1000}})
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d events instead of %d: %v", len(got), len(want), err)
	}
	for i, m := range want {
		e := got[i].GetEvent().GetEvent()
		if !bytes.Equal(e.GetData(), m.GetData()) || !bytes.Equal(e.GetCustomMetadata(), m.GetCustomMetadata()) ||
			e.GetMetadata()["type"] != m.GetMetadata()["type"] || idOf(e.GetId()) != idOf(m.GetId()) {
			t.Errorf("event %d is %v, want %v", i, e, m)
		}
	}
}

// idOf is an id in whichever form.
func idOf(id *shared.UUID) uuid.UUID {
	if s := id.GetStructured(); s != nil {
		var b uuid.UUID
		binary.BigEndian.PutUint64(b[:8], uint64(s.GetMostSignificantBits()))
		binary.BigEndian.PutUint64(b[8:], uint64(s.GetLeastSignificantBits()))
		return b
	}
	return uuid.MustParse(id.GetString_())
}

// A message that ends too early is an error of the caller's and of nobody
// else's: the next append is answered.
func TestATruncatedAppendIsRefused(t *testing.T) {
	conn := start(t)
	options, event := wire(t, appendOptions("a")), wire(t, proposed(nil))
	for n := 1; n < len(event); n++ {
		if _, err := sendRaw(t, conn, options, event[:n]); status.Code(err) != codes.Internal {
			t.Errorf("%d of %d bytes: %v", n, len(event), err)
		}
	}
	if _, err := sendRaw(t, conn, options, event); err != nil {
		t.Error(err)
	}
}

// The answer to an append is encoded by hand too.
func TestAnswersToAppends(t *testing.T) {
	conn := start(t)
	for i, test := range []struct {
		messages []*streams.AppendReq
		revision uint64
		position uint64 // 0: none
		empty    bool
	}{
		{[]*streams.AppendReq{appendOptions("b")}, 0, 0, true},
		{[]*streams.AppendReq{appendOptions("b"), proposed(nil), proposed(nil)}, 1, 2, false},
		{[]*streams.AppendReq{appendOptions("c"), proposed(nil)}, 0, 3, false},
		{[]*streams.AppendReq{appendOptions("b")}, 1, 0, false},
	} {
		answer, _, err := send(t, conn, test.messages...)
		if err != nil {
			t.Fatal(err)
		}
		s := answer.GetSuccess()
		if s.GetCurrentRevision() != test.revision || (s.GetNoStream() != nil) != test.empty ||
			s.GetPosition().GetCommitPosition() != test.position || s.GetPosition().GetPreparePosition() != test.position ||
			(s.GetNoPosition() != nil) != (test.position == 0) {
			t.Errorf("answer %d is %v", i, s)
		}
	}
}
