// Package esdbstore speaks to an EventStoreDB compatible event store through
// the official Go client, and keeps that client from doing harm.
//
// The official client (v4.2.0) dies for ever when it cannot find a server,
// blocks callers that have long given up, and forgets connections. So nobody
// holds one for longer than it works:
//
//	caller ─▶ call: goroutine + select on ctx ─▶ generation (client, 256 slots)
//	                                                 ▲ installs, probes, retires
//	                                             supervisor
//
// Start reading with [Client] and supervise (one generation of the official
// client at a time, replaced when it is broken), then call (no caller waits
// longer than its context), then [Store] (appends that take effect once), then
// [Client.Subscribe] (a subscription that comes back by itself).
//
// The package may import internal/es, internal/problem and the official
// client, and nothing else of ours.
package esdbstore
