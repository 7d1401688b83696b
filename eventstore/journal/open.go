package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"strings"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"

	"shiyang/eventstore/journal/index"
	"shiyang/eventstore/journal/segment"
)

// What is in the directory of a journal.
const (
	logDir   = "log"
	indexDir = "index"
	lockFile = "LOCK"
)

// Open opens the journal in opts.Dir, or makes an empty one. It reads the last
// file of the log and what a crash has left out of the index, so its time does
// not grow with the number of events. Only when the index is missing or
// damaged it is made again from the whole log.
//
// Open fails with ErrNewerFormat when a later version wrote the data, with
// ErrInUse when another process has it open, and with ErrCorrupt when the end
// of the log is damaged.
func Open(opts Options) (*Journal, error) {
	j := &Journal{opts: opts.withDefaults(), closing: make(chan struct{}), failed: make(chan struct{})}
	j.readers.init()
	j.queue.init()
	if err := j.open(); err != nil {
		return nil, fmt.Errorf("open event journal in %s: %w", opts.Dir, err)
	}
	return j, nil
}

func (j *Journal) open() (err error) {
	o := j.opts
	if err := makeDirs(o.FS, o.FS.PathJoin(o.Dir, logDir)); err != nil {
		return err
	}
	if j.lock, err = lock(o); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, j.lock.Close())
		}
	}()
	if err := refuseOldLayout(o); err != nil {
		return err
	}
	j.log, err = segment.Open(segment.Options{
		FS: o.FS, Dir: o.FS.PathJoin(o.Dir, logDir), Bytes: o.SegmentBytes, Now: o.Now,
		Failed: func(err error) { _ = j.fail(fmt.Errorf("prepare the next log file: %w", err)) },
	})
	if err != nil {
		return err
	}
	created, err := j.openIndex()
	if err != nil {
		return errors.Join(err, j.log.Close(true))
	}
	j.opened = j.log.Next() - 1
	j.tail.init(j.opened)
	j.commit = newCommitter(j, j.opened, created)
	return nil
}

// makeDirs makes a directory and those above it, so that a crash does not lose them.
func makeDirs(files vfs.FS, dir string) error {
	missing := []string{}
	for at := dir; ; at = files.PathDir(at) {
		_, err := files.Stat(at)
		if err == nil || at == files.PathDir(at) || at == "." {
			missing = append(missing, at)
			break
		}
		missing = append(missing, at)
	}
	if err := files.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, at := range missing {
		d, err := files.OpenDir(at)
		if err != nil {
			return err
		}
		if err := errors.Join(d.Sync(), d.Close()); err != nil {
			return err
		}
	}
	return nil
}

func lock(o Options) (io.Closer, error) {
	l, err := o.FS.Lock(o.FS.PathJoin(o.Dir, lockFile))
	if err != nil && (errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) || strings.Contains(err.Error(), "lock held by current process")) {
		return nil, fmt.Errorf("%w; stop it or choose another directory: %w", ErrInUse, err)
	}
	return l, err
}

// refuseOldLayout recognises a directory that is itself a Pebble database.
func refuseOldLayout(o Options) error {
	names, err := o.FS.List(o.Dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if strings.HasPrefix(name, "MANIFEST-") || strings.HasPrefix(name, "marker.manifest.") || name == "CURRENT" {
			return fmt.Errorf("%w (it holds %s)", ErrOldLayout, name)
		}
	}
	return nil
}

// openIndex opens the index, makes it anew if it cannot be used, and brings it
// to the end of the log. It returns when the last event was created.
func (j *Journal) openIndex() (created int64, err error) {
	for again := range 2 {
		x, err := index.Open(j.indexOptions())
		if err == nil {
			j.index = x
			if created, err = j.catchUp(); err == nil {
				return created, j.opts.FS.RemoveAll(j.damagedPath())
			}
			err = errors.Join(err, x.Close(true))
		}
		if again > 0 || !errors.Is(err, index.ErrUnusable) {
			return 0, err
		}
		j.opts.Logger.LogAttrs(context.Background(), slog.LevelWarn, "event index is made again from the log", errorAttr(err))
		if err := j.opts.FS.RemoveAll(j.indexPath()); err != nil {
			return 0, fmt.Errorf("remove index: %w", err)
		}
	}
	panic("unreachable")
}

func (j *Journal) indexPath() string { return j.opts.FS.PathJoin(j.opts.Dir, indexDir) }

func (j *Journal) indexOptions() index.Options {
	o := j.opts
	return index.Options{
		FS: o.FS, Dir: j.indexPath(), CacheBytes: o.CacheBytes, MemTableBytes: o.MemTableBytes, Logger: o.Logger,
		Failed: func(err error) { _ = j.fail(err) },
		Full:   j.indexIsFull,
	}
}

// damagedPath is where an index waits to be removed whose files are still open.
func (j *Journal) damagedPath() string { return j.indexPath() + ".damaged" }

// discardIndex takes an index away that the journal has stopped for, so that
// the next Open makes it again.
func (j *Journal) discardIndex() {
	err := j.opts.FS.RemoveAll(j.damagedPath()) // of an earlier time: a folder replaces only an empty one
	if err == nil {
		err = j.opts.FS.Rename(j.indexPath(), j.damagedPath())
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		j.opts.Logger.LogAttrs(context.Background(), slog.LevelError, "remove damaged event index", errorAttr(err))
	}
}

// catchUp indexes what the log has and the index has not.
func (j *Journal) catchUp() (created int64, err error) {
	state, err := j.index.State()
	if err != nil {
		return 0, err
	}
	from := state.After
	if state.Position > 0 {
		if created, err = j.verify(state); err != nil {
			return 0, err
		}
	}
	if state.Position+1 == j.log.Next() {
		return created, nil
	}
	return j.replay(state.Position+1, from, created)
}

// verify demands that the newest event of the index is in the log.
func (j *Journal) verify(s index.State) (created int64, err error) {
	if s.Store != j.log.Store {
		return 0, fmt.Errorf("%w: it belongs to another store", index.ErrUnusable)
	}
	if s.Position >= j.log.Next() { // the index is written after the log
		return 0, fmt.Errorf("%w: the log ends with position %d, but the index has seen %d; restore a backup into an empty directory",
			ErrCorrupt, j.log.Next()-1, s.Position)
	}
	f := j.log.Fetcher()
	defer f.Close()
	wire, err := f.Fetch(s.Position, s.Last)
	if err != nil {
		return 0, fmt.Errorf("%w: its newest event is not in the log: %w", index.ErrUnusable, err)
	}
	r, err := parseRecord(wire)
	return r.Created, err
}

// replayBytes is how much is committed to the index at once while it catches up.
const replayBytes = 1 << 20

// replayNews is how many events are indexed between two lines of the log.
const replayNews = 1_000_000

// replay indexes the log from a position on.
func (j *Journal) replay(from uint64, at segment.Place, created int64) (int64, error) {
	c, err := j.log.Cursor(from, at)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	batch, frame := j.index.Batch(), segment.Place{}
	state := index.State{Store: j.log.Store}
	for {
		r, err := c.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, err
		}
		if c.Frame() != frame {
			frame = c.Frame()
			if state.Position > 0 && batch.Size() > replayBytes {
				if err := batch.Commit(state); err != nil {
					return 0, err
				}
				batch = j.index.Batch()
			}
			if err := batch.Frame(frame); err != nil {
				return 0, err
			}
		}
		event, err := parseAt(r.Content, r.Position)
		if err != nil {
			return 0, err
		}
		created = event.Created
		if err := batch.Add(string(event.Stream), index.Entry{Revision: event.Revision, Position: r.Position, At: r.At}); err != nil {
			return 0, err
		}
		state.Position, state.Last, state.After = r.Position, r.At, c.After()
		if r.Position%replayNews == 0 {
			j.opts.Logger.LogAttrs(context.Background(), slog.LevelInfo, "indexing events",
				slog.Uint64("position", r.Position), slog.Uint64("of", j.log.Next()-1))
		}
	}
	if state.Position == 0 {
		return created, nil
	}
	return created, batch.Commit(state)
}
