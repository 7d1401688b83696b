package readmodel_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/readmodel"
)

// paced returns a pipe whose first event was put and taken just now.
func paced(t *testing.T) readmodel.Paced {
	t.Helper()
	p := readmodel.NewPaced()
	put(t, p, 1)
	taken(t, p, 1, 0)
	return p
}

func put(t *testing.T, p readmodel.Paced, at es.Position) {
	t.Helper()
	if err := p.Put(t.Context(), at); err != nil {
		t.Error(err)
	}
}

// taken takes a batch and compares what it holds and how long that took.
func taken(t *testing.T, p readmodel.Paced, events int, after time.Duration) {
	t.Helper()
	began := time.Now()
	got, err := p.Take(t.Context())
	if err != nil || got != events || time.Since(began) != after {
		t.Errorf("%d events after %v, %v; want %d after %v", got, time.Since(began), err, events, after)
	}
}

func TestTrickleBecomesBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := paced(t)
		put(t, p, 2)
		go func() {
			time.Sleep(readmodel.LivePace / 2)
			put(t, p, 3)
		}()
		taken(t, p, 2, readmodel.LivePace)
		time.Sleep(readmodel.LivePace)
		put(t, p, 4)
		taken(t, p, 1, 0) // a lone event waits for nothing
	})
}

func TestFullBatchesWaitForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := paced(t)
		go func() {
			for at := range es.Position(readmodel.BatchEvents + 1) {
				put(t, p, 2+at)
			}
			p.End()
		}()
		taken(t, p, readmodel.BatchEvents, 0)
		taken(t, p, 1, 0) // and neither does the end
	})
}

func TestWaitingReaderHurriesTheWriter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := paced(t)
		put(t, p, 2)
		waiting := make(chan func(), 1)
		go func() {
			time.Sleep(readmodel.LivePace / 4)
			waiting <- p.Await()
		}()
		taken(t, p, 1, readmodel.LivePace/4)
		put(t, p, 3)
		taken(t, p, 1, 0)
		(<-waiting)()
		put(t, p, 4)
		taken(t, p, 1, readmodel.LivePace)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		put(t, p, 5)
		if got, err := p.Take(ctx); got != 1 || err != nil {
			t.Errorf("what is at hand is lost with its taker: %d, %v", got, err)
		}
	})
}
