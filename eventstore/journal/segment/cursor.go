package segment

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Record is a record as stored. Content belongs to the reader that returned it
// and is valid until its next call.
type Record struct {
	Position uint64
	At       Location
	Content  []byte
}

// Place is where a frame begins, and the position of its first record.
type Place struct {
	Position uint64
	File     uint64
	Offset   int64
}

// readChunk is how much a scan reads at once, after a smaller first step.
const (
	firstChunk = 16 << 10
	readChunk  = 128 << 10
)

var buffers = sync.Pool{New: func() any { b := make([]byte, 0, readChunk); return &b }}

// Cursor reads records in order. Close it.
type Cursor struct {
	log      *Log
	segment  *Segment
	file     *handle
	window   window
	buffer   *[]byte
	offset   int64  // of the next record, or frame
	frame    Place  // that the last record was in
	frameEnd int64  // 0: a frame header comes next
	left     uint32 // records left in the frame
	next     uint64
}

// Cursor returns a reader whose first record has the position from. It starts
// at a place at or before it, or, if the place is zero, at the start of a file.
func (l *Log) Cursor(from uint64, at Place) (*Cursor, error) {
	from = max(from, 1)
	s, ok := l.segment(from)
	if at.Position > 0 {
		s, ok = l.numbered(at.File)
	}
	if !ok {
		return nil, fmt.Errorf("%w: no log file holds position %d", ErrCorrupt, from)
	}
	if at.Position == 0 {
		at = Place{Position: s.First, Offset: fileHeader}
	}
	buffer := buffers.Get().(*[]byte)
	c := &Cursor{
		log: l, segment: s, offset: at.Offset, next: at.Position,
		buffer: buffer, window: window{buf: (*buffer)[:0], chunk: firstChunk},
	}
	if err := c.enter(s); err != nil {
		c.Close()
		return nil, err
	}
	return c, c.seek(from)
}

// enter opens a file for the cursor.
func (c *Cursor) enter(s *Segment) error {
	f, err := c.log.files.acquire(s.Number)
	if err != nil {
		return err
	}
	if c.file != nil {
		c.log.files.release(c.file)
	}
	c.segment, c.file, c.window.file = s, f, f
	c.window.buf, c.window.limit = c.window.buf[:0], s.end.Load()
	return nil
}

// Close gives back what the cursor holds.
func (c *Cursor) Close() {
	if c.file != nil {
		c.log.files.release(c.file)
		c.file = nil
	}
	if c.buffer != nil {
		*c.buffer = c.window.buf[:0]
		if cap(*c.buffer) <= maxKept {
			buffers.Put(c.buffer)
		}
		c.buffer = nil
	}
}

// seek skips frames and records before a position.
func (c *Cursor) seek(from uint64) error {
	for c.next < from {
		if c.left == 0 {
			if err := c.header(); err != nil {
				return orDamaged(err)
			}
			if c.next+uint64(c.left) <= from {
				c.next, c.left, c.offset = c.next+uint64(c.left), 0, c.frameEnd
				continue
			}
		}
		b, err := c.window.at(c.offset, recordHeader)
		if err != nil {
			return c.broken(err)
		}
		c.step(int64(binary.LittleEndian.Uint32(b)))
	}
	return nil
}

func orDamaged(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: the log ends too early", ErrCorrupt)
	}
	return err
}

// step moves over a record.
func (c *Cursor) step(length int64) {
	c.offset += recordHeader + length
	c.next++
	c.left--
	if c.left == 0 {
		c.offset = c.frameEnd
	}
}

// header reads the next frame's header, if need be in the next file. At the end
// of the log the error is io.EOF.
func (c *Cursor) header() error {
	for {
		b, err := c.window.at(c.offset, frameHeader)
		if err != nil && !errors.Is(err, io.EOF) {
			return c.broken(err)
		}
		if err == nil && !isZero(b) {
			g, ok := groupAt(b, c.segment.salt)
			switch {
			case !ok:
				return c.segment.damaged(c.offset, c.next, "the header of a frame is damaged")
			case g.first != c.next:
				return c.segment.damaged(c.offset, c.next, fmt.Sprintf("the frame begins with position %d", g.first))
			case g.magic == frameMagic && g.count > 0:
				c.frame = Place{g.first, c.segment.Number, c.offset}
				c.frameEnd, c.left = c.offset+g.size(), g.count
				c.offset += frameHeader
				return nil
			}
		}
		following, ok := c.log.numbered(c.segment.Number + 1)
		if !ok {
			return io.EOF
		}
		if end := c.segment.end.Load(); end > c.window.limit { // it grew before the next file was begun
			c.window.limit = end
			continue
		}
		if following.First != c.next {
			return c.segment.damaged(c.offset, c.next, fmt.Sprintf("the frames end, but the next file begins with position %d", following.First))
		}
		if err := c.enter(following); err != nil {
			return err
		}
		c.offset = fileHeader
	}
}

// Next returns the next record, or io.EOF at the end of the log as it was when
// the cursor came to its last file.
func (c *Cursor) Next() (Record, error) {
	if c.left == 0 {
		if err := c.header(); err != nil {
			return Record{}, err
		}
	}
	b, err := c.window.at(c.offset, recordHeader)
	if err != nil {
		return Record{}, c.broken(err)
	}
	length, sum := int64(binary.LittleEndian.Uint32(b)), binary.LittleEndian.Uint32(b[4:])
	if c.offset+recordHeader+length > c.frameEnd {
		return Record{}, c.segment.damaged(c.offset, c.next, "a record's length is damaged")
	}
	if b, err = c.window.at(c.offset, recordHeader+int(length)); err != nil {
		return Record{}, c.broken(err)
	}
	content := b[recordHeader:]
	if recordSum(c.segment.salt, c.next, content) != sum {
		return Record{}, c.segment.damaged(c.offset, c.next, "a record's checksum is wrong")
	}
	r := Record{c.next, Location{c.segment.Number, c.offset, length}, content}
	c.window.chunk = readChunk
	c.step(length)
	return r, nil
}

// Frame returns where the frame of the last record begins.
func (c *Cursor) Frame() Place { return c.frame }

// After returns where the record after the last one will be looked for, when
// the last one was the last of its frame.
func (c *Cursor) After() Place { return Place{c.next, c.segment.Number, c.offset} }

func (c *Cursor) broken(err error) error {
	if errors.Is(err, io.EOF) {
		return c.segment.damaged(c.offset, c.next, "the file ends within a frame")
	}
	return fmt.Errorf("read log file %s at byte %d: %w", c.segment.name(), c.offset, err)
}

// Fetcher reads single records, neighbours with one read. Close it.
type Fetcher struct {
	log    *Log
	file   *handle
	number uint64
	window window
	buffer *[]byte
	last   int64 // offset of the record read before
}

// Fetcher returns a reader of single records.
func (l *Log) Fetcher() *Fetcher {
	buffer := buffers.Get().(*[]byte)
	return &Fetcher{log: l, buffer: buffer, window: window{buf: (*buffer)[:0]}}
}

// Fetch returns the record that has a position and lies at a location. It is
// an ErrCorrupt when another record is there. The content is valid until the
// next call.
func (f *Fetcher) Fetch(position uint64, at Location) ([]byte, error) {
	s, ok := f.log.numbered(at.File)
	if !ok {
		return nil, fmt.Errorf("%w: no log file %d", ErrCorrupt, at.File)
	}
	if f.file == nil || f.number != at.File {
		h, err := f.log.files.acquire(at.File)
		if err != nil {
			return nil, err
		}
		f.release()
		f.file, f.number, f.window.file = h, at.File, h
		f.window.buf, f.last = f.window.buf[:0], -readChunk
	}
	f.window.limit = s.end.Load()
	f.window.chunk = 0
	if ahead := at.Offset - f.last; ahead > 0 && ahead < readChunk/2 {
		f.window.chunk = readChunk // neighbours: read the next ones too
	}
	f.last = at.Offset
	b, err := f.window.at(at.Offset, recordHeader+int(at.Length))
	if errors.Is(err, io.EOF) {
		return nil, s.damaged(at.Offset, position, "the file ends within a record")
	}
	if err != nil {
		return nil, fmt.Errorf("read log file %s at byte %d: %w", s.name(), at.Offset, err)
	}
	content := b[recordHeader:]
	if int64(binary.LittleEndian.Uint32(b)) != at.Length {
		return nil, s.damaged(at.Offset, position, "a record's length is damaged")
	}
	if recordSum(s.salt, position, content) != binary.LittleEndian.Uint32(b[4:]) {
		return nil, s.damaged(at.Offset, position, "a record's checksum is wrong")
	}
	return content, nil
}

func (f *Fetcher) release() {
	if f.file != nil {
		f.log.files.release(f.file)
		f.file = nil
	}
}

// Close gives back what the fetcher holds.
func (f *Fetcher) Close() {
	f.release()
	*f.buffer = f.window.buf[:0]
	if cap(*f.buffer) <= maxKept {
		buffers.Put(f.buffer)
	}
}
