package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
)

var appendTests = []test{
	{"expected revisions", []string{"append 4"}, expectedRevisions, anywhere},
	{"a repeated append has one effect", []string{"append 4"}, idempotency, anywhere},
	{"a repeat is known after a soft delete", []string{"append 4", "append 8"}, repeatAfterDelete, anywhere},
	{"an append without events", []string{"append 1"}, emptyAppend, anywhere},
	{"one of 32 racing writers wins", []string{"append 4", "own 1"}, race, anywhere},
	{"an append is all or nothing", []string{"append 9"}, atomicAppend, anywhere},
	{"a too large append is refused", []string{"append 3"}, sizeLimit, anywhere},
	{"every field of an event comes back", []string{"connection 3", "read 3", "position 1"}, fields, anywhere},
}

// written is the result of a row whose append is taken.
const written = esdb.ErrorCode(-1)

// expectedRevisions does what each row says, each to a stream of its own.
func expectedRevisions(s suite) {
	states := map[string]func(string){
		"missing":       func(string) {},
		"three":         func(stream string) { s.write(stream, "a", "b", "c") },
		"metadata only": func(stream string) { s.setMetadata(stream, func(m *esdb.StreamMetadata) { m.SetMaxCount(5) }) },
		"deleted":       func(stream string) { s.write(stream, "a", "b", "c"); s.delete(stream) },
		"tombstoned":    func(stream string) { s.write(stream, "a"); s.tombstone(stream) },
	}
	for _, r := range expectationTable {
		name := fmt.Sprintf("%s %T%v", r.state, r.expected, r.expected)
		stream := s.stream(uuid.NewString())
		states[r.state](stream)
		result, err := s.try(stream, r.expected, event("new"))
		switch {
		case r.want != written:
			if err == nil || code(err) != r.want {
				s.Errorf("%s: %v (code %d), want code %d", name, err, code(err), r.want)
			}
		case err != nil:
			s.Errorf("%s: %v", name, err)
		case result.NextExpectedVersion != r.revision || result.CommitPosition != result.PreparePosition:
			s.Errorf("%s: %+v, want revision %d", name, result, r.revision)
		}
	}
}

// expectationTable is what each expectation does to a stream in each state.
var expectationTable = []struct {
	state    string
	expected esdb.ExpectedRevision
	want     esdb.ErrorCode
	revision uint64
}{
	{"missing", esdb.Any{}, written, 0},
	{"missing", esdb.NoStream{}, written, 0},
	{"missing", esdb.StreamExists{}, esdb.ErrorCodeWrongExpectedVersion, 0},
	{"missing", esdb.Revision(0), esdb.ErrorCodeWrongExpectedVersion, 0},
	{"missing", esdb.Revision(7), esdb.ErrorCodeWrongExpectedVersion, 0},
	{"three", esdb.Any{}, written, 3},
	{"three", esdb.StreamExists{}, written, 3},
	{"three", esdb.NoStream{}, esdb.ErrorCodeWrongExpectedVersion, 0},
	{"three", esdb.Revision(0), esdb.ErrorCodeWrongExpectedVersion, 0},
	{"three", esdb.Revision(1), esdb.ErrorCodeWrongExpectedVersion, 0},
	{"three", esdb.Revision(2), written, 3},
	{"three", esdb.Revision(3), esdb.ErrorCodeWrongExpectedVersion, 0},
	{"metadata only", esdb.Any{}, written, 0},
	{"metadata only", esdb.NoStream{}, written, 0},
	{"metadata only", esdb.StreamExists{}, written, 0},
	{"metadata only", esdb.Revision(0), esdb.ErrorCodeWrongExpectedVersion, 0},
	{"deleted", esdb.Any{}, written, 3},
	{"deleted", esdb.NoStream{}, written, 3},
	{"deleted", esdb.StreamExists{}, esdb.ErrorCodeStreamDeleted, 0},
	{"deleted", esdb.Revision(1), esdb.ErrorCodeWrongExpectedVersion, 0},
	{"deleted", esdb.Revision(2), written, 3},
	{"deleted", esdb.Revision(3), esdb.ErrorCodeWrongExpectedVersion, 0},
	{"tombstoned", esdb.Any{}, esdb.ErrorCodeStreamDeleted, 0},
	{"tombstoned", esdb.NoStream{}, esdb.ErrorCodeStreamDeleted, 0},
	{"tombstoned", esdb.StreamExists{}, esdb.ErrorCodeStreamDeleted, 0},
	{"tombstoned", esdb.Revision(0), esdb.ErrorCodeStreamDeleted, 0},
}

// idempotency repeats appends as each row says, each to a stream of its own
// that holds a b c d.
func idempotency(s suite) {
	for _, r := range repetitionTable {
		stream := s.stream(uuid.NewString())
		stored := s.write(stream, "a", "b", "c", "d")
		var again []esdb.EventData
		for _, name := range strings.Split(r.again, "") {
			if i := strings.Index("abcd", name); i >= 0 {
				again = append(again, stored[i])
			} else {
				again = append(again, event(name))
			}
		}
		result, err := s.try(stream, r.expected, again...)
		switch {
		case r.want != written:
			if err == nil || code(err) != r.want {
				s.Errorf("%s: %v, want code %d", r.name, err, r.want)
			}
		case err != nil:
			s.Errorf("%s: %v", r.name, err)
		case result.NextExpectedVersion != r.revision:
			s.Errorf("%s: revision %d, want %d", r.name, result.NextExpectedVersion, r.revision)
		}
		s.wantStream(stream, r.stream)
	}
}

// repetitionTable is what a repeated append does.
var repetitionTable = []struct {
	name     string
	expected esdb.ExpectedRevision
	again    string // a lower-case letter is a stored event, a capital a new one
	want     esdb.ErrorCode
	revision uint64
	stream   string // what is there afterwards
}{
	{"all of them", esdb.NoStream{}, "abcd", written, 3, "a b c d"},
	{"a prefix", esdb.NoStream{}, "ab", written, 1, "a b c d"},
	{"the middle", esdb.Revision(0), "bc", written, 2, "a b c d"},
	{"the end", esdb.Revision(2), "d", written, 3, "a b c d"},
	{"more than is stored", esdb.Revision(2), "dE", esdb.ErrorCodeWrongExpectedVersion, 0, "a b c d"},
	{"partly another", esdb.NoStream{}, "aX", esdb.ErrorCodeWrongExpectedVersion, 0, "a b c d"},
	{"another order", esdb.NoStream{}, "ba", esdb.ErrorCodeWrongExpectedVersion, 0, "a b c d"},
	{"at the wrong place", esdb.Revision(1), "b", esdb.ErrorCodeWrongExpectedVersion, 0, "a b c d"},
	{"at the end, known id", esdb.Revision(3), "a", written, 4, "a b c d a"},
	{"any, all known", esdb.Any{}, "abcd", written, 3, "a b c d"},
	{"any, some known", esdb.Any{}, "bc", written, 2, "a b c d"},
	{"any, first known, later not", esdb.Any{}, "aX", esdb.ErrorCodeWrongExpectedVersion, 0, "a b c d"},
	{"any, first unknown", esdb.Any{}, "X", written, 4, "a b c d X"},
	{"exists, all known", esdb.StreamExists{}, "cd", written, 3, "a b c d"},
}

// repeatAfterDelete repeats appends whose events a soft delete has hidden.
func repeatAfterDelete(s suite) {
	stream := s.stream("a")
	events := s.write(stream, "a", "b")
	s.delete(stream)
	for name, expected := range map[string]esdb.ExpectedRevision{"any": esdb.Any{}, "no stream": esdb.NoStream{}} {
		r, err := s.try(stream, expected, events...)
		if err != nil || r.NextExpectedVersion != 1 {
			s.Errorf("%s: %+v, %v; want revision 1 again", name, r, err)
		}
	}
	s.wantNotFound(stream)
}

func emptyAppend(s suite) {
	stream := s.stream("empty")
	if _, err := s.try(stream, esdb.NoStream{}); err != nil {
		s.Error("to a missing stream:", err)
	}
	s.wantNotFound(stream)
	s.write(stream, "a", "b")
	if r := s.append(stream, esdb.Revision(1)); r.NextExpectedVersion != 1 {
		s.Errorf("revision %d, want 1", r.NextExpectedVersion)
	}
	_, err := s.try(stream, esdb.Revision(0))
	s.wantCode(err, esdb.ErrorCodeWrongExpectedVersion)
	s.wantStream(stream, "a b")
}

func race(s suite) {
	stream := s.stream("race")
	s.write(stream, "start")
	const writers = 32
	errs := make([]error, writers)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() { _, errs[i] = s.try(stream, esdb.Revision(0), event(fmt.Sprint(i))) })
	}
	wg.Wait()
	won := -1
	for i, err := range errs {
		if err != nil {
			s.wantCode(err, esdb.ErrorCodeWrongExpectedVersion)
			continue
		}
		if won >= 0 {
			s.Errorf("writers %d and %d both won", won, i)
		}
		won = i
	}
	s.wantStream(stream, fmt.Sprintf("start %d", won))
}

// atomicAppend has writers append triples and looks for a triple torn apart.
func atomicAppend(s suite) {
	stream := s.stream("triples")
	const writers = 16
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			name := fmt.Sprint(i)
			if _, err := s.try(stream, esdb.Any{}, named(name, name, name)...); err != nil {
				s.Error(err)
			}
		})
	}
	wg.Wait()
	events, err := s.readStream(stream, esdb.ReadStreamOptions{From: esdb.Start{}}, all)
	if err != nil || len(events) != 3*writers {
		s.Fatalf("%d events, %v", len(events), err)
	}
	for triple := range slices.Chunk(events, 3) {
		first, last := triple[0].OriginalEvent(), triple[2].OriginalEvent()
		if !bytes.Equal(first.Data, last.Data) {
			s.Errorf("revision %d is %s, two later %s", first.EventNumber, first.Data, last.Data)
		}
	}
}

func sizeLimit(s suite) {
	stream := s.stream("big")
	big := event("big")
	big.Data = append(append([]byte{'"'}, bytes.Repeat([]byte("x"), 600<<10)...), '"')
	if _, err := s.try(stream, esdb.NoStream{}, big); err != nil {
		s.Fatal("one event of 600 KiB:", err)
	}
	second := big
	second.EventID = uuid.New()
	third := big
	third.EventID = uuid.New()
	if _, err := s.try(stream, esdb.Revision(0), second, third); err == nil {
		s.Error("an append of 1200 KiB was taken")
	}
	events, err := s.readStream(stream, esdb.ReadStreamOptions{From: esdb.Start{}}, all)
	if err != nil || len(events) != 1 {
		s.Errorf("%d events, %v; want the first only", len(events), err)
	}
}

func fields(s suite) {
	stream := s.stream("fields-石羊")
	json, raw := event("a"), event("b")
	json.EventType, json.Metadata = "许可.v1.已受理", []byte(`{"who":"clerk"}`)
	raw.ContentType, raw.Data = esdb.ContentTypeBinary, []byte{0, 255, 1}
	result := s.append(stream, esdb.NoStream{}, json, raw)
	events, err := s.readStream(stream, esdb.ReadStreamOptions{From: esdb.Start{}}, all)
	if err != nil || len(events) != 2 {
		s.Fatalf("%d events, %v", len(events), err)
	}
	for i, want := range []esdb.EventData{json, raw} {
		got := events[i].Event
		content := []string{"application/json", "application/octet-stream"}[i]
		if got.EventID != want.EventID || got.EventType != want.EventType || got.StreamID != stream ||
			got.EventNumber != uint64(i) || !bytes.Equal(got.Data, want.Data) || !bytes.Equal(got.UserMetadata, want.Metadata) ||
			got.ContentType != content || got.CreatedDate.Year() < 2020 {
			s.Errorf("event %d is %+v, want %+v", i, got, want)
		}
	}
	last := events[1]
	if last.Event.Position.Commit != result.CommitPosition || last.Commit == nil || *last.Commit != result.CommitPosition {
		s.Errorf("position %+v, commit %v; the append said %d", last.Event.Position, last.Commit, result.CommitPosition)
	}
}
