package readmodel

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"shiyang/internal/es"
	"shiyang/internal/problem"
)

// batch is a stretch of the log, applied in one transaction.
type batch struct {
	items  []item
	end    es.Position // the log is known up to here
	last   *RawEvent   // for lag in seconds
	bytes  int
	caught bool // the log held nothing more when this was read
}

// item is one delivered event. fact.Event is nil for an event that nobody
// wants; err says that one could not be read.
type item struct {
	fact Fact
	want bool
	err  error
}

// member is a projection at work: where it stands and what it listens to.
type member struct {
	*Projection
	handlers map[string][]Handler
	at       checkpoint
	retry    bool // the database still shows a failure that is tried again
	current  bool // has been at the head since this process began
}

func newMember(p Projection) *member {
	return &member{Projection: &p, handlers: p.handlersFor()}
}

func (m *member) place() place {
	return place{version: m.Version, position: m.at.position, live: m.at.live, failed: m.broken()}
}

func (m *member) broken() bool { return m.at.gap || m.at.failure != (Failure{}) }

// transaction is the Tx given to handlers. On SQLite each statement is prepared
// once for all batches; pgx does that by itself.
type transaction struct {
	*sql.Tx
	db    *DB
	stmts map[string]*sql.Stmt
	held  any // by the handlers of one projection, see Held
}

func (db *DB) begin(ctx context.Context) (*transaction, error) {
	tx, err := db.writer.BeginTx(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	return &transaction{Tx: tx, db: db, stmts: map[string]*sql.Stmt{}}, nil
}

// commit commits and prepares what was prepared for this batch alone for the
// next ones.
func (t *transaction) commit(ctx context.Context) error {
	if err := t.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	t.db.remember(ctx, t.stmts)
	return nil
}

func (t *transaction) prepared(ctx context.Context, query string) *sql.Stmt {
	if t.db.engine != SQLite {
		return nil
	}
	if s, ok := t.stmts[query]; ok {
		return s
	}
	if len(t.stmts) >= preparedStatements {
		return nil
	}
	if s := t.db.remembered(query); s != nil {
		t.stmts[query] = t.StmtContext(ctx, s)
		return t.stmts[query]
	}
	s, err := t.PrepareContext(ctx, query)
	if err != nil {
		return nil // the direct call below reports what is wrong
	}
	t.stmts[query] = s
	return s
}

// ExecContext runs a statement that answers no rows.
func (t *transaction) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if s := t.prepared(ctx, query); s != nil { //nolint:sqlclosecheck // closed with the transaction
		return s.ExecContext(ctx, args...)
	}
	return t.Tx.ExecContext(ctx, query, args...)
}

// QueryContext runs a query; the caller closes the rows.
func (t *transaction) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s := t.prepared(ctx, query); s != nil { //nolint:sqlclosecheck // closed with the transaction
		return s.QueryContext(ctx, args...)
	}
	return t.Tx.QueryContext(ctx, query, args...)
}

// QueryRowContext runs a query that answers at most one row.
func (t *transaction) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if s := t.prepared(ctx, query); s != nil { //nolint:sqlclosecheck // closed with the transaction
		return s.QueryRowContext(ctx, args...)
	}
	return t.Tx.QueryRowContext(ctx, query, args...)
}

func engineOf(tx Tx) string {
	if t, ok := tx.(*transaction); ok {
		return t.db.engine
	}
	return SQLite
}

// errRefused reports that a handler refused an event while nothing kept its
// projection apart from the others.
var errRefused = errors.New("a handler refused an event")

// applyAll gives a batch to every member in one transaction. A member whose
// handler fails is put back to where it stood and carries its failure from
// then on; the others move on. An error means that nothing happened at all.
//
// Failures are rare and savepoints are not free, so a batch is first applied
// without any, and once more with them if a handler fails.
func (db *DB) applyAll(ctx context.Context, members []*member, b batch) error {
	err := db.applyBatch(ctx, members, b, applyOne)
	if errors.Is(err, errRefused) {
		err = db.applyBatch(ctx, members, b, applyApart)
	}
	return err
}

func (db *DB) applyBatch(ctx context.Context, members []*member, b batch, apply func(context.Context, *transaction, *member, batch) (checkpoint, error)) error {
	tx, err := db.begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	next := make([]checkpoint, len(members))
	for i, m := range members {
		next[i] = m.at
		if m.at.position >= b.end && (m.at.live || !b.caught) && !m.retry {
			continue
		}
		if next[i], err = apply(ctx, tx, m, b); err != nil {
			return err
		}
	}
	if err := moveCheckpoints(ctx, tx, members, next); err != nil {
		return err
	}
	if err := tx.commit(ctx); err != nil {
		return err
	}
	for i, m := range members {
		m.at, m.retry, m.current = next[i], false, m.current || b.caught
	}
	return nil
}

// applyOne runs a member's handlers.
func applyOne(ctx context.Context, tx *transaction, m *member, b batch) (checkpoint, error) {
	next, _, err := handle(ctx, tx, m, b)
	if err != nil && ctx.Err() == nil && !transient(err) {
		return m.at, errors.Join(errRefused, err)
	}
	return next, err
}

// applyApart runs a member's handlers inside a savepoint.
func applyApart(ctx context.Context, tx *transaction, m *member, b batch) (checkpoint, error) {
	if _, err := tx.Tx.ExecContext(ctx, "SAVEPOINT view"); err != nil {
		return m.at, fmt.Errorf("savepoint: %w", err)
	}
	next, failure, err := handle(ctx, tx, m, b)
	if err != nil {
		if ctx.Err() != nil || transient(err) {
			return m.at, err
		}
		if _, err := tx.Tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT view"); err != nil {
			return m.at, fmt.Errorf("put %s back: %w", m.Key(), err)
		}
		next = m.at
		next.failure = failure
		if err := noteFailure(ctx, tx, m.Projection, failure, false); err != nil {
			return m.at, err
		}
	}
	if _, err := tx.Tx.ExecContext(ctx, "RELEASE SAVEPOINT view"); err != nil {
		return m.at, fmt.Errorf("release savepoint: %w", err)
	}
	return next, nil
}

// handle runs the handlers of one member over the part of a batch that it has
// not seen.
func handle(ctx context.Context, tx *transaction, m *member, b batch) (next checkpoint, failure Failure, err error) {
	next = m.at
	next.failure = Failure{}
	tx.held = nil
	var last Fact
	for i := range b.items {
		it := &b.items[i]
		if it.fact.Position <= m.at.position {
			continue
		}
		next.events++
		if !it.want {
			continue
		}
		for _, h := range m.handlers[it.fact.Type] {
			err := it.err
			if err == nil {
				err = call(ctx, h, tx, it.fact)
			}
			if err != nil {
				return m.at, failureOf(err, it.fact), err
			}
			last = it.fact
		}
	}
	if err := m.flush(ctx, tx); err != nil {
		return m.at, failureOf(err, last), err
	}
	next.position, next.live = max(m.at.position, b.end), m.at.live || b.caught
	if b.last != nil {
		next.recordedAt = recordedAt(b.last)
	}
	if next.live && !m.at.live {
		if err := makeIndexes(ctx, tx, m.Projection); err != nil {
			return m.at, Failure{Error: shorten(err.Error()), Position: b.end}, err
		}
	}
	return next, Failure{}, nil
}

// flush writes what the handlers hold back.
func (m *member) flush(ctx context.Context, tx *transaction) error {
	if m.Flush == nil || tx.held == nil {
		return nil
	}
	defer func() { tx.held = nil }()
	return call(ctx, Handler{apply: func(ctx context.Context, tx Tx, _ Fact) error { return m.Flush(ctx, tx) }}, tx, Fact{})
}

// call turns a panic of a handler into an error, so that one bad event cannot
// stop the process.
func call(ctx context.Context, h Handler, tx Tx, f Fact) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("handler panicked: %v", p)
		}
	}()
	return h.apply(ctx, tx, f)
}

// failureOf tells what went wrong at which event.
func failureOf(err error, f Fact) Failure {
	text := err.Error()
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && strings.HasPrefix(pg.Code, "22") {
		text = "postgres: a value does not fit its column, SQLSTATE " + pg.Code // its message would quote the value
	}
	return Failure{Error: shorten(text), EventID: f.EventID, Type: f.Type, Position: f.Position}
}

// shorten keeps an error text fit for a status page.
func shorten(s string) string {
	if r := []rune(s); len(r) > 500 {
		return string(r[:500]) + "…"
	}
	return s
}

// transient tells whether an error says something about the database or
// another service at this moment, and nothing about the event.
func transient(err error) bool {
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT,
			sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
			return true
		}
		return false
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pg.Code[:2] {
		case "08", "40", "53", "55", "57", "58": // connection, rollback, resources, locks, operator, system
			return true
		}
		return false
	}
	if p, ok := errors.AsType[*problem.Error](err); ok {
		return p.Kind == problem.Unavailable
	}
	return errors.Is(err, sql.ErrConnDone) || errors.Is(err, sql.ErrTxDone) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) ||
		pgconn.SafeToRetry(err) || pgconn.Timeout(err)
}

// Apply gives facts that are at hand to one projection, in one transaction,
// after making its tables if they are missing. Facts at or before its
// checkpoint have no further effect. It serves tests and tools; a running
// system uses [Runner]. The error of a failing handler is returned and
// nothing is changed.
func Apply(ctx context.Context, db *DB, p Projection, facts ...Fact) error {
	m := newMember(p)
	var err error
	if m.at, err = db.install(ctx, m.Projection, nil); err != nil {
		return err
	}
	b := batch{}
	var recorded time.Time
	for _, f := range facts {
		f.Type = es.TypeName(f.Event)
		b.items = append(b.items, item{fact: f, want: true})
		b.end, recorded = max(b.end, f.Position), f.Meta.RecordedAt
	}
	tx, err := db.begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	next, failure, err := handle(ctx, tx, m, b)
	if err != nil {
		return fmt.Errorf("%s: %s at %d: %w", m.Key(), failure.Type, failure.Position, err)
	}
	next.live, next.recordedAt = true, recorded
	if err := makeIndexes(ctx, tx, m.Projection); err != nil {
		return err
	}
	if err := moveCheckpoints(ctx, tx, []*member{m}, []checkpoint{next}); err != nil {
		return err
	}
	return tx.commit(ctx)
}
