package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/persistent"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	"shiyang/eventstore/access"
	"shiyang/eventstore/consumer"
	"shiyang/eventstore/journal"
	"shiyang/eventstore/reading"
)

// DefaultMaxAppendBytes is the limit that EventStoreDB sets by default for the
// sum of an append's events.
const DefaultMaxAppendBytes = 1 << 20

// DefaultGrace is how long Stop waits at the most.
const DefaultGrace = 10 * time.Second

// maxMessageBytes is the largest message the official client receives, and
// the largest that is taken from it: one event per message.
const maxMessageBytes = 17 << 20

// streamWorkers is how many goroutines wait for calls: a new one for each call
// would grow its stack each time. Further calls get goroutines of their own.
const streamWorkers = 64

// maxAppendLimit keeps an append below what the protocol's own log can hold.
const maxAppendLimit = 15 << 20

// Options set what a server may be told. The zero value means the defaults.
type Options struct {
	MaxAppendBytes int              // data, metadata and types of one append together; at most 15 MiB
	Advertise      string           // host:port that gossip tells; by default the address the client reached
	Logger         *slog.Logger     // slog.Default() by default
	Now            func() time.Time // gossip's time stamp; time.Now by default
	Grace          time.Duration    // longest wait of Stop for clients that do not read; 10 seconds by default
	TLS            *tls.Config      // nil: plain, for clients on this machine only
	Users          *access.Users    // who may sign in; nil: everybody may do everything
	Anonymous      bool             // with Users: whoever does not sign in has the rights that access lists give to all
	GroupBytes     int              // events that one consumer group holds in memory; 8 MiB by default
	TailBytes      int              // newest events held in memory for subscriptions; 4 MiB by default
}

// Server serves one journal to any number of clients.
type Server struct {
	streams.UnimplementedStreamsServer

	journal  *journal.Journal
	opts     Options
	grpc     *grpc.Server
	tail     *reading.Tail
	groups   *consumer.Groups
	guard    guard
	stopping chan struct{} // closed first when stopping: ends subscriptions

	mu            sync.Mutex
	subscriptions map[*subscription]struct{}
}

// New makes a server for j and starts the consumer groups that are stored in
// it. The caller stops the server before it closes j.
func New(j *journal.Journal, opts Options) (*Server, error) {
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
	s := &Server{
		journal: j, opts: opts, stopping: make(chan struct{}),
		tail: reading.NewTail(j, opts.TailBytes), subscriptions: map[*subscription]struct{}{},
	}
	if opts.Users != nil {
		s.guard = guard{access.NewSignIns(opts.Users, opts.Now), access.NewRules(j, opts.Anonymous), newRights(opts.Users)}
	}
	var err error
	s.groups, err = consumer.Open(j, s.tail, consumer.Options{MaxGroupBytes: opts.GroupBytes, Now: opts.Now, Logger: opts.Logger})
	if err != nil {
		s.guard.rights.end()
		s.tail.Close()
		return nil, err
	}
	s.grpc = grpc.NewServer(s.grpcOptions()...)
	streams.RegisterStreamsServer(s.grpc, s)
	persistent.RegisterPersistentSubscriptionsServer(s.grpc, groups{guard: s.guard, groups: s.groups})
	serverfeatures.RegisterServerFeaturesServer(s.grpc, features{})
	gossip.RegisterGossipServer(s.grpc, &member{opts: opts, id: j.StoreID()})
	return s, nil
}

func (s *Server) grpcOptions() []grpc.ServerOption {
	options := []grpc.ServerOption{
		grpc.ForceServerCodecV2(frameCodec{}),
		grpc.MaxRecvMsgSize(maxMessageBytes),
		grpc.MaxSendMsgSize(maxMessageBytes),
		grpc.WaitForHandlers(true),
		grpc.NumStreamWorkers(streamWorkers),
		// Fixed windows: estimating them costs a ping, and two wake-ups, for each append.
		grpc.InitialWindowSize(1 << 20),
		grpc.InitialConnWindowSize(4 << 20),
		// The client pings every 10 seconds, also when idle.
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 5 * time.Second, PermitWithoutStream: true}),
	}
	if s.opts.TLS != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(s.opts.TLS)))
	}
	return append(options, s.guard.interceptors()...)
}

// ErrPlain refuses to serve beyond this machine without TLS.
var ErrPlain = errors.New("without TLS everybody on the network could read and write events")

// Serve answers on a listener, TCP or unix, until Stop; it may be called for
// several. It closes the listener and returns nil after Stop. It refuses with
// ErrPlain to serve without TLS on an address that other machines can reach.
func (s *Server) Serve(listener net.Listener) error {
	if at, ok := listener.Addr().(*net.TCPAddr); ok && s.opts.TLS == nil && !at.IP.IsLoopback() {
		return errors.Join(fmt.Errorf("serve on %s: %w; give a certificate and a key, or listen on 127.0.0.1", at, ErrPlain), listener.Close())
	}
	return s.grpc.Serve(listener)
}

// Subscribers counts the open subscriptions.
func (s *Server) Subscribers() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.subscriptions)
}

// subscribed counts a subscription until the function that it returns is called.
func (s *Server) subscribed(sub *subscription) func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.subscriptions[sub] = struct{}{}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.subscriptions, sub)
	}
}

// Stop takes no more calls, ends the subscriptions and waits for the other
// calls to end. When ctx or Options.Grace ends first, the rest is cut off, such
// as clients that do not take what they asked for. After Stop no handler runs
// any more. Call it once.
func (s *Server) Stop(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Grace)
	defer cancel()
	close(s.stopping)
	s.groups.Stop()
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
	s.guard.rights.end()
	s.tail.Close()
}
