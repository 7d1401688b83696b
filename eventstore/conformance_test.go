package eventstore_test

import (
	"context"
	"log/slog"
	"net"
	"os"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"shiyang/eventstore"
	"shiyang/eventstore/storetest"
)

func TestConformanceOverUnixSocket(t *testing.T) {
	_, client := serve(t, eventstore.Options{Dir: t.TempDir()})
	storetest.Run(t, func(*testing.T) *esdb.Client { return client })
}

func TestConformanceOverTCP(t *testing.T) {
	address := serveTCP(t)
	storetest.Run(t, func(t *testing.T) *esdb.Client { return storetest.Dial(t, "esdb://"+address+"?tls=false") })
}

// TestConformanceThroughDiscovery lets the client find the server by gossip.
func TestConformanceThroughDiscovery(t *testing.T) {
	client := storetest.Dial(t, "esdb+discover://"+serveTCP(t)+"?tls=false")
	version, err := client.GetServerVersion()
	if err != nil || version.Major != 24 {
		t.Fatalf("server version %+v, %v", version, err)
	}
}

// TestConformanceOfRealServer runs the suite against the EventStoreDB or
// KurrentDB whose connection string is in the environment.
func TestConformanceOfRealServer(t *testing.T) {
	url := os.Getenv("SHIYANG_TEST_EVENTSTORE")
	if url == "" {
		t.Skip("SHIYANG_TEST_EVENTSTORE names no esdb:// server")
	}
	client := storetest.Dial(t, url)
	storetest.Run(t, func(*testing.T) *esdb.Client { return client })
}

func serveTCP(t *testing.T) string {
	t.Helper()
	store, err := eventstore.Open(eventstore.Options{Dir: t.TempDir(), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
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
