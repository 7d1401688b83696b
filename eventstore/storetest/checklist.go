package storetest

import "slices"

// Source says how the behaviour of a real server is known. No real server was
// at hand when the checklist was made.
type Source string

// The sources of a row.
const (
	Client  Source = "client"  // the official client depends on it, so that its tests show it
	Reading Source = "reading" // it stands in the vendor's published source; no run has shown it
	Own     Source = "own"     // what this module wants beyond that
)

// Row is one thing that a server has to do.
type Row struct {
	ID     string
	Claim  string
	Source Source
	Tests  []string // names of the tests that prove it
}

// Checklist returns the rows, each with the names of the tests in Run that
// prove it.
func Checklist() []Row {
	rows := slices.Clone(checklist)
	for i := range rows {
		for _, one := range tests() {
			if slices.Contains(one.rows, rows[i].ID) {
				rows[i].Tests = append(rows[i].Tests, one.name)
			}
		}
	}
	return rows
}

var checklist = []Row{
	{ID: "connection 1", Source: Client, Claim: "The first call of a connection is for the features; the version is three numbers and dots."},
	{ID: "connection 2", Source: Client, Claim: "Features are named in lower case; every call of persistent subscriptions is among them."},
	{ID: "connection 3", Source: Client, Claim: "Reads of a stream carry real positions, and subscriptions say that they have caught up."},
	{ID: "connection 4", Source: Reading, Claim: "What is not advertised is answered Unimplemented; clients do not call it."},
	{ID: "connection 5", Source: Client, Claim: "Gossip names one live leader with an address that can be dialled; every preference finds a server."},
	{ID: "connection 6", Source: Client, Claim: "Pings every few seconds on an idle connection are no offence."},
	{ID: "connection 7", Source: Client, Claim: "Messages of up to 17 MiB are taken; the limit of an append refuses them by name."},
	{ID: "connection 8", Source: Client, Claim: "Logins count over TLS only: a wrong one is Unauthenticated, none means anonymous."},
	{ID: "connection 9", Source: Reading, Claim: "A call that requires a leader is answered by a leader."},
	{ID: "connection 10", Source: Reading, Claim: "A deadline of centuries does no harm."},

	{ID: "append 1", Source: Client, Claim: "No expected revision is InvalidArgument; no events are a success that writes nothing."},
	{ID: "append 2", Source: Client, Claim: "An event needs an id, a type and a content type; exactly application/json is JSON; other keys are dropped."},
	{ID: "append 3", Source: Client, Claim: "Data, metadata and two bytes for each unit of the type may be 1 MiB in sum; the refusal names the limit."},
	{ID: "append 4", Source: Client, Claim: "What each expectation does to a stream in each state, and to a repeated append."},
	{ID: "append 5", Source: Client, Claim: "A wrong expected revision is an answer with status OK, in the fields of today and of 20.6."},
	{ID: "append 6", Source: Client, Claim: "A deleted stream is FailedPrecondition with the trailers exception and stream-name."},
	{ID: "append 7", Source: Reading, Claim: "A success tells the revision, never that there is no stream, and the position."},
	{ID: "append 8", Source: Client, Claim: "A softly deleted stream goes on at the next revision; $tb is set so, other metadata stay."},
	{ID: "append 9", Source: Client, Claim: "The events of an append are together or not there at all."},

	{ID: "position 1", Source: Client, Claim: "Commit and prepare position are the same and grow with every event."},
	{ID: "position 2", Source: Client, Claim: "$all forwards from a position includes it, backwards does not."},
	{ID: "position 3", Source: Client, Claim: "A subscription from a position or revision begins after it."},
	{ID: "position 4", Source: Reading, Claim: "A position that cannot be is refused with InvalidArgument."},

	{ID: "read 1", Source: Reading, Claim: "Ids come structured or as strings, as asked; a read that does not say is InvalidArgument."},
	{ID: "read 2", Source: Reading, Claim: "A counted read sends events and not-found, and nothing else."},
	{ID: "read 3", Source: Client, Claim: "Every event has id, stream, type, content type, and its time in units of 100 ns."},
	{ID: "read 4", Source: Client, Claim: "The position is that of the link where there is one."},
	{ID: "read 5", Source: Client, Claim: "A tombstone is an error, no stream is not-found, a stream with nothing left is empty."},
	{ID: "read 6", Source: Client, Claim: "$maxCount, $tb and $maxAge hide events in both directions."},
	{ID: "read 7", Source: Client, Claim: "Only the newest metadata are there; metadata that make no sense have no effect."},
	{ID: "read 8", Source: Client, Claim: "$all shows what streams hide, and hides what groups on $all write for themselves."},
	{ID: "read 9", Source: Client, Claim: "A link is resolved; one whose target is gone comes without an event; a malformed one as it is."},
	{ID: "read 10", Source: Client, Claim: "Filters by stream or type, prefix or expression; an expression that cannot be is refused."},
	{ID: "read 11", Source: Client, Claim: "A count of 0 brings nothing, a great one everything."},

	{ID: "subscription 1", Source: Client, Claim: "The confirmation with an id comes at once, also for a stream that is not there."},
	{ID: "subscription 2", Source: Client, Claim: "History, then caught-up, then what comes; each event once and in order."},
	{ID: "subscription 3", Source: Client, Claim: "With a filter a checkpoint comes for every so many events considered and before caught-up; without, never."},
	{ID: "subscription 4", Source: Client, Claim: "A tombstone ends a subscription with stream-deleted; a soft delete does not."},
	{ID: "subscription 5", Source: Client, Claim: "A subscription that ends says so once; the reader opens it again."},

	{ID: "delete 1", Source: Client, Claim: "A wrong revision is FailedPrecondition with stream, expected and actual version."},
	{ID: "delete 2", Source: Client, Claim: "A soft delete replaces all metadata by $tb; a stream that never was cannot be deleted."},
	{ID: "delete 3", Source: Client, Claim: "A tombstone is the event $streamDeleted at the last revision there is; also of a stream that never was."},
	{ID: "delete 4", Source: Client, Claim: "A tombstoned stream cannot be deleted again."},

	{ID: "error 1", Source: Client, Claim: "Errors come with the status and the trailers by which clients know them."},

	{ID: "access 1", Source: Reading, Claim: "$acl says by name or group who may read, write and delete; a refusal is PermissionDenied with access-denied."},
	{ID: "access 2", Source: Reading, Claim: "Streams that begin with $, and $all, are for administrators unless a list says otherwise."},
	{ID: "access 3", Source: Reading, Claim: "$mr and $mw are the rights to a stream's metadata, by either name."},
	{ID: "access 4", Source: Reading, Claim: "$settings holds the defaults; a stream's own list goes before them, operation by operation."},
	{ID: "access 5", Source: Reading, Claim: "Administrators and operators manage groups; who may read the stream may be a member."},

	{ID: "group 1", Source: Client, Claim: "A group is there once; what is missing, full or impossible is told by status and trailers."},
	{ID: "group 2", Source: Client, Claim: "A group begins at the start, after the end or at a revision; a change keeps its checkpoint and lets its members go."},
	{ID: "group 3", Source: Client, Claim: "A member holds as many events as it asked for; each that is done makes room."},
	{ID: "group 4", Source: Client, Claim: "Events are done by the id of the link; park, retry, skip and stop do what they say."},
	{ID: "group 5", Source: Reading, Claim: "Silence and a lost member mean again; again comes before new; an id under way is not sent twice."},
	{ID: "group 6", Source: Reading, Claim: "The checkpoint is an event, lies before all that is not done, and is where a restart goes on."},
	{ID: "group 7", Source: Client, Claim: "Parked events come again, all or up to one, counted anew, and leave the parked stream."},
	{ID: "group 8", Source: Client, Claim: "A group says how it stands in numbers that clients can read."},
	{ID: "group 9", Source: Reading, Claim: "Members in turn, one as long as it can, or one for each stream."},

	{ID: "own 1", Source: Own, Claim: "Of 32 writers on one exact revision one wins and 31 learn that they lost."},
}
