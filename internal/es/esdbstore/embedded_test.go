package esdbstore_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"shiyang/eventstore"
	"shiyang/internal/es"
	"shiyang/internal/es/esdbstore"
)

// embedded is the embedded event store on a unix socket, which can be stopped
// and started on the same data.
type embedded struct {
	socket, data string
	store        *eventstore.Store
}

func newEmbedded(tb testing.TB) *embedded {
	tb.Helper()
	dir, err := os.MkdirTemp("", "es") // short enough for a socket's name
	if err != nil {
		tb.Fatal(err)
	}
	e := &embedded{socket: filepath.Join(dir, "s"), data: tb.TempDir()}
	e.start(tb)
	tb.Cleanup(func() {
		_ = e.store.Close()
		_ = os.RemoveAll(dir)
	})
	return e
}

func (e *embedded) start(tb testing.TB) {
	tb.Helper()
	var err error
	if e.store, err = eventstore.Open(eventstore.Options{Dir: e.data}); err != nil {
		tb.Fatal(err)
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "unix", e.socket)
	if err != nil {
		tb.Fatal(err)
	}
	go func(s *eventstore.Store) { _ = s.Serve(listener) }(e.store)
}

func (e *embedded) client(tb testing.TB) *esdbstore.Client {
	tb.Helper()
	c, err := esdbstore.Dial(tb.Context(), esdbstore.Config{URL: "unix://" + e.socket})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

func (e *embedded) bare(tb testing.TB) *esdb.Client {
	tb.Helper()
	client, err := esdb.NewClient(&esdb.Configuration{
		Address: "unix://" + e.socket, DisableTLS: true, Logger: esdb.NoopLogging(),
		MaxDiscoverAttempts: 10, DiscoveryInterval: 100, GossipTimeout: 5,
		KeepAliveInterval: 10 * time.Second, KeepAliveTimeout: 10 * time.Second,
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = client.Close() })
	return client
}

func TestEmbeddedStore(t *testing.T) {
	e := newEmbedded(t)
	c := e.client(t)
	s := newStore(c)
	stream := es.StreamName("facility", uuid.NewString())
	if head, err := c.Head(t.Context()); err != nil || head != 0 {
		t.Fatal(head, err)
	}
	meta := command()
	first, err := s.Append(t.Context(), stream, 0, meta, numbered(3)...)
	if err != nil || first.Revision != 3 {
		t.Fatal(first, err)
	}
	if again, err := s.Append(t.Context(), stream, 0, meta, numbered(3)...); err != nil || again != first {
		t.Fatal(again, err)
	}
	if again, err := s.Append(t.Context(), stream, 0, meta, numbered(5)...); err != nil || again != first {
		t.Fatal(again, err)
	}
	if _, err := s.Append(t.Context(), stream, 1, command(), change("x")); !errors.Is(err, es.ErrConflict) {
		t.Fatal(err)
	}
	if got := reasons(t, s, stream, 1); !slices.Equal(got, []string{"2", "3"}) {
		t.Fatal(got)
	}
	mustAppend(t, s, "permit-1", 0, change("other"))
	head, err := c.Head(t.Context())
	if err != nil || head <= first.Position {
		t.Fatal(head, err)
	}
	n := 0
	for event, err := range c.ReadAll(within(t), 0, []string{"facility-"}) {
		if err != nil || event.Stream != stream {
			t.Fatal(event, err)
		}
		n++
	}
	if n != 3 {
		t.Fatalf("read %d events of the category", n)
	}
}

func TestEmbeddedRace(t *testing.T) {
	s := newStore(newEmbedded(t).client(t))
	for round := range 3 {
		fine, conflicts, other := tally(together(32, func(int) error {
			_, err := s.Append(within(t), "facility-race", es.Revision(round), command(), change("1"))
			return err
		}))
		if fine != 1 || conflicts != 31 || other != nil {
			t.Fatalf("%d won, %d lost, %v", fine, conflicts, other)
		}
	}
}

// Subscribers and writers live through restarts of the store.
func TestEmbeddedRestarts(t *testing.T) {
	e := newEmbedded(t)
	c := e.client(t)
	s := newStore(c)
	got := follow(t, c, 0, "facility-")
	var want []string
	for i := range 3 {
		for j := range 5 {
			stream := "facility-" + strconv.Itoa(i) + strconv.Itoa(j)
			if _, err := s.Append(within(t), stream, 0, command(), change("1")); err != nil {
				t.Fatal(err)
			}
			want = append(want, stream)
		}
		if err := e.store.Close(); err != nil {
			t.Fatal(err)
		}
		e.start(t)
	}
	eventually(t, "every event once, in order", func() bool { return slices.Equal(got(), want) })
}

func TestEmbeddedDeletedStream(t *testing.T) {
	e := newEmbedded(t)
	s := newStore(e.client(t))
	admin := e.bare(t)
	mustAppend(t, s, "facility-soft", 0, change("1"))
	mustAppend(t, s, "facility-hard", 0, change("1"))
	if _, err := admin.DeleteStream(within(t), "facility-soft", esdb.DeleteStreamOptions{ExpectedRevision: esdb.Revision(0)}); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.TombstoneStream(within(t), "facility-hard", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Revision(0)}); err != nil {
		t.Fatal(err)
	}
	for _, stream := range []string{"facility-soft", "facility-hard"} {
		for _, err := range s.Read(t.Context(), stream, 1) {
			if !errors.Is(err, esdbstore.ErrStreamDeleted) {
				t.Errorf("read %s: %v", stream, err)
			}
		}
		for _, expected := range []es.Revision{0, 1} {
			_, err := s.Append(t.Context(), stream, expected, command(), change("2"))
			if deleted := errors.Is(err, esdbstore.ErrStreamDeleted); !deleted && (stream != "facility-soft" || expected != 1) {
				t.Errorf("append to %s after %d: %v", stream, expected, err)
			}
		}
	}
}

// The benchmarks compare the wrapper with the official client alone on the
// same embedded store, which syncs every append to disk.

const payload = 1 << 10

func BenchmarkAppend(b *testing.B) {
	e := newEmbedded(b)
	event := change(fmt.Sprintf("%*d", payload, 0))
	codec := es.NewCodec(nil)
	for _, writers := range []int{1, 32} {
		b.Run(fmt.Sprintf("supervised/%d", writers), func(b *testing.B) {
			s := newStore(e.client(b))
			parallel(b, writers, func(stream string, n int) error {
				_, err := s.Append(b.Context(), stream, es.Revision(n), command(), event)
				return err
			})
		})
		b.Run(fmt.Sprintf("bare/%d", writers), func(b *testing.B) {
			client := e.bare(b)
			parallel(b, writers, func(stream string, n int) error {
				kind, data, err := codec.Encode(b.Context(), event)
				if err != nil {
					return err
				}
				meta := command()
				metadata, err := es.EncodeMeta(meta)
				if err != nil {
					return err
				}
				options := esdb.AppendToStreamOptions{ExpectedRevision: esdb.NoStream{}}
				if n > 0 {
					options.ExpectedRevision = esdb.Revision(uint64(n) - 1)
				}
				_, err = client.AppendToStream(b.Context(), stream, options, esdb.EventData{
					EventID: uuid.MustParse(es.EventID(stream, meta.CommandID, 0)), EventType: kind, ContentType: esdb.ContentTypeJson, Data: data, Metadata: metadata,
				})
				return err
			})
		})
	}
}

// parallel lets writers append to streams of 20 events until b.N are done.
func parallel(b *testing.B, writers int, do func(stream string, n int) error) {
	b.Helper()
	b.ReportAllocs()
	b.ResetTimer()
	for _, err := range together(writers, func(w int) error {
		stream := ""
		for n := range b.N / writers {
			if n%20 == 0 {
				stream = "bench-" + uuid.NewString()
			}
			if err := do(stream, n%20); err != nil {
				return fmt.Errorf("writer %d: %w", w, err)
			}
		}
		return nil
	}) {
		if err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	e := newEmbedded(b)
	c := e.client(b)
	s := newStore(c)
	client := e.bare(b)
	for _, length := range []int{20, 5000} {
		stream := fmt.Sprintf("bench-%d", length)
		events := make([]es.Event, 20)
		for i := range events {
			events[i] = change(fmt.Sprintf("%*d", payload, i))
		}
		for at := 0; at < length; at += len(events) {
			if _, err := s.Append(b.Context(), stream, es.Revision(at), command(), events...); err != nil {
				b.Fatal(err)
			}
		}
		codec := es.NewCodec(nil)
		b.Run(fmt.Sprintf("supervised/%d", length), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n := 0
				for _, err := range s.Read(b.Context(), stream, 0) {
					if err != nil {
						b.Fatal(err)
					}
					n++
				}
				if n != length {
					b.Fatal(n)
				}
			}
		})
		b.Run(fmt.Sprintf("bare/%d", length), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if n := readBare(b, client, codec, stream); n != length {
					b.Fatal(n)
				}
			}
		})
	}
}

func readBare(b *testing.B, client *esdb.Client, codec *es.Codec, stream string) (n int) {
	b.Helper()
	events, err := client.ReadStream(b.Context(), stream, esdb.ReadStreamOptions{From: esdb.Start{}}, 1<<20)
	if err != nil {
		b.Fatal(err)
	}
	defer events.Close()
	for {
		event, err := events.Recv()
		if err != nil {
			return n
		}
		if _, err := es.DecodeMeta(event.Event.UserMetadata); err != nil {
			b.Fatal(err)
		}
		if _, err := codec.Decode(b.Context(), event.Event.EventType, event.Event.Data); err != nil {
			b.Fatal(err)
		}
		n++
	}
}
