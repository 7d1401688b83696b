package index

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"math"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
	"github.com/cockroachdb/pebble/v2/vfs"

	"shiyang/eventstore/journal/segment"
)

// Options say where an index lives and what it may use.
type Options struct {
	FS            vfs.FS
	Dir           string
	CacheBytes    int64
	MemTableBytes uint64
	Logger        *slog.Logger
	// Failed is told once the index cannot be used any more.
	Failed func(error)
	// Full is told when the disk has become too full to write the index out,
	// and when it no longer is.
	Full     func(bool)
	ReadOnly bool
}

// Index is an open index. One goroutine may add frames; any number may read.
type Index struct {
	db      *pebble.DB
	disk    *disk
	pending pending
	batch   *Batch          // of whoever hands over what is pending
	flushed <-chan struct{} // closed when the last Flush is done
}

// ErrUnusable is wrapped by Open when there is an index that cannot be used;
// it must be removed and made again.
var ErrUnusable = errors.New("the index is damaged")

// ErrUnwritten is wrapped, beside ErrUnusable, when the index could not be kept
// on the disk. Then it is the disk that is not to be trusted.
var ErrUnwritten = errors.New("the index could not be written")

// queuedBuffers is how many write buffers may wait for the disk: more than ever
// will, since Options.Full or Options.Failed stop whoever commits when the first
// cannot be written. Pebble would let a writer wait as long as the disk is full.
const queuedBuffers = 1024

// Open opens the index in o.Dir, or makes an empty one.
func Open(o Options) (*Index, error) {
	x := &Index{disk: newDisk(o)}
	po := &pebble.Options{
		FS:                          x.disk,
		FormatMajorVersion:          pebble.FormatNewest,
		DisableWAL:                  true,
		ReadOnly:                    o.ReadOnly,
		CacheSize:                   o.CacheBytes,
		MemTableSize:                o.MemTableBytes,
		MemTableStopWritesThreshold: queuedBuffers,
		Logger:                      logger{x.disk},
		EventListener: &pebble.EventListener{
			BackgroundError: x.disk.backgroundError,
			DataCorruption: func(info pebble.DataCorruptionInfo) {
				x.disk.fail(fmt.Errorf("%w: %v", ErrUnusable, info))
			},
			FlushEnd: func(info pebble.FlushInfo) {
				if info.Err == nil {
					x.disk.roomAgain()
				}
			},
		},
	}
	for i := range po.Levels {
		po.Levels[i].BlockSize = 16 << 10
		po.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	db, err := pebble.Open(o.Dir, po)
	switch {
	case err == nil:
		x.db = db
		x.batch = &Batch{index: x, batch: db.NewBatch()}
		x.disk.opened.Store(true)
		x.pending.init()
		x.pending.ended.Go(x.handOverMany)
		return x, nil
	case isFull(err), errors.Is(err, fs.ErrPermission):
		return nil, fmt.Errorf("open index: %w", err)
	default: // whatever it is, the index can be made again
		return nil, fmt.Errorf("%w: %w", ErrUnusable, err)
	}
}

// State returns how far the log is indexed.
func (x *Index) State() (State, error) {
	value, found, err := x.get([]byte{statePrefix})
	if err != nil || !found {
		return State{}, err
	}
	s, err := decodeState(value)
	return s, x.damaged(err)
}

// get returns a copy of a value.
func (x *Index) get(key []byte) ([]byte, bool, error) {
	value, closer, err := x.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, x.damaged(err)
	}
	value = append([]byte(nil), value...)
	return value, true, closer.Close()
}

// damaged turns what Pebble or a decoder complains about into ErrUnusable, and
// tells the owner.
func (x *Index) damaged(err error) error {
	if err == nil || !errors.Is(err, errMalformed) && !pebble.IsCorruptionError(err) {
		return err
	}
	err = fmt.Errorf("%w: %w", ErrUnusable, err)
	if x.disk.opened.Load() {
		x.disk.fail(err)
	}
	return err
}

// Head returns the end of a stream, None when it has no events.
func (x *Index) Head(stream string) (Entry, error) {
	if e, ok := x.pending.end(stream); ok {
		return e, nil
	}
	var space [128]byte
	value, closer, err := x.db.Get(appendHeadKey(space[:0], stream))
	if errors.Is(err, pebble.ErrNotFound) {
		return None, nil
	}
	if err != nil {
		return Entry{}, x.damaged(err)
	}
	e, err := decodeHead(value)
	return e, x.damaged(errors.Join(err, closer.Close()))
}

// Find returns where a revision of a stream is.
func (x *Index) Find(stream string, revision int64) (Entry, bool, error) {
	if err := x.handOver(); err != nil {
		return Entry{}, false, err
	}
	var space [128]byte
	value, closer, err := x.db.Get(appendRevisionKey(space[:0], stream, revision))
	if errors.Is(err, pebble.ErrNotFound) {
		return Entry{}, false, nil
	}
	if err != nil {
		return Entry{}, false, x.damaged(err)
	}
	e, err := decodeEntry(value, revision)
	return e, true, x.damaged(errors.Join(err, closer.Close()))
}

// Revisions yields the places of the revisions from … to of a stream.
func (x *Index) Revisions(stream string, from, to int64, backwards bool) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		from = max(from, 0)
		if from > to {
			return
		}
		o := &pebble.IterOptions{
			LowerBound: appendRevisionKey(nil, stream, from),
			UpperBound: append(appendRevisionKey(nil, stream, to), 0),
		}
		first, next := (*pebble.Iterator).First, (*pebble.Iterator).Next
		if backwards {
			first, next = (*pebble.Iterator).Last, (*pebble.Iterator).Prev
		}
		x.walk(o, first, next, func(it *pebble.Iterator) (Entry, error) {
			revision, err := revisionOf(it.Key())
			if err != nil {
				return Entry{}, err
			}
			return decodeEntry(it.Value(), revision)
		}, yield)
	}
}

// Head is the end of one stream, for Heads.
type Head struct {
	Stream string
	Entry
}

// Heads yields the ends of all streams, ordered by name.
func (x *Index) Heads() iter.Seq2[Head, error] {
	return func(yield func(Head, error) bool) {
		it, err := x.iterator(&pebble.IterOptions{LowerBound: []byte{headPrefix}, UpperBound: []byte{headPrefix + 1}})
		if err != nil {
			yield(Head{}, x.damaged(err))
			return
		}
		defer it.Close() //nolint:errcheck // reading; it.Error tells
		for ok := it.First(); ok; ok = it.Next() {
			e, err := decodeHead(it.Value())
			if !yield(Head{string(it.Key()[1:]), e}, x.damaged(err)) || err != nil {
				return
			}
		}
		if err := it.Error(); err != nil {
			yield(Head{}, x.damaged(err))
		}
	}
}

// iterator returns one that sees everything added so far.
func (x *Index) iterator(o *pebble.IterOptions) (*pebble.Iterator, error) {
	if err := x.handOver(); err != nil {
		return nil, err
	}
	return x.db.NewIter(o)
}

// step moves an iterator and tells whether it stands on a key.
type step func(*pebble.Iterator) bool

func (x *Index) walk(o *pebble.IterOptions, first, next step, read func(*pebble.Iterator) (Entry, error), yield func(Entry, error) bool) {
	it, err := x.iterator(o)
	if err != nil {
		yield(Entry{}, x.damaged(err))
		return
	}
	defer it.Close() //nolint:errcheck // reading; it.Error tells
	for ok := first(it); ok; ok = next(it) {
		e, err := read(it)
		if !yield(e, x.damaged(err)) || err != nil {
			return
		}
	}
	if err := it.Error(); err != nil {
		yield(Entry{}, x.damaged(err))
	}
}

// Mark returns a place at or before a position from which a scan can start;
// the zero place when there is none.
func (x *Index) Mark(position uint64) (segment.Place, error) {
	o := &pebble.IterOptions{LowerBound: []byte{markPrefix}, UpperBound: []byte{markPrefix + 1}}
	if position < math.MaxUint64 {
		o.UpperBound = appendMarkKey(nil, position+1)
	}
	it, err := x.iterator(o)
	if err != nil {
		return segment.Place{}, x.damaged(err)
	}
	defer it.Close() //nolint:errcheck // reading; it.Error tells
	if !it.Last() {
		return segment.Place{}, x.damaged(it.Error())
	}
	if len(it.Key()) != 9 {
		return segment.Place{}, x.damaged(errMalformed)
	}
	var file, offset uint64
	err = numbers(it.Value(), &file, &offset)
	at := segment.Place{Position: binary.BigEndian.Uint64(it.Key()[1:]), File: file, Offset: int64(offset)}
	return at, x.damaged(err)
}

// CacheUse returns how many blocks were found in the cache, and how many not.
func (x *Index) CacheUse() (hits, misses int64) {
	m := x.db.Metrics()
	return m.BlockCache.Hits, m.BlockCache.Misses
}

// Flush begins to write the buffer out and does not wait. It does nothing while
// an earlier call is still at work. Like AddFrame it is for one goroutine.
func (x *Index) Flush() error {
	if err := x.handOver(); err != nil {
		return err
	}
	if x.flushed != nil {
		select {
		case <-x.flushed:
		default:
			return nil
		}
	}
	done, err := x.db.AsyncFlush()
	x.flushed = done
	return err
}

// Close writes the buffer out, if the disk has room, and closes the files. What
// could not be written is indexed again when the index is opened. A database
// whose book-keeping failed is left as it is: its Close would never end.
func (x *Index) Close(failed bool) (err error) {
	defer func() { // after a failure Pebble may be in any state
		if r := recover(); r != nil {
			err = fmt.Errorf("close index: %v", r)
		}
	}()
	close(x.pending.many)
	if x.disk.abandoned.Load() { // a goroutine may hang in it for ever
		x.disk.close()
		return nil
	}
	x.pending.ended.Wait()
	if !failed && !x.disk.readOnly && !x.disk.isBroken() {
		err = x.handOver()
	}
	err = errors.Join(err, x.batch.batch.Close())
	if !failed && !x.disk.readOnly && !x.disk.full.Load() && !x.disk.isBroken() {
		err = errors.Join(err, x.disk.flush(x.db))
	}
	x.disk.close()
	return errors.Join(err, x.db.Close())
}
