// Package consumer keeps the consumer groups of the event store, which
// EventStoreDB calls persistent subscriptions (持久订阅): the server hands each
// event of a stream, or of $all, to one of the group's clients, takes it back
// when the client refuses it or falls silent, and remembers how far the group
// has come.
//
//	stream or $all ─ feed ─> buffer ─┐
//	                 refused ─> retry ┼─ strategy ─> client ─ ack ─> done ─> checkpoint
//	                                  └────────────────────── nack, time-out ─> retry or parked
//
// Delivery is at least once: the checkpoint never passes an event that is
// neither acknowledged, skipped nor parked, and a group resumes after its
// checkpoint. What a group is and how far it came are ordinary events, with the
// stream names and types of EventStoreDB:
//
//	$persistentSubscriptionConfig                       all groups, $PersistentConfig
//	$persistentsubscription-<stream>::<group>-checkpoint  $SubscriptionCheckpoint
//	$persistentsubscription-<stream>::<group>-parked      links, $>
//
// Each group is one goroutine that owns its state; line.go holds the rules
// without any waiting or storage. The package may import the journal and
// package reading only. Start reading at Groups.
package consumer
