package server_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"

	"shiyang/eventstore/journal"
	"shiyang/eventstore/server"
)

// patience bounds how long a test waits for what must happen.
const patience = 20 * time.Second

// place is a store that can be served again and again.
type place struct {
	*testing.T
	fs     vfs.FS
	opts   server.Options
	client *esdb.Client
	stop   func()
}

// newPlace serves an empty store to the official client.
func newPlace(t *testing.T, opts server.Options) *place {
	t.Helper()
	return newPlaceOn(t, vfs.NewMem(), opts)
}

func newPlaceOn(t *testing.T, fs vfs.FS, opts server.Options) *place {
	t.Helper()
	opts.Logger = slog.New(slog.DiscardHandler)
	p := &place{T: t, fs: fs, opts: opts}
	p.serve()
	t.Cleanup(func() { p.stop() })
	return p
}

// serve opens the store. Stop it before.
func (p *place) serve() {
	p.Helper()
	j, err := journal.Open(journal.Options{Dir: "data", FS: p.fs, Logger: p.opts.Logger})
	if err != nil {
		p.Fatal(err)
	}
	s, err := server.New(j, p.opts)
	if err != nil {
		p.Fatal(err)
	}
	socket := filepath.Join(p.TempDir(), "es.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		p.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(listener) }()
	config, err := esdb.ParseConnectionString("esdb://localhost:2113?tls=false")
	if err != nil {
		p.Fatal(err)
	}
	config.Address, config.Logger = "unix://"+socket, func(esdb.LogLevel, string, ...any) {}
	if p.client, err = esdb.NewClient(config); err != nil {
		p.Fatal(err)
	}
	p.stop = func() {
		_ = p.client.Close()
		s.Stop(context.Background())
		if err := errors.Join(<-served, j.Close()); err != nil {
			p.Error(err)
		}
	}
}

func (p *place) restart() {
	p.Helper()
	p.stop()
	p.serve()
}

// write appends events whose data are their names.
func (p *place) write(stream string, names ...string) {
	p.Helper()
	events := make([]esdb.EventData, len(names))
	for i, n := range names {
		events[i] = esdb.EventData{EventID: uuid.New(), EventType: "Happened", Data: []byte(n)}
	}
	if _, err := p.client.AppendToStream(p.Context(), stream, esdb.AppendToStreamOptions{}, events...); err != nil {
		p.Fatal(err)
	}
}

func numbered(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprint(i)
	}
	return names
}

func settings(change func(*esdb.PersistentSubscriptionSettings)) *esdb.PersistentSubscriptionSettings {
	s := esdb.SubscriptionSettingsDefault()
	if change != nil {
		change(&s)
	}
	return &s
}

func (p *place) create(stream, group string, change func(*esdb.PersistentSubscriptionSettings)) {
	p.Helper()
	err := p.client.CreatePersistentSubscription(p.Context(), stream, group,
		esdb.PersistentStreamSubscriptionOptions{StartFrom: esdb.Start{}, Settings: settings(change)})
	if err != nil {
		p.Fatal(err)
	}
}

func (p *place) connect(stream, group string, buffer uint32) *esdb.PersistentSubscription {
	p.Helper()
	sub, err := p.client.SubscribeToPersistentSubscription(p.Context(), stream, group,
		esdb.SubscribeToPersistentSubscriptionOptions{BufferSize: buffer})
	if err != nil {
		p.Fatal(err)
	}
	p.Cleanup(func() { _ = sub.Close() })
	return sub
}

// next is the next event of a group's client.
func (p *place) next(sub *esdb.PersistentSubscription) *esdb.EventAppeared {
	p.Helper()
	e := sub.Recv()
	if e.EventAppeared == nil {
		p.Fatalf("no event, but %+v", e.SubscriptionDropped)
	}
	return e.EventAppeared
}

// want takes events and checks their names; it answers none of them.
func (p *place) want(sub *esdb.PersistentSubscription, names ...string) []*esdb.ResolvedEvent {
	p.Helper()
	var out []*esdb.ResolvedEvent
	for _, want := range names {
		e := p.next(sub)
		if got := string(e.Event.Event.Data); got != want {
			p.Fatalf("got %q, want %q", got, want)
		}
		out = append(out, e.Event)
	}
	return out
}

func (p *place) info(stream, group string) *esdb.PersistentSubscriptionInfo {
	p.Helper()
	i, err := p.client.GetPersistentSubscriptionInfo(p.Context(), stream, group, esdb.GetPersistentSubscriptionOptions{})
	if err != nil {
		p.Fatal(err)
	}
	return i
}

// until waits for something about a group.
func (p *place) until(stream, group, what string, is func(*esdb.PersistentSubscriptionInfo) bool) {
	p.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !is(p.info(stream, group)); <-tick.C {
		if time.Now().After(end) {
			p.Fatalf("never came: %s; %+v", what, p.info(stream, group).Stats)
		}
	}
}
