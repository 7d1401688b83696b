// Command dataset serves a stand-in for the data set with which the vendor
// tests its Go client. That set exists only inside a container image; here it
// is made from what the client's tests expect of it, so far as they say, with
// made-up events in between (see compose). The store is the program's own, in
// memory. Its positions are dense and the vendor's are bytes; so a translator
// in front of it exchanges the numbers (see translator).
//
//	dataset RESOURCES [CERTIFICATE KEY]
//
// RESOURCES is the folder of the expected results; with a certificate the
// server speaks TLS and takes any login. It prints its address and ends on
// SIGTERM. Start reading at run.
package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"

	"shiyang/eventstore"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "dataset:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

// clock says what time the store believes in.
type clock struct{ now atomic.Int64 } // nanoseconds; 0: the real time

func (c *clock) time() time.Time {
	if n := c.now.Load(); n != 0 {
		return time.Unix(0, n)
	}
	return time.Now()
}

func run(ctx context.Context, args []string) error {
	if len(args) != 1 && len(args) != 3 {
		return errors.New("usage: dataset RESOURCES [CERTIFICATE KEY]")
	}
	events, err := compose(args[0])
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "dataset")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a socket, at the most
	var c clock
	store, err := eventstore.Open(eventstore.Options{Dir: "journal", FS: vfs.NewMem(), Now: c.time})
	if err != nil {
		return err
	}
	defer store.Close() //nolint:errcheck // in memory
	socket := filepath.Join(dir, "store.sock")
	inner, err := (&net.ListenConfig{}).Listen(ctx, "unix", socket)
	if err != nil {
		return err
	}
	go store.Serve(inner) //nolint:errcheck // ends with the process
	conn, err := grpc.NewClient("unix://"+socket, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(17<<20)))
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // ends with the process
	t := &translator{backend: conn}
	if err := fill(ctx, t, events, &c); err != nil {
		return err
	}
	return serve(ctx, t, args[1:])
}

func serve(ctx context.Context, t *translator, certificate []string) error {
	var options []grpc.ServerOption
	if len(certificate) == 2 {
		secret, err := credentials.NewServerTLSFromFile(certificate[0], certificate[1])
		if err != nil {
			return err
		}
		options = append(options, grpc.Creds(secret))
	}
	outer, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := t.server(options...)
	context.AfterFunc(ctx, server.Stop)
	fmt.Printf("dataset: esdb://%s\n", outer.Addr())
	return server.Serve(outer)
}
