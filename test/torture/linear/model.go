package linear

import (
	"fmt"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"

	"shiyang/test/torture/wire"
)

// request is what a client asked: an append, or a read when there are no ids.
type request struct {
	expected wire.Expected
	ids      string // of the events, joined; empty for a read
	count    int
}

// answer is what it heard.
type answer struct {
	unknown bool   // nothing: an append may be stored or not, now or later
	wrong   bool   // the stream is elsewhere
	last    int64  // number of the last event
	ids     string // of all events, for a read
}

// state is a stream: how many events it has, and which.
type state struct {
	count int
	ids   string
}

// model is a stream with optimistic concurrency.
var model = porcupine.Model{
	Init: func() any { return state{} },
	Step: func(s, in, out any) (bool, any) { return step(s.(state), in.(request), out.(answer)) },
	DescribeOperation: func(in, out any) string {
		return fmt.Sprintf("%+v -> %+v", in, out)
	},
}

// step tells whether a request, made now, can have that answer, and what the
// stream is afterwards.
func step(s state, in request, out answer) (bool, any) {
	last := int64(s.count) - 1
	if in.ids == "" {
		return out.unknown || out.ids == s.ids, s
	}
	fits := in.expected == wire.Any || int64(in.expected) == last
	written := state{s.count + in.count, s.ids + in.ids}
	switch {
	case out.unknown && fits:
		return true, written
	case out.unknown: // it was refused and nobody heard
		return true, s
	case out.wrong:
		return !fits && out.last == last, s
	default:
		return fits && out.last == last+int64(in.count), written
	}
}

func join(ids []uuid.UUID) string {
	var b []byte
	for _, id := range ids {
		b = append(b, id[:]...)
	}
	return string(b)
}
