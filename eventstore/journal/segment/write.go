package segment

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Location is where a record lies.
type Location struct {
	File   uint64
	Offset int64 // 0 in a scavenged file
	Length int64 // of the content
}

// Is tells whether both can be the place of the same record. In a scavenged
// file a record lies where its position says, and the offset says nothing.
func (l Location) Is(other Location) bool {
	return l.File == other.File && l.Length == other.Length && (l.Offset == other.Offset || l.Offset == 0 || other.Offset == 0)
}

// writer is what the one goroutine that appends knows.
type writer struct {
	log    *Log
	active *Segment
	file   vfs.File
	next   uint64
	dirty  int64 // bytes after the end that a failed write may have left; 0: none
	sealed bool  // a mark stands at the end and is on disk
}

// begin makes the log ready for appends at the end of the active file.
func (w *writer) begin(active *Segment, marked bool) error {
	w.active, w.sealed = active, marked
	if err := w.open(); err != nil {
		return err
	}
	if !marked {
		w.mark()
	}
	return nil
}

func (w *writer) open() error {
	f, err := w.log.opts.FS.OpenReadWrite(w.log.path(w.active.name()), vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("open log file: %w", err)
	}
	w.file = f
	return nil
}

// Written is where Append has put a frame.
type Written struct {
	File   uint64
	Offset int64
	End    int64
	frame  *Frame
}

// Location returns the place of the i-th record, until the frame is reset.
func (w Written) Location(i int) Location {
	offsets := w.frame.offsets
	at, end := offsets[i], uint32(len(w.frame.buf))
	if i+1 < len(offsets) {
		end = offsets[i+1]
	}
	return Location{w.File, w.Offset + int64(at), int64(end - at - recordHeader)}
}

// Append makes a frame durable; its first position must be Next. An ErrDiskFull
// leaves the log as it was. After any other error nobody knows what is on
// disk, and the log must not be written again.
//
// In the usual case it is one write and one fdatasync in the calling
// goroutine, and a write of the mark that is not synced.
func (l *Log) Append(f *Frame) (Written, error) {
	w := &l.writer
	if f.first != w.next {
		return Written{}, fmt.Errorf("append of position %d where %d is next", f.first, w.next)
	}
	if err := w.clean(); err != nil {
		return Written{}, err
	}
	need := align(f.Size()) + markSize
	if w.active.end.Load()+need > w.active.size {
		if err := w.roll(need); err != nil {
			return Written{}, err
		}
	}
	offset := w.active.end.Load()
	b := f.seal(w.active.salt)
	if _, err := w.file.WriteAt(b, offset); err != nil {
		return Written{}, w.undo(need, fmt.Errorf("write log: %w", err))
	}
	if err := w.sync(); err != nil {
		return Written{}, err
	}
	w.next += uint64(f.Len())
	w.active.end.Store(offset + int64(len(b)))
	l.durable.set(*l.segments.Load(), w.active.end.Load(), w.next)
	w.mark()
	if w.active.end.Load() > w.active.size/4 {
		l.preparer.kick(w.active.Number + 1)
	}
	return Written{w.active.Number, offset, offset + int64(len(b)), f}, nil
}

// sync makes what was written durable, before anybody learns of it.
func (w *writer) sync() error {
	if Broken == "sync" || Broken == "ack" || Broken == "visible" {
		return nil
	}
	if err := w.file.SyncData(); err != nil {
		return fmt.Errorf("sync log: %w", err)
	}
	return nil
}

// mark witnesses the last frame. It is not synced, and may fail: then the next
// frame is the witness.
func (w *writer) mark() {
	w.sealed = false
	_, _ = w.file.WriteAt(mark(w.next, w.active.salt), w.active.end.Load())
}

// Restore cleans up after a write for which there was no room, and tells
// whether there is some now. Like Append it is for the goroutine that writes.
func (l *Log) Restore() (bool, error) {
	err := l.writer.clean()
	if errors.Is(err, ErrDiskFull) {
		return false, nil
	}
	return err == nil && l.preparer.hasNext(l.writer.active.Number+1), err
}

// undo takes back a write for which there was no room, however much of it was done.
func (w *writer) undo(written int64, cause error) error {
	if !isFull(cause) {
		return cause
	}
	w.dirty = written
	if err := w.clean(); err != nil && !errors.Is(err, ErrDiskFull) {
		return errors.Join(cause, err)
	}
	return fmt.Errorf("%w: %w", ErrDiskFull, cause)
}

// clean puts zeros and the mark where a failed write was.
func (w *writer) clean() error {
	if w.dirty == 0 {
		return nil
	}
	err := zero(w.file, w.active.end.Load(), w.dirty)
	if isFull(err) {
		return fmt.Errorf("%w: %w", ErrDiskFull, err)
	}
	if err = errors.Join(err, w.file.SyncData()); err != nil {
		return fmt.Errorf("clean up after a failed write: %w", err)
	}
	w.dirty = 0
	w.mark()
	return nil
}

// roll goes on to the next file, which is ready on disk. The mark of the full
// one is synced first, so that it stays for good.
func (w *writer) roll(need int64) error {
	s, err := w.log.preparer.take(w.active.Number+1, fileHeader+need)
	if err != nil {
		return err
	}
	if err := w.finish(); err != nil {
		return err
	}
	old, oldFile := w.active, w.file
	w.active = s
	if err := w.open(); err != nil {
		w.active, w.file = old, oldFile
		return err
	}
	s.First = w.next
	s.end.Store(fileHeader)
	w.sealed = false
	before := *w.log.segments.Load()
	after := append(before[:len(before):len(before)], s)
	w.log.segments.Store(&after)
	if err := oldFile.Close(); err != nil {
		return fmt.Errorf("close log file: %w", err)
	}
	return nil
}

// finish syncs a mark at the end.
func (w *writer) finish() error {
	if w.sealed || w.file == nil {
		return nil
	}
	if err := w.clean(); err != nil {
		return err
	}
	w.mark()
	if err := w.file.SyncData(); err != nil {
		return fmt.Errorf("sync log: %w", err)
	}
	w.sealed = true
	return nil
}

func (w *writer) close() error {
	if w.file == nil {
		return nil
	}
	err := w.file.Close()
	w.file = nil
	return err
}

// isFull tells whether an error says that there is no room.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
