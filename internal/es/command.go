package es

import (
	"shiyang/internal/problem"
)

// ErrStaleRevision reports that the record is no longer at the revision the
// caller looked at.
var ErrStaleRevision = &problem.Error{
	Kind: problem.Conflict, Reason: "STALE_REVISION",
	Text: problem.Text{
		Zh: "您看到的内容已不是最新，请刷新后核对再提交。",
		En: "What you looked at has changed since. Reload it, check it and send again.",
	},
}

// decider is a command that also wants to know the stream's revision.
type decider[S any] interface {
	decideAt(S, Revision) ([]Event, error)
}

// decide asks cmd with everything it may want to know.
func decide[S any](cmd Command[S], state S, at Revision) ([]Event, error) {
	if d, ok := cmd.(decider[S]); ok {
		return d.decideAt(state, at)
	}
	return cmd.Decide(state)
}

// advise returns the doubts of cmd, if it has any.
func advise[S any](cmd Command[S], state S) []problem.Field {
	if a, ok := cmd.(Adviser[S]); ok {
		return a.Advise(state)
	}
	return nil
}

// Expecting makes cmd count only on the revision that its sender has seen:
// on any other it is refused with [ErrStaleRevision]. Revision 0 means that
// the sender does not mind. The command's own advice is kept.
func Expecting[S any](cmd Command[S], seen Revision) Command[S] {
	return expecting[S]{cmd, seen}
}

type expecting[S any] struct {
	Command[S]
	seen Revision
}

func (e expecting[S]) decideAt(state S, at Revision) ([]Event, error) {
	if e.seen != 0 && e.seen != at {
		return nil, ErrStaleRevision
	}
	return decide(e.Command, state, at)
}

// Advise implements [Adviser].
func (e expecting[S]) Advise(state S) []problem.Field { return advise(e.Command, state) }

// Guarded asks check before cmd, on the same state: that is how authority is
// judged on the record itself and not on a view that may be behind. The
// guards of nested calls are asked from the outside in; the command's own
// advice is kept.
func Guarded[S any](cmd Command[S], check func(S) error) Command[S] {
	return guarded[S]{cmd, check}
}

type guarded[S any] struct {
	inner Command[S]
	check func(S) error
}

// Decide implements [Command].
func (g guarded[S]) Decide(state S) ([]Event, error) {
	if err := g.check(state); err != nil {
		return nil, err
	}
	return g.inner.Decide(state)
}

func (g guarded[S]) decideAt(state S, at Revision) ([]Event, error) {
	if err := g.check(state); err != nil {
		return nil, err
	}
	return decide(g.inner, state, at)
}

// Advise implements [Adviser].
func (g guarded[S]) Advise(state S) []problem.Field { return advise(g.inner, state) }
