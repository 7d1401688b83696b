package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"

	"shiyang/bench/floor"
)

// floorParts is what a command over HTTP cannot do without on this machine: one
// JSON request, one gRPC call, one append through the official client to a
// server that stores nothing, one write that is durable.
//
// Its servers run in this process, where a call costs least because no process
// has to be woken, or in one of their own, where a call costs what the client
// of a program pays. Both sums are printed beside the command.
type floorParts struct {
	parts   map[string]func() error
	closers []func() error
	apart   *program // the process of the servers; nil when it is this one
}

// partNames are the names of the parts, in the order of a command.
var partNames = []string{"HTTP echo", "unary echo", "no-store append", "fdatasync"}

func (f *floorParts) close() error {
	var err error
	for i := len(f.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, f.closers[i]())
	}
	return err
}

var payload = bytes.Repeat([]byte("x"), 1000)

// newFloor opens the floor with its servers in this process or apart.
func (r *run) newFloor(apart bool) (*floorParts, error) {
	f := &floorParts{parts: map[string]func() error{}}
	servers, err := f.serve(r, apart)
	if err != nil {
		return nil, errors.Join(err, f.close())
	}
	for _, open := range []func(*run, floor.Servers) error{f.openEcho, f.openUnary, f.openAppend, f.openDisk} {
		if err := open(r, servers); err != nil {
			return nil, errors.Join(err, f.close())
		}
	}
	return f, nil
}

// serve starts the servers.
func (f *floorParts) serve(r *run, apart bool) (s floor.Servers, err error) {
	if !apart {
		if s, err = floor.Serve(); err == nil {
			f.closers = append(f.closers, s.Close)
		}
		return s, err
	}
	binary := filepath.Join(r.dir, "floor")
	if out, err := exec.CommandContext(r.ctx, "go", "build", "-o", binary, "shiyang/bench/floor/serve").CombinedOutput(); err != nil { //nolint:gosec // our own program
		return s, fmt.Errorf("build floor: %w: %s", err, out)
	}
	cmd := exec.CommandContext(r.ctx, binary) //nolint:gosec // our own program
	cmd.Stderr = os.Stderr
	input, err := cmd.StdinPipe()
	if err != nil {
		return s, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return s, err
	}
	if err := cmd.Start(); err != nil {
		return s, err
	}
	f.apart = &program{cmd: cmd}
	f.closers = append(f.closers, func() error { return errors.Join(input.Close(), cmd.Wait()) })
	if err := json.NewDecoder(out).Decode(&s); err != nil {
		return s, fmt.Errorf("servers of the floor: %w", err)
	}
	return s, nil
}

// openEcho is one JSON request and answer over a kept connection.
func (f *floorParts) openEcho(r *run, s floor.Servers) error {
	body, err := json.Marshal(map[string]string{"text": string(payload)})
	if err != nil {
		return err
	}
	f.parts["HTTP echo"] = func() error {
		return post(r.ctx, "http://"+s.HTTP, body, http.Header{"Content-Type": {"application/json"}})
	}
	return nil
}

// openUnary is one gRPC call over a socket.
func (f *floorParts) openUnary(r *run, s floor.Servers) error {
	conn, err := grpc.NewClient(s.Unary, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	f.closers = append(f.closers, conn.Close)
	client := grpc_health_v1.NewHealthClient(conn)
	f.parts["unary echo"] = func() error {
		_, err := client.Check(r.ctx, &grpc_health_v1.HealthCheckRequest{Service: ""})
		return err
	}
	return nil
}

// openAppend is one append through the official client.
func (f *floorParts) openAppend(r *run, s floor.Servers) error {
	config, err := esdb.ParseConnectionString("esdb://" + s.Append + "?tls=false")
	if err != nil {
		return err
	}
	config.Logger = func(string, string, ...any) {} // standard output is for the figures
	client, err := esdb.NewClient(config)
	if err != nil {
		return err
	}
	f.closers = append(f.closers, client.Close)
	f.parts["no-store append"] = func() error {
		_, err := client.AppendToStream(r.ctx, "s", esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}},
			esdb.EventData{EventType: "t", ContentType: esdb.ContentTypeJson, Data: []byte(`{"a":"` + string(payload) + `"}`)})
		return err
	}
	return nil
}

// openDisk is one durable write of 1 KiB into a file that has its size.
func (f *floorParts) openDisk(r *run, _ floor.Servers) error {
	file, err := os.CreateTemp(r.dir, "disk")
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
