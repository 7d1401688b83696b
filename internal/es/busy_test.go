package es_test

import (
	"context"
	"errors"
	"iter"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/problem"
)

// silent is a store that answers nothing until a call's own limit.
type silent struct{ es.Store }

const storeLimit = 10 * time.Second

var errSilent = &problem.Error{Kind: problem.Unavailable, Reason: "SILENT", Text: problem.Text{Zh: "没有答复。", En: "No answer."}}

func (s silent) Read(ctx context.Context, _ string, _ es.Revision) iter.Seq2[es.Recorded, error] {
	return func(yield func(es.Recorded, error) bool) {
		ctx, cancel := context.WithTimeout(ctx, storeLimit)
		defer cancel()
		<-ctx.Done()
		yield(es.Recorded{}, errSilent)
	}
}

// TestACrowdDoesNotWaitForASilentStoreInTurn asks many questions about one
// aggregate while the store is silent. Without a bound the last would be
// answered after an hour and a half.
func TestACrowdDoesNotWaitForASilentStoreInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := locks(silent{newStore()})
		began := time.Now()
		var all sync.WaitGroup
		var mu sync.Mutex
		busy := 0
		for range 500 {
			all.Go(func() {
				_, _, err := r.Recent(t.Context(), "1", 0)
				if p, ok := errors.AsType[*problem.Error](err); !ok || p.Kind != problem.Unavailable {
					t.Errorf("answer: %v", err)
				}
				mu.Lock()
				defer mu.Unlock()
				if errors.Is(err, es.ErrBusy) {
					busy++
				}
			})
		}
		all.Wait()
		if took := time.Since(began); took > 2*storeLimit {
			t.Errorf("the last is answered after %s", took)
		}
		if busy < 498 {
			t.Errorf("%d are told that others wait", busy)
		}
		if _, err := r.Execute(t.Context(), "2", by("li", "1"), take{"li"}); err != nil {
			t.Errorf("another aggregate: %v", err)
		}
	})
}
