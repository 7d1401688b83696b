// Package oracle remembers what a store promised, and finds every promise
// that a history read from it later does not keep.
//
// It is the judge of all scenarios and knows nothing of the store: it imports
// nothing of ours. What was acknowledged is also written to a file of its own,
// in another directory than the store's, with O_DSYNC, so that a run that was
// itself interrupted leaves evidence. Start reading at Oracle, then Check.
package oracle

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"

	"github.com/google/uuid"
)

// Event is an event as it was sent, acknowledged or read.
type Event struct {
	ID       uuid.UUID
	Stream   string
	Revision uint64 // in its stream, from 0
	Position uint64 // in $all
}

// Data makes the content of the event with an id: size bytes that depend on
// nothing else, so that a reader can tell whether they are right.
func Data(id uuid.UUID, size int) []byte {
	data := make([]byte, 0, size+2*sha256.Size)
	data = append(data, `{"x":"`...)
	for n := byte(0); len(data) < size-2; n++ {
		block := sha256.Sum256(append(id[:], n))
		data = hex.AppendEncode(data, block[:])
	}
	return append(data[:max(size-2, len(`{"x":"`))], `"}`...)
}

// Promises are what a store owed its clients at one moment.
type Promises struct {
	Acked []Event // acknowledged to a writer
	Seen  []Event // shown to a reader or subscriber
}

// Oracle collects promises. It is safe for concurrent use.
type Oracle struct {
	mu    sync.Mutex
	sent  map[uuid.UUID]bool
	acked []Event
	seen  []Event
	file  *os.File
	lines *bufio.Writer
	err   error // the first failure to write the file
}

// Open makes an oracle that also writes acknowledgements to a new file.
func Open(path string) (*Oracle, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY|syscall.O_DSYNC, 0o600) //nolint:gosec // a scratch file of the run
	if err != nil {
		return nil, fmt.Errorf("oracle's log: %w", err)
	}
	return &Oracle{sent: map[uuid.UUID]bool{}, file: file, lines: bufio.NewWriterSize(file, 1<<20)}, nil
}

// New makes an oracle without a file, for scenarios inside one process.
func New() *Oracle { return &Oracle{sent: map[uuid.UUID]bool{}} }

// Send says that events are about to be sent; any other event in the history
// is a stranger.
func (o *Oracle) Send(events ...Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, e := range events {
		o.sent[e.ID] = true
	}
}

// Ack says that events were acknowledged: from now on they may not be lost.
func (o *Oracle) Ack(events ...Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.acked = append(o.acked, events...)
	if o.lines == nil {
		return
	}
	for _, e := range events {
		if _, err := fmt.Fprintf(o.lines, "%s %s %d %d\n", e.ID, e.Stream, e.Revision, e.Position); err != nil {
			o.err = errors.Join(o.err, err)
		}
	}
}

// Show says that an event was shown to a reader: it may not be lost either.
func (o *Oracle) Show(e Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seen = append(o.seen, e)
}

// Acked counts the acknowledged events.
func (o *Oracle) Acked() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.acked)
}

// Promised returns what is owed at this moment.
func (o *Oracle) Promised() Promises {
	o.mu.Lock()
	defer o.mu.Unlock()
	return Promises{Acked: o.acked[:len(o.acked):len(o.acked)], Seen: o.seen[:len(o.seen):len(o.seen)]}
}

// knows tells whether an event was ever sent.
func (o *Oracle) knows(id uuid.UUID) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.sent[id]
}

// Sync writes the acknowledgements so far to the oracle's file and disk.
func (o *Oracle) Sync() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.lines == nil {
		return nil
	}
	return errors.Join(o.err, o.lines.Flush())
}

// Close ends the file.
func (o *Oracle) Close() error {
	err := o.Sync()
	if o.file == nil {
		return err
	}
	return errors.Join(err, o.file.Close())
}
