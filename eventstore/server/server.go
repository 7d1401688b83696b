package server

import (
	"context"
	"log/slog"
	"net"
	"sync/atomic"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"

	"shiyang/eventstore/journal"
)

// DefaultMaxAppendBytes is the limit that EventStoreDB sets by default for the
// sum of an append's events.
const DefaultMaxAppendBytes = 1 << 20

// DefaultGrace is how long Stop waits at the most.
const DefaultGrace = 10 * time.Second

// maxMessageBytes is the largest message the official client receives, and
// the largest that is taken from it: one event per message.
const maxMessageBytes = 17 << 20

// maxAppendLimit keeps an append below what the protocol's own log can hold.
const maxAppendLimit = 15 << 20

// Options set what a server may be told. The zero value means the defaults.
type Options struct {
	MaxAppendBytes int              // data, metadata and types of one append together; at most 15 MiB
	Advertise      string           // host:port that gossip tells; by default the address the client reached
	Logger         *slog.Logger     // slog.Default() by default
	Now            func() time.Time // gossip's time stamp; time.Now by default
	Grace          time.Duration    // longest wait of Stop for clients that do not read; 10 seconds by default
}

// Server serves one journal to any number of clients.
type Server struct {
	streams.UnimplementedStreamsServer

	journal     *journal.Journal
	opts        Options
	grpc        *grpc.Server
	stopping    chan struct{} // closed first when stopping: ends subscriptions
	subscribers atomic.Int64
}

// New makes a server for j. It does not close j.
func New(j *journal.Journal, opts Options) *Server {
	if opts.MaxAppendBytes <= 0 {
		opts.MaxAppendBytes = DefaultMaxAppendBytes
	}
	opts.MaxAppendBytes = min(opts.MaxAppendBytes, maxAppendLimit)
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Grace <= 0 {
		opts.Grace = DefaultGrace
	}
	s := &Server{journal: j, opts: opts, stopping: make(chan struct{})}
	s.grpc = grpc.NewServer(
		grpc.ForceServerCodecV2(frameCodec{}),
		grpc.MaxRecvMsgSize(maxMessageBytes),
		grpc.MaxSendMsgSize(maxMessageBytes),
		grpc.WaitForHandlers(true),
		// The client pings every 10 seconds, also when idle.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
	)
	streams.RegisterStreamsServer(s.grpc, s)
	serverfeatures.RegisterServerFeaturesServer(s.grpc, features{})
	gossip.RegisterGossipServer(s.grpc, &member{opts: opts, id: j.StoreID()})
	return s
}

// Serve answers on a listener, TCP or unix, until Stop; it may be called for
// several. It closes the listener and returns nil after Stop.
func (s *Server) Serve(listener net.Listener) error { return s.grpc.Serve(listener) }

// Subscribers counts the open subscriptions.
func (s *Server) Subscribers() int { return int(s.subscribers.Load()) }

// Stop takes no more calls, ends the subscriptions and waits for the other
// calls to end. When ctx or Options.Grace ends first, the rest is cut off, such
// as clients that do not take what they asked for. After Stop no handler runs
// any more. Call it once.
func (s *Server) Stop(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Grace)
	defer cancel()
	close(s.stopping)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		s.grpc.GracefulStop()
	}()
	select {
	case <-stopped:
	case <-ctx.Done():
		s.grpc.Stop()
		<-stopped
	}
}
