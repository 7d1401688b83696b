package es

import (
	"encoding/json"
	"fmt"
	"time"
)

// EncodeMeta writes metadata as it is stored beside an event: compact JSON
// with times in UTC. Equal metadata gives equal bytes.
func EncodeMeta(m Meta) ([]byte, error) {
	m.OccurredAt, m.RecordedAt = m.OccurredAt.UTC(), m.RecordedAt.UTC()
	data, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encode metadata: %w", err)
	}
	return data, nil
}

// DecodeMeta reads stored metadata. Keys that this program does not know are
// ignored, so that it can read what a newer one wrote.
func DecodeMeta(data []byte) (Meta, error) {
	var m Meta
	if err := json.Unmarshal(data, &m); err != nil {
		return Meta{}, fmt.Errorf("decode metadata: %w", err)
	}
	m.OccurredAt, m.RecordedAt = m.OccurredAt.UTC(), m.RecordedAt.UTC()
	return m, nil
}

// instant is t as metadata stores it: UTC, whole microseconds (what both
// PostgreSQL and SQLite keep), no monotonic reading.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
