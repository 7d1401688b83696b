// Package reserve keeps a rule that spans records, such as "one permit per
// site" (D19), without transactions over several streams.
//
// A key has a stream of its own. A command takes three steps, each of which
// may be the last before a crash:
//
//  1. [Keys.Reserve] takes the key, or refuses with [ErrTaken];
//  2. the command appends to its record, with the same command id;
//  3. [Keys.Confirm] makes the reservation lasting.
//
// [Keys.Hold] is the three in one call. When the record no longer needs the
// key, [Keys.Release] gives it back.
// A crash leaves a reservation without confirmation. The same command, sent
// again, goes through all three steps once more and ends well. If it never
// comes, a ticker finds the reservation in a view ([Key] says how) and calls
// [Keys.Resolve], which looks into the record itself: if the command is
// there, the key is confirmed, else it is free again.
//
// The one thing that no single step can see is a command that is still on its
// way while the ticker looks. [MinAge] keeps the two apart: give commands
// deadlines well below it.
//
// It may import internal/es, internal/problem and the common contracts.
// Start reading with [Key].
package reserve

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/problem"
)

// MinAge is how old a reservation is before Resolve may give it up. Commands
// must have come to an end, one way or the other, long before.
const MinAge = 10 * time.Minute

// category of the streams.
const category = "reservation"

// Options are what Keys can be told beyond the store.
type Options struct {
	Now func() time.Time // nil: time.Now
}

// Keys reserves keys in a store. It is safe for concurrent use, also by
// several processes on one store.
type Keys struct {
	store es.Store
	keys  *es.Repository[Key]
	now   func() time.Time
}

// New returns the keys of a store.
func New(store es.Store, o Options) *Keys {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Keys{store: store, keys: es.NewRepository[Key](category, store, es.Options{Now: o.Now}), now: o.Now}
}

// Stream is where the history of a key is kept.
func Stream(kind, key string) string { return es.StreamName(category, keyID(kind, key)) }

func keyID(kind, key string) string { return es.DerivedID(category, kind, key) }

// step returns the metadata of one of our appends: caused by the command,
// under an id of its own because the steps of one command share a stream.
func step(meta es.Meta, parts ...string) es.Meta {
	if meta.CommandID == "" {
		return meta // refused by the repository
	}
	meta.CausationID = meta.CommandID
	meta.CommandID = es.DerivedID(append([]string{category, meta.CommandID}, parts...)...)
	return meta
}

// Reserve takes a key for a record. Sent again by the same command it
// returns the same reservation, or a new one if the first was given up
// meanwhile. A key that the same record already holds stays as it is. A key
// of another record is refused with a [*TakenError], a command id of another
// request with es.ErrCommandReused. Neither kind nor key may be personal data.
//
// If the command has taken effect on its record before, nothing is reserved
// again and its last reservation is returned, however it ended.
func (k *Keys) Reserve(ctx context.Context, meta es.Meta, kind, key, holderStream string) (Reservation, error) {
	if meta.CommandID == "" {
		return Reservation{}, es.ErrNoCommandID
	}
	id := keyID(kind, key)
	for range 4 {
		state, _, err := k.keys.Load(ctx, id)
		if err != nil {
			return Reservation{}, err
		}
		last, again := state.byCommand(meta.CommandID)
		if again && !last.by(meta.CommandID, meta) {
			return Reservation{}, es.ErrCommandReused
		}
		current, held := state.Current()
		if held && current.Holder == holderStream && (current.Confirmed || current.CommandID == meta.CommandID) {
			return current, nil
		}
		if again {
			if written, err := k.written(ctx, last); err != nil || written {
				return last, err
			}
		}
		if held && current.Holder == holderStream { // an earlier command of the record did not come to its end
			written, err := k.written(ctx, current)
			if err != nil {
				return Reservation{}, err
			}
			if written {
				if err := k.Confirm(ctx, meta, kind, key, current.ID); err != nil {
					return Reservation{}, err
				}
				continue
			}
		}
		try := step(meta, "reserve", strconv.Itoa(state.tries(meta.CommandID)))
		if _, err := k.keys.Execute(ctx, id, try, take{kind, key, holderStream, meta.CommandID}); err != nil {
			return Reservation{}, fmt.Errorf("reserve %s: %w", kind, err)
		}
	}
	return Reservation{}, fmt.Errorf("reserve %s: %w", kind, es.ErrConflict)
}

// written tells whether the command of a reservation stands in the record of
// its holder.
func (k *Keys) written(ctx context.Context, r Reservation) (bool, error) {
	for rec, err := range k.store.Read(ctx, r.Holder, 0) {
		if err != nil {
			return false, fmt.Errorf("look for command in %s: %w", r.Holder, err)
		}
		if r.by(rec.Meta.CommandID, rec.Meta) {
			return true, nil
		}
	}
	return false, nil
}

// Confirm says that the holder's record was written. It may be repeated,
// also by a reaction. If the reservation was given up before, the key is taken
// again; if someone else has it by then, that is a [*TakenError] and the
// record has to be looked at by a person.
func (k *Keys) Confirm(ctx context.Context, meta es.Meta, kind, key, reservationID string) error {
	_, err := k.keys.Execute(ctx, keyID(kind, key), step(meta, "confirm", reservationID),
		confirm{kind, key, reservationID, meta.CommandID})
	if err != nil {
		return fmt.Errorf("confirm reservation: %w", err)
	}
	return nil
}

// Release gives a key back because the record does not need it any more.
// Releasing twice, or what another reservation holds now, changes nothing.
// When a command was refused, use [Keys.Withdraw].
func (k *Keys) Release(ctx context.Context, meta es.Meta, kind, key, reservationID, reason string) error {
	state, _, err := k.keys.Load(ctx, keyID(kind, key))
	if err != nil {
		return err
	}
	written := false
	if r, known := state.byID(reservationID); known && !r.Confirmed && r.Released == "" {
		if written, err = k.written(ctx, r); err != nil {
			return err
		}
	}
	_, err = k.keys.Execute(ctx, keyID(kind, key), step(meta, "release", reservationID),
		release{reservationID, reason, written})
	if err != nil {
		return fmt.Errorf("release reservation: %w", err)
	}
	return nil
}

// Withdraw gives up what a command reserved because its record then refused
// it. It is always safe to call: a key that another command of the record
// holds rightly stays where it is.
func (k *Keys) Withdraw(ctx context.Context, meta es.Meta, r Reservation) error {
	if r.CommandID != meta.CommandID || r.Confirmed || r.Released != "" {
		return nil
	}
	if written, err := k.written(ctx, r); err != nil || written {
		return err
	}
	return k.giveUp(ctx, meta, r)
}

func (k *Keys) giveUp(ctx context.Context, meta es.Meta, r Reservation) error {
	if _, err := k.keys.Execute(ctx, keyID(r.Kind, r.Key), step(meta, "give up", r.ID), giveUp{r.ID}); err != nil {
		return fmt.Errorf("give up reservation: %w", err)
	}
	return nil
}

// Hold takes the three steps around write, which appends to the record with
// the same command id: reserve, write, confirm. If write is refused, the
// reservation is withdrawn. After any other error the command may be sent
// again, or be left to the ticker.
func (k *Keys) Hold(ctx context.Context, meta es.Meta, kind, key, holderStream string, write func(context.Context) (es.Receipt, error)) (es.Receipt, error) {
	r, err := k.Reserve(ctx, meta, kind, key, holderStream)
	if err != nil {
		return es.Receipt{}, err
	}
	receipt, err := write(ctx)
	if Refused(err) {
		if undone := k.Withdraw(ctx, meta, r); undone != nil {
			err = errors.Join(err, undone)
		}
		return receipt, err
	}
	if err != nil {
		return receipt, err
	}
	return receipt, k.Confirm(ctx, meta, kind, key, r.ID)
}

// Refused reports whether an error is a final answer, after which a reservation
// is withdrawn. A store that cannot be reached is none: the append may have got
// through, or still be on its way.
func Refused(err error) bool {
	p, ok := errors.AsType[*problem.Error](err)
	return ok && p.Kind != problem.Unavailable
}

// Holder returns the stream that holds a key, "" if nobody does.
func (k *Keys) Holder(ctx context.Context, kind, key string) (holder string, confirmed bool, err error) {
	current, err := k.Current(ctx, kind, key)
	return current.Holder, current.Confirmed, err
}

// Current returns the reservation that holds a key, the zero Reservation if
// the key is free.
func (k *Keys) Current(ctx context.Context, kind, key string) (Reservation, error) {
	state, _, err := k.keys.Load(ctx, keyID(kind, key))
	if err != nil {
		return Reservation{}, err
	}
	current, _ := state.Current()
	return current, nil
}

// Outcome is what became of a reservation that was left behind.
type Outcome int

// The outcomes.
const (
	Waiting Outcome = iota // younger than MinAge: nothing was done
	Settled                // confirmed or released before
	Kept                   // the record exists: confirmed now
	GivenUp                // the record does not exist: released as abandoned
)

// Resolve ends a reservation that was neither confirmed nor released, by
// looking into the record of its holder. A ticker calls it for every
// reservation that a view shows as open for longer than [MinAge].
func (k *Keys) Resolve(ctx context.Context, meta es.Meta, kind, key, reservationID string) (Outcome, error) {
	state, _, err := k.keys.Load(ctx, keyID(kind, key))
	if err != nil {
		return Waiting, err
	}
	r, known := state.byID(reservationID)
	switch {
	case !known:
		return Waiting, errors.New("resolve reservation: there is none with this id")
	case r.Released != "" || r.Confirmed:
		return Settled, nil
	case k.now().Sub(r.At) < MinAge:
		return Waiting, nil
	}
	written, err := k.written(ctx, r)
	if err != nil {
		return Waiting, err
	}
	if written {
		return Kept, k.Confirm(ctx, meta, kind, key, reservationID)
	}
	if err := k.giveUp(ctx, meta, r); err != nil {
		return Waiting, err
	}
	if state, _, err = k.keys.Load(ctx, keyID(kind, key)); err != nil {
		return Waiting, err
	}
	if r, _ = state.byID(reservationID); r.Confirmed { // its command came just now
		return Settled, nil
	}
	return GivenUp, nil
}
