package segment

import (
	"container/list"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Segment is one file of the log.
type Segment struct {
	Number uint64
	First  uint64 // position of its first record
	size   int64
	salt   uint32
	end    atomic.Int64 // after the last durable frame
	// left is set when the file was scavenged. What is open may still be the
	// file from before: a handle says itself how to read it.
	left atomic.Pointer[remains]
}

func (s *Segment) name() string { return fileName(s.Number) }

// bytes is the size of the file as it is now.
func (s *Segment) bytes() int64 {
	if left := s.left.Load(); left != nil {
		return left.size
	}
	return s.size
}

// damaged describes damage in the file.
func (s *Segment) damaged(at int64, position uint64, why string) error {
	return &DamageError{File: s.name(), Offset: at, Position: position, Why: why}
}

// DamageError says where stored bytes are not what was written. It is an ErrCorrupt.
type DamageError struct {
	File     string
	Offset   int64
	Position uint64 // of the record concerned, or of the first in the frame concerned
	Why      string
}

// Error says all that is known.
func (d *DamageError) Error() string {
	return fmt.Sprintf("%v: log file %s at byte %d (position %d): %s; restore a backup", ErrCorrupt, d.File, d.Offset, d.Position, d.Why)
}

// Unwrap returns ErrCorrupt.
func (d *DamageError) Unwrap() error { return ErrCorrupt }

// maxOpen is how many full files are kept open for readers.
const maxOpen = 32

// files keeps a bounded number of files open for reading.
type files struct {
	fs   vfs.FS
	dir  string
	mu   sync.Mutex
	open map[uint64]*handle
	idle *list.List // handles that nobody uses, most recently used first
}

// handle is an open file with the number of its users.
type handle struct {
	vfs.File
	number   uint64
	left     *remains // how to read it when it was scavenged, else nil
	users    int
	place    *list.Element // in idle; nil while used
	replaced bool          // no longer in open: its last user closes it
}

func newFiles(fs vfs.FS, dir string) *files {
	return &files{fs: fs, dir: dir, open: map[uint64]*handle{}, idle: list.New()}
}

// acquire returns an open file, which release gives back.
func (f *files) acquire(number uint64) (*handle, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if h, ok := f.open[number]; ok {
		h.users++
		if h.place != nil {
			f.idle.Remove(h.place)
			h.place = nil
		}
		return h, nil
	}
	h, err := f.enter(number)
	if err != nil {
		return nil, fmt.Errorf("open log file: %w", err)
	}
	h.users = 1
	f.open[number] = h
	return h, nil
}

// enter opens a file and finds out how to read it.
func (f *files) enter(number uint64) (*handle, error) {
	file, err := f.fs.Open(f.fs.PathJoin(f.dir, fileName(number)))
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	left, err := loadRemains(file, info.Size())
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &handle{File: file, number: number, left: left}, nil
}

// replaced tells that a file has got another content under its name. Who has
// the old one open keeps it.
func (f *files) replaced(number uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	h, ok := f.open[number]
	if !ok {
		return
	}
	delete(f.open, number)
	h.replaced = true
	if h.place != nil {
		f.idle.Remove(h.place)
		_ = h.Close() // only read
	}
}

func (f *files) release(h *handle) {
	f.mu.Lock()
	defer f.mu.Unlock()
	h.users--
	if h.users > 0 {
		return
	}
	if h.replaced {
		_ = h.Close() // only read
		return
	}
	h.place = f.idle.PushFront(h)
	if f.idle.Len() > maxOpen {
		oldest := f.idle.Back()
		f.idle.Remove(oldest)
		old := oldest.Value.(*handle)
		delete(f.open, old.number)
		_ = old.Close() // only read
	}
}

// close closes the files that nobody uses, which after the readers are gone is all.
func (f *files) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for _, h := range f.open {
		errs = append(errs, h.Close())
	}
	clear(f.open)
	f.idle.Init()
	return errors.Join(errs...)
}

// window reads a file in chunks. What at returns is valid until its next call.
type window struct {
	file  io.ReaderAt
	limit int64 // nothing is read from here on
	chunk int
	buf   []byte
	start int64
}

// at returns the n bytes at an offset. The error is io.EOF when the limit is before their end.
func (w *window) at(offset int64, n int) ([]byte, error) {
	end := offset + int64(n)
	if end > w.limit || offset < 0 {
		return nil, io.EOF
	}
	if offset >= w.start && end <= w.start+int64(len(w.buf)) {
		return w.buf[offset-w.start:][:n:n], nil
	}
	size := int(min(int64(max(n, w.chunk)), w.limit-offset))
	if cap(w.buf) < size {
		w.buf = make([]byte, size)
	}
	w.buf, w.start = w.buf[:size], offset
	got, err := w.file.ReadAt(w.buf, offset)
	if got < n {
		w.buf = w.buf[:0]
		if err == nil || errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		return nil, err
	}
	w.buf = w.buf[:got]
	return w.buf[:n:n], nil
}
