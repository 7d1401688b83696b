package timeseries

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Read returns the rows of a series from one instant to before another, the
// earliest first, 3,000 at most.
func (s *Store) Read(ctx context.Context, series string, kind int, from, to time.Time) (rows []Row, err error) {
	for _, m := range s.months() {
		if m < month(from) || m > month(to) || len(rows) >= pageRows {
			continue
		}
		page, err := s.read(ctx, m, `SELECT series, kind, at, body FROM told WHERE series = $1 AND kind = $2 AND at >= $3 AND at < $4
			ORDER BY at LIMIT $5`, series, kind, from.Unix(), to.Unix(), pageRows-len(rows))
		if err != nil {
			return nil, err
		}
		rows = append(rows, page...)
	}
	return rows, nil
}

// months are the names of the files, the earliest first.
func (s *Store) months() []string {
	found, _ := filepath.Glob(filepath.Join(s.o.Dir, "????-??"+fileSuffix)) // the pattern is right
	for i, name := range found {
		found[i] = strings.TrimSuffix(filepath.Base(name), fileSuffix)
	}
	slices.Sort(found)
	return found
}

// handle is the database of a month, for reading beside the writer.
func (s *Store) handle(m string) (*sql.DB, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.open(m, false)
	if err != nil || f == nil {
		return nil, err
	}
	return f.db, nil
}

func (s *Store) read(ctx context.Context, m, query string, args ...any) (found []Row, err error) {
	db, err := s.handle(m)
	if err != nil || db == nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read series: %w", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r Row
		var at int64
		if err := rows.Scan(&r.Series, &r.Kind, &at, &r.Body); err != nil {
			return nil, fmt.Errorf("read series: %w", err)
		}
		r.At = time.Unix(at, 0).UTC()
		found = append(found, r)
	}
	return found, rows.Err()
}

// noteHeard remembers when each series was last heard, by our clock, a minute
// apart at least; the lock is held.
func (s *Store) noteHeard(tx *sql.Tx, batch []put) error {
	now := s.o.Now()
	for _, p := range batch {
		last := s.heard[p.row.Series]
		if now.Sub(last) < heardMinimum {
			continue
		}
		if _, err := tx.Exec(`INSERT INTO heard (series, at) VALUES ($1, $2)
			ON CONFLICT (series) DO UPDATE SET at = max(at, excluded.at)`, p.row.Series, now.Unix()); err != nil {
			return err
		}
		s.heard[p.row.Series] = now
	}
	return nil
}

// Heard tells when a series was last heard, a minute more or less; the zero
// time if nothing of it is kept.
func (s *Store) Heard(ctx context.Context, series string) (time.Time, error) {
	s.mu.Lock()
	at, known := s.heard[series]
	s.mu.Unlock()
	if known {
		return at, nil
	}
	months := s.months()
	slices.Reverse(months)
	for _, m := range months[:min(len(months), maxOpen)] {
		db, err := s.handle(m)
		if err != nil || db == nil {
			return time.Time{}, err
		}
		var unix int64
		err = db.QueryRowContext(ctx, `SELECT at FROM heard WHERE series = $1`, series).Scan(&unix)
		switch {
		case err == nil:
			at = later(at, time.Unix(unix, 0).UTC())
		case !errors.Is(err, sql.ErrNoRows):
			return time.Time{}, fmt.Errorf("last heard: %w", err)
		}
	}
	if !at.IsZero() {
		s.mu.Lock()
		s.heard[series] = later(at, s.heard[series])
		s.mu.Unlock()
	}
	return at, nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Forget deletes the months that lie wholly before the retention and tells how
// many they were.
func (s *Store) Forget() (int, error) {
	keep := month(s.o.Now().Add(-s.o.Retention))
	gone := 0
	for _, m := range s.months() {
		if m >= keep {
			continue
		}
		if err := s.remove(m); err != nil {
			return gone, fmt.Errorf("forget series of %s: %w", m, err)
		}
		gone++
	}
	return gone, nil
}

func (s *Store) remove(m string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.files {
		if f.month == m {
			s.files = append(s.files[:i:i], s.files[i+1:]...)
			if err := f.db.Close(); err != nil {
				return err
			}
			break
		}
	}
	var err error
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if gone := os.Remove(filepath.Join(s.o.Dir, m+fileSuffix+suffix)); gone != nil && !errors.Is(gone, os.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	return err
}

// line is one row of an export.
type line struct {
	Series string `json:"series"`
	Kind   int    `json:"kind"`
	At     int64  `json:"at"`
	Body   string `json:"body"`
}

// Export writes all rows as lines of JSON, for a backup, while rows come in.
func (s *Store) Export(ctx context.Context, w io.Writer) error {
	out := json.NewEncoder(w)
	for _, m := range s.months() {
		var last Row
		for {
			page, err := s.read(ctx, m, `SELECT series, kind, at, body FROM told WHERE (series, kind, at) > ($1, $2, $3)
				ORDER BY series, kind, at LIMIT $4`, last.Series, last.Kind, last.At.Unix(), pageRows)
			if err != nil {
				return fmt.Errorf("export series: %w", err)
			}
			for _, r := range page {
				if err := out.Encode(line{r.Series, r.Kind, r.At.Unix(), r.Body}); err != nil {
					return fmt.Errorf("export series: %w", err)
				}
			}
			if len(page) < pageRows {
				break
			}
			last = page[len(page)-1]
		}
	}
	return nil
}

// Import fills an empty folder with an export. What is older than the
// retention is left out.
func (s *Store) Import(ctx context.Context, r io.Reader) error {
	if len(s.months()) > 0 {
		return errNotEmpty
	}
	in := json.NewDecoder(r)
	batch := make([]put, 0, batchRows)
	flush := func() error {
		var err error
		for i := range batch {
			batch[i].done = func(e error) { err = errors.Join(err, e) }
		}
		s.commit(batch)
		batch = batch[:0]
		return err
	}
	for {
		var l line
		err := in.Decode(&l)
		switch {
		case errors.Is(err, io.EOF):
			return flush()
		case err != nil:
			return fmt.Errorf("import series: %w", err)
		case ctx.Err() != nil:
			return ctx.Err()
		}
		row := Row{l.Series, l.Kind, time.Unix(l.At, 0).UTC(), l.Body}
		if errors.Is(s.Check(row.At), ErrTooOld) {
			continue
		}
		if batch = append(batch, put{row: row}); len(batch) == batchRows {
			if err := flush(); err != nil {
				return fmt.Errorf("import series: %w", err)
			}
		}
	}
}
