package feed_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/feed"
	"shiyang/internal/readmodel/readmodeltest"
	commonv1 "shiyang/proto/common/v1"
)

// counter is a view that counts keys.
func counter(name string) readmodel.Projection {
	table := name + "_v1"
	return readmodel.Projection{
		Name: name, Version: 1, Tables: []string{table},
		Schema: []string{`CREATE TABLE ` + table + ` (id TEXT NOT NULL PRIMARY KEY, n BIGINT NOT NULL)`},
		Handlers: []readmodel.Handler{
			readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, _ *commonv1.KeyReserved) error {
				_, err := tx.ExecContext(ctx, `INSERT INTO `+table+` (id, n) VALUES ($1, 1) ON CONFLICT (id) DO UPDATE SET n = `+table+`.n + 1`, f.ID)
				return err
			}),
		},
	}
}

// reaction counts the keys it reacted to, and fails while it is told to.
func reaction(name string, seen *atomic.Int64, fail *atomic.Bool) readmodel.Reaction {
	return readmodel.Reaction{Name: name, Handlers: []readmodel.Trigger{
		readmodel.When(func(_ context.Context, _ readmodel.Fact, _ *commonv1.KeyReserved) error {
			if fail.Load() {
				return errors.New("the other service is away")
			}
			seen.Add(1)
			return nil
		}),
	}}
}

func start(t *testing.T, run func(context.Context) error) (stop func()) {
	t.Helper()
	return begin(t, func(ctx context.Context) {
		if err := run(ctx); err != nil {
			t.Error(err)
		}
	})
}

func settle(t *testing.T, source readmodel.Source, runner *readmodel.Runner, reactor *readmodel.Reactor) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := readmodel.Settle(ctx, source, runner, reactor, nil); err != nil {
		t.Fatalf("%v; %+v", err, runner.Status())
	}
}

// TestBureau is a process as it runs: views, reactions and their restarts on
// one feed, while one reaction is stuck at every event for some time.
func TestBureau(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		log := newLog()
		codec := feed.Once(es.NewCodec(&estest.Keyring{}))
		var good, bad atomic.Int64
		var fail, never atomic.Bool
		total := 0
		for round := range 3 {
			fail.Store(round == 1)
			shared := feed.New(log)
			runner := readmodel.NewRunner(db, shared, codec, readmodel.Options{}, counter("first"), counter("second"))
			reactor := readmodel.NewReactor(db, shared, codec, readmodel.Options{}, reaction("good", &good, &never), reaction("bad", &bad, &fail))
			before := log.Subscriptions()
			stopRunner, stopReactor := start(t, runner.Run), start(t, reactor.Run)
			until(t, "all follow", func() bool { return round == 1 || shared.Followers() == 3 })
			total += 300
			add(t, log, 300)
			settle(t, shared, runner, nil)
			until(t, "the good reaction has seen all", func() bool { return good.Load() == int64(total) })
			if round == 1 {
				until(t, "the bad one is stuck", func() bool { return reactor.Status()[1].Failure.Error != "" })
			} else {
				settle(t, shared, runner, reactor)
			}
			if n := log.Subscriptions() - before; round == 0 && n != 1 {
				t.Errorf("%d subscriptions", n)
			}
			stopReactor()
			stopRunner()
		}
		if bad.Load() != int64(total) {
			t.Errorf("the reaction that was stuck reacted %d times to %d events", bad.Load(), total)
		}
		for _, view := range []string{"first", "second"} {
			var n, sum int
			if err := db.QueryRow(t.Context(), `SELECT count(*), sum(n) FROM `+view+`_v1`).Scan(&n, &sum); err != nil || n != total || sum != total {
				t.Errorf("%s: %d keys, %d events, %v; want %d", view, n, sum, err, total)
			}
			result, err := readmodel.Check(t.Context(), db, log, codec, counter(view))
			if err != nil || !result.OK() {
				t.Errorf("%+v, %v", result, err)
			}
		}
	})
}

// TestLossIsNoticed is a store that leaves an event out for good: the views
// say so instead of going on.
func TestLossIsNoticed(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		log := newLog()
		shared := feed.New(log)
		runner := readmodel.NewRunner(db, shared, es.NewCodec(&estest.Keyring{}), readmodel.Options{}, counter("first"))
		start(t, runner.Run)
		key := &commonv1.KeyReserved{Kind: "site", Key: "甲"}
		log.Append(t, "key-1", key)
		settle(t, shared, runner, nil)
		log.Misbehave(readmodeltest.Faults{Skip: func(e readmodel.RawEvent) bool { return e.Revision == 2 }})
		log.Append(t, "key-1", key)
		next := log.Append(t, "key-1", key) // nothing tells before this one
		until(t, "the view is set aside", func() bool { return runner.Status()[0].Gap })
		if s := runner.Status()[0]; s.Position >= next || !strings.Contains(s.Failure.Error, "rebuild") {
			t.Errorf("%+v", s)
		}
	})
}

// TestPoison is an event that cannot be read: it stops whom it concerns.
func TestPoison(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		log := newLog()
		shared := feed.New(log)
		var seen atomic.Int64
		var never atomic.Bool
		codec := feed.Once(es.NewCodec(&estest.Keyring{}))
		runner := readmodel.NewRunner(db, shared, codec, readmodel.Options{}, counter("first"))
		reactor := readmodel.NewReactor(db, shared, codec, readmodel.Options{},
			reaction("hears_keys", &seen, &never),
			readmodel.Reaction{Name: "hears_numbers", Handlers: []readmodel.Trigger{
				readmodel.When(func(context.Context, readmodel.Fact, *commonv1.NumberUsed) error { seen.Add(1); return nil }),
			}})
		start(t, runner.Run)
		start(t, reactor.Run)
		if err := log.Store.Inject("key-9", "common.v1.KeyReserved", []byte(`{"key":`), es.Meta{CommandID: "c"}); err != nil {
			t.Fatal(err)
		}
		log.Append(t, "series-1", &commonv1.NumberUsed{Serial: 1})
		until(t, "the view has stopped", func() bool { return runner.Status()[0].State == "failed" })
		until(t, "so has the reaction", func() bool { return reactor.Status()[0].Failure.Error != "" })
		until(t, "the other reaction goes on", func() bool { return seen.Load() == 1 && reactor.Status()[1].Position == log.Store.Head() })
		if text := fmt.Sprint(runner.Status()[0].Failure, reactor.Status()[0].Failure); !strings.Contains(text, "cannot be read") {
			t.Error(text)
		}
	})
}
