package storetest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

var readTests = []test{
	{"reads past both ends of a stream", []string{"read 5", "read 11"}, streamEnds, anywhere},
	{"reads of $all from positions", []string{"position 2", "read 11"}, allPositions, anywhere},
	{"$all shows what its streams hide", []string{"read 8"}, allShows, anywhere},
	{"$all hides what groups write for themselves", []string{"read 8"}, allHides, anywhere},
	{"links", []string{"read 4", "read 9"}, links, anywhere},
}

func streamEnds(s suite) {
	stream := s.stream("ends")
	s.wantNotFound(stream)
	s.write(stream, "a", "b", "c")
	forwards := func(from esdb.StreamPosition) esdb.ReadStreamOptions { return esdb.ReadStreamOptions{From: from} }
	backwards := func(from esdb.StreamPosition) esdb.ReadStreamOptions {
		return esdb.ReadStreamOptions{From: from, Direction: esdb.Backwards}
	}
	for _, r := range []struct {
		options esdb.ReadStreamOptions
		count   uint64
		want    string
	}{
		{forwards(esdb.Start{}), 2, "a b"},
		{forwards(esdb.Start{}), 0, ""},
		{forwards(esdb.Revision(1)), all, "b c"},
		{forwards(esdb.Revision(3)), all, ""},
		{forwards(esdb.Revision(1 << 40)), all, ""},
		{backwards(esdb.End{}), all, "c b a"},
		{backwards(esdb.End{}), 1, "c"},
		{backwards(esdb.Revision(1)), all, "b a"},
		{backwards(esdb.Revision(1 << 40)), all, "c b a"},
	} {
		s.wantRead(stream, r.options, r.count, r.want)
	}
	long := s.stream("long")
	var want []string
	for n := range 1000 {
		want = append(want, fmt.Sprint(n))
	}
	for part := range slices.Chunk(want, 250) {
		s.append(long, esdb.Any{}, named(part...)...)
	}
	events, err := s.readStream(long, esdb.ReadStreamOptions{From: esdb.Start{}}, all)
	if err != nil || len(events) != len(want) {
		s.Fatalf("%d events, %v", len(events), err)
	}
	for n, e := range events {
		if e.Event.EventNumber != uint64(n) || string(e.Event.Data) != `"`+want[n]+`"` {
			s.Fatalf("event %d is %d %s", n, e.Event.EventNumber, e.Event.Data)
		}
	}
}

func allPositions(s suite) {
	one, two := s.stream("one"), s.stream("two")
	first := s.append(one, esdb.NoStream{}, event("a"))
	middle := s.append(two, esdb.NoStream{}, event("b"))
	last := s.append(one, esdb.Revision(0), event("c"))
	at := func(r *esdb.WriteResult) esdb.Position {
		return esdb.Position{Commit: r.CommitPosition, Prepare: r.PreparePosition}
	}
	if first.CommitPosition >= middle.CommitPosition || middle.CommitPosition >= last.CommitPosition {
		s.Errorf("positions %d, %d, %d do not grow", first.CommitPosition, middle.CommitPosition, last.CommitPosition)
	}
	for _, r := range []struct {
		name      string
		from      esdb.AllPosition
		direction esdb.Direction
		want      string
	}{
		{"forwards from the first, inclusive", at(first), esdb.Forwards, "a b c"},
		{"forwards from the middle", at(middle), esdb.Forwards, "b c"},
		{"forwards from the start", esdb.Start{}, esdb.Forwards, "a b c"},
		{"forwards from the end", esdb.End{}, esdb.Forwards, ""},
		{"backwards from the middle, exclusive", at(middle), esdb.Backwards, "a"},
		{"backwards from the end", esdb.End{}, esdb.Backwards, "c b a"},
		{"backwards from the start", esdb.Start{}, esdb.Backwards, ""},
	} {
		got := s.mine(s.readAll(esdb.ReadAllOptions{From: r.from, Direction: r.direction}, all))
		if got != r.want {
			s.Errorf("%s: %q, want %q", r.name, got, r.want)
		}
	}
	if n := len(s.readAll(esdb.ReadAllOptions{From: esdb.Start{}}, 0)); n != 0 {
		s.Errorf("%d events of a count of 0", n)
	}
	if got := s.mine(s.readAll(esdb.ReadAllOptions{From: at(first)}, 1)); got != "a" {
		s.Errorf("one event from the first: %q", got)
	}
}

// mine names the test's events without those of the metadata.
func (s suite) mine(events []*esdb.ResolvedEvent) string {
	return names(slices.DeleteFunc(events, func(e *esdb.ResolvedEvent) bool {
		return !strings.HasPrefix(e.OriginalEvent().StreamID, s.prefix)
	}))
}

// sinceMine reads $all from a position, and what in it speaks of this test.
func (s suite) sinceMine(r *esdb.WriteResult) (kinds []string) {
	s.Helper()
	from := esdb.Position{Commit: r.CommitPosition, Prepare: r.PreparePosition}
	for _, e := range s.readAll(esdb.ReadAllOptions{From: from}, all) {
		if strings.Contains(e.OriginalEvent().StreamID, s.prefix) {
			kinds = append(kinds, e.OriginalEvent().EventType)
		}
	}
	return kinds
}

func allShows(s suite) {
	counted, aged, deleted := s.stream("counted"), s.stream("aged"), s.stream("deleted")
	first := s.append(counted, esdb.NoStream{}, named("a", "b", "c")...)
	s.setMetadata(counted, func(m *esdb.StreamMetadata) { m.SetMaxCount(1) })
	s.write(aged, "a", "b")
	s.setMetadata(aged, func(m *esdb.StreamMetadata) { m.SetTruncateBefore(2) })
	s.write(deleted, "a")
	s.delete(deleted)
	got := strings.Join(s.sinceMine(first), " ")
	// first is the position of the last of three.
	if want := "Happened $metadata Happened Happened $metadata Happened $metadata"; got != want {
		s.Errorf("$all shows %q, want %q", got, want)
	}
}

func allHides(s suite) {
	first := s.append(s.stream("a"), esdb.NoStream{}, event("a"))
	hidden := "$persistentsubscription-$all::" + s.prefix
	for _, name := range []string{hidden + "-checkpoint", hidden + "-parked"} {
		s.append(name, esdb.Any{}, event("x"))
		s.wantStream(name, "x") // its own readers see it
	}
	s.append("$persistentsubscription-"+s.prefix+"::g-parked", esdb.Any{}, event("y"))
	if got := strings.Join(s.sinceMine(first), " "); got != "Happened Happened" {
		s.Errorf("$all shows %q, want the stream's event and the parked one of a stream's group", got)
	}
	filter := &esdb.SubscriptionFilter{Type: esdb.StreamFilterType, Prefixes: []string{hidden}}
	from := esdb.Position{Commit: first.CommitPosition, Prepare: first.PreparePosition}
	o := s.subscribeAll(esdb.SubscribeToAllOptions{From: from, Filter: filter})
	for e := o.next(); e.CaughtUp == nil; e = o.next() {
		if e.EventAppeared != nil || e.SubscriptionDropped != nil {
			s.Fatalf("a filter for hidden events brings %+v", e)
		}
	}
}

func link(stream string, revision int) esdb.EventData {
	e := event("link")
	e.EventType, e.ContentType, e.Data = "$>", esdb.ContentTypeBinary, fmt.Appendf(nil, "%d@%s", revision, stream)
	return e
}

func links(s suite) {
	target, gone, truncated := s.stream("target@home"), s.stream("gone"), s.stream("truncated")
	s.write(target, "a", "b")
	s.write(gone, "x")
	s.tombstone(gone)
	s.write(truncated, "y", "z")
	s.setMetadata(truncated, func(m *esdb.StreamMetadata) { m.SetTruncateBefore(1) })
	malformed := link(target, 0)
	malformed.Data = []byte("nonsense")
	stream := s.stream("links")
	s.append(stream, esdb.NoStream{}, link(target, 1), link(target, 7), link(gone, 0), link(truncated, 0), link(truncated, 1), malformed)

	events, err := s.readStream(stream, esdb.ReadStreamOptions{From: esdb.Start{}, ResolveLinkTos: true}, all)
	if err != nil || len(events) != 6 {
		s.Fatalf("%d events, %v", len(events), err)
	}
	for i, want := range []string{`"b"`, "", "", "", `"z"`} {
		e := events[i]
		got := ""
		if e.Event != nil {
			got = string(e.Event.Data)
		}
		if e.Link == nil || e.Link.StreamID != stream || e.OriginalEvent().EventNumber != uint64(i) || got != want {
			s.Errorf("link %d leads to %q, want %q: %+v", i, got, want, e)
		}
		if e.Link != nil && (e.Commit == nil || *e.Commit != e.Link.Position.Commit) {
			s.Errorf("link %d: the position %v is not the link's", i, e.Commit)
		}
	}
	if e := events[5]; e.Link != nil || e.Event == nil || string(e.Event.Data) != "nonsense" {
		s.Errorf("a malformed link is %+v, want the event as it is", e)
	}
	plain, err := s.readStream(stream, esdb.ReadStreamOptions{From: esdb.Start{}}, 1)
	if err != nil || len(plain) != 1 || plain[0].Link != nil || plain[0].Event.EventType != "$>" {
		s.Errorf("unresolved: %+v, %v", plain, err)
	}
}
