// Package readmodeltest tests read models: every view test runs on SQLite and,
// if SHIYANG_TEST_POSTGRES holds the URL of a server, on PostgreSQL too.
//
// Start with [Each] and [Apply]; [Log] is a log in memory for tests of the
// runner, of reactions and of whole services.
package readmodeltest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"shiyang/internal/es"
	"shiyang/internal/readmodel"
)

// PostgresEnv names the variable that holds the URL of a PostgreSQL server for
// tests.
const PostgresEnv = "SHIYANG_TEST_POSTGRES"

// Each runs test once per engine, each time on an empty database. PostgreSQL is
// left out, visibly, when no server is given.
func Each(t *testing.T, test func(t *testing.T, db *readmodel.DB)) {
	t.Helper()
	EachURL(t, func(t *testing.T, url string) { test(t, Open(t, url)) })
}

// EachURL is [Each] for tests that open the database themselves, perhaps more
// than once.
func EachURL(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		test(t, "sqlite:"+filepath.Join(t.TempDir(), "views.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		server := os.Getenv(PostgresEnv)
		if server == "" {
			t.Skip("set " + PostgresEnv + " to the URL of a PostgreSQL server")
		}
		test(t, schemaOf(t, server))
	})
}

// Open opens a database and closes it when the test ends.
func Open(t testing.TB, url string) *readmodel.DB {
	t.Helper()
	db, err := readmodel.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// schemaOf makes a schema of the test's own on the server and returns the URL
// that leads to it.
func schemaOf(t *testing.T, server string) string {
	t.Helper()
	name := "t" + strings.ReplaceAll(uuid.NewString(), "-", "")
	exec := func(ctx context.Context, ddl string) {
		pool, err := sql.Open("pgx", server)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = pool.Close() }()
		if _, err := pool.ExecContext(ctx, ddl); err != nil {
			t.Errorf("%s: %v", ddl, err)
		}
	}
	exec(t.Context(), "CREATE SCHEMA "+name)
	t.Cleanup(func() { exec(context.WithoutCancel(t.Context()), "DROP SCHEMA "+name+" CASCADE") })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("the address of the PostgreSQL server is not a URL")
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

// At is when [Apply] says that facts happened if they do not say it: day n
// after this for the nth.
var At = time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC)

// Apply gives facts to a projection. What a fact leaves open is filled in:
// positions count up from the view's checkpoint, revisions within the call,
// the stream is "test-<ID>", times are a day apart.
func Apply(t testing.TB, db *readmodel.DB, p readmodel.Projection, facts ...readmodel.Fact) {
	t.Helper()
	var from es.Position
	err := db.QueryRow(t.Context(), `SELECT position FROM readmodel_view WHERE name = $1 AND version = $2`,
		p.Name, p.Version).Scan(&from)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		t.Fatal(err)
	}
	if err := readmodel.Apply(t.Context(), db, p, Complete(from, facts...)...); err != nil {
		t.Fatal(err)
	}
}

// Complete returns the facts with what they leave open filled in, as [Apply]
// does, with positions after from.
func Complete(from es.Position, facts ...readmodel.Fact) []readmodel.Fact {
	revisions := map[string]es.Revision{}
	out := make([]readmodel.Fact, len(facts))
	position := from
	for i, f := range facts {
		if f.Stream == "" {
			f.Category = orElse(f.Category, "test")
			f.ID = orElse(f.ID, "1")
			f.Stream = es.StreamName(f.Category, f.ID)
		}
		f.Category, f.ID, _ = es.SplitStream(f.Stream)
		if f.Position == 0 {
			f.Position = position + 10
		}
		position = max(position, f.Position)
		if f.Revision == 0 {
			f.Revision = revisions[f.Stream] + 1
		}
		revisions[f.Stream] = f.Revision
		if f.Meta.RecordedAt.IsZero() {
			f.Meta.RecordedAt = At.AddDate(0, 0, i)
		}
		if f.Meta.OccurredAt.IsZero() {
			f.Meta.OccurredAt = f.Meta.RecordedAt
		}
		f.EventID = orElse(f.EventID, es.DerivedID("test", f.Stream, fmt.Sprint(f.Revision)))
		f.Type = es.TypeName(f.Event)
		out[i] = f
	}
	return out
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
