package journal

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// The first byte of a key says what it holds.
const (
	headerKey    = 'v'
	eventPrefix  = 'e'
	streamPrefix = 's'
	headPrefix   = 'h'
)

// MaxStreamName is the longest stream name in bytes that the journal takes.
const MaxStreamName = 2048

// tombstoneRevision is the revision of the event that ends a stream for good.
const tombstoneRevision = math.MaxInt64

// metaPrefix starts the name of the stream that holds another stream's metadata.
const metaPrefix = "$$"

// MetadataStream returns the name of the stream that holds the metadata of stream.
func MetadataStream(stream string) string { return metaPrefix + stream }

// originalOf returns the stream that a metadata stream describes.
func originalOf(stream string) (string, bool) { return strings.CutPrefix(stream, metaPrefix) }

func eventKey(position uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{eventPrefix}, position)
}

func positionOf(key []byte) (uint64, error) {
	if len(key) != 9 || key[0] != eventPrefix {
		return 0, fmt.Errorf("%w: event key of %d bytes", ErrCorrupt, len(key))
	}
	return binary.BigEndian.Uint64(key[1:]), nil
}

// streamBase is the common start of all index keys of one stream. The length
// in front keeps streams apart whose names start alike.
func streamBase(stream string) []byte {
	key := make([]byte, 0, 3+len(stream)+8)
	key = append(key, streamPrefix)
	key = binary.BigEndian.AppendUint16(key, uint16(len(stream)))
	return append(key, stream...)
}

func revisionKey(stream string, revision int64) []byte {
	return binary.BigEndian.AppendUint64(streamBase(stream), uint64(revision))
}

func revisionOf(key []byte) (int64, error) {
	if len(key) < 11 {
		return 0, fmt.Errorf("%w: stream key of %d bytes", ErrCorrupt, len(key))
	}
	return int64(binary.BigEndian.Uint64(key[len(key)-8:])), nil
}

func headKey(stream string) []byte {
	key := make([]byte, 0, 1+len(stream))
	key = append(key, headPrefix)
	return append(key, stream...)
}

// head is the end of a stream: its last revision and that event's position.
type head struct {
	last     int64 // -1: no events; MaxInt64: tombstoned
	position uint64
}

// noHead is the head of a stream without events.
var noHead = head{last: -1}

func (h head) tombstoned() bool { return h.last == tombstoneRevision }

func (h head) encode() []byte {
	value := binary.BigEndian.AppendUint64(make([]byte, 0, 16), uint64(h.last))
	return binary.BigEndian.AppendUint64(value, h.position)
}

func decodeHead(value []byte) (head, error) {
	if len(value) != 16 {
		return head{}, fmt.Errorf("%w: head of %d bytes", ErrCorrupt, len(value))
	}
	return head{
		last:     int64(binary.BigEndian.Uint64(value)),
		position: binary.BigEndian.Uint64(value[8:]),
	}, nil
}

func decodePosition(value []byte) (uint64, error) {
	if len(value) != 8 {
		return 0, fmt.Errorf("%w: position of %d bytes", ErrCorrupt, len(value))
	}
	return binary.BigEndian.Uint64(value), nil
}

// after returns the smallest key that is greater than all keys starting with prefix.
func after(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		end[i]++
		if end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}
