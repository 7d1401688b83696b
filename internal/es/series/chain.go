package series

import (
	"context"
	"errors"
	"fmt"
	"time"

	"shiyang/internal/es"
)

// chain is what the allocator's goroutine knows of a series: which block is
// the last one, and whom the recent full blocks gave numbers. Both are only
// hints; a number counts when the block's stream says so.
type chain struct {
	block  int64
	recent []fullBlock // oldest first
}

type fullBlock struct {
	block  int64
	last   time.Time // of its last reservation
	serial map[string]int64
}

// maxChains bounds how many series are remembered.
const maxChains = 1024

// serve finds or reserves a number for every request.
func (a *Allocator) serve(ctx context.Context, s Series, waiting []*request) error {
	c, err := a.chain(ctx, s)
	if err != nil {
		return err
	}
	for {
		if waiting, err = a.fromRecent(ctx, s, c, waiting); err != nil || len(waiting) == 0 {
			return err
		}
		want := make([]asked, len(waiting))
		for i, r := range waiting {
			want[i] = r.asked
		}
		err := a.give(ctx, s, c.block, want)
		if err != nil {
			return fmt.Errorf("reserve numbers of %s: %w", s.Type, err)
		}
		block, _, err := a.blocks.Load(ctx, s.blockID(c.block))
		if err != nil {
			return err
		}
		var left []*request
		for _, r := range waiting {
			if n, ok := block.of(r.asked.commandID); ok {
				r.answer <- answer{serial: n.Serial}
			} else {
				left = append(left, r)
			}
		}
		if waiting = left; len(waiting) == 0 {
			return nil
		}
		if block.full() {
			c.advance(block, a.now())
		}
	}
}

// give reserves numbers for a batch, with more patience for other processes
// than a person's command has.
func (a *Allocator) give(ctx context.Context, s Series, block int64, want []asked) error {
	meta := batchMeta(want)
	for {
		_, err := a.blocks.Execute(ctx, s.blockID(block), meta, give{s, block, want})
		if !errors.Is(err, es.ErrConflict) || ctx.Err() != nil {
			return err
		}
	}
}

// fromRecent answers those whose number lies in a full block.
func (a *Allocator) fromRecent(ctx context.Context, s Series, c *chain, waiting []*request) ([]*request, error) {
	var left []*request
	for _, r := range waiting {
		block, ok := c.find(r.asked.commandID)
		if !ok {
			left = append(left, r)
			continue
		}
		state, _, err := a.blocks.Load(ctx, s.blockID(block))
		if err != nil {
			return nil, err
		}
		if n, ok := state.of(r.asked.commandID); ok {
			r.answer <- answer{serial: n.Serial}
		} else {
			left = append(left, r) // voided meanwhile
		}
	}
	return left, nil
}

func (c *chain) find(commandID string) (block int64, ok bool) {
	for i := len(c.recent) - 1; i >= 0; i-- {
		if _, ok := c.recent[i].serial[commandID]; ok {
			return c.recent[i].block, true
		}
	}
	return 0, false
}

// advance goes on to the next block and forgets full ones that are too old
// for anyone to come back to, but never the newest.
func (c *chain) advance(full Block, now time.Time) {
	c.remember(full, c.block)
	c.block++
	for len(c.recent) > 1 && now.Sub(c.recent[0].last) > remembered {
		c.recent = c.recent[1:]
	}
}

func (c *chain) remember(full Block, block int64) {
	f := fullBlock{block: block, last: full.last(), serial: make(map[string]int64, len(full.given))}
	for n := range full.Numbers() {
		f.serial[n.CommandID] = n.Serial
	}
	c.recent = append(c.recent, f)
}

// chain returns what is known of a series; at first use it finds the last
// block and reads back the recent ones.
func (a *Allocator) chain(ctx context.Context, s Series) (*chain, error) {
	a.mu.Lock()
	c := a.chains[s]
	a.mu.Unlock()
	if c != nil {
		return c, nil
	}
	last, err := a.lastBlock(ctx, s)
	if err != nil {
		return nil, err
	}
	c = &chain{block: last}
	var recent []fullBlock
	for b := last - 1; b >= 0; b-- {
		state, _, err := a.blocks.Load(ctx, s.blockID(b))
		if err != nil {
			return nil, err
		}
		if len(recent) > 0 && a.now().Sub(state.last()) > remembered {
			break
		}
		one := &chain{}
		one.remember(state, b)
		recent = append(one.recent, recent...)
	}
	c.recent = recent
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.chains) >= maxChains {
		clear(a.chains)
	}
	a.chains[s] = c
	return c, nil
}

// lastBlock finds the last block that exists (0 if none does): blocks have
// no gaps, so it gallops and then halves.
func (a *Allocator) lastBlock(ctx context.Context, s Series) (int64, error) {
	low, high := int64(0), int64(1) // block low exists or is 0, block high does not
	for {
		exists, err := a.exists(ctx, s, high)
		if err != nil {
			return 0, err
		}
		if !exists {
			break
		}
		low, high = high, high*2
	}
	for high-low > 1 {
		middle := low + (high-low)/2
		exists, err := a.exists(ctx, s, middle)
		if err != nil {
			return 0, err
		}
		if exists {
			low = middle
		} else {
			high = middle
		}
	}
	return low, nil
}

func (a *Allocator) exists(ctx context.Context, s Series, block int64) (bool, error) {
	for _, err := range a.store.Read(ctx, s.Stream(block), 0) {
		if err != nil {
			return false, fmt.Errorf("find last block of %s: %w", s.Type, err)
		}
		return true, nil
	}
	return false, nil
}

// Unused lists the numbers of a series that were reserved before a time and
// are neither used nor voided, lowest first. Blocks without any are
// remembered and not read again.
func (a *Allocator) Unused(ctx context.Context, organ, typ string, year int, before time.Time) ([]Number, error) {
	s := Series{organ, typ, int32(year)}
	a.mu.Lock()
	from := a.swept[s]
	a.mu.Unlock()
	var open []Number
	for b, allDone := from, true; ; b++ {
		block, at, err := a.blocks.Load(ctx, s.blockID(b))
		if err != nil {
			return nil, err
		}
		if at == 0 {
			return open, nil
		}
		for n := range block.Numbers() {
			if n.Open() && n.At.Before(before) {
				open = append(open, n)
			}
		}
		if allDone = allDone && block.finished(); allDone {
			a.mu.Lock()
			a.swept[s] = b + 1
			a.mu.Unlock()
		}
	}
}

// Settle ends the wait of one number by looking into the record of its
// holder: used if its command stands there, else voided with the reason. It
// tells whether the number was used. Call it for numbers that have been
// unused for longer than [UnusedAfter] only; until then their command may
// still be on its way.
func (a *Allocator) Settle(ctx context.Context, meta es.Meta, organ, typ string, year int, n Number, reason string) (used bool, err error) {
	for rec, err := range a.store.Read(ctx, n.Holder, 0) {
		if err != nil {
			return false, fmt.Errorf("look for number %d in %s: %w", n.Serial, n.Holder, err)
		}
		if rec.Meta.CommandID == n.CommandID {
			return true, a.MarkUsed(ctx, meta, organ, typ, year, n.Serial)
		}
	}
	return false, a.Void(ctx, meta, organ, typ, year, n.Serial, reason)
}
