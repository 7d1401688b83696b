package drafts

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// row is one draft in an export.
type row struct {
	Account string `json:"account"`
	Permit  string `json:"permit"`
	Body    string `json:"body"`
	Changed string `json:"changed"`
}

// exportPage is how many drafts are read at once: 20 MiB at most.
const exportPage = 20

// Export writes all drafts as lines of JSON, for a backup (D20). It works
// while people save drafts.
func (s *Store) Export(ctx context.Context, w io.Writer) error {
	out := json.NewEncoder(w)
	var last row
	for {
		page, err := s.page(ctx, last)
		if err != nil {
			return fmt.Errorf("export drafts: %w", err)
		}
		for _, r := range page {
			if err := out.Encode(r); err != nil {
				return fmt.Errorf("export drafts: %w", err)
			}
			last = r
		}
		if len(page) < exportPage {
			return nil
		}
	}
}

func (s *Store) page(ctx context.Context, after row) (page []row, err error) {
	rows, err := s.db.QueryContext(ctx, `SELECT account, permit, body, changed FROM drafts
		WHERE account > $1 OR (account = $1 AND permit > $2) ORDER BY account, permit LIMIT $3`, after.Account, after.Permit, exportPage)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.Account, &r.Permit, &r.Body, &r.Changed); err != nil {
			return nil, err
		}
		page = append(page, r)
	}
	return page, rows.Err()
}

// ErrNotEmpty refuses to import into a database that holds drafts already.
var ErrNotEmpty = errors.New("the database holds drafts already; restore into an empty one")

// Import fills an empty store with an export, all or nothing.
func (s *Store) Import(ctx context.Context, r io.Reader) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("import drafts: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // no effect after a commit
	if err := fill(ctx, tx, r); err != nil {
		return fmt.Errorf("import drafts: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("import drafts: %w", err)
	}
	return nil
}

func fill(ctx context.Context, tx *sql.Tx, r io.Reader) error {
	var there int
	if err := tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM drafts`).Scan(&there); err != nil {
		return err
	}
	if there > 0 {
		return ErrNotEmpty
	}
	in := json.NewDecoder(bufio.NewReader(r))
	for {
		var d row
		err := in.Decode(&d)
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case d.Account == "" || d.Permit == "":
			return errors.New("a line is no draft")
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO drafts (account, permit, body, changed) VALUES ($1, $2, $3, $4)`,
			d.Account, d.Permit, d.Body, d.Changed); err != nil {
			return err
		}
	}
}
