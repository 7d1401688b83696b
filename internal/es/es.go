// Package es is the write side of event sourcing: it rebuilds an aggregate
// from its stream, asks a command what should happen, and appends the answer.
//
//	request ─▶ Command.Decide(state) ─▶ events ─▶ Store.Append
//	                  ▲                                │
//	                  └── State.Evolve(fact) ◀── Store.Read
//
// It knows no service, no SQL and no event store client. Start reading with
// [State] and [Command] (the two ideas that every aggregate implements), then
// [Repository] (how a command takes effect once), then [Codec] (how an event
// is written down for ever).
package es

import (
	"context"
	"iter"
	"time"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/problem"
)

// An Event is a fact from one of the proto/*/v1/events.proto contracts.
type Event = proto.Message

// A Fact is an event together with who caused it and when. It is what folds
// and rules see; the same event without its metadata is only half of what the
// law asks ("who accepted it, on which day").
type Fact struct {
	Event Event
	Meta  Meta
}

// State is what an aggregate remembers. Evolve must be total: it never
// fails, never looks at a clock and ignores events it does not know.
type State[S any] interface {
	Evolve(Fact) S
}

// A Command decides which events follow from a state. Decide is a pure
// function: no clock, no randomness, no I/O; what it needs to know of the
// world stands in the command's fields. Returning no events means that the
// wish is already fulfilled.
type Command[S any] interface {
	Decide(S) ([]Event, error)
}

// An Adviser is a command that also has doubts worth telling: what it accepts
// but a person should look at. Advise is pure like Decide and is asked with
// the same state; it never refuses.
type Adviser[S any] interface {
	Advise(S) []problem.Field
}

// Fold replays history onto an initial state.
func Fold[S State[S]](initial S, history ...Fact) S {
	for _, f := range history {
		initial = initial.Evolve(f)
	}
	return initial
}

// Revision counts the events in a stream; 0 means the stream does not exist.
type Revision uint64

// Position is the place of an event in the order of the whole log. It only
// ever grows; it is not dense.
type Position uint64

// Recorded is an event as the store returned it.
type Recorded struct {
	Fact
	ID       string // of the event: UUIDv5 of stream, command id or attempt, and index
	Stream   string
	Revision Revision // of the stream after this event
	Position Position
}

// Appended tells where an append left the stream and the log.
type Appended struct {
	Revision Revision
	Position Position // of the last event appended
}

// Actor is who acts, by opaque ids only: names come from the account's own
// events, so that metadata never holds personal data.
type Actor struct {
	ID         string   `json:"id"`                   // account UUID, or "system:<name>" for reactions and the ticker
	Role       string   `json:"role"`                 // one of the roles of internal/rpc
	Org        string   `json:"org,omitempty"`        // bureau organ code or enterprise UUID
	County     string   `json:"county,omitempty"`     // division code: 620600 is the whole prefecture
	OnBehalfOf []string `json:"onBehalfOf,omitempty"` // ids of whom a mandate speaks for
}

// Meta says who caused an event, when it happened, when it was recorded and
// under which rules. It is stored as JSON beside every event, for ever: keys
// are added, never renamed.
type Meta struct {
	CorrelationID string    `json:"$correlationId,omitempty"` // the request or process all this belongs to
	CausationID   string    `json:"$causationId,omitempty"`   // the event or command that led to this one
	CommandID     string    `json:"commandId"`
	CommandHash   string    `json:"commandHash"` // SHA-256 of the canonical request, hex
	Actor         Actor     `json:"actor"`
	OccurredAt    time.Time `json:"occurredAt"`           // legal time; UTC
	RecordedAt    time.Time `json:"recordedAt"`           // stamped by the repository; UTC, never before the stream's last
	LawVersion    string    `json:"lawVersion,omitempty"` // edition of the law data that rules were taken from
	Client        string    `json:"client,omitempty"`     // what program sent the command: "web", "api", "import", "ticker"

	// Attempt makes the event ids of one append its own. Only the repository
	// sets it, for an append that no read preceded; it is not stored.
	Attempt string `json:"-"`
}

// EventID is the id of the nth event (from 0) that an append with this
// metadata adds to a stream: that of the command, or of this attempt at it.
func (m Meta) EventID(stream string, n int) string {
	return EventID(stream, m.CommandID+m.Attempt, n)
}

// Store is the part of an event store that commands need.
type Store interface {
	// Read yields the events of a stream that come after the given revision
	// (0: from the first). A stream that does not exist is an empty stream.
	// An event of an unknown type is yielded as ErrUnknownEvent.
	Read(ctx context.Context, stream string, after Revision) iter.Seq2[Recorded, error]

	// Append adds events after expected, all or none, and answers only when
	// they are durable. It fails with ErrConflict if the stream has moved on.
	// Repeating the same append (same stream, expected and [Meta.EventID]) has
	// no further effect and answers as the first time.
	Append(ctx context.Context, stream string, expected Revision, meta Meta, events ...Event) (Appended, error)
}

// ErrConflict reports that someone else appended to the stream first.
var ErrConflict = &problem.Error{
	Kind: problem.Conflict, Reason: "CHANGED_BY_SOMEONE_ELSE",
	Text: problem.Text{
		Zh: "这条记录刚刚被别人修改过，请刷新后再试。",
		En: "Someone else changed this record. Reload it and try again.",
	},
}

// ErrUnknownEvent reports an event whose type this program does not know. A
// command must not decide on half a history; views skip such events.
var ErrUnknownEvent = &problem.Error{
	Kind: problem.Unavailable, Reason: "UNKNOWN_EVENT_TYPE",
	Text: problem.Text{
		Zh: "这条记录含有本版本程序不认识的事件，请升级程序后再办理。",
		En: "This record holds an event that this version of the program does not know. Upgrade the program first.",
	},
}

// ErrCommandReused reports a command id that was used before for another
// request or by another actor.
var ErrCommandReused = &problem.Error{
	Kind: problem.Rejected, Reason: "COMMAND_ID_REUSED",
	Text: problem.Text{
		Zh: "这个请求编号已用于另一项操作，请换一个新编号。",
		En: "This command id was used for another request. Send a new one.",
	},
}
