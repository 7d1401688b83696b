package estest

import (
	"reflect"
	"testing"

	"shiyang/internal/es"
	commonv1 "shiyang/proto/common/v1"
)

// EveryEventEvolves folds the samples in order, which should be a life of
// the aggregate in which every event occurs, and fails for each one that
// leaves no trace in the state. It also proves that Evolve is total: it
// survives every event without content in every state of that life, ignores
// events it does not know, and leaves earlier states as they are.
func EveryEventEvolves[S es.State[S]](t testing.TB, samples ...es.Fact) {
	t.Helper()
	var state S
	for i, f := range samples {
		next := es.Fold(*new(S), samples[:i+1]...)
		if reflect.DeepEqual(state, next) {
			t.Errorf("%s leaves no trace in %T", es.TypeName(f.Event), state)
		}
		for _, other := range samples {
			empty := other.Event.ProtoReflect().New().Interface()
			es.Fold(*new(S), samples[:i]...).Evolve(es.Fact{Event: empty})
		}
		foreign := es.Fact{Event: &commonv1.Text{Zh: "其他"}, Meta: f.Meta}
		if got := es.Fold(next, foreign); !reflect.DeepEqual(got, next) {
			t.Errorf("an event of someone else changes %T", state)
		}
		state = next
	}
	foldChecked[S](t, samples)
}
