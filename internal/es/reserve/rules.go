package reserve

import (
	"strconv"

	"shiyang/internal/es"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
)

// ErrTaken reports a key that another record holds. The error that is
// returned is a [*TakenError], which names the holder.
var ErrTaken = &problem.Error{
	Kind: problem.Rejected, Reason: "KEY_TAKEN",
	Text: problem.Text{
		Zh: "已有另一条记录占用，不能重复办理。",
		En: "Another record already holds this. It cannot be done twice.",
	},
}

// TakenError says who holds a key.
type TakenError struct {
	Holder    string // stream
	Confirmed bool   // false: someone is just about to take it; trying again later may help
}

// Error implements error.
func (e *TakenError) Error() string { return ErrTaken.Reason + ": held by " + e.Holder }

// Unwrap returns [ErrTaken].
func (e *TakenError) Unwrap() error { return ErrTaken }

// take reserves the key for a holder. It is decided anew for every try, so a
// command whose reservation was released as abandoned gets another one.
type take struct{ kind, key, holder, commandID string }

// Decide implements [es.Command].
func (c take) Decide(k Key) ([]es.Event, error) {
	reserved := &commonv1.KeyReserved{
		Kind: c.kind, Key: c.key, Holder: c.holder,
		ReservationId: reservationID(c.kind, c.key, c.commandID, k.tries(c.commandID)),
	}
	current, held := k.Current()
	switch {
	case !held:
		return []es.Event{reserved}, nil
	case current.Holder != c.holder:
		return nil, &TakenError{Holder: current.Holder, Confirmed: current.Confirmed}
	case current.Confirmed || current.CommandID == c.commandID:
		return nil, nil
	default: // an earlier command of the same record did not get through
		return []es.Event{
			&commonv1.KeyReservationReleased{ReservationId: current.ID, Reason: Superseded},
			reserved,
		}, nil
	}
}

func reservationID(kind, key, commandID string, try int) string {
	return es.DerivedID("reservation", kind, key, commandID, strconv.Itoa(try))
}

// confirm says that the holder's record exists.
type confirm struct{ kind, key, id, commandID string }

// Decide implements [es.Command]. A reservation that was given up although
// the record was written is taken again if it can be.
func (c confirm) Decide(k Key) ([]es.Event, error) {
	mine, known := k.byID(c.id)
	if !known {
		return nil, problem.ErrNotFound
	}
	if mine.Confirmed { // it is held, or was rightly given back since
		return nil, nil
	}
	if current, held := k.Current(); held {
		switch {
		case current.Holder != mine.Holder:
			return nil, &TakenError{Holder: current.Holder, Confirmed: current.Confirmed}
		case current.Confirmed:
			return nil, nil
		}
		return []es.Event{&commonv1.KeyReservationConfirmed{ReservationId: current.ID}}, nil
	}
	last, _ := k.last(func(r Reservation) bool { return r.Holder == mine.Holder })
	if last.Confirmed { // another command of the record had it and gave it back
		return nil, nil
	}
	id := reservationID(c.kind, c.key, c.commandID, k.tries(c.commandID))
	return []es.Event{
		&commonv1.KeyReserved{Kind: c.kind, Key: c.key, Holder: mine.Holder, ReservationId: id},
		&commonv1.KeyReservationConfirmed{ReservationId: id},
	}, nil
}

// release gives a key back.
type release struct {
	id, reason string
	written    bool // the record was written, whether or not that was confirmed
}

// Decide implements [es.Command].
func (c release) Decide(k Key) ([]es.Event, error) {
	mine, known := k.byID(c.id)
	if !known {
		return nil, problem.ErrNotFound
	}
	if mine.Released != "" {
		return nil, nil
	}
	released := &commonv1.KeyReservationReleased{ReservationId: c.id, Reason: c.reason}
	if c.written && !mine.Confirmed {
		return []es.Event{&commonv1.KeyReservationConfirmed{ReservationId: c.id}, released}, nil
	}
	return []es.Event{released}, nil
}

// giveUp releases a reservation of which nothing came.
type giveUp struct{ id string }

// Decide implements [es.Command].
func (c giveUp) Decide(k Key) ([]es.Event, error) {
	mine, known := k.byID(c.id)
	if !known || mine.Confirmed || mine.Released != "" {
		return nil, nil
	}
	return []es.Event{&commonv1.KeyReservationReleased{ReservationId: c.id, Reason: Abandoned}}, nil
}
