// Package eventstore is an embedded event store that speaks the EventStoreDB
// gRPC protocol, so that a program can start with no server beside it and move
// to an EventStoreDB or KurrentDB cluster by changing an address.
//
//	store, err := eventstore.Open(eventstore.Options{Dir: "data/events"})
//	…
//	listener, err := net.Listen("unix", "data/events.sock")
//	…
//	go store.Serve(listener)
//	…
//	store.Stop(ctx)
//
// What it promises: an append is answered after it is on disk (fsync), and
// nobody sees an event before that; the events of one append are written
// together or not at all; repeating an append with the same event ids and
// expected revision has no further effect; stored bytes are checked, and a
// damaged log is refused, not shortened. After a storage failure the store
// stops (see Store.Failed) and must be opened again.
//
// What it does not do: clustering, user accounts and access lists, persistent
// subscriptions, server-side projections, and removing old events from disk.
//
// Packages: journal is the durable log, server the protocol on top of it,
// storetest the conformance suite that also runs against a real cluster. None
// imports anything else of this module. Start reading at Open.
package eventstore
