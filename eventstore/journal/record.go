package journal

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// The content types that an event can have; nothing else is kept.
const (
	contentJSON   = "application/json"
	contentBinary = "application/octet-stream"
)

// Field numbers of event_store.client.streams.ReadResp.ReadEvent.RecordedEvent
// and of the messages inside it, as published in the EventStoreDB protocol.
const (
	fieldID         = 1
	fieldStream     = 2
	fieldRevision   = 3
	fieldPrepare    = 4
	fieldCommit     = 5
	fieldMetadata   = 6
	fieldCustom     = 7
	fieldData       = 8
	fieldStructured = 1 // UUID.structured; its halves are 1 and 2
	fieldName       = 3 // StreamIdentifier.stream_name
)

// UUID is an event id.
type UUID [16]byte

// Event is an event that somebody wants to append.
type Event struct {
	ID       UUID   // the writer's id; the same id means the same event
	Type     string // must not be empty
	JSON     bool   // says that Data is JSON; the journal does not look
	Data     []byte
	Metadata []byte // the writer's own metadata
}

// ticks are 100 nanoseconds since 1970, the unit of EventStoreDB's "created".
func ticks(t time.Time) int64 { return t.UnixNano() / 100 }

// place is where and when an event is written.
type place struct {
	stream   string
	revision int64
	position uint64
	created  int64 // ticks
}

// appendRecord appends the wire form of an event to b. Fields are written in
// ascending order, the id first; readers in this module rely on it.
func appendRecord(b []byte, at place, e Event) []byte {
	most, least := binary.BigEndian.Uint64(e.ID[:8]), binary.BigEndian.Uint64(e.ID[8:])
	var uuid [24]byte
	half := protowire.AppendVarint(append(uuid[:0], 1<<3), most)
	half = protowire.AppendVarint(append(half, 2<<3), least)
	b = protowire.AppendTag(b, fieldID, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(1+protowire.SizeBytes(len(half))))
	b = protowire.AppendTag(b, fieldStructured, protowire.BytesType)
	b = protowire.AppendBytes(b, half)

	b = protowire.AppendTag(b, fieldStream, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(1+protowire.SizeBytes(len(at.stream))))
	b = protowire.AppendTag(b, fieldName, protowire.BytesType)
	b = protowire.AppendString(b, at.stream)

	b = protowire.AppendTag(b, fieldRevision, protowire.VarintType)
	b = protowire.AppendVarint(b, uint64(at.revision))
	b = protowire.AppendTag(b, fieldPrepare, protowire.VarintType)
	b = protowire.AppendVarint(b, at.position)
	b = protowire.AppendTag(b, fieldCommit, protowire.VarintType)
	b = protowire.AppendVarint(b, at.position)

	content := contentBinary
	if e.JSON {
		content = contentJSON
	}
	b = appendEntry(b, "type", e.Type)
	b = appendEntry(b, "content-type", content)
	var digits [20]byte
	b = appendEntry(b, "created", strconv.AppendInt(digits[:0], at.created, 10))
	if len(e.Metadata) > 0 {
		b = protowire.AppendTag(b, fieldCustom, protowire.BytesType)
		b = protowire.AppendBytes(b, e.Metadata)
	}
	if len(e.Data) > 0 {
		b = protowire.AppendTag(b, fieldData, protowire.BytesType)
		b = protowire.AppendBytes(b, e.Data)
	}
	return b
}

func appendEntry[T string | []byte](b []byte, key string, value T) []byte {
	b = protowire.AppendTag(b, fieldMetadata, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(2+protowire.SizeBytes(len(key))+protowire.SizeBytes(len(value))))
	b = protowire.AppendTag(b, 1, protowire.BytesType)
	b = protowire.AppendString(b, key)
	b = protowire.AppendTag(b, 2, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(len(value)))
	return append(b, value...)
}

// Record is a stored event. Its byte slices belong to the journal and are
// valid only until the iteration that yielded it goes on; copy what you keep.
type Record struct {
	Wire     []byte // the whole RecordedEvent in protobuf wire form
	Rest     []byte // Wire without its first field, the id
	ID       UUID
	Stream   []byte
	Revision int64
	Position uint64
	Created  int64 // 100 ns since 1970
	Type     []byte
	Data     []byte
}

// errMalformed says that stored bytes are no event.
var errMalformed = fmt.Errorf("%w: this is no event", ErrCorrupt)

// field returns the number and content of the field at the start of b, and what
// follows it: a number in v, or bytes in content. Field numbers are below 16.
func field(b []byte) (number byte, v uint64, content, rest []byte, ok bool) {
	if len(b) < 2 {
		return 0, 0, nil, nil, false
	}
	number, kind := b[0]>>3, b[0]&7
	v, n := uint64(b[1]), 1
	if v >= 0x80 {
		if v, n = binary.Uvarint(b[1:]); n <= 0 {
			return 0, 0, nil, nil, false
		}
	}
	rest = b[1+n:]
	switch {
	case kind == byte(protowire.VarintType):
		return number, v, nil, rest, true
	case kind == byte(protowire.BytesType) && v <= uint64(len(rest)):
		return number, 0, rest[:v:v], rest[v:], true
	default:
		return 0, 0, nil, nil, false
	}
}

// parseRecord reads a stored event without copying it.
func parseRecord(wire []byte) (Record, error) {
	r := Record{Wire: wire}
	for b := wire; len(b) > 0; {
		number, v, content, rest, ok := field(b)
		if !ok {
			return Record{}, errMalformed
		}
		b = rest
		switch number {
		case fieldID:
			r.Rest = rest
			ok = r.setID(content)
		case fieldStream:
			_, _, r.Stream, _, ok = field(content)
		case fieldRevision:
			r.Revision = int64(v)
		case fieldCommit:
			r.Position = v
		case fieldMetadata:
			ok = r.setEntry(content)
		case fieldData:
			r.Data = content
		default: // readers take it from the wire form
		}
		if !ok {
			return Record{}, errMalformed
		}
	}
	if r.Stream == nil || r.Type == nil || r.Rest == nil {
		return Record{}, errMalformed
	}
	return r, nil
}

// setID reads a UUID message, whose structured form has two halves.
func (r *Record) setID(b []byte) bool {
	_, _, halves, _, ok := field(b)
	if !ok {
		return false
	}
	for len(halves) > 0 {
		number, v, _, rest, ok := field(halves)
		if !ok || number < 1 || number > 2 {
			return false
		}
		binary.BigEndian.PutUint64(r.ID[(number-1)*8:], v)
		halves = rest
	}
	return true
}

// setEntry reads an entry of the system metadata.
func (r *Record) setEntry(b []byte) bool {
	_, _, key, rest, ok := field(b)
	if !ok {
		return false
	}
	_, _, value, _, ok := field(rest)
	if !ok {
		return false
	}
	switch string(key) {
	case "type":
		r.Type = value
	case "created":
		r.Created = 0
		for _, c := range value {
			if c < '0' || c > '9' {
				return false
			}
			r.Created = r.Created*10 + int64(c-'0')
		}
	}
	return true
}
