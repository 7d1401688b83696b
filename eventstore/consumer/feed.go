package consumer

import (
	"shiyang/eventstore/journal"
	"shiyang/eventstore/reading"
)

// scanAtOnce bounds how many events of $all are looked at in one step, so that
// a filter that takes nothing does not keep the group from its clients.
const scanAtOnce = 4096

// feed reads what a group follows.
type feed struct {
	journal *journal.Journal
	stream  string
	all     bool
	filter  *reading.Filter
	resolve bool
	next    int64 // first revision or position that was not looked at
}

// batch is what one step read.
type batch struct {
	found []*message
	skips []skip
	end   bool   // nothing was left
	seen  uint64 // head of the log when end was found
}

// skip is a run of events that the group does not want, before found[before].
type skip struct {
	before      int
	count, upto int64
}

// read looks at the next events and returns up to limit.
func (f *feed) read(limit int) (batch, error) {
	b := batch{seen: f.journal.Head()}
	if f.all {
		return b, f.readAll(&b, limit)
	}
	return b, f.readStream(&b, limit)
}

func (f *feed) readStream(b *batch, limit int) error {
	s, err := f.journal.Stream(f.stream)
	if err != nil {
		return err
	}
	if s.Tombstoned || s.Missing() {
		b.end = true
		return nil
	}
	if from := max(f.next, s.First); from <= s.Last {
		f.next = from
		for e, err := range f.journal.Events(f.stream, from, s.Last) {
			if err != nil {
				return err
			}
			if err := f.take(b, e, e.Revision); err != nil {
				return err
			}
			if len(b.found) == limit {
				break
			}
		}
	}
	b.end = f.next > s.Last
	return nil
}

func (f *feed) readAll(b *batch, limit int) error {
	looked := 0
	for e, err := range f.journal.All(uint64(f.next), b.seen) {
		if err != nil {
			return err
		}
		looked++
		switch {
		case f.filter.Takes(e):
			if err := f.take(b, e, int64(e.Position)); err != nil {
				return err
			}
		default:
			f.pass(b, e)
		}
		if len(b.found) == limit || looked == scanAtOnce {
			return nil
		}
	}
	f.next = max(f.next, int64(b.seen)+1)
	b.end = true
	return nil
}

func (f *feed) take(b *batch, e journal.Record, point int64) error {
	f.next = point + 1
	m := &message{record: e.Clone(), point: point}
	if f.resolve {
		var err error
		if m.target, err = reading.Follow(f.journal, e); err != nil {
			return err
		}
	}
	b.found = append(b.found, m)
	return nil
}

// pass notes an event that is not wanted. The store's own events do not count:
// otherwise the checkpoints of groups would be progress that makes checkpoints.
func (f *feed) pass(b *batch, e journal.Record) {
	f.next = int64(e.Position) + 1
	var count int64
	if len(e.Stream) > 0 && e.Stream[0] != '$' {
		count = 1
	}
	if n := len(b.skips); n > 0 && b.skips[n-1].before == len(b.found) {
		b.skips[n-1].count += count
		b.skips[n-1].upto = int64(e.Position)
		return
	}
	b.skips = append(b.skips, skip{len(b.found), count, int64(e.Position)})
}

// into hands what was read to the line.
func (b *batch) into(l *line) {
	skips := b.skips
	for i := 0; i <= len(b.found); i++ {
		for len(skips) > 0 && skips[0].before == i {
			l.skip(skips[0].count, skips[0].upto)
			skips = skips[1:]
		}
		if i < len(b.found) {
			l.add(b.found[i])
		}
	}
}
