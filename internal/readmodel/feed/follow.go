package feed

import (
	"context"
	"iter"
	"slices"
	"strings"

	"shiyang/internal/es"
	"shiyang/internal/readmodel"
)

// follower is one subscriber. Only stream.mu guards what others see: woken and
// wants are never changed.
type follower struct {
	prefixes []string
	wanted   func(*readmodel.RawEvent) bool
	woken    chan struct{}

	at   es.Position // everything up to here was delivered or is not wanted
	next uint64      // number of the next delivery among those kept
	told bool        // that it has caught up, since it joined
}

func (me *follower) wants(e *readmodel.RawEvent) bool {
	return me.selects(e) && (me.wanted == nil || me.wanted(e))
}

// selects tells whether a stream's name begins with one of the prefixes.
func (me *follower) selects(e *readmodel.RawEvent) bool {
	return len(me.prefixes) == 0 || slices.ContainsFunc(me.prefixes, func(p string) bool { return strings.HasPrefix(e.Stream, p) })
}

// Subscribe implements [readmodel.Source].
func (f *Feed) Subscribe(ctx context.Context, from es.Position, prefixes []string) iter.Seq2[readmodel.Delivery, error] {
	return f.Follow(ctx, from, prefixes, nil)
}

// Follow is Subscribe for a subscriber that may sleep while nothing comes that
// it wants: it is given everything all the same, but what it does not want up
// to ten milliseconds later. wanted must be quick and safe for concurrent use.
func (f *Feed) Follow(ctx context.Context, from es.Position, prefixes []string, wanted func(*readmodel.RawEvent) bool) iter.Seq2[readmodel.Delivery, error] {
	return func(yield func(readmodel.Delivery, error) bool) {
		s, err := f.open(ctx)
		if err != nil {
			yield(readmodel.Delivery{Position: from}, err)
			return
		}
		defer f.leave(s)
		me := &follower{prefixes: prefixes, wanted: wanted, woken: make(chan struct{}, 1), at: from}
		for {
			if !s.join(me) {
				if !f.alone(ctx, s, me, yield) {
					return
				}
				continue // it stands among the kept deliveries now, or did for a moment
			}
			more := s.share(ctx, me, yield)
			s.part(me)
			if !more {
				return
			}
		}
	}
}

// join puts a subscriber among the kept deliveries if none is missing between
// its place and them.
func (s *stream) join(me *follower) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if me.at < s.floor {
		return false
	}
	i := slices.IndexFunc(s.kept, func(d readmodel.Delivery) bool { return d.Position > me.at })
	if i < 0 {
		i = len(s.kept)
	}
	me.next, me.told = s.first+uint64(i), false
	s.followers[me] = true
	return true
}

func (s *stream) part(me *follower) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.followers, me)
}

// alone reads with a subscription of its own until the subscriber can join.
// False ends the subscription.
func (f *Feed) alone(ctx context.Context, s *stream, me *follower, yield func(readmodel.Delivery, error) bool) bool {
	for d, err := range f.Source.Subscribe(ctx, me.at, nil) {
		if err != nil {
			yield(readmodel.Delivery{Position: me.at}, err)
			return false
		}
		if !me.give(d, yield) {
			return false
		}
		if s.reaches(me.at) {
			return true
		}
	}
	yield(readmodel.Delivery{Position: me.at}, errEnded)
	return false
}

func (s *stream) reaches(at es.Position) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return at >= s.floor
}

// give hands over a delivery; one of a stream that was not asked for only says
// how far the log is known.
func (me *follower) give(d readmodel.Delivery, yield func(readmodel.Delivery, error) bool) bool {
	if d.Event != nil && !me.selects(d.Event) {
		d.Event = nil
	}
	me.at = max(me.at, d.Position)
	return yield(d, nil)
}

// handful is how many deliveries a subscriber takes at a time.
const handful = 64

// share hands over what is kept and then what comes. It returns true when the
// subscriber has fallen behind what is kept, false at the end.
func (s *stream) share(ctx context.Context, me *follower, yield func(readmodel.Delivery, error) bool) bool {
	var taken [handful]readmodel.Delivery
	for {
		n, behind, err := s.take(me, taken[:])
		if behind {
			return true
		}
		for i := range taken[:n] {
			if !me.give(taken[i], yield) {
				return false
			}
			taken[i] = readmodel.Delivery{}
		}
		switch {
		case n > 0:
			continue
		case ctx.Err() != nil:
			err = context.Cause(ctx)
		case err == nil:
			select {
			case <-me.woken:
				continue
			case <-ctx.Done():
				err = context.Cause(ctx)
			}
		}
		yield(readmodel.Delivery{Position: me.at}, err)
		return false
	}
}

// take copies what comes next for a subscriber. Where nothing does, err is why
// the subscription has ended. A subscriber that has joined behind the store's
// word that there is nothing more is told once.
func (s *stream) take(me *follower, into []readmodel.Delivery) (n int, behind bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if me.next < s.first {
		return 0, true, nil
	}
	n = copy(into, s.kept[me.next-s.first:])
	me.next += uint64(n)
	for i := range into[:n] {
		me.told = me.told || into[i].CaughtUp
	}
	if n == 0 && s.caught && !me.told {
		me.told = true
		into[0] = readmodel.Delivery{CaughtUp: true, Position: max(me.at, s.at)}
		return 1, false, nil
	}
	if n > 0 {
		return n, false, nil
	}
	return 0, false, s.err
}
