// Package reading is what every reader of the event store shares: filters over
// $all, the streams that $all never shows, links and what they lead to, and the
// live end of the log.
//
//	journal ──commit──> Tail ──wakes only whom it concerns──> subscriptions, consumer groups
//
// A commit wakes a reader of a stream when it wrote to that stream, and a
// filtered reader of $all when the filter takes an event or a checkpoint is
// due. The newest events stay in memory, so that many readers of $all do not
// each read them from the log.
//
// The package may import the journal only. Start reading at Tail.
package reading
