package es_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/es/memstore"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
)

// The tests' aggregate is a lock that one holder at a time may have. Its
// commands are not naturally idempotent: taking twice is refused.
type lock struct {
	Holder string
	Taken  int // how often
}

func (l lock) Evolve(f es.Fact) lock {
	switch e := f.Event.(type) {
	case *commonv1.KeyReserved:
		l.Holder, l.Taken = e.GetHolder(), l.Taken+1
	case *commonv1.KeyReservationReleased:
		l.Holder = ""
	}
	return l
}

var errHeld = &problem.Error{Kind: problem.Rejected, Reason: "HELD", Text: problem.Text{Zh: "已被占用。", En: "It is held."}}

// take wants the lock.
type take struct{ by string }

func (c take) Decide(l lock) ([]es.Event, error) {
	if l.Holder != "" {
		return nil, errHeld
	}
	return []es.Event{&commonv1.KeyReserved{Holder: c.by}}, nil
}

func (c take) Advise(l lock) []problem.Field {
	if l.Taken == 0 {
		return nil
	}
	return []problem.Field{{Path: "by", Reason: "TAKEN_BEFORE"}}
}

// giveBack frees the lock, or has nothing to do.
type giveBack struct{}

func (giveBack) Decide(l lock) ([]es.Event, error) {
	if l.Holder == "" {
		return nil, nil
	}
	return []es.Event{&commonv1.KeyReservationReleased{ReservationId: l.Holder, Reason: "done"}}, nil
}

// swap gives back and takes again in one command: two events.
type swap struct{ by string }

func (c swap) Decide(l lock) ([]es.Event, error) {
	return []es.Event{&commonv1.KeyReservationReleased{ReservationId: l.Holder}, &commonv1.KeyReserved{Holder: c.by}}, nil
}

var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

func atNoon() time.Time { return noon }

func by(actor, command string) es.Meta {
	return es.Meta{CommandID: command, CommandHash: "hash of " + command, Actor: es.Actor{ID: actor, Role: "officer"}}
}

func newStore() *memstore.Store { return memstore.New(es.NewCodec(new(estest.Keyring))) }

func locks(store es.Store) *es.Repository[lock] {
	return es.NewRepository[lock]("lock", store, es.Options{Now: atNoon})
}

// unknownEffect tells an error after which a caller sends the command again.
func unknownEffect(err error) bool {
	_, refused := errors.AsType[*problem.Error](err)
	return err != nil && !refused
}

// A command is a value that decides on a state; a repository makes it count
// once.
func ExampleRepository() {
	repository := locks(newStore())
	ctx := context.Background()

	first, err := repository.Execute(ctx, "1", by("li", "command-1"), take{"li"})
	fmt.Println(first.Stream, first.Revision, first.Repeated, err)

	again, err := repository.Execute(ctx, "1", by("li", "command-1"), take{"li"})
	fmt.Println(again.Stream, again.Revision, again.Repeated, err)

	_, err = repository.Execute(ctx, "1", by("wang", "command-2"), take{"wang"})
	fmt.Println(err)
	// Output:
	// lock-1 1 false <nil>
	// lock-1 1 true <nil>
	// HELD: It is held.
}
