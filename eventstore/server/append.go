package server

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"shiyang/eventstore/access"
	"shiyang/eventstore/journal"
)

// proposal is an append while its messages come in.
type proposal struct {
	stream   string
	expected journal.Expected
	options  bool // the first message was there
	events   []journal.Event
	bytes    int
	refusal  error // the first; the rest of the stream is then read and dropped
}

// Append implements the call of the same name: options first, then one message
// per event. The client's stream is read to its end before anything is
// refused, because otherwise the client reports a broken stream instead of the
// reason.
func (s *Server) Append(stream streams.Streams_AppendServer) error {
	var p proposal
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if p.refusal == nil {
			p.refusal = s.take(&p, message, stream)
		}
		if p.refusal != nil {
			p.events = nil
		}
	}
	if p.refusal == nil && !p.options {
		p.refusal = invalid("the append has no options")
	}
	if p.refusal != nil {
		return p.refusal
	}
	result, err := s.journal.Append(stream.Context(), p.stream, p.expected, p.events...)
	var wrong *journal.WrongRevisionError
	switch {
	case errors.As(err, &wrong): // not an error status for an append
		return stream.SendAndClose(wrongVersion(wrong))
	case err != nil:
		return toStatus(streamTrailer(stream), err)
	}
	return stream.SendAndClose(appended(result, len(p.events) > 0))
}

func (s *Server) take(p *proposal, message *streams.AppendReq, stream grpc.ServerStream) (err error) {
	trailer := streamTrailer(stream)
	switch content := message.GetContent().(type) {
	case *streams.AppendReq_Options_:
		if p.options {
			return invalid("the append has options twice")
		}
		p.options = true
		p.stream = string(content.Options.GetStreamIdentifier().GetStreamName())
		if err := s.guard.allow(stream.Context(), access.Write, p.stream); err != nil {
			return toStatus(trailer, err)
		}
		p.expected, err = expectedOf(content.Options)
		return err
	case *streams.AppendReq_ProposedMessage_:
		if !p.options {
			return invalid("the append's first message must be its options")
		}
		e, err := eventOf(content.ProposedMessage, trailer)
		if err != nil {
			return err
		}
		p.bytes += len(e.Data) + len(e.Metadata) + 2*utf16Units(e.Type)
		if p.bytes > s.opts.MaxAppendBytes {
			limit := strconv.Itoa(s.opts.MaxAppendBytes)
			trailer(metadata.Pairs(trailerException, "maximum-append-size-exceeded", "maximum-append-size", limit))
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

func expectedOf(o *streams.AppendReq_Options) (journal.Expected, error) {
	return expectedIn(o, o.GetExpectedStreamRevision() != nil)
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

func eventOf(m *streams.AppendReq_ProposedMessage, trailer setTrailer) (journal.Event, error) {
	id, err := idOf(m.GetId())
	if err != nil {
		return journal.Event{}, err
	}
	kind, hasType := m.GetMetadata()["type"]
	content, hasContent := m.GetMetadata()["content-type"]
	if !hasType || !hasContent {
		trailer(metadata.Pairs(trailerException, "missing-required-metadata-property",
			"required-metadata-properties", "type,content-type"))
		return journal.Event{}, invalid("event %s lacks the metadata type or content-type", uuid.UUID(id))
	}
	if kind == "" || !utf8.ValidString(kind) {
		return journal.Event{}, invalid("event %s has no type", uuid.UUID(id))
	}
	return journal.Event{
		ID: id, Type: kind, JSON: content == "application/json",
		Data: m.GetData(), Metadata: m.GetCustomMetadata(),
	}, nil
}

func idOf(id *shared.UUID) (journal.UUID, error) {
	var b journal.UUID
	if s := id.GetStructured(); s != nil {
		binary.BigEndian.PutUint64(b[:8], uint64(s.GetMostSignificantBits()))
		binary.BigEndian.PutUint64(b[8:], uint64(s.GetLeastSignificantBits()))
	} else if parsed, err := uuid.Parse(id.GetString_()); err == nil {
		b = journal.UUID(parsed)
	}
	if b == (journal.UUID{}) {
		return b, invalid("an event has no id")
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

func appended(r journal.Result, wrote bool) *streams.AppendResp {
	success := &streams.AppendResp_Success{
		PositionOption:        &streams.AppendResp_Success_NoPosition{NoPosition: &shared.Empty{}},
		CurrentRevisionOption: &streams.AppendResp_Success_NoStream{NoStream: &shared.Empty{}},
	}
	if r.Revision >= 0 {
		success.CurrentRevisionOption = &streams.AppendResp_Success_CurrentRevision{CurrentRevision: uint64(r.Revision)}
	}
	if wrote {
		success.PositionOption = &streams.AppendResp_Success_Position{
			Position: &streams.AppendResp_Position{CommitPosition: r.Position, PreparePosition: r.Position},
		}
	}
	return &streams.AppendResp{Result: &streams.AppendResp_Success_{Success: success}}
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
