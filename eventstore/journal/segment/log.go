package segment

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sort"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// DefaultBytes is the usual size of a full file.
const DefaultBytes = 64 << 20

// minBytes is the size of the first file; later ones grow with the log.
const minBytes = 1 << 20

// Options say where a log lives.
type Options struct {
	FS    vfs.FS
	Dir   string           // the directory; must be there
	Bytes int64            // size of a file of a large log; DefaultBytes if zero
	Now   func() time.Time // stamps a new log
	// Failed is told of a write error in the background. The log then refuses
	// the next append that needs what could not be prepared.
	Failed func(error)
	// ReadOnly leaves the files as they are: a torn end is not replaced by zeros.
	ReadOnly bool
}

// Log is an open log. One goroutine may append; any number may read.
type Log struct {
	Identity
	opts     Options
	files    *files
	segments atomic.Pointer[[]*Segment] // in order; the last is the active one
	writer   writer
	durable  durable
	preparer preparer
}

// Open opens the log in o.Dir, or makes an empty one. It reads the headers of
// all files and the whole of the last one: see the package comment for what it
// does with a damaged end.
func Open(o Options) (*Log, error) {
	if o.Bytes <= 0 {
		o.Bytes = DefaultBytes
	}
	l := &Log{opts: o, files: newFiles(o.FS, o.Dir)}
	l.preparer.init(l)
	if err := l.open(); err != nil {
		return nil, errors.Join(err, l.files.close(), l.writer.close())
	}
	return l, nil
}

func (l *Log) open() error {
	numbers, err := l.list()
	if err != nil {
		return err
	}
	if len(numbers) == 0 {
		if l.opts.ReadOnly {
			return fmt.Errorf("no event log in %s: %w", l.opts.Dir, fs.ErrNotExist)
		}
		if numbers, err = l.make(); err != nil {
			return err
		}
	}
	segments := make([]*Segment, 0, len(numbers))
	for i, number := range numbers {
		if number != uint64(i)+1 {
			return fmt.Errorf("%w: log file %s is missing; restore a backup", ErrCorrupt, fileName(uint64(i)+1))
		}
		s, err := l.load(number)
		if err != nil {
			return err
		}
		segments = append(segments, s)
	}
	return l.recover(segments)
}

// list returns the numbers of the files, and removes what a crash has left half made.
func (l *Log) list() ([]uint64, error) {
	names, err := l.opts.FS.List(l.opts.Dir)
	if err != nil {
		return nil, fmt.Errorf("list log files: %w", err)
	}
	var numbers []uint64
	for _, name := range names {
		if number, ok := fileNumber(name); ok {
			numbers = append(numbers, number)
		} else if strings.HasSuffix(name, newSuffix) && !l.opts.ReadOnly {
			if err := l.opts.FS.Remove(l.path(name)); err != nil {
				return nil, fmt.Errorf("remove unfinished log file: %w", err)
			}
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

func (l *Log) path(name string) string { return l.opts.FS.PathJoin(l.opts.Dir, name) }

// make makes the first file of an empty log.
func (l *Log) make() ([]uint64, error) {
	var random [20]byte
	_, _ = rand.Read(random[:]) // never fails, see crypto/rand
	l.Identity = Identity{Created: l.opts.Now().UTC(), salt: binary.LittleEndian.Uint32(random[16:])}
	random[6], random[8] = random[6]&0x0f|0x40, random[8]&0x3f|0x80 // a UUID, version 4
	copy(l.Store[:], random[:16])
	if _, err := l.preparer.create(1, min(minBytes, l.opts.Bytes), 0, nil); err != nil {
		return nil, err
	}
	return []uint64{1}, nil
}

// load reads the headers of one file.
func (l *Log) load(number uint64) (*Segment, error) {
	f, err := l.files.acquire(number)
	if err != nil {
		return nil, err
	}
	defer l.files.release(f)
	s := &Segment{Number: number}
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("log file %s: %w", s.name(), err)
	}
	w := window{file: f, limit: info.Size(), chunk: fileHeader + frameHeader}
	b, err := w.at(0, fileHeader)
	if err != nil {
		return nil, s.damaged(0, 0, "it is shorter than its header")
	}
	h, err := decodeHeader(b)
	if err != nil {
		return nil, fmt.Errorf("log file %s: %w", s.name(), err)
	}
	switch {
	case h.number != number:
		return nil, s.damaged(40, 0, fmt.Sprintf("it says that it is file %d", h.number))
	case number > 1 && h.Identity != l.Identity:
		return nil, s.damaged(16, 0, "it belongs to another store")
	case h.size != info.Size():
		return nil, s.damaged(info.Size(), 0, fmt.Sprintf("it is %d bytes long, but was made with %d", info.Size(), h.size))
	}
	l.Identity, s.size, s.salt = h.Identity, h.size, h.salt
	s.end.Store(h.size)
	if f.left != nil {
		s.First = f.left.first
		s.left.Store(f.left)
		return s, nil
	}
	if b, err = w.at(fileHeader, frameHeader); err != nil {
		return s, nil // a file without room for a frame has none
	}
	if g, ok := groupAt(b, s.salt); ok {
		s.First = g.first
	}
	return s, nil
}

// Next returns the position that the next record will have.
func (l *Log) Next() uint64 { return l.writer.next }

// Files returns how many files the log has, and their bytes.
func (l *Log) Files() (count int, bytes int64) {
	for _, s := range *l.segments.Load() {
		bytes += s.bytes()
	}
	return len(*l.segments.Load()), bytes
}

// Removed returns how many records scavenges have removed.
func (l *Log) Removed() (records uint64) {
	for _, s := range *l.segments.Load() {
		if left := s.left.Load(); left != nil {
			records += left.removed()
		}
	}
	return records
}

// segment returns the file that holds a position.
func (l *Log) segment(position uint64) (*Segment, bool) {
	all := *l.segments.Load()
	i := sort.Search(len(all), func(i int) bool { return all[i].First > position })
	if i == 0 {
		return nil, false
	}
	return all[i-1], true
}

// numbered returns a file by its number.
func (l *Log) numbered(number uint64) (*Segment, bool) {
	all := *l.segments.Load()
	if number < 1 || number > uint64(len(all)) {
		return nil, false
	}
	return all[number-1], true
}

// Close syncs a mark behind the last frame, unless the log has failed, and
// closes the files. Nobody may read any more.
func (l *Log) Close(failed bool) error {
	l.preparer.stop()
	var err error
	if !failed && !l.opts.ReadOnly {
		err = l.writer.finish()
	}
	return errors.Join(err, l.writer.close(), l.files.close())
}
