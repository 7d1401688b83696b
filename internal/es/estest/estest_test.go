package estest_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/es/memstore"
	commonv1 "shiyang/proto/common/v1"
)

// recorder is a test that may fail without harm.
type recorder struct {
	testing.TB
	said []string
}

type stopped struct{}

func (*recorder) Helper()                     {}
func (r *recorder) Errorf(f string, _ ...any) { r.said = append(r.said, f) }
func (r *recorder) Failed() bool              { return len(r.said) > 0 }
func (r *recorder) Fatal(...any)              { r.said = append(r.said, "fatal"); panic(stopped{}) }
func (r *recorder) Fatalf(f string, _ ...any) { r.said = append(r.said, f); panic(stopped{}) }

// saying runs a check and returns what it complained of.
func saying(t *testing.T, check func(tb testing.TB)) string {
	t.Helper()
	r := &recorder{TB: t}
	func() {
		defer func() {
			if p := recover(); p != nil && p != (stopped{}) {
				panic(p)
			}
		}()
		check(r)
	}()
	return strings.Join(r.said, "\n")
}

// numbers counts what was used, in a careful and in a careless way.
type careful struct{ Used map[int64]bool }

func (c careful) Evolve(f es.Fact) careful {
	if e, ok := f.Event.(*commonv1.NumberUsed); ok {
		used := map[int64]bool{e.GetSerial(): true}
		for n := range c.Used {
			used[n] = true
		}
		c.Used = used
	}
	return c
}

type careless struct{ Used map[int64]bool }

func (c careless) Evolve(f es.Fact) careless {
	if e, ok := f.Event.(*commonv1.NumberUsed); ok {
		if c.Used == nil {
			c.Used = map[int64]bool{}
		}
		c.Used[e.GetSerial()] = true
	}
	return c
}

type nosy struct{ Events int }

func (n nosy) Evolve(es.Fact) nosy { n.Events++; return n }

func TestEveryEventEvolves(t *testing.T) {
	life := estest.Facts(&commonv1.NumberUsed{Serial: 1}, &commonv1.NumberUsed{Serial: 2})
	estest.EveryEventEvolves[careful](t, life...)
	for want, check := range map[string]func(tb testing.TB){
		"changed the state": func(tb testing.TB) { estest.EveryEventEvolves[careless](tb, life...) },
		"leaves no trace": func(tb testing.TB) {
			estest.EveryEventEvolves[careful](tb, estest.Facts(&commonv1.NumberVoided{Serial: 1})...)
		},
		"someone else": func(tb testing.TB) { estest.EveryEventEvolves[nosy](tb, life...) },
	} {
		if said := saying(t, check); !strings.Contains(said, want) {
			t.Errorf("it did not complain that an event %s, but said %q", want, said)
		}
	}
}

func TestGoldenBytesNeverChange(t *testing.T) {
	file := filepath.Join(t.TempDir(), "golden.json")
	if err := os.WriteFile(file, []byte("{\"a\":1}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	estest.Bytes(t, file, []byte(`{"a":1}`))
	if said := saying(t, func(tb testing.TB) { estest.Bytes(tb, file, []byte(`{"a":2}`)) }); !strings.Contains(said, "for ever") {
		t.Errorf("said %q", said)
	}
	if after, _ := os.ReadFile(file); string(after) != "{\"a\":1}\n" {
		t.Errorf("the golden file was changed to %s", after)
	}
}

func TestEventsWithoutGoldenFileAreNamed(t *testing.T) {
	said := saying(t, func(tb testing.TB) {
		estest.EveryEventHasGolden(tb, commonv1.File_common_v1_events_proto, t.TempDir())
	})
	if events := estest.EventsOf(commonv1.File_common_v1_events_proto); strings.Count(said, "no golden file") != len(events) || len(events) < 8 {
		t.Errorf("%d events, said %q", len(events), said)
	}
}

func TestPartsAreNoEvents(t *testing.T) {
	for _, m := range estest.EventsOf(commonv1.File_common_v1_events_proto) {
		if m.Name() == "NumberReservation" {
			t.Error("a part of NumbersReserved is taken for an event")
		}
	}
}

func TestFaults(t *testing.T) {
	fault := estest.NoFault
	store := memstore.New(nil)
	faulty := &estest.Faulty{Store: store, Next: func() estest.Fault { return fault }}
	for _, c := range []struct {
		fault  estest.Fault
		want   error
		stored bool
	}{
		{estest.NoFault, nil, true},
		{estest.FailBefore, estest.ErrInjected, false},
		{estest.FailAfter, estest.ErrInjected, true},
		{estest.Conflict, es.ErrConflict, false},
	} {
		before := store.Head()
		fault = c.fault
		_, err := faulty.Append(t.Context(), "lock-"+string(rune('a'+c.fault)), 0, es.Meta{CommandID: "c"}, &commonv1.NumberUsed{Serial: 1})
		if !errors.Is(err, c.want) || (store.Head() > before) != c.stored {
			t.Errorf("fault %d: %v, stored %v", c.fault, err, store.Head() > before)
		}
	}
}
