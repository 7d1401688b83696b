package es_test

import (
	"context"
	"errors"
	"fmt"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	commonv1 "shiyang/proto/common/v1"
)

// A state is what is left of history.
func ExampleFold() {
	state := es.Fold(lock{}, estest.Facts(
		&commonv1.KeyReserved{Holder: "li"},
		&commonv1.KeyReservationReleased{},
		&commonv1.KeyReserved{Holder: "wang"},
	)...)
	fmt.Printf("%s has it, taken %d times\n", state.Holder, state.Taken)
	// Output: wang has it, taken 2 times
}

// What a sender has seen, and what an actor may do, are judged on the record
// itself, in the same breath as the rule.
func ExampleGuarded() {
	repository := locks(newStore())
	ctx := context.Background()
	mine := func(l lock) error {
		if l.Holder != "li" {
			return errNotMine
		}
		return nil
	}
	_, err := repository.Execute(ctx, "1", by("li", "c1"), take{"li"})
	fmt.Println(err)
	_, err = repository.Execute(ctx, "1", by("li", "c2"), es.Guarded(es.Expecting[lock](giveBack{}, 7), mine))
	fmt.Println(errors.Is(err, es.ErrStaleRevision))
	_, err = repository.Execute(ctx, "1", by("li", "c3"), es.Guarded(es.Expecting[lock](giveBack{}, 1), mine))
	fmt.Println(err)
	// Output:
	// <nil>
	// true
	// <nil>
}

// An event whose meaning changed is lifted when it is read; history stays.
func ExampleUpcast() {
	codec := es.NewCodec(nil)
	es.Upcast(codec, func(old *commonv1.NumberUsed) *commonv1.NumberVoided {
		return &commonv1.NumberVoided{Serial: old.GetSerial(), Reason: "unknown"}
	})
	event, err := codec.Decode(context.Background(), "common.v1.NumberUsed", []byte(`{"serial":"7"}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	voided, ok := event.(*commonv1.NumberVoided)
	fmt.Println(voided.GetSerial(), voided.GetReason(), ok)
	// Output: 7 unknown true
}
