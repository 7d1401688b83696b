package index

import (
	"encoding/binary"

	"github.com/cockroachdb/pebble/v2"

	"shiyang/eventstore/journal/segment"
)

// markDistance is how far apart marks are at least.
const markDistance = 64 << 10

// Batch collects what one or more frames add to the index.
type Batch struct {
	index *Index
	batch *pebble.Batch
	key   []byte
	value []byte
	mark  segment.Place // the newest
}

// Batch returns the one batch that there is, emptied. It is for whoever makes
// the index anew, before the first AddFrame.
func (x *Index) Batch() *Batch {
	x.batch.batch.Reset()
	return x.batch
}

// Add adds an event, and makes it the end of its stream.
func (b *Batch) Add(stream string, e Entry) error {
	if err := b.revision(stream, e); err != nil {
		return err
	}
	return b.head(stream, e)
}

func (b *Batch) revision(stream string, e Entry) error {
	b.key = appendRevisionKey(b.key[:0], stream, e.Revision)
	b.value = appendEntry(b.value[:0], e)
	return b.batch.Set(b.key, b.value, nil)
}

func (b *Batch) head(stream string, e Entry) error {
	b.key = appendHeadKey(b.key[:0], stream)
	b.value = binary.AppendUvarint(b.value[:0], uint64(e.Revision))
	b.value = appendEntry(b.value, e)
	return b.batch.Set(b.key, b.value, nil)
}

// Frame marks the begin of a frame, if the last mark is far enough away.
func (b *Batch) Frame(at segment.Place) error {
	if at.File == b.mark.File && at.Offset-b.mark.Offset < markDistance {
		return nil
	}
	b.mark = at
	b.key = appendMarkKey(b.key[:0], at.Position)
	b.value = binary.AppendUvarint(b.value[:0], at.File)
	b.value = binary.AppendUvarint(b.value, uint64(at.Offset))
	return b.batch.Set(b.key, b.value, nil)
}

// Size returns the bytes of the batch so far.
func (b *Batch) Size() int { return b.batch.Len() }

// Commit applies the batch together with how far the log is now indexed.
func (b *Batch) Commit(s State) error {
	if err := b.batch.Set([]byte{statePrefix}, s.encode(), nil); err != nil {
		return err
	}
	return b.batch.Commit(pebble.NoSync)
}
