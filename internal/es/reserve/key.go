package reserve

import (
	"slices"
	"time"

	"shiyang/internal/es"
	commonv1 "shiyang/proto/common/v1"
)

// Reservation is one attempt of a record to hold a key.
type Reservation struct {
	ID        string
	Kind      string
	Key       string
	Holder    string    // the stream that wants or has the key
	CommandID string    // the command that reserved: Meta.CausationID of KeyReserved
	At        time.Time // when it was recorded
	Confirmed bool      // the holder's record was written
	Released  string    // why the key was given back; "" while it is held

	hash, actor string // of the command, which is the same only with both
}

// by tells whether the reservation was made by the command of meta.
func (r Reservation) by(commandID string, meta es.Meta) bool {
	return r.CommandID == commandID && r.hash == meta.CommandHash && r.actor == meta.Actor.ID
}

// Reasons of releases that this package gives itself.
const (
	Abandoned  = "abandoned"  // the record was never written
	Superseded = "superseded" // another command of the same holder took over
)

// Key is the history of one key (占用键): the fold of its stream and the whole
// meaning of the three events. At most one reservation is not released. A
// view that looks for abandoned reservations keeps one row per reservation:
// KeyReserved adds it, KeyReservationConfirmed and KeyReservationReleased
// remove it.
type Key struct {
	Reservations []Reservation // oldest first
}

// Evolve implements [es.State].
func (k Key) Evolve(f es.Fact) Key {
	switch e := f.Event.(type) {
	case *commonv1.KeyReserved:
		k.Reservations = append(slices.Clip(k.Reservations), Reservation{
			ID: e.GetReservationId(), Kind: e.GetKind(), Key: e.GetKey(), Holder: e.GetHolder(),
			CommandID: f.Meta.CausationID, At: f.Meta.RecordedAt,
			hash: f.Meta.CommandHash, actor: f.Meta.Actor.ID,
		})
	case *commonv1.KeyReservationConfirmed:
		k = k.with(e.GetReservationId(), func(r *Reservation) { r.Confirmed = true })
	case *commonv1.KeyReservationReleased:
		k = k.with(e.GetReservationId(), func(r *Reservation) {
			r.Released = e.GetReason()
			if r.Released == "" {
				r.Released = "released"
			}
		})
	}
	return k
}

func (k Key) with(id string, change func(*Reservation)) Key {
	k.Reservations = slices.Clone(k.Reservations)
	for i := range k.Reservations {
		if k.Reservations[i].ID == id {
			change(&k.Reservations[i])
		}
	}
	return k
}

// Current returns the reservation that holds the key, if one does.
func (k Key) Current() (Reservation, bool) {
	return k.last(func(r Reservation) bool { return r.Released == "" })
}

// last returns the newest reservation that fits.
func (k Key) last(fits func(Reservation) bool) (Reservation, bool) {
	for _, r := range slices.Backward(k.Reservations) {
		if fits(r) {
			return r, true
		}
	}
	return Reservation{}, false
}

func (k Key) byID(id string) (Reservation, bool) {
	return k.last(func(r Reservation) bool { return r.ID == id })
}

func (k Key) byCommand(id string) (Reservation, bool) {
	return k.last(func(r Reservation) bool { return r.CommandID == id })
}

// tries counts how often a command has reserved the key.
func (k Key) tries(commandID string) int {
	n := 0
	for _, r := range k.Reservations {
		if r.CommandID == commandID {
			n++
		}
	}
	return n
}
