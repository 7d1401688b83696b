package storetest

import (
	"encoding/json"
	"math"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

// How long events are there: metadata that hide them, soft deletes, tombstones.
var metadataTests = []test{
	{"$maxCount", []string{"read 6"}, maxCount, anywhere},
	{"$tb", []string{"read 5", "read 6"}, truncateBefore, anywhere},
	{"$maxCount and $tb together", []string{"read 6"}, bothLimits, anywhere},
	{"$maxAge", []string{"read 5", "read 6"}, maxAge, anywhere},
	{"metadata that make no sense", []string{"read 7"}, oddMetadata, anywhere},
	{"only the newest metadata count", []string{"read 7"}, newestMetadata, anywhere},
}

func (s suite) setMetadata(stream string, set func(*esdb.StreamMetadata)) {
	s.Helper()
	var m esdb.StreamMetadata
	set(&m)
	_, err := s.client.SetStreamMetadata(s.ctx, stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, m)
	if err != nil {
		s.Fatalf("metadata of %s: %v", stream, err)
	}
}

func maxCount(s suite) {
	stream := s.stream("count")
	s.write(stream, "a", "b", "c", "d", "e")
	s.setMetadata(stream, func(m *esdb.StreamMetadata) { m.SetMaxCount(2) })
	s.wantStream(stream, "d e")
	s.wantRead(stream, esdb.ReadStreamOptions{From: esdb.Revision(1)}, 1, "d")
	s.wantRead(stream, esdb.ReadStreamOptions{From: esdb.End{}, Direction: esdb.Backwards}, all, "e d")
	s.append(stream, esdb.Revision(4), event("f"))
	s.wantStream(stream, "e f")
}

func truncateBefore(s suite) {
	stream := s.stream("tb")
	s.write(stream, "a", "b", "c", "d")
	s.setMetadata(stream, func(m *esdb.StreamMetadata) { m.SetTruncateBefore(2) })
	s.wantStream(stream, "c d")
	s.wantRead(stream, esdb.ReadStreamOptions{From: esdb.Revision(1), Direction: esdb.Backwards}, all, "")
	s.wantRead(stream, esdb.ReadStreamOptions{From: esdb.Revision(2), Direction: esdb.Backwards}, all, "c")
	s.setMetadata(stream, func(m *esdb.StreamMetadata) { m.SetTruncateBefore(100) })
	s.wantStream(stream, "") // the stream exists all the same
	if r := s.append(stream, esdb.Revision(3), event("e")); r.NextExpectedVersion != 4 {
		s.Errorf("revision %d, want 4", r.NextExpectedVersion)
	}
}

func bothLimits(s suite) {
	stream := s.stream("both")
	s.write(stream, "a", "b", "c", "d", "e")
	s.setMetadata(stream, func(m *esdb.StreamMetadata) { m.SetMaxCount(2); m.SetTruncateBefore(4) })
	s.wantStream(stream, "e")
	s.setMetadata(stream, func(m *esdb.StreamMetadata) { m.SetMaxCount(2); m.SetTruncateBefore(1) })
	s.wantStream(stream, "d e")
	s.wantRead(stream, esdb.ReadStreamOptions{From: esdb.Revision(3), Direction: esdb.Backwards}, all, "d")
}

// maxAge waits for an event to grow older than a second.
func maxAge(s suite) {
	stream := s.stream("age")
	s.write(stream, "a", "b")
	s.setMetadata(stream, func(m *esdb.StreamMetadata) { m.SetMaxAge(time.Hour) })
	s.wantStream(stream, "a b")
	s.setMetadata(stream, func(m *esdb.StreamMetadata) { m.SetMaxAge(time.Second) })
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		events, err := s.readStream(stream, esdb.ReadStreamOptions{From: esdb.Start{}}, all)
		if err != nil {
			s.Fatal(err)
		}
		if len(events) == 0 {
			break
		}
		select {
		case <-tick.C:
		case <-s.ctx.Done():
			s.Fatal("the events never grew too old")
		}
	}
	s.append(stream, esdb.Revision(1), event("c"))
	events, err := s.readStream(stream, esdb.ReadStreamOptions{From: esdb.End{}, Direction: esdb.Backwards}, all)
	if err != nil || len(events) > 1 {
		s.Errorf("%q, %v; want nothing older than c", names(events), err)
	}
}

func oddMetadata(s suite) {
	for name, data := range map[string]string{
		"broken":   `{"$maxCount":`,
		"negative": `{"$maxCount":-1,"$maxAge":-5,"$tb":-1}`,
		"zero":     `{"$maxCount":0,"$maxAge":0}`,
	} {
		stream := s.stream(name)
		s.write(stream, "a", "b")
		meta := event(name)
		meta.EventType, meta.Data = "$metadata", []byte(data)
		s.append("$$"+stream, esdb.Any{}, meta)
		s.wantStream(stream, "a b")
	}
}

func newestMetadata(s suite) {
	stream := s.stream("meta")
	s.write(stream, "a")
	for n := range uint64(3) {
		s.setMetadata(stream, func(m *esdb.StreamMetadata) { m.SetMaxCount(n + 1) })
	}
	meta, err := s.client.GetStreamMetadata(s.ctx, stream, esdb.ReadStreamOptions{From: esdb.Start{}})
	if err != nil || meta.MaxCount() == nil || *meta.MaxCount() != 3 {
		s.Errorf("metadata %+v, %v; want $maxCount 3", meta, err)
	}
	events, err := s.readStream("$$"+stream, esdb.ReadStreamOptions{From: esdb.Start{}}, all)
	if err != nil || len(events) != 1 || events[0].Event.EventNumber != 2 {
		s.Errorf("%d metadata events, %v; want revision 2 only", len(events), err)
	}
	_, err = s.client.GetStreamMetadata(s.ctx, s.stream("none"), esdb.ReadStreamOptions{From: esdb.Start{}})
	s.wantCode(err, esdb.ErrorCodeResourceNotFound)
}

var deleteTests = []test{
	{"soft delete and recreate", []string{"append 8", "read 5"}, softDelete, anywhere},
	{"metadata of a deleted stream", []string{"append 8"}, metadataOfDeleted, anywhere},
	{"a soft delete replaces the metadata", []string{"delete 2"}, deleteReplaces, anywhere},
	{"tombstone", []string{"append 4", "read 5", "delete 3"}, tombstone, anywhere},
	{"the end of a stream stands in $all", []string{"delete 3", "read 8"}, tombstoneEvent, anywhere},
	{"delete checks the expected revision", []string{"delete 1", "delete 2"}, deleteExpectations, anywhere},
}

func (s suite) delete(stream string) {
	s.Helper()
	if _, err := s.client.DeleteStream(s.ctx, stream, esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}}); err != nil {
		s.Fatalf("delete %s: %v", stream, err)
	}
}

func (s suite) tombstone(stream string) {
	s.Helper()
	_, err := s.client.TombstoneStream(s.ctx, stream, esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}})
	if err != nil {
		s.Fatalf("tombstone %s: %v", stream, err)
	}
}

func softDelete(s suite) {
	stream := s.stream("soft")
	events := s.write(stream, "a", "b", "c")
	s.delete(stream)
	s.wantNotFound(stream)
	if r := s.append(stream, esdb.NoStream{}, event("d")); r.NextExpectedVersion != 3 {
		s.Errorf("the stream goes on at %d, want 3", r.NextExpectedVersion)
	}
	s.wantStream(stream, "d")
	s.append(stream, esdb.Revision(3), event("e"))
	s.wantStream(stream, "d e")

	// What was written before the delete is still known.
	if r := s.append(stream, esdb.NoStream{}, events...); r.NextExpectedVersion != 2 {
		s.Errorf("the repeated append says %d, want 2", r.NextExpectedVersion)
	}
	s.wantStream(stream, "d e")
	meta, err := s.client.GetStreamMetadata(s.ctx, stream, esdb.ReadStreamOptions{From: esdb.Start{}})
	if err != nil || meta.TruncateBefore() == nil || *meta.TruncateBefore() != 3 {
		s.Errorf("metadata %+v, %v; want $tb 3", meta, err)
	}
	s.delete(stream)
	s.wantNotFound(stream)
	s.append(stream, esdb.Any{}, event("f"))
	s.wantStream(stream, "f")
}

func metadataOfDeleted(s suite) {
	stream := s.stream("undelete")
	s.write(stream, "a", "b")
	s.delete(stream)
	s.setMetadata(stream, func(m *esdb.StreamMetadata) { m.SetMaxCount(9); m.AddCustomProperty("kept", "yes") })
	s.wantStream(stream, "") // exists again, with nothing to show
	meta, err := s.client.GetStreamMetadata(s.ctx, stream, esdb.ReadStreamOptions{From: esdb.Start{}})
	if err != nil || meta.TruncateBefore() == nil || *meta.TruncateBefore() != 2 ||
		meta.MaxCount() == nil || meta.CustomProperty("kept") != "yes" {
		s.Errorf("metadata %+v, %v; want $tb 2 and what was set", meta, err)
	}
	s.append(stream, esdb.Revision(1), event("c"))
	s.wantStream(stream, "c")
}

// deleteReplaces wants nothing but $tb in the metadata of a deleted stream.
func deleteReplaces(s suite) {
	stream := s.stream("a")
	s.write(stream, "a")
	s.setMetadata(stream, func(m *esdb.StreamMetadata) { m.SetMaxCount(9); m.AddCustomProperty("lost", "yes") })
	s.delete(stream)
	events, err := s.readStream("$$"+stream, esdb.ReadStreamOptions{From: esdb.Start{}}, all)
	if err != nil || len(events) != 1 || events[0].Event.EventType != "$metadata" {
		s.Fatalf("%d events, %v", len(events), err)
	}
	var got map[string]int64
	if err := json.Unmarshal(events[0].Event.Data, &got); err != nil || len(got) != 1 || got["$tb"] != math.MaxInt64 {
		s.Errorf("metadata %s, %v", events[0].Event.Data, err)
	}
}

// tombstoneEvent reads what a tombstone is in the log; the events before it stay there.
func tombstoneEvent(s suite) {
	stream := s.stream("a")
	s.write(stream, "a")
	r, err := s.client.TombstoneStream(s.ctx, stream, esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Revision(0)})
	if err != nil {
		s.Fatal(err)
	}
	last := esdb.Position{Commit: r.Position.Commit, Prepare: r.Position.Prepare}
	events := s.readAll(esdb.ReadAllOptions{From: last}, 1)
	if len(events) != 1 {
		s.Fatalf("%d events", len(events))
	}
	e := events[0].Event
	if e.EventType != "$streamDeleted" || e.StreamID != stream || e.EventNumber != math.MaxInt64 {
		s.Errorf("the tombstone is %+v", e)
	}
	if before := s.mine(s.readAll(esdb.ReadAllOptions{From: last, Direction: esdb.Backwards}, 100)); before != "a" {
		s.Errorf("before it: %q, want a", before)
	}
}

func tombstone(s suite) {
	stream := s.stream("gone")
	s.write(stream, "a")
	s.tombstone(stream)
	_, err := s.readStream(stream, esdb.ReadStreamOptions{From: esdb.Start{}}, all)
	s.wantCode(err, esdb.ErrorCodeStreamDeleted)
	_, err = s.try(stream, esdb.Any{}, event("b"))
	s.wantCode(err, esdb.ErrorCodeStreamDeleted)
	_, err = s.client.SetStreamMetadata(s.ctx, stream, esdb.AppendToStreamOptions{}, esdb.StreamMetadata{})
	s.wantCode(err, esdb.ErrorCodeStreamDeleted)
	_, err = s.client.DeleteStream(s.ctx, stream, esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}})
	s.wantCode(err, esdb.ErrorCodeStreamDeleted)

	never := s.stream("never")
	s.tombstone(never)
	_, err = s.try(never, esdb.NoStream{}, event("a"))
	s.wantCode(err, esdb.ErrorCodeStreamDeleted)
}

func deleteExpectations(s suite) {
	stream := s.stream("checked")
	if _, err := s.client.DeleteStream(s.ctx, stream, esdb.DeleteStreamOptions{ExpectedRevision: esdb.Any{}}); err == nil {
		s.Error("a stream that never was could be deleted")
	}
	s.write(stream, "a", "b")
	wrong := esdb.Revision(0)
	if _, err := s.client.DeleteStream(s.ctx, stream, esdb.DeleteStreamOptions{ExpectedRevision: wrong}); err == nil {
		s.Error("deleted at the wrong revision")
	}
	if _, err := s.client.TombstoneStream(s.ctx, stream, esdb.TombstoneStreamOptions{ExpectedRevision: wrong}); err == nil {
		s.Error("tombstoned at the wrong revision")
	}
	s.wantStream(stream, "a b")
	r, err := s.client.DeleteStream(s.ctx, stream, esdb.DeleteStreamOptions{ExpectedRevision: esdb.Revision(1)})
	if err != nil || r.Position.Commit == 0 {
		s.Errorf("delete at the right revision: %+v, %v", r, err)
	}
	s.wantNotFound(stream)
}
