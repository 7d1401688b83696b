package desk

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/es"
	"shiyang/internal/history"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	"shiyang/services/permits/desk/act"
)

// Kind says what the records of one category are. All but Redact are required.
type Kind[S es.State[S]] struct {
	Category string             // "permit": the first word of its streams
	Read     string             // the method whose right opens a record and its past: "GetPermit"
	Exists   func(S) bool       // whether the record was begun
	Object   func(S) rpc.Object // where it lies and whose it is
	// Form is the record as the API shows it, from facts alone: the same at
	// every instant that history asks for.
	Form func(id string, state S) proto.Message
	// Sentence says in both languages what an event means, for timelines.
	Sentence func(es.Event) problem.Text
	// Redact leaves out what the firm may not read of its file; nil: nothing.
	Redact func(iter.Seq2[es.Recorded, error]) iter.Seq2[es.Recorded, error]
}

// Records are the records of one category at a desk. It is a [Category] and
// safe for concurrent use.
type Records[S es.State[S]] struct {
	*es.Repository[S]
	desk *Desk
	kind Kind[S]
}

// NewRecords opens the records of a category.
func NewRecords[S es.State[S]](d *Desk, k Kind[S]) *Records[S] {
	return &Records[S]{es.NewRepository[S](k.Category, d.Store, es.Options{Now: d.Now}), d, k}
}

// Call is what every command of a record has in common.
type Call[S any] struct {
	Method     string // "AcceptApplication"
	ID         string // of the record
	OccurredAt *timestamppb.Timestamp
	Expected   uint64         // revision that the caller saw; 0: any
	Number     func(S) string // what the receipt tells people of the changed record; nil: no number
}

// MayCall is authority on the record itself: role, county and ownership. What
// does not exist and what is not yours are not told apart.
func (r *Records[S]) MayCall(who rpc.Caller, method string) func(S) error {
	return func(s S) error {
		if !r.kind.Exists(s) {
			return problem.ErrNotFound
		}
		return rpc.Authorise(who, r.desk.Method(method), r.kind.Object(s))
	}
}

// Open returns a record for a method that the caller may call on it.
func (r *Records[S]) Open(ctx context.Context, who rpc.Caller, method, id string) (S, es.Revision, error) {
	state, revision, err := r.Load(ctx, id)
	if err == nil {
		err = r.MayCall(who, method)(state)
	}
	return state, revision, err
}

// Act executes one command of a record that exists.
func (r *Records[S]) Act(ctx context.Context, c Call[S], command func(act.Occasion) es.Command[S]) (*commonv1.Receipt, error) {
	who, err := Caller(ctx)
	if err != nil {
		return nil, err
	}
	meta, occasion, err := r.desk.Meta(ctx, c.OccurredAt)
	if err != nil {
		return nil, err
	}
	guarded := es.Guarded(es.Expecting(command(occasion), es.Revision(c.Expected)), r.MayCall(who, c.Method))
	receipt, err := r.Execute(ctx, c.ID, meta, guarded)
	if err != nil {
		return nil, err
	}
	answer := ReceiptOf(receipt)
	if c.Number != nil {
		state, _, err := r.Load(ctx, c.ID)
		if err != nil {
			return nil, fmt.Errorf("number of a receipt: %w", err)
		}
		answer.Number = c.Number(state)
	}
	return answer, nil
}

// Numbered executes a command whose document carries a number. The command is
// decided without one first and answers [act.ErrNumberNeeded] when all else is
// in order, so that refused acts leave no gap in a series.
func (r *Records[S]) Numbered(ctx context.Context, c Call[S], doc Document, command func(act.Occasion, string) es.Command[S]) (*commonv1.Receipt, error) {
	answer, err := r.Act(ctx, c, func(o act.Occasion) es.Command[S] { return command(o, "") })
	if !errors.Is(err, act.ErrNumberNeeded) {
		return answer, err
	}
	drawn, err := r.desk.draw(ctx, c.OccurredAt, es.StreamName(r.kind.Category, c.ID), doc)
	if err != nil {
		return nil, err
	}
	return r.Act(ctx, c, func(o act.Occasion) es.Command[S] { return command(o, drawn) })
}

// OpensPersons tells whether a caller may read the persons of a record: bureau
// roles that handle it and the firm itself; auditors and administrators see
// what was done, not whom it names.
func (r *Records[S]) OpensPersons(who rpc.Caller, state S) bool {
	switch role := rpc.Role(who.Actor.Role); role {
	case rpc.Auditor, rpc.SystemAdmin, rpc.SecurityAdmin, rpc.AuditAdmin, rpc.Person, rpc.Public, rpc.System:
		return false
	default:
		return role.Staff() || rpc.Filter(who, r.desk.Method(r.kind.Read)).Sees(r.kind.Object(state))
	}
}

// Name implements [Category].
func (r *Records[S]) Name() string { return r.kind.Category }

// Past implements [Category].
func (r *Records[S]) Past(ctx context.Context, who rpc.Caller, id string) (iter.Seq2[*commonv1.HistoryResponse, error], error) {
	open, err := r.mayRead(ctx, who, id)
	if err != nil {
		return nil, err
	}
	return r.keeper(who).Events(ctx, id, open), nil
}

// At implements [Category].
func (r *Records[S]) At(ctx context.Context, who rpc.Caller, id string, cut history.Cut) (*commonv1.StateAtResponse, error) {
	open, err := r.mayRead(ctx, who, id)
	if err != nil {
		return nil, err
	}
	return r.keeper(who).StateAt(ctx, id, cut, open)
}

// mayRead is authority on the real record, and whether persons are open. Who
// may read the record may read its past.
func (r *Records[S]) mayRead(ctx context.Context, who rpc.Caller, id string) (open bool, err error) {
	state, _, err := r.Open(ctx, who, r.kind.Read, id)
	if err != nil {
		return false, err
	}
	return r.OpensPersons(who, state), nil
}

// keeper tells the histories of the records as a caller may read them.
func (r *Records[S]) keeper(who rpc.Caller) history.Keeper[S] {
	k := history.Keeper[S]{Records: r.History, Form: r.kind.Form, Sentence: r.kind.Sentence}
	if r.kind.Redact != nil && rpc.Role(who.Actor.Role).Firm() {
		k.Records = func(ctx context.Context, id string) iter.Seq2[es.Recorded, error] {
			return r.kind.Redact(r.History(ctx, id))
		}
	}
	return k
}
