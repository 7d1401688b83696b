// Package server speaks the public EventStoreDB gRPC protocol (services
// Streams, ServerFeatures and Gossip) on top of a journal.
//
// It follows what the official Go client v4.2.0 relies on: a refused append
// drains the client's stream before it answers, a deleted stream is reported
// with both trailers that the client reads, and a counted read carries nothing
// but events and stream-not-found.
//
// Events are stored in the bytes of the protocol. A read copies them into the
// response frame unparsed, through a codec that passes frames as they are; see
// frame.go.
//
// Persistent subscriptions, user administration and server-side projections
// are not part of this server: their services are not registered, so gRPC
// answers Unimplemented, and ServerFeatures does not list them.
//
// The package may import the journal and the protocol's messages only. Start
// reading at Server.
package server
