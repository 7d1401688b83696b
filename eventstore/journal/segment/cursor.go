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
	if left := c.file.left; left != nil { // positions lead into it, an offset does not
		c.next, c.offset = left.first, fileHeader
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
	if f.left != nil {
		c.window.limit = f.left.end
	}
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

// seek skips files, frames and records before a position.
func (c *Cursor) seek(from uint64) error {
	for c.next < from {
		var there bool
		var err error
		switch {
		case c.file.left != nil && c.offset < c.file.left.end:
			there, err = c.skipLeft(from)
		case c.left > 0:
			var b []byte
			if b, err = c.window.at(c.offset, recordHeader); err != nil {
				return c.broken(err)
			}
			c.step(int64(binary.LittleEndian.Uint32(b)))
		default:
			err = c.skipFrame(from)
		}
		if err != nil || there {
			return orDamaged(err)
		}
	}
	return nil
}

// skipFrame goes to the next frame, and over it if a position is behind it.
func (c *Cursor) skipFrame(from uint64) error {
	found, err := false, error(nil)
	if c.file.left == nil {
		found, err = c.header()
	}
	if err == nil && !found {
		return c.follow()
	}
	if err == nil && c.next+uint64(c.left) <= from {
		c.next, c.left, c.offset = c.next+uint64(c.left), 0, c.frameEnd
	}
	return err
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

// header reads the next frame's header. It reports false where the frames of
// the file end.
func (c *Cursor) header() (found bool, err error) {
	b, err := c.window.at(c.offset, frameHeader)
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	if err != nil {
		return false, c.broken(err)
	}
	if isZero(b) {
		return false, nil
	}
	g, ok := groupAt(b, c.segment.salt)
	switch {
	case !ok:
		return false, c.segment.damaged(c.offset, c.next, "the header of a frame is damaged")
	case g.first != c.next:
		return false, c.segment.damaged(c.offset, c.next, fmt.Sprintf("the frame begins with position %d", g.first))
	case g.magic != frameMagic || g.count == 0:
		return false, nil
	}
	c.frame = Place{g.first, c.segment.Number, c.offset}
	c.frameEnd, c.left = c.offset+g.size(), g.count
	c.offset += frameHeader
	return true, nil
}

// follow goes on to the next file, or to what this one has got meanwhile. At
// the end of the log the error is io.EOF.
func (c *Cursor) follow() error {
	following, ok := c.log.numbered(c.segment.Number + 1)
	if !ok {
		return io.EOF
	}
	if c.file.left != nil {
		c.next = c.file.left.next
	} else if end := c.segment.end.Load(); end > c.window.limit { // it grew before the next file was begun
		c.window.limit = end
		return nil
	}
	if following.First != c.next {
		return c.segment.damaged(c.offset, c.next, fmt.Sprintf("the frames end, but the next file begins with position %d", following.First))
	}
	if err := c.enter(following); err != nil {
		return err
	}
	c.offset = fileHeader
	return nil
}

// Next returns the next record, or io.EOF at the end of the log as it was when
// the cursor came to its last file.
func (c *Cursor) Next() (Record, error) {
	for c.left == 0 {
		if c.file.left != nil && c.offset < c.file.left.end {
			return c.nextLeft()
		}
		if c.file.left == nil {
			if found, err := c.header(); err != nil {
				return Record{}, err
			} else if found {
				break
			}
		}
		if err := c.follow(); err != nil {
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
