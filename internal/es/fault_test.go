package es_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/anishathalye/porcupine"
	"pgregory.net/rapid"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/problem"
)

// Two programs on one store, both with a remembered state that the other
// makes stale: the second must not refuse on what is no longer so.
func TestRefusalIsCheckedAgainstTheStore(t *testing.T) {
	store := newStore()
	a, b := locks(store), locks(store)
	mustExecute(t, a, "1", by("li", "1"), take{"li"})
	if _, _, err := b.Load(t.Context(), "1"); err != nil { // b remembers: held by li
		t.Fatal(err)
	}
	mustExecute(t, a, "1", by("li", "2"), giveBack{})
	mustExecute(t, b, "1", by("wang", "3"), take{"wang"}) // b thought it was held

	// a remembers: free. Nothing to do is no answer either.
	mustExecute(t, a, "1", by("li", "4"), giveBack{})
	if state, _, err := b.Load(t.Context(), "1"); err != nil || state.Holder != "" {
		t.Errorf("state = %+v, %v: a answered from memory", state, err)
	}
}

// The other program is faster between our read and our append.
func TestDecisionCountsOnlyIfItsAppendDoes(t *testing.T) {
	store := newStore()
	other := locks(store)
	race := &estest.Faulty{Store: store}
	once := sync.OnceFunc(func() { mustExecute(t, other, "1", by("wang", "1"), take{"wang"}) })
	race.Between = func(string) { once() }
	if _, err := locks(race).Execute(t.Context(), "1", by("li", "2"), take{"li"}); !errors.Is(err, errHeld) {
		t.Errorf("error = %v, want the refusal on the new state", err)
	}
	if state, at, _ := other.Load(t.Context(), "1"); state.Holder != "wang" || at != 1 {
		t.Errorf("state = %+v at %d", state, at)
	}
}

// While a refusal is being checked, the tail changes once more.
func TestRefusalRace(t *testing.T) {
	store := newStore()
	other := locks(store)
	mustExecute(t, other, "1", by("wang", "1"), take{"wang"})
	var r *es.Repository[lock]
	free := sync.OnceFunc(func() { mustExecute(t, other, "1", by("wang", "2"), giveBack{}) })
	faulty := &estest.Faulty{Store: store}
	r = locks(faulty)
	if _, _, err := r.Load(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	faulty.FailRead = func(string) error { free(); return nil } // freed just before the tail is read
	if _, err := r.Execute(t.Context(), "1", by("li", "3"), take{"li"}); err != nil {
		t.Errorf("refused on an old state: %v", err)
	}
}

// An append of unknown effect must not leave a guess in memory.
func TestUnknownEffectIsFoundOut(t *testing.T) {
	for _, fault := range []estest.Fault{estest.FailBefore, estest.FailAfter} {
		next := estest.NoFault
		faulty := &estest.Faulty{Store: newStore(), Next: func() estest.Fault { f := next; next = estest.NoFault; return f }}
		r := locks(faulty)
		mustExecute(t, r, "1", by("li", "1"), take{"li"})
		next = fault
		if _, err := r.Execute(t.Context(), "1", by("li", "2"), swap{"wang"}); !errors.Is(err, estest.ErrInjected) {
			t.Fatalf("error = %v", err)
		}
		receipt := mustExecute(t, r, "1", by("li", "2"), swap{"wang"})
		if receipt.Revision != 3 || receipt.Repeated != (fault == estest.FailAfter) {
			t.Errorf("fault %d: receipt = %+v", fault, receipt)
		}
	}
}

func TestFailedReadLeavesAWholeState(t *testing.T) {
	fail := false
	faulty := &estest.Faulty{Store: newStore(), FailRead: func(string) error {
		if fail {
			return estest.ErrInjected
		}
		return nil
	}}
	r := locks(faulty)
	mustExecute(t, r, "1", by("li", "1"), take{"li"})
	fail = true
	if _, err := r.Execute(t.Context(), "1", by("li", "2"), take{"li"}); !errors.Is(err, estest.ErrInjected) {
		t.Errorf("a refusal that could not be checked was answered: %v", err)
	}
	fail = false
	if _, err := r.Execute(t.Context(), "1", by("li", "2"), take{"li"}); !errors.Is(err, errHeld) {
		t.Errorf("error = %v", err)
	}
}

// Whatever faults and whichever program a command goes to: each command
// takes effect at most once, exactly once if it was accepted, and the lock is
// never taken while it is held.
func TestCommandsTakeEffectOnceUnderFaults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		store := newStore()
		faulty := &estest.Faulty{Store: store, Next: func() estest.Fault {
			return rapid.SampledFrom([]estest.Fault{0, 0, 0, estest.FailBefore, estest.FailAfter, estest.Conflict}).Draw(t, "fault")
		}}
		programs := []*es.Repository[lock]{
			locks(faulty), locks(faulty), es.NewRepository[lock]("lock", faulty, es.Options{Now: atNoon, CacheBytes: 900}),
		}
		run := func(t *rapid.T, cmd es.Command[lock], name string) {
			id := name + rapid.SampledFrom([]string{"1", "2", "3", "4", "5"}).Draw(t, "id")
			for {
				program := rapid.IntRange(0, len(programs)-1).Draw(t, "program")
				receipt, err := programs[program].Execute(t.Context(), "1", by("li", id), cmd)
				if unknownEffect(err) || errors.Is(err, es.ErrConflict) {
					continue
				}
				var effect es.Receipt
				for rec := range store.Read(t.Context(), "lock-1", 0) {
					if rec.Meta.CommandID == id {
						effect.Revision, effect.Position = rec.Revision, rec.Position
					}
				}
				switch {
				case err != nil && effect.Revision > 0:
					t.Fatalf("%s was refused (%v) although it took effect at %d", id, err, effect.Revision)
				case effect.Revision > 0 && (receipt.Revision != effect.Revision || receipt.Position != effect.Position):
					t.Fatalf("%s: receipt %+v, effect %+v", id, receipt, effect)
				case err == nil && name == "take" && effect.Revision == 0:
					t.Fatalf("%s was accepted without effect", id)
				}
				return
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"take":      func(t *rapid.T) { run(t, take{"li"}, "take") },
			"give back": func(t *rapid.T) { run(t, giveBack{}, "give") },
			"": func(t *rapid.T) {
				held, seen := "", map[string]bool{}
				for rec := range store.Read(t.Context(), "lock-1", 0) {
					next := lock{Holder: held}.Evolve(rec.Fact)
					if held != "" && next.Holder != "" || held == "" && next.Holder == "" {
						t.Fatalf("event %d does not follow from %q", rec.Revision, held)
					}
					held = next.Holder
					if seen[rec.Meta.CommandID] {
						t.Fatalf("%s took effect twice", rec.Meta.CommandID)
					}
					seen[rec.Meta.CommandID] = true
				}
			},
		})
	})
}

// asked is one call on the lock, for the linearizability check.
type asked struct {
	who  string
	take bool
}

// oneLock is a single lock that takes one command at a time. Its state is
// the holder.
var oneLock = porcupine.Model{
	Init: func() any { return "" },
	Step: func(state, input, accepted any) (bool, any) {
		holder, in := state.(string), input.(asked)
		wanted, after := in.who, ""
		if in.take {
			wanted, after = "", in.who
		}
		if accepted != (holder == wanted) {
			return false, holder
		}
		if accepted == false {
			after = holder
		}
		return true, after
	},
}

var errNotMine = &problem.Error{Kind: problem.Rejected, Reason: "NOT_MINE"}

// command is what a client sends for a call.
func (in asked) command() es.Command[lock] {
	if in.take {
		return take{in.who}
	}
	return es.Guarded[lock](giveBack{}, func(l lock) error {
		if l.Holder != in.who {
			return errNotMine
		}
		return nil
	})
}

// The history that concurrent callers of two programs see, faults and
// retries included, is one that a single lock could have given.
func TestLockIsLinearizable(t *testing.T) {
	var clock, appends atomic.Int64
	faulty := &estest.Faulty{Store: newStore(), Next: func() estest.Fault {
		return []estest.Fault{0, 0, estest.FailAfter, 0, estest.Conflict, 0, estest.FailBefore}[appends.Add(1)%7]
	}}
	programs := []*es.Repository[lock]{locks(faulty), locks(faulty)}
	const clients, calls = 6, 12
	histories := make([][]porcupine.Operation, clients)
	var wg sync.WaitGroup
	for client := range clients {
		wg.Go(func() {
			for i := range calls {
				in := asked{who: fmt.Sprint("client", client), take: i%2 == 0}
				id := fmt.Sprint(in.who, "/", i)
				op := porcupine.Operation{ClientId: client, Input: in, Call: clock.Add(1)}
				_, err := programs[client%2].Execute(t.Context(), "1", by(in.who, id), in.command())
				for unknownEffect(err) || errors.Is(err, es.ErrConflict) {
					_, err = programs[(client+i)%2].Execute(t.Context(), "1", by(in.who, id), in.command())
				}
				op.Output, op.Return = err == nil, clock.Add(1)
				histories[client] = append(histories[client], op)
			}
		})
	}
	wg.Wait()
	history, accepted := slices.Concat(histories...), 0
	for _, op := range history {
		if op.Output == true {
			accepted++
		}
	}
	if accepted == 0 {
		t.Error("nobody ever got the lock")
	}
	if !porcupine.CheckOperations(oneLock, history) {
		t.Errorf("no single lock could have answered like this:\n%+v", history)
	}
}
