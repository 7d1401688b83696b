package migrate_test

import (
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"shiyang/internal/migrate"
)

func TestCompareNamesTheFirstDifference(t *testing.T) {
	from := newLog(t)
	from.write(t, "permit-1", 3)
	from.write(t, "permit-2", 1)
	for name, tc := range map[string]struct {
		change func(t *testing.T, to log, events []migrate.RawEvent)
		want   string
	}{
		"nothing": {func(t *testing.T, to log, e []migrate.RawEvent) { to.put(t, e...) }, ""},
		"data": {func(t *testing.T, to log, e []migrate.RawEvent) {
			e[1].Data = []byte(`{}`)
			to.put(t, e...)
		}, "event 2 of permit-1 has another data in the target"},
		"id and type": {func(t *testing.T, to log, e []migrate.RawEvent) {
			e[3].ID, e[3].Type = uuid.NewString(), "other"
			to.put(t, e...)
		}, "event 1 of permit-2 has another id, type in the target"},
		"order": {func(t *testing.T, to log, e []migrate.RawEvent) {
			to.put(t, e[0], e[3], e[1], e[2])
		}, "the source goes on with event 2 of permit-1, the target with event 1 of permit-2"},
		"missing": {func(t *testing.T, to log, e []migrate.RawEvent) { to.put(t, e[:3]...) }, "the target lacks event 1 of permit-2"},
		"more": {func(t *testing.T, to log, e []migrate.RawEvent) {
			to.put(t, e...)
			to.write(t, "permit-9", 1)
		}, "the source lacks event 1 of permit-9"},
		"tombstone": {func(t *testing.T, to log, e []migrate.RawEvent) {
			to.put(t, e...)
			check(t, to.Tombstone(t.Context(), "permit-2", 1))
		}, "the source lacks the tombstone of permit-2"},
		"metadata": {func(t *testing.T, to log, e []migrate.RawEvent) {
			to.put(t, e...)
			var m esdb.StreamMetadata
			m.SetMaxCount(1)
			_, err := to.official.SetStreamMetadata(t.Context(), "permit-1", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, m)
			check(t, err)
		}, "the metadata of permit-1 differs"},
	} {
		t.Run(name, func(t *testing.T) {
			to := newLog(t)
			tc.change(t, to, from.all(t))
			c, err := migrate.Compare(t.Context(), from, to, nil)
			if err != nil || c.Difference != tc.want {
				t.Errorf("%q, %v, want %q", c.Difference, err, tc.want)
			}
		})
	}
}

func (l log) all(t *testing.T) (events []migrate.RawEvent) {
	t.Helper()
	for e, err := range l.ReadAll(t.Context(), 0, nil) {
		check(t, err)
		events = append(events, e)
	}
	return events
}

func (l log) put(t *testing.T, events ...migrate.RawEvent) {
	t.Helper()
	for _, e := range events {
		check(t, l.AppendRaw(t.Context(), e.Stream, e.Revision-1, e))
	}
}
