package readmodel_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
	commonv1 "shiyang/proto/common/v1"
)

// diary notes which commands a reaction issued.
type diary struct {
	mu   sync.Mutex
	ids  []string
	fail func(readmodel.Fact) error
}

func (d *diary) reaction() readmodel.Reaction {
	return readmodel.Reaction{Name: "confirm_key", Handlers: []readmodel.Trigger{
		readmodel.When(func(_ context.Context, f readmodel.Fact, _ *commonv1.KeyReserved) error {
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.fail != nil {
				if err := d.fail(f); err != nil {
					return err
				}
			}
			d.ids = append(d.ids, readmodel.DerivedID("confirm_key", f.EventID))
			return nil
		}),
	}}
}

func (d *diary) issued() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.ids)
}

func settleReactor(t *testing.T, log *readmodeltest.Log, r *readmodel.Reactor) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := readmodel.Settle(ctx, log, nil, r, nil); err != nil {
		t.Fatal(err)
	}
}

func TestReactionsGoOnWhereTheyStood(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		log := readmodeltest.NewLog(codec())
		log.Misbehave(readmodeltest.Faults{Repeat: func(readmodel.RawEvent) bool { return true }})
		log.Append(t, "key-1", reserved("甲"), released())
		var d diary
		r := readmodel.NewReactor(db, log, codec(), readmodel.Options{}, d.reaction())
		stop := run(t, r.Run)
		settleReactor(t, log, r)
		stop()
		log.Append(t, "key-2", reserved("乙"), released())
		r = readmodel.NewReactor(db, log, codec(), readmodel.Options{}, d.reaction())
		run(t, r.Run)
		settleReactor(t, log, r)
		ids := d.issued()
		if len(ids) != 2 || ids[0] == ids[1] {
			t.Errorf("commands %v", ids)
		}
		if ids[0] != readmodel.DerivedID("confirm_key", eventID(t, log, "key-1")) {
			t.Error("the command id is not derived from the event")
		}
	})
}

func eventID(t *testing.T, log *readmodeltest.Log, stream string) string {
	t.Helper()
	for rec, err := range log.Store.Read(t.Context(), stream, 0) {
		if err != nil {
			t.Fatal(err)
		}
		return rec.ID
	}
	t.Fatalf("%s is empty", stream)
	return ""
}

func TestReactionInsists(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		log := readmodeltest.NewLog(codec())
		log.Append(t, "key-1", reserved("甲"))
		bad := log.Append(t, "key-2", reserved("乙"))
		log.Append(t, "key-3", reserved("丙"))
		refuse := true
		d := diary{fail: func(f readmodel.Fact) error {
			if f.ID == "2" && refuse {
				return errors.New("the other service is away")
			}
			return nil
		}}
		var other diary
		quick := other.reaction()
		quick.Name = "quick"
		r := readmodel.NewReactor(db, log, codec(), readmodel.Options{}, d.reaction(), quick)
		run(t, r.Run)
		until(t, "the failure is shown", func() bool { return r.Status()[0].Failure.Error != "" })
		s := r.Status()[0]
		if s.Failure.Position != bad || s.Attempts < 3 || s.Position >= bad || len(d.issued()) != 1 {
			t.Errorf("%+v", s)
		}
		until(t, "another reaction is not held up", func() bool { return len(other.issued()) == 3 })
		d.mu.Lock()
		refuse = false
		d.mu.Unlock()
		until(t, "it goes on", func() bool { return len(d.issued()) == 3 })
		settleReactor(t, log, r)
		if s := r.Status()[0]; s.Attempts != 0 || s.Failure != (readmodel.Failure{}) {
			t.Errorf("%+v", s)
		}
	})
}

func TestTicker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.FixedZone("", 8*3600))
		var rounds []time.Time
		ticker := readmodel.NewTicker(func() time.Time { return now }, time.Minute,
			readmodel.Job{Name: "broken", Run: func(context.Context, time.Time) (int, error) { return 0, errors.New("no database") }},
			readmodel.Job{Name: "panics", Run: func(context.Context, time.Time) (int, error) { panic("nil map") }},
			readmodel.Job{Name: "expire", Run: func(_ context.Context, at time.Time) (int, error) {
				rounds = append(rounds, at)
				return 2, nil
			}},
		)
		did, err := ticker.RunOnce(t.Context())
		if did != 2 || err == nil {
			t.Errorf("did %d, %v", did, err)
		}
		status := ticker.Status()
		if status[0].Err == nil || status[1].Err == nil || status[2].Err != nil || status[2].Did != 2 || !status[2].Ran.Equal(now) {
			t.Errorf("%+v", status)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var wait sync.WaitGroup
		wait.Go(func() {
			if err := ticker.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		time.Sleep(150 * time.Second) // of the bubble's clock
		cancel()
		wait.Wait()
		if len(rounds) != 1+3 {
			t.Errorf("%d rounds in 150 s and one by hand", len(rounds))
		}
		if rounds[0].Location() != time.UTC {
			t.Error("jobs do not get UTC")
		}
	})
}

// TestSettle is a whole circle: the ticker finds a due key in a view and
// releases it, which a reaction answers, which the view shows.
func TestSettle(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		log := readmodeltest.NewLog(codec())
		for i := range 5 {
			log.Append(t, fmt.Sprint("key-", i), reserved("厂"))
		}
		runner := readmodel.NewRunner(db, log, codec(), readmodel.Options{}, register(1))
		start(t, runner)
		answer := readmodel.Reaction{Name: "answer", Handlers: []readmodel.Trigger{
			readmodel.When(func(_ context.Context, f readmodel.Fact, _ *commonv1.KeyReservationReleased) error {
				log.Append(t, es.StreamName("answer", f.ID), &commonv1.NumberUsed{Serial: 1})
				return nil
			}),
		}}
		reactor := readmodel.NewReactor(db, log, codec(), readmodel.Options{}, answer)
		run(t, reactor.Run)
		ticker := readmodel.NewTicker(time.Now, time.Hour, readmodel.Job{Name: "release", Run: func(ctx context.Context, _ time.Time) (int, error) {
			var id string
			err := db.QueryRow(ctx, `SELECT coalesce(min(id), '') FROM key_register_v1 WHERE holder IS NOT NULL`).Scan(&id)
			if err != nil || id == "" {
				return 0, err
			}
			log.Append(t, "key-"+id, released())
			return 1, nil
		}})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := readmodel.Settle(ctx, log, runner, reactor, ticker); err != nil {
			t.Fatal(err)
		}
		if got := dump(t, db, `SELECT count(*) FROM key_register_v1 WHERE holder IS NULL`); got != "5\n" {
			t.Errorf("released: %s", got)
		}
		if n := log.Store.Head(); n != runner.Position() {
			t.Errorf("head %d, views at %d", n, runner.Position())
		}
		answers := 0
		for raw, err := range log.ReadAll(t.Context(), 0, []string{"answer-"}) {
			if err != nil || raw.ID == "" {
				t.Fatal(err)
			}
			answers++
		}
		if answers != 5 {
			t.Errorf("%d answers", answers)
		}
	})
}
