package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
)

// floor is what a command over HTTP cannot do without on this machine: one
// JSON request, one gRPC call, one append through the official client to a
// server that stores nothing, one write that is durable.
type floor struct {
	parts   map[string]func() error
	closers []func() error
}

// floorParts are the names of the parts, in the order of a command.
var floorParts = []string{"HTTP echo", "unary echo", "no-store append", "fdatasync"}

func (f *floor) close() error {
	var err error
	for i := len(f.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, f.closers[i]())
	}
	return err
}

var payload = bytes.Repeat([]byte("x"), 1000)

func (r *run) newFloor() (*floor, error) {
	f := &floor{parts: map[string]func() error{}}
	for _, open := range []func(*run) error{f.openEcho, f.openUnary, f.openAppend, f.openDisk} {
		if err := open(r); err != nil {
			return nil, errors.Join(err, f.close())
		}
	}
	return f, nil
}

// openEcho is one JSON request and answer over a kept connection.
func (f *floor) openEcho(r *run) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		var body map[string]any
		if json.NewDecoder(q.Body).Decode(&body) == nil {
			_ = json.NewEncoder(w).Encode(body)
		}
	})}
	go func() { _ = server.Serve(listener) }()
	f.closers = append(f.closers, server.Close)
	body, _ := json.Marshal(map[string]string{"text": string(payload)})
	url := "http://" + listener.Addr().String()
	f.parts["HTTP echo"] = func() error {
		request, err := http.NewRequestWithContext(r.ctx, http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, response.Body)
		return errors.Join(err, response.Body.Close())
	}
	return nil
}

// openUnary is one gRPC call over a socket.
func (f *floor) openUnary(r *run) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(server, health.NewServer())
	go func() { _ = server.Serve(listener) }()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	f.closers = append(f.closers, func() error { server.Stop(); return nil }, conn.Close)
	client := grpc_health_v1.NewHealthClient(conn)
	f.parts["unary echo"] = func() error {
		_, err := client.Check(r.ctx, &grpc_health_v1.HealthCheckRequest{Service: ""})
		return err
	}
	return nil
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

// openAppend is one append through the official client.
func (f *floor) openAppend(r *run) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := grpc.NewServer(grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: time.Second, PermitWithoutStream: true}))
	streams.RegisterStreamsServer(server, nothing{})
	serverfeatures.RegisterServerFeaturesServer(server, nothing{})
	go func() { _ = server.Serve(listener) }()
	config, err := esdb.ParseConnectionString("esdb://" + listener.Addr().String() + "?tls=false")
	if err != nil {
		return err
	}
	config.Logger = func(string, string, ...any) {} // standard output is for the figures
	client, err := esdb.NewClient(config)
	if err != nil {
		return err
	}
	f.closers = append(f.closers, func() error { server.Stop(); return nil }, client.Close)
	f.parts["no-store append"] = func() error {
		_, err := client.AppendToStream(r.ctx, "s", esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}},
			esdb.EventData{EventType: "t", ContentType: esdb.ContentTypeJson, Data: []byte(`{"a":"` + string(payload) + `"}`)})
		return err
	}
	return nil
}

// openDisk is one durable write of 1 KiB into a file that has its size.
func (f *floor) openDisk(r *run) error {
	file, err := os.Create(filepath.Join(r.dir, "disk"))
	if err != nil {
		return err
	}
	const size = 16 << 20
	if _, err := file.Write(make([]byte, size)); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	f.closers = append(f.closers, file.Close)
	at := int64(0)
	f.parts["fdatasync"] = func() error {
		at = (at + 1024) % size
		if _, err := file.WriteAt(payload, at); err != nil {
			return err
		}
		return syscall.Fdatasync(int(file.Fd()))
	}
	return nil
}
