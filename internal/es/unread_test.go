package es_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/problem"
)

// counted counts the calls of a store.
type counted struct {
	es.Store
	reads, appends int
	fail           error // of every append
}

func (c *counted) Read(ctx context.Context, stream string, after es.Revision) iter.Seq2[es.Recorded, error] {
	c.reads++
	return c.Store.Read(ctx, stream, after)
}

func (c *counted) Append(ctx context.Context, stream string, expected es.Revision, meta es.Meta, events ...es.Event) (es.Appended, error) {
	c.appends++
	if c.fail != nil {
		return es.Appended{}, c.fail
	}
	return c.Store.Append(ctx, stream, expected, meta, events...)
}

func TestCreationIsOneAppendWithoutARead(t *testing.T) {
	calls := &counted{Store: newStore()}
	r := locks(calls)
	if receipt := mustExecute(t, r, "1", by("li", "1"), swap{"li"}); receipt.Revision != 2 || receipt.Repeated {
		t.Errorf("receipt = %+v", receipt)
	}
	mustExecute(t, r, "1", by("li", "2"), giveBack{}) // the state is complete without a read
	if calls.reads != 0 || calls.appends != 2 {
		t.Errorf("%d reads and %d appends, want 0 and 2", calls.reads, calls.appends)
	}
	for rec, err := range calls.Store.Read(t.Context(), "lock-1", 0) {
		if err != nil || rec.Meta.Attempt != "" {
			t.Errorf("stored %+v, %v", rec.Meta, err)
		}
	}
}

// A program that knows nothing of the first try must neither repeat it nor
// take another request for it.
func TestRetriedCreationIsFoundInTheStream(t *testing.T) {
	store := newStore()
	first := mustExecute(t, locks(store), "1", by("li", "1"), swap{"li"})
	mustExecute(t, locks(store), "1", by("li", "2"), giveBack{})
	other := by("li", "1")
	other.CommandHash = "hash of another request"
	for name, tc := range map[string]struct {
		meta es.Meta
		cmd  es.Command[lock]
		want error
	}{
		"the same":                   {by("li", "1"), swap{"li"}, nil},
		"another body":               {other, swap{"li"}, es.ErrCommandReused},
		"another body, fewer events": {other, take{"wang"}, es.ErrCommandReused},
		"another actor":              {by("wang", "1"), swap{"li"}, es.ErrCommandReused},
		"refused on nothing":         {other, es.Guarded[lock](take{"li"}, func(lock) error { return errHeld }), es.ErrCommandReused},
		"nothing to do on nothing":   {other, giveBack{}, es.ErrCommandReused},
	} {
		before := store.Head()
		receipt, err := locks(store).Execute(t.Context(), "1", tc.meta, tc.cmd)
		if !errors.Is(err, tc.want) || store.Head() != before {
			t.Errorf("%s: %v at %d", name, err, store.Head())
		}
		want := first
		want.Repeated = true
		if err == nil && fmt.Sprint(receipt) != fmt.Sprint(want) {
			t.Errorf("%s: receipt = %+v, want %+v", name, receipt, want)
		}
	}
}

func TestCreationOfUnknownEffectIsFoundOut(t *testing.T) {
	for _, fault := range []estest.Fault{estest.FailBefore, estest.FailAfter} {
		next := fault
		faulty := &estest.Faulty{Store: newStore(), Next: func() estest.Fault { f := next; next = estest.NoFault; return f }}
		same, another := locks(faulty), locks(faulty)
		if _, err := same.Execute(t.Context(), "1", by("li", "1"), take{"li"}); !errors.Is(err, estest.ErrInjected) {
			t.Fatalf("error = %v", err)
		}
		stored := fault == estest.FailAfter
		stranger := by("li", "1")
		stranger.CommandHash = "hash of another request"
		if stored { // what took effect is settled, whoever asks
			if _, err := another.Execute(t.Context(), "1", stranger, take{"wang"}); !errors.Is(err, es.ErrCommandReused) {
				t.Errorf("another body: %v", err)
			}
		}
		for i, r := range []*es.Repository[lock]{same, another, locks(faulty)} {
			receipt := mustExecute(t, r, "1", by("li", "1"), take{"li"})
			if receipt.Revision != 1 || receipt.Repeated != (stored || i > 0) {
				t.Errorf("fault %d, try %d: receipt = %+v", fault, i, receipt)
			}
		}
	}
}

// Two programs get the same command id at the same time, for two requests:
// one takes effect and the other learns that the id is taken.
func TestTwoRequestsWithOneIDAtOnce(t *testing.T) {
	store := newStore()
	for i := range 200 {
		id := fmt.Sprint(i)
		var errs [2]error
		var both sync.WaitGroup
		for n := range errs {
			r, meta := locks(store), by("li", "c")
			meta.CommandHash = fmt.Sprint("hash ", n)
			both.Go(func() { _, errs[n] = r.Execute(t.Context(), id, meta, take{fmt.Sprint("holder ", n)}) })
		}
		both.Wait()
		winner := 0
		if errs[0] != nil {
			winner = 1
		}
		if errs[winner] != nil || !errors.Is(errs[1-winner], es.ErrCommandReused) {
			t.Fatalf("errors = %v", errs)
		}
		if state, at, err := locks(store).Load(t.Context(), id); err != nil || at != 1 || state.Holder != fmt.Sprint("holder ", winner) {
			t.Fatalf("%+v at %d, %v; request %d had won", state, at, err, winner)
		}
	}
}

// What the store refuses of a try without a read is no answer yet: the command
// may have taken effect long ago, with a body that the store would take.
func TestRefusedTryIsDecidedOnTheStream(t *testing.T) {
	store := newStore()
	first := mustExecute(t, locks(store), "1", by("li", "1"), take{"li"})
	refused := &problem.Error{Kind: problem.TooLarge, Reason: "TOO_LARGE"}
	calls := &counted{Store: store, fail: fmt.Errorf("append: %w", refused)}
	if receipt, err := locks(calls).Execute(t.Context(), "1", by("li", "1"), take{"li"}); err != nil || receipt.Position != first.Position || !receipt.Repeated {
		t.Errorf("receipt = %+v, %v", receipt, err)
	}
	if _, err := locks(calls).Execute(t.Context(), "2", by("li", "2"), take{"li"}); !errors.Is(err, refused) {
		t.Errorf("error = %v", err)
	}

	calls = &counted{Store: store, fail: &problem.Error{Kind: problem.Unavailable, Reason: "AWAY"}}
	if _, err := locks(calls).Execute(t.Context(), "3", by("li", "3"), take{"li"}); !errors.Is(err, calls.fail) {
		t.Errorf("error = %v", err)
	}
	if calls.reads != 0 || calls.appends != 1 {
		t.Errorf("a store out of reach was asked %d and %d times", calls.reads, calls.appends)
	}
}

// The ids of a creation are its own; those of every later append are the
// command's, however often it is tried.
func TestEventIDs(t *testing.T) {
	store := newStore()
	r := locks(store)
	mustExecute(t, r, "1", by("li", "1"), take{"li"})
	mustExecute(t, r, "1", by("li", "2"), swap{"wang"})
	var ids []string
	for rec := range store.Read(t.Context(), "lock-1", 0) {
		ids = append(ids, rec.ID)
	}
	if len(ids) != 3 || ids[0] == es.EventID("lock-1", "1", 0) {
		t.Errorf("ids = %v", ids)
	}
	for n, id := range ids[1:] {
		if want := es.EventID("lock-1", "2", n); id != want {
			t.Errorf("event %d: id = %s, want %s", n, id, want)
		}
	}
}
