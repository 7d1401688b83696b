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

// ownTables keep where every projection and reaction stands. events counts
// what was given to a projection (handled or not) since the first event: a
// replay to the same position must give the same count, or one of the two has
// skipped an event.
var ownTables = []string{
	`CREATE TABLE IF NOT EXISTS readmodel_view (
		name            TEXT   NOT NULL,
		version         BIGINT NOT NULL,
		position        BIGINT NOT NULL DEFAULT 0,
		events          BIGINT NOT NULL DEFAULT 0,
		recorded_at     TEXT   NOT NULL DEFAULT '',
		prefixes        TEXT   NOT NULL DEFAULT '',
		tables          TEXT   NOT NULL DEFAULT '',
		live            BIGINT NOT NULL DEFAULT 0,
		failed_error    TEXT   NOT NULL DEFAULT '',
		failed_event    TEXT   NOT NULL DEFAULT '',
		failed_type     TEXT   NOT NULL DEFAULT '',
		failed_position BIGINT NOT NULL DEFAULT 0,
		gap             BIGINT NOT NULL DEFAULT 0,
		PRIMARY KEY (name, version)
	)`,
	`CREATE TABLE IF NOT EXISTS readmodel_reaction (
		name     TEXT   NOT NULL PRIMARY KEY,
		position BIGINT NOT NULL
	)`,
	`CREATE TABLE IF NOT EXISTS readmodel_log (
		log TEXT NOT NULL PRIMARY KEY
	)`,
}

func (db *DB) makeOwnTables(ctx context.Context) error {
	tx, err := db.beginSchema(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, ddl := range ownTables {
		if _, err := tx.ExecContext(ctx, ddl); err != nil {
			return fmt.Errorf("make own tables: %w", err)
		}
	}
	return tx.Commit()
}

// beginSchema begins a transaction that makes tables. Only one at a time does:
// replicas that start together would trip over each other.
func (db *DB) beginSchema(ctx context.Context) (*sql.Tx, error) {
	tx, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	if db.engine == Postgres {
		_, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('shiyang readmodel schema ' || current_schema(), 0))`)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("lock the schema: %w", err), tx.Rollback())
		}
	}
	return tx, nil
}

// checkpoint is a projection's row in readmodel_view.
type checkpoint struct {
	position   es.Position
	events     int64
	recordedAt time.Time // of the last event given; zero before the first
	prefixes   []string
	tables     []string
	live       bool // reached the head once: readers may trust it
	failure    Failure
	gap        bool // events were skipped: only a rebuild helps
}

// Failure is why a projection was set aside. The zero value means that it was
// not.
type Failure struct {
	Error    string // what the handler answered, shortened
	EventID  string
	Type     string
	Position es.Position
}

const selectCheckpoint = `SELECT position, events, recorded_at, prefixes, tables, live,
	failed_error, failed_event, failed_type, failed_position, gap
	FROM readmodel_view WHERE name = $1 AND version = $2`

// errNoView reports a projection that was never begun.
var errNoView = errors.New("the view was never built")

func loadCheckpoint(ctx context.Context, tx Tx, p *Projection) (checkpoint, error) {
	var c checkpoint
	var recorded, prefixes, tables string
	err := tx.QueryRowContext(ctx, selectCheckpoint, p.Name, p.Version).Scan(
		&c.position, &c.events, &recorded, &prefixes, &tables, &c.live,
		&c.failure.Error, &c.failure.EventID, &c.failure.Type, &c.failure.Position, &c.gap)
	if errors.Is(err, sql.ErrNoRows) {
		return c, fmt.Errorf("%s: %w", p.Key(), errNoView)
	}
	if err != nil {
		return c, fmt.Errorf("%s: load checkpoint: %w", p.Key(), err)
	}
	c.prefixes, c.tables = strings.Fields(prefixes), strings.Fields(tables)
	if recorded != "" {
		if c.recordedAt, err = time.Parse(time.RFC3339Nano, recorded); err != nil {
			return c, fmt.Errorf("%s: load checkpoint: %w", p.Key(), err)
		}
	}
	return c, nil
}

// errMoved reports that somebody else moved a checkpoint: a rebuild, or a
// second writer whose lock was lost.
var errMoved = errors.New("the checkpoint was moved by someone else")

// moveCheckpoints moves projections from where they stand to the next place,
// those that go the same way with one statement, and clears their failures.
// It fails with errMoved if one is no longer where its member believes it.
func moveCheckpoints(ctx context.Context, tx Tx, members []*member, next []checkpoint) error {
	type way struct {
		from, to es.Position
		events   int64
		recorded string
		live     int
	}
	ways := map[way][]*member{}
	reached := map[*member]int64{}
	for i, m := range members {
		to := next[i]
		if to.failure != (Failure{}) || !m.retry && to.position == m.at.position && to.events == m.at.events && to.live == m.at.live {
			continue // put back, or given nothing
		}
		w := way{from: m.at.position, to: to.position, events: to.events - m.at.events, live: to.liveNumber()}
		if !to.recordedAt.IsZero() {
			w.recorded = to.recordedAt.UTC().Format(time.RFC3339Nano)
		}
		ways[w], reached[m] = append(ways[w], m), to.events
	}
	for w, group := range ways {
		args := []any{w.to, w.events, w.recorded, w.live, w.from}
		var these []string
		for _, m := range group {
			args = append(args, m.Name, m.Version)
			these = append(these, fmt.Sprintf("name = $%d AND version = $%d", len(args)-1, len(args)))
		}
		moved, err := movedTo(ctx, tx, `UPDATE readmodel_view
			SET position = $1, events = events + $2, recorded_at = $3, live = $4,
			    failed_error = '', failed_event = '', failed_type = '', failed_position = 0
			WHERE position = $5 AND (`+strings.Join(these, " OR ")+`) RETURNING name, events`, args)
		if err != nil {
			return fmt.Errorf("move checkpoints: %w", err)
		}
		for _, m := range group {
			if events, ok := moved[m.Name]; !ok || events != reached[m] {
				return fmt.Errorf("%s: %w", m.Key(), errMoved)
			}
		}
	}
	return nil
}

// movedTo returns the new number of events of each view that a statement moved.
func movedTo(ctx context.Context, tx Tx, query string, args []any) (map[string]int64, error) {
	rows, err := tx.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	moved := map[string]int64{}
	for rows.Next() {
		var name string
		var events int64
		if err := rows.Scan(&name, &events); err != nil {
			return nil, err
		}
		moved[name] = events
	}
	return moved, rows.Err()
}

func (c checkpoint) liveNumber() int {
	if c.live {
		return 1
	}
	return 0
}

// noteFailure writes down why a projection was set aside.
func noteFailure(ctx context.Context, tx Tx, p *Projection, f Failure, gap bool) error {
	n := 0
	if gap {
		n = 1
	}
	_, err := tx.ExecContext(ctx, `UPDATE readmodel_view
		SET failed_error = $1, failed_event = $2, failed_type = $3, failed_position = $4, gap = $5
		WHERE name = $6 AND version = $7`,
		f.Error, f.EventID, f.Type, f.Position, n, p.Name, p.Version)
	if err != nil {
		return fmt.Errorf("%s: note failure: %w", p.Key(), err)
	}
	return nil
}

// install makes a projection's tables, once, and its checkpoint at zero.
func (db *DB) install(ctx context.Context, p *Projection, prefixes []string) (c checkpoint, err error) {
	if err := p.validate(); err != nil {
		return c, err
	}
	tx, err := db.beginSchema(ctx)
	if err != nil {
		return c, fmt.Errorf("%s: install: %w", p.Key(), err)
	}
	defer func() { _ = tx.Rollback() }()
	c, err = loadCheckpoint(ctx, tx, p)
	if !errors.Is(err, errNoView) {
		return c, err
	}
	if err := createTables(ctx, tx, db.engine, p); err != nil {
		return c, err
	}
	all := append(append([]string{}, p.Tables...), searchTables(db.engine, p.Search)...)
	_, err = tx.ExecContext(ctx, `INSERT INTO readmodel_view (name, version, prefixes, tables) VALUES ($1, $2, $3, $4)`,
		p.Name, p.Version, strings.Join(prefixes, " "), strings.Join(all, " "))
	if err != nil {
		return c, fmt.Errorf("%s: install: %w", p.Key(), err)
	}
	if err := tx.Commit(); err != nil {
		return c, fmt.Errorf("%s: install: %w", p.Key(), err)
	}
	return checkpoint{prefixes: prefixes, tables: all}, nil
}

// feedWith writes down with which prefixes a projection is fed from now on.
func (db *DB) feedWith(ctx context.Context, p *Projection, prefixes []string) error {
	_, err := db.writer.ExecContext(ctx, `UPDATE readmodel_view SET prefixes = $1 WHERE name = $2 AND version = $3`,
		strings.Join(prefixes, " "), p.Name, p.Version)
	if err != nil {
		return fmt.Errorf("%s: note prefixes: %w", p.Key(), err)
	}
	return nil
}

// makeIndexes makes what the queries of a projection need.
func makeIndexes(ctx context.Context, tx Tx, p *Projection) error {
	for _, ddl := range p.Indexes {
		if _, err := tx.ExecContext(ctx, ddl); err != nil {
			return fmt.Errorf("%s: make indexes: %w", p.Key(), err)
		}
	}
	return nil
}

func createTables(ctx context.Context, tx Tx, engine string, p *Projection) error {
	for _, ddl := range p.Schema {
		if _, err := tx.ExecContext(ctx, ddl); err != nil {
			return fmt.Errorf("%s: make tables: %w", p.Key(), err)
		}
	}
	for _, name := range p.Search {
		for _, ddl := range SearchTable(engine, name) {
			if _, err := tx.ExecContext(ctx, ddl); err != nil {
				return fmt.Errorf("%s: make search table %s: %w", p.Key(), name, err)
			}
		}
	}
	return nil
}

// ErrOtherLog reports read models that were built from another log than the
// one at hand: it was moved or restored since. Their positions mean nothing
// here, so they have to be forgotten and built again.
var ErrOtherLog = errors.New("the views were built from another event log")

// BelongTo notes from which log this database is built, or fails with
// [ErrOtherLog] if that was another one, or if a view or reaction stands
// behind the head of this one. log is a name that only one log has; empty, as
// long as a log has no events, it is not noted. It is asked before anything
// follows the log.
func (db *DB) BelongTo(ctx context.Context, log string, head es.Position) error {
	tx, err := db.beginSchema(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	var noted string
	err = tx.QueryRowContext(ctx, `SELECT log FROM readmodel_log`).Scan(&noted)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("look up the log: %w", err)
	}
	var furthest es.Position
	err = tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(position), 0) FROM (
		SELECT position FROM readmodel_view UNION ALL SELECT position FROM readmodel_reaction) AS p`).Scan(&furthest)
	switch {
	case err != nil:
		return fmt.Errorf("look up the log: %w", err)
	case furthest > head:
		return fmt.Errorf("%w: they stand at position %d, the log ends at %d", ErrOtherLog, furthest, head)
	case noted == log, log == "" && noted == "":
		return nil
	case noted != "":
		return ErrOtherLog
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO readmodel_log (log) VALUES ($1)`, log); err != nil {
		return fmt.Errorf("note the log: %w", err)
	}
	return tx.Commit()
}

// Forget drops all views of every version and the checkpoints of reactions, so
// that the next start builds them from the log at hand; reactions see it from
// the first event on, which is harmless because their commands take effect
// once. No part may run: it fails with [ErrLocked] if one of those named does.
// It returns how many views were dropped.
func Forget(ctx context.Context, db *DB, parts ...string) (int, error) {
	for _, part := range parts {
		for _, role := range []string{"runner", "reactor"} {
			l, err := db.lock(ctx, Options{Part: part}.lockName(role))
			if err != nil {
				return 0, fmt.Errorf("forget views: %w", err)
			}
			defer l.release()
		}
	}
	tx, err := db.beginSchema(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }()
	tables, views, err := allTables(ctx, tx)
	if err != nil {
		return 0, fmt.Errorf("forget views: %w", err)
	}
	for _, t := range tables {
		if _, err := tx.ExecContext(ctx, `DROP TABLE IF EXISTS `+t); err != nil {
			return 0, fmt.Errorf("forget views: drop %s: %w", t, err)
		}
	}
	for _, t := range []string{"readmodel_view", "readmodel_reaction", "readmodel_log"} {
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+t); err != nil { //nolint:gosec // one of the three names above
			return 0, fmt.Errorf("forget views: %w", err)
		}
	}
	return views, tx.Commit()
}

// allTables are the tables of every version of every view.
func allTables(ctx context.Context, tx Tx) (tables []string, views int, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT tables FROM readmodel_view`)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var list string
		if err := rows.Scan(&list); err != nil {
			return nil, 0, err
		}
		tables, views = append(tables, strings.Fields(list)...), views+1
	}
	return tables, views, rows.Err()
}
