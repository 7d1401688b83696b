package readmodel_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
	commonv1 "shiyang/proto/common/v1"
)

// holding is a view that counts keys by kind and writes each count once for a
// batch. writes counts how often it did.
func holding(writes *int) readmodel.Projection {
	fresh := func() map[string]int { return map[string]int{} }
	return readmodel.Projection{
		Name: "holding", Version: 1, Tables: []string{"holding_v1"},
		Schema:  []string{`CREATE TABLE holding_v1 (kind TEXT NOT NULL PRIMARY KEY, n BIGINT NOT NULL)`},
		Indexes: []string{`CREATE INDEX IF NOT EXISTS holding_v1_n ON holding_v1 (n)`},
		Handlers: []readmodel.Handler{
			readmodel.On(func(_ context.Context, tx readmodel.Tx, f readmodel.Fact, e *commonv1.KeyReserved) error {
				if f.ID == "bad" {
					return fmt.Errorf("no such key")
				}
				readmodel.Held(tx, fresh)[e.GetKind()]++
				return nil
			}),
		},
		Flush: func(ctx context.Context, tx readmodel.Tx) error {
			for kind, n := range readmodel.Held(tx, fresh) {
				*writes++
				_, err := tx.ExecContext(ctx, `INSERT INTO holding_v1 (kind, n) VALUES ($1, $2) ON CONFLICT (kind) DO UPDATE SET n = holding_v1.n + excluded.n`, kind, n)
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// TestHeldRowsAreWrittenOnce: what handlers hold back is written with the
// batch, is forgotten with a batch that fails, and equals a replay.
func TestHeldRowsAreWrittenOnce(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		log := readmodeltest.NewLog(codec())
		for i := range 50 {
			log.Append(t, fmt.Sprint("key-", i), reserved("厂"))
		}
		writes := 0
		view := holding(&writes)
		r := readmodel.NewRunner(db, log, codec(), readmodel.Options{}, view, tally(nil))
		stop := start(t, r)
		settle(t, log, r)
		const rows = `SELECT kind, n FROM holding_v1`
		if got := dump(t, db, rows); got != "site 50\n" {
			t.Errorf("rows %s", got)
		}
		if writes >= 50 {
			t.Errorf("written %d times for 50 events", writes)
		}
		indexes := `SELECT count(*) FROM sqlite_master WHERE name = 'holding_v1_n'`
		if db.Engine() == readmodel.Postgres {
			indexes = `SELECT count(*) FROM pg_indexes WHERE schemaname = current_schema() AND indexname = 'holding_v1_n'`
		}
		if got := dump(t, db, indexes); got != "1\n" {
			t.Errorf("indexes of a view in service: %s", got)
		}
		stop()
		log.Append(t, "key-60", reserved("厂"))
		bad := log.Append(t, "key-bad", reserved("厂"))
		last := log.Append(t, "key-61", reserved("厂"))
		r = readmodel.NewRunner(db, log, codec(), readmodel.Options{}, view, tally(nil))
		start(t, r)
		if err := db.WaitFor(t.Context(), last, "tally"); err != nil {
			t.Fatal(err)
		}
		until(t, "the view is set aside", func() bool { return statusOf(r, "holding").State == "failed" })
		if s := statusOf(r, "holding"); s.Failure.Position != bad || !strings.Contains(s.Failure.Error, "no such key") {
			t.Errorf("%+v", s)
		}
		check(t, db, log, tally(nil))
		if got := dump(t, db, tallyRows); got != "site 53\n" {
			t.Errorf("the other view: %s", got)
		}
	})
}
