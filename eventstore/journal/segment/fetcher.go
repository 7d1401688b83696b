package segment

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

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

// Fetch returns the record that has a position and lies at a location; in a
// file that was scavenged it lies where its position says. It is an ErrCorrupt
// when another record is there, and ErrRemoved when a scavenge has removed the
// record. The content is valid until the next call.
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
	if f.file.left != nil {
		return f.fetchLeft(s, position, at)
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
