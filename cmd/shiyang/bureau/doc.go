// Package bureau puts the parts of the system together and runs them: all in
// one process, or one part alone.
//
//	browser ─▶ gateway ─▶ permits, audit ─▶ event store
//	              │            │                │
//	           identity     reactions, ticker ◀─┘ views
//
// Everything a part needs is made here and handed to it: the connection to
// the event store, the codec with the keyring, the database of the views, the
// clock. No part looks for anything itself, so a test starts the same bureau
// with its own clock and waits with [Bureau.Settle] instead of sleeping.
//
// Start reading with [Start], then ground.go (what every part stands on) and
// one file per part.
package bureau
