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

// shorten hides all but two of a stream's events and scavenges the others.
func (l log) shorten(t *testing.T, stream string) {
	t.Helper()
	var m esdb.StreamMetadata
	m.SetMaxCount(2)
	_, err := l.official.SetStreamMetadata(t.Context(), stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, m)
	check(t, err)
	l.fill(t, "long-1")
	l.scavenge(t)
}

// TestEventsKeepTheirRevisionsWhereEarlierOnesAreGone: placeholders stand for
// what was scavenged, hidden by what hid it, until the target is scavenged.
func TestEventsKeepTheirRevisionsWhereEarlierOnesAreGone(t *testing.T) {
	from, to := newLog(t), newLog(t)
	from.write(t, "short-1", 450)
	from.write(t, "permit-1", 3)
	from.shorten(t, "short-1")
	from.write(t, "short-1", 1)
	report, err := move(t, from, to).Run(t.Context())
	if err != nil || report.Gaps != 1 || report.Placeholders != 448 || report.Events != 3+3+20 {
		t.Errorf("%+v, %v", report, err)
	}
	wantSame(t, from, to)
	third := newLog(t) // placeholders are gaps again
	report, err = move(t, to, third).Run(t.Context())
	if err != nil || report.Placeholders != 448 {
		t.Errorf("%+v, %v", report, err)
	}
	wantSame(t, from, third)
	to.fill(t, "long-2")
	to.scavenge(t)
	for _, e := range to.all(t) {
		if e.Type == migrate.Placeholder {
			t.Fatalf("a placeholder is left: %+v", e)
		}
	}
}

// TestAMoveWithGapsGoesOn cuts it off at every write.
func TestAMoveWithGapsGoesOn(t *testing.T) {
	from, to := newLog(t), newLog(t)
	from.write(t, "short-1", 420)
	from.shorten(t, "short-1")
	m := move(t, from, to)
	for reach := 0; ; reach++ {
		m.To = &cut{Target: to, left: reach, after: reach%2 == 0}
		if _, err := m.Run(t.Context()); err == nil {
			break
		} else if !errors.Is(err, errCut) {
			t.Fatal(err)
		}
	}
	wantSame(t, from, to)
}

// TestRightsMove: every version of metadata, that of $all, and the defaults of
// access lists, which a target of its own mind keeps.
func TestRightsMove(t *testing.T) {
	from, to, other := newLog(t), newLog(t), newLog(t)
	from.write(t, "permit-1", 2)
	put := func(l log, stream, kind, data string) {
		_, err := l.official.AppendToStream(t.Context(), stream, esdb.AppendToStreamOptions{ExpectedRevision: esdb.Any{}}, esdb.EventData{
			EventID: uuid.New(), EventType: kind, ContentType: esdb.ContentTypeJson, Data: []byte(data),
		})
		check(t, err)
	}
	for _, who := range []string{"ann", "bob", "cem"} {
		put(from, "$$permit-1", "$metadata", `{"$acl":{"$r":"`+who+`"}}`)
		put(from, "$$$all", "$metadata", `{"$acl":{"$r":"`+who+`"}}`)
	}
	put(from, "$settings", "update-default-acl", `{"$userStreamAcl":{"$r":"ann"}}`)
	put(other, "$settings", "update-default-acl", `{"$userStreamAcl":{"$r":"bob"}}`)
	report, err := move(t, from, to).Run(t.Context())
	if err != nil || report.Metadata != 6 || !report.Defaults || report.KeptDefaults {
		t.Errorf("%+v, %v", report, err)
	}
	wantSame(t, from, to)
	if a, b := from.read(t, "$settings"), to.read(t, "$settings"); a != b {
		t.Errorf("$settings reads %s, in the target %s", a, b)
	}
	report, err = move(t, from, other).Run(t.Context())
	if err != nil || report.Defaults || !report.KeptDefaults {
		t.Errorf("%+v, %v", report, err)
	}
}
