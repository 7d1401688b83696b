package storetest

import (
	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

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
