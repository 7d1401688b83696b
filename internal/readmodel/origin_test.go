package readmodel_test

import (
	"errors"
	"testing"

	"shiyang/internal/es"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
)

// A database knows from which log it was built, and refuses another.
func TestViewsBelongToOneLog(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		belong := func(log string, head es.Position, want error) {
			t.Helper()
			if err := db.BelongTo(t.Context(), log, head); !errors.Is(err, want) {
				t.Errorf("log %q up to %d: %v, want %v", log, head, err, want)
			}
		}
		belong("", 0, nil) // an empty log has no name yet
		belong("first", 10, nil)
		belong("first", 12, nil)
		belong("moved", 12, readmodel.ErrOtherLog)
		belong("", 0, readmodel.ErrOtherLog)
	})
}

// After a restore the log ends before what the views have seen.
func TestViewsAheadOfTheLogAreRefusedUntilForgotten(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		log := readmodeltest.NewLog(codec())
		head := log.Append(t, "key-1", reserved("厂"), released())
		runner := readmodel.NewRunner(db, log, codec(), readmodel.Options{}, register(1), tally(nil))
		stop := start(t, runner)
		until(t, "the views are there", func() bool { return db.WaitFor(t.Context(), head) == nil })
		if err := db.BelongTo(t.Context(), "log", head); err != nil {
			t.Fatal(err)
		}
		if err := db.BelongTo(t.Context(), "log", head-1); !errors.Is(err, readmodel.ErrOtherLog) {
			t.Errorf("a log that ends earlier: %v", err)
		}
		if _, err := readmodel.Forget(t.Context(), db, ""); !errors.Is(err, readmodel.ErrLocked) {
			t.Errorf("forgotten while the runner is at it: %v", err)
		}
		stop()
		if n, err := readmodel.Forget(t.Context(), db, ""); err != nil || n != 2 {
			t.Errorf("%d views are forgotten, %v", n, err)
		}
		if err := db.BelongTo(t.Context(), "other", head-1); err != nil {
			t.Errorf("forgotten views belong to any log: %v", err)
		}
		again := readmodeltest.NewLog(codec())
		head = again.Append(t, "key-2", reserved("厂"))
		start(t, readmodel.NewRunner(db, again, codec(), readmodel.Options{}, register(1), tally(nil)))
		until(t, "the views are built anew", func() bool { return db.WaitFor(t.Context(), head) == nil })
		var rows int
		if err := db.QueryRow(t.Context(), `SELECT COUNT(*) FROM `+register(1).Tables[0]).Scan(&rows); err != nil || rows != 1 {
			t.Errorf("%d rows, %v", rows, err)
		}
	})
}
