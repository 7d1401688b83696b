package linear

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/google/uuid"

	"shiyang/test/torture/wire"
)

// client does one operation after the other.
type client struct {
	r       *recorder
	id      int
	random  *rand.Rand
	streams []string
	left    int
	known   map[string]int64 // number of the last event of a stream, as far as it knows
}

// deadline of one operation: short, so that a cut ends many of them.
const deadline = 300 * time.Millisecond

// run works until it has done its share. Operations that certainly never
// reached the store are not part of a history.
func (c *client) run(ctx context.Context, address string) {
	w, err := wire.Dial(address)
	if err != nil {
		c.r.t.Fault("%v", err)
		return
	}
	defer w.Close() //nolint:errcheck // always nil
	for c.left > 0 && ctx.Err() == nil {
		stream := c.streams[c.random.IntN(len(c.streams))]
		if c.random.IntN(3) == 0 {
			c.read(ctx, w, stream)
		} else {
			c.append(ctx, w, stream)
		}
	}
}

// append adds one or two events where the client believes the end to be, or,
// now and then, wherever it is.
func (c *client) append(ctx context.Context, w *wire.Client, stream string) {
	ids := make([]uuid.UUID, 1+c.random.IntN(2))
	for i := range ids {
		binary.BigEndian.PutUint64(ids[i][:8], c.random.Uint64())
		binary.BigEndian.PutUint64(ids[i][8:], c.random.Uint64())
	}
	last, known := c.known[stream]
	if !known {
		last = -1
	}
	in := request{expected: wire.Expected(last), ids: join(ids), count: len(ids)}
	if c.random.IntN(8) == 0 {
		in.expected = wire.Any
	}
	var out answer
	called := c.now()
	limited, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	events, err := w.Append(limited, stream, in.expected, 100, ids...)
	if wrong, ok := errors.AsType[*wire.WrongRevisionError](err); ok {
		out = answer{wrong: true, last: wrong.Current}
	} else if err != nil {
		c.lost(stream, in, called)
		c.wait(ctx, w)
		return
	} else {
		out = answer{last: int64(events[len(events)-1].Revision)}
	}
	c.known[stream] = out.last
	c.left--
	c.note(stream, in, out, called, c.now())
}

// read reads a stream from its first event. A read that fails says nothing.
func (c *client) read(ctx context.Context, w *wire.Client, stream string) {
	called := c.now()
	limited, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	var ids []uuid.UUID
	for e, err := range w.Stream(limited, stream) {
		if err != nil {
			c.wait(ctx, w)
			return
		}
		ids = append(ids, e.ID)
	}
	c.known[stream] = int64(len(ids)) - 1
	c.left--
	c.note(stream, request{}, answer{ids: join(ids)}, called, c.now())
}

// lost notes an append whose answer never came: it may take effect at any time
// from now on, so the client goes on as another.
func (c *client) lost(stream string, in request, called int64) {
	c.r.t.Add("appends without an answer", 1)
	c.note(stream, in, answer{unknown: true}, called, math.MaxInt64)
	c.id = c.r.fresh()
	delete(c.known, stream)
}

// wait returns when the store answers again, so that what breaks it leaves one
// open question for each client and not thousands.
func (c *client) wait(ctx context.Context, w *wire.Client) {
	for ctx.Err() == nil {
		limited, cancel := context.WithTimeout(ctx, deadline)
		err := w.Ping(limited)
		cancel()
		if err == nil {
			return
		}
	}
}

func (c *client) now() int64 { return int64(time.Since(c.r.started)) }

func (c *client) note(stream string, in request, out answer, called, returned int64) {
	c.r.mu.Lock()
	defer c.r.mu.Unlock()
	if len(c.r.ops[stream]) < maxOps || out.unknown {
		c.r.ops[stream] = append(c.r.ops[stream], porcupine.Operation{ClientId: c.id, Input: in, Output: out, Call: called, Return: returned})
	}
}
