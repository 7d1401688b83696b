// Package peer runs the stores that are measured beside each other, each as
// its users run it and in processes of its own: our event store, PostgreSQL as
// an event store and as rows with an audit trail, NATS JetStream, and a server
// that stores nothing. All of them answer an append only when it is durable,
// after checking that the stream stands where the writer expects it; only the
// server without a disk keeps nothing.
//
// Start with Store; Embedded, OpenPostgres, OpenNATS and OpenMemory open one.
package peer

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
)

// PayloadBytes is the size of one event's JSON.
const PayloadBytes = 1024

// streamAppends is how many appends a writer makes to one stream before it
// begins the next, as a permit or a case has a few dozen facts.
const streamAppends = 20

// ErrAbsent says that a peer's program is not on this machine.
var ErrAbsent = errors.New("not installed")

// Writer appends so many events as one atomic append, and returns when they
// are durable. It keeps to itself where its stream stands and passes that as
// the expected revision. One goroutine at a time may call it.
type Writer func(ctx context.Context, events int) error

// Store is one of the stores measured beside each other.
type Store interface {
	Name() string     // for the tables
	Settings() string // version and settings that matter
	Process() int     // the process that does the store's work, with its children
	Writer() Writer   // a new writer with a stream of its own
	io.Closer         // ends the process and removes its files
}

// payloads are different texts that do not compress to nothing, as personal
// data and measurements do not either.
var payloads = makePayloads()

func makePayloads() [][]byte {
	const head, tail = `{"text":"`, `"}`
	list := make([][]byte, 64)
	for i := range list {
		raw := make([]byte, PayloadBytes)
		_, _ = rand.Read(raw) // never fails, see crypto/rand
		text := base64.RawURLEncoding.EncodeToString(raw)[:PayloadBytes-len(head)-len(tail)]
		list[i] = []byte(head + text + tail)
	}
	return list
}

// Payload returns one of some texts of PayloadBytes bytes. It must not be changed.
func Payload(i int) []byte { return payloads[i%len(payloads)] }
