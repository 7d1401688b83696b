package readmodel_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"shiyang/internal/es"
	"shiyang/internal/problem"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
)

func TestRunnerFollowsTheLog(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		log := readmodeltest.NewLog(codec())
		first := log.Append(t, "key-1", reserved("北湖厂"), released())
		r := readmodel.NewRunner(db, log, codec(), readmodel.Options{}, register(1), tally(nil))
		if r.Ready() == nil {
			t.Error("a runner that was never started is ready")
		}
		start(t, r)
		last := log.Append(t, "key-2", reserved("南湖厂"))
		if err := db.WaitFor(t.Context(), last); err != nil {
			t.Fatal(err)
		}
		if err := db.WaitFor(t.Context(), last, "key_register"); err != nil {
			t.Fatal(err)
		}
		if got, want := dump(t, db, registerRows), fmt.Sprintf("1 北湖厂 - 2 %d\n2 南湖厂 permit-1 1 %d\n", first, last); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
		settle(t, log, r)
		if err := r.Ready(); err != nil {
			t.Error(err)
		}
		for _, s := range r.Status() {
			if s.Position != last || s.Behind != 0 || s.Lag != 0 || s.Events != 3 || !s.Live {
				t.Errorf("status %+v", s)
			}
		}
	})
}

// TestRestartsAndRepetitions is the property: whatever the restarts, broken
// subscriptions and repeated deliveries, every event has its effect once.
func TestRestartsAndRepetitions(t *testing.T) {
	for seed := range uint64(5) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
				log := readmodeltest.NewLog(codec())
				views := []readmodel.Projection{register(1), tally(nil)}
				misbehave(log, seed)
				random := rand.New(rand.NewPCG(seed, 1))
				for range 4 {
					r := readmodel.NewRunner(db, log, codec(), readmodel.Options{}, views...)
					stop := start(t, r)
					for range random.IntN(40) {
						stream := es.StreamName("key", fmt.Sprint(random.IntN(9)))
						log.Append(t, stream, []es.Event{reserved(fmt.Sprint("厂", random.IntN(100))), released()}[random.IntN(2)])
					}
					if random.IntN(2) == 0 {
						settle(t, log, r)
					}
					stop()
				}
				log.Misbehave(readmodeltest.Faults{})
				r := readmodel.NewRunner(db, log, codec(), readmodel.Options{}, views...)
				start(t, r)
				settle(t, log, r)
				clean := readmodeltest.Open(t, "sqlite:"+t.TempDir()+"/clean.db")
				c := readmodel.NewRunner(clean, log, codec(), readmodel.Options{}, views...)
				start(t, c)
				settle(t, log, c)
				for _, q := range []string{registerRows, tallyRows} {
					if got, want := dump(t, db, q), dump(t, clean, q); got != want || got == "" {
						t.Errorf("got\n%swant\n%s", got, want)
					}
				}
			})
		})
	}
}

// misbehave repeats a fifth of the deliveries and breaks off now and then.
func misbehave(log *readmodeltest.Log, seed uint64) {
	var mu sync.Mutex
	coin := rand.New(rand.NewPCG(seed, 2))
	oneIn := func(n int) bool {
		mu.Lock()
		defer mu.Unlock()
		return coin.IntN(n) == 0
	}
	log.Misbehave(readmodeltest.Faults{
		Repeat: func(readmodel.RawEvent) bool { return oneIn(5) },
		Break: func(readmodel.RawEvent) error {
			if oneIn(50) {
				return errors.New("connection lost")
			}
			return nil
		},
	})
}

func TestFailingViewIsSetAside(t *testing.T) {
	for name, refuse := range map[string]func(readmodel.Fact) error{
		"error": func(f readmodel.Fact) error {
			if f.ID == "2" {
				return errors.New("no such kind")
			}
			return nil
		},
		"panic": func(f readmodel.Fact) error {
			if f.ID == "2" {
				panic("nil map")
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
				log := readmodeltest.NewLog(codec())
				log.Append(t, "key-1", reserved("甲"))
				r := readmodel.NewRunner(db, log, codec(), readmodel.Options{}, register(1), tally(refuse))
				stop := start(t, r)
				settle(t, log, r)
				bad := log.Append(t, "key-2", reserved("乙"))
				last := log.Append(t, "key-3", reserved("丙"))
				if err := db.WaitFor(t.Context(), last, "key_register"); err != nil {
					t.Fatal(err)
				}
				until(t, "the view is shown as failed", func() bool { return statusOf(r, "tally").State == "failed" })
				s := statusOf(r, "tally")
				if s.Failure.Position != bad || s.Failure.Type != "common.v1.KeyReserved" || s.Failure.EventID == "" || s.Position >= bad {
					t.Errorf("status %+v", s)
				}
				if got := dump(t, db, tallyRows); got != "site 1\n" {
					t.Errorf("rows of the failed view: %s", got)
				}
				if err := db.WaitFor(t.Context(), last, "tally"); !errors.Is(err, readmodel.ErrViewBehind) {
					t.Errorf("waiting for a failed view: %v", err)
				}
				if err := db.WaitFor(t.Context(), last); err != nil {
					t.Errorf("waiting for the views in service: %v", err)
				}
				if err := r.Ready(); err != nil {
					t.Errorf("a failed view keeps the others from serving: %v", err)
				}
				stop()

				again := readmodel.NewRunner(db, log, codec(), readmodel.Options{}, register(1), tally(refuse))
				stop = start(t, again)
				until(t, "the view fails again at the same event", func() bool { return statusOf(again, "tally").Failure.Position == bad })
				stop()

				fixed := readmodel.NewRunner(db, log, codec(), readmodel.Options{}, register(1), tally(nil))
				start(t, fixed)
				settle(t, log, fixed)
				if got := dump(t, db, tallyRows); got != "site 3\n" {
					t.Errorf("rows after the fix: %s", got)
				}
				check(t, db, log, tally(nil))
				check(t, db, log, register(1))
			})
		})
	}
}

// TestPassingTrouble is a handler that fails for a reason that is not the
// event's: nothing is set aside, and the batch is tried again.
func TestPassingTrouble(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		log := readmodeltest.NewLog(codec())
		log.Append(t, "key-1", reserved("甲"))
		trouble := 3
		r := readmodel.NewRunner(db, log, codec(), readmodel.Options{}, register(1), tally(func(readmodel.Fact) error {
			if trouble--; trouble >= 0 {
				return fmt.Errorf("open the keyring: %w", &problem.Error{Kind: problem.Unavailable, Reason: "KEYRING_AWAY"})
			}
			return nil
		}))
		start(t, r)
		settle(t, log, r) // fails if a view was set aside
		if got := dump(t, db, registerRows+" LIMIT 1"); !strings.Contains(got, " 1 ") {
			t.Errorf("rows: %s", got)
		}
		if got := dump(t, db, tallyRows); got != "site 1\n" {
			t.Errorf("rows: %s", got)
		}
	})
}

func check(t *testing.T, db *readmodel.DB, log *readmodeltest.Log, p readmodel.Projection) {
	t.Helper()
	result, err := readmodel.Check(t.Context(), db, log, codec(), p)
	if err != nil {
		t.Fatal(err)
	}
	if !result.OK() {
		t.Errorf("%+v", result)
	}
}

func TestPoisonEvents(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		log := readmodeltest.NewLog(codec())
		log.Append(t, "key-1", reserved("甲"))
		inject := func(typ, data string) {
			if err := log.Store.Inject("key-9", typ, []byte(data), es.Meta{CommandID: "c"}); err != nil {
				t.Fatal(err)
			}
		}
		inject("common.v1.FromTheFuture", `{}`)
		inject("common.v1.NumberUsed", `{"serial":`)
		log.Append(t, "key-2", reserved("乙"))
		r := readmodel.NewRunner(db, log, codec(), readmodel.Options{}, register(1), tally(nil))
		start(t, r)
		settle(t, log, r)
		if n := r.UnknownEvents(); n != 1 {
			t.Errorf("%d unknown events", n)
		}
		if got := dump(t, db, tallyRows); got != "site 2\n" {
			t.Errorf("events that nobody listens to did harm: %s", got)
		}
		inject("common.v1.KeyReservationReleased", `{"reason":"张三"`) // only register listens
		last := log.Append(t, "key-3", reserved("丙"))
		if err := db.WaitFor(t.Context(), last, "tally"); err != nil {
			t.Fatal(err)
		}
		until(t, "the view concerned has stopped", func() bool { return statusOf(r, "key_register").State == "failed" })
		if f := statusOf(r, "key_register").Failure; strings.Contains(f.Error, "张三") || f.EventID == "" {
			t.Errorf("failure %+v", f)
		}
	})
}

func TestKilledInTheMiddleOfABatch(t *testing.T) {
	readmodeltest.EachURL(t, func(t *testing.T, url string) {
		log := readmodeltest.NewLog(codec())
		for i := range 50 {
			log.Append(t, fmt.Sprint("key-", i), reserved("厂"))
		}
		// The first process ends inside a handler, with half a batch written.
		ctx, cancel := context.WithCancel(t.Context())
		first := readmodeltest.Open(t, url)
		r := readmodel.NewRunner(first, log, codec(), readmodel.Options{}, register(1), tally(func(f readmodel.Fact) error {
			if f.ID == "25" {
				cancel()
				return ctx.Err()
			}
			return nil
		}))
		if err := r.Run(ctx); err != nil {
			t.Fatal(err)
		}
		second := readmodeltest.Open(t, url)
		check(t, second, log, tally(nil)) // whole batches only
		r = readmodel.NewRunner(second, log, codec(), readmodel.Options{}, register(1), tally(nil))
		start(t, r)
		settle(t, log, r)
		if got := dump(t, second, tallyRows); got != "site 50\n" {
			t.Errorf("after the restart: %s", got)
		}
		check(t, second, log, register(1))
	})
}

func TestOneRunnerPerDatabase(t *testing.T) {
	readmodeltest.EachURL(t, func(t *testing.T, url string) {
		log := readmodeltest.NewLog(codec())
		one, two := readmodeltest.Open(t, url), readmodeltest.Open(t, url)
		first := readmodel.NewRunner(one, log, codec(), readmodel.Options{}, tally(nil))
		stop := start(t, first)
		settle(t, log, first)
		second := readmodel.NewRunner(two, log, codec(), readmodel.Options{}, tally(nil))
		start(t, second)
		last := log.Append(t, "key-1", reserved("甲"))
		// The process that stands by reads its own writes all the same.
		if err := two.WaitFor(t.Context(), last); err != nil {
			t.Fatal(err)
		}
		until(t, "the one that stands by is ready to answer", func() bool { return second.Ready() == nil })
		if v := second.Status()[0]; v.State != "standing by" {
			t.Errorf("the second runner runs beside the first: %+v", v)
		}
		stop()
		settle(t, log, second) // it takes over
		log.Append(t, "key-2", reserved("乙"))
		settle(t, log, second)
		if got := dump(t, two, tallyRows); got != "site 2\n" {
			t.Errorf("rows: %s", got)
		}
	})
}

func TestInstalledTablesAreEmpty(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		log := readmodeltest.NewLog(codec())
		log.Append(t, "key-1", reserved("甲"))
		r := readmodel.NewRunner(db, log, codec(), readmodel.Options{}, register(1), tally(nil))
		for range 2 { // again changes nothing
			if err := r.Install(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := dump(t, db, registerRows); got != "" {
			t.Errorf("rows before the runner: %s", got)
		}
		if r.Ready() == nil {
			t.Error("installed is not ready")
		}
		start(t, r)
		settle(t, log, r)
		if got := dump(t, db, tallyRows); got != "site 1\n" {
			t.Errorf("rows: %s", got)
		}
	})
}

func TestTwoPartsShareADatabase(t *testing.T) {
	readmodeltest.EachURL(t, func(t *testing.T, url string) {
		log := readmodeltest.NewLog(codec())
		one, two := readmodeltest.Open(t, url), readmodeltest.Open(t, url)
		a := readmodel.NewRunner(one, log, codec(), readmodel.Options{Part: "keys"}, register(1))
		b := readmodel.NewRunner(two, log, codec(), readmodel.Options{Part: "figures"}, tally(nil))
		start(t, a)
		start(t, b)
		for i := range 30 {
			log.Append(t, fmt.Sprint("key-", i), reserved("厂"))
		}
		settle(t, log, a)
		settle(t, log, b)
		if got := dump(t, one, tallyRows); got != "site 30\n" {
			t.Errorf("rows: %s", got)
		}
		check(t, two, log, register(1))
	})
}

func TestWaitForIsShort(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		readmodeltest.Apply(t, db, tally(nil), readmodel.Fact{Event: reserved("甲")})
		if err := db.WaitFor(t.Context(), 10); err != nil {
			t.Error(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := db.WaitFor(ctx, 11); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		if err := db.WaitFor(t.Context(), 11); !errors.Is(err, readmodel.ErrViewBehind) {
			t.Errorf("behind: %v", err)
		}
		readmodeltest.Apply(t, db, tally(nil), readmodel.Fact{Event: reserved("乙")})
		if got := dump(t, db, tallyRows); got != "site 2\n" {
			t.Errorf("a second call does not go on after the first: %s", got)
		}
	})
}
