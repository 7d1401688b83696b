package estest

import (
	"context"
	"errors"
	"iter"

	"shiyang/internal/es"
)

// ErrInjected is the error of every injected fault.
var ErrInjected = errors.New("estest: injected fault")

// Fault says what happens to one append.
type Fault int

// The faults.
const (
	NoFault    Fault = iota
	FailBefore       // fails, and nothing is stored
	FailAfter        // fails, but the events are stored
	Conflict         // answers that someone else was first, and nothing is stored
)

// Faulty wraps a store and asks Next before every append. Between, if set,
// runs before the wrapped append with its stream: that is where a test lets
// someone else be faster. FailRead, if set, may fail a read.
type Faulty struct {
	es.Store
	Next     func() Fault
	Between  func(stream string)
	FailRead func(stream string) error
}

// Append implements [es.Store].
func (f *Faulty) Append(ctx context.Context, stream string, expected es.Revision, meta es.Meta, events ...es.Event) (es.Appended, error) {
	fault := NoFault
	if f.Next != nil {
		fault = f.Next()
	}
	switch fault {
	case FailBefore:
		return es.Appended{}, ErrInjected
	case Conflict:
		return es.Appended{}, es.ErrConflict
	case NoFault, FailAfter:
	}
	if f.Between != nil {
		f.Between(stream)
	}
	end, err := f.Store.Append(ctx, stream, expected, meta, events...)
	if err == nil && fault == FailAfter {
		return es.Appended{}, ErrInjected
	}
	return end, err
}

// Read implements [es.Store].
func (f *Faulty) Read(ctx context.Context, stream string, after es.Revision) iter.Seq2[es.Recorded, error] {
	if f.FailRead != nil {
		if err := f.FailRead(stream); err != nil {
			return func(yield func(es.Recorded, error) bool) { yield(es.Recorded{}, err) }
		}
	}
	return f.Store.Read(ctx, stream, after)
}
