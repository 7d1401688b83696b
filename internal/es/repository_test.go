package es_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
)

func mustExecute(t *testing.T, r *es.Repository[lock], id string, meta es.Meta, cmd es.Command[lock]) es.Receipt {
	t.Helper()
	receipt, err := r.Execute(t.Context(), id, meta, cmd)
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

func TestFirstReceiptIsGivenAgain(t *testing.T) {
	store := newStore()
	for _, r := range []*es.Repository[lock]{locks(store), locks(store)} {
		first := mustExecute(t, locks(store), "1", by("li", "swap"), swap{"li"})
		mustExecute(t, locks(store), "1", by("li", "give back"), giveBack{})
		again := mustExecute(t, r, "1", by("li", "swap"), swap{"li"})
		if again.Revision != first.Revision || again.Position != first.Position || !again.Repeated || again.ID != "1" || again.Stream != "lock-1" {
			t.Errorf("again = %+v, first = %+v", again, first)
		}
		if again.Revision != 2 || again.Position == 0 {
			t.Errorf("receipt of two events = %+v", again)
		}
	}
}

func TestCommandIDIsUsedForOneRequestOfOneActor(t *testing.T) {
	store := newStore()
	mustExecute(t, locks(store), "1", by("li", "c"), take{"li"})
	otherHash := by("li", "c")
	otherHash.CommandHash = "another request"
	warm := locks(store)
	if _, _, err := warm.Load(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*es.Repository[lock]{"cold": locks(store), "warm": warm} {
		for _, meta := range []es.Meta{otherHash, by("wang", "c")} {
			if _, err := r.Execute(t.Context(), "1", meta, giveBack{}); !errors.Is(err, es.ErrCommandReused) {
				t.Errorf("%s: %+v: error = %v", name, meta, err)
			}
		}
	}
	if _, at, _ := locks(store).Load(t.Context(), "1"); at != 1 {
		t.Errorf("revision = %d, something was written", at)
	}
}

func TestServicesCanAskBeforehand(t *testing.T) {
	store := newStore()
	r := locks(store)
	if _, repeated, err := r.Repeated(t.Context(), "1", by("li", "c")); repeated || err != nil {
		t.Errorf("before: %v, %v", repeated, err)
	}
	first := mustExecute(t, locks(store), "1", by("li", "c"), take{"li"})
	got, repeated, err := r.Repeated(t.Context(), "1", by("li", "c"))
	if !repeated || err != nil || got.Revision != first.Revision || got.Position != first.Position || !got.Repeated {
		t.Errorf("after: %+v, %v, %v", got, repeated, err)
	}
	if _, _, err := r.Repeated(t.Context(), "1", by("wang", "c")); !errors.Is(err, es.ErrCommandReused) {
		t.Errorf("another actor: %v", err)
	}
}

func TestCommandWithoutIDIsRefused(t *testing.T) {
	store := newStore()
	if _, err := locks(store).Execute(t.Context(), "1", es.Meta{}, take{"li"}); !errors.Is(err, es.ErrNoCommandID) {
		t.Errorf("error = %v", err)
	}
	if _, err := locks(store).Execute(t.Context(), "", by("li", "c"), take{"li"}); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("no id: error = %v", err)
	}
	if store.Head() != 0 {
		t.Error("something was written")
	}
}

func TestClocks(t *testing.T) {
	store := newStore()
	clock := noon.Add(1500 * time.Nanosecond)
	r := es.NewRepository[lock]("lock", store, es.Options{Now: func() time.Time { return clock }})
	last := func() es.Meta {
		var m es.Meta
		for rec, err := range r.History(t.Context(), "1") {
			if err != nil {
				t.Fatal(err)
			}
			m = rec.Meta
		}
		return m
	}

	mustExecute(t, r, "1", by("li", "1"), swap{"li"})
	if m := last(); !m.RecordedAt.Equal(noon.Add(time.Microsecond)) || !m.OccurredAt.Equal(m.RecordedAt) {
		t.Errorf("stamped %v, %v; want whole microseconds and the same", m.OccurredAt, m.RecordedAt)
	}

	clock = noon.Add(-time.Hour) // another machine's clock, or one set back
	mustExecute(t, r, "1", by("li", "2"), swap{"li"})
	if m := last(); m.RecordedAt.Before(noon) {
		t.Errorf("recorded at %v, before the event before it", m.RecordedAt)
	}

	clock = noon.Add(time.Hour)
	past := by("li", "3")
	past.OccurredAt = noon.Add(-48 * time.Hour).In(time.FixedZone("CST", 8*3600))
	mustExecute(t, r, "1", past, swap{"li"})
	if m := last(); !m.OccurredAt.Equal(past.OccurredAt) || m.OccurredAt.Location() != time.UTC || !m.RecordedAt.Equal(clock) {
		t.Errorf("occurred %v, recorded %v", m.OccurredAt, m.RecordedAt)
	}

	future := by("li", "4")
	future.OccurredAt = clock.Add(time.Second)
	_, err := r.Execute(t.Context(), "1", future, swap{"li"})
	p, ok := errors.AsType[*problem.Error](err)
	if !ok || len(p.Errors) != 1 || p.Errors[0].Path != "occurredAt" || p.Errors[0].Reason != "OCCURRED_IN_FUTURE" {
		t.Errorf("error = %v", err)
	}
}

func TestNothingToDoPointsAtTheEnd(t *testing.T) {
	r := locks(newStore())
	mustExecute(t, r, "1", by("li", "1"), take{"li"})
	end := mustExecute(t, r, "1", by("li", "2"), giveBack{})
	got := mustExecute(t, r, "1", by("li", "3"), giveBack{})
	if got.Revision != end.Revision || got.Position != end.Position || got.Repeated {
		t.Errorf("receipt = %+v, want the end %+v", got, end)
	}
}

func TestExpectingAndGuardedCompose(t *testing.T) {
	r := locks(newStore())
	mustExecute(t, r, "1", by("li", "1"), take{"li"})
	mustExecute(t, r, "1", by("li", "2"), giveBack{})

	forbidden := &problem.Error{Kind: problem.Forbidden, Reason: "NOT_YOURS"}
	deny := func(lock) error { return forbidden }
	allow := func(lock) error { return nil }
	for i, c := range []struct {
		cmd  es.Command[lock]
		want error
	}{
		{es.Expecting[lock](take{"li"}, 1), es.ErrStaleRevision},
		{es.Guarded(es.Expecting[lock](take{"li"}, 1), allow), es.ErrStaleRevision},
		{es.Expecting(es.Guarded[lock](take{"li"}, deny), 2), forbidden},
		{es.Guarded(es.Guarded[lock](take{"li"}, deny), allow), forbidden},
		{es.Guarded(es.Expecting[lock](take{"li"}, 1), deny), forbidden},
	} {
		if _, err := r.Execute(t.Context(), "1", by("li", fmt.Sprint("no", i)), c.cmd); !errors.Is(err, c.want) {
			t.Errorf("%d: error = %v, want %v", i, err, c.want)
		}
	}
	got := mustExecute(t, r, "1", by("li", "3"), es.Guarded(es.Expecting[lock](take{"li"}, 2), allow))
	if len(got.Warnings) != 1 || got.Warnings[0].Reason != "TAKEN_BEFORE" {
		t.Errorf("advice was lost: %+v", got.Warnings)
	}
	// Sent again it is answered, although the revision has moved on.
	again := mustExecute(t, r, "1", by("li", "3"), es.Guarded(es.Expecting[lock](take{"li"}, 2), allow))
	if !again.Repeated {
		t.Errorf("again = %+v", again)
	}
	mustExecute(t, r, "1", by("li", "4"), es.Expecting[lock](giveBack{}, 0))
}

func TestUnknownEventStopsCommands(t *testing.T) {
	store := newStore()
	warm := locks(store)
	mustExecute(t, warm, "1", by("li", "1"), take{"li"})
	if err := store.Inject("lock-1", "later.v9.LockMelted", []byte(`{}`), by("li", "2")); err != nil {
		t.Fatal(err)
	}
	end := store.Head()
	for name, r := range map[string]*es.Repository[lock]{"cold": locks(store), "warm": warm} {
		for _, cmd := range []es.Command[lock]{swap{"x"}, take{"x"}} {
			if _, err := r.Execute(t.Context(), "1", by("li", "3"), cmd); !errors.Is(err, es.ErrUnknownEvent) {
				t.Errorf("%s %T: error = %v", name, cmd, err)
			}
		}
		if _, _, err := r.Load(t.Context(), "1"); !errors.Is(err, es.ErrUnknownEvent) {
			t.Errorf("%s: load: %v", name, err)
		}
	}
	if store.Head() != end {
		t.Error("something was written")
	}
}

func TestConflictsAreDecidedAgainFourTimes(t *testing.T) {
	for conflicts, want := range map[int]error{0: nil, 1: nil, 3: nil, 4: es.ErrConflict} {
		left := conflicts
		faulty := &estest.Faulty{Store: newStore(), Next: func() estest.Fault {
			if left--; left >= 0 {
				return estest.Conflict
			}
			return estest.NoFault
		}}
		_, err := locks(faulty).Execute(t.Context(), "1", by("li", "1"), take{"li"})
		if !errors.Is(err, want) {
			t.Errorf("%d conflicts: error = %v, want %v", conflicts, err, want)
		}
	}
}

func TestCacheSavesReadsAndStaysBounded(t *testing.T) {
	reads := 0
	faulty := &estest.Faulty{Store: newStore(), FailRead: func(string) error { reads++; return nil }}
	r := es.NewRepository[lock]("lock", faulty, es.Options{Now: atNoon, CacheBytes: 4096})
	execute := func(id string, n int) {
		mustExecute(t, r, id, by("li", fmt.Sprint(id, "/", n)), swap{"li"})
	}
	execute("hot", 0)
	reads = 0
	execute("hot", 1)
	if reads != 0 {
		t.Errorf("a remembered aggregate was read %d times", reads)
	}
	for i := range 100 {
		execute(fmt.Sprint("cold", i), 0)
	}
	reads = 0
	execute("hot", 2)
	if reads != 1 {
		t.Errorf("after a hundred others it was read %d times, want once", reads)
	}

	off := es.NewRepository[lock]("lock", faulty, es.Options{Now: atNoon, CacheBytes: -1})
	mustExecute(t, off, "1", by("li", "1"), swap{"li"})
	reads = 0
	mustExecute(t, off, "1", by("li", "2"), swap{"li"})
	if reads != 1 {
		t.Errorf("without a cache: %d reads, want 1", reads)
	}
}

func TestRecentSavesReadsAndShowsOwnEffectsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reads := 0
		store := newStore()
		ours := locks(&estest.Faulty{Store: store, FailRead: func(string) error { reads++; return nil }})
		holder := func(want string, at es.Revision) {
			t.Helper()
			l, revision, err := ours.Recent(t.Context(), "1", time.Second)
			if err != nil || l.Holder != want || revision != at {
				t.Errorf("recent = %+v at %d, %v; want %q at %d", l, revision, err, want, at)
			}
		}
		holder("", 0)
		mustExecute(t, locks(store), "1", by("li", "a"), take{"li"})
		holder("li", 1) // what was never seen is always looked up
		mustExecute(t, ours, "1", by("li", "b"), giveBack{})
		reads = 0
		holder("", 2)
		mustExecute(t, locks(store), "1", by("wang", "c"), take{"wang"})
		holder("", 2)
		if reads != 0 {
			t.Errorf("%d reads within the age", reads)
		}
		time.Sleep(time.Second)
		holder("wang", 3)
		if reads != 1 {
			t.Errorf("%d reads after the age, want 1", reads)
		}
	})
}

func TestErrorsNameStreamsAndNoPersons(t *testing.T) {
	codec := es.NewCodec(nil)
	_, _, err := codec.Encode(t.Context(), &commonv1.Person{Id: "p", Name: "王秀英"})
	if err == nil || strings.Contains(err.Error(), "王") {
		t.Errorf("error = %v", err)
	}
}

func TestCategoryHoldsNoHyphen(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a category with a hyphen was accepted")
		}
	}()
	es.NewRepository[lock]("pad-lock", newStore(), es.Options{})
}

func TestStreamNames(t *testing.T) {
	name := es.StreamName("permit", "0191-7")
	if c, id, ok := es.SplitStream(name); !ok || c != "permit" || id != "0191-7" {
		t.Errorf("%s = %q, %q, %v", name, c, id, ok)
	}
	for _, bad := range []string{"", "permit", "-1", "permit-"} {
		if _, _, ok := es.SplitStream(bad); ok {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// Ids are derived for ever: what this prints may never change.
func TestDerivedIDsNeverChange(t *testing.T) {
	if got, want := es.DerivedID("ab", "c"), "1bf241d3-997f-577d-a3d8-83d9198b677a"; got != want {
		t.Errorf("DerivedID = %s, want %s", got, want)
	}
	if es.DerivedID("ab", "c") == es.DerivedID("a", "bc") {
		t.Error("parts run together")
	}
	if got, want := es.EventID("permit-1", "c", 2), "43a79d27-f14e-52bf-ad44-0b709d560dd4"; got != want {
		t.Errorf("EventID = %s, want %s", got, want)
	}
}

func BenchmarkExecute(b *testing.B) {
	for name, bytes := range map[string]int64{"remembered": 0, "read": -1} {
		b.Run(name, func(b *testing.B) {
			r := es.NewRepository[lock]("lock", newStore(), es.Options{Now: atNoon, CacheBytes: bytes})
			n := 0
			for b.Loop() {
				n++ // ten commands on each of many aggregates
				if _, err := r.Execute(b.Context(), fmt.Sprint(n/10), by("li", fmt.Sprint("c", n)), swap{"li"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
