package readmodel_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"shiyang/internal/es"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
	commonv1 "shiyang/proto/common/v1"
)

const benchmarkEvents = 20_000

const upsert = `INSERT INTO bench_v1 (id, name, holder, seen) VALUES ($1, $2, $3, 1)
	ON CONFLICT (id) DO UPDATE SET name = excluded.name, holder = excluded.holder, seen = bench_v1.seen + 1`

const benchTable = `CREATE TABLE bench_v1 (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, holder TEXT NOT NULL, seen BIGINT NOT NULL)`

// BenchmarkRebuild compares a runner that builds a view of one row per event
// with a loop that upserts the same rows, 1,000 per transaction, and reads
// nothing. Compare the events/s of the two.
func BenchmarkRebuild(b *testing.B) {
	view := readmodel.Projection{
		Name: "bench", Version: 1, Schema: []string{benchTable}, Tables: []string{"bench_v1"},
		Handlers: []readmodel.Handler{
			readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *commonv1.KeyReserved) error {
				_, err := tx.ExecContext(ctx, upsert, f.ID, e.GetKey(), e.GetHolder())
				return err
			}),
		},
	}
	log := readmodeltest.NewLog(codec())
	ids := make([]string, benchmarkEvents)
	for i := range ids {
		ids[i] = es.DerivedID("bench", fmt.Sprint(i))
		log.Append(b, "key-"+ids[i], reserved("武威市凉州区某某化工有限公司"))
	}
	b.Run("build", func(b *testing.B) {
		for b.Loop() {
			db := readmodeltest.Open(b, "sqlite:"+filepath.Join(b.TempDir(), "views.db"))
			if err := readmodel.Build(b.Context(), db, log, codec(), view, nil); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(benchmarkEvents*b.N)/b.Elapsed().Seconds(), "events/s")
	})
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			bare(b, ids)
		}
		b.ReportMetric(float64(benchmarkEvents*b.N)/b.Elapsed().Seconds(), "events/s")
	})
}

func bare(b *testing.B, ids []string) {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "bare.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_txlock=immediate")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	if _, err := db.ExecContext(b.Context(), benchTable); err != nil {
		b.Fatal(err)
	}
	for chunk := range slices.Chunk(ids, 1000) {
		if err := bareBatch(b.Context(), db, chunk); err != nil {
			b.Fatal(err)
		}
	}
}

func bareBatch(ctx context.Context, db *sql.DB, ids []string) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	stmt, err := tx.PrepareContext(ctx, upsert)
	if err != nil {
		return err
	}
	defer func() { _ = stmt.Close() }()
	for _, id := range ids {
		if _, err := stmt.ExecContext(ctx, id, "武威市凉州区某某化工有限公司", "permit-1"); err != nil {
			return err
		}
	}
	return tx.Commit()
}
