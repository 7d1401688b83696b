package readmodel_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
	commonv1 "shiyang/proto/common/v1"
)

func codec() *es.Codec { return es.NewCodec(&estest.Keyring{}) }

// register is a view of reserved keys. It counts what it sees, so that an
// event applied twice or not at all shows.
func register(version int) readmodel.Projection {
	table := fmt.Sprintf("key_register_v%d", version)
	return readmodel.Projection{
		Name: "key_register", Version: version,
		Schema: []string{`CREATE TABLE ` + table + ` (
			id     TEXT   NOT NULL PRIMARY KEY,
			name   TEXT   NOT NULL,
			holder TEXT,
			seen   BIGINT NOT NULL,
			last   BIGINT NOT NULL
		)`},
		Tables:   []string{table},
		Search:   []string{fmt.Sprintf("key_search_v%d", version)},
		Personal: []string{table + ".holder"},
		Handlers: []readmodel.Handler{
			readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *commonv1.KeyReserved) error {
				_, err := tx.ExecContext(ctx, `INSERT INTO `+table+` (id, name, holder, seen, last) VALUES ($1, $2, $3, 1, $4)
					ON CONFLICT (id) DO UPDATE SET name = excluded.name, holder = excluded.holder,
						seen = `+table+`.seen + 1, last = excluded.last`,
					f.ID, e.GetKey(), e.GetHolder(), f.Position)
				if err != nil {
					return err
				}
				return readmodel.PutSearch(ctx, tx, fmt.Sprintf("key_search_v%d", version), f.ID, e.GetKey())
			}),
			readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, _ *commonv1.KeyReservationReleased) error {
				_, err := tx.ExecContext(ctx, `UPDATE `+table+` SET holder = NULL, seen = seen + 1, last = $2 WHERE id = $1`, f.ID, f.Position)
				return err
			}),
		},
	}
}

// tally is a second view; refuse, if set, makes its handler fail.
func tally(refuse func(readmodel.Fact) error) readmodel.Projection {
	return readmodel.Projection{
		Name: "tally", Version: 1,
		Schema: []string{`CREATE TABLE tally_v1 (kind TEXT NOT NULL PRIMARY KEY, n BIGINT NOT NULL)`},
		Tables: []string{"tally_v1"},
		Handlers: []readmodel.Handler{
			readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *commonv1.KeyReserved) error {
				_, err := tx.ExecContext(ctx, `INSERT INTO tally_v1 (kind, n) VALUES ($1, 1)
					ON CONFLICT (kind) DO UPDATE SET n = tally_v1.n + 1`, e.GetKind())
				if err == nil && refuse != nil {
					err = refuse(f)
				}
				return err
			}),
		},
	}
}

func reserved(key string) es.Event {
	return &commonv1.KeyReserved{Kind: "site", Key: key, Holder: "permit-1", ReservationId: "r"}
}

func released() es.Event {
	return &commonv1.KeyReservationReleased{ReservationId: "r", Reason: "refused"}
}

// start runs a runner until the returned function is called or the test ends.
func start(t *testing.T, r *readmodel.Runner) (stop func()) {
	t.Helper()
	return run(t, r.Run)
}

func run(t *testing.T, f func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := f(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	stop = func() { cancel(); wait.Wait() }
	t.Cleanup(stop)
	return stop
}

func settle(t *testing.T, log *readmodeltest.Log, r *readmodel.Runner) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := readmodel.Settle(ctx, log, r, nil, nil); err != nil {
		t.Fatalf("%v; %+v", err, r.Status())
	}
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatalf("never: %s", what)
		}
	}
}

func statusOf(r *readmodel.Runner, name string) readmodel.ProjectionStatus {
	for _, s := range r.Status() {
		if s.Name == name {
			return s
		}
	}
	return readmodel.ProjectionStatus{}
}

// dump returns all rows of a query as text, to compare states.
func dump(t *testing.T, db *readmodel.DB, query string) string {
	t.Helper()
	rows, err := db.Query(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for rows.Next() {
		values, places := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&b, values...)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const (
	registerRows = `SELECT id, name, coalesce(holder, '-'), seen, last FROM key_register_v1 ORDER BY id`
	tallyRows    = `SELECT kind, n FROM tally_v1 ORDER BY kind`
)
