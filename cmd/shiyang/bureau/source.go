package bureau

import (
	"context"
	"iter"

	"shiyang/internal/es"
	"shiyang/internal/es/esdbstore"
	"shiyang/internal/readmodel"
)

// source shows the event store to the read side, which does not know the
// store's client.
type source struct{ *esdbstore.Client }

var _ readmodel.Source = source{}

// Subscribe implements [readmodel.Source].
func (s source) Subscribe(ctx context.Context, from es.Position, prefixes []string) iter.Seq2[readmodel.Delivery, error] {
	return func(yield func(readmodel.Delivery, error) bool) {
		for d, err := range s.Client.Subscribe(ctx, from, prefixes) {
			out := readmodel.Delivery{CaughtUp: d.CaughtUp, Position: d.Position}
			if d.Event != nil {
				event := readmodel.RawEvent(*d.Event)
				out.Event = &event
			}
			if !yield(out, err) {
				return
			}
		}
	}
}

// ReadAll implements [readmodel.Source].
func (s source) ReadAll(ctx context.Context, from es.Position, prefixes []string) iter.Seq2[readmodel.RawEvent, error] {
	return func(yield func(readmodel.RawEvent, error) bool) {
		for e, err := range s.Client.ReadAll(ctx, from, prefixes) {
			if !yield(readmodel.RawEvent(e), err) {
				return
			}
		}
	}
}
