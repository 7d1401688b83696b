package eventstore

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"google.golang.org/grpc"

	"shiyang/eventstore/access"
	"shiyang/eventstore/journal"
	"shiyang/eventstore/server"
)

// Options say where a store lives and what it may use. Only Dir is required;
// the zero value of every other field means its default.
type Options struct {
	Dir            string           // directory of the data; made if missing
	FS             vfs.FS           // file system; the operating system's by default
	Now            func() time.Time // stamps "created" of events; time.Now by default
	CacheBytes     int64            // cache of stored blocks; 8 MiB by default
	MemTableBytes  uint64           // size of each of two write buffers; 8 MiB by default
	IDWindow       int              // event ids remembered for appends without an exact revision; 65,536 by default
	MaxAppendBytes int              // largest append; 1 MiB by default, at most 15 MiB
	Advertise      string           // host:port told to clients that discover a cluster; the one they reached by default
	Grace          time.Duration    // longest wait of Stop for clients that do not read; 10 seconds by default
	Logger         *slog.Logger     // slog.Default() by default
	TLS            *tls.Config      // nil: plain, which Serve refuses beyond this machine
	Users          *access.Users    // who may sign in; nil: everybody may do everything
	Anonymous      bool             // with Users: whoever does not sign in has the rights that access lists give to all
	GroupBytes     int              // events that one consumer group holds in memory; 8 MiB by default
	TailBytes      int              // newest events held in memory for subscriptions; 4 MiB by default
}

// Stats are figures for the operator.
type Stats struct {
	Head        uint64 // position of the newest durable event; 0 when there is none
	Events      uint64 // events in the store
	Appends     uint64 // writes answered since Open or the last heal, refusals included
	Syncs       uint64 // commits since then; each made one or more writes durable with one fsync
	Subscribers int    // open subscriptions
	Heals       uint64 // how often the index was found damaged, and made again, since Open
}

// Store is an open event store. It is safe for concurrent use.
type Store struct {
	opts     Options
	engine   atomic.Pointer[engine]
	stopping chan struct{} // closed by the first Stop
	failed   chan struct{} // closed when only a new Open helps
	kept     chan struct{} // closed when keep has ended
	stop     sync.Once
	closed   error // result of the first Stop
	heals    atomic.Uint64

	mu    sync.Mutex
	front front // who answers clients now
	cause error // why no engine answers; nil: the journal knows
}

// engine is a journal and the server before it.
type engine struct {
	journal *journal.Journal
	server  *server.Server
}

// Open opens the store in o.Dir, or makes an empty one, and answers nobody
// until Serve. Its time does not grow with the number of events, unless the
// index is missing or damaged and is made again from the log. It fails when
// another process has the directory open, when a newer version wrote the data,
// and when the log is damaged; the errors wrap those of package journal.
func Open(o Options) (*Store, error) {
	e, err := start(o)
	if journal.IsIndexDamage(err) { // seen only when it was in use; it is gone now
		e, err = start(o)
	}
	if err != nil {
		return nil, err
	}
	s := &Store{opts: o, stopping: make(chan struct{}), failed: make(chan struct{}), kept: make(chan struct{}), front: e.server}
	s.engine.Store(e)
	go s.keep()
	return s, nil
}

// start opens the journal and puts a server before it.
func start(o Options) (*engine, error) {
	j, err := journal.Open(journal.Options{
		Dir: o.Dir, FS: o.FS, Now: o.Now, Logger: o.Logger,
		CacheBytes: o.CacheBytes, MemTableBytes: o.MemTableBytes, IDWindow: o.IDWindow,
	})
	if err != nil {
		return nil, err
	}
	s, err := server.New(j, server.Options{
		MaxAppendBytes: o.MaxAppendBytes, Advertise: o.Advertise, Logger: o.Logger, Now: o.Now, Grace: o.Grace,
		TLS: o.TLS, Users: o.Users, Anonymous: o.Anonymous, GroupBytes: o.GroupBytes, TailBytes: o.TailBytes,
	})
	if err != nil {
		return nil, errors.Join(err, j.Close())
	}
	e := &engine{j, s}
	if err := j.Err(); err != nil { // it met damage on the way
		s.Stop(context.Background())
		return nil, errors.Join(err, j.Close())
	}
	return e, nil
}

// Serve answers clients on a listener, TCP or unix, until Stop, and then
// returns nil. It may be called for several listeners; it closes each.
func (s *Store) Serve(listener net.Listener) error {
	e := newEntrance(listener, s.stopping)
	defer e.Close() //nolint:errcheck // closed already
	for {
		f := s.answering()
		if err := f.Serve(e.view()); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			return err
		}
		if isClosed(s.stopping) {
			return nil
		}
		if s.answering() == f { // it ended by itself
			return s.Ready()
		}
	}
}

// Ready returns nil while the store can read and write, and otherwise why not:
// it was stopped, it has failed, its index is being made again, or the disk has
// not answered for long.
func (s *Store) Ready() error {
	s.mu.Lock()
	cause := s.cause
	s.mu.Unlock()
	if cause != nil {
		return cause
	}
	return s.engine.Load().journal.Ready()
}

// Failed is closed when the store has stopped after a storage failure that it
// could not mend by itself; Ready then says why. Only a new Open helps.
func (s *Store) Failed() <-chan struct{} { return s.failed }

// Head returns the position of the newest durable event, 0 when there is none.
func (s *Store) Head() uint64 { return s.engine.Load().journal.Head() }

// StoreID returns the id that was given to this store when its directory was made.
func (s *Store) StoreID() string { return s.engine.Load().journal.StoreID() }

// Stats returns figures for the operator.
func (s *Store) Stats() Stats {
	e := s.engine.Load()
	j := e.journal.Stats()
	return Stats{
		Head: j.Head, Events: j.Events, Appends: j.Appends, Syncs: j.Syncs,
		Subscribers: e.server.Subscribers(), Heals: s.heals.Load(),
	}
}

// Stop takes no more calls, ends the subscriptions, lets the other calls end
// until ctx does or Options.Grace is over, and closes the files. Further calls return the first result.
func (s *Store) Stop(ctx context.Context) error {
	s.stop.Do(func() {
		close(s.stopping)
		if s.closed = s.awaitKeeper(); s.closed != nil {
			return
		}
		s.answering().Stop(ctx)
		s.closed = s.engine.Load().journal.Close()
	})
	return s.closed
}

// Close stops at once: calls that still run are cut off.
func (s *Store) Close() error {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("closed"))
	return s.Stop(ctx)
}

// The errors that Open, Ready and Stop wrap.
var (
	ErrClosed      = journal.ErrClosed      // the store was stopped
	ErrFailed      = journal.ErrFailed      // a write, fsync or integrity failure stopped the store
	ErrCorrupt     = journal.ErrCorrupt     // stored bytes are not what was written
	ErrNewerFormat = journal.ErrNewerFormat // a later version of the program wrote the data
	ErrInUse       = journal.ErrInUse       // another process has the directory open
)
