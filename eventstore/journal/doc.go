// Package journal is the event log of the embedded event store: one ordered
// sequence of events, an index by stream, and the rules that decide whether an
// append is written, repeated or refused.
//
//	log/    the events, in files that are only added to: package segment
//	index/  where an event is, by stream and by position: package index
//	LOCK    held while a process has the directory open
//
// The log is the truth. An event is stored once, as an EventStoreDB
// RecordedEvent in protobuf wire form, which is also what is sent to clients.
// The index is written after the log, without a log of its own; it can be
// removed, and is made again when it is missing or wrong. What it points to is
// checked: a record has a checksum that its position is part of, and says
// itself which event it is.
//
//	Append ─┐                 ┌ decide each
//	Append ─┼─> queue ─> leader ┤ one write, one fdatasync   ─> next leader
//	Delete ─┘                 └ index, publish              ─> answers, readers
//
// There is no writing goroutine. The first request that finds nobody writing
// is the leader: it takes all that wait, decides each against what is already
// decided, writes one frame and waits for its fsync, in its own goroutine. Then
// it indexes the events, publishes the new end of the log, makes one of those
// that came meanwhile the next leader, and answers. Readers stop at the
// published end: nobody sees an event that a crash could lose. The index keeps
// new events in memory at first and passes them to its database by the hundred.
//
// A failed fsync is final: the journal refuses everything with ErrFailed until
// it is opened again, because nobody can say what is on disk. A full disk is
// not: room for the next events is made ahead, so an append for which there is
// none is refused with ErrDiskFull before anything is written, reading goes on,
// and so does writing when there is room.
//
// A scavenge (Journal.Scavenge, package scavenge) rewrites full files without
// the events that no read of a stream can return any more. Then positions have
// gaps, and $all, which shows what is stored, no longer shows those events.
//
// The package imports nothing of this module but its parts. Start reading at
// Journal, then decide.go for the expected-revision table and commit.go for
// durability.
package journal
