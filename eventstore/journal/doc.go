// Package journal is the durable log of the embedded event store: one ordered
// sequence of events, an index by stream, and the rules that decide whether an
// append is written, repeated or refused.
//
// Everything lives in one Pebble database:
//
//	v                             header: format version and store id (JSON)
//	e | position                  the event, as an EventStoreDB RecordedEvent in protobuf wire form
//	s | len(stream) stream | rev  position of revision rev of a stream
//	h | stream                    last revision of a stream and its position
//
// Numbers are big-endian, so keys sort in reading order. An event is stored
// once, in the bytes that are later sent to clients.
//
//	Append ─┐
//	Append ─┼─> queue ─> committer: decide, one batch, fsync ─> visible ─> answers, readers
//	Delete ─┘
//
// One goroutine, the committer, takes all waiting requests, decides each
// against what is already decided, writes one batch and waits for its fsync.
// Only then does it publish the new visible position and answer. Pebble shows
// a batch to readers before its fsync is over, therefore every reader here
// stops at the visible position: nobody sees an event that a crash could lose.
// A failed commit is final: the journal refuses everything with ErrFailed
// until it is opened again, because after a failed fsync nobody can say what
// is on disk.
//
// The package imports nothing of this module. Start reading at Journal, then
// decide.go for the expected-revision table and commit.go for durability.
package journal
