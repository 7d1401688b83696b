// Package disk runs the whole store inside this process on a file system in
// memory that can lose, spoil or refuse what is written to it. The store is
// reached over its socket only, and nothing is known of its files but their
// names. Start reading at PowerLoss, Damage and BrokenWrites.
package disk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"shiyang/eventstore"
	"shiyang/test/torture/oracle"
	"shiyang/test/torture/trial"
	"shiyang/test/torture/wire"
)

// folder is where the store's data lies in every file system of this package.
const folder = "data"

// node is a running store.
type node struct {
	*wire.Client
	store  *eventstore.Store
	served chan error
	socket string
	heals  uint64 // how often its index was made again, as far as is known
}

var sockets atomic.Int64

// options keeps everything small, so that files are changed often.
func options(fs vfs.FS) eventstore.Options {
	return eventstore.Options{Dir: folder, FS: fs, MemTableBytes: 128 << 10, CacheBytes: 1 << 20, Logger: slog.New(slog.DiscardHandler)}
}

// errHangs says that a store neither opened nor said why not.
var errHangs = errors.New("the store neither opens nor says why")

// open opens a store and serves it. A panic of the store while it opens is an
// error, and so is its silence.
func open(t *trial.Trial, fs vfs.FS) (*node, error) {
	type outcome struct {
		store *eventstore.Store
		err   error
	}
	opened := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			if value := recover(); value != nil {
				o.err = &panicError{value}
			}
			opened <- o
		}()
		o.store, o.err = eventstore.Open(options(fs))
	}()
	select {
	case o := <-opened:
		if o.err != nil {
			return nil, o.err
		}
		return serve(t, o.store)
	case <-time.After(patience):
		return nil, errHangs
	}
}

func serve(t *trial.Trial, store *eventstore.Store) (n *node, err error) {
	n = &node{store: store, served: make(chan error, 1), socket: filepath.Join(t.Dir, "s"+strconv.FormatInt(sockets.Add(1), 10))}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "unix", n.socket)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	go func() { n.served <- store.Serve(listener) }()
	n.Client, err = wire.Dial("unix://" + n.socket)
	return n, err
}

// healing reports whether the store has found its index damaged, and waits
// until it has made it again from the log, or has given up.
func (n *node) healing(ctx context.Context) bool {
	healed := n.heals
	err := until(ctx, "the index is whole again", func() bool {
		select {
		case <-n.store.Failed():
			return true
		default:
			return n.store.Ready() == nil
		}
	})
	n.heals = n.store.Stats().Heals
	return err == nil && n.heals > healed
}

// redial connects anew: a store that heals cuts its clients off.
func (n *node) redial() (*node, error) {
	client, err := wire.Dial("unix://" + n.socket)
	if err == nil {
		err, n.Client = n.Close(), client
	}
	return n, err
}

// patience bounds every wait for a store in this process; it is no figure of speed.
const patience = 20 * time.Second

// panicError is a panic of the store while it was opened.
type panicError struct{ value any }

func (e *panicError) Error() string { return fmt.Sprintf("the store panicked: %v", e.value) }

// stop ends a store; abrupt ends cut off its calls.
func (n *node) stop(ctx context.Context, abrupt bool) error {
	var err error
	if abrupt {
		err = n.store.Close()
	} else {
		err = n.store.Stop(ctx)
	}
	return errors.Join(err, n.Close(), <-n.served, os.RemoveAll(n.socket))
}

// changes tells whether an operation writes.
func changes(op errorfs.Op) bool {
	switch op.Kind {
	case errorfs.OpFileClose, errorfs.OpFileFlush, errorfs.OpLock:
		return false
	default:
		return op.Kind.ReadOrWrite() == errorfs.OpIsWrite
	}
}

// syncs tells whether an operation asks for durability.
func syncs(op errorfs.Op) bool {
	return op.Kind == errorfs.OpFileSync || op.Kind == errorfs.OpFileSyncData || op.Kind == errorfs.OpFileSyncTo
}

// kinds are the names of the operations that write.
var kinds = map[errorfs.OpKind]string{
	errorfs.OpCreate: "create", errorfs.OpLink: "link", errorfs.OpRemove: "remove", errorfs.OpRemoveAll: "remove all",
	errorfs.OpRename: "rename", errorfs.OpReuseForWrite: "reuse", errorfs.OpMkdirAll: "mkdir", errorfs.OpFilePreallocate: "preallocate",
	errorfs.OpFileWrite: "write", errorfs.OpFileWriteAt: "write", errorfs.OpFileSync: "sync", errorfs.OpFileSyncData: "sync",
	errorfs.OpFileSyncTo: "sync",
}

// describe names an operation for people.
func describe(op errorfs.Op) string { return kinds[op.Kind] + " of " + op.Path }

// isDamage tells whether the answer to a call names damage of the data or the
// failure of the store that it led to.
func isDamage(err error) bool {
	code := status.Code(err)
	return code == codes.DataLoss || code == codes.Unavailable
}

// counted is a node that calls enough when so many events are acknowledged.
type counted struct {
	*node
	oracle *oracle.Oracle
	events int
	enough func()
}

// Append is that of the node.
func (c counted) Append(ctx context.Context, stream string, expected wire.Expected, size int, ids ...uuid.UUID) ([]oracle.Event, error) {
	if c.oracle.Acked() >= c.events {
		c.enough()
	}
	return c.node.Append(ctx, stream, expected, size, ids...)
}
