package migrate_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"shiyang/eventstore"
	"shiyang/internal/migrate"
)

// fill writes two megabytes: the files of the log before are full then.
func (l log) fill(t *testing.T, stream string) {
	t.Helper()
	for range 20 {
		_, err := l.official.AppendToStream(t.Context(), stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, esdb.EventData{
			EventID: uuid.New(), EventType: "permits.v1.Noted", ContentType: esdb.ContentTypeJson, Data: []byte(`"` + strings.Repeat("x", 100<<10) + `"`),
		})
		check(t, err)
	}
}

func (l log) scavenge(t *testing.T) {
	t.Helper()
	if done, err := l.store.Scavenge(t.Context(), eventstore.ScavengeOptions{}); err != nil || done.Events == 0 {
		t.Fatalf("%+v, %v", done, err)
	}
}

// TestAScavengedLogMoves: of a tombstoned stream nothing but the tombstone is
// left, and nothing but the tombstone is needed.
func TestAScavengedLogMoves(t *testing.T) {
	from, to := newLog(t), newLog(t)
	from.write(t, "permit-1", 3)
	from.write(t, "ended-1", 5)
	_, err := from.official.TombstoneStream(t.Context(), "ended-1", esdb.TombstoneStreamOptions{ExpectedRevision: esdb.Any{}})
	check(t, err)
	from.fill(t, "long-1")
	from.scavenge(t)
	report, err := move(t, from, to).Run(t.Context())
	if err != nil || report.Events != 3+20 || report.Tombstones != 1 {
		t.Errorf("%+v, %v", report, err)
	}
	wantSame(t, from, to)
}

// TestAStreamWhoseFirstEventsAreGoneIsRefusedByName: its revisions would begin
// at 0 in another store.
func TestAStreamWhoseFirstEventsAreGoneIsRefusedByName(t *testing.T) {
	from, to := newLog(t), newLog(t)
	from.write(t, "short-1", 5)
	var m esdb.StreamMetadata
	m.SetMaxCount(2)
	_, err := from.official.SetStreamMetadata(t.Context(), "short-1", esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, m)
	check(t, err)
	from.fill(t, "long-1")
	from.scavenge(t)
	_, err = move(t, from, to).Run(t.Context())
	if !errors.Is(err, migrate.ErrScavenged) || !strings.Contains(err.Error(), "short-1") {
		t.Errorf("error = %v", err)
	}
}
