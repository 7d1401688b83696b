package estest

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"google.golang.org/protobuf/testing/protocmp"

	"shiyang/internal/es"
)

// Start is the instant at which [Facts] happen: noon in Wuwei on a working
// day.
var Start = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

// By is a fact with its circumstances. It occurred when it was recorded.
func By(actor es.Actor, at time.Time, event es.Event) es.Fact {
	return es.Fact{Event: event, Meta: es.Meta{Actor: actor, OccurredAt: at.UTC(), RecordedAt: at.UTC()}}
}

// Facts are events of which only the order matters: all at Start, by nobody
// in particular.
func Facts(events ...es.Event) []es.Fact {
	facts := make([]es.Fact, len(events))
	for i, e := range events {
		facts[i] = By(es.Actor{}, Start, e)
	}
	return facts
}

// Scenario is one example of a rule: given a history, when a command
// arrives, then these events follow or this error is returned. An empty Then
// without Err means that there is nothing to do.
type Scenario[S es.State[S]] struct {
	Name  string // a sentence of the business: "runs five years at most"
	Given []es.Fact
	When  es.Command[S]
	Then  []es.Event
	Err   error // compared with errors.Is
}

// Run plays every scenario as a subtest. It also checks that Decide is pure
// enough to be asked twice, and that Evolve leaves earlier states as they
// are.
func Run[S es.State[S]](t *testing.T, scenarios []Scenario[S]) {
	t.Helper()
	for _, sc := range scenarios {
		t.Run(sc.Name, func(t *testing.T) {
			t.Helper()
			state := foldChecked[S](t, sc.Given)
			got, err := sc.When.Decide(state)
			if !errors.Is(err, sc.Err) {
				t.Fatalf("error = %v, want %v", err, sc.Err)
			}
			if diff := cmp.Diff(sc.Then, got, protocmp.Transform(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			again, err := sc.When.Decide(state)
			if diff := cmp.Diff(got, again, protocmp.Transform()); diff != "" || !errors.Is(err, sc.Err) {
				t.Errorf("asked again: %v\n%s", err, diff)
			}
		})
	}
}

// foldChecked folds facts and fails if a step changed the state before it: a
// remembered state is shared, so Evolve must copy maps and slices it changes.
func foldChecked[S es.State[S]](t testing.TB, facts []es.Fact) S {
	t.Helper()
	var state S
	for i, f := range facts {
		var twin S // the same state, sharing nothing
		twin = es.Fold(twin, facts[:i]...)
		next := state.Evolve(f)
		if !reflect.DeepEqual(state, twin) {
			t.Fatalf("Evolve(%s) changed the state that it was called on; return changed copies of maps and slices", es.TypeName(f.Event))
		}
		state = next
	}
	return state
}
