package segment

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sort"
)

// ErrRemoved is wrapped by Fetch when a scavenge has removed the record.
var ErrRemoved = errors.New("the record was removed by a scavenge")

// Sizes and marks of a scavenged file; see the package comment.
const (
	remainsFormat  = 2
	remainsHeader  = 12 // of a record
	remainsTrailer = 48
	wayBytes       = 16
	wayDistance    = 16 << 10 // bytes of records between two ways in
)

const remainsMagic = "SYREMAIN"

// way leads into the records of a scavenged file.
type way struct {
	position uint64 // after the record before
	offset   int64
}

// remains says how to read a scavenged file. It never changes.
type remains struct {
	first, next uint64 // positions that the file has had: from first up to before next
	count       uint64 // records left
	ways        []way  // in order; none when no record is left
	end         int64  // after the last record
	size        int64  // of the file
}

// removed is how many records are gone.
func (r *remains) removed() uint64 { return r.next - r.first - r.count }

// find returns the last way in before a position, and where its records end.
func (r *remains) find(position uint64) (way, int64) {
	i := sort.Search(len(r.ways), func(i int) bool { return r.ways[i].position > position })
	if i == 0 {
		return way{r.first, fileHeader}, r.until(0)
	}
	return r.ways[i-1], r.until(i)
}

// until is where the records before way i end.
func (r *remains) until(i int) int64 {
	if i == len(r.ways) {
		return r.end
	}
	return r.ways[i].offset
}

// remainsSum is the checksum of a record: of its position, its header without
// the sum, and its content.
func remainsSum(salt uint32, position uint64, header, content []byte) uint32 {
	var b [16]byte
	binary.LittleEndian.PutUint64(b[:], position)
	copy(b[8:], header[:8])
	return crc32.Update(crc32.Update(salt, castagnoli, b[:]), castagnoli, content)
}

func appendRemainsRecord(b []byte, salt uint32, position uint64, skipped uint32, content []byte) []byte {
	var header [remainsHeader]byte
	binary.LittleEndian.PutUint32(header[:], uint32(len(content)))
	binary.LittleEndian.PutUint32(header[4:], skipped)
	binary.LittleEndian.PutUint32(header[8:], remainsSum(salt, position, header[:], content))
	return append(append(b, header[:]...), content...)
}

// readRemains returns the record at an offset when the record before it ends
// at position next. Otherwise why says what is wrong with it; the error is one
// of reading. A record must end before end.
func readRemains(w *window, salt uint32, next uint64, offset, end int64) (position uint64, content []byte, why string, err error) {
	if offset+remainsHeader > end {
		return 0, nil, "a record does not fit", nil
	}
	b, err := w.at(offset, remainsHeader)
	if err != nil {
		return 0, nil, "", err
	}
	length := int64(binary.LittleEndian.Uint32(b))
	if offset+remainsHeader+length > end {
		return 0, nil, "a record's length is damaged", nil
	}
	if b, err = w.at(offset, remainsHeader+int(length)); err != nil {
		return 0, nil, "", err
	}
	position = next + uint64(binary.LittleEndian.Uint32(b[4:]))
	content = b[remainsHeader:]
	if remainsSum(salt, position, b, content) != binary.LittleEndian.Uint32(b[8:]) {
		return 0, nil, "a record's checksum is wrong", nil
	}
	return position, content, "", nil
}

// encodeRemains returns the table of ways and the trailer.
func (r *remains) encode(salt uint32) []byte {
	b := make([]byte, 0, len(r.ways)*wayBytes+remainsTrailer)
	for _, w := range r.ways {
		b = binary.LittleEndian.AppendUint64(b, w.position)
		b = binary.LittleEndian.AppendUint64(b, uint64(w.offset))
	}
	table := crc32.Update(salt, castagnoli, b)
	start := len(b)
	b = append(b, remainsMagic...)
	b = binary.LittleEndian.AppendUint64(b, r.first)
	b = binary.LittleEndian.AppendUint64(b, r.next)
	b = binary.LittleEndian.AppendUint64(b, r.count)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(r.ways)))
	b = binary.LittleEndian.AppendUint32(b, table)
	b = binary.LittleEndian.AppendUint32(b, 0)
	return binary.LittleEndian.AppendUint32(b, crc32.Update(salt, castagnoli, b[start:]))
}

// loadRemains reads how a scavenged file is to be read. It returns nothing for
// a file of the usual format, or whose header is not sound: whoever reads the
// header says so.
func loadRemains(f io.ReaderAt, size int64) (*remains, error) {
	b := make([]byte, fileHeader)
	if n, err := f.ReadAt(b, 0); n < fileHeader {
		if err == nil || errors.Is(err, io.EOF) {
			return nil, nil //nolint:nilnil // described above
		}
		return nil, fmt.Errorf("read the header: %w", err)
	}
	h, err := decodeHeader(b)
	if err != nil || h.format != remainsFormat || h.size != size {
		return nil, nil //nolint:nilnil,nilerr // described above
	}
	return decodeRemains(f, h)
}

func decodeRemains(f io.ReaderAt, h header) (*remains, error) {
	damaged := func(at int64, why string) (*remains, error) {
		return nil, &DamageError{File: fileName(h.number), Offset: max(at, 0), Why: why}
	}
	w := &window{file: f, limit: h.size}
	at := h.size - remainsTrailer
	b, err := w.at(at, remainsTrailer)
	if errors.Is(err, io.EOF) {
		return damaged(at, "it is shorter than its trailer")
	}
	if err != nil {
		return nil, fmt.Errorf("read the trailer: %w", err)
	}
	if string(b[:8]) != remainsMagic || crc32.Update(h.salt, castagnoli, b[:44]) != binary.LittleEndian.Uint32(b[44:]) {
		return damaged(at, "the trailer is damaged")
	}
	r := &remains{
		first: binary.LittleEndian.Uint64(b[8:]), next: binary.LittleEndian.Uint64(b[16:]),
		count: binary.LittleEndian.Uint64(b[24:]), size: h.size,
	}
	count, sum := int64(binary.LittleEndian.Uint32(b[32:])), binary.LittleEndian.Uint32(b[36:])
	if r.end = at - count*wayBytes; r.end < fileHeader || r.next < r.first || r.removed() > r.next-r.first {
		return damaged(at, "the trailer says what is impossible")
	}
	if b, err = w.at(r.end, int(count*wayBytes)); err != nil {
		return nil, fmt.Errorf("read the table: %w", err)
	}
	if crc32.Update(h.salt, castagnoli, b) != sum {
		return damaged(r.end, "the table is damaged")
	}
	for ; len(b) > 0; b = b[wayBytes:] {
		r.ways = append(r.ways, way{binary.LittleEndian.Uint64(b), int64(binary.LittleEndian.Uint64(b[8:]))})
	}
	return r, nil
}

// nextLeft returns the next record of a scavenged file that has one.
func (c *Cursor) nextLeft() (Record, error) {
	position, content, why, err := readRemains(&c.window, c.segment.salt, c.next, c.offset, c.file.left.end)
	if err != nil {
		return Record{}, c.broken(err)
	}
	if why != "" {
		return Record{}, c.segment.damaged(c.offset, c.next, why)
	}
	c.frame = Place{position, c.segment.Number, c.offset}
	c.window.chunk = readChunk
	c.next, c.offset = position+1, c.offset+remainsHeader+int64(len(content))
	return Record{Position: position, At: Location{File: c.segment.Number, Length: int64(len(content))}, Content: content}, nil
}

// skipLeft skips records of a scavenged file before a position. It reports
// true when the next record is not before it.
func (c *Cursor) skipLeft(from uint64) (bool, error) {
	if start, _ := c.file.left.find(from); start.offset > c.offset {
		c.next, c.offset = start.position, start.offset
	}
	before, offset := c.next, c.offset
	r, err := c.nextLeft()
	if err != nil || r.Position < from {
		return false, err
	}
	c.next, c.offset = before, offset
	return true, nil
}

// fetchLeft looks a record up in a scavenged file. Each record on its way is
// checked, so that damage is not taken for removal.
func (f *Fetcher) fetchLeft(s *Segment, position uint64, at Location) ([]byte, error) {
	left := f.file.left
	start, end := left.find(position)
	f.window.limit, f.window.chunk = left.end, int(end-start.offset)
	if ahead := start.offset - f.last; ahead >= 0 && ahead < readChunk/2 {
		f.window.chunk = readChunk // neighbours: read the next ones too
	}
	f.last = start.offset
	for next, offset := start.position, start.offset; offset < end; {
		found, content, why, err := readRemains(&f.window, s.salt, next, offset, end)
		switch {
		case err != nil:
			return nil, fmt.Errorf("read log file %s at byte %d: %w", s.name(), offset, err)
		case why != "":
			return nil, s.damaged(offset, position, why)
		case found == position && int64(len(content)) != at.Length:
			return nil, s.damaged(offset, position, "a record's length is damaged")
		case found == position:
			return content, nil
		case found > position:
			return nil, fmt.Errorf("position %d: %w", position, ErrRemoved)
		}
		next, offset = found+1, offset+remainsHeader+int64(len(content))
	}
	if position < left.first || position >= left.next {
		return nil, s.damaged(end, position, "the position is not of this file")
	}
	return nil, fmt.Errorf("position %d: %w", position, ErrRemoved)
}
