package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"shiyang/eventstore"
	"shiyang/internal/es"
	"shiyang/internal/es/esdbstore"
	"shiyang/internal/migrate"
)

// log is an embedded store with the official client and ours.
type log struct {
	*esdbstore.Client
	official *esdb.Client
	store    *eventstore.Store
}

func newLog(t *testing.T) log {
	t.Helper()
	store, err := eventstore.Open(eventstore.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = store.Serve(listener) }()
	address := "esdb://" + listener.Addr().String() + "?tls=false"
	c, err := esdbstore.Dial(t.Context(), esdbstore.Config{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	config, err := esdb.ParseConnectionString(address)
	if err != nil {
		t.Fatal(err)
	}
	official, err := esdb.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = official.Close() })
	return log{c, official, store}
}

func (l log) write(t *testing.T, stream string, count int) {
	t.Helper()
	events := make([]esdb.EventData, count)
	for i := range events {
		id := uuid.New()
		events[i] = esdb.EventData{
			EventID: id, EventType: "permits.v1.Noted", ContentType: esdb.ContentTypeJson,
			Data: fmt.Appendf(nil, `{"id":%q}`, id), Metadata: fmt.Appendf(nil, `{"commandId":%q}`, id),
		}
		if i%3 == 2 {
			events[i].ContentType, events[i].Data, events[i].Metadata = esdb.ContentTypeBinary, []byte{0, 1, 2, byte(i)}, nil
		}
	}
	if _, err := l.official.AppendToStream(t.Context(), stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, events...); err != nil {
		t.Fatal(err)
	}
}

func check(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

// furnish writes what a log can hold: streams that alternate, long ones,
// metadata that was changed, hidden, deleted and tombstoned streams.
func furnish(t *testing.T, l log) {
	t.Helper()
	for i := range 40 {
		l.write(t, fmt.Sprintf("permit-%d", i%7), 1+i%3)
	}
	l.write(t, "long-1", 450)
	l.write(t, "gone-1", 3)
	l.write(t, "again-1", 2)
	l.write(t, "ended-1", 2)
	l.write(t, "short-1", 5)
	var m esdb.StreamMetadata
	m.SetMaxCount(2)
	var old esdb.StreamMetadata
	old.SetMaxCount(9)
	for _, meta := range []esdb.StreamMetadata{old, m} {
		_, err := l.official.SetStreamMetadata(t.Context(), "short-1", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, meta)
		check(t, err)
	}
	for _, stream := range []string{"gone-1", "again-1"} {
		_, err := l.official.DeleteStream(t.Context(), stream, esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}})
		check(t, err)
	}
	l.write(t, "again-1", 2)
	for _, stream := range []string{"ended-1", "never-1"} {
		_, err := l.official.TombstoneStream(t.Context(), stream, esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}})
		check(t, err)
	}
	l.write(t, "permit-1", 2)
	l.write(t, "$stats-here", 2)
}

func move(t *testing.T, from migrate.Source, to migrate.Target) *migrate.Migration {
	t.Helper()
	return &migrate.Migration{From: from, To: to, File: filepath.Join(t.TempDir(), "move.json"), FromName: "old", ToName: "new"}
}

// wantSame compares both logs, and what a reader sees of each stream.
func wantSame(t *testing.T, from, to log) {
	t.Helper()
	c, err := migrate.Compare(t.Context(), from, to, nil)
	if err != nil || c.Difference != "" || c.Events == 0 || c.Root == "" {
		t.Errorf("compared %d events: %s, %v", c.Events, c.Difference, err)
	}
	for _, stream := range []string{"permit-1", "long-1", "short-1", "gone-1", "again-1", "ended-1", "never-1", "unknown-1"} {
		if a, b := from.read(t, stream), to.read(t, stream); a != b {
			t.Errorf("%s reads\n%s\nin the source and\n%s\nin the target", stream, a, b)
		}
	}
}

// read is a stream as a reader sees it.
func (l log) read(t *testing.T, stream string) string {
	t.Helper()
	r, err := l.official.ReadStream(t.Context(), stream, esdb.ReadStreamOptions{}, 10_000)
	check(t, err)
	defer r.Close()
	var text strings.Builder
	for {
		e, err := r.Recv()
		if err != nil {
			if own, ok := errors.AsType[*esdb.Error](err); ok {
				fmt.Fprintln(&text, own.Code())
			}
			return text.String()
		}
		got := e.OriginalEvent()
		fmt.Fprintln(&text, got.EventNumber, got.EventID, got.EventType, got.ContentType, string(got.Data), string(got.UserMetadata))
	}
}

func TestALogMovesWhole(t *testing.T) {
	from, to := newLog(t), newLog(t)
	furnish(t, from)
	m := move(t, from, to)
	var last, head es.Position
	m.Progress = func(at, of es.Position) { last, head = max(last, at), of }
	r, err := m.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.Written != r.Events || r.Metadata != 5 || r.Tombstones != 2 || r.LeftBehind != 2 || r.Resumed {
		t.Errorf("report %+v", r)
	}
	if last != head || head == 0 {
		t.Errorf("progress ends at %d of %d", last, head)
	}
	wantSame(t, from, to)
	if again, err := m.Run(t.Context()); err != nil || again.Written != 0 || !again.Resumed {
		t.Errorf("once more: %+v, %v", again, err)
	}
	wantSame(t, from, to)
}

// cut is a target that fails at its n-th write, before or after the effect.
type cut struct {
	migrate.Target
	left  int
	after bool
}

var errCut = errors.New("the line was cut")

func (c *cut) AppendRaw(ctx context.Context, stream string, after es.Revision, events ...migrate.RawEvent) error {
	if c.left--; c.left >= 0 {
		return c.Target.AppendRaw(ctx, stream, after, events...)
	}
	if c.after {
		if err := c.Target.AppendRaw(ctx, stream, after, events...); err != nil {
			return err
		}
	}
	return errCut
}

func (c *cut) Tombstone(ctx context.Context, stream string, after es.Revision) error {
	if c.left--; c.left >= 0 {
		return c.Target.Tombstone(ctx, stream, after)
	}
	if c.after {
		if err := c.Target.Tombstone(ctx, stream, after); err != nil {
			return err
		}
	}
	return errCut
}

// A move is cut off again and again, a few writes further every time, before
// and after a write took effect.
func TestAnInterruptedMoveGoesOn(t *testing.T) {
	from, to := newLog(t), newLog(t)
	furnish(t, from)
	m := move(t, from, to)
	cuts := 0
	for reach := 0; ; reach += 5 {
		m.To = &cut{Target: to, left: reach, after: reach%2 == 0}
		_, err := m.Run(t.Context())
		if err == nil {
			break
		}
		if !errors.Is(err, errCut) {
			t.Fatalf("after %d cuts: %v", cuts, err)
		}
		cuts++
	}
	if cuts < 8 {
		t.Errorf("cut off only %d times", cuts)
	}
	wantSame(t, from, to)
}

func TestAMoveThatIsStoppedGoesOn(t *testing.T) {
	from, to := newLog(t), newLog(t)
	furnish(t, from)
	m := move(t, from, to)
	ctx, stop := context.WithCancel(t.Context())
	m.Progress = func(at, head es.Position) {
		if at > head/2 {
			stop()
		}
	}
	if _, err := m.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatalf("error = %v", err)
	}
	m.Progress = nil
	if r, err := m.Run(t.Context()); err != nil || !r.Resumed || r.Written == 0 {
		t.Errorf("report %+v, %v", r, err)
	}
	wantSame(t, from, to)
}

func TestATargetInUseIsRefused(t *testing.T) {
	from, to := newLog(t), newLog(t)
	furnish(t, from)
	to.write(t, "somebody-1", 1)
	if _, err := move(t, from, to).Run(t.Context()); !errors.Is(err, migrate.ErrTargetInUse) {
		t.Errorf("error = %v", err)
	}
	if got := to.read(t, "permit-1"); got != from.read(t, "unknown-1") {
		t.Errorf("the target got events: %s", got)
	}
}

func TestSomebodyElseWritesToTheTarget(t *testing.T) {
	from, to := newLog(t), newLog(t)
	furnish(t, from)
	m := move(t, from, &cut{Target: to, left: 4})
	if _, err := m.Run(t.Context()); !errors.Is(err, errCut) {
		t.Fatal(err)
	}
	to.write(t, "permit-6", 1)
	m.To = to
	if _, err := m.Run(t.Context()); !errors.Is(err, migrate.ErrTargetInUse) || !strings.Contains(err.Error(), "permit-6, event 1") {
		t.Errorf("error = %v", err)
	}
}

func TestAnotherMovesProgressIsRefused(t *testing.T) {
	from, to := newLog(t), newLog(t)
	furnish(t, from)
	m := move(t, from, to)
	if _, err := m.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*migrate.Migration){
		"another name":   func(m *migrate.Migration) { m.ToName = "third" },
		"an empty store": func(m *migrate.Migration) { m.To = newLog(t) },
		"another source": func(m *migrate.Migration) {
			other := newLog(t)
			furnish(t, other)
			m.From = other
		},
	} {
		t.Run(name, func(t *testing.T) {
			other := *m
			change(&other)
			if _, err := other.Run(t.Context()); !errors.Is(err, migrate.ErrOtherMove) {
				t.Errorf("error = %v", err)
			}
		})
	}
	if err := os.WriteFile(m.File, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "read progress") {
		t.Errorf("a damaged file: %v", err)
	}
}

// busy is a source that is written to while it is read.
type busy struct {
	log
	t     *testing.T
	asked int
}

func (b *busy) Head(ctx context.Context) (es.Position, error) {
	if b.asked++; b.asked == 2 {
		b.write(b.t, "permit-1", 1)
	}
	return b.log.Head(ctx)
}

func TestASourceThatMovesIsNoticed(t *testing.T) {
	from, to := newLog(t), newLog(t)
	furnish(t, from)
	m := move(t, &busy{log: from, t: t}, to)
	if _, err := m.Run(t.Context()); !errors.Is(err, migrate.ErrSourceMoved) {
		t.Fatalf("error = %v", err)
	}
	if _, err := m.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantSame(t, from, to)
}
