package es

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/problem"
)

// maxAttempts bounds how often a command is decided after conflicts.
const maxAttempts = 4

// defaultCacheBytes is what a repository remembers unless told otherwise.
const defaultCacheBytes = 8 << 20

// ErrNoCommandID reports a command without an id: it could take effect twice.
var ErrNoCommandID = &problem.Error{
	Kind: problem.Invalid, Reason: "COMMAND_ID_MISSING",
	Text: problem.Text{
		Zh: "请求缺少编号，请为每项操作附上唯一编号后重试。",
		En: "The request has no command id. Send a unique id with every command.",
	},
}

// ErrOccurredInFuture reports a legal time that has not come yet.
var ErrOccurredInFuture = problem.ErrInvalid.WithErrors(problem.Field{
	Path: "occurredAt", Reason: "OCCURRED_IN_FUTURE",
	Text: problem.Text{
		Zh: "发生时间晚于当前时间，请核对。",
		En: "The time of occurrence lies in the future. Correct it.",
	},
})

// Options are what a repository can be told beyond its store.
type Options struct {
	Now        func() time.Time // nil: time.Now
	CacheBytes int64            // bound of remembered aggregates; 0: 8 MiB, negative: none
}

// Repository executes commands on the aggregates of one category. It is safe
// for concurrent use; several repositories, also in other processes, may
// work on the same streams.
//
// It remembers recent aggregates (D22), and takes one that it does not know
// for one that does not exist. A decision from memory is safe because it counts
// only if its append succeeds at exactly the revision that it was taken on; a
// refusal or "nothing to do", which appends nothing, is answered only after the
// stream's tail was read and the command decided again. Evolve must therefore leave the maps and slices of its receiver as
// they are and return changed copies.
type Repository[S State[S]] struct {
	category string
	store    Store
	now      func() time.Time
	cache    *cache[S]
}

// NewRepository returns a repository for the streams category-<id>. The
// category must not hold a hyphen.
func NewRepository[S State[S]](category string, store Store, o Options) *Repository[S] {
	if category == "" || strings.Contains(category, "-") {
		panic("es: a category is a word without hyphens, not " + category)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.CacheBytes == 0 {
		o.CacheBytes = defaultCacheBytes
	}
	return &Repository[S]{category, store, o.Now, newCache[S](o.CacheBytes)}
}

// Receipt tells the caller where a command left the stream and the log.
type Receipt struct {
	Stream   string
	ID       string          // of the aggregate
	Revision Revision        // of the stream after the command's last event
	Position Position        // of that event in the log
	Repeated bool            // the command id had taken effect before; this is the first receipt
	Warnings []problem.Field // doubts of the command (see Adviser)
}

// Execute lets cmd decide on the aggregate and appends the outcome, all or
// nothing. It answers when the events are durable.
//
// A command takes effect once: executing the same meta.CommandID again, for
// the same actor and the same CommandHash, returns the first receipt with
// Repeated set; anything else is refused with [ErrCommandReused]. After any
// error that is not a problem.Error the effect is unknown; send the same
// command again to find out.
//
// meta.RecordedAt is stamped here: now, but never before the stream's last
// event. A zero meta.OccurredAt becomes RecordedAt; one after it is refused
// with [ErrOccurredInFuture]. When someone else appends at the same time,
// the command is decided again on the new state, four times in all, before
// [ErrConflict] is returned. A stream with an event of an unknown type takes
// no commands ([ErrUnknownEvent]).
func (r *Repository[S]) Execute(ctx context.Context, id string, meta Meta, cmd Command[S]) (Receipt, error) {
	if meta.CommandID == "" {
		return Receipt{}, ErrNoCommandID
	}
	if id == "" {
		return Receipt{}, problem.ErrNotFound
	}
	a := r.cache.get(StreamName(r.category, id))
	if err := a.acquire(ctx); err != nil {
		return Receipt{}, fmt.Errorf("wait for %s: %w", a.stream, err)
	}
	defer a.release()
	defer func() { r.cache.settle(a, a.bytes) }()

	attempt := 1
	switch first, err := r.unread(ctx, a, meta, cmd); {
	case first.settled:
		return r.receipt(id, first), err
	case errors.Is(err, ErrConflict):
		attempt++
	}
	for ; ; attempt++ {
		if err := r.refresh(ctx, a); err != nil {
			return Receipt{}, err
		}
		outcome, err := r.decide(a, meta, cmd)
		if err != nil || len(outcome.events) == 0 {
			return r.receipt(id, outcome), err
		}
		err = r.append(ctx, a, &outcome)
		if errors.Is(err, ErrConflict) && attempt < maxAttempts {
			continue
		}
		return r.receipt(id, outcome), err
	}
}

// unread executes cmd on what memory holds, without a look at the stream; an
// aggregate that memory does not know is taken for one that does not exist.
// Only what cannot be otherwise settles the command that way: an append that
// succeeded, a first receipt, or a failure that reading would not mend.
// Everything else (a refusal, nothing to do, a conflict) may come from memory
// being behind and is no decision yet.
func (r *Repository[S]) unread(ctx context.Context, a *aggregate[S], meta Meta, cmd Command[S]) (outcome, error) {
	unknown := a.at == 0
	if unknown {
		// An earlier try of this command may have taken effect, perhaps for
		// another request or actor. Ids of its own keep the store from taking
		// this try for that one: it is refused, and the stream then tells.
		meta.Attempt = rand.Text()
	}
	o, err := r.decide(a, meta, cmd)
	switch {
	case o.Repeated:
		o.settled = true
		return o, err
	case err != nil || len(o.events) == 0:
		return outcome{}, err
	}
	err = r.append(ctx, a, &o)
	told, isTold := errors.AsType[*problem.Error](err)
	switch {
	case !isTold: // it succeeded, or its effect is unknown
		o.settled = true
	case unknown: // no decision, unless the store is out of reach
		o.settled = told.Kind == problem.Unavailable
	default:
		o.settled = !errors.Is(err, ErrConflict)
	}
	return o, err
}

// outcome is what a command came to, before it counts.
type outcome struct {
	Receipt
	meta    Meta
	events  []Event
	settled bool // the command need not be decided again
}

func (r *Repository[S]) receipt(id string, o outcome) Receipt {
	o.ID = id
	return o.Receipt
}

// decide asks cmd on what is known of the aggregate. No events and no error
// mean that there is nothing to append.
func (r *Repository[S]) decide(a *aggregate[S], meta Meta, cmd Command[S]) (outcome, error) {
	o := outcome{meta: meta, Receipt: Receipt{Stream: a.stream, Revision: a.at, Position: a.position}}
	if first, ok := a.done[meta.CommandID]; ok {
		o.Repeated = true
		if first.hash != meta.CommandHash || first.actor != meta.Actor.ID {
			return outcome{Receipt: Receipt{Repeated: true}}, ErrCommandReused
		}
		o.Revision, o.Position = first.at, first.position
		return o, nil
	}
	now := instant(r.now())
	if now.Before(a.recorded) {
		now = a.recorded
	}
	o.meta.RecordedAt = now
	if meta.OccurredAt.IsZero() {
		o.meta.OccurredAt = now
	} else {
		o.meta.OccurredAt = instant(meta.OccurredAt)
	}
	if o.meta.OccurredAt.After(now) {
		return outcome{}, ErrOccurredInFuture
	}
	events, err := decide(cmd, a.state, a.at)
	if err != nil {
		return outcome{}, err
	}
	o.events, o.Warnings = events, advise(cmd, a.state)
	return o, nil
}

// append makes an outcome count and folds it into the remembered state. On
// an error whose effect is unknown the aggregate is forgotten.
func (r *Repository[S]) append(ctx context.Context, a *aggregate[S], o *outcome) error {
	began := time.Now()
	end, err := r.store.Append(ctx, a.stream, a.at, o.meta, o.events...)
	if err != nil {
		if !errors.Is(err, ErrConflict) {
			r.cache.drop(a)
			r.reset(a)
		}
		o.Receipt = Receipt{}
		return fmt.Errorf("append to %s: %w", a.stream, err)
	}
	o.Revision, o.Position = end.Revision, end.Position
	if end.Revision != a.at+Revision(len(o.events)) {
		// A repeated append of which the store had more: read it again.
		r.cache.drop(a)
		r.reset(a)
		return nil
	}
	ids := o.meta
	o.meta.Attempt = "" // as it will be read
	for i, e := range o.events {
		r.fold(a, Recorded{
			Fact: Fact{Event: e, Meta: o.meta}, Stream: a.stream,
			Revision: a.at + 1, Position: end.Position, ID: ids.EventID(a.stream, i),
		})
	}
	a.checked = began
	return nil
}

// refresh reads what came after the remembered revision.
func (r *Repository[S]) refresh(ctx context.Context, a *aggregate[S]) error {
	began := time.Now()
	for rec, err := range r.store.Read(ctx, a.stream, a.at) {
		if err != nil {
			return fmt.Errorf("load %s: %w", a.stream, err)
		}
		r.fold(a, rec)
	}
	a.checked = began
	return nil
}

// fold adds one recorded event to what is remembered.
func (r *Repository[S]) fold(a *aggregate[S], rec Recorded) {
	a.state = a.state.Evolve(rec.Fact)
	a.at, a.position = rec.Revision, rec.Position
	if rec.Meta.RecordedAt.After(a.recorded) {
		a.recorded = rec.Meta.RecordedAt
	}
	if _, known := a.done[rec.Meta.CommandID]; !known {
		a.bytes += effectBytes
	}
	a.done[rec.Meta.CommandID] = effect{
		hash: rec.Meta.CommandHash, actor: rec.Meta.Actor.ID, at: rec.Revision, position: rec.Position,
	}
	a.bytes += 2 * int64(proto.Size(rec.Event)) // a state keeps at most what events said, as Go values
}

// reset makes the aggregate as if it had never been read; whoever waits for
// its lock starts from the store.
func (r *Repository[S]) reset(a *aggregate[S]) {
	var zero S
	a.state, a.at, a.position, a.recorded, a.checked = zero, 0, 0, time.Time{}, time.Time{}
	a.done, a.bytes = map[string]effect{}, 0
}

// Repeated tells whether the command of meta has taken effect on an aggregate
// before, with its first receipt. A service asks before it takes steps outside
// the record for a command, such as drawing a number. A command id of another
// request or actor is refused with [ErrCommandReused], as by Execute.
func (r *Repository[S]) Repeated(ctx context.Context, id string, meta Meta) (Receipt, bool, error) {
	a := r.cache.get(StreamName(r.category, id))
	if err := a.acquire(ctx); err != nil {
		return Receipt{}, false, fmt.Errorf("wait for %s: %w", a.stream, err)
	}
	defer a.release()
	defer func() { r.cache.settle(a, a.bytes) }()
	if err := r.refresh(ctx, a); err != nil {
		return Receipt{}, false, err
	}
	if _, ok := a.done[meta.CommandID]; !ok {
		return Receipt{}, false, nil
	}
	o, err := r.decide(a, meta, nil)
	return r.receipt(id, o), true, err
}

// Load returns the state of an aggregate and its revision, as the store
// knows them now. A stream that does not exist is the zero state at 0. The
// caller must not change what the state's maps and slices hold.
func (r *Repository[S]) Load(ctx context.Context, id string) (S, Revision, error) {
	var zero S
	a := r.cache.get(StreamName(r.category, id))
	if err := a.acquire(ctx); err != nil {
		return zero, 0, fmt.Errorf("wait for %s: %w", a.stream, err)
	}
	defer a.release()
	defer func() { r.cache.settle(a, a.bytes) }()
	if err := r.refresh(ctx, a); err != nil {
		return zero, 0, err
	}
	return a.state, a.at, nil
}

// History yields everything that was recorded about an aggregate, oldest
// first.
func (r *Repository[S]) History(ctx context.Context, id string) iter.Seq2[Recorded, error] {
	return r.store.Read(ctx, StreamName(r.category, id), 0)
}
