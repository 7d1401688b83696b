package storetest

import (
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
)

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
