package keyring

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"slices"
	"time"
)

// wrappedSize is that of every wrapped key: nonce, key, tag.
const wrappedSize = 12 + keySize + 16

func (k *Keyring) createTable(ctx context.Context) error {
	blob := "BLOB"
	if k.engine == Postgres {
		blob = "BYTEA"
	}
	// Without wrapped, a row is a tombstone.
	_, err := k.db.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS person_key (
		subject TEXT PRIMARY KEY, wrapped `+blob+`, created_at TEXT NOT NULL, destroyed_at TEXT)`)
	return err
}

func (k *Keyring) read(ctx context.Context, subject string) (wrapped []byte, destroyed bool, err error) {
	err = k.db.QueryRowContext(ctx,
		`SELECT wrapped, destroyed_at IS NOT NULL FROM person_key WHERE subject = $1`, subject).Scan(&wrapped, &destroyed)
	return wrapped, destroyed, err
}

// create stores a new key unless there is a row already, be it a key of
// another process or a tombstone.
func (k *Keyring) create(ctx context.Context, subject string) error {
	raw := random(keySize)
	defer clear(raw)
	_, err := k.db.ExecContext(ctx,
		`INSERT INTO person_key (subject, wrapped, created_at) VALUES ($1, $2, $3) ON CONFLICT (subject) DO NOTHING`,
		subject, k.wrap(subject, raw), k.timestamp())
	return err
}

func (k *Keyring) timestamp() string { return k.now().UTC().Format(time.RFC3339) }

// Destroy erases a person: the key is overwritten, a tombstone stays, and
// the person never gets a key again. A person without a key gets the
// tombstone too. Destroying twice is harmless. Other processes notice within
// Options.CacheFor.
func (k *Keyring) Destroy(ctx context.Context, subject string) error {
	if subject == "" || subject == checkRow {
		return fmt.Errorf("destroy key: %q is no person", subject)
	}
	if err := k.destroy(ctx, []string{subject}); err != nil {
		return fmt.Errorf("destroy key: %w", err)
	}
	return nil
}

// ReplayDestroyed destroys the keys of all subjects that the log says were
// erased. It runs after a restore, before anything is served: the backup may
// be older than an erasure.
func (k *Keyring) ReplayDestroyed(ctx context.Context, subjects iter.Seq[string]) error {
	for batch := range chunks(subjects, 500) {
		if err := k.destroy(ctx, batch); err != nil {
			return fmt.Errorf("destroy keys of erased persons: %w", err)
		}
	}
	return nil
}

func chunks(all iter.Seq[string], size int) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		var batch []string
		for s := range all {
			if s == "" || s == checkRow {
				continue
			}
			if batch = append(batch, s); len(batch) == size {
				if !yield(batch) {
					return
				}
				batch = nil
			}
		}
		if len(batch) > 0 {
			yield(batch)
		}
	}
}

func (k *Keyring) destroy(ctx context.Context, subjects []string) error {
	conn, err := k.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if k.engine == SQLite {
		// What is deleted or replaced is overwritten with zeros.
		if _, err := conn.ExecContext(ctx, `PRAGMA secure_delete = ON`); err != nil {
			return err
		}
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	slices.Sort(subjects) // one order of locks for everyone
	for _, s := range subjects {
		// First other bytes of the same length in the same place, then none.
		for _, wrapped := range []any{random(wrappedSize), nil} {
			if _, err := tx.ExecContext(ctx, `INSERT INTO person_key (subject, wrapped, created_at, destroyed_at)
				VALUES ($1, $2, $3, $3) ON CONFLICT (subject) DO UPDATE
				SET wrapped = excluded.wrapped, destroyed_at = COALESCE(person_key.destroyed_at, excluded.destroyed_at)`,
				s, wrapped, k.timestamp()); err != nil {
				return err
			}
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	k.cache.forget(subjects)
	return k.scrub(ctx, conn)
}

// scrub takes the old versions of destroyed keys from the files of the
// database: the write-ahead log of SQLite, the dead rows of PostgreSQL. A
// scrub that readers hold up is made up for by the next one.
func (k *Keyring) scrub(ctx context.Context, conn *sql.Conn) error {
	statement := `PRAGMA wal_checkpoint(TRUNCATE)`
	if k.engine == Postgres {
		statement = `VACUUM person_key`
	}
	if _, err := conn.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("scrub: %w", err)
	}
	return nil
}
