// Package migrate moves an event log 事件日志搬迁 from one store to another, such
// as from the embedded store to a cluster, and proves that nothing changed.
//
//	source ─ $all in log order ─▶ own events, exact revisions, same ids ─▶ target
//	       └ metadata of every stream, default lists, then tombstones ───▶
//	source ─┐
//	target ─┴ Compare: leaf by leaf, in log order; metadata and tombstones by stream
//
// What is the same afterwards: every event's stream, revision, id, type, data
// and metadata; the order of all events; all versions of the metadata of every
// stream and of $all; which streams are tombstoned; the default access lists,
// unless the target has its own. Where a scavenge removed events, placeholders
// keep the revisions of those after them. What differs: positions and the
// store's own time stamps, and the id of a tombstone. Other streams whose names
// begin with $ stay behind: users and consumer groups belong to a server and
// are made anew.
//
// A copy that was cut off goes on where it was: its progress stands in a file,
// and repeating an append with the same ids at the same revision changes
// nothing.
//
// The package may import internal/es and internal/es/esdbstore. Start reading with
// [Migration.Run].
package migrate
