package readmodel

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/uuid"

	"shiyang/internal/es"
)

// CheckResult is what a replay from zero found out about a view.
type CheckResult struct {
	View           string      // "permit_register_v1"
	Position       es.Position // the live view and the replay were compared here
	Events         int64       // given to the live view
	ReplayedEvents int64       // given to the replay: fewer in Events means that some were skipped
	Rows           int64       // compared
	Differences    []Difference
	More           bool // there are more differences than are listed
}

// OK tells whether the live view equals the fold of the log.
func (c CheckResult) OK() bool {
	return c.Events == c.ReplayedEvents && len(c.Differences) == 0
}

// Difference is one place where the live view and the replay disagree.
type Difference struct {
	Table  string
	Key    string // values of the primary key, joined by "/"; "…" for personal ones
	Column string // empty if a whole row is missing or extra
	Live   string // value in the view, shortened; empty for personal columns
	Replay string // value that the log gives
	Kind   string // "missing" in the view, "extra" in the view, or "changed"
}

// At most this many differences are listed.
const listedDifferences = 20

// Check replays the log from zero into a shadow up to where the live view
// stands and compares every row of its tables. The runner waits only while
// the last few events are replayed; the comparison works on a snapshot and in
// the database, so memory stays flat.
func Check(ctx context.Context, db *DB, source Source, codec Decoder, p Projection) (CheckResult, error) {
	result := CheckResult{View: p.Key()}
	first, err := loadCheckpoint(ctx, db.reader, &p)
	if err != nil {
		return result, fmt.Errorf("check: %w", err)
	}
	s, err := newShadow(ctx, db, source, codec, p, first.prefixes)
	if err != nil {
		return result, fmt.Errorf("check: %w", err)
	}
	defer s.drop()
	if err := s.bring(ctx, first.position, nil); err != nil {
		return result, fmt.Errorf("check: %w", err)
	}
	conn, err := s.snapshotConn(ctx)
	if err != nil {
		return result, fmt.Errorf("check: %w", err)
	}
	defer func() { _ = conn.Close() }()
	defer s.detach(conn)
	at, err := s.snapshot(ctx, conn)
	if err != nil {
		return result, fmt.Errorf("check: %w", err)
	}
	defer func() { _, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK") }()
	result.Position, result.Events, result.ReplayedEvents = at.position, at.events, s.member.at.events
	for _, t := range slices.Concat(p.Tables, p.Search) {
		if err := s.compare(ctx, conn, t, &result); err != nil {
			return result, fmt.Errorf("check %s: %w", t, err)
		}
	}
	return result, nil
}

// shadow is a second copy of one projection's tables: a file beside the SQLite
// database, or a schema of its own in PostgreSQL.
type shadow struct {
	live   *DB
	db     *DB
	source Source
	reader *reader
	member *member
	home   string // schema of the live tables
	schema string // and of the shadow's
	dir    string // SQLite
}

func newShadow(ctx context.Context, live *DB, source Source, codec Decoder, p Projection, prefixes []string) (s *shadow, err error) {
	s = &shadow{live: live, source: source, reader: newReader(codec), member: newMember(p), home: "main", schema: "shadow"}
	if live.engine == Postgres {
		s.schema = "shadow_" + strings.ReplaceAll(uuid.NewString(), "-", "")
		if err := live.QueryRow(ctx, `SELECT current_schema()`).Scan(&s.home); err != nil {
			return nil, fmt.Errorf("shadow: %w", err)
		}
		if _, err := live.writer.ExecContext(ctx, `CREATE SCHEMA `+s.schema); err != nil {
			return nil, fmt.Errorf("shadow: %w", err)
		}
		s.db, err = connect(live.url, s.schema, true)
	} else {
		if s.dir, err = os.MkdirTemp(filepath.Dir(live.path), ".shadow-*"); err != nil {
			return nil, fmt.Errorf("shadow: %w", err)
		}
		s.db, err = connect("sqlite:"+filepath.Join(s.dir, "shadow.db"), "", true)
	}
	if err == nil {
		err = s.db.makeOwnTables(ctx)
	}
	if err == nil {
		s.member.at, err = s.db.install(ctx, s.member.Projection, prefixes)
	}
	if err != nil {
		s.drop()
		return nil, fmt.Errorf("shadow: %w", err)
	}
	return s, nil
}

// drop removes the shadow, also when the work was cut short.
func (s *shadow) drop() {
	if s.db != nil {
		_ = s.db.Close()
	}
	if s.live.engine == Postgres {
		_, _ = s.live.writer.ExecContext(context.Background(), `DROP SCHEMA IF EXISTS `+s.schema+` CASCADE`)
		return
	}
	_ = os.RemoveAll(s.dir)
}

// bring replays into the shadow up to a position.
func (s *shadow) bring(ctx context.Context, to es.Position, progress func(Progress)) error {
	if s.member.at.position >= to {
		return nil
	}
	return bring(ctx, s.db, s.source, s.reader, s.member, to, progress)
}

// names returns how the live and the shadow's table are called on an attached
// connection.
func (s *shadow) names(table string) (live, replayed string) {
	return s.home + "." + table, s.schema + "." + table
}

// attach makes the shadow visible on a connection to the live database.
func (s *shadow) attach(ctx context.Context, conn *sql.Conn) error {
	if s.live.engine == Postgres {
		return nil
	}
	_, err := conn.ExecContext(ctx, `ATTACH DATABASE $1 AS shadow`, s.db.path)
	return err
}

func (s *shadow) detach(conn *sql.Conn) {
	if s.live.engine == SQLite {
		_, _ = conn.ExecContext(context.Background(), `DETACH DATABASE shadow`)
	}
}

func (s *shadow) snapshotConn(ctx context.Context) (*sql.Conn, error) {
	conn, err := s.live.reader.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.attach(ctx, conn); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// snapshot stops the live view for a moment, brings the shadow to where it
// stands, and opens a reading transaction that sees both there.
func (s *shadow) snapshot(ctx context.Context, conn *sql.Conn) (at checkpoint, err error) {
	tx, err := s.live.begin(ctx)
	if err != nil {
		return at, err
	}
	defer func() { _ = tx.Rollback() }()
	if err := holdStill(ctx, tx, s.member.Projection); err != nil {
		return at, err
	}
	if at, err = loadCheckpoint(ctx, tx, s.member.Projection); err != nil {
		return at, err
	}
	if err := s.bring(ctx, at.position, nil); err != nil {
		return at, err
	}
	begin := "BEGIN"
	if s.live.engine == Postgres {
		begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	}
	if _, err := conn.ExecContext(ctx, begin); err != nil {
		return at, err
	}
	if err := s.look(ctx, conn); err != nil {
		_, _ = conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		return at, err
	}
	return at, nil
}

// look reads from both sides: a snapshot begins with the first reading.
func (s *shadow) look(ctx context.Context, conn Tx) error {
	live, replayed := s.names("readmodel_view")
	var n int
	return conn.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM `+live+`) + (SELECT count(*) FROM `+replayed+`)`).Scan(&n)
}

// holdStill takes the row that every writer of the view must change.
func holdStill(ctx context.Context, tx Tx, p *Projection) error {
	_, err := tx.ExecContext(ctx, `UPDATE readmodel_view SET position = position WHERE name = $1 AND version = $2`, p.Name, p.Version)
	return err
}

// columns returns a table's columns and its primary key. Of a search table
// only what is not derived counts.
func (s *shadow) columns(ctx context.Context, conn Tx, table string) (all, key []string, err error) {
	query := `SELECT name, pk > 0 FROM pragma_table_info($1) ORDER BY cid`
	args := []any{table}
	if s.live.engine == Postgres {
		query = `SELECT a.attname, coalesce(a.attnum = ANY (i.indkey), false)
			FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
			WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`
		args = []any{s.home + "." + table}
	}
	rows, err := conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var name string
		var inKey bool
		if err := rows.Scan(&name, &inKey); err != nil {
			return nil, nil, err
		}
		all = append(all, name)
		if inKey {
			key = append(key, name)
		}
	}
	if len(key) == 0 {
		return nil, nil, errors.Join(errors.New("the table has no primary key"), rows.Err())
	}
	return all, key, rows.Err()
}

// window remembers the last revisions of the streams seen most lately. A
// stream's revisions are dense, so the next event of a remembered stream must
// be one further: anything else means that the subscription skipped an event.
// It costs no I/O; what it has forgotten is covered by the count of events in
// every checkpoint, which [Check] compares with an independent read of the log.
type window struct {
	last map[string]es.Revision
	prev map[string]es.Revision // the generation before; dropped when last is full
}

const windowStreams = 4096

// errGap reports that an event is missing from the deliveries.
var errGap = errors.New("an event was skipped")

// check takes note of an event. late says that its position was passed before,
// so that it must be a repetition of one that the window knows.
func (w *window) check(raw *RawEvent, late bool) error {
	before, known := w.last[raw.Stream]
	if !known {
		before, known = w.prev[raw.Stream]
	}
	switch {
	case late && (!known || raw.Revision > before):
		return fmt.Errorf("%w: %s revision %d came out of order", errGap, raw.Stream, raw.Revision)
	case known && raw.Revision > before+1:
		return fmt.Errorf("%w: %s came with revision %d after %d", errGap, raw.Stream, raw.Revision, before)
	case known && raw.Revision <= before:
		return nil // delivered again
	}
	if w.last == nil || len(w.last) >= windowStreams {
		w.prev, w.last = w.last, make(map[string]es.Revision, windowStreams)
	}
	w.last[raw.Stream] = raw.Revision
	return nil
}
