package rpc

import (
	"context"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/test/bufconn"
)

// DialOptions is what a client may need to know; the zero value is plain text
// for loopback and unix sockets.
type DialOptions struct {
	Credentials credentials.TransportCredentials
}

// Dial returns a connection to a service at "host:port" or "unix:///path". It
// connects on the first call and again whenever the connection breaks.
func Dial(addr string, o DialOptions) (*grpc.ClientConn, error) {
	creds := o.Credentials
	if creds == nil {
		creds = insecure.NewCredentials()
	}
	conn, err := grpc.NewClient(addr, append(callOptions(), grpc.WithTransportCredentials(creds))...)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", addr, err)
	}
	return conn, nil
}

// Local serves the server in this process, without a socket, and returns a
// connection to it. Every call passes the same chain as over a network. The
// serving ends with server.Stop.
func Local(server *grpc.Server) (*grpc.ClientConn, error) {
	listener := bufconn.Listen(256 << 10)
	go func() {
		// Serve returns when the server is stopped; before that a bufconn
		// listener cannot fail.
		_ = server.Serve(listener)
	}()
	dial := func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }
	conn, err := grpc.NewClient("passthrough:///local", append(callOptions(),
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithContextDialer(dial))...)
	if err != nil {
		return nil, fmt.Errorf("connect in process: %w", err)
	}
	return conn, nil
}

func callOptions() []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(16 * MaxMessage)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 20 * time.Second}),
	}
}
