// Package timeseries keeps what instruments tell every few seconds or minutes:
// too much for the event log, and to be forgotten after a while (ADR 20). A
// row is one message of a series at an instant; its body is opaque.
//
//	Put ─▶ bounded queue ─▶ one writer ─▶ a file for each month (SQLite) ─▶ done
//
// Rows are durable when done is called. Many rows share one commit, so a
// thousand a second cost little. Who puts faster than the disk takes, waits.
// A month that is older than the retention is one file to delete.
//
// The package imports nothing of ours. It is safe for concurrent use; one
// process at a time may write a folder. Start with [Open], then [Store.Put].
package timeseries

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Bounds.
const (
	queueRows = 4096 // that wait for the writer
	batchRows = 512  // of one commit
	maxOpen   = 16   // files open at once
	pageRows  = 3000 // of one answer

	// gather is how long the first row of a batch waits for others: who tells
	// something every few seconds can wait for its answer, and a commit costs
	// as much as a hundred rows.
	gather = 20 * time.Millisecond
)

// The refusals of a row.
var (
	ErrTooOld    = errors.New("older than what is kept")
	ErrTooNew    = errors.New("ahead of the clock")
	ErrClosed    = errors.New("the series are closed")
	errNoSeries  = errors.New("a row has a series and a body")
	errNotEmpty  = errors.New("the folder holds series already; restore into an empty one")
	maxAhead     = time.Hour // of a clock that is fast
	monthLayout  = "2006-01"
	fileSuffix   = ".db"
	heardMinimum = time.Minute
)

// Row is one message.
type Row struct {
	Series string    // whose: opaque to the store
	Kind   int       // of which kind
	At     time.Time // instant, whole seconds
	Body   string
}

// Options say how to keep rows.
type Options struct {
	Dir       string
	Retention time.Duration // at least one month is kept beyond it, because files are months
	Now       func() time.Time
}

// Store keeps rows.
type Store struct {
	o     Options
	queue chan put
	done  chan struct{} // the writer has ended
	stop  chan struct{}
	once  sync.Once

	gate  sync.RWMutex // held by who puts; Close waits for them
	mu    sync.Mutex   // of files and heard
	files []*file
	heard map[string]time.Time
}

type put struct {
	row  Row
	done func(error)
}

type file struct {
	month string
	db    *sql.DB
}

// Open opens a folder of series, which is made if it is missing.
func Open(o Options) (*Store, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("open series: %w", err)
	}
	s := &Store{
		o: o, queue: make(chan put, queueRows), done: make(chan struct{}), stop: make(chan struct{}), heard: map[string]time.Time{},
	}
	go s.write()
	return s, nil
}

// Close writes what waits and closes the files.
func (s *Store) Close() error {
	s.once.Do(func() {
		s.gate.Lock() // the writer goes on meanwhile, so nobody waits for ever
		close(s.stop)
		s.gate.Unlock()
	})
	<-s.done
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	for _, f := range s.files {
		err = errors.Join(err, f.db.Close())
	}
	s.files = nil
	return err
}

// Check tells whether a row of an instant would be kept.
func (s *Store) Check(at time.Time) error {
	now := s.o.Now()
	switch {
	case at.After(now.Add(maxAhead)):
		return ErrTooNew
	case at.Before(now.Add(-s.o.Retention)):
		return ErrTooOld
	}
	return nil
}

// Put takes a row and calls done once, from another goroutine, when it is
// durable or refused; done must not block. The same series, kind and instant
// again replace the body. Put waits while the queue is full.
func (s *Store) Put(ctx context.Context, row Row, done func(error)) error {
	if row.Series == "" || row.Body == "" {
		return errNoSeries
	}
	if err := s.Check(row.At); err != nil {
		return err
	}
	s.gate.RLock()
	defer s.gate.RUnlock()
	select {
	case <-s.stop:
		return ErrClosed
	default:
	}
	select {
	case s.queue <- put{row, done}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// write is the one writer: it takes what waits, and commits it together.
func (s *Store) write() {
	defer close(s.done)
	batch := make([]put, 0, batchRows)
	for {
		select {
		case p := <-s.queue:
			batch = append(batch[:0], p)
		case <-s.stop:
			s.drain(batch)
			return
		}
		s.commit(s.gather(batch))
	}
}

// gather waits a little for more rows, up to a whole batch.
func (s *Store) gather(batch []put) []put {
	enough := time.NewTimer(gather)
	defer enough.Stop()
	for len(batch) < batchRows {
		select {
		case p := <-s.queue:
			batch = append(batch, p)
		case <-enough.C:
			return batch
		case <-s.stop:
			return s.more(batch)
		}
	}
	return batch
}

// more adds what waits already, up to a whole batch.
func (s *Store) more(batch []put) []put {
	for len(batch) < batchRows {
		select {
		case p := <-s.queue:
			batch = append(batch, p)
		default:
			return batch
		}
	}
	return batch
}

func (s *Store) drain(batch []put) {
	for batch = s.more(batch[:0]); len(batch) > 0; batch = s.more(batch[:0]) {
		s.commit(batch)
	}
}

// commit writes a batch, a transaction for each month, and answers everybody.
func (s *Store) commit(batch []put) {
	slices.SortStableFunc(batch, func(a, b put) int { return strings.Compare(month(a.row.At), month(b.row.At)) })
	for len(batch) > 0 {
		n := 1
		for n < len(batch) && month(batch[n].row.At) == month(batch[0].row.At) {
			n++
		}
		err := s.insert(batch[:n])
		for _, p := range batch[:n] {
			p.done(err)
		}
		batch = batch[n:]
	}
}

func (s *Store) insert(batch []put) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.open(month(batch[0].row.At), true)
	if err != nil {
		return err
	}
	tx, err := f.db.Begin()
	if err != nil {
		return fmt.Errorf("write series: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // no effect after a commit
	stmt, err := tx.Prepare(`INSERT INTO told (series, kind, at, body) VALUES ($1, $2, $3, $4)
		ON CONFLICT (series, kind, at) DO UPDATE SET body = excluded.body`)
	if err != nil {
		return fmt.Errorf("write series: %w", err)
	}
	defer func() { _ = stmt.Close() }()
	for _, p := range batch {
		if _, err := stmt.Exec(p.row.Series, p.row.Kind, p.row.At.Unix(), p.row.Body); err != nil {
			return fmt.Errorf("write series: %w", err)
		}
	}
	if err := s.noteHeard(tx, batch); err != nil {
		return fmt.Errorf("write series: %w", err)
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("write series: %w", err)
	}
	return nil
}

// month names the file of an instant.
func month(at time.Time) string { return at.UTC().Format(monthLayout) }

// open returns the file of a month; nil where there is none and make is false.
// The lock is held.
func (s *Store) open(month string, create bool) (*file, error) {
	for i, f := range s.files {
		if f.month == month {
			s.files = append(append(s.files[:i:i], s.files[i+1:]...), f) // the latest used is the last
			return f, nil
		}
	}
	path := filepath.Join(s.o.Dir, month+fileSuffix)
	if _, err := os.Stat(path); err != nil && !create {
		return nil, nil //nolint:nilnil // no such month
	}
	if len(s.files) == maxOpen {
		if err := s.files[0].db.Close(); err != nil {
			return nil, fmt.Errorf("close series: %w", err)
		}
		s.files = s.files[1:]
	}
	q := url.Values{"_pragma": {"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "cache_size(-4096)"}}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+q.Encode()+"&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("open series: %w", err)
	}
	for _, statement := range []string{
		`CREATE TABLE IF NOT EXISTS told (series TEXT NOT NULL, kind INTEGER NOT NULL, at INTEGER NOT NULL, body TEXT NOT NULL,
			PRIMARY KEY (series, kind, at)) WITHOUT ROWID`,
		`CREATE TABLE IF NOT EXISTS heard (series TEXT NOT NULL PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID`,
	} {
		if _, err := db.Exec(statement); err != nil {
			return nil, errors.Join(fmt.Errorf("open series: %w", err), db.Close())
		}
	}
	f := &file{month, db}
	s.files = append(s.files, f)
	return f, nil
}
