package server

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

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
	rights  *rights
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

// again is allow for a call that lasts: it asks once more when rights have
// changed since the call knew them, and keeps in known that it did.
func (g guard) again(ctx context.Context, o access.Operation, stream string, known *uint64) error {
	if g.open() {
		return nil
	}
	now := g.rights.version.Load()
	if now == *known {
		return nil
	}
	*known = now
	if err := g.signIns.Again(ctx); err != nil {
		return err
	}
	return g.allow(ctx, o, stream)
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

// rights tells calls that last that somebody's rights may have changed: an
// access list, the default lists, or the users. It counts such changes, whoever
// they concern; a call then asks again, which is cheap and rare.
type rights struct {
	users   *access.Users
	version atomic.Uint64

	mu      sync.Mutex
	changed chan struct{} // closed and replaced by each change
	stop    chan struct{}
	stopped sync.WaitGroup
}

// usersEvery is how often the users are looked at, which other processes change.
const usersEvery = time.Second

// newRights watches users until end.
func newRights(users *access.Users) *rights {
	r := &rights{users: users, changed: make(chan struct{}), stop: make(chan struct{})}
	r.stopped.Go(r.watch)
	return r
}

func (r *rights) watch() {
	look := time.NewTicker(usersEvery)
	defer look.Stop()
	known := r.users.Version()
	for {
		select {
		case <-look.C:
			if now := r.users.Version(); now != known {
				known = now
				r.bump()
			}
		case <-r.stop:
			return
		}
	}
}

func (r *rights) bump() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.version.Add(1)
	close(r.changed)
	r.changed = make(chan struct{})
}

// change is closed by the next change. A nil rights, of a store without users,
// never has one.
func (r *rights) change() <-chan struct{} {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// now is the number of changes so far.
func (r *rights) now() uint64 {
	if r == nil {
		return 0
	}
	return r.version.Load()
}

// written is told of every stream that was written to, before the writer has
// its answer: an access list counts from then on.
func (r *rights) written(stream string) {
	if r != nil && (strings.HasPrefix(stream, "$$") || stream == access.Settings) {
		r.bump()
	}
}

func (r *rights) end() {
	if r != nil {
		close(r.stop)
		r.stopped.Wait()
	}
}
