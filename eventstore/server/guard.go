package server

import (
	"context"
	"errors"
	"net"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"

	"shiyang/eventstore/access"
	"shiyang/eventstore/reading"
)

// guard asks who calls and decides what they may do. A guard without sign-ins
// lets everybody do everything.
type guard struct {
	signIns *access.SignIns
	rules   *access.Rules
}

func (g guard) open() bool { return g.signIns == nil }

// caller finds out who makes a call.
func (g guard) caller(ctx context.Context) (context.Context, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	header := ""
	if values := md.Get("authorization"); len(values) > 0 {
		header = values[0]
	}
	address := ""
	if p, ok := peer.FromContext(ctx); ok && p.Addr != nil {
		address = p.Addr.String()
		if host, _, err := net.SplitHostPort(address); err == nil {
			address = host
		}
	}
	c, err := g.signIns.Check(ctx, header, address)
	if err != nil {
		return nil, err
	}
	return access.WithCaller(ctx, c), nil
}

func (g guard) allow(ctx context.Context, o access.Operation, stream string) error {
	if g.open() {
		return nil
	}
	return g.rules.Allow(access.CallerOf(ctx), o, stream)
}

// target hides what a link leads to from a caller who may not read its stream:
// the link is then like one whose target is gone.
func (g guard) target(ctx context.Context, t *reading.Target) error {
	if g.open() || !t.Found {
		return nil
	}
	err := g.rules.Allow(access.CallerOf(ctx), access.Read, t.Stream)
	if errors.Is(err, access.ErrDenied) {
		t.Found, err = false, nil
	}
	return err
}

func (g guard) signedIn(ctx context.Context) error {
	if g.open() {
		return nil
	}
	return g.rules.SignedIn(access.CallerOf(ctx))
}

func (g guard) operate(ctx context.Context) error {
	if g.open() {
		return nil
	}
	return g.rules.Operate(access.CallerOf(ctx))
}

// interceptors are the server options that make every call name its caller.
func (g guard) interceptors() []grpc.ServerOption {
	if g.open() {
		return nil
	}
	return []grpc.ServerOption{
		grpc.UnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
			ctx, err := g.caller(ctx)
			if err != nil {
				return nil, toStatus(func(metadata.MD) {}, err)
			}
			return next(ctx, req)
		}),
		grpc.StreamInterceptor(func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, next grpc.StreamHandler) error {
			ctx, err := g.caller(stream.Context())
			if err != nil {
				if info.FullMethod == streams.Streams_Append_FullMethodName {
					drain(stream)
				}
				return toStatus(func(metadata.MD) {}, err)
			}
			return next(srv, calledBy{stream, ctx})
		}),
	}
}

// calledBy is a stream whose context carries the caller.
type calledBy struct {
	grpc.ServerStream
	ctx context.Context //nolint:containedctx // that is how gRPC passes it on
}

// Context returns the context with the caller.
func (c calledBy) Context() context.Context { return c.ctx }

// drain reads what a client still sends, within reason: it would otherwise
// report a broken stream instead of the refusal.
func drain(stream grpc.ServerStream) {
	for left := maxAppendLimit; left > 0; {
		var m streams.AppendReq
		if stream.RecvMsg(&m) != nil {
			return
		}
		left -= len(m.GetProposedMessage().GetData()) + len(m.GetProposedMessage().GetCustomMetadata()) + 1024
	}
}
