package readmodel_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
	commonv1 "shiyang/proto/common/v1"
)

// tamper changes rows behind the runner's back.
func tamper(t *testing.T, db *readmodel.DB, statements ...string) {
	t.Helper()
	p := readmodel.Projection{Name: "tamper", Version: 1, Handlers: []readmodel.Handler{
		readmodel.On(func(ctx context.Context, tx readmodel.Tx, _ readmodel.Fact, _ *commonv1.NumberUsed) error {
			for _, s := range statements {
				if _, err := tx.ExecContext(ctx, s); err != nil {
					return err
				}
			}
			return nil
		}),
	}}
	readmodeltest.Apply(t, db, p, readmodel.Fact{Event: &commonv1.NumberUsed{Serial: 1}})
}

func TestCheckFindsWhatDiffers(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		log := readmodeltest.NewLog(codec())
		for i := range 30 {
			log.Append(t, fmt.Sprintf("key-%02d", i), reserved(fmt.Sprint("厂", i)))
		}
		r := readmodel.NewRunner(db, log, codec(), readmodel.Options{}, register(1))
		stop := start(t, r)
		settle(t, log, r)
		stop()
		check(t, db, log, register(1))

		tamper(t, db,
			`UPDATE key_register_v1 SET name = '改', holder = '张三' WHERE id = '03'`,
			`DELETE FROM key_register_v1 WHERE id = '04'`,
			`INSERT INTO key_register_v1 (id, name, seen, last) VALUES ('99', '多', 1, 1)`,
			`UPDATE key_search_v1 SET body = '改' WHERE key = '05'`,
		)
		result, err := readmodel.Check(t.Context(), db, log, codec(), register(1))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range result.Differences {
			got = append(got, fmt.Sprintf("%s %s %s %s %s→%s", d.Kind, d.Table, d.Key, d.Column, d.Live, d.Replay))
		}
		want := []string{
			"missing key_register_v1 04  →", "extra key_register_v1 99  →",
			"changed key_register_v1 03 name 改→厂3", "changed key_register_v1 03 holder →",
			"changed key_search_v1 05 body 改→厂5",
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") || result.OK() || result.More {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}

		tamper(t, db, `UPDATE key_register_v1 SET seen = seen + 1`)
		if result, err = readmodel.Check(t.Context(), db, log, codec(), register(1)); err != nil {
			t.Fatal(err)
		}
		if len(result.Differences) != 20 || !result.More {
			t.Errorf("%d differences, more: %t", len(result.Differences), result.More)
		}
	})
}

func TestRebuildUnderLoad(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		log := readmodeltest.NewLog(codec())
		log.Append(t, "key-1", reserved("北湖厂"))
		r := readmodel.NewRunner(db, log, codec(), readmodel.Options{}, register(1), tally(nil))
		start(t, r)
		settle(t, log, r)
		tamper(t, db, `UPDATE key_register_v1 SET name = '改'`, `DELETE FROM key_search_v1`)
		var progress readmodel.Progress
		err := readmodel.Rebuild(t.Context(), db, log, codec(), register(1), func(p readmodel.Progress) {
			progress = p
			log.Append(t, "key-2", reserved("南湖厂")) // while it is rebuilt
			if rows := dump(t, db, `SELECT name FROM key_register_v1 WHERE id = '1'`); rows != "改\n" {
				t.Errorf("readers do not see the old rows meanwhile: %s", rows)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if progress.Events == 0 || progress.Position == 0 || progress.Head == 0 {
			t.Errorf("progress %+v", progress)
		}
		log.Append(t, "key-3", reserved("西湖厂"))
		settle(t, log, r)
		check(t, db, log, register(1))
		query, arg, _ := readmodel.MatchQuery(db.Engine(), "key_search_v1", "湖厂", 1)
		if got := keys(t, db, query, arg); got != "1 2 3" {
			t.Errorf("search after the rebuild: %q", got)
		}
	})
}

func TestSkippedEventStopsTheViews(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		log := readmodeltest.NewLog(codec())
		log.Append(t, "key-1", reserved("甲"))
		r := readmodel.NewRunner(db, log, codec(), readmodel.Options{}, register(1))
		stop := start(t, r)
		settle(t, log, r)
		log.Misbehave(readmodeltest.Faults{Skip: func(e readmodel.RawEvent) bool {
			return e.Stream == "key-1" && e.Revision == 2
		}})
		log.Append(t, "key-1", released(), reserved("乙"))
		until(t, "the gap is seen", func() bool { return statusOf(r, "key_register").Gap })
		if f := statusOf(r, "key_register").Failure; !strings.Contains(f.Error, "revision 3 after 1") {
			t.Errorf("failure %+v", f)
		}
		stop()
		log.Misbehave(readmodeltest.Faults{})
		again := readmodel.NewRunner(db, log, codec(), readmodel.Options{}, register(1))
		stop = start(t, again)
		until(t, "a restart does not hide it", func() bool { return statusOf(again, "key_register").State == "failed" })
		stop()
		if err := readmodel.Rebuild(t.Context(), db, log, codec(), register(1), nil); err != nil {
			t.Fatal(err)
		}
		mended := readmodel.NewRunner(db, log, codec(), readmodel.Options{}, register(1))
		start(t, mended)
		settle(t, log, mended)
		check(t, db, log, register(1))
	})
}

func TestLostEventShowsInTheCount(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		log := readmodeltest.NewLog(codec())
		// The stream's only event is lost, and it would have changed no row.
		log.Misbehave(readmodeltest.Faults{Skip: func(e readmodel.RawEvent) bool { return e.Stream == "number-1" }})
		log.Append(t, "key-1", reserved("甲"))
		log.Append(t, "number-1", &commonv1.NumberUsed{Serial: 7})
		log.Append(t, "key-2", reserved("乙"))
		r := readmodel.NewRunner(db, log, codec(), readmodel.Options{}, register(1))
		start(t, r)
		settle(t, log, r)
		result, err := readmodel.Check(t.Context(), db, log, codec(), register(1))
		if err != nil {
			t.Fatal(err)
		}
		if result.OK() || result.Events != 2 || result.ReplayedEvents != 3 || len(result.Differences) != 0 {
			t.Errorf("%+v", result)
		}
	})
}

func TestNewVersionBesideTheOld(t *testing.T) {
	readmodeltest.EachURL(t, func(t *testing.T, url string) {
		log := readmodeltest.NewLog(codec())
		for i := range 20 {
			log.Append(t, fmt.Sprint("key-", i), reserved("厂"))
		}
		db := readmodeltest.Open(t, url)
		old := readmodel.NewRunner(db, log, codec(), readmodel.Options{}, register(1), tally(nil))
		stop := start(t, old)
		settle(t, log, old)

		other := readmodeltest.Open(t, url) // as a second process would
		err := readmodel.Build(t.Context(), other, log, codec(), register(2), func(readmodel.Progress) {
			if err := readmodel.Build(t.Context(), db, log, codec(), register(2), nil); !errors.Is(err, readmodel.ErrLocked) {
				t.Errorf("two builders at once: %v", err)
			}
			last := log.Append(t, "key-20", reserved("厂"))
			if err := db.WaitFor(t.Context(), last); err != nil {
				t.Errorf("the old version does not serve meanwhile: %v", err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := readmodel.Retire(t.Context(), db, log, codec(), register(2)); err == nil {
			t.Error("the old version was retired before the new one was in service")
		}
		stop()
		log.Append(t, "key-21", reserved("厂"))
		now := readmodel.NewRunner(db, log, codec(), readmodel.Options{}, register(2), tally(nil))
		start(t, now)
		settle(t, log, now)
		result, err := readmodel.Retire(t.Context(), db, log, codec(), register(2))
		if err != nil || result.Rows != 2*22 {
			t.Errorf("%+v, %v", result, err)
		}
		if err := db.QueryRow(t.Context(), `SELECT count(*) FROM key_register_v1`).Scan(new(int)); err == nil {
			t.Error("the old table is still there")
		}
		if got := dump(t, db, `SELECT name, version FROM readmodel_view ORDER BY name`); got != "key_register 2\ntally 1\n" {
			t.Errorf("views: %s", got)
		}
	})
}

func TestNewViewCatchesUpAndJoins(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		log := readmodeltest.NewLog(codec())
		for i := range 30 {
			log.Append(t, fmt.Sprint("key-", i), reserved("厂"))
		}
		r := readmodel.NewRunner(db, log, codec(), readmodel.Options{Prefixes: []string{"key-"}}, register(1))
		stop := start(t, r)
		settle(t, log, r)
		stop()
		log.Append(t, "other-1", reserved("not ours"))
		log.Append(t, "key-30", reserved("厂"))
		broken := readmodel.Projection{Name: "broken", Version: 1, Tables: []string{"broken_v1"}, Schema: []string{`CREATE TABEL broken_v1`}}
		both := readmodel.NewRunner(db, log, codec(), readmodel.Options{Prefixes: []string{"key-"}}, broken, register(1), tally(nil))
		start(t, both)
		last := log.Append(t, "key-31", reserved("厂"))
		if err := db.WaitFor(t.Context(), last, "tally", "key_register"); err != nil {
			t.Fatal(err)
		}
		if got := dump(t, db, tallyRows); got != "site 32\n" {
			t.Errorf("rows: %s", got)
		}
		if s := statusOf(both, "broken"); s.State != "failed" || s.Failure.Error == "" {
			t.Errorf("%+v", s)
		}
		check(t, db, log, tally(nil))
	})
}

func TestProjectionsAreChecked(t *testing.T) {
	db := readmodeltest.Open(t, "sqlite:"+t.TempDir()+"/views.db")
	log := readmodeltest.NewLog(codec())
	for name, projections := range map[string][]readmodel.Projection{
		"name":     {{Name: "Bad Name", Version: 1}},
		"version":  {{Name: "good"}},
		"table":    {{Name: "good", Version: 2, Tables: []string{"good_v1"}}},
		"personal": {{Name: "good", Version: 1, Tables: []string{"good_v1"}, Personal: []string{"name"}}},
		"twice":    {tally(nil), tally(nil)},
	} {
		if err := readmodel.NewRunner(db, log, codec(), readmodel.Options{}, projections...).Run(t.Context()); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for _, url := range []string{"mysql://x", "sqlite:", "sqlite::memory:", ""} {
		if _, err := readmodel.Open(t.Context(), url); err == nil {
			t.Errorf("%q was opened", url)
		}
	}
}

func keys(t *testing.T, db *readmodel.DB, query string, arg any) string {
	t.Helper()
	rows, err := db.Query(t.Context(), query+" ORDER BY 1", arg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var found []string
	for rows.Next() {
		var key string
		if err := rows.Scan(&key); err != nil {
			t.Fatal(err)
		}
		found = append(found, key)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(found, " ")
}
