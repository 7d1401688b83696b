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

// response is a response that is already encoded, in memory that is used again.
type response struct{ buffer mem.Buffer }

// frameCodec sends frames and responses as they are, decodes the messages of appends without
// a copy, and leaves the rest to protobuf.
type frameCodec struct{}

// Name is protobuf's: frames are protobuf on the wire.
func (frameCodec) Name() string { return "proto" }

// Marshal passes a frame on, which must not be changed afterwards.
func (frameCodec) Marshal(v any) (mem.BufferSlice, error) {
	switch m := v.(type) {
	case *frame:
		return mem.BufferSlice{mem.SliceBuffer(*m)}, nil
	case *response:
		return mem.BufferSlice{m.buffer}, nil
	}
	return encoding.GetCodecV2("proto").Marshal(v)
}

// Unmarshal is protobuf's but for the messages of appends, which keep the data.
func (frameCodec) Unmarshal(data mem.BufferSlice, v any) error {
	if m, ok := v.(*message); ok {
		return m.decode(data.MaterializeToBuffer(mem.DefaultBufferPool()))
	}
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

// size is more than the ReadResp that carries r takes.
func (r resolved) size() int { return len(r.event) + len(r.link) + maxFrameHeader }

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

// Tags of AppendReq and of the messages within it: the number of a field and
// its kind on the wire.
const (
	tagOptions      = 1<<3 | uint64(protowire.BytesType)
	tagProposed     = 2<<3 | uint64(protowire.BytesType)
	tagIdentifier   = 1<<3 | uint64(protowire.BytesType) // of the options
	tagRevision     = 2<<3 | uint64(protowire.VarintType)
	tagNoStream     = 3<<3 | uint64(protowire.BytesType)
	tagAny          = 4<<3 | uint64(protowire.BytesType)
	tagStreamExists = 5<<3 | uint64(protowire.BytesType)
	tagStreamName   = 3<<3 | uint64(protowire.BytesType) // of the identifier
	tagID           = 1<<3 | uint64(protowire.BytesType) // of the proposed event
	tagEntry        = 2<<3 | uint64(protowire.BytesType)
	tagMetadata     = 3<<3 | uint64(protowire.BytesType)
	tagData         = 4<<3 | uint64(protowire.BytesType)
	tagStructured   = 1<<3 | uint64(protowire.BytesType) // of the id
	tagText         = 2<<3 | uint64(protowire.BytesType)
	tagMost         = 1<<3 | uint64(protowire.VarintType) // of the structured id
	tagLeast        = 2<<3 | uint64(protowire.VarintType)
	tagKey          = 1<<3 | uint64(protowire.BytesType) // of an entry
	tagValue        = 2<<3 | uint64(protowire.BytesType)
)

// message is a message of an append as it came. It is decoded by hand: the
// event stays where gRPC has received it, and what is not kept costs nothing.
type message struct {
	buffer mem.Buffer // what the slices point into
	kind   uint64     // tagOptions, tagProposed, or another for none that is known

	stream   []byte
	expected uint64 // the tag of what is expected; 0: nothing
	revision uint64

	structured  [16]byte // the id
	text        []byte   // the id as a text
	eventType   []byte   // nil: missing
	contentType []byte   // nil: missing
	metadata    []byte
	data        []byte
}

// decode takes the message over from a buffer, which it keeps unless it fails.
// As protobuf demands, the last of several equal fields counts, and fields that
// are not known are passed over.
func (m *message) decode(b mem.Buffer) error {
	*m = message{buffer: b}
	err := each(b.ReadOnlyData(), func(tag, _ uint64, content []byte) error {
		switch tag {
		case tagOptions:
			m.kind = tag
			return each(content, m.option)
		case tagProposed:
			m.kind = tag
			return each(content, m.proposed)
		}
		return nil
	})
	if err != nil {
		b.Free()
	}
	return err
}

// each calls visit for the fields of b, with a number or with bytes that end
// where they should.
func each(b []byte, visit func(tag, number uint64, content []byte) error) error {
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		var number uint64
		var content []byte
		switch kind {
		case protowire.VarintType:
			number, n = protowire.ConsumeVarint(b)
		case protowire.BytesType:
			content, n = protowire.ConsumeBytes(b)
		default:
			n = protowire.ConsumeFieldValue(field, kind, b)
		}
		if n < 0 {
			return protowire.ParseError(n)
		}
		b = b[n:]
		if err := visit(protowire.EncodeTag(field, kind), number, content); err != nil {
			return err
		}
	}
	return nil
}

// option takes a field of the options.
func (m *message) option(tag, number uint64, content []byte) error {
	switch tag {
	case tagIdentifier:
		return each(content, func(tag, _ uint64, content []byte) error {
			if tag == tagStreamName {
				m.stream = content
			}
			return nil
		})
	case tagRevision, tagNoStream, tagAny, tagStreamExists:
		m.expected, m.revision = tag, number
	}
	return nil
}

// proposed takes a field of the event.
func (m *message) proposed(tag, _ uint64, content []byte) error {
	switch tag {
	case tagID:
		return each(content, m.id)
	case tagEntry:
		return m.entry(content)
	case tagMetadata:
		m.metadata = content
	case tagData:
		m.data = content
	}
	return nil
}

// id takes a field of the event's id, which is a structure or a text.
func (m *message) id(tag, _ uint64, content []byte) error {
	switch tag {
	case tagText:
		m.text, m.structured = content, [16]byte{}
	case tagStructured:
		m.text = nil
		return each(content, func(tag, number uint64, _ []byte) error {
			switch tag {
			case tagMost:
				binary.BigEndian.PutUint64(m.structured[:8], number)
			case tagLeast:
				binary.BigEndian.PutUint64(m.structured[8:], number)
			}
			return nil
		})
	}
	return nil
}

// entry takes an entry of the system metadata, of which two are kept.
func (m *message) entry(content []byte) error {
	var key []byte
	value := []byte{}
	err := each(content, func(tag, _ uint64, content []byte) error {
		switch tag {
		case tagKey:
			key = content
		case tagValue:
			value = content
		}
		return nil
	})
	switch string(key) {
	case "type":
		m.eventType = value
	case "content-type":
		m.contentType = value
	}
	return err
}
