package server

import (
	"encoding/binary"
	"fmt"

	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // registers the codec used below
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"

	"shiyang/eventstore/journal"
	"shiyang/eventstore/reading"
)

// frame is a response that is already encoded.
type frame []byte

// frameCodec sends frames as they are and leaves the rest to protobuf.
type frameCodec struct{}

// Name is protobuf's: frames are protobuf on the wire.
func (frameCodec) Name() string { return "proto" }

// Marshal passes a frame on, which must not be changed afterwards.
func (frameCodec) Marshal(v any) (mem.BufferSlice, error) {
	if f, ok := v.(*frame); ok {
		return mem.BufferSlice{mem.SliceBuffer(*f)}, nil
	}
	return encoding.GetCodecV2("proto").Marshal(v)
}

// Unmarshal is protobuf's.
func (frameCodec) Unmarshal(data mem.BufferSlice, v any) error {
	return encoding.GetCodecV2("proto").Unmarshal(data, v)
}

// Field numbers of ReadResp and its ReadEvent.
const (
	respEvent      = 1
	eventEvent     = 1
	eventLink      = 2
	eventCommit    = 3
	eventRetries   = 5 // of a consumer group's event only
	recordID       = 1
	idString       = 2
	maxFrameHeader = 64
)

// resolved is an event as a reader sees it. event and link are RecordedEvents
// in wire form; for a link whose target is gone event is nil.
type resolved struct {
	event, link []byte
	position    uint64 // of the link, or of the event when there is none
	grouped     bool   // for a client of a consumer group
	retries     int    // of that group
}

// resolve puts an event and what it leads to in their places.
func resolve(e journal.Record, t reading.Target, stringID bool) resolved {
	r := resolved{event: wireOf(e, stringID), position: e.Position}
	if t.IsLink {
		r.link, r.event = r.event, nil
	}
	if t.Found {
		r.event = wireOf(t.Event, stringID)
	}
	return r
}

// appendFrame appends the ReadResp that carries r; that of Streams and that of
// PersistentSubscriptions have the same field numbers.
func appendFrame(b []byte, r resolved) []byte {
	size := protowire.SizeTag(eventCommit) + protowire.SizeVarint(r.position)
	if r.event != nil {
		size += protowire.SizeTag(eventEvent) + protowire.SizeBytes(len(r.event))
	}
	if r.link != nil {
		size += protowire.SizeTag(eventLink) + protowire.SizeBytes(len(r.link))
	}
	if r.grouped {
		size += protowire.SizeTag(eventRetries) + protowire.SizeVarint(uint64(r.retries))
	}
	b = protowire.AppendTag(b, respEvent, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(size))
	if r.event != nil {
		b = protowire.AppendTag(b, eventEvent, protowire.BytesType)
		b = protowire.AppendBytes(b, r.event)
	}
	if r.link != nil {
		b = protowire.AppendTag(b, eventLink, protowire.BytesType)
		b = protowire.AppendBytes(b, r.link)
	}
	b = protowire.AppendTag(b, eventCommit, protowire.VarintType)
	b = protowire.AppendVarint(b, r.position)
	if r.grouped {
		b = protowire.AppendTag(b, eventRetries, protowire.VarintType)
		b = protowire.AppendVarint(b, uint64(r.retries))
	}
	return b
}

// wireOf returns the wire form of a stored event with its id as the reader
// wants it: as it is stored, or as a string.
func wireOf(r journal.Record, stringID bool) []byte {
	if !stringID {
		return r.Wire
	}
	id := fmt.Sprintf("%x-%x-%x-%x-%x", r.ID[:4], r.ID[4:6], r.ID[6:8], r.ID[8:10], r.ID[10:])
	b := make([]byte, 0, len(r.Rest)+maxFrameHeader)
	b = protowire.AppendTag(b, recordID, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(1+protowire.SizeBytes(len(id))))
	b = protowire.AppendTag(b, idString, protowire.BytesType)
	b = protowire.AppendString(b, id)
	return append(b, r.Rest...)
}

// uuidHalves is the structured form of an id in the protocol.
func uuidHalves(id [16]byte) (most, least int64) {
	return int64(binary.BigEndian.Uint64(id[:8])), int64(binary.BigEndian.Uint64(id[8:]))
}
