package readmodel

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"shiyang/internal/es"
)

// Progress tells how far a build or a rebuild has come.
type Progress struct {
	Position es.Position // reached
	Head     es.Position // of the log when the work began
	Events   int64       // read so far
}

// Build builds a new version of a projection beside the one in service, up to
// the head of the log, and may run in a process of its own while another runs
// the database. It goes on where an earlier build stopped. A runner that is
// started with the version afterwards has only the last events to catch up
// with. It fails with [ErrLocked] while somebody else builds the version, and
// at the first event that a handler refuses. progress may be nil.
func Build(ctx context.Context, db *DB, source Source, codec Decoder, p Projection, progress func(Progress)) error {
	m := newMember(p)
	l, err := db.lock(ctx, m.Key())
	if err != nil {
		return fmt.Errorf("build %s: %w", m.Key(), err)
	}
	defer l.release()
	prefixes, err := db.prefixesOf(ctx, p.Name)
	if err != nil {
		return fmt.Errorf("build %s: %w", m.Key(), err)
	}
	if m.at, err = db.install(ctx, m.Projection, prefixes); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	if m.at.live {
		return nil // in service: its runner keeps it at the head
	}
	m.retry, m.at.failure = m.broken(), Failure{}
	for {
		before := m.at.events
		if err := bring(ctx, db, source, newReader(codec), m, toHead, progress); err != nil {
			return fmt.Errorf("build: %w", err)
		}
		if m.at.events-before <= batchEvents {
			return db.index(ctx, m.Projection)
		}
	}
}

// index makes the indexes of a projection whose rows are entered.
func (db *DB) index(ctx context.Context, p *Projection) error {
	tx, err := db.begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if err := makeIndexes(ctx, tx, p); err != nil {
		return err
	}
	return tx.commit(ctx)
}

// bring gives a member what it lacks, up to a position.
func bring(ctx context.Context, db *DB, source Source, r *reader, m *member, to es.Position, progress func(Progress)) error {
	head, err := source.Head(ctx)
	if err != nil {
		return fmt.Errorf("ask for the head of the log: %w", err)
	}
	wanted := make(map[string]bool, len(m.handlers))
	for t := range m.handlers {
		wanted[t] = true
	}
	return r.replay(ctx, source, m.at.prefixes, m.at.position, to, wanted, func(b batch) error {
		if err := db.applyAll(ctx, []*member{m}, b); err != nil {
			return err
		}
		if f := m.at.failure; m.broken() {
			return fmt.Errorf("%s stopped at event %s (%s, position %d): %s", m.Key(), f.EventID, f.Type, f.Position, f.Error)
		}
		if progress != nil {
			progress(Progress{Position: m.at.position, Head: head, Events: m.at.events})
		}
		return nil
	})
}

// prefixesOf returns the prefixes that another version of the view is fed
// with.
func (db *DB) prefixesOf(ctx context.Context, name string) ([]string, error) {
	var prefixes string
	err := db.QueryRow(ctx, `SELECT prefixes FROM readmodel_view WHERE name = $1 ORDER BY version DESC LIMIT 1`, name).Scan(&prefixes)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return strings.Fields(prefixes), err
}

// Rebuild makes a projection's rows again from the whole log, in a shadow,
// and puts them in place of the present ones in one transaction. Readers see
// the old rows until then; a runner may go on and takes up the new
// checkpoint. It is how a view is mended after a gap or a fault in the
// database. progress may be nil.
func Rebuild(ctx context.Context, db *DB, source Source, codec Decoder, p Projection, progress func(Progress)) error {
	m := newMember(p)
	l, err := db.lock(ctx, m.Key())
	if err != nil {
		return fmt.Errorf("rebuild %s: %w", m.Key(), err)
	}
	defer l.release()
	prefixes, err := db.prefixesOf(ctx, p.Name)
	if err == nil {
		m.at, err = db.install(ctx, m.Projection, prefixes)
	}
	if err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	s, err := newShadow(ctx, db, source, codec, p, m.at.prefixes)
	if err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	defer s.drop()
	if err := s.bring(ctx, toHead, progress); err != nil {
		return fmt.Errorf("rebuild: %w", err)
	}
	if err := s.replace(ctx, m); err != nil {
		return fmt.Errorf("rebuild %s: %w", m.Key(), err)
	}
	return nil
}

// replace copies the shadow's rows over the live ones while the runner waits.
func (s *shadow) replace(ctx context.Context, m *member) error {
	conn, err := s.live.writer.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := s.attach(ctx, conn); err != nil {
		return err
	}
	defer s.detach(conn)
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	// A ctx that ended must not leave the transaction open on a pooled connection.
	defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") }()
	if err := holdStill(ctx, conn, m.Projection); err != nil {
		return err
	}
	now, err := loadCheckpoint(ctx, conn, m.Projection)
	if err != nil {
		return err
	}
	if err := s.bring(ctx, toHead, nil); err != nil { // the head is at or after the checkpoint
		return err
	}
	for _, t := range m.Tables {
		if err := s.copyTable(ctx, conn, t); err != nil {
			return err
		}
	}
	for _, t := range m.Search {
		if err := s.copySearch(ctx, conn, t); err != nil {
			return err
		}
	}
	at := s.member.at
	recorded := ""
	if !at.recordedAt.IsZero() {
		recorded = at.recordedAt.UTC().Format(time.RFC3339Nano)
	}
	_, err = conn.ExecContext(ctx, `UPDATE readmodel_view SET position = $1, events = $2, recorded_at = $3, gap = 0,
		failed_error = '', failed_event = '', failed_type = '', failed_position = 0 WHERE name = $4 AND version = $5`,
		max(at.position, now.position), at.events, recorded, m.Name, m.Version)
	if err != nil {
		return fmt.Errorf("move checkpoint: %w", err)
	}
	_, err = conn.ExecContext(ctx, "COMMIT")
	return err
}

func (s *shadow) copyTable(ctx context.Context, conn Tx, table string) error {
	columns, _, err := s.columns(ctx, conn, table)
	if err != nil {
		return err
	}
	live, replayed := s.names(table)
	if _, err := conn.ExecContext(ctx, `DELETE FROM `+live); err != nil {
		return fmt.Errorf("empty %s: %w", table, err)
	}
	list := strings.Join(columns, ", ")
	if _, err := conn.ExecContext(ctx, `INSERT INTO `+live+` (`+list+`) SELECT `+list+` FROM `+replayed); err != nil {
		return fmt.Errorf("fill %s: %w", table, err)
	}
	return nil
}

// copySearch copies a search table and, on SQLite, makes its index again.
func (s *shadow) copySearch(ctx context.Context, conn Tx, table string) error {
	if err := s.copyTable(ctx, conn, table); err != nil || s.live.engine == Postgres {
		return err
	}
	if _, err := conn.ExecContext(ctx, `INSERT INTO `+table+`_fts (`+table+`_fts) VALUES ('delete-all')`); err != nil {
		return fmt.Errorf("empty the index of %s: %w", table, err)
	}
	for last, more := int64(0), true; more; {
		docs, bodies, err := pageOfBodies(ctx, conn, table, last)
		if err != nil {
			return err
		}
		for i, doc := range docs {
			_, err := conn.ExecContext(ctx, `INSERT INTO `+table+`_fts (rowid, grams) VALUES ($1, $2)`, doc, Bigrams(bodies[i]))
			if err != nil {
				return fmt.Errorf("index %s: %w", table, err)
			}
			last = doc
		}
		more = len(docs) > 0
	}
	return nil
}

func pageOfBodies(ctx context.Context, conn Tx, table string, after int64) (docs []int64, bodies []string, err error) {
	rows, err := conn.QueryContext(ctx, `SELECT doc, body FROM main.`+table+` WHERE doc > $1 ORDER BY doc LIMIT 500`, after)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var doc int64
		var body string
		if err := rows.Scan(&doc, &body); err != nil {
			return nil, nil, err
		}
		docs, bodies = append(docs, doc), append(bodies, body)
	}
	return docs, bodies, rows.Err()
}

// Retire drops the tables of older versions of a projection once the new one
// has proved itself: it is in service, stands no further back than the old
// one, and a replay gives the same rows ([Check]). It returns that check, with
// the number of rows, and refuses otherwise. Processes that run the old
// version must have stopped.
func Retire(ctx context.Context, db *DB, source Source, codec Decoder, p Projection) (CheckResult, error) {
	now, err := loadCheckpoint(ctx, db.reader, &p)
	if err != nil {
		return CheckResult{}, fmt.Errorf("retire: %w", err)
	}
	if !now.live || now.gap || now.failure != (Failure{}) {
		return CheckResult{}, fmt.Errorf("retire: %s is not in service yet", p.Key())
	}
	old, err := db.olderVersions(ctx, p)
	if err != nil {
		return CheckResult{}, fmt.Errorf("retire: %w", err)
	}
	for _, o := range old {
		if o.at.position > now.position {
			return CheckResult{}, fmt.Errorf("retire: %s is at %d, still behind %s at %d", p.Key(), now.position, o.Key(), o.at.position)
		}
	}
	result, err := Check(ctx, db, source, codec, p)
	if err != nil {
		return result, fmt.Errorf("retire: %w", err)
	}
	if !result.OK() {
		return result, fmt.Errorf("retire: a replay of %s gives other rows", p.Key())
	}
	tx, err := db.begin(ctx)
	if err != nil {
		return result, fmt.Errorf("retire: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	for _, o := range old {
		for _, t := range o.at.tables {
			if _, err := tx.ExecContext(ctx, `DROP TABLE IF EXISTS `+t); err != nil {
				return result, fmt.Errorf("retire: drop %s: %w", t, err)
			}
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM readmodel_view WHERE name = $1 AND version = $2`, o.Name, o.Version); err != nil {
			return result, fmt.Errorf("retire: %w", err)
		}
	}
	return result, tx.Commit()
}

func (db *DB) olderVersions(ctx context.Context, p Projection) ([]*member, error) {
	rows, err := db.Query(ctx, `SELECT version FROM readmodel_view WHERE name = $1 AND version < $2`, p.Name, p.Version)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var old []*member
	for rows.Next() {
		o := &member{Projection: &Projection{Name: p.Name}}
		if err := rows.Scan(&o.Version); err != nil {
			return nil, err
		}
		old = append(old, o)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, o := range old {
		if o.at, err = loadCheckpoint(ctx, db.reader, o.Projection); err != nil {
			return nil, err
		}
	}
	return old, nil
}
