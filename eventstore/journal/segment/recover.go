package segment

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// recoverChunk is how much is read at once while the log is opened.
const recoverChunk = 1 << 20

// recover finds the end of the log, cleans it, and makes the log ready for
// appends. The last file, or the last two, may be prepared and still empty.
func (l *Log) recover(segments []*Segment) error {
	used := len(segments)
	for used > 1 && segments[used-1].First == 0 {
		used--
	}
	if len(segments)-used > 1 {
		return segments[used].damaged(fileHeader, 0, "its first frame is missing")
	}
	if used == 1 && segments[0].First == 0 {
		segments[0].First = 1
	}
	for i := used - 2; i >= 0; i-- {
		if segments[i].First == 0 { // it was too small for the frame to come, and stayed empty
			segments[i].First = segments[i+1].First
		}
	}
	for i, s := range segments[:used] {
		if i == 0 && s.First != 1 || i > 0 && s.First < segments[i-1].First {
			return s.damaged(fileHeader, s.First, "its first position does not follow that of the file before")
		}
		if left := s.left.Load(); left != nil && i+1 < used && left.next != segments[i+1].First {
			return s.damaged(left.end, left.next, fmt.Sprintf("the next file begins with position %d", segments[i+1].First))
		}
	}
	active := segments[used-1]
	if active.left.Load() != nil { // only a file that others followed is scavenged
		return active.damaged(active.size, active.left.Load().next, "it was scavenged, so a file with records followed it, which is gone")
	}
	end, err := l.scan(active, active.First)
	if err != nil {
		return err
	}
	for _, s := range segments[used:] {
		s.First = end.next
		tail, err := l.scan(s, end.next)
		if err != nil {
			return err
		}
		if tail.next != end.next {
			return s.damaged(fileHeader, end.next, "its first frame is damaged")
		}
		if err := l.clean(s, tail); err != nil {
			return err
		}
	}
	if err := l.clean(active, end); err != nil {
		return err
	}
	active.end.Store(end.offset)
	kept := segments[:used]
	l.segments.Store(&kept)
	l.writer.next, l.writer.log = end.next, l
	l.durable.set(kept, end.offset, end.next)
	if l.opts.ReadOnly {
		return nil
	}
	if used < len(segments) {
		l.preparer.adopt(segments[used])
	}
	return l.writer.begin(active, end.marked)
}

// ending is where the frames of a file end.
type ending struct {
	offset int64
	next   uint64 // position of the record to come
	marked bool   // a mark stands there
	dirty  int64  // end of the bytes after it that are neither mark nor zero; 0: none
}

// scan walks a whole file and checks every byte that counts.
func (l *Log) scan(s *Segment, first uint64) (ending, error) {
	f, err := l.files.acquire(s.Number)
	if err != nil {
		return ending{}, err
	}
	defer l.files.release(f)
	w := &window{file: f, limit: s.size, chunk: recoverChunk}
	e := ending{offset: fileHeader, next: first}
	for {
		g, why, err := checkFrame(w, s, e.offset, e.next)
		if err != nil {
			return ending{}, fmt.Errorf("log file %s at byte %d: %w", s.name(), e.offset, err)
		}
		if why != "" {
			return e, l.judge(w, s, &e, why)
		}
		if g.magic != frameMagic {
			e.marked = g.magic == markMagic
			return e, l.judge(w, s, &e, "")
		}
		e.offset, e.next = e.offset+g.size(), g.next()
	}
}

// checkFrame checks the frame at an offset. Where the file's frames end it
// returns no frame, or the mark that stands there. Otherwise why says what is
// wrong with it; the error is one of reading.
func checkFrame(w *window, s *Segment, offset int64, next uint64) (g group, why string, err error) {
	b, err := w.at(offset, frameHeader)
	if errors.Is(err, io.EOF) {
		return group{}, "", nil
	}
	if err != nil {
		return group{}, "", err
	}
	g, ok := groupAt(b, s.salt)
	switch {
	case !ok && isZero(b):
		return group{}, "", nil
	case !ok:
		return group{}, "the header of a frame is damaged", nil
	case g.first != next:
		return group{}, fmt.Sprintf("the frame begins with position %d", g.first), nil
	case g.magic == markMagic:
		return g, "", nil
	case g.count == 0 || offset+g.size() > s.size:
		return group{}, "the frame has an impossible size", nil
	}
	at, end := offset+frameHeader, offset+frameHeader+int64(g.length)
	for i := range g.count {
		record, why, err := checkRecord(w, s, at, end, g.first+uint64(i))
		if err != nil || why != "" {
			return group{}, why, err
		}
		at += recordHeader + int64(len(record))
	}
	if at != end {
		return group{}, "the records do not fill their frame", nil
	}
	return g, "", nil
}

// checkRecord returns the content of a record in a frame that ends at end.
func checkRecord(w *window, s *Segment, offset, end int64, position uint64) (content []byte, why string, err error) {
	if offset+recordHeader > end {
		return nil, "the records do not fill their frame", nil
	}
	b, err := w.at(offset, recordHeader)
	if err != nil {
		return nil, "", err
	}
	length, sum := int64(binary.LittleEndian.Uint32(b)), binary.LittleEndian.Uint32(b[4:])
	if offset+recordHeader+length > end {
		return nil, "a record's length is damaged", nil
	}
	if b, err = w.at(offset, recordHeader+int(length)); err != nil {
		return nil, "", err
	}
	if recordSum(s.salt, position, b[recordHeader:]) != sum {
		return nil, "a record's checksum is wrong", nil
	}
	return b[recordHeader:], "", nil
}

// judge looks at what follows the last sound frame of a file. A witness there
// turns whatever is wrong into damage; without one it is a torn write.
func (l *Log) judge(w *window, s *Segment, e *ending, why string) error {
	at := e.offset
	if e.marked {
		at += markSize
	}
	for at < s.size {
		n := int(min(recoverChunk, s.size-at))
		b, err := w.at(at, n)
		if err != nil {
			return fmt.Errorf("log file %s at byte %d: %w", s.name(), at, err)
		}
		if last := bytes.TrimRight(b, "\x00"); len(last) > 0 {
			e.dirty = at + int64(len(last))
		}
		for i := 0; i+frameHeader <= n; i += alignment {
			if b[i] != 'S' {
				continue
			}
			if g, ok := groupAt(b[i:], s.salt); ok && g.first > e.next {
				if why == "" {
					why = "a frame is missing"
				}
				return s.damaged(e.offset, e.next, fmt.Sprintf("%s, and it was synced, as byte %d shows", why, at+int64(i)))
			}
		}
		if n <= frameHeader || at+int64(n) == s.size {
			break
		}
		at += int64(n) - frameHeader // a header may begin in this chunk and end in the next
	}
	return nil
}

// clean replaces a torn write by zeros. What is read from now on must be on
// disk, though it may be known only to the system's cache, so it is synced.
func (l *Log) clean(s *Segment, e ending) error {
	if l.opts.ReadOnly {
		return nil
	}
	f, err := l.opts.FS.OpenReadWrite(l.path(s.name()), vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("open log file: %w", err)
	}
	from := e.offset
	if e.marked {
		from += markSize
	}
	if e.dirty > from {
		err = zero(f, from, e.dirty-from)
	}
	return errors.Join(err, f.SyncData(), f.Close())
}

func isZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// zeroChunk is how many zeros are written at once.
const zeroChunk = 256 << 10

// zero writes n zeros.
func zero(f vfs.File, offset, n int64) error {
	zeros := make([]byte, min(zeroChunk, n))
	for n > 0 {
		part := zeros[:min(n, zeroChunk)]
		clear(part) // a file may change the slice that it is given
		if _, err := f.WriteAt(part, offset); err != nil {
			return err
		}
		offset, n = offset+int64(len(part)), n-int64(len(part))
	}
	return nil
}
