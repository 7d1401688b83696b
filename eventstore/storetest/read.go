package storetest

import (
	"fmt"
	"slices"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

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
	mine := func(events []*esdb.ResolvedEvent) string {
		return names(slices.DeleteFunc(events, func(e *esdb.ResolvedEvent) bool {
			id := e.OriginalEvent().StreamID
			return id != one && id != two
		}))
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
		got := mine(s.readAll(esdb.ReadAllOptions{From: r.from, Direction: r.direction}, all))
		if got != r.want {
			s.Errorf("%s: %q, want %q", r.name, got, r.want)
		}
	}
	if n := len(s.readAll(esdb.ReadAllOptions{From: esdb.Start{}}, 0)); n != 0 {
		s.Errorf("%d events of a count of 0", n)
	}
	if got := mine(s.readAll(esdb.ReadAllOptions{From: at(first)}, 1)); got != "a" {
		s.Errorf("one event from the first: %q", got)
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
