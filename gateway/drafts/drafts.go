// Package drafts 草稿 keeps applications that a person has begun to fill in and
// not filed. A draft is no event: it says nothing to anybody but its owner,
// may be thrown away, and is deleted when the application is filed or after
// half a year without a change.
//
// Drafts live in one table of their own, in an SQLite file or a PostgreSQL
// database. The package imports problem and the interface's types of
// gateway/web only. Start with [Store].
package drafts

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"shiyang/gateway/web"
	"shiyang/internal/problem"
)

// MaxBytes is the most that one draft may hold: an application of 1,000
// limits with everything written out takes about half of it.
const MaxBytes = 1 << 20

// Retention is how long a draft is kept after its last change.
const Retention = 180 * 24 * time.Hour

// ErrTooLarge refuses a draft of more than [MaxBytes].
var ErrTooLarge = &problem.Error{
	Kind: problem.TooLarge, Reason: "DRAFT_TOO_LARGE",
	Text: problem.Text{
		Zh: "草稿超过 1 MiB，没有保存。减少行数，或分成几份申请。",
		En: "The draft is larger than 1 MiB and was not saved. Use fewer rows.",
	},
}

// Store keeps drafts. It is safe for concurrent use; of two saves at once the
// last one stays.
type Store struct {
	db  *sql.DB
	now func() time.Time
}

var _ web.Drafts = (*Store)(nil)

// Open opens the database at address, "sqlite:<path>" or "postgres://…", and
// makes the table if it is missing. An SQLite file and its folder are created.
func Open(ctx context.Context, address string, now func() time.Time) (*Store, error) {
	db, err := connect(address)
	if err != nil {
		return nil, fmt.Errorf("open drafts: %w", err)
	}
	_, err = db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS drafts (
		account TEXT NOT NULL, permit TEXT NOT NULL, body TEXT NOT NULL, changed TEXT NOT NULL,
		PRIMARY KEY (account, permit))`)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open drafts: %w", err), db.Close())
	}
	return &Store{db: db, now: now}, nil
}

func connect(address string) (*sql.DB, error) {
	path, ok := strings.CutPrefix(address, "sqlite:")
	if !ok {
		if u, err := url.Parse(address); err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
			return nil, errors.New(`the address must start with "sqlite:" or "postgres://"`)
		}
		return sql.Open("pgx", address)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	file := "file:" + (&url.URL{Path: path}).EscapedPath()
	db, err := sql.Open("sqlite", file+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // one writer: no caller ever meets a locked file
	return db, nil
}

// Close ends the connection to the database.
func (s *Store) Close() error { return s.db.Close() }

// Load implements [web.Drafts].
func (s *Store) Load(ctx context.Context, d web.Draft) ([]byte, error) {
	var body string
	err := s.db.QueryRowContext(ctx, `SELECT body FROM drafts WHERE account = $1 AND permit = $2`, d.Account, d.Permit).Scan(&body)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("load draft: %w", err)
	}
	return []byte(body), nil
}

// Save implements [web.Drafts]; more than [MaxBytes] is [ErrTooLarge].
func (s *Store) Save(ctx context.Context, d web.Draft, body []byte) error {
	if len(body) > MaxBytes {
		return ErrTooLarge
	}
	_, err := s.db.ExecContext(ctx, `INSERT INTO drafts (account, permit, body, changed) VALUES ($1, $2, $3, $4)
		ON CONFLICT (account, permit) DO UPDATE SET body = excluded.body, changed = excluded.changed`,
		d.Account, d.Permit, string(body), stamp(s.now()))
	if err != nil {
		return fmt.Errorf("save draft: %w", err)
	}
	return nil
}

// Delete implements [web.Drafts].
func (s *Store) Delete(ctx context.Context, d web.Draft) error {
	if _, err := s.db.ExecContext(ctx, `DELETE FROM drafts WHERE account = $1 AND permit = $2`, d.Account, d.Permit); err != nil {
		return fmt.Errorf("delete draft: %w", err)
	}
	return nil
}

// Sweep deletes drafts that nobody changed for [Retention] and answers how
// many; the ticker calls it.
func (s *Store) Sweep(ctx context.Context) (int, error) {
	r, err := s.db.ExecContext(ctx, `DELETE FROM drafts WHERE changed < $1`, stamp(s.now().Add(-Retention)))
	if err != nil {
		return 0, fmt.Errorf("sweep drafts: %w", err)
	}
	n, err := r.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("sweep drafts: %w", err)
	}
	return int(n), nil
}

// stamp writes an instant so that text order is time order.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }
