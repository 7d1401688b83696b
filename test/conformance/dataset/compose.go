package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/google/uuid"
)

// event is one event of the data set.
type event struct {
	stream   string
	revision uint64
	kind     string
	id       uuid.UUID
	json     bool
	data     []byte
	metadata []byte
	position uint64 // the vendor's
	created  time.Time
	madeUp   bool
}

// expected is an event in the suite's files.
type expected struct {
	Event struct {
		StreamID       string                  `json:"streamId"`
		StreamRevision struct{ Value uint64 }  `json:"streamRevision"`
		EventID        uuid.UUID               `json:"eventId"`
		EventType      string                  `json:"eventType"`
		EventData      []byte                  `json:"eventData"`
		UserMetadata   []byte                  `json:"userMetadata"`
		ContentType    string                  `json:"contentType"`
		Position       struct{ Commit uint64 } `json:"position"`
		Created        struct{ Seconds, Nanos int64 }
	} `json:"event"`
}

// The files of the suite that hold events.
var files = []string{
	"all-e0-e10.json", "all-c1788-p1788.json", "all-back-c3386-p3386.json", "all-back-e0-e10.json",
	"dataset20M-1800-e0-e10.json", "dataset20M-1800-e1999-e1990.json",
}

// compose returns the data set in the order of its positions.
func compose(resources string) ([]event, error) {
	known := map[uint64]event{}
	for _, name := range files {
		var events []expected
		if err := load(filepath.Join(resources, name), &events); err != nil {
			return nil, err
		}
		for _, e := range events {
			v := e.Event
			known[v.Position.Commit] = event{
				stream: v.StreamID, revision: v.StreamRevision.Value, kind: v.EventType, id: v.EventID,
				json: v.ContentType == "application/json", data: v.EventData, metadata: v.UserMetadata,
				position: v.Position.Commit, created: time.Unix(v.Created.Seconds, v.Created.Nanos),
			}
		}
	}
	var filtered []struct{ Commit uint64 }
	if err := load(filepath.Join(resources, "all-positions-filtered-stream-194-e0-e30.json"), &filtered); err != nil {
		return nil, err
	}
	for _, e := range madeUp(filtered) {
		if _, ok := known[e.position]; !ok {
			known[e.position] = e
		}
	}
	events := make([]event, 0, len(known))
	for _, e := range known {
		events = append(events, e)
	}
	slices.SortFunc(events, func(a, b event) int { return cmp.Compare(a.position, b.position) })
	return events, check(events)
}

func load(name string, into any) error {
	content, err := os.ReadFile(name) //nolint:gosec // a file of the suite
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// The streams of the data set: types count in cycles of 200 from the stream's
// own number, so that type 194 comes in the first at the revisions 194, 394, …
// and types 1940 … 1949 come in the second at 140 … 149, 340 … 349, …
const (
	first, second = "dataset20M-0", "dataset20M-1800"
	cycle         = 200
	firstLength   = 6000
	secondLength  = 2000
)

// madeUp returns the events of which the suite says a position at the most.
func madeUp(filtered []struct{ Commit uint64 }) (events []event) {
	add := func(stream string, revision uint64, kind string, position uint64) {
		events = append(events, event{
			stream: stream, revision: revision, kind: kind, json: true, data: []byte(`{"a":"b"}`), position: position, madeUp: true,
			id: uuid.NewSHA1(uuid.NameSpaceURL, fmt.Appendf(nil, "%s/%d", stream, revision)),
		})
	}
	at := func(n int) uint64 { return filtered[n].Commit }
	const master = "$projections-$master"
	for n := range uint64(313) { // revisions 4 … 316
		add(master, 4+n, "$statistics-report", 3386+n*100)
	}
	// Ten of the first stream are given, 200 revisions apart.
	between := line{194, at(0), 1994, at(9)}
	for n := range uint64(2000) {
		add(first, n, fmt.Sprint("eventType-", n%cycle), between.at(n))
	}
	// The second begins with events side by side, is rarer in the middle and ends side by side.
	for n := range uint64(secondLength) {
		position := line{149, at(19), 340, at(20)}.at(n)
		switch {
		case n < 150:
			position = line{140, at(10), 149, at(19)}.at(n)
		case n >= 350 && n < 1990:
			position = line{349, at(29), 1990, 12235906}.at(n)
		case n >= 1990:
			position = 12235906 + (n-1990)*157
		case n >= 340:
			position = line{340, at(20), 349, at(29)}.at(n)
		}
		add(second, n, fmt.Sprint("eventType-", 1800+n%cycle), position)
	}
	for n := uint64(2000); n < firstLength; n++ {
		add(first, n, fmt.Sprint("eventType-", n%cycle), 12300000+(n-2000)*157)
	}
	for n := range uint64(6) {
		add("$stats-0.0.0.0:2113", n, "$statsCollected", 20000000+n*18000)
	}
	return events
}

// line gives the positions between and beyond two known events of a stream.
type line struct{ revision, position, revision2, position2 uint64 }

func (l line) at(revision uint64) uint64 {
	rise, run := int64(l.position2-l.position), int64(l.revision2-l.revision)
	return uint64(int64(l.position) + (int64(revision)-int64(l.revision))*rise/run)
}

// check finds a stream whose revisions have a hole, and gives made-up events a time.
func check(events []event) error {
	next := map[string]uint64{}
	var now time.Time
	for i := range events {
		e := &events[i]
		if e.revision != next[e.stream] {
			return fmt.Errorf("event %d of %s is at position %d, where event %d is due", e.revision, e.stream, e.position, next[e.stream])
		}
		next[e.stream]++
		if e.madeUp {
			e.created = now
		}
		if e.created.Before(now) {
			return fmt.Errorf("event %d of %s is older than the one before it", e.revision, e.stream)
		}
		now = e.created
	}
	return nil
}
