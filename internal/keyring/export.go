package keyring

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// row is one key or tombstone in an export. The key stays wrapped: without
// the master key an export opens nothing.
type row struct {
	Subject     string `json:"subject"`
	Wrapped     []byte `json:"wrapped,omitempty"` // none: a tombstone
	CreatedAt   string `json:"createdAt"`
	DestroyedAt string `json:"destroyedAt,omitempty"`
}

// exportPage is how many keys are read at once, so that an export to a slow
// place holds up nobody.
const exportPage = 500

// Export writes every key, wrapped, and every tombstone as lines of JSON, in
// the order of the subjects, for a backup (D20). It works while the keyring
// is in use: a key that was there when it began is in it, unless it was
// destroyed meanwhile; then its tombstone is.
func (k *Keyring) Export(ctx context.Context, w io.Writer) error {
	out := json.NewEncoder(w)
	for after := ""; ; {
		page, err := k.page(ctx, after)
		if err != nil {
			return fmt.Errorf("export keyring: %w", err)
		}
		for _, r := range page {
			if err := out.Encode(r); err != nil {
				return fmt.Errorf("export keyring: %w", err)
			}
			after = r.Subject
		}
		if len(page) < exportPage {
			return nil
		}
	}
}

func (k *Keyring) page(ctx context.Context, after string) (page []row, err error) {
	rows, err := k.db.QueryContext(ctx, `SELECT subject, wrapped, created_at, COALESCE(destroyed_at, '') FROM person_key
		WHERE subject > $1 ORDER BY subject LIMIT $2`, after, exportPage)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.Subject, &r.Wrapped, &r.CreatedAt, &r.DestroyedAt); err != nil {
			return nil, err
		}
		page = append(page, r)
	}
	return page, rows.Err()
}

// ErrNotEmpty refuses to import into a keyring that holds keys already.
var ErrNotEmpty = errors.New("the database holds keys of persons already; restore into an empty one")

// Import fills an empty keyring with an export, all or nothing. It comes
// before [Open], which then proves that the master key fits, and before
// [Keyring.ReplayDestroyed], which must run before anything is served.
func Import(ctx context.Context, db *sql.DB, engine Engine, r io.Reader) error {
	k := &Keyring{db: db, engine: engine}
	if err := k.createTable(ctx); err != nil {
		return fmt.Errorf("import keyring: %w", err)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("import keyring: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // no effect after a commit
	if err := fill(ctx, tx, r); err != nil {
		return fmt.Errorf("import keyring: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("import keyring: %w", err)
	}
	return nil
}

func fill(ctx context.Context, tx *sql.Tx, r io.Reader) error {
	var there int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM person_key`).Scan(&there); err != nil {
		return err
	}
	if there > 0 {
		return ErrNotEmpty
	}
	in := json.NewDecoder(bufio.NewReader(r))
	for {
		var line row
		err := in.Decode(&line)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		var wrapped, destroyed any
		if len(line.Wrapped) > 0 {
			wrapped = line.Wrapped
		}
		if line.DestroyedAt != "" {
			destroyed = line.DestroyedAt
		}
		if line.Subject == "" || (wrapped == nil) != (destroyed != nil) {
			return errors.New("a line is neither a key nor a tombstone")
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO person_key (subject, wrapped, created_at, destroyed_at)
			VALUES ($1, $2, $3, $4)`, line.Subject, wrapped, line.CreatedAt, destroyed); err != nil {
			return err
		}
	}
}
