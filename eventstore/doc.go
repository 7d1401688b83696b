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
// Plain, it serves this machine and asks nobody who they are. With
// Options.TLS and Options.Users it serves others, and obeys the access lists of
// streams.
//
// What it does not do: clustering, server-side projections, and the HTTP
// interface of EventStoreDB. docs/eventstore.md says what it answers, call by
// call.
//
// Packages: journal is the durable log; reading what all readers share, from
// filters to the live end of the log; consumer the groups that EventStoreDB
// calls persistent subscriptions; access users and access lists; server the
// protocol on top of them; storetest the conformance suite that also runs
// against a real cluster. None imports anything else of this module. Start
// reading at Open.
package eventstore
