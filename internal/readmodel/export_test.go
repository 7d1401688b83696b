package readmodel

import (
	"context"

	"shiyang/internal/es"
)

// What tests of the pace need to know.
const (
	LivePace    = livePace
	BatchEvents = batchEvents
)

// Paced is a pipe as the runner uses it, with readers that may wait.
type Paced struct {
	pipe  *pipe
	board *board
}

// NewPaced returns an empty pipe.
func NewPaced() Paced {
	p := Paced{newPipe(0), newBoard()}
	p.pipe.pace, p.pipe.hurry = livePace, p.board.urgent
	return p
}

// Put adds an event, after waiting for room.
func (p Paced) Put(ctx context.Context, at es.Position) error {
	return p.pipe.put(ctx, Delivery{Event: &RawEvent{Position: at}, Position: at}, item{})
}

// Take returns how many events the next batch has.
func (p Paced) Take(ctx context.Context) (int, error) {
	b, err := p.pipe.take(ctx)
	return len(b.items), err
}

// End ends the pipe.
func (p Paced) End() { p.pipe.end(nil) }

// Await is a reader that waits until it calls done.
func (p Paced) Await() (done func()) { return p.board.await() }
