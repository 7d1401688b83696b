package journal

import (
	"errors"
	"fmt"

	"shiyang/eventstore/journal/index"
	"shiyang/eventstore/journal/segment"
)

// The ways in which the journal itself can refuse to work.
var (
	// ErrClosed answers everything after Close.
	ErrClosed = errors.New("event journal is closed")
	// ErrFailed answers everything after a write, fsync or integrity failure;
	// the cause is wrapped. Only opening the journal again helps.
	ErrFailed = errors.New("event journal stopped after a storage failure")
	// ErrDiskFull answers a write for which there is no room. Nothing was
	// written, reading goes on, and writing works again when there is room.
	ErrDiskFull = segment.ErrDiskFull
	// ErrCorrupt is wrapped by errors about stored bytes that are not what was written.
	ErrCorrupt = segment.ErrCorrupt
	// ErrNewerFormat is wrapped by Open when a later version wrote the data.
	ErrNewerFormat = segment.ErrNewerFormat
	// ErrOldLayout is wrapped by Open when the directory was written by a
	// development version that was never released.
	ErrOldLayout = errors.New("the data was written by a development version; start with an empty directory")
	// ErrInUse is wrapped by Open when another process has the data open.
	ErrInUse = errors.New("the data directory is in use by another process")
	// ErrInvalid is wrapped by refusals of a request that no state would allow.
	ErrInvalid = errors.New("invalid request")
)

// IsIndexDamage reports whether a journal stopped, or did not open, because its
// index is not what was written. The log is then as good as before, and another
// Open makes the index again from it. An index that could not be written is no
// such case: the disk is then not to be trusted.
func IsIndexDamage(err error) bool {
	return errors.Is(err, index.ErrUnusable) && !errors.Is(err, index.ErrUnwritten)
}

// WrongRevisionError says that a stream is not where the writer expected it.
type WrongRevisionError struct {
	Stream   string
	Expected Expected
	Current  int64 // last revision; -1 when the stream has no events
}

// Error names the stream, what was expected and what is there.
func (e *WrongRevisionError) Error() string {
	return fmt.Sprintf("stream %q: expected %s, but the last revision is %d", e.Stream, e.Expected, e.Current)
}

// StreamDeletedError says that a stream is gone: tombstoned for good, or
// deleted while the writer demands that it exists.
type StreamDeletedError struct{ Stream string }

// Error names the stream.
func (e *StreamDeletedError) Error() string { return fmt.Sprintf("stream %q is deleted", e.Stream) }
