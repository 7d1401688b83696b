package rpc

import (
	"log/slog"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
)

// Limits of every server: they bound what one peer can make it hold.
const (
	MaxMessage    = 1 << 20 // bytes of one request or answer
	maxStreams    = 256     // calls at once on one connection
	maxHeaderList = 16 << 10
)

// ServerOptions is what a server needs to know. Tokens is required.
type ServerOptions struct {
	Tokens      Verifier
	Logger      *slog.Logger                     // nil: slog.Default()
	Now         func() time.Time                 // nil: time.Now; measures calls
	Credentials credentials.TransportCredentials // nil: plain text, for loopback and unix sockets
}

// NewServer returns a server whose every method passes the whole chain of this
// package: correlation and access log, recovery, actor token, policy, command
// id, validation, command hash, handler, status.
func NewServer(o ServerOptions) *grpc.Server { return newServer(newGuard(o), o) }

func newGuard(o ServerOptions) *guard {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &guard{tokens: o.Tokens, log: o.Logger, now: o.Now}
}

func newServer(g *guard, o ServerOptions) *grpc.Server {
	options := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(MaxMessage),
		grpc.MaxConcurrentStreams(maxStreams),
		grpc.MaxHeaderListSize(maxHeaderList),
		grpc.ConnectionTimeout(10 * time.Second),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 20 * time.Second, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: time.Minute, Timeout: 20 * time.Second}),
		grpc.ChainUnaryInterceptor(g.unary),
		grpc.ChainStreamInterceptor(g.stream),
	}
	if o.Credentials != nil {
		options = append(options, grpc.Creds(o.Credentials))
	}
	return grpc.NewServer(options...)
}
