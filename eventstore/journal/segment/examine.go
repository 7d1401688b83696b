package segment

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Examination reads every record of a log and goes on after damage.
type Examination struct {
	Record   func(Record)       // is given each sound record, in order
	Damage   func(*DamageError) // is given all damage found
	Progress func(done, total int64)

	torn  int64
	gone  uint64
	done  int64
	total int64
	next  uint64
	id    Identity
	known bool // id is set
	ctx   context.Context
}

// part is a file to examine.
type part struct {
	number uint64
	file   io.ReaderAt
	size   int64 // as it is
	limit  int64 // nothing is looked at from here on
	last   bool  // a write that a crash has torn may stand at its end
}

// Examine reads a live log up to its durable end, and returns the position of
// the first record after it. No file may be scavenged meanwhile.
func (l *Log) Examine(ctx context.Context, x *Examination) (next uint64, err error) {
	segments, end, next := l.durable.get()
	x.ctx, x.next, x.id, x.known = ctx, 1, l.Identity, true
	for i, s := range segments {
		if i < len(segments)-1 {
			x.total += s.bytes()
		} else {
			x.total += end
		}
	}
	for i, s := range segments {
		p := part{number: s.Number, size: s.bytes(), limit: s.bytes()}
		if i == len(segments)-1 {
			p.limit = end
		}
		f, err := l.files.acquire(s.Number)
		if err != nil {
			return 0, err
		}
		p.file = f
		err = x.file(p)
		l.files.release(f)
		if err != nil {
			return 0, err
		}
	}
	if x.next != next {
		x.damage(segments[len(segments)-1].Number, end, fmt.Sprintf("the log ends, but position %d should come", next))
	}
	return next, nil
}

// ExamineDir reads the log in a directory that no process has open, and changes
// nothing. It returns the position after the last record, and how many bytes of
// a torn write are at the end.
func ExamineDir(ctx context.Context, fs vfs.FS, dir string, x *Examination) (next uint64, torn int64, err error) {
	names, err := fs.List(dir)
	if err != nil {
		return 0, 0, fmt.Errorf("list log files: %w", err)
	}
	x.ctx, x.next = ctx, 1
	var all []uint64
	for _, name := range names {
		if number, ok := fileNumber(name); ok {
			info, err := fs.Stat(fs.PathJoin(dir, name))
			if err != nil {
				return 0, 0, err
			}
			x.total += info.Size()
			all = append(all, number)
		}
	}
	slices.Sort(all)
	expected := uint64(1)
	for i, number := range all {
		for ; expected < number; expected++ {
			x.damage(expected, 0, "the file is missing")
		}
		expected = number + 1
		if err := x.closed(fs, dir, number, i >= len(all)-2); err != nil {
			return 0, 0, err
		}
	}
	return x.next, x.torn, nil
}

func (x *Examination) closed(fs vfs.FS, dir string, number uint64, last bool) (err error) {
	f, err := fs.Open(fs.PathJoin(dir, fileName(number)))
	if err != nil {
		return fmt.Errorf("open log file: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	return x.file(part{number: number, file: f, size: info.Size(), limit: info.Size(), last: last})
}

func (x *Examination) damage(number uint64, offset int64, why string) {
	x.Damage(&DamageError{File: fileName(number), Offset: offset, Position: x.next, Why: why})
}

// file examines one file.
func (x *Examination) file(p part) error {
	w := &window{file: p.file, limit: p.limit, chunk: recoverChunk}
	begin := x.done
	h, ok := x.header(w, p)
	if !ok {
		x.done = begin + p.limit
		return nil
	}
	if h.format == remainsFormat {
		return x.remains(w, p, h)
	}
	s := &Segment{Number: p.number, size: p.limit, salt: x.id.salt}
	for offset := int64(fileHeader); offset >= 0; {
		if err := x.ctx.Err(); err != nil {
			return err
		}
		x.advance(begin + offset)
		var err error
		if offset, err = x.group(w, s, p, offset); err != nil {
			return fmt.Errorf("read log file %s: %w", s.name(), err)
		}
	}
	x.advance(begin + p.limit)
	return nil
}

func (x *Examination) advance(done int64) {
	x.done = done
	if x.Progress != nil {
		x.Progress(x.done, x.total)
	}
}

// header checks the file's own header; without a sound one nothing in the file
// can be checked.
func (x *Examination) header(w *window, p part) (header, bool) {
	b, err := w.at(0, fileHeader)
	if err != nil {
		x.damage(p.number, 0, "it is shorter than its header")
		return header{}, false
	}
	h, err := decodeHeader(b)
	switch {
	case err != nil:
		x.damage(p.number, 0, err.Error())
		return header{}, false
	case h.number != p.number:
		x.damage(p.number, 40, fmt.Sprintf("it says that it is file %d", h.number))
	case x.known && h.Identity != x.id:
		x.damage(p.number, 16, "it belongs to another store")
	case h.size != p.size:
		x.damage(p.number, p.size, fmt.Sprintf("it is %d bytes long, but was made with %d", p.size, h.size))
	}
	x.id, x.known = h.Identity, true
	return h, true
}

// group examines what begins at an offset and returns where the next begins,
// -1 when there is no more.
func (x *Examination) group(w *window, s *Segment, p part, offset int64) (int64, error) {
	b, err := w.at(offset, frameHeader)
	if errors.Is(err, io.EOF) {
		return -1, nil
	}
	if err != nil {
		return 0, err
	}
	g, ok := groupAt(b, s.salt)
	if ok && g.first != x.next {
		x.damage(s.Number, offset, fmt.Sprintf("position %d stands here", g.first))
		x.next = g.first
	}
	switch {
	case ok && g.magic == frameMagic && g.count > 0 && offset+g.size() <= s.size:
		return offset + g.size(), x.records(w, s, g, offset)
	case ok && g.magic == markMagic:
		return x.rest(w, s, p, offset+markSize, "")
	case isZero(b):
		return x.rest(w, s, p, offset, "")
	default:
		return x.rest(w, s, p, offset, "the header of a frame is damaged")
	}
}

// records examines the records of a frame.
func (x *Examination) records(w *window, s *Segment, g group, offset int64) error {
	at, end := offset+frameHeader, offset+frameHeader+int64(g.length)
	for i := range g.count {
		x.next = g.first + uint64(i)
		content, why, err := checkRecord(w, s, at, end, x.next)
		if err != nil {
			return err
		}
		if why != "" {
			x.damage(s.Number, at, why)
			b, err := w.at(at, min(recordHeader, int(end-at)))
			if err != nil {
				return err
			}
			if len(b) < recordHeader || at+recordHeader+int64(binary.LittleEndian.Uint32(b)) > end {
				break // where the next record begins is not known
			}
			at += recordHeader + int64(binary.LittleEndian.Uint32(b))
			continue
		}
		x.Record(Record{x.next, Location{s.Number, at, int64(len(content))}, content})
		at += recordHeader + int64(len(content))
	}
	x.next = g.next()
	return nil
}

// rest looks for a frame or mark in what should be zeros.
func (x *Examination) rest(w *window, s *Segment, p part, offset int64, why string) (int64, error) {
	dirty := int64(0)
	for at := offset; ; at += alignment {
		b, err := w.at(at, frameHeader)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, err
		}
		if !isZero(b[:alignment]) {
			dirty = at + alignment
		}
		if at == offset || b[0] != 'S' {
			continue
		}
		if g, ok := groupAt(b, s.salt); ok && (g.first > x.next || g.magic == frameMagic) {
			if why == "" {
				why = "frames are missing"
			}
			x.damage(s.Number, offset, fmt.Sprintf("%s; the next sound one is at byte %d", why, at))
			x.next = g.first
			return at, nil
		}
	}
	switch {
	case why == "" && dirty == 0:
	case p.last:
		x.torn += max(dirty, offset+frameHeader) - offset
	default:
		x.damage(s.Number, offset, "what stands after the last frame is not zero")
	}
	return -1, nil
}

// remains examines a file that was scavenged, from way to way.
func (x *Examination) remains(w *window, p part, h header) error {
	begin := x.done
	h.number, h.size = p.number, p.limit
	left, err := decodeRemains(p.file, h)
	if damage, ok := errors.AsType[*DamageError](err); ok {
		x.damage(p.number, damage.Offset, damage.Why)
		x.advance(begin + p.limit)
		return nil
	}
	if err != nil {
		return fmt.Errorf("read log file %s: %w", fileName(p.number), err)
	}
	if left.first != x.next {
		x.damage(p.number, left.end, fmt.Sprintf("the file was scavenged and begins with position %d", left.first))
	}
	x.next = left.first
	x.gone += left.removed()
	count, whole := uint64(0), true
	for i := range left.ways {
		if err := x.ctx.Err(); err != nil {
			return err
		}
		x.advance(begin + left.ways[i].offset)
		n, sound, err := x.stretch(w, p, left, i)
		if err != nil {
			return fmt.Errorf("read log file %s: %w", fileName(p.number), err)
		}
		count, whole = count+n, whole && sound
	}
	if whole && (count != left.count || left.until(0) != fileHeader) {
		x.damage(p.number, left.end, "the trailer speaks of another number of records")
	}
	x.next = left.next
	x.advance(begin + p.limit)
	return nil
}

// stretch examines the records from way i to the next, up to the first that is
// damaged.
func (x *Examination) stretch(w *window, p part, left *remains, i int) (count uint64, sound bool, err error) {
	start, end := left.ways[i], left.until(i+1)
	x.next = start.position
	offset := start.offset
	for offset < end {
		position, content, why, err := readRemains(w, x.id.salt, x.next, offset, end)
		if err != nil {
			return 0, false, err
		}
		if why != "" {
			x.damage(p.number, offset, why)
			return count, false, nil // the next way leads to sound records
		}
		x.next, offset, count = position+1, offset+remainsHeader+int64(len(content)), count+1
		x.Record(Record{Position: position, At: Location{File: p.number, Length: int64(len(content))}, Content: content})
	}
	if i+1 < len(left.ways) && left.ways[i+1].position != x.next || x.next > left.next {
		x.damage(p.number, start.offset, fmt.Sprintf("the records end before position %d", x.next))
		return count, false, nil
	}
	return count, true, nil
}

// Removed returns how many positions scavenges have emptied, among those of
// the files that were examined so far.
func (x *Examination) Removed() uint64 { return x.gone }

// Store returns the id of the store whose files were examined.
func (x *Examination) Store() [16]byte { return x.id.Store }
