package peer

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// maxWriters is the most connections that a PostgreSQL of ours takes.
const maxWriters = 200

// Postgres is a PostgreSQL server of our own for one run, which the two peers
// that use it share.
type Postgres struct {
	dir     string
	port    int
	process *process
	pool    *pgxpool.Pool
	version string
}

// OpenPostgres makes and starts a server in a new folder below dir. It returns
// ErrAbsent if PostgreSQL is not installed.
func OpenPostgres(ctx context.Context, dir string) (*Postgres, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return nil, fmt.Errorf("PostgreSQL is %w: no /usr/lib/postgresql/*/bin/postgres", ErrAbsent)
	}
	owner, err := serverUser()
	if err != nil {
		return nil, err
	}
	p := &Postgres{}
	if p.dir, err = os.MkdirTemp(dir, "shiyang-bench-postgres-"); err != nil {
		return nil, err
	}
	if err := p.start(ctx, filepath.Dir(slices.Max(found)), owner); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

func (p *Postgres) start(ctx context.Context, programs string, owner uint32) (err error) {
	if owner != 0 {
		if err := os.Chown(p.dir, int(owner), int(owner)); err != nil {
			return err
		}
	}
	data := filepath.Join(p.dir, "data")
	if err := initdb(ctx, programs, data, owner); err != nil {
		return err
	}
	if p.port, err = freePort(); err != nil {
		return err
	}
	p.process, err = launch(ctx, syscall.SIGINT, owner, filepath.Join(programs, "postgres"), "-D", data, "-k", p.dir,
		"-p", strconv.Itoa(p.port), "-c", "listen_addresses=127.0.0.1", "-c", "max_connections="+strconv.Itoa(maxWriters+10),
		"-c", "fsync=on", "-c", "synchronous_commit=on", "-c", "shared_buffers=256MB", "-c", "log_min_messages=panic", "-c", "log_checkpoints=off")
	if err != nil {
		return err
	}
	return p.connect(ctx)
}

// initdb makes the folder of a server.
func initdb(ctx context.Context, programs, data string, owner uint32) error {
	cmd := exec.CommandContext(ctx, filepath.Join(programs, "initdb"), "-D", data, "-U", "shiyang", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8") //nolint:gosec // Debian's program
	cmd.Dir = "/"
	if owner != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: owner, Gid: owner}}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out)
	}
	return nil
}

// serverUser is the user that PostgreSQL runs as, because it refuses to run as
// root; 0 means that of this process.
func serverUser() (uint32, error) {
	if os.Getuid() != 0 {
		return 0, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return 0, fmt.Errorf("PostgreSQL is %w: %w", ErrAbsent, err)
	}
	id, err := strconv.ParseUint(u.Uid, 10, 32)
	return uint32(id), err
}

// freePort is a port that nobody uses now; PostgreSQL cannot choose one itself.
func freePort() (int, error) {
	listener, err := listenLoopback()
	if err != nil {
		return 0, err
	}
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("%s is no TCP address", listener.Addr())
	}
	return address.Port, listener.Close()
}

// connect waits for the server. Each writer gets a connection, over TCP as to
// the other peers.
func (p *Postgres) connect(ctx context.Context) error {
	config, err := pgxpool.ParseConfig(fmt.Sprintf("host=127.0.0.1 port=%d user=shiyang dbname=postgres sslmode=disable pool_max_conns=%d", p.port, maxWriters))
	if err != nil {
		return err
	}
	if p.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return err
	}
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		if err = p.pool.QueryRow(ctx, "SHOW server_version").Scan(&p.version); err == nil {
			return nil
		}
		if ctx.Err() != nil || time.Since(began) > endTime {
			return fmt.Errorf("PostgreSQL did not become ready: %w", err)
		}
	}
}

// Process is the postmaster.
func (p *Postgres) Process() int { return p.process.pid() }

// Close stops the server and removes its folder.
func (p *Postgres) Close() error {
	if p.pool != nil {
		p.pool.Close()
	}
	var err error
	if p.process != nil {
		err = p.process.stop()
	}
	return errors.Join(err, os.RemoveAll(p.dir))
}

// MessageDB is PostgreSQL as an event store in the shape of message-db.
type MessageDB struct {
	*Postgres
	streams atomic.Int64
}

//go:embed messagedb.sql
var messageDB string

// NewMessageDB makes the event store in the server.
func NewMessageDB(ctx context.Context, p *Postgres) (*MessageDB, error) {
	_, err := p.pool.Exec(ctx, messageDB)
	return &MessageDB{Postgres: p}, err
}

// Name is the name in the tables.
func (m *MessageDB) Name() string { return "PostgreSQL message-db" }

// Settings name version and durability.
func (m *MessageDB) Settings() string {
	return "PostgreSQL " + m.version + ", messages and a function in the shape of message-db, advisory lock for each stream, expected version checked, synchronous_commit on, shared_buffers 256 MB, pgx over TCP"
}

// Writer returns a writer that appends one message in one call.
func (m *MessageDB) Writer() Writer {
	var stream string
	appends := 0
	return func(ctx context.Context, events int) error {
		if events != 1 {
			return errors.New("one event for each append")
		}
		if appends%streamAppends == 0 {
			stream = fmt.Sprintf("bench-%d", m.streams.Add(1))
		}
		at := appends % streamAppends
		appends++
		_, err := m.pool.Exec(ctx, "SELECT message_store.append($1, $2, 'Measured', $3, NULL, $4)", uuid.New(), stream, Payload(appends), at-1)
		return err
	}
}

// CRUD is PostgreSQL with rows that are updated, each with an audit row in the
// same transaction.
type CRUD struct {
	*Postgres
	records  atomic.Int64
	versions []int64
}

//go:embed crud.sql
var crud string

// crudRecords is how many rows there are; writers go through them in turn.
const crudRecords = 20_000

// NewCRUD makes the tables and their rows in the server.
func NewCRUD(ctx context.Context, p *Postgres) (*CRUD, error) {
	if _, err := p.pool.Exec(ctx, crud); err != nil {
		return nil, err
	}
	_, err := p.pool.CopyFrom(ctx, pgx.Identifier{"record"}, []string{"id", "version", "changed", "body"},
		pgx.CopyFromSlice(crudRecords, func(i int) ([]any, error) { return []any{i, 0, time.Now(), Payload(i)}, nil }))
	return &CRUD{Postgres: p, versions: make([]int64, crudRecords)}, err
}

// Name is the name in the tables.
func (c *CRUD) Name() string { return "PostgreSQL CRUD" }

// Settings name version and durability.
func (c *CRUD) Settings() string {
	return "PostgreSQL " + c.version + ", UPDATE with a checked version and INSERT of an audit row in one transaction of four round trips, same server"
}

// Writer returns a writer that changes one row 20 times and then takes the next.
func (c *CRUD) Writer() Writer {
	var record int64
	appends := 0
	actor := uuid.New()
	return func(ctx context.Context, events int) error {
		if events != 1 {
			return errors.New("one change for each transaction")
		}
		if appends%streamAppends == 0 {
			record = c.records.Add(1) % crudRecords
		}
		appends++
		version := c.versions[record]
		err := pgx.BeginFunc(ctx, c.pool, func(tx pgx.Tx) error {
			tag, err := tx.Exec(ctx, "UPDATE record SET version = version + 1, changed = now(), body = $3 WHERE id = $1 AND version = $2", record, version, Payload(appends))
			if err == nil && tag.RowsAffected() != 1 {
				err = fmt.Errorf("record %d is not at version %d", record, version)
			}
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, "INSERT INTO audit (record, version, changed, actor, body) VALUES ($1, $2, now(), $3, $4)", record, version+1, actor, Payload(appends))
			return err
		})
		if err == nil {
			c.versions[record] = version + 1
		}
		return err
	}
}
