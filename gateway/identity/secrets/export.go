package secrets

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// line is one row of an export: a password hash, or a random value of the
// installation. Sessions and failed attempts are left out: after a restore
// everybody signs in anew.
type line struct {
	Account string `json:"account,omitempty"`
	Hash    string `json:"hash,omitempty"`
	Changed int64  `json:"changed,omitempty"` // milliseconds since 1970
	Command string `json:"command,omitempty"`
	Random  string `json:"random,omitempty"` // the value's name
	Value   string `json:"value,omitempty"`  // hex
}

// exportPage is how many rows are read at once, so that an export to a slow
// place holds up no sign-in.
const exportPage = 500

// Export writes password hashes and random values as lines of JSON, for a
// backup (D20). It works while the store is in use.
func (s *Store) Export(ctx context.Context, w io.Writer) error {
	out := json.NewEncoder(w)
	for _, part := range []struct {
		query string
		scan  func(*sql.Rows, *line) error
		key   func(line) string
	}{
		{
			`SELECT account_id, hash, changed_at, command_id FROM credential WHERE account_id > $1 ORDER BY account_id LIMIT $2`,
			func(r *sql.Rows, l *line) error { return r.Scan(&l.Account, &l.Hash, &l.Changed, &l.Command) },
			func(l line) string { return l.Account },
		},
		{
			`SELECT name, value FROM random_value WHERE name > $1 ORDER BY name LIMIT $2`,
			func(r *sql.Rows, l *line) error { return r.Scan(&l.Random, &l.Value) },
			func(l line) string { return l.Random },
		},
	} {
		for after, more := "", true; more; {
			page, err := s.page(ctx, part.query, after, part.scan)
			if err != nil {
				return fmt.Errorf("export secrets: %w", err)
			}
			for _, l := range page {
				if err := out.Encode(l); err != nil {
					return fmt.Errorf("export secrets: %w", err)
				}
				after = part.key(l)
			}
			more = len(page) == exportPage
		}
	}
	return nil
}

func (s *Store) page(ctx context.Context, query, after string, scan func(*sql.Rows, *line) error) (page []line, err error) {
	rows, err := s.db.QueryContext(ctx, query, after, exportPage)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var l line
		if err := scan(rows, &l); err != nil {
			return nil, err
		}
		page = append(page, l)
	}
	return page, rows.Err()
}

// ErrNotEmpty refuses to import into a database that holds secrets already.
var ErrNotEmpty = errors.New("the database holds passwords already; restore into an empty one")

// Import fills an empty store with an export, all or nothing.
func (s *Store) Import(ctx context.Context, r io.Reader) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("import secrets: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // no effect after a commit
	if err := fill(ctx, tx, r); err != nil {
		return fmt.Errorf("import secrets: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("import secrets: %w", err)
	}
	return nil
}

func fill(ctx context.Context, tx *sql.Tx, r io.Reader) error {
	var there int
	err := tx.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM credential) + (SELECT COUNT(*) FROM random_value)`).Scan(&there)
	if err != nil {
		return err
	}
	if there > 0 {
		return ErrNotEmpty
	}
	in := json.NewDecoder(bufio.NewReader(r))
	for {
		var l line
		err := in.Decode(&l)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case l.Account != "" && l.Hash != "":
			_, err = tx.ExecContext(ctx, `INSERT INTO credential (account_id, hash, changed_at, command_id) VALUES ($1, $2, $3, $4)`,
				l.Account, l.Hash, l.Changed, l.Command)
		case l.Random != "" && l.Value != "":
			_, err = tx.ExecContext(ctx, `INSERT INTO random_value (name, value) VALUES ($1, $2)`, l.Random, l.Value)
		default:
			err = errors.New("a line is neither a password hash nor a random value")
		}
		if err != nil {
			return err
		}
	}
}
