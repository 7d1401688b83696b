// Package index finds events in the log: by stream and revision, and by
// position. It is a Pebble database that can always be made again from the log,
// and that the log never depends on.
//
//	i                             how far the log is indexed: store, position, where to go on
//	h | stream                    last revision of a stream, its position and place
//	s | len(stream) stream | rev  position and place of revision rev of a stream
//	m | position                  place of the frame that begins with position; about every 64 KiB
//
// Keys are big-endian, so they sort in reading order; values are varints. A
// place is a file number, an offset and a length.
//
// The database is written without a write-ahead log, in batches of many events,
// and only after the log is durable; until then events wait in memory (AddFrame).
// After a crash Pebble comes back as it was at some earlier commit, and what
// the log has beyond that is indexed again. Since every commit also says how
// far it goes, the two cannot disagree about that point.
//
// When the disk is full, Pebble cannot write its buffers out and tries again
// at once and for ever; the file system that it is given makes it wait a
// moment each time, and keeps a reserve for Pebble's own book-keeping, whose
// failure it would not survive. The owner is told (Options.Full), and must not
// commit more until there is room.
//
// Start reading at Index.
package index
