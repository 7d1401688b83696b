package feed_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"shiyang/internal/es"
	"shiyang/internal/readmodel/feed"
	commonv1 "shiyang/proto/common/v1"
)

// counting decodes everything to its own text.
type counting struct {
	calls atomic.Int64
	fail  atomic.Bool
}

func (c *counting) Decode(_ context.Context, _ string, data []byte) (es.Event, error) {
	c.calls.Add(1)
	if c.fail.Load() {
		return nil, errors.New("the keyring is away")
	}
	return &commonv1.KeyReserved{Key: string(data)}, nil
}

func TestDecodedOnce(t *testing.T) {
	c := &counting{}
	d := feed.Once(c)
	events := make([][]byte, 200)
	for i := range events {
		events[i] = fmt.Append(nil, "event ", i)
	}
	for _, data := range events {
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				e, err := d.Decode(t.Context(), "x", data)
				if err != nil || e.(*commonv1.KeyReserved).GetKey() != string(data) {
					t.Errorf("%s: %v, %v", data, e, err)
				}
			})
		}
		wait.Wait()
	}
	if n := c.calls.Load(); n != 200 {
		t.Errorf("decoded %d times", n)
	}
	if _, err := d.Decode(t.Context(), "x", events[0]); err != nil || c.calls.Load() != 201 {
		t.Errorf("an old event is still kept: %v", err)
	}
	if _, err := d.Decode(t.Context(), "x", nil); err != nil {
		t.Error(err)
	}
}

func TestFailureIsNotKept(t *testing.T) {
	c := &counting{}
	c.fail.Store(true)
	d, data := feed.Once(c), []byte("event")
	if _, err := d.Decode(t.Context(), "x", data); err == nil {
		t.Error("no error")
	}
	c.fail.Store(false)
	if e, err := d.Decode(t.Context(), "x", data); err != nil || e == nil {
		t.Errorf("%v, %v", e, err)
	}
}
