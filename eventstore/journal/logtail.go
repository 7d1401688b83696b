package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"strconv"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Pebble's write-ahead log is a sequence of blocks of chunks. A chunk begins
// with a checksum (4 bytes), a length (2), an encoding (1) and the log's number
// (4); the synced encodings add how far the log was synced when the chunk was
// written (8). A log that was closed ends with a trailer that carries the next
// log's number.
const (
	logBlock         = 32 << 10
	chunkHeader      = 11
	syncedHeader     = 19
	recyclableFirst  = 5
	syncedEncoding   = 9
	syncedLast       = 12
	checksumRotation = 15
	checksumOffset   = 0xa282ead8
)

// errTail says that synced bytes at the end of the write-ahead log are damaged.
var errTail = fmt.Errorf("%w: the write-ahead log; restore a backup", ErrCorrupt)

// checkLogTail looks for damage in the last block of the newest write-ahead
// log. Pebble finds it in all earlier blocks, but takes a damaged chunk in the
// last one for the end of the log, and would drop what was acknowledged after
// it. Here such a chunk counts as damage if a later chunk says that it had been
// synced. Only the very last commit before a crash has no such witness; before
// an orderly end Close writes one.
func checkLogTail(files vfs.FS, dir string) error {
	names, err := files.List(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var newest uint64
	var file string
	for _, name := range names {
		base, isLog := strings.CutSuffix(name, ".log")
		if n, err := strconv.ParseUint(base, 10, 64); isLog && err == nil && n >= newest {
			newest, file = n, name
		}
	}
	if file == "" {
		return nil
	}
	log, err := readFile(files, files.PathJoin(dir, file))
	if err != nil {
		return fmt.Errorf("read write-ahead log: %w", err)
	}
	return checkLog(log, uint32(newest))
}

func readFile(files vfs.FS, name string) (_ []byte, err error) {
	f, err := files.Open(name, vfs.SequentialReadsOption)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return io.ReadAll(f)
}

func checkLog(log []byte, number uint32) error {
	for start := 0; start < len(log); start += logBlock {
		block := log[start:min(start+logBlock, len(log))]
		at := 0
		for at+chunkHeader <= len(block) {
			if trailerAt(block, at, number) {
				return nil
			}
			c, ok := chunkAt(block, at)
			if ok && c.log == number {
				at += c.size
				continue
			}
			if isPadding(block[at:]) {
				break
			}
			if witness(block[at:], number, uint64(start+at)) {
				return fmt.Errorf("%w (at byte %d)", errTail, start+at)
			}
			return nil
		}
	}
	return nil
}

// isPadding tells whether b is the end of a block in which no chunk has room.
func isPadding(b []byte) bool {
	return len(b) < syncedHeader && len(bytes.Trim(b, "\x00")) == 0
}

// witness tells whether something in rest proves that the log was synced
// beyond offset, where something is that is no chunk.
func witness(rest []byte, number uint32, offset uint64) bool {
	for at := 1; at+chunkHeader <= len(rest); at++ {
		c, ok := chunkAt(rest, at)
		if ok && c.log == number && c.synced > offset {
			return true
		}
	}
	return false
}

// chunk is what the header of an intact chunk says.
type chunk struct {
	size   int
	log    uint32
	synced uint64
}

// trailerAt tells whether the end mark of a closed log is at b[at:]. It has
// neither a checksum nor a length, and proves nothing about what is before it,
// because a crash can keep it and lose that.
func trailerAt(b []byte, at int, number uint32) bool {
	mark := binary.LittleEndian.AppendUint32([]byte{0, 0, 0, 0, 0, 0, recyclableFirst}, number+1)
	return bytes.HasPrefix(b[at:], mark)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// chunkAt returns the chunk that begins at b[at:], if its checksum is right.
func chunkAt(b []byte, at int) (chunk, bool) {
	b = b[at:]
	if len(b) < chunkHeader || b[6] < recyclableFirst || b[6] > syncedLast {
		return chunk{}, false
	}
	header := chunkHeader
	if b[6] >= syncedEncoding {
		header = syncedHeader
	}
	size := header + int(binary.LittleEndian.Uint16(b[4:]))
	if size > len(b) {
		return chunk{}, false
	}
	sum := crc32.Checksum(b[6:size], castagnoli)
	sum = (sum>>checksumRotation | sum<<(32-checksumRotation)) + checksumOffset
	if sum != binary.LittleEndian.Uint32(b) {
		return chunk{}, false
	}
	c := chunk{size: size, log: binary.LittleEndian.Uint32(b[7:])}
	if header == syncedHeader {
		c.synced = binary.LittleEndian.Uint64(b[11:])
	}
	return c, true
}
