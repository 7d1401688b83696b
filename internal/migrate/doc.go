// Package migrate moves an event log 事件日志搬迁 from one store to another, such
// as from the embedded store to a cluster, and proves that nothing changed.
//
//	source ─ $all in log order ─▶ own events, exact revisions, same ids ─▶ target
//	       └ the last metadata of every stream, then tombstones ─────────▶
//	source ─┐
//	target ─┴ Compare: leaf by leaf, in log order; metadata and tombstones by stream
//
// What is the same afterwards: every event's stream, revision, id, type, data
// and metadata; the order of all events; the metadata of every stream and what
// it hides; which streams are tombstoned. What differs: positions, the store's
// own time stamps, earlier versions of a stream's metadata (nobody can read
// them), and the id of a tombstone. The store's own streams, whose names begin
// with $, stay behind: users, settings and persistent subscriptions belong to
// a server and are made anew.
//
// A copy that was cut off goes on where it was: its progress stands in a file,
// and repeating an append with the same ids at the same revision changes
// nothing.
//
// It may import internal/es and internal/es/esdbstore. Start reading with
// [Migration.Run].
package migrate
