// Package floor serves what a command is compared with: an HTTP echo, a gRPC
// echo, and an event store that stores nothing. The benchmark runs it in its
// own process and, by the program in serve, in another.
package floor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
)

// Servers are running servers, by their addresses.
type Servers struct {
	HTTP, Unary, Append string
	close               func() error
}

// Close stops the servers of this process.
func (s Servers) Close() error { return s.close() }

// Serve starts the servers, each on a port of its own.
func Serve() (s Servers, err error) {
	var listeners [3]net.Listener
	for i := range listeners {
		if listeners[i], err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
			return s, fmt.Errorf("floor: %w", err)
		}
	}
	echo := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(echoJSON)}
	unary := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(unary, health.NewServer())
	store := grpc.NewServer(grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: time.Second, PermitWithoutStream: true}))
	streams.RegisterStreamsServer(store, nothing{})
	serverfeatures.RegisterServerFeaturesServer(store, nothing{})
	for i, serve := range []func(net.Listener) error{echo.Serve, unary.Serve, store.Serve} {
		go func() { _ = serve(listeners[i]) }() // ends with close
	}
	return Servers{
		HTTP: listeners[0].Addr().String(), Unary: listeners[1].Addr().String(), Append: listeners[2].Addr().String(),
		close: func() error {
			unary.Stop()
			store.Stop()
			return echo.Close()
		},
	}, nil
}

func echoJSON(w http.ResponseWriter, q *http.Request) {
	var body map[string]any
	if json.NewDecoder(q.Body).Decode(&body) == nil {
		_ = json.NewEncoder(w).Encode(body)
	}
}

// nothing is an event store that answers and stores nothing.
type nothing struct {
	streams.UnimplementedStreamsServer
	serverfeatures.UnimplementedServerFeaturesServer
}

func (nothing) GetSupportedMethods(context.Context, *shared.Empty) (*serverfeatures.SupportedMethods, error) {
	return &serverfeatures.SupportedMethods{EventStoreServerVersion: "24.10.0"}, nil
}

func (nothing) Append(s streams.Streams_AppendServer) error {
	for {
		if _, err := s.Recv(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
	}
	return s.SendAndClose(&streams.AppendResp{Result: &streams.AppendResp_Success_{Success: &streams.AppendResp_Success{
		CurrentRevisionOption: &streams.AppendResp_Success_CurrentRevision{CurrentRevision: 1},
		PositionOption:        &streams.AppendResp_Success_Position{Position: &streams.AppendResp_Position{CommitPosition: 1, PreparePosition: 1}},
	}}})
}
