package es

import (
	"context"
	"fmt"
	"time"
)

// Recent is [Repository.Load] for questions that are asked with every request:
// what this repository itself appended is in the answer at once; what others
// appended to the stream may be missing for as long as age. A stream that was
// never seen is always looked up.
func (r *Repository[S]) Recent(ctx context.Context, id string, age time.Duration) (S, Revision, error) {
	var zero S
	a := r.cache.get(StreamName(r.category, id))
	if err := a.acquire(ctx); err != nil {
		return zero, 0, fmt.Errorf("wait for %s: %w", a.stream, err)
	}
	defer a.release()
	if a.at > 0 && time.Since(a.checked) < age {
		return a.state, a.at, nil
	}
	defer func() { r.cache.settle(a, a.bytes) }()
	if err := r.refresh(ctx, a); err != nil {
		return zero, 0, err
	}
	return a.state, a.at, nil
}
