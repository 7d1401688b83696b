package feed

import (
	"context"
	"sync"

	"shiyang/internal/es"
	"shiyang/internal/readmodel"
)

// remembered is how many decoded events are kept for those that come to them a
// little later.
const remembered = 64

// Decoder decodes what a [Feed] delivers once for all its subscribers: they
// are given the same bytes, and so the same event, which nobody may change.
// What is decoded with an error is decoded again the next time. It is safe for
// concurrent use.
type Decoder struct {
	codec readmodel.Decoder

	mu     sync.Mutex
	events map[*byte]*decoded // by the address of their bytes
	order  [remembered]*byte
	next   int
}

type decoded struct {
	mu    sync.Mutex
	event es.Event
}

// Once returns a decoder that asks codec once for each event of a feed.
func Once(codec readmodel.Decoder) *Decoder {
	return &Decoder{codec: codec, events: make(map[*byte]*decoded, remembered)}
}

// Decode implements [readmodel.Decoder].
func (d *Decoder) Decode(ctx context.Context, typ string, data []byte) (es.Event, error) {
	if len(data) == 0 {
		return d.codec.Decode(ctx, typ, data)
	}
	known := d.of(&data[0])
	known.mu.Lock()
	defer known.mu.Unlock()
	if known.event != nil {
		return known.event, nil
	}
	event, err := d.codec.Decode(ctx, typ, data)
	if err == nil {
		known.event = event
	}
	return event, err
}

// of returns the place of an event, which it makes by forgetting the oldest.
func (d *Decoder) of(address *byte) *decoded {
	d.mu.Lock()
	defer d.mu.Unlock()
	if known, ok := d.events[address]; ok {
		return known
	}
	delete(d.events, d.order[d.next])
	d.order[d.next] = address
	d.next = (d.next + 1) % remembered
	known := &decoded{}
	d.events[address] = known
	return known
}
