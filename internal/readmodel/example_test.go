package readmodel_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
	commonv1 "shiyang/proto/common/v1"
)

// A view of which keys are taken: a table, and one function per event that
// matters.
func Example() {
	taken := readmodel.Projection{
		Name: "taken", Version: 1,
		Schema: []string{`CREATE TABLE taken_v1 (id TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL)`},
		Tables: []string{"taken_v1"},
		Handlers: []readmodel.Handler{
			readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *commonv1.KeyReserved) error {
				_, err := tx.ExecContext(ctx, `INSERT INTO taken_v1 (id, name) VALUES ($1, $2)`, f.ID, e.GetKey())
				return err
			}),
			readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, _ *commonv1.KeyReservationReleased) error {
				_, err := tx.ExecContext(ctx, `DELETE FROM taken_v1 WHERE id = $1`, f.ID)
				return err
			}),
		},
	}

	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	ctx := context.Background()
	db, err := readmodel.Open(ctx, "sqlite:"+filepath.Join(dir, "views.db"))
	if err != nil {
		panic(err)
	}
	defer func() { _ = db.Close() }()
	err = readmodel.Apply(ctx, db, taken, readmodeltest.Complete(0,
		readmodel.Fact{ID: "1", Event: &commonv1.KeyReserved{Key: "北湖厂"}},
		readmodel.Fact{ID: "2", Event: &commonv1.KeyReserved{Key: "南湖厂"}},
		readmodel.Fact{ID: "1", Event: &commonv1.KeyReservationReleased{}},
	)...)
	if err != nil {
		panic(err)
	}
	var name string
	if err := db.QueryRow(ctx, `SELECT name FROM taken_v1`).Scan(&name); err != nil {
		panic(err)
	}
	fmt.Println(name)
	// Output: 南湖厂
}
