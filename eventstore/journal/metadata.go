package journal

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

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
