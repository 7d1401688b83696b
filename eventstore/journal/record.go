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
	b = appendEntry(b, "created", strconv.FormatInt(at.created, 10))
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

func appendEntry(b []byte, key, value string) []byte {
	b = protowire.AppendTag(b, fieldMetadata, protowire.BytesType)
	b = protowire.AppendVarint(b, uint64(2+protowire.SizeBytes(len(key))+protowire.SizeBytes(len(value))))
	b = protowire.AppendTag(b, 1, protowire.BytesType)
	b = protowire.AppendString(b, key)
	b = protowire.AppendTag(b, 2, protowire.BytesType)
	return protowire.AppendString(b, value)
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

// parseRecord reads a stored event without copying it.
func parseRecord(wire []byte) (Record, error) {
	r := Record{Wire: wire}
	for b := wire; len(b) > 0; {
		number, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return Record{}, corruptRecord(protowire.ParseError(n))
		}
		b = b[n:]
		switch kind {
		case protowire.VarintType:
			v, n := protowire.ConsumeVarint(b)
			if n < 0 {
				return Record{}, corruptRecord(protowire.ParseError(n))
			}
			r.setNumber(number, v)
			b = b[n:]
		case protowire.BytesType:
			v, n := protowire.ConsumeBytes(b)
			if n < 0 {
				return Record{}, corruptRecord(protowire.ParseError(n))
			}
			b = b[n:]
			if err := r.setBytes(number, v, b); err != nil {
				return Record{}, corruptRecord(err)
			}
		default:
			return Record{}, corruptRecord(fmt.Errorf("wire type %d", kind))
		}
	}
	if r.Stream == nil || r.Type == nil || r.Rest == nil {
		return Record{}, corruptRecord(fmt.Errorf("id, stream or type is missing"))
	}
	return r, nil
}

func corruptRecord(err error) error { return fmt.Errorf("%w: event: %w", ErrCorrupt, err) }

func (r *Record) setNumber(field protowire.Number, v uint64) {
	switch field {
	case fieldRevision:
		r.Revision = int64(v)
	case fieldCommit:
		r.Position = v
	default: // the prepare position is the same
	}
}

func (r *Record) setBytes(field protowire.Number, v, rest []byte) error {
	switch field {
	case fieldID:
		r.Rest = rest
		return r.setID(v)
	case fieldStream:
		name, err := inner(v, fieldName)
		r.Stream = name
		return err
	case fieldMetadata:
		return r.setEntry(v)
	case fieldData:
		r.Data = v
	default: // readers take it from the wire form
	}
	return nil
}

func (r *Record) setID(b []byte) error {
	halves, err := inner(b, fieldStructured)
	if err != nil {
		return err
	}
	for len(halves) > 0 {
		number, kind, n := protowire.ConsumeTag(halves)
		if n < 0 || kind != protowire.VarintType {
			return fmt.Errorf("id is malformed")
		}
		v, m := protowire.ConsumeVarint(halves[n:])
		if m < 0 {
			return protowire.ParseError(m)
		}
		halves = halves[n+m:]
		binary.BigEndian.PutUint64(r.ID[(number-1)%2*8:], v)
	}
	return nil
}

func (r *Record) setEntry(b []byte) error {
	_, _, n := protowire.ConsumeTag(b)
	if n < 0 {
		return protowire.ParseError(n)
	}
	key, m := protowire.ConsumeBytes(b[n:])
	if m < 0 {
		return protowire.ParseError(m)
	}
	value, err := inner(b[n+m:], 2)
	if err != nil {
		return err
	}
	switch string(key) {
	case "type":
		r.Type = value
	case "created":
		r.Created, err = strconv.ParseInt(string(value), 10, 64)
	}
	return err
}

// inner returns the bytes of the one field that b consists of.
func inner(b []byte, want protowire.Number) ([]byte, error) {
	number, kind, n := protowire.ConsumeTag(b)
	if n < 0 || number != want || kind != protowire.BytesType {
		return nil, fmt.Errorf("field %d is missing", want)
	}
	v, m := protowire.ConsumeBytes(b[n:])
	if m < 0 {
		return nil, protowire.ParseError(m)
	}
	return v, nil
}
