// Package rpc is how the parts of the system call each other: set-up of gRPC
// servers and clients, who is asking, what they may do, and the one table
// that turns problems into statuses and back.
//
//	token ─▶ Verifier ─▶ Caller ─▶ Policy (role × method) ─▶ command id
//	      ─▶ Validate ─▶ command hash ─▶ handler ─▶ Authorise(record) ─▶ status
//
// The gateway authenticates people; a service believes nobody: it verifies a
// signed actor token of at most two minutes, looks the method up in [Policy]
// and refuses what is not listed. The handler then loads the real record and
// asks [Authorise] whether this caller may touch it; lists ask [Filter].
//
// The package may import internal/es, internal/problem and the contracts in
// proto; it knows no service. Start reading with [Policy] (the rights of the
// whole product in one table), then [Authorise], then [NewServer].
package rpc
