package bureau

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // PostgreSQL for secrets and keys
	_ "modernc.org/sqlite"             // the same in files

	"shiyang/cmd/shiyang/config"
	"shiyang/eventstore"
	"shiyang/internal/blob"
	"shiyang/internal/es"
	"shiyang/internal/es/esdbstore"
	"shiyang/internal/es/reserve"
	"shiyang/internal/es/series"
	"shiyang/internal/keyring"
	"shiyang/internal/lawbook"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/feed"
	"shiyang/internal/timeseries"
)

// ground is what every part stands on. It is closed in the reverse order of
// opening.
type ground struct {
	config   config.Config
	log      *slog.Logger
	now      func() time.Time
	embedded *eventstore.Store // nil with a store elsewhere
	client   *esdbstore.Client
	keys     *keyring.Keyring
	codec    *es.Codec
	store    *esdbstore.Store
	views    *readmodel.DB
	reserved *reserve.Keys
	numbers  *series.Allocator
	files    *blob.Files
	library  *lawbook.Library
	minutes  *timeseries.Store // of meters; nil where nothing takes or keeps them
	kept
	feed    *feed.Feed // the log, for everything that follows it
	closers []func(context.Context) error
}

func (g *ground) onClose(f func(context.Context) error) { g.closers = append(g.closers, f) }

// close ends everything, last opened first, and tells every failure.
func (g *ground) close(ctx context.Context) error {
	var errs []error
	for i := len(g.closers) - 1; i >= 0; i-- {
		errs = append(errs, g.closers[i](ctx))
	}
	g.closers = nil
	return errors.Join(errs...)
}

// openGround opens the store, the keys and the views.
func openGround(ctx context.Context, c config.Config, log *slog.Logger, now func() time.Time) (g *ground, err error) {
	g = &ground{config: c, log: log, now: now}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.close(context.WithoutCancel(ctx)))
		}
	}()
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return g, fmt.Errorf("data folder: %w", err)
	}
	if err := g.openLog(ctx); err != nil {
		return g, err
	}
	g.feed = feed.New(g.client)
	if err := g.openKeys(ctx); err != nil {
		return g, err
	}
	g.codec = es.NewCodec(g.keys)
	g.store = esdbstore.NewStore(g.client, g.codec)
	if g.views, err = readmodel.Open(ctx, g.databaseURL("views.db")); err != nil {
		return g, fmt.Errorf("views: %w", err)
	}
	g.onClose(func(context.Context) error { return g.views.Close() })
	g.reserved = reserve.New(g.store, reserve.Options{Now: now})
	g.numbers = series.New(g.store, series.Options{Now: now})
	g.onClose(func(context.Context) error { return g.numbers.Close() })
	return g, g.openBucket(ctx)
}

// openEmbedded starts the store of this process on a socket that only this
// user can reach, and returns its address.
func (g *ground) openEmbedded() (string, error) {
	store, err := eventstore.Open(eventstore.Options{
		Dir: g.config.Path("journal"), Now: g.now, CacheBytes: g.config.CacheBytes, Logger: g.log,
		GroupBytes: int(g.config.StoreGroupBytes), TailBytes: int(g.config.StoreTailBytes),
	})
	if err != nil {
		return "", fmt.Errorf("embedded event store: %w", err)
	}
	g.embedded = store
	g.onClose(store.Stop)
	socket, err := g.socketPath()
	if err != nil {
		return "", err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return "", fmt.Errorf("embedded event store: %w", err)
	}
	if err := os.Chmod(socket, 0o600); err != nil {
		return "", fmt.Errorf("embedded event store: %w", err)
	}
	go func() {
		if err := store.Serve(listener); err != nil {
			g.log.LogAttrs(context.Background(), slog.LevelError, "embedded event store stopped", slog.Any("error", err))
		}
	}()
	return "unix://" + socket, nil
}

// maxSocketPath is what every Unix can take; Linux takes 107 bytes.
const maxSocketPath = 100

// socketPath is in the data folder, or, where that path is too long for a
// socket, in a fresh folder of this user's.
func (g *ground) socketPath() (string, error) {
	path, err := filepath.Abs(g.config.Path("store.sock"))
	if err != nil {
		return "", fmt.Errorf("embedded event store: %w", err)
	}
	if len(path) > maxSocketPath {
		dir, err := os.MkdirTemp("", "shiyang-")
		if err != nil {
			return "", fmt.Errorf("embedded event store: %w", err)
		}
		g.onClose(func(context.Context) error { return os.RemoveAll(dir) })
		path = filepath.Join(dir, "store.sock")
	}
	// A socket left by a killed process; the journal's own lock proves that no
	// other process serves it.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("embedded event store: %w", err)
	}
	return path, nil
}

// databaseURL is the configured PostgreSQL, or a file under the data folder.
func (g *ground) databaseURL(file string) string {
	if g.config.Database != "" {
		return g.config.Database
	}
	return "sqlite:" + g.config.Path(file)
}

// openKeys opens the keyring with the master key of the data folder.
func (g *ground) openKeys(ctx context.Context) error {
	file := g.config.MasterKey
	if file == "" {
		file = g.config.Path("keys", "master.key")
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return fmt.Errorf("master key: %w", err)
		}
	}
	master, err := keyring.MasterKey(file)
	if err != nil {
		return err
	}
	db, engine, err := g.openSQL(g.keyringURL(), keyringFile)
	if err != nil {
		return err
	}
	g.keys, err = keyring.Open(ctx, db, keyring.Engine(engine), master, keyring.Options{Now: g.now})
	return err
}

// openSQL opens a database for what is neither event nor view: a file of its
// own under the data folder, or the configured PostgreSQL.
func (g *ground) openSQL(url, name string) (*sql.DB, string, error) {
	driver, source, engine := "sqlite", "file:"+g.config.Path(name)+
		"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(5000)&_txlock=immediate", "sqlite"
	if url != "" {
		driver, source, engine = "pgx", url, "postgres"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		return nil, "", fmt.Errorf("open %s: %w", name, err)
	}
	if engine == "sqlite" {
		db.SetMaxOpenConns(2)
	} else {
		db.SetMaxOpenConns(8)
	}
	db.SetConnMaxIdleTime(5 * time.Minute)
	g.onClose(func(context.Context) error { return db.Close() })
	return db, engine, nil
}
