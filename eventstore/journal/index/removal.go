package index

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"

	"shiyang/eventstore/journal/segment"
)

// removalBytes is how much a removal commits at once.
const removalBytes = 1 << 20

// Removal collects what a scavenge takes out of the index. It has batches of
// its own, so it may be filled and committed beside the goroutine that
// commits. Close it.
type Removal struct {
	index   *Index
	batches []*pebble.Batch
	key     []byte
}

// Removal returns an empty removal.
func (x *Index) Removal() *Removal { return &Removal{index: x} }

// batch returns the one that is being filled.
func (r *Removal) batch() *pebble.Batch {
	if n := len(r.batches); n > 0 && r.batches[n-1].Len() < removalBytes {
		return r.batches[n-1]
	}
	b := r.index.db.NewBatch()
	r.batches = append(r.batches, b)
	return b
}

// Event takes out a revision of a stream. The end of the stream stays.
func (r *Removal) Event(stream []byte, revision int64) error {
	r.key = appendRevisionKey(r.key[:0], string(stream), revision)
	return r.batch().Delete(r.key, nil)
}

// Marks takes out the places from which scans of a file start, whose positions
// are from first up to before next.
func (r *Removal) Marks(first, next uint64) error {
	return r.batch().DeleteRange(appendMarkKey(nil, first), appendMarkKey(nil, next), nil)
}

// Mark adds a place from which a scan can start.
func (r *Removal) Mark(at segment.Place) error {
	r.key = appendMarkKey(r.key[:0], at.Position)
	value := binary.AppendUvarint(nil, at.File)
	return r.batch().Set(r.key, binary.AppendUvarint(value, uint64(at.Offset)), nil)
}

// Commit applies the removal. A crash may undo it.
func (r *Removal) Commit() (err error) {
	if err := r.index.handOver(); err != nil { // what is removed must be there
		return err
	}
	defer func() { // Pebble panics on some errors
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", ErrUnusable, p)
		}
	}()
	for _, b := range r.batches {
		if err := b.Commit(pebble.NoSync); err != nil {
			return fmt.Errorf("remove from the index: %w", err)
		}
	}
	return nil
}

// Close gives back what the removal holds.
func (r *Removal) Close() error {
	var errs []error
	for _, b := range r.batches {
		errs = append(errs, b.Close())
	}
	r.batches = nil
	return errors.Join(errs...)
}

// Settle waits until everything committed so far is on disk. It fails with
// segment.ErrDiskFull when there is no room for it.
func (x *Index) Settle() error {
	if err := x.handOver(); err != nil {
		return err
	}
	if err := x.disk.flush(x.db); err != nil {
		return fmt.Errorf("write the index out: %w", err)
	}
	switch {
	case x.disk.full.Load():
		return fmt.Errorf("write the index out: %w", segment.ErrDiskFull)
	case x.disk.isBroken():
		return fmt.Errorf("write the index out: %w", ErrUnusable)
	}
	return nil
}
