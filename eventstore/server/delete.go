package server

import (
	"context"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"

	"shiyang/eventstore/access"
)

// Delete implements the soft delete: the events are hidden, the stream can be
// written again and numbering goes on.
func (s *Server) Delete(ctx context.Context, req *streams.DeleteReq) (*streams.DeleteResp, error) {
	o := req.GetOptions()
	expected, err := expectedIn(o, o.GetExpectedStreamRevision() != nil)
	if err != nil {
		return nil, err
	}
	name := string(o.GetStreamIdentifier().GetStreamName())
	if err := s.guard.allow(ctx, access.Delete, name); err != nil {
		return nil, toStatus(unaryTrailer(ctx), err)
	}
	r, err := s.journal.Delete(ctx, name, expected)
	if err != nil {
		return nil, toStatus(unaryTrailer(ctx), err)
	}
	s.guard.rights.written(name)
	return &streams.DeleteResp{PositionOption: &streams.DeleteResp_Position_{
		Position: &streams.DeleteResp_Position{CommitPosition: r.Position, PreparePosition: r.Position},
	}}, nil
}

// Tombstone implements the final delete: nobody can read or write the stream again.
func (s *Server) Tombstone(ctx context.Context, req *streams.TombstoneReq) (*streams.TombstoneResp, error) {
	o := req.GetOptions()
	expected, err := expectedIn(o, o.GetExpectedStreamRevision() != nil)
	if err != nil {
		return nil, err
	}
	name := string(o.GetStreamIdentifier().GetStreamName())
	if err := s.guard.allow(ctx, access.Delete, name); err != nil {
		return nil, toStatus(unaryTrailer(ctx), err)
	}
	r, err := s.journal.Tombstone(ctx, name, expected)
	if err != nil {
		return nil, toStatus(unaryTrailer(ctx), err)
	}
	s.guard.rights.written(name)
	return &streams.TombstoneResp{PositionOption: &streams.TombstoneResp_Position_{
		Position: &streams.TombstoneResp_Position{CommitPosition: r.Position, PreparePosition: r.Position},
	}}, nil
}
