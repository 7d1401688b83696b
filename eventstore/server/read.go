package server

import (
	"iter"
	"math"
	"sync"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/proto"

	"shiyang/eventstore/access"
	"shiyang/eventstore/journal"
	"shiyang/eventstore/reading"
)

// A page is what is read in one go before it is sent, so that a slow client
// never keeps the store's files open.
const (
	pageBytes  = 256 << 10
	pageEvents = 4096 // considered, be they sent or not
)

// reader is one Read call.
type reader struct {
	server   *Server
	stream   streams.Streams_ReadServer
	options  *streams.ReadReq_Options
	filter   *reading.Filter
	interval uint64 // events considered between checkpoints
	stringID bool
	rights   uint64 // changes of rights that the call knows
	page     page
}

// page holds encoded responses until they are sent. They lie in chunks, each of
// which is used again when gRPC has written all that is in it.
type page struct {
	responses []mem.Buffer
	bytes     int
	chunk     mem.Buffer // the one being filled; nil: none
	space     []byte     // what is in it, with room for more
	next      response   // on its way to gRPC
}

// Chunks of a page. A short read, and the first events of a long one, do with
// the first.
const (
	firstChunk = 4 << 10
	chunkBytes = 64 << 10
)

// chunkPool keeps chunks of chunkBytes.
type chunkPool struct{ pool sync.Pool }

var chunks = &chunkPool{sync.Pool{New: func() any { return new(make([]byte, chunkBytes)) }}}

// Get returns a chunk, whatever was in it.
func (c *chunkPool) Get(int) *[]byte { return c.pool.Get().(*[]byte) }

// Put takes a chunk back.
func (c *chunkPool) Put(b *[]byte) { c.pool.Put(b) }

func (p *page) full() bool { return p.bytes >= pageBytes }

// room returns space for a response of at most n bytes; put takes it back filled.
func (p *page) room(n int) []byte {
	if used := len(p.space); cap(p.space)-used >= n {
		return p.space[used:used]
	}
	size := firstChunk
	if p.chunk != nil {
		size = chunkBytes
		p.chunk.Free()
	}
	if size = max(size, n); size == chunkBytes {
		b := chunks.Get(size)
		p.chunk, p.space = mem.NewBuffer(b, chunks), (*b)[:0]
	} else {
		b := make([]byte, size)
		p.chunk, p.space = mem.SliceBuffer(b), b[:0]
	}
	return p.space
}

// put adds a response that was written into the room.
func (p *page) put(b []byte) {
	used := len(p.space)
	p.space = p.space[:used+len(b)]
	p.responses = append(p.responses, p.chunk.Slice(used, used+len(b)))
	p.bytes += len(b)
}

// send hands the responses over to gRPC and empties the page.
func (p *page) send(stream grpc.ServerStream) (err error) {
	for i, b := range p.responses {
		if err == nil {
			p.next.buffer = b
			err = stream.SendMsg(&p.next)
		} else {
			b.Free()
		}
		p.responses[i] = nil
	}
	p.responses, p.bytes = p.responses[:0], 0
	if p.chunk != nil {
		p.chunk.Free()
		p.chunk, p.space = nil, nil
	}
	return err
}

// Read implements reads of a stream and of $all in both directions, and
// subscriptions, which are reads without a count.
func (s *Server) Read(req *streams.ReadReq, stream streams.Streams_ReadServer) error {
	o := req.GetOptions()
	if o.GetUuidOption() == nil {
		return invalid("the form of event ids is missing")
	}
	f, interval, err := filterOf(o)
	if err != nil {
		return err
	}
	rights := s.guard.rights.now()
	if err := s.guard.allow(stream.Context(), access.Read, sourceOf(o)); err != nil {
		return toStatus(streamTrailer(stream), err)
	}
	_, stringID := o.GetUuidOption().GetContent().(*streams.ReadReq_Options_UUIDOption_String_)
	r := &reader{server: s, stream: stream, options: o, filter: f, interval: interval, stringID: stringID, rights: rights}
	return toStatus(streamTrailer(stream), r.run())
}

// sourceOf names the stream that is read.
func sourceOf(o *streams.ReadReq_Options) string {
	if o.GetAll() != nil {
		return "$all"
	}
	return string(o.GetStream().GetStreamIdentifier().GetStreamName())
}

// allowed asks again whether the caller may read, if that may have changed.
func (r *reader) allowed() error {
	return r.server.guard.again(r.stream.Context(), access.Read, sourceOf(r.options), &r.rights)
}

func (r *reader) run() error {
	backwards := r.options.GetReadDirection() == streams.ReadReq_Options_Backwards
	switch option := r.options.GetCountOption().(type) {
	case *streams.ReadReq_Options_Subscription:
		if backwards {
			return invalid("a subscription reads forwards")
		}
		return r.subscribe()
	case *streams.ReadReq_Options_Count:
		if r.options.GetAll() != nil {
			return r.readAll(backwards, option.Count)
		}
		return r.readStream(backwards, option.Count)
	default:
		return invalid("the count is missing")
	}
}

// readAll reads $all: forwards from a position inclusively, backwards from a
// position exclusively.
func (r *reader) readAll(backwards bool, count uint64) error {
	j, head := r.server.journal, r.server.journal.Head()
	var cursor uint64
	switch at := r.options.GetAll().GetAllOption().(type) {
	case *streams.ReadReq_Options_AllOptions_Start:
	case *streams.ReadReq_Options_AllOptions_End:
		cursor = head + 1
	case *streams.ReadReq_Options_AllOptions_Position:
		cursor = min(at.Position.GetCommitPosition(), head+1)
		if err := checkPosition(at.Position, head+1); err != nil {
			return err
		}
	default:
		return invalid("the position is missing")
	}
	if backwards {
		return r.pages(count, func(e journal.Record) { cursor = e.Position },
			func() iter.Seq2[journal.Record, error] { return j.AllBackwards(cursor) })
	}
	return r.pages(count, func(e journal.Record) { cursor = e.Position + 1 },
		func() iter.Seq2[journal.Record, error] { return j.All(cursor, head) })
}

// checkPosition refuses a position that this store never gave: one whose halves
// differ, or one past its end. It comes from another store, whose checkpoints
// mean nothing here: a reader would silently miss events. The greatest number
// means the end.
func checkPosition(at *streams.ReadReq_Options_Position, last uint64) error {
	if commit, prepare := at.GetCommitPosition(), at.GetPreparePosition(); commit != prepare || commit > last && commit != math.MaxUint64 {
		return invalid("invalid position C:%d/P:%d: it is not of this store, whose log ends at %d", commit, prepare, last)
	}
	return nil
}

func (r *reader) readStream(backwards bool, count uint64) error {
	o, j := r.options.GetStream(), r.server.journal
	name := string(o.GetStreamIdentifier().GetStreamName())
	s, err := j.Stream(name)
	if err != nil {
		return err
	}
	if s.Tombstoned {
		return &journal.StreamDeletedError{Stream: name}
	}
	if s.Missing() {
		return r.stream.Send(&streams.ReadResp{Content: &streams.ReadResp_StreamNotFound_{
			StreamNotFound: &streams.ReadResp_StreamNotFound{
				StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(name)},
			},
		}})
	}
	var cursor int64
	switch at := o.GetRevisionOption().(type) {
	case *streams.ReadReq_Options_StreamOptions_Start:
	case *streams.ReadReq_Options_StreamOptions_End:
		cursor = math.MaxInt64
	case *streams.ReadReq_Options_StreamOptions_Revision:
		cursor = int64(min(at.Revision, math.MaxInt64))
	default:
		return invalid("the revision is missing")
	}
	if backwards {
		cursor = min(cursor, s.Last)
		return r.pages(count, func(e journal.Record) { cursor = e.Revision - 1 },
			func() iter.Seq2[journal.Record, error] { return j.EventsBackwards(name, s.First, cursor) })
	}
	cursor = max(cursor, s.First)
	return r.pages(count, func(e journal.Record) { cursor = e.Revision + 1 },
		func() iter.Seq2[journal.Record, error] { return j.Events(name, cursor, s.Last) })
}

// pages sends up to count events. open starts an iteration at the cursor that
// moved keeps.
func (r *reader) pages(count uint64, moved func(journal.Record), open func() iter.Seq2[journal.Record, error]) error {
	for count > 0 {
		considered, more := 0, false
		for e, err := range open() {
			if err != nil {
				return err
			}
			moved(e)
			considered++
			if r.options.GetAll() == nil || r.filter.Takes(e) {
				if err := r.add(e); err != nil {
					return err
				}
				count--
			}
			if more = considered == pageEvents || r.page.full(); more || count == 0 {
				break
			}
		}
		if err := r.flush(); err != nil || !more {
			return err
		}
	}
	return nil
}

// add puts an event on the page.
func (r *reader) add(e journal.Record) error {
	var target reading.Target
	if r.options.GetResolveLinks() {
		var err error
		if target, err = reading.Follow(r.server.journal, e); err != nil {
			return err
		}
		if err = r.server.guard.target(r.stream.Context(), &target); err != nil {
			return err
		}
	}
	shown := resolve(e, target, r.stringID)
	r.page.put(appendFrame(r.page.room(shown.size()), shown))
	return nil
}

// addMessage puts a response that is no event on the page.
func (r *reader) addMessage(m *streams.ReadResp) error {
	b, err := proto.MarshalOptions{}.MarshalAppend(r.page.room(proto.Size(m)), m)
	if err == nil {
		r.page.put(b)
	}
	return err
}

// flush sends the page.
func (r *reader) flush() error {
	if err := r.allowed(); err != nil {
		return err
	}
	if err := r.page.send(r.stream); err != nil {
		return err
	}
	return r.stream.Context().Err()
}
