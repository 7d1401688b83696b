package eventstore

import (
	"context"
	"io"

	"shiyang/eventstore/journal"
)

// Snapshot tells what a snapshot of the log has handed out.
type Snapshot = journal.Snapshot

// CheckReport tells what a check of the log has found.
type CheckReport = journal.CheckReport

// ScavengeOptions say how to scavenge.
type ScavengeOptions = journal.ScavengeOptions

// ScavengeReport tells what a scavenge has done or would do.
type ScavengeReport = journal.ScavengeReport

// Snapshot hands out all files of the log as of one durable position, while
// the store works. Placed under their names (which contain a directory) in an
// empty directory, they are that log, with the same positions. put must read
// size bytes of the content before it returns; its first error, or the end of
// ctx, ends the call.
func (s *Store) Snapshot(ctx context.Context, put func(name string, size int64, content io.Reader) error) (Snapshot, error) {
	return s.engine.Load().journal.Snapshot(ctx, put)
}

// Check reads every event of the log as of now, while the store works, and
// tells all damage that it finds. progress, which may be nil, hears how many
// bytes of how many are done. The error is one of reading or of ctx.
func (s *Store) Check(ctx context.Context, progress func(done, total int64)) (CheckReport, error) {
	return s.engine.Load().journal.Check(ctx, progress)
}

// CheckDir checks the log in o.Dir, which no process may have open, in the
// same way and without changing it.
func CheckDir(ctx context.Context, o Options, progress func(done, total int64)) (CheckReport, error) {
	return journal.CheckDir(ctx, journal.Options{
		Dir: o.Dir, FS: o.FS, Now: o.Now, Logger: o.Logger, CacheBytes: o.CacheBytes, MemTableBytes: o.MemTableBytes,
	}, progress)
}

// Scavenge removes from the log what no read of a stream can return any more
// ($maxCount, $maxAge, $tb, deletes and tombstones), and gives its space back,
// while the store works. $all then no longer shows those events; positions and
// revisions stay as they are, and so does the newest event of every stream.
// Only full files of the log are scavenged. One scavenge runs at a time; what
// is done when it fails or ctx ends stays done, and the report tells it.
func (s *Store) Scavenge(ctx context.Context, o ScavengeOptions) (ScavengeReport, error) {
	return s.engine.Load().journal.Scavenge(ctx, o)
}

// ScavengeDir scavenges the log in o.Dir, which no process may have open.
func ScavengeDir(ctx context.Context, o Options, how ScavengeOptions) (ScavengeReport, error) {
	return journal.ScavengeDir(ctx, journal.Options{
		Dir: o.Dir, FS: o.FS, Now: o.Now, Logger: o.Logger, CacheBytes: o.CacheBytes, MemTableBytes: o.MemTableBytes,
	}, how)
}
