package journal

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"shiyang/eventstore/journal/index"
	"shiyang/eventstore/journal/segment"
)

// MaxStreamName is the longest stream name in bytes that the journal takes.
const MaxStreamName = 2048

// tombstoneRevision is the revision of the event that ends a stream for good.
const tombstoneRevision = math.MaxInt64

// Stream is what a reader may see of a stream.
type Stream struct {
	Name       string
	First      int64 // first revision to show, after $maxCount, $tb and $maxAge; may be past Last
	Last       int64 // -1 when there never was an event
	Deleted    bool  // softly: nothing to show until somebody writes again
	Tombstoned bool  // for good
}

// Missing tells whether a reader is to be told that there is no such stream.
func (s Stream) Missing() bool { return s.Last < 0 || s.Deleted }

// Stream returns what a reader may see of a stream now.
func (j *Journal) Stream(name string) (Stream, error) {
	if len(name) > MaxStreamName {
		return Stream{Name: name, Last: -1}, nil
	}
	if !j.readers.enter() {
		return Stream{}, ErrClosed
	}
	defer j.readers.leave()
	for {
		if err := j.Err(); err != nil {
			return Stream{}, err
		}
		head := j.Head()
		s, err := j.streamAt(name, head)
		if !errors.Is(err, segment.ErrRemoved) || j.Head() == head {
			return s, err
		} // its metadata were written anew and the old ones scavenged meanwhile
	}
}

func (j *Journal) streamAt(name string, visible uint64) (Stream, error) {
	end, err := j.headAt(name, visible)
	if err != nil {
		return Stream{}, fmt.Errorf("end of stream %q: %w", name, err)
	}
	s := Stream{Name: name, Last: end.Revision, Tombstoned: end.Revision == tombstoneRevision}
	original, isMeta := originalOf(name)
	switch {
	case s.Tombstoned || s.Last < 0 && !isMeta:
		return s, nil
	case isMeta:
		s.First = max(0, s.Last) // only the newest metadata count
		o, err := j.headAt(original, visible)
		s.Tombstoned = o.Revision == tombstoneRevision
		return s, err
	}
	m, err := j.metadataAt(name, visible)
	if err != nil {
		return Stream{}, fmt.Errorf("metadata of stream %q: %w", name, err)
	}
	err = j.applyRules(&s, m)
	return s, err
}

func (j *Journal) applyRules(s *Stream, m Metadata) error {
	s.Deleted = m.deleted()
	s.First = m.TruncateBefore
	if m.MaxCount > 0 && s.Last >= m.MaxCount {
		s.First = max(s.First, s.Last-m.MaxCount+1)
	}
	if m.MaxAge == 0 || s.Deleted {
		return nil
	}
	oldest := ticks(j.opts.Now().Add(-m.MaxAge))
	low, high := s.First, s.Last+1 // time never goes back along a stream
	for low < high {
		middle := low + (high-low)/2
		r, found, err := j.eventAt(s.Name, middle, math.MaxUint64)
		if err != nil {
			return err
		}
		if !found || r.Created < oldest { // what a scavenge has removed is older than what it has left
			low = middle + 1
		} else {
			high = middle
		}
	}
	s.First = low
	return nil
}

// headAt returns the end of a stream among the events up to visible.
func (j *Journal) headAt(stream string, visible uint64) (index.Entry, error) {
	end, err := j.index.Head(stream)
	if err != nil || end.Position <= visible {
		return end, err
	}
	for e, err := range j.index.Revisions(stream, 0, math.MaxInt64, true) {
		if err != nil || e.Position <= visible {
			return e, err
		}
	}
	return index.None, nil
}

// metadataAt returns the metadata of a stream as of a position.
func (j *Journal) metadataAt(stream string, visible uint64) (Metadata, error) {
	name := MetadataStream(stream)
	if _, ok := originalOf(stream); ok {
		return Metadata{}, nil
	}
	end, err := j.headAt(name, visible)
	if err != nil || end.Revision < 0 {
		return Metadata{}, err
	}
	r, err := j.copyOf(name, end)
	if err != nil {
		return Metadata{}, err
	}
	return parseMetadata(r.Data), nil
}

// metaPrefix starts the name of the stream that holds another stream's metadata.
const metaPrefix = "$$"

// MetadataStream returns the name of the stream that holds the metadata of stream.
func MetadataStream(stream string) string { return metaPrefix + stream }

// originalOf returns the stream that a metadata stream describes.
func originalOf(stream string) (string, bool) { return strings.CutPrefix(stream, metaPrefix) }

// deletedMetadata is the metadata of a stream that was deleted softly.
var deletedMetadata = []byte(`{"$tb":9223372036854775807}`)

// Metadata are the rules that a stream's own metadata set for its readers. The
// zero value sets none.
type Metadata struct {
	MaxCount       int64         // newest events to show; 0: all
	MaxAge         time.Duration // age from which events are hidden; 0: never
	TruncateBefore int64         // first revision to show
	known          bool          // metadata were written, be they readable or not
	keys           map[string]json.RawMessage
}

// parseMetadata reads the JSON of a $metadata event. What cannot be read, and
// limits that make no sense, count as absent.
func parseMetadata(data []byte) Metadata {
	m := Metadata{known: true}
	if json.Unmarshal(data, &m.keys) != nil {
		m.keys = nil
		return m
	}
	if n, ok := m.integer("$maxCount"); ok && n > 0 {
		m.MaxCount = n
	}
	if n, ok := m.integer("$maxAge"); ok && n > 0 {
		m.MaxAge = time.Duration(min(n, int64(math.MaxInt64/time.Second))) * time.Second
	}
	if n, ok := m.integer("$tb"); ok && n >= 0 {
		m.TruncateBefore = n
	}
	return m
}

func (m Metadata) integer(key string) (int64, bool) {
	var n int64
	raw, ok := m.keys[key]
	if !ok || json.Unmarshal(raw, &n) != nil {
		return 0, false
	}
	return n, true
}

// deleted tells whether the metadata hide everything, as a soft delete does.
func (m Metadata) deleted() bool { return m.TruncateBefore == math.MaxInt64 }

// withTruncateBefore returns the same metadata as JSON with another $tb.
func (m Metadata) withTruncateBefore(revision int64) ([]byte, error) {
	keys := map[string]json.RawMessage{}
	for key, raw := range m.keys {
		keys[key] = raw
	}
	keys["$tb"] = fmt.Appendf(nil, "%d", revision)
	return json.Marshal(keys)
}
