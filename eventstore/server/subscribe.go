package server

import (
	"math"
	"sync/atomic"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"

	"shiyang/eventstore/journal"
	"shiyang/eventstore/reading"
)

// behind is how many events a live subscription may lag before it counts as
// catching up again.
const behind = 4096

// subscription is a read that goes on when it has reached the end.
type subscription struct {
	*reader
	waiter     *reading.Waiter
	cursor     uint64 // everything of $all up to here was considered
	position   uint64 // last event considered, of $all
	revision   int64  // last event considered, of a stream
	live       bool   // caught_up was sent
	considered uint64 // events since the last checkpoint

	waiting atomic.Bool   // everything was sent
	at      atomic.Uint64 // the cursor, for whoever asks
}

// subscribe confirms at once, sends what is stored, then caught_up, then what
// comes. It ends with an error only.
func (r *reader) subscribe() error {
	s := &subscription{reader: r}
	advance, start := s.advanceAll, s.startAll
	if r.options.GetAll() == nil {
		advance, start = s.advanceStream, s.startStream
		s.waiter = r.server.tail.Watch(s.name())
	} else {
		s.waiter = r.server.tail.WatchAll(r.filter)
	}
	defer s.waiter.Close()
	if err := start(); err != nil {
		return err
	}
	defer r.server.subscribed(s)()
	err := r.stream.Send(&streams.ReadResp{Content: &streams.ReadResp_Confirmation{
		Confirmation: &streams.ReadResp_SubscriptionConfirmation{SubscriptionId: uuid.NewString()},
	}})
	for err == nil {
		var head uint64
		if head, err = advance(); err == nil {
			err = s.wait(head)
		}
	}
	return err
}

// wait returns when there may be more to send than what was up to head, or
// why there will not be.
func (s *subscription) wait(head uint64) error {
	var limit uint64
	if s.filter != nil {
		limit = s.interval - s.considered
	}
	j, change := s.server.journal, s.server.guard.rights.change()
	if err := s.allowed(); err != nil { // a change after this is seen by the channel
		return err
	}
	s.waiter.Arm(head, limit)
	s.waiting.Store(true)
	defer s.waiting.Store(false)
	select {
	case <-change:
		if err := s.allowed(); err != nil {
			return err
		}
		return s.skipped()
	case <-s.waiter.C:
		return s.skipped()
	case <-s.stream.Context().Done():
		return s.stream.Context().Err()
	case <-s.server.stopping:
		return errStopping
	case <-j.Failed():
		return j.Err()
	}
}

// skipped takes note of the events that the filter of $all did not take.
func (s *subscription) skipped() error {
	n, upto := s.waiter.Disarm()
	if n == 0 || s.options.GetAll() == nil {
		return nil
	}
	s.cursor, s.position = upto, upto
	if s.considered += n; s.filter == nil || s.considered < s.interval {
		return nil
	}
	if err := s.checkpoint(); err != nil {
		return err
	}
	return s.flush()
}

// stopped tells a busy subscription that the server is stopping.
func (s *subscription) stopped() error {
	select {
	case <-s.server.stopping:
		return errStopping
	default:
		return nil
	}
}

func (s *subscription) startAll() error {
	switch at := s.options.GetAll().GetAllOption().(type) {
	case *streams.ReadReq_Options_AllOptions_Start:
	case *streams.ReadReq_Options_AllOptions_End:
		s.cursor = s.server.journal.Head()
	case *streams.ReadReq_Options_AllOptions_Position:
		s.cursor = min(at.Position.GetCommitPosition(), s.server.journal.Head())
		if err := checkPosition(at.Position, s.server.journal.Head()); err != nil {
			return err
		}
	default:
		return invalid("the position is missing")
	}
	s.position = s.cursor
	s.at.Store(s.cursor)
	return nil
}

// advanceAll sends the events of $all after the cursor, up to the head that it
// returns: from memory when they are new, else from the log.
func (s *subscription) advanceAll() (uint64, error) {
	if events, upto, ok := s.server.tail.Recent(s.cursor); ok {
		for _, e := range events {
			if err := s.consider(e); err != nil {
				return upto, err
			}
			if s.page.full() {
				if err := s.flush(); err != nil {
					return upto, err
				}
			}
		}
		s.cursor = upto
		if err := s.flush(); err != nil {
			return upto, err
		}
		return upto, s.caughtUp()
	}
	head := s.server.journal.Head()
	if head > s.cursor && head-s.cursor > behind {
		s.live = false
	}
	for s.cursor < head {
		if err := s.sendPage(head); err != nil {
			return head, err
		}
	}
	return head, s.caughtUp()
}

// sendPage sends one page of $all.
func (s *subscription) sendPage(head uint64) error {
	considered, more := 0, false
	for e, err := range s.server.journal.All(s.cursor+1, head) {
		if err != nil {
			return err
		}
		if err := s.consider(e); err != nil {
			return err
		}
		s.cursor = e.Position
		if considered++; considered == pageEvents || s.page.full() {
			more = true
			break
		}
	}
	if !more {
		s.cursor = head
	}
	s.at.Store(s.cursor)
	if err := s.flush(); err != nil {
		return err
	}
	return s.stopped()
}

// consider sends an event of $all if the filter takes it, and a checkpoint
// when it is time for one.
func (s *subscription) consider(e journal.Record) error {
	s.position = e.Position
	if s.filter.Takes(e) {
		if err := s.add(e); err != nil {
			return err
		}
	}
	s.considered++
	if s.filter != nil && s.considered >= s.interval {
		return s.checkpoint()
	}
	return nil
}

func (s *subscription) checkpoint() error {
	s.considered = 0
	return s.addMessage(&streams.ReadResp{Content: &streams.ReadResp_Checkpoint_{
		Checkpoint: &streams.ReadResp_Checkpoint{CommitPosition: s.position, PreparePosition: s.position},
	}})
}

// caughtUp says once that the end is reached, after a last checkpoint.
func (s *subscription) caughtUp() error {
	if s.live {
		return nil
	}
	s.live = true
	if s.filter != nil && s.considered > 0 {
		if err := s.checkpoint(); err != nil {
			return err
		}
	}
	if err := s.addMessage(&streams.ReadResp{Content: &streams.ReadResp_CaughtUp_{CaughtUp: &streams.ReadResp_CaughtUp{}}}); err != nil {
		return err
	}
	return s.flush()
}

func (s *subscription) name() string {
	return string(s.options.GetStream().GetStreamIdentifier().GetStreamName())
}

func (s *subscription) startStream() error {
	switch at := s.options.GetStream().GetRevisionOption().(type) {
	case *streams.ReadReq_Options_StreamOptions_Start:
		s.revision = -1
	case *streams.ReadReq_Options_StreamOptions_End:
		end, err := s.server.journal.Stream(s.name())
		s.revision = end.Last
		return err
	case *streams.ReadReq_Options_StreamOptions_Revision:
		s.revision = int64(min(at.Revision, math.MaxInt64-1))
	default:
		return invalid("the revision is missing")
	}
	return nil
}

// advanceStream sends the events of the stream after the last one. It returns
// the head of the log before it looked.
func (s *subscription) advanceStream() (uint64, error) {
	name, head := s.name(), s.server.journal.Head()
	stream, err := s.server.journal.Stream(name)
	if err != nil {
		return head, err
	}
	if stream.Tombstoned {
		return head, &journal.StreamDeletedError{Stream: name}
	}
	from := max(s.revision+1, stream.First)
	if stream.Missing() || from > stream.Last {
		return head, s.caughtUp()
	}
	if stream.Last-from > behind {
		s.live = false
	}
	for from <= stream.Last {
		more, err := s.sendStreamPage(name, from, stream.Last)
		if err != nil {
			return head, err
		}
		if !more {
			break
		}
		from = s.revision + 1
	}
	return head, s.caughtUp()
}

// sendStreamPage sends one page of a stream. It tells whether anything came.
func (s *subscription) sendStreamPage(name string, from, last int64) (bool, error) {
	considered := 0
	for e, err := range s.server.journal.Events(name, from, last) {
		if err != nil {
			return false, err
		}
		if err := s.add(e); err != nil {
			return false, err
		}
		s.revision = e.Revision
		if considered++; considered == pageEvents || s.page.full() {
			break
		}
	}
	if considered == 0 {
		return false, nil // hidden meanwhile
	}
	if err := s.flush(); err != nil {
		return false, err
	}
	return true, s.stopped()
}
