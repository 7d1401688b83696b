package readmodel_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"

	"shiyang/internal/es"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
)

// held is a log whose subscriptions and reads stop behind a position until
// they are let go.
type held struct {
	*readmodeltest.Log
	after es.Position
	let   chan struct{}
}

func (h held) Subscribe(ctx context.Context, from es.Position, prefixes []string) iter.Seq2[readmodel.Delivery, error] {
	return func(yield func(readmodel.Delivery, error) bool) {
		for d, err := range h.Log.Subscribe(ctx, from, prefixes) {
			if err == nil && d.Position > h.after {
				select {
				case <-h.let:
				case <-ctx.Done():
					err = ctx.Err()
				}
			}
			if !yield(d, err) || err != nil {
				return
			}
		}
	}
}

// TestStartWaitsForViews is D6 of a restart: views that were at the head once
// have to be there again before the process says that it is ready, and until
// then it says how far they are.
func TestStartWaitsForViews(t *testing.T) {
	readmodeltest.EachURL(t, func(t *testing.T, url string) {
		log := readmodeltest.NewLog(codec())
		log.Append(t, "key-1", reserved("甲"))
		db := readmodeltest.Open(t, url)
		r := readmodel.NewRunner(db, log, codec(), readmodel.Options{}, register(1), tally(nil))
		stop := start(t, r)
		settle(t, log, r)
		stop()
		for i := range 20 { // while nobody runs the views
			log.Append(t, fmt.Sprint("key-b", i), reserved("乙"))
		}
		middle := log.Append(t, "key-2", reserved("丙"))
		last := log.Append(t, "key-3", reserved("丁"))
		source := held{Log: log, after: middle, let: make(chan struct{})}
		r = readmodel.NewRunner(db, source, codec(), readmodel.Options{}, register(1), tally(nil))
		start(t, r)
		until(t, "the views are on their way", func() bool {
			s := statusOf(r, "tally")
			return s.State == "following" && s.Live && s.Position == middle && s.Head == last
		})
		want := fmt.Sprintf("at position %d of %d", middle, last)
		if err := r.Ready(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("behind the head: %v, want %q", err, want)
		}
		// Whoever stands by for it answers the same.
		other := readmodel.NewRunner(readmodeltest.Open(t, url), log, codec(), readmodel.Options{}, register(1), tally(nil))
		start(t, other)
		until(t, "the other process stands by", func() bool { return statusOf(other, "tally").State == "standing by" })
		if other.Ready() == nil {
			t.Error("the process that stands by is ready while the views are behind")
		}
		close(source.let)
		until(t, "both are ready", func() bool { return r.Ready() == nil && other.Ready() == nil })
		if p := statusOf(r, "tally").Position; p != last {
			t.Errorf("ready at %d of %d", p, last)
		}
		// Once ready, a process stays so while it follows.
		log.Append(t, "key-4", reserved("戊"))
		if err := r.Ready(); err != nil {
			t.Errorf("not ready any more: %v", err)
		}
	})
}
