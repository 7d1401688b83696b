// Package server speaks the public EventStoreDB gRPC protocol (services
// Streams, PersistentSubscriptions, ServerFeatures and Gossip) on top of a
// journal.
//
// It follows what the official Go client v4.2.0 relies on: a refused append
// drains the client's stream before it answers, a deleted stream is reported
// with both trailers that the client reads, a counted read carries nothing but
// events and stream-not-found, and a consumer group's client gets nothing but
// events after its confirmation.
//
// Events are stored in the bytes of the protocol. A read copies them into the
// response frame unparsed, through a codec that passes frames as they are. An
// append is decoded by hand, its events stay where gRPC has received them until
// the journal has them, and a page of events lies in memory that gRPC gives
// back; see frame.go and read.go.
//
// With users, guard.go asks who makes each call and what they may do; without,
// everybody may do everything, and the server serves this machine only. What
// goes wrong becomes a status and trailers in one place, status.go. Services
// that are not registered answer Unimplemented, and ServerFeatures does not
// list them.
//
// The package may import the journal, reading, consumer and access, and the
// protocol's messages. Start reading at Server.
package server
