package journal

import (
	"context"
	"errors"
	"fmt"
	"io"

	"shiyang/eventstore/journal/segment"
)

// Snapshot is what a call of the method of that name has handed out.
type Snapshot struct {
	Head    uint64 // position of the newest event in it; 0 when there is none
	StoreID string
	Files   int
	Bytes   int64
}

// Snapshot hands out all files of the log as of one durable position, while
// appends go on. Placed under their names (which contain a directory) in an
// empty directory, they are that log: Open makes the index anew. The content
// given to put is valid until put returns, which must have read size bytes of
// it. When the call returns, readers of the journal see all of it. The first error
// of put, or the end of ctx, ends the call.
func (j *Journal) Snapshot(ctx context.Context, put func(name string, size int64, content io.Reader) error) (Snapshot, error) {
	if !j.readers.enter() {
		return Snapshot{}, ErrClosed
	}
	defer j.readers.leave()
	if err := j.Err(); err != nil {
		return Snapshot{}, err
	}
	s := Snapshot{StoreID: j.StoreID()}
	next, err := j.log.Snapshot(ctx, func(c segment.Copy) error {
		s.Files++
		s.Bytes += c.Size
		left := &io.LimitedReader{R: c.Content, N: c.Size}
		if err := put(logDir+"/"+c.Name, c.Size, left); err != nil {
			return err
		}
		if left.N > 0 {
			return fmt.Errorf("%d of %d bytes were not read", left.N, c.Size)
		}
		return nil
	})
	if err = errors.Join(err, ctx.Err()); err != nil {
		return Snapshot{}, fmt.Errorf("snapshot of the event journal: %w", err)
	}
	s.Head = next - 1
	return s, j.reach(ctx, s.Head)
}

// reach waits until readers see a durable position, which takes a moment.
func (j *Journal) reach(ctx context.Context, position uint64) error {
	for {
		head, changed := j.Changed()
		if head >= position {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-j.failed:
			return j.failure
		}
	}
}
