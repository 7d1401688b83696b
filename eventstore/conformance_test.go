package eventstore_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"shiyang/eventstore"
	"shiyang/eventstore/storetest"
)

func TestConformanceOverUnixSocket(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "es.sock")
	listen(t, "unix", socket)
	storetest.Run(t, storetest.Target{URL: "unix://" + socket})
}

func TestConformanceOverTCP(t *testing.T) {
	storetest.Run(t, storetest.Target{URL: "esdb://" + listen(t, "tcp", "127.0.0.1:0") + "?tls=false"})
}

// TestConformanceOfRealServer runs the suite against the EventStoreDB or
// KurrentDB whose connection string is in the environment, beside the login of
// a user who is no administrator as name:password.
func TestConformanceOfRealServer(t *testing.T) {
	url := os.Getenv("SHIYANG_TEST_EVENTSTORE")
	if url == "" {
		t.Skip("SHIYANG_TEST_EVENTSTORE names no esdb:// server")
	}
	target := storetest.Target{URL: url, Idle: true}
	if login, password, ok := strings.Cut(os.Getenv("SHIYANG_TEST_EVENTSTORE_USER"), ":"); ok {
		target.Other = &esdb.Credentials{Login: login, Password: password}
	}
	storetest.Run(t, target)
}

// listen serves an empty store and returns its address.
func listen(t *testing.T, network, address string) string {
	t.Helper()
	store, err := eventstore.Open(eventstore.Options{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- store.Serve(listener) }()
	t.Cleanup(func() {
		if err := store.Stop(context.Background()); err != nil {
			t.Error("stop:", err)
		}
		if err := <-served; err != nil {
			t.Error("serve:", err)
		}
	})
	return listener.Addr().String()
}
