package esdbstore_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"shiyang/internal/es"
	"shiyang/internal/es/esdbstore"
	permitsv1 "shiyang/proto/permits/v1"
)

// dial returns a supervised client, closed at the end of the test.
func dial(t *testing.T, url string) *esdbstore.Client {
	t.Helper()
	c, err := esdbstore.Dial(t.Context(), esdbstore.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// quick returns a client whose probes and pauses are short.
func quick(t *testing.T, url string) *esdbstore.Client {
	t.Helper()
	c, err := esdbstore.DialTimed(t.Context(), esdbstore.Config{URL: url}, esdbstore.Timing{
		ProbeEvery: 20 * time.Millisecond, BackoffMost: 100 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// bare returns the official client as its own documentation makes it.
func bare(t *testing.T, f *fake, settings string) *esdb.Client {
	t.Helper()
	config, err := esdb.ParseConnectionString("esdb://localhost?tls=false" + settings)
	if err != nil {
		t.Fatal(err)
	}
	config.Address, config.Logger = f.address, esdb.NoopLogging()
	if f.network == "unix" {
		config.Address = "unix://" + f.address
	}
	client, err := esdb.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func newStore(c *esdbstore.Client) *esdbstore.Store { return esdbstore.NewStore(c, es.NewCodec(nil)) }

func change(reason string) *permitsv1.FacilityChanged {
	return &permitsv1.FacilityChanged{Reason: reason}
}

// by is the metadata of a command.
func by(command string) es.Meta {
	at := time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)
	return es.Meta{CommandID: command, CommandHash: "00", Actor: es.Actor{ID: "system:test", Role: "system"}, OccurredAt: at, RecordedAt: at}
}

func command() es.Meta { return by(uuid.NewString()) }

func mustAppend(t *testing.T, s *esdbstore.Store, stream string, after es.Revision, events ...es.Event) es.Appended {
	t.Helper()
	end, err := s.Append(t.Context(), stream, after, command(), events...)
	if err != nil {
		t.Fatal(err)
	}
	return end
}

// within bounds a test's call; it is far longer than any call should take.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx := within(t)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("never came true: %s\n%s", what, stacks())
		}
	}
}

func stacks() string {
	buf := make([]byte, 1<<20)
	return string(buf[:runtime.Stack(buf, true)])
}

// goroutines counts the goroutines of this process that speak to a store: of
// gRPC, the official client and this package.
func goroutines() int {
	n := 0
	for stack := range strings.SplitSeq(stacks(), "\n\n") {
		if strings.Contains(stack, "google.golang.org/grpc") || strings.Contains(stack, "EventStore-Client-Go") || strings.Contains(stack, "esdbstore.") {
			n++
		}
	}
	return n
}

// together runs f n times at once and returns their errors.
func together(n int, f func(i int) error) []error {
	errs := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { errs[i] = f(i) })
	}
	all.Wait()
	return errs
}

// tally counts errors by what they are.
func tally(errs []error) (fine, conflicts int, other error) {
	for _, err := range errs {
		switch {
		case err == nil:
			fine++
		case errors.Is(err, es.ErrConflict):
			conflicts++
		default:
			other = errors.Join(other, err)
		}
	}
	return fine, conflicts, other
}

func reasons(t *testing.T, s *esdbstore.Store, stream string, after es.Revision) (all []string) {
	t.Helper()
	for rec, err := range s.Read(within(t), stream, after) {
		if err != nil {
			t.Fatal(err)
		}
		e, ok := rec.Event.(*permitsv1.FacilityChanged)
		if !ok {
			t.Fatalf("read %T", rec.Event)
		}
		all = append(all, e.GetReason())
	}
	return all
}

func numbered(n int) (events []es.Event) {
	for i := range n {
		events = append(events, change(fmt.Sprint(i+1)))
	}
	return events
}
