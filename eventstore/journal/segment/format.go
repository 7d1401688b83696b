package segment

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
	"time"
)

// What can be wrong with a log.
var (
	// ErrCorrupt is wrapped by errors about stored bytes that are not what was written.
	ErrCorrupt = errors.New("stored data is damaged")
	// ErrNewerFormat is wrapped by Open when a later version wrote the log.
	ErrNewerFormat = errors.New("the data was written by a newer version of this program")
	// ErrDiskFull is wrapped by Append when there is no room for the records.
	// Nothing was written, and the log works again when there is room.
	ErrDiskFull = errors.New("the disk is full")
)

// Sizes and marks of the format; see the package comment.
const (
	plainFormat  = 1
	fileHeader   = 64
	frameHeader  = 24
	recordHeader = 8
	markSize     = frameHeader
	alignment    = 8
	fileSuffix   = ".seg"
	newSuffix    = ".new"
)

const (
	fileMagic         = "SYEVENTS"
	frameMagic uint32 = 'S' | 'Y'<<8 | 'F'<<16 | 'R'<<24
	markMagic  uint32 = 'S' | 'Y'<<8 | 'M'<<16 | 'K'<<24
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func align(n int64) int64 { return (n + alignment - 1) &^ (alignment - 1) }

// Identity is what all files of a log have in common.
type Identity struct {
	Store   [16]byte
	Created time.Time
	salt    uint32
}

// header is the first part of a file.
type header struct {
	Identity
	number uint64
	size   int64
	format uint32 // plainFormat if zero
}

func (h header) encode() []byte {
	b := make([]byte, 0, fileHeader)
	b = append(b, fileMagic...)
	b = binary.LittleEndian.AppendUint32(b, max(h.format, plainFormat))
	b = binary.LittleEndian.AppendUint32(b, h.salt)
	b = append(b, h.Store[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(h.Created.UnixNano()))
	b = binary.LittleEndian.AppendUint64(b, h.number)
	b = binary.LittleEndian.AppendUint64(b, uint64(h.size))
	b = binary.LittleEndian.AppendUint32(b, 0)
	return binary.LittleEndian.AppendUint32(b, crc32.Update(h.salt, castagnoli, b))
}

func decodeHeader(b []byte) (header, error) {
	if len(b) < fileHeader || string(b[:8]) != fileMagic {
		return header{}, fmt.Errorf("%w: this is no file of an event log", ErrCorrupt)
	}
	h := header{
		Identity: Identity{
			Store:   [16]byte(b[16:32]),
			Created: time.Unix(0, int64(binary.LittleEndian.Uint64(b[32:]))).UTC(),
			salt:    binary.LittleEndian.Uint32(b[12:]),
		},
		number: binary.LittleEndian.Uint64(b[40:]),
		size:   int64(binary.LittleEndian.Uint64(b[48:])),
		format: binary.LittleEndian.Uint32(b[8:]),
	}
	if crc32.Update(h.salt, castagnoli, b[:60]) != binary.LittleEndian.Uint32(b[60:]) {
		return header{}, fmt.Errorf("%w: the header's checksum is wrong", ErrCorrupt)
	}
	if h.format > remainsFormat {
		return header{}, fmt.Errorf("%w: format %d, but this program knows formats up to %d; use the newer version or restore a backup",
			ErrNewerFormat, h.format, remainsFormat)
	}
	return h, nil
}

// group is the header of a frame or mark.
type group struct {
	magic  uint32
	count  uint32
	first  uint64
	length uint32
}

// size is the space from this header to the next.
func (g group) size() int64 { return align(frameHeader + int64(g.length)) }

// next is the position after the group.
func (g group) next() uint64 { return g.first + uint64(g.count) }

func (g group) put(b []byte, salt uint32) {
	binary.LittleEndian.PutUint32(b, g.magic)
	binary.LittleEndian.PutUint32(b[4:], g.count)
	binary.LittleEndian.PutUint64(b[8:], g.first)
	binary.LittleEndian.PutUint32(b[16:], g.length)
	binary.LittleEndian.PutUint32(b[20:], crc32.Update(salt, castagnoli, b[:20]))
}

// groupAt returns the header at the start of b, if there is a sound one.
func groupAt(b []byte, salt uint32) (group, bool) {
	g := group{magic: binary.LittleEndian.Uint32(b)}
	if g.magic != frameMagic && g.magic != markMagic {
		return group{}, false
	}
	if crc32.Update(salt, castagnoli, b[:20]) != binary.LittleEndian.Uint32(b[20:]) {
		return group{}, false
	}
	g.count = binary.LittleEndian.Uint32(b[4:])
	g.first = binary.LittleEndian.Uint64(b[8:])
	g.length = binary.LittleEndian.Uint32(b[16:])
	return g, true
}

func mark(next uint64, salt uint32) []byte {
	b := make([]byte, markSize)
	group{magic: markMagic, first: next}.put(b, salt)
	return b
}

// recordSum is the checksum of a record. The position is part of it, so that
// a record in the wrong place is noticed.
func recordSum(salt uint32, position uint64, content []byte) uint32 {
	sum := ^salt // crc32.Update of the 8 bytes, which would be on the heap
	for range 8 {
		sum = castagnoli[byte(sum)^byte(position)] ^ sum>>8
		position >>= 8
	}
	return crc32.Update(^sum, castagnoli, content)
}

func fileName(number uint64) string { return fmt.Sprintf("%08d%s", number, fileSuffix) }

func fileNumber(name string) (uint64, bool) {
	base, ok := strings.CutSuffix(name, fileSuffix)
	if !ok {
		return 0, false
	}
	number, err := strconv.ParseUint(base, 10, 64)
	return number, err == nil && fileName(number) == name
}

// Frame collects the records of one append. It is reused; the zero value is ready.
type Frame struct {
	buf     []byte
	first   uint64
	offsets []uint32 // of the records, from the frame's start
}

// maxKept is the largest buffer that a frame keeps when it is reset.
const maxKept = 4 << 20

// Reset empties the frame; its first record will have the position first.
func (f *Frame) Reset(first uint64) {
	if cap(f.buf) > maxKept {
		f.buf = nil
	}
	f.buf = append(f.buf[:0], make([]byte, frameHeader)...)
	f.first, f.offsets = first, f.offsets[:0]
}

// Open begins a record: append its content to the slice and give it to Close.
func (f *Frame) Open() []byte {
	f.offsets = append(f.offsets, uint32(len(f.buf)))
	return append(f.buf, make([]byte, recordHeader)...)
}

// Close ends the record that Open has begun.
func (f *Frame) Close(b []byte) {
	start := f.offsets[len(f.offsets)-1]
	binary.LittleEndian.PutUint32(b[start:], uint32(len(b))-start-recordHeader)
	f.buf = b
}

// Len returns the number of records.
func (f *Frame) Len() int { return len(f.offsets) }

// Size returns the bytes of the frame so far.
func (f *Frame) Size() int64 { return int64(len(f.buf)) }

// seal fills in what depends on the file.
func (f *Frame) seal(salt uint32) []byte {
	length := uint32(len(f.buf) - frameHeader)
	for i, at := range f.offsets {
		size := binary.LittleEndian.Uint32(f.buf[at:])
		content := f.buf[at+recordHeader:][:size]
		binary.LittleEndian.PutUint32(f.buf[at+4:], recordSum(salt, f.first+uint64(i), content))
	}
	group{magic: frameMagic, count: uint32(len(f.offsets)), first: f.first, length: length}.put(f.buf, salt)
	padding := align(int64(len(f.buf))) - int64(len(f.buf))
	return append(f.buf, make([]byte, padding)...)
}
