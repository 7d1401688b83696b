package index

import (
	"encoding/binary"
	"errors"
	"fmt"

	"shiyang/eventstore/journal/segment"
)

// The first byte of a key says what it holds.
const (
	statePrefix  = 'i'
	headPrefix   = 'h'
	streamPrefix = 's'
	markPrefix   = 'm'
)

// errMalformed says that a value is none of ours. The index is then damaged.
var errMalformed = errors.New("malformed entry")

// appendRevisionKey appends the key of a revision. The length in front keeps
// streams apart whose names start alike.
func appendRevisionKey(b []byte, stream string, revision int64) []byte {
	b = append(b, streamPrefix)
	b = binary.BigEndian.AppendUint16(b, uint16(len(stream)))
	b = append(b, stream...)
	return binary.BigEndian.AppendUint64(b, uint64(revision))
}

func appendHeadKey(b []byte, stream string) []byte { return append(append(b, headPrefix), stream...) }

func appendMarkKey(b []byte, position uint64) []byte {
	return binary.BigEndian.AppendUint64(append(b, markPrefix), position)
}

// Entry is where an event is.
type Entry struct {
	Revision int64
	Position uint64
	At       segment.Location
}

// None is the end of a stream without events.
var None = Entry{Revision: -1}

func appendEntry(b []byte, e Entry) []byte {
	b = binary.AppendUvarint(b, e.Position)
	b = binary.AppendUvarint(b, e.At.File)
	b = binary.AppendUvarint(b, uint64(e.At.Offset))
	return binary.AppendUvarint(b, uint64(e.At.Length))
}

// numbers reads n varints that are all of b.
func numbers(b []byte, into ...*uint64) error {
	for _, v := range into {
		n := 0
		if *v, n = binary.Uvarint(b); n <= 0 {
			return errMalformed
		}
		b = b[n:]
	}
	if len(b) > 0 {
		return errMalformed
	}
	return nil
}

func decodeEntry(b []byte, revision int64) (Entry, error) {
	var position, file, offset, length uint64
	err := numbers(b, &position, &file, &offset, &length)
	return Entry{revision, position, segment.Location{File: file, Offset: int64(offset), Length: int64(length)}}, err
}

func decodeHead(b []byte) (Entry, error) {
	revision, n := binary.Uvarint(b)
	if n <= 0 {
		return Entry{}, errMalformed
	}
	return decodeEntry(b[n:], int64(revision))
}

func revisionOf(key []byte) (int64, error) {
	if len(key) < 11 {
		return 0, errMalformed
	}
	return int64(binary.BigEndian.Uint64(key[len(key)-8:])), nil
}

// State is how far the log is indexed. The zero value means not at all.
type State struct {
	Store    [16]byte
	Position uint64           // of the last event indexed
	Last     segment.Location // of that event
	After    segment.Place    // where the next frame begins
}

func (s State) encode() []byte {
	b := append([]byte(nil), s.Store[:]...)
	b = appendEntry(b, Entry{Position: s.Position, At: s.Last})
	b = binary.AppendUvarint(b, s.After.File)
	return binary.AppendUvarint(b, uint64(s.After.Offset))
}

func decodeState(b []byte) (State, error) {
	if len(b) < 16 {
		return State{}, fmt.Errorf("state: %w", errMalformed)
	}
	var position, file, offset, length, after, at uint64
	err := numbers(b[16:], &position, &file, &offset, &length, &after, &at)
	return State{
		Store: [16]byte(b), Position: position,
		Last:  segment.Location{File: file, Offset: int64(offset), Length: int64(length)},
		After: segment.Place{Position: position + 1, File: after, Offset: int64(at)},
	}, err
}
