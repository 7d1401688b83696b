package eventstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"shiyang/eventstore/journal"
	"shiyang/eventstore/server"
)

// front answers clients: the server of the engine, or a stand-in while there
// is none.
type front interface {
	Serve(listener net.Listener) error
	Stop(ctx context.Context)
}

func (s *Store) answering() front {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.front
}

// replace lets another front answer; cause is what Ready says meanwhile.
func (s *Store) replace(f front, cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.front, s.cause = f, cause
}

// healsPerHour bounds how often the index is made again while the store
// serves: a disk that spoils it more often is not to be trusted.
const healsPerHour = 3

// keep watches the engine until Stop, and heals what can be healed. The store
// has failed when it ends before.
func (s *Store) keep() {
	defer close(s.kept)
	var healed []time.Time
	for {
		e := s.engine.Load()
		select {
		case <-e.journal.Failed():
		case <-s.stopping:
			return
		}
		now := s.now()
		for len(healed) > 0 && now.Sub(healed[0]) > time.Hour {
			healed = healed[1:]
		}
		if !journal.IsIndexDamage(e.journal.Err()) || len(healed) == healsPerHour {
			close(s.failed)
			return
		}
		healed = append(healed, now)
		if err := s.heal(e); err != nil {
			s.replace(s.answering(), fmt.Errorf("%w: make the index again: %w", ErrFailed, err))
			close(s.failed)
			return
		}
	}
}

func (s *Store) now() time.Time {
	if s.opts.Now != nil {
		return s.opts.Now()
	}
	return time.Now()
}

// errHealing is what clients are told, and Ready says, meanwhile.
var errHealing = errors.New("the index of the event store was found damaged and is made again from the log; nothing is lost, try again later")

// heal replaces an engine whose index was found damaged. A stand-in tells
// clients so until the new one answers. Appends without an answer may have been
// written; repeating them is harmless, as ever.
func (s *Store) heal(e *engine) error {
	log := s.opts.Logger
	if log == nil {
		log = slog.Default()
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // the old engine answers with errors only: cut it off
	log.LogAttrs(ctx, slog.LevelWarn, "event index is damaged and is made again", slog.Any("error", e.journal.Err()))
	between := newStandIn(s.opts)
	s.replace(between, errHealing)
	e.server.Stop(ctx)
	if err := e.journal.Close(); err != nil {
		log.LogAttrs(ctx, slog.LevelWarn, "close damaged event index", slog.Any("error", err))
	}
	next, err := start(s.opts)
	if err != nil {
		return err
	}
	s.engine.Store(next)
	s.heals.Add(1)
	s.replace(next.server, nil)
	between.Stop(ctx)
	log.LogAttrs(ctx, slog.LevelWarn, "event index is whole again", slog.Uint64("position", next.journal.Head()))
	return nil
}

// awaitKeeper waits for the keeper to end; it may be in the middle of a heal.
func (s *Store) awaitKeeper() error {
	grace := s.opts.Grace
	if grace <= 0 {
		grace = server.DefaultGrace
	}
	limit := time.NewTimer(grace)
	defer limit.Stop()
	select {
	case <-s.kept:
		return nil
	case <-limit.C:
		return fmt.Errorf("stop event store: %w", errHealing)
	}
}

// standIn answers every call with errHealing.
type standIn struct{ grpc *grpc.Server }

func newStandIn(o Options) standIn {
	options := []grpc.ServerOption{grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		if method, _ := grpc.MethodFromServerStream(stream); method == streams.Streams_Append_FullMethodName {
			for err := error(nil); err == nil; { // the client would otherwise report a broken stream
				err = stream.RecvMsg(&emptypb.Empty{})
			}
		}
		return status.Error(codes.Unavailable, errHealing.Error())
	})}
	if o.TLS != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(o.TLS)))
	}
	return standIn{grpc.NewServer(options...)}
}

// Serve answers on a listener until Stop.
func (s standIn) Serve(listener net.Listener) error { return s.grpc.Serve(listener) }

// Stop ends at once, whatever ctx says.
func (s standIn) Stop(context.Context) { s.grpc.Stop() }
