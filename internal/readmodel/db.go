package readmodel

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	// Both engines speak through database/sql.
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"
)

// The engines that [DB.Engine] can name.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// DB is a database of read models: a writer for the [Runner] and a pool for
// readers. Its methods are safe for concurrent use.
type DB struct {
	engine string
	url    string // as given to Open
	path   string // of the SQLite file
	schema string // of PostgreSQL; empty means the server's default
	writer *sql.DB
	reader *sql.DB
	board  *board

	mu         sync.Mutex
	statements map[string]*sql.Stmt // of the writer, on SQLite
}

// readers is how many connections serve queries at once.
const readers = 8

// Open opens the database at url, "sqlite:<path>" or "postgres://…", and makes
// the runner's own tables if they are missing. An SQLite file and its folder
// are created; a PostgreSQL database must exist and belong to the user.
func Open(ctx context.Context, url string) (*DB, error) {
	db, err := connect(url, "", false)
	if err != nil {
		return nil, err
	}
	if err := db.makeOwnTables(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open read models: %w", err), db.Close())
	}
	return db, nil
}

func connect(url, schema string, scratch bool) (*DB, error) {
	switch {
	case strings.HasPrefix(url, "sqlite:"):
		return connectSQLite(url, scratch)
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		return connectPostgres(url, schema)
	}
	return nil, errors.New(`open read models: the address must start with "sqlite:" or "postgres://"`)
}

// connectSQLite opens one connection that writes and a few that read. WAL lets
// them work at once; NORMAL is enough because a lost tail is read from the log
// again. A scratch file is not synced at all.
func connectSQLite(address string, scratch bool) (*DB, error) {
	path := strings.TrimPrefix(address, "sqlite:")
	if path == "" || strings.HasPrefix(path, ":memory:") {
		return nil, errors.New("open read models: sqlite needs the path of a file")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("open read models: %w", err)
	}
	sync := "NORMAL"
	if scratch {
		sync = "OFF"
	}
	pragmas := func(more ...string) string {
		q := url.Values{"_pragma": append([]string{
			"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(" + sync + ")",
			"foreign_keys(0)", "temp_store(FILE)", "mmap_size(67108864)",
		}, more...)}
		return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
	}
	writer, err := sql.Open("sqlite", pragmas("cache_size(-16384)", "journal_size_limit(67108864)")+"&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("open read models: %w", err)
	}
	writer.SetMaxOpenConns(1)
	reader, err := sql.Open("sqlite", pragmas("cache_size(-4096)", "query_only(1)"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open read models: %w", err), writer.Close())
	}
	reader.SetMaxOpenConns(readers)
	reader.SetMaxIdleConns(readers)
	return &DB{engine: SQLite, url: address, path: path, writer: writer, reader: reader, board: newBoard(), statements: map[string]*sql.Stmt{}}, nil
}

// connectPostgres opens the pools of a PostgreSQL database; a schema given
// takes the place of the server's search path.
func connectPostgres(address, schema string) (*DB, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("open read models: the postgres address is not a URL") // the URL may hold a password
	}
	if schema != "" {
		q := u.Query()
		q.Set("search_path", schema)
		u.RawQuery = q.Encode()
	}
	open := func(conns int) (*sql.DB, error) {
		pool, err := sql.Open("pgx", u.String())
		if err != nil {
			return nil, fmt.Errorf("open read models: %w", err)
		}
		pool.SetMaxOpenConns(conns)
		pool.SetMaxIdleConns(conns)
		return pool, nil
	}
	writer, err := open(4) // runner, a catch-up, the lock, a command at the side
	if err != nil {
		return nil, err
	}
	reader, err := open(readers)
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	return &DB{engine: Postgres, url: address, schema: schema, writer: writer, reader: reader, board: newBoard()}, nil
}

// Engine returns [SQLite] or [Postgres].
func (db *DB) Engine() string { return db.engine }

// Query runs a query on the readers' pool. Placeholders are $1, $2, …
func (db *DB) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return db.reader.QueryContext(ctx, query, args...)
}

// QueryRow runs a query that answers at most one row on the readers' pool.
func (db *DB) QueryRow(ctx context.Context, query string, args ...any) *sql.Row {
	return db.reader.QueryRowContext(ctx, query, args...)
}

// preparedStatements is how many statements of handlers stay prepared.
const preparedStatements = 256

func (db *DB) remembered(query string) *sql.Stmt {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.statements[query]
}

// remember prepares statements for the batches to come. One that cannot be
// prepared is prepared for each batch as before.
func (db *DB) remember(ctx context.Context, used map[string]*sql.Stmt) {
	for query := range used {
		if db.remembered(query) != nil {
			continue
		}
		s, err := db.writer.PrepareContext(ctx, query)
		if err != nil {
			continue
		}
		if !db.keep(query, s) {
			defer func() { _ = s.Close() }()
		}
	}
}

// keep keeps a statement while there is room.
func (db *DB) keep(query string, s *sql.Stmt) bool {
	db.mu.Lock()
	defer db.mu.Unlock()
	if _, known := db.statements[query]; known || len(db.statements) >= preparedStatements {
		return false
	}
	db.statements[query] = s
	return true
}

// Ping answers whether the database can be reached.
func (db *DB) Ping(ctx context.Context) error {
	return db.reader.PingContext(ctx)
}

// Close closes both pools. Stop the runner first.
func (db *DB) Close() error {
	return errors.Join(db.reader.Close(), db.writer.Close())
}

// ErrLocked reports that another process (or another runner in this one) does
// the work that was asked for.
var ErrLocked = errors.New("another process is at it")

// lock takes a named lock of this database for as long as the process lives or
// until it is released. It fails with [ErrLocked] if someone else holds it.
// The operating system, or the PostgreSQL server, frees the lock of a process
// that dies; so there is no heartbeat to wait for.
func (db *DB) lock(ctx context.Context, name string) (*lock, error) {
	driver, address, take := "pgx", db.url, db.takeAdvisory
	if db.engine == SQLite {
		// An exclusive transaction on a small file of its own.
		driver, take = "sqlite", takeFile
		address = "file:" + (&url.URL{Path: db.path + "-" + name + ".lock"}).EscapedPath() + "?_pragma=busy_timeout(0)"
	}
	pool, err := sql.Open(driver, address)
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	pool.SetMaxOpenConns(1)
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", name, err), pool.Close())
	}
	l := &lock{conn: conn, pool: pool}
	if err := take(ctx, conn, name); err != nil {
		l.release()
		return nil, fmt.Errorf("lock %s: %w", name, err)
	}
	return l, nil
}

func takeFile(ctx context.Context, conn *sql.Conn, _ string) error {
	_, err := conn.ExecContext(ctx, "BEGIN EXCLUSIVE")
	if err != nil && transient(err) && ctx.Err() == nil {
		return ErrLocked
	}
	return err
}

func (db *DB) takeAdvisory(ctx context.Context, conn *sql.Conn, name string) error {
	var got bool
	err := conn.QueryRowContext(ctx,
		`SELECT pg_try_advisory_lock(hashtextextended('shiyang readmodel ' || current_schema() || ' ' || $1, 0))`, name).Scan(&got)
	if err == nil && !got {
		return ErrLocked
	}
	return err
}

type lock struct {
	conn *sql.Conn
	pool *sql.DB
}

// held answers whether the lock's connection, and so the lock, is still there.
func (l *lock) held(ctx context.Context) error {
	_, err := l.conn.ExecContext(ctx, "SELECT 1")
	return err
}

func (l *lock) release() {
	_ = l.conn.Close() // ends the session and with it the lock
	_ = l.pool.Close()
}
