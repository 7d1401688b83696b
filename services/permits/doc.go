// Package permits keeps the sites 生产经营场所 of enterprises and their
// discharge permits 排污许可证, from the draft of an application to the
// delivered decision (Decree 736, Order 32 of 2024, Licensing Law).
//
//	stream            events (proto/permits/v1/events.proto)          rules
//	facility-<uuid>   FacilityRegistered, -Changed, -Assigned          facility/
//	permit-<uuid>     PermitApplicationOpened … PermitDecisionDelivered  permit/
//
// A command goes
//
//	server_*.go ─▶ permit.Accept{…}.Decide ─▶ store
//	    │ authority on the real record (es.Guarded, rpc.Authorise)
//	    └ a number, drawn only after the rules have said yes (numbers.go)
//
// and comes back as an event through the views (views/…), the reactions
// (policy.go: a site is freed, a number is used) and the ticker (ticker.go:
// silence accepts, what a crash left behind is settled). A list is answered by
// a view; the page of one record by the record itself, with its deadlines and
// legal acts computed from the law of the day (answer.go).
//
// The package may import its own children, the contracts and internal/*.
// Start reading with [Server], then permit.Acts.
package permits
