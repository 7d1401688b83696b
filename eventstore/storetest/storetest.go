// Package storetest is the conformance suite of the event store: what this
// module relies on, asked through the official EventStoreDB client and, where
// that client hides the answer, through the protocol itself. It runs against
// the embedded server and, by URL, against a real EventStoreDB or KurrentDB, so
// that both can be exchanged.
//
// Every test names the rows of the checklist that it proves (see Checklist).
// The suite uses stream names of its own in each run and assumes nothing about
// what else is stored. It imports the client, its protocol messages and gRPC
// only. Start reading at Run.
package storetest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
)

// patience bounds how long the suite waits for something that must happen.
const patience = 20 * time.Second

// Target says which server is asked.
type Target struct {
	// URL is an esdb:// connection string, with an administrator's login when
	// it says TLS, or unix:///path.
	URL string
	// Other is a user without administrator's rights, needed for the rows
	// about access rights; nil leaves them out.
	Other *esdb.Credentials
	// Idle adds what has to wait for an idle connection, about 20 seconds.
	Idle bool
}

// need says of which targets a test asks something.
type need int

const (
	anywhere     need = iota
	network           // not over a unix socket
	insecureOnly      // without TLS
	secure            // with TLS
	users             // with TLS and a second user
	idle              // with time to wait
)

// test is one test of the suite.
type test struct {
	name string
	rows []string // of the checklist that it proves
	run  func(suite)
	need need
}

// tests is the whole suite.
func tests() []test {
	return slices.Concat(connectionTests, appendTests, messageTests, deleteTests, metadataTests, readTests, subscribeTests,
		checkpointTests, accessTests, groupTests, memberTests, deliveryTests)
}

// Run runs what applies to the target.
func Run(t *testing.T, target Target) {
	e := newEndpoint(t, target)
	if e.meets(idle) {
		e.pinging = e.startPinging(t.Context())
	}
	for _, one := range tests() {
		if !e.meets(one.need) {
			continue
		}
		t.Run(one.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
			defer cancel()
			one.run(suite{
				T: t, ctx: ctx, client: Dial(t, target.URL), endpoint: e,
				prefix: "st" + strings.ReplaceAll(uuid.NewString(), "-", ""),
			})
		})
	}
}

// Dial returns a client for an esdb:// connection string, or for a unix socket
// given as unix:///path. It is closed when the test ends.
func Dial(t testing.TB, address string) *esdb.Client {
	t.Helper()
	return dial(t, configuration(t, address))
}

func dial(t testing.TB, config *esdb.Configuration) *esdb.Client {
	t.Helper()
	client, err := esdb.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func configuration(t testing.TB, address string) *esdb.Configuration {
	t.Helper()
	connection := address
	if strings.HasPrefix(address, "unix:") {
		connection = "esdb://localhost:2113?tls=false"
	}
	config, err := esdb.ParseConnectionString(connection)
	if err != nil {
		t.Fatalf("connection string: %v", err)
	}
	if connection != address {
		config.Address = address
	}
	config.Logger = func(esdb.LogLevel, string, ...any) {}
	return config
}
