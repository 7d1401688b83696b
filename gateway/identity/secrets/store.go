// Package secrets keeps what must never be an event: password hashes, failed
// attempts, sessions, and the random values of the installation (D20). It has
// tables of its own in SQLite or PostgreSQL, which backup and restore treat as
// secrets; losing them means new passwords, never lost records.
//
// It may import internal/problem only. Start reading with [Store], then
// [Store.Verify] (sign-in) and [Store.OpenSession].
package secrets

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // PostgreSQL for database/sql
	"golang.org/x/crypto/argon2"
	_ "modernc.org/sqlite" // SQLite for database/sql
)

// schema works on both engines; instants are milliseconds since 1970 UTC.
var schema = []string{
	`CREATE TABLE IF NOT EXISTS credential (
		account_id TEXT PRIMARY KEY, hash TEXT NOT NULL, changed_at BIGINT NOT NULL, command_id TEXT NOT NULL)`,
	`CREATE TABLE IF NOT EXISTS attempt (
		subject TEXT PRIMARY KEY, failures BIGINT NOT NULL, last_at BIGINT NOT NULL, locked_until BIGINT NOT NULL)`,
	`CREATE TABLE IF NOT EXISTS session (
		token_hash TEXT PRIMARY KEY, account_id TEXT NOT NULL, seat_id TEXT NOT NULL,
		opened_at BIGINT NOT NULL, seen_at BIGINT NOT NULL)`,
	`CREATE INDEX IF NOT EXISTS session_account ON session (account_id)`,
	`CREATE TABLE IF NOT EXISTS random_value (name TEXT PRIMARY KEY, value TEXT NOT NULL)`,
}

// Store is a database of secrets. It is safe for concurrent use, also by
// several processes on one database.
type Store struct {
	db     *sql.DB
	o      Options
	work   chan struct{} // bounds how many passwords are hashed at once
	recent memory        // sessions in use
	slow   func(password, salt []byte, passes, memory uint32, threads uint8, size uint32) []byte
}

// Options are limits; zero values take the defaults named here.
type Options struct {
	Now      func() time.Time // nil: time.Now
	Idle     time.Duration    // a session unused for so long ends; 30 minutes
	Absolute time.Duration    // a session ends after so long in any case; 8 hours
	Failures int              // failed attempts before the first lock-out; 5
	LockOut  time.Duration    // the first lock-out; it doubles with every further failure, up to an hour; 1 minute
	Params   Params           // cost of password hashes; see [DefaultParams]
}

// Open opens or makes the database at "sqlite:<path>" or "postgres://…".
func Open(ctx context.Context, address string, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Idle == 0 {
		o.Idle = 30 * time.Minute
	}
	if o.Absolute == 0 {
		o.Absolute = 8 * time.Hour
	}
	if o.Failures == 0 {
		o.Failures = 5
	}
	if o.LockOut == 0 {
		o.LockOut = time.Minute
	}
	if o.Params == (Params{}) {
		o.Params = DefaultParams
	}
	db, err := connect(address)
	if err != nil {
		return nil, err
	}
	for _, ddl := range schema {
		if _, err := db.ExecContext(ctx, ddl); err != nil {
			return nil, errors.Join(fmt.Errorf("make tables of secrets: %w", err), db.Close())
		}
	}
	return &Store{db: db, o: o, work: make(chan struct{}, 4), slow: argon2.IDKey}, nil
}

func connect(address string) (*sql.DB, error) {
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return nil, fmt.Errorf("open secrets: %w", err)
		}
		file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the operator names the file
		if err != nil {
			return nil, fmt.Errorf("open secrets: %w", err)
		}
		if err := file.Close(); err != nil {
			return nil, fmt.Errorf("open secrets: %w", err)
		}
		q := url.Values{"_pragma": {"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "secure_delete(1)"}}
		db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+q.Encode()+"&_txlock=immediate")
		if err != nil {
			return nil, fmt.Errorf("open secrets: %w", err)
		}
		db.SetMaxOpenConns(1)
		return db, nil
	}
	if !strings.HasPrefix(address, "postgres://") && !strings.HasPrefix(address, "postgresql://") {
		return nil, errors.New(`open secrets: the address must start with "sqlite:" or "postgres://"`)
	}
	db, err := sql.Open("pgx", address)
	if err != nil {
		return nil, errors.New("open secrets: the postgres address is not a URL") // it may hold a password
	}
	db.SetMaxOpenConns(8)
	return db, nil
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// Random returns the installation's random value of this name, made at first
// use and the same ever after: signing keys and the like.
func (s *Store) Random(ctx context.Context, name string, size int) ([]byte, error) {
	fresh := make([]byte, size)
	_, _ = rand.Read(fresh) // never fails (crypto/rand)
	if _, err := s.db.ExecContext(ctx, `INSERT INTO random_value (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`,
		name, hex.EncodeToString(fresh)); err != nil {
		return nil, fmt.Errorf("make random value %s: %w", name, err)
	}
	var text string
	if err := s.db.QueryRowContext(ctx, `SELECT value FROM random_value WHERE name = $1`, name).Scan(&text); err != nil {
		return nil, fmt.Errorf("read random value %s: %w", name, err)
	}
	value, err := hex.DecodeString(text)
	if err != nil || len(value) != size {
		return nil, fmt.Errorf("random value %s is damaged", name)
	}
	return value, nil
}

// Derive returns a code of 128 bits that only this installation can make of
// the purpose and the parts: the same for a command that is sent again.
func (s *Store) Derive(ctx context.Context, purpose string, parts ...string) ([]byte, error) {
	key, err := s.Random(ctx, "derive", 32)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, key)
	for _, part := range append([]string{purpose}, parts...) {
		mac.Write(fmt.Appendf(nil, "%d:%s", len(part), part))
	}
	return mac.Sum(nil)[:16], nil
}

func (s *Store) now() int64 { return s.o.Now().UnixMilli() }
