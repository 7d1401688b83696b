package reserve_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/es/reserve"
	"shiyang/internal/problem"
)

// Opening takes three appends. The program crashes before or after each of
// them, and then one thing or the other happens.
func TestCrashBetweenEveryTwoSteps(t *testing.T) {
	type step func(t *testing.T, b *bureau)
	retry := func(t *testing.T, b *bureau) {
		if err := b.open(t.Context(), "c1", "r1", -1, 0); err != nil {
			t.Errorf("retry: %v", err)
		}
	}
	sweep := func(t *testing.T, b *bureau) { b.sweep(t, -1, 0) }
	other := func(t *testing.T, b *bureau) {
		if err := b.open(t.Context(), "c2", "r2", -1, 0); err != nil && !errors.Is(err, reserve.ErrTaken) {
			t.Errorf("other: %v", err)
		}
	}
	late := func(t *testing.T, b *bureau) { // the first command comes again, when another may have the key
		if err := b.open(t.Context(), "c1", "r1", -1, 0); err != nil && !errors.Is(err, reserve.ErrTaken) && !errors.Is(err, errOpenedBefore) {
			t.Errorf("late retry: %v", err)
		}
	}
	sameRecord := func(t *testing.T, b *bureau) { // its sender gave up and tried with a new command
		if err := b.open(t.Context(), "c3", "r1", -1, 0); err != nil && !errors.Is(err, errOpenedBefore) {
			t.Errorf("new command: %v", err)
		}
	}
	closed := func(t *testing.T, b *bureau) { b.close(t, "r1") }
	for name, steps := range map[string][]step{
		"retry":                                   {retry},
		"sweep":                                   {sweep},
		"sweep, retry":                            {sweep, retry},
		"another, sweep":                          {other, sweep},
		"another, sweep, another":                 {other, sweep, other},
		"sweep, another, retry":                   {sweep, other, late, sweep},
		"new command for the record":              {sameRecord, sweep},
		"new command, then the old":               {sameRecord, late, sweep},
		"closed, retry":                           {closed, late, sweep},
		"closed, another, retry":                  {closed, sweep, other, late, sweep},
		"sweep, closed, retry, another":           {sweep, closed, late, sweep, other},
		"new command, closed, old command, sweep": {sameRecord, closed, late, sweep},
	} {
		for crashAt := range 4 {
			for _, fault := range []estest.Fault{estest.FailBefore, estest.FailAfter} {
				t.Run(fmt.Sprintf("%s/%d-%d", name, crashAt, fault), func(t *testing.T) {
					b := newBureau()
					err := b.open(t.Context(), "c1", "r1", crashAt, fault)
					if crashed := crashAt < 3; crashed != errors.Is(err, estest.ErrInjected) {
						t.Fatalf("error = %v", err)
					}
					for _, s := range steps {
						s(t, b)
						b.check(t, "r1", "r2")
					}
					b.sweep(t, -1, 0)
					b.settled(t, "r1", "r2")
				})
			}
		}
	}
}

// The ticker crashes as well, and its work is done by the next round.
func TestCrashOfTheTicker(t *testing.T) {
	for crashAt := range 3 {
		for _, fault := range []estest.Fault{estest.FailBefore, estest.FailAfter} {
			b := newBureau()
			_ = b.open(t.Context(), "c1", "r1", crashAt, fault)
			for _, tickerFault := range []estest.Fault{estest.FailBefore, estest.FailAfter} {
				b.sweep(t, 0, tickerFault)
				b.check(t, "r1")
			}
			b.sweep(t, -1, 0)
			b.settled(t, "r1")
		}
	}
}

// Any order of commands, crashes, retries, sweeps and closings.
func TestKeyIsNeverLostAndNeverHeldTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBureau()
		records := []string{"r1", "r2", "r3"}
		commands := map[string]string{"c1": "r1", "c2": "r2", "c3": "r3", "c4": "r1", "c5": "r2"}
		drawFault := func(t *rapid.T) (int, estest.Fault) {
			return rapid.IntRange(-1, 3).Draw(t, "crash at"),
				rapid.SampledFrom([]estest.Fault{estest.FailBefore, estest.FailAfter, estest.Conflict}).Draw(t, "fault")
		}
		t.Repeat(map[string]func(*rapid.T){
			"open": func(t *rapid.T) {
				c := rapid.SampledFrom([]string{"c1", "c2", "c3", "c4", "c5"}).Draw(t, "command")
				crashAt, fault := drawFault(t)
				err := b.open(t.Context(), c, commands[c], crashAt, fault)
				known := err == nil || errors.Is(err, estest.ErrInjected) || errors.Is(err, reserve.ErrTaken) ||
					errors.Is(err, errOpenedBefore) || errors.Is(err, es.ErrConflict)
				if !known {
					t.Fatalf("open: %v", err)
				}
			},
			"sweep": func(t *rapid.T) {
				crashAt, fault := drawFault(t)
				if fault == estest.Conflict {
					crashAt = -1
				}
				b.sweep(t, crashAt, fault)
			},
			"close": func(t *rapid.T) { b.close(t, rapid.SampledFrom(records).Draw(t, "record")) },
			"":      func(t *rapid.T) { b.check(t, records...) },
		})
		b.sweep(t, -1, 0)
		b.settled(t, records...)
	})
}

func TestTakenKeyNamesItsHolder(t *testing.T) {
	b := newBureau()
	if err := b.open(t.Context(), "c1", "r1", -1, 0); err != nil {
		t.Fatal(err)
	}
	err := b.open(t.Context(), "c2", "r2", -1, 0)
	taken, ok := errors.AsType[*reserve.TakenError](err)
	if !ok || taken.Holder != "permit-r1" || !taken.Confirmed || !errors.Is(err, reserve.ErrTaken) {
		t.Errorf("error = %v", err)
	}
	if p, ok := errors.AsType[*problem.Error](err); !ok || p.Text.Zh == "" || !strings.Contains(p.Reason, "TAKEN") {
		t.Errorf("it is no sentence for people: %v", err)
	}
}

func TestSameCommandGetsTheSameReservation(t *testing.T) {
	b := newBureau()
	first, err := reserveOnce(t, b, "c1")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := reserveOnce(t, b, "c1"); err != nil || again != first {
		t.Errorf("again = %+v, %v; first = %+v", again, err, first)
	}
	b.sweep(t, -1, 0)
	anew, err := reserveOnce(t, b, "c1")
	if err != nil || anew.ID == first.ID || anew.Released != "" {
		t.Errorf("after it was given up: %+v, %v", anew, err)
	}
}

func reserveOnce(t *testing.T, b *bureau, commandID string) (reserve.Reservation, error) {
	keys, _ := b.program(-1, 0)
	return keys.Reserve(t.Context(), command(commandID), kind, key, "permit-r1")
}

func TestYoungReservationsAreLeftAlone(t *testing.T) {
	b := newBureau()
	r, err := reserveOnce(t, b, "c1")
	if err != nil {
		t.Fatal(err)
	}
	keys, _ := b.program(-1, 0)
	b.clock = b.clock.Add(reserve.MinAge - 1)
	if got, err := keys.Resolve(t.Context(), ticker("1"), kind, key, r.ID); got != reserve.Waiting || err != nil {
		t.Errorf("outcome = %v, %v", got, err)
	}
	b.clock = b.clock.Add(1)
	for _, want := range []reserve.Outcome{reserve.GivenUp, reserve.Settled} {
		if got, err := keys.Resolve(t.Context(), ticker("2"), kind, key, r.ID); got != want || err != nil {
			t.Errorf("outcome = %v, %v, want %v", got, err, want)
		}
	}
}

// The one case that steps cannot exclude: the record is written after the
// ticker gave its reservation up. The key comes back if it is free, and the
// clash is told if it is not.
func TestRecordWrittenAfterItWasGivenUp(t *testing.T) {
	for _, taken := range []bool{false, true} {
		b := newBureau()
		keys, records := b.program(-1, 0)
		r, err := reserveOnce(t, b, "c1")
		if err != nil {
			t.Fatal(err)
		}
		b.sweep(t, -1, 0)
		if taken {
			if err := b.open(t.Context(), "c2", "r2", -1, 0); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := records.Execute(t.Context(), "r1", command("c1"), open{}); err != nil {
			t.Fatal(err)
		}
		err = keys.Confirm(t.Context(), command("c1"), kind, key, r.ID)
		if taken != errors.Is(err, reserve.ErrTaken) {
			t.Errorf("taken %v: error = %v", taken, err)
		}
		if holder, confirmed, _ := keys.Holder(t.Context(), kind, key); !confirmed || (holder == "permit-r1") == taken {
			t.Errorf("taken %v: holder = %s", taken, holder)
		}
	}
}

// The command comes back at the very moment at which the ticker, having
// looked in vain for it, gives its reservation up.
func TestTickerAndCommandRace(t *testing.T) {
	b := newBureau()
	r, err := reserveOnce(t, b, "c1")
	if err != nil {
		t.Fatal(err)
	}
	b.clock = b.clock.Add(reserve.MinAge)
	come := sync.OnceFunc(func() {
		if err := b.open(t.Context(), "c1", "r1", -1, 0); err != nil {
			t.Error(err)
		}
	})
	keys := reserve.New(&estest.Faulty{Store: b.store, Between: func(string) { come() }}, reserve.Options{Now: b.now})
	if got, err := keys.Resolve(t.Context(), ticker("1"), kind, key, r.ID); got != reserve.Settled || err != nil {
		t.Errorf("outcome = %v, %v", got, err)
	}
	b.settled(t, "r1")
}

// Two commands of one record: the second takes over, its key is given back
// in the end, and the first, which comes late, must not bring it back.
func TestLateConfirmBringsNothingBack(t *testing.T) {
	keys, _ := newBureau().program(-1, 0)
	first, err := keys.Reserve(t.Context(), command("c1"), kind, key, "permit-r1")
	if err != nil {
		t.Fatal(err)
	}
	second, err := keys.Reserve(t.Context(), command("c2"), kind, key, "permit-r1")
	if err != nil || second.ID == first.ID {
		t.Fatalf("second = %+v, %v", second, err)
	}
	if err := keys.Confirm(t.Context(), command("c2"), kind, key, second.ID); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := keys.Release(t.Context(), command("closed"), kind, key, second.ID, "refused"); err != nil {
			t.Fatal(err)
		}
	}
	if err := keys.Confirm(t.Context(), command("c1"), kind, key, first.ID); err != nil {
		t.Error(err)
	}
	if holder, _, err := keys.Holder(t.Context(), kind, key); holder != "" || err != nil {
		t.Errorf("%q holds the key, %v", holder, err)
	}
}

// A command id that comes with another request reserves nothing for good,
// neither the same key nor another one.
func TestReusedCommandIDHoldsNothing(t *testing.T) {
	b := newBureau()
	if err := b.open(t.Context(), "c1", "r1", -1, 0); err != nil {
		t.Fatal(err)
	}
	keys, _ := b.program(-1, 0)
	other := command("c1")
	other.CommandHash = "another request"
	if _, err := keys.Reserve(t.Context(), other, kind, key, "permit-r1"); !errors.Is(err, es.ErrCommandReused) {
		t.Errorf("same key: %v", err)
	}
	r, err := keys.Reserve(t.Context(), other, kind, "site-2", "permit-r1") // crashes here
	if err != nil {
		t.Fatal(err)
	}
	b.clock = b.clock.Add(reserve.MinAge)
	if got, err := keys.Resolve(t.Context(), ticker("1"), kind, "site-2", r.ID); got != reserve.GivenUp || err != nil {
		t.Errorf("the ticker took the first request for it: %v, %v", got, err)
	}
	b.settled(t, "r1")
}

func TestStepsNeedACommandAndAReservation(t *testing.T) {
	keys, _ := newBureau().program(-1, 0)
	if _, err := keys.Reserve(t.Context(), es.Meta{}, kind, key, "permit-r1"); !errors.Is(err, es.ErrNoCommandID) {
		t.Errorf("reserve: %v", err)
	}
	if err := keys.Confirm(t.Context(), es.Meta{}, kind, key, "x"); !errors.Is(err, es.ErrNoCommandID) {
		t.Errorf("confirm: %v", err)
	}
	if err := keys.Confirm(t.Context(), command("c1"), kind, key, "x"); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("confirm: %v", err)
	}
	if err := keys.Release(t.Context(), command("c1"), kind, key, "x", "why"); !errors.Is(err, problem.ErrNotFound) {
		t.Errorf("release: %v", err)
	}
	if _, err := keys.Resolve(t.Context(), ticker("1"), kind, key, "x"); err == nil {
		t.Error("resolved what does not exist")
	}
}

// A store that cannot be reached has not refused: the append may still come
// through, so the key stays held until the command or the ticker settles it.
func TestUnavailableIsNoRefusal(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		held string
	}{
		"refused":     {errOpenedBefore, ""},
		"unavailable": {&problem.Error{Kind: problem.Unavailable, Reason: "OUTCOME_UNKNOWN"}, "permit-r1"},
		"no problem":  {errors.New("disk full"), "permit-r1"},
	} {
		t.Run(name, func(t *testing.T) {
			keys, _ := newBureau().program(-1, 0)
			_, err := keys.Hold(t.Context(), command("c1"), kind, key, "permit-r1", func(context.Context) (es.Receipt, error) {
				return es.Receipt{}, c.err
			})
			if !errors.Is(err, c.err) {
				t.Errorf("answered %v", err)
			}
			if holder, _, err := keys.Holder(t.Context(), kind, key); holder != c.held || err != nil {
				t.Errorf("%q holds the key, %v; want %q", holder, err, c.held)
			}
		})
	}
}
