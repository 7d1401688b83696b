package server

import (
	"math"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"

	"shiyang/eventstore/journal"
)

// behind is how many events a live subscription may lag before it counts as
// catching up again.
const behind = 4096

// subscription is a read that goes on when it has reached the end.
type subscription struct {
	*reader
	position   uint64 // last event considered, of $all
	revision   int64  // last event considered, of a stream
	live       bool   // caught_up was sent
	considered uint64 // events since the last checkpoint
}

// subscribe confirms at once, sends what is stored, then caught_up, then what
// comes. It ends with an error only.
func (r *reader) subscribe() error {
	s := &subscription{reader: r}
	advance := s.advanceAll
	start := s.startAll
	if r.options.GetAll() == nil {
		advance, start = s.advanceStream, s.startStream
	}
	if err := start(); err != nil {
		return err
	}
	r.server.subscribers.Add(1)
	defer r.server.subscribers.Add(-1)
	err := r.stream.Send(&streams.ReadResp{Content: &streams.ReadResp_Confirmation{
		Confirmation: &streams.ReadResp_SubscriptionConfirmation{SubscriptionId: uuid.NewString()},
	}})
	for err == nil {
		head, changed := r.server.journal.Changed()
		if err = advance(head); err == nil {
			err = s.wait(changed)
		}
	}
	return err
}

// wait returns when there may be more to send, or why there will not be.
func (s *subscription) wait(changed <-chan struct{}) error {
	j := s.server.journal
	select {
	case <-changed:
		return nil
	case <-s.stream.Context().Done():
		return s.stream.Context().Err()
	case <-s.server.stopping:
		return errStopping
	case <-j.Failed():
		return j.Err()
	}
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
		s.position = s.server.journal.Head()
	case *streams.ReadReq_Options_AllOptions_Position:
		s.position = at.Position.GetCommitPosition()
	default:
		return invalid("the position is missing")
	}
	return nil
}

// advanceAll sends the events of $all after the last one, up to head.
func (s *subscription) advanceAll(head uint64) error {
	if head > s.position && head-s.position > behind {
		s.live = false
	}
	for s.position < head {
		considered := 0
		for e, err := range s.server.journal.All(s.position+1, head) {
			if err != nil {
				return err
			}
			if err := s.consider(e); err != nil {
				return err
			}
			if considered++; considered == pageEvents || s.page.full() {
				break
			}
		}
		if err := s.flush(); err != nil {
			return err
		}
		if err := s.stopped(); err != nil {
			return err
		}
	}
	return s.caughtUp()
}

// consider sends an event of $all if the filter takes it, and a checkpoint
// when it is time for one.
func (s *subscription) consider(e journal.Record) error {
	s.position = e.Position
	if s.filter.takes(e) {
		if err := s.add(e); err != nil {
			return err
		}
	}
	s.considered++
	if s.filter != nil && s.considered >= s.filter.interval {
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

// advanceStream sends the events of the stream after the last one.
func (s *subscription) advanceStream(uint64) error {
	name := s.name()
	stream, err := s.server.journal.Stream(name)
	if err != nil {
		return err
	}
	if stream.Tombstoned {
		return &journal.StreamDeletedError{Stream: name}
	}
	from := max(s.revision+1, stream.First)
	if stream.Missing() || from > stream.Last {
		return s.caughtUp()
	}
	if stream.Last-from > behind {
		s.live = false
	}
	for from <= stream.Last {
		considered := 0
		for e, err := range s.server.journal.Events(name, from, stream.Last) {
			if err != nil {
				return err
			}
			if err := s.add(e); err != nil {
				return err
			}
			s.revision = e.Revision
			if considered++; considered == pageEvents || s.page.full() {
				break
			}
		}
		if s.revision < from {
			break // nothing came: hidden or not yet durable
		}
		from = s.revision + 1
		if err := s.flush(); err != nil {
			return err
		}
		if err := s.stopped(); err != nil {
			return err
		}
	}
	return s.caughtUp()
}
