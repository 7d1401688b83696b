package rpc

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// InProcess is a server together with this process's own connection to it.
// Register services on it, then Connect, then use it as a connection.
//
// A unary call passes the same chain as over a network, but goes there as a
// function call: request and answer are copied, metadata is handed over, and
// only the frames and the goroutines of a transport are left out. Streams,
// requests that are too large and methods that do not exist go over a
// transport in memory. A call's handler runs in the caller's goroutine; who
// stops the server waits for its own callers first.
type InProcess struct {
	*grpc.Server // for other processes

	guard   *guard
	methods map[string]localMethod
	wire    *grpc.ClientConn
}

var (
	_ grpc.ServiceRegistrar    = (*InProcess)(nil)
	_ grpc.ClientConnInterface = (*InProcess)(nil)
)

// localMethod is a unary method and the service that answers it.
type localMethod struct {
	grpc.MethodDesc
	service any
}

// NewInProcess returns a server like [NewServer] that this process can call.
func NewInProcess(o ServerOptions) *InProcess {
	g := newGuard(o)
	return &InProcess{Server: newServer(g, o), guard: g, methods: map[string]localMethod{}}
}

// RegisterService adds a service, before Connect and before Serve.
func (p *InProcess) RegisterService(desc *grpc.ServiceDesc, service any) {
	p.Server.RegisterService(desc, service)
	for _, m := range desc.Methods {
		p.methods["/"+desc.ServiceName+"/"+m.MethodName] = localMethod{m, service}
	}
}

// Connect opens the transport in memory. Close it when no more calls come.
func (p *InProcess) Connect() (err error) {
	p.wire, err = Local(p.Server)
	return err
}

// Close closes the transport in memory; calls fail from then on.
func (p *InProcess) Close() error { return p.wire.Close() }

// Invoke implements [grpc.ClientConnInterface]. Call options have no effect
// on a call that needs no transport.
func (p *InProcess) Invoke(ctx context.Context, method string, request, answer any, options ...grpc.CallOption) error {
	m, known := p.methods[method]
	in, isRequest := request.(proto.Message)
	out, isAnswer := answer.(proto.Message)
	if !known || !isRequest || !isAnswer || proto.Size(in) > MaxMessage {
		return p.wire.Invoke(ctx, method, request, answer, options...) //nolint:wrapcheck // a status
	}
	if err := ctx.Err(); err != nil {
		return status.FromContextError(err).Err()
	}
	take := func(into any) error {
		message, ok := into.(proto.Message)
		if !ok {
			return fmt.Errorf("request of %s is no protobuf message", method)
		}
		proto.Merge(message, in)
		return nil
	}
	given, err := m.Handler(m.service, arriving(ctx), take, p.guard.unary)
	if err != nil {
		return err //nolint:wrapcheck // the chain made it a status
	}
	message, ok := given.(proto.Message)
	if !ok {
		return fmt.Errorf("answer of %s is no protobuf message", method)
	}
	proto.Merge(out, message) // a copy: services may answer with what they remember
	return nil
}

// NewStream implements [grpc.ClientConnInterface].
func (p *InProcess) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, options ...grpc.CallOption) (grpc.ClientStream, error) {
	return p.wire.NewStream(ctx, desc, method, options...) //nolint:wrapcheck // a status
}

// arriving turns what the caller sends into what the service receives. What
// the caller was going to send on is not the service's to send.
func arriving(ctx context.Context) context.Context {
	sent, _ := metadata.FromOutgoingContext(ctx)
	return metadata.NewIncomingContext(metadata.NewOutgoingContext(ctx, metadata.MD{}), sent)
}
