package server

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protowire"

	"shiyang/eventstore/access"
	"shiyang/eventstore/journal"
)

// proposal is an append while its messages come in.
type proposal struct {
	message  message // the newest
	stream   string
	expected journal.Expected
	options  bool // the first message was there
	events   []journal.Event
	held     []mem.Buffer // what the events point into
	bytes    int
	refusal  error // the first; the rest of the stream is then read and dropped
}

var proposals = sync.Pool{New: func() any { return new(proposal) }}

// mostKept is the greatest number of events whose room a proposal keeps.
const mostKept = 64

// free gives everything back. The journal must have done with the events.
func (p *proposal) free() {
	for _, b := range p.held {
		b.Free()
	}
	clear(p.held)
	clear(p.events)
	if cap(p.events) > mostKept {
		p.events, p.held = nil, nil
	}
	*p = proposal{events: p.events[:0], held: p.held[:0]}
	proposals.Put(p)
}

// Append implements the call of the same name: options first, then one message
// per event. The client's stream is read to its end before anything is
// refused, because otherwise the client reports a broken stream instead of the
// reason.
func (s *Server) Append(stream streams.Streams_AppendServer) error {
	p := proposals.Get().(*proposal)
	if err := s.receive(p, stream); err != nil {
		p.free()
		return err
	}
	result, err := s.journal.Append(stream.Context(), p.stream, p.expected, p.events...)
	wrote := len(p.events) > 0
	var wrong *journal.WrongRevisionError
	switch {
	case err == nil:
		s.guard.rights.written(p.stream)
		p.free()
		return stream.SendMsg(appended(result, wrote))
	case errors.As(err, &wrong): // not an error status for an append
		p.free()
		return stream.SendAndClose(wrongVersion(wrong))
	default: // the journal may be writing the events still: they are not reused
		return toStatus(streamTrailer(stream), err)
	}
}

// receive reads the client's stream to its end.
func (s *Server) receive(p *proposal, stream grpc.ServerStream) error {
	for {
		err := stream.RecvMsg(&p.message)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if p.refusal == nil {
			p.refusal = s.take(p, stream)
		} else {
			p.message.buffer.Free()
		}
	}
	if p.refusal == nil && !p.options {
		p.refusal = invalid("the append has no options")
	}
	return p.refusal
}

// take adds the newest message to the proposal.
func (s *Server) take(p *proposal, stream grpc.ServerStream) (err error) {
	m := &p.message
	p.held = append(p.held, m.buffer)
	switch m.kind {
	case tagOptions:
		if p.options {
			return invalid("the append has options twice")
		}
		p.options = true
		p.stream = string(m.stream)
		if err := s.guard.allow(stream.Context(), access.Write, p.stream); err != nil {
			return toStatus(streamTrailer(stream), err)
		}
		p.expected, err = m.expectation()
		return err
	case tagProposed:
		if !p.options {
			return invalid("the append's first message must be its options")
		}
		e, err := m.event(stream)
		if err != nil {
			return err
		}
		p.bytes += len(e.Data) + len(e.Metadata) + 2*utf16Units(e.Type)
		if p.bytes > s.opts.MaxAppendBytes {
			limit := strconv.Itoa(s.opts.MaxAppendBytes)
			stream.SetTrailer(metadata.Pairs(trailerException, "maximum-append-size-exceeded", "maximum-append-size", limit))
			return invalid("the append is larger than %s bytes; send fewer or smaller events", limit)
		}
		p.events = append(p.events, e)
		return nil
	default:
		return invalid("the append has a message of unknown kind")
	}
}

// expectation is what appends, deletes and tombstones have in common.
type expectation interface {
	GetAny() *shared.Empty
	GetNoStream() *shared.Empty
	GetStreamExists() *shared.Empty
	GetRevision() uint64
}

func expectedIn(o expectation, present bool) (journal.Expected, error) {
	switch {
	case !present:
		return 0, invalid("the expected stream revision is missing")
	case o.GetAny() != nil:
		return journal.Any, nil
	case o.GetNoStream() != nil:
		return journal.NoStream, nil
	case o.GetStreamExists() != nil:
		return journal.StreamExists, nil
	case o.GetRevision() > math.MaxInt64:
		return 0, invalid("the expected stream revision %d is out of range", o.GetRevision())
	}
	return journal.Expected(o.GetRevision()), nil
}

// expectation is the revision that the options expect.
func (m *message) expectation() (journal.Expected, error) {
	switch m.expected {
	case tagAny:
		return journal.Any, nil
	case tagNoStream:
		return journal.NoStream, nil
	case tagStreamExists:
		return journal.StreamExists, nil
	case tagRevision:
		if m.revision > math.MaxInt64 {
			return 0, invalid("the expected stream revision %d is out of range", m.revision)
		}
		return journal.Expected(m.revision), nil
	default:
		return 0, invalid("the expected stream revision is missing")
	}
}

// event is the event that the message proposes; it points into its buffer.
func (m *message) event(stream grpc.ServerStream) (journal.Event, error) {
	id := journal.UUID(m.structured)
	if m.text != nil {
		parsed, _ := uuid.ParseBytes(m.text) // zero when it is none
		id = journal.UUID(parsed)
	}
	if id == (journal.UUID{}) {
		return journal.Event{}, errNoID
	}
	if m.eventType == nil || m.contentType == nil {
		stream.SetTrailer(metadata.Pairs(trailerException, "missing-required-metadata-property",
			"required-metadata-properties", "type,content-type"))
		return journal.Event{}, invalid("event %s lacks the metadata type or content-type", uuid.UUID(id))
	}
	if len(m.eventType) == 0 || !utf8.Valid(m.eventType) {
		return journal.Event{}, invalid("event %s has no type", uuid.UUID(id))
	}
	return journal.Event{
		ID: id, Type: string(m.eventType), JSON: string(m.contentType) == "application/json",
		Data: m.data, Metadata: m.metadata,
	}, nil
}

var errNoID = invalid("an event has no id")

func idOf(id *shared.UUID) (journal.UUID, error) {
	var b journal.UUID
	if s := id.GetStructured(); s != nil {
		binary.BigEndian.PutUint64(b[:8], uint64(s.GetMostSignificantBits()))
		binary.BigEndian.PutUint64(b[8:], uint64(s.GetLeastSignificantBits()))
	} else if parsed, err := uuid.Parse(id.GetString_()); err == nil {
		b = journal.UUID(parsed)
	}
	if b == (journal.UUID{}) {
		return b, errNoID
	}
	return b, nil
}

// utf16Units is the length of a string as EventStoreDB counts it.
func utf16Units(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}

// Fields of AppendResp.Success and of its position.
const (
	successRevision   = 1
	successNoStream   = 2
	successPosition   = 3
	successNoPosition = 4
)

// appended is the answer to an append that succeeded, in wire form.
func appended(r journal.Result, wrote bool) *frame {
	b := make([]byte, 2, 48) // its own tag and length come last
	if r.Revision >= 0 {
		b = protowire.AppendVarint(append(b, successRevision<<3), uint64(r.Revision))
	} else {
		b = append(b, successNoStream<<3|byte(protowire.BytesType), 0)
	}
	if wrote {
		n := protowire.SizeVarint(r.Position)
		b = append(b, successPosition<<3|byte(protowire.BytesType), byte(2+2*n))
		b = protowire.AppendVarint(append(b, 1<<3), r.Position) // commit
		b = protowire.AppendVarint(append(b, 2<<3), r.Position) // prepare
	} else {
		b = append(b, successNoPosition<<3|byte(protowire.BytesType), 0)
	}
	b[0], b[1] = 1<<3|byte(protowire.BytesType), byte(len(b)-2) // below 128: 37 bytes at most
	return (*frame)(&b)
}

// wrongVersion fills the fields of today and those of version 20.6.0.
func wrongVersion(e *journal.WrongRevisionError) *streams.AppendResp {
	w := &streams.AppendResp_WrongExpectedVersion{}
	if e.Current < 0 {
		w.CurrentRevisionOption = &streams.AppendResp_WrongExpectedVersion_CurrentNoStream{CurrentNoStream: &shared.Empty{}}
		w.CurrentRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_NoStream_20_6_0{NoStream_20_6_0: &shared.Empty{}}
	} else {
		current := uint64(e.Current)
		w.CurrentRevisionOption = &streams.AppendResp_WrongExpectedVersion_CurrentRevision{CurrentRevision: current}
		w.CurrentRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_CurrentRevision_20_6_0{CurrentRevision_20_6_0: current}
	}
	switch e.Expected {
	case journal.Any:
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedAny{ExpectedAny: &shared.Empty{}}
		w.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_Any_20_6_0{Any_20_6_0: &shared.Empty{}}
	case journal.StreamExists:
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedStreamExists{ExpectedStreamExists: &shared.Empty{}}
		w.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_StreamExists_20_6_0{StreamExists_20_6_0: &shared.Empty{}}
	case journal.NoStream:
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedNoStream{ExpectedNoStream: &shared.Empty{}}
		w.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_ExpectedRevision_20_6_0{ExpectedRevision_20_6_0: math.MaxUint64}
	default:
		expected := uint64(e.Expected)
		w.ExpectedRevisionOption = &streams.AppendResp_WrongExpectedVersion_ExpectedRevision{ExpectedRevision: expected}
		w.ExpectedRevisionOption_20_6_0 = &streams.AppendResp_WrongExpectedVersion_ExpectedRevision_20_6_0{ExpectedRevision_20_6_0: expected}
	}
	return &streams.AppendResp{Result: &streams.AppendResp_WrongExpectedVersion_{WrongExpectedVersion: w}}
}
