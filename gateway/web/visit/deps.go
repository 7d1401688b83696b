package visit

import (
	"context"
	"io"
	"log/slog"
	"time"

	"shiyang/internal/rpc"
	auditv1 "shiyang/proto/audit/v1"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
)

// Session is a signed-in person as the pages see one.
type Session struct {
	Account string             // account id
	Login   string             // sign-in name
	Name    string             // of the person
	Seats   []*identityv1.Seat // capacities, in the order to offer them
	Seat    string             // id of the capacity in use; empty: none
	Token   string             // actor token for the calls of one request
}

// Opened is a session that was opened or changed: its new secret id goes into
// the cookie.
type Opened struct {
	ID      string
	Expires time.Time
}

// Sessions keeps who is signed in. Ids are unguessable secrets. Failures
// meant for people are problems; an id that is unknown, expired or ended is
// answered with a problem of kind Unknown. Safe for concurrent use.
type Sessions interface {
	// SignIn opens a session for login and password. remote is the address of
	// the browser, for the lock after repeated failures.
	SignIn(ctx context.Context, login, password, remote string) (Opened, error)
	// Session returns the person of a session with a fresh actor token.
	Session(ctx context.Context, id string) (Session, error)
	// SwitchSeat makes another capacity the one in use and renews the id; the
	// old id ends.
	SwitchSeat(ctx context.Context, id, seatID string) (Opened, error)
	// SignOut ends a session; an id that is unknown is no error.
	SignOut(ctx context.Context, id string) error
}

// Draft names the draft of one person for one application.
type Draft struct {
	Account string // owner
	Permit  string // the application it is for
}

// Drafts keeps applications that are not filed yet. Drafts are no events: they
// may be lost without harm to any record.
type Drafts interface {
	// Load returns what was saved last; nil if there is nothing.
	Load(ctx context.Context, d Draft) ([]byte, error)
	// Save replaces the draft; a problem of kind TooLarge refuses too much.
	Save(ctx context.Context, d Draft, body []byte) error
	// Delete removes the draft; one that does not exist is no error.
	Delete(ctx context.Context, d Draft) error
}

// Attachments stores files before the command that refers to them.
type Attachments interface {
	// Put stores the content under its hash and answers what was found. owner
	// is the account that uploads, title the file's name for people, kind what
	// it is ("licence", "eia-approval"). A content that is too large or of a
	// type that is not allowed is refused with a problem.
	Put(ctx context.Context, owner, title, kind string, content io.Reader) (*commonv1.Attachment, error)
	// Check refuses a reference to a file that this owner did not upload, or
	// that says something else than was found.
	Check(ctx context.Context, owner string, a *commonv1.Attachment) error
	// Open reads a file for its owner or for somebody who may see a record
	// that refers to it; the caller closes it. Not yours to see and not there
	// are the same answer.
	Open(ctx context.Context, caller rpc.Caller, hash string) (*commonv1.Attachment, io.ReadCloser, error)
}

// Deps is what every visit can use. A department's own client is not here:
// its Pages function takes it.
type Deps struct {
	Identity    identityv1.IdentityServiceClient // names of who acted, colleagues
	Audit       auditv1.AuditServiceClient       // histories and past states
	Sessions    Sessions
	Drafts      Drafts
	Attachments Attachments
	Now         func() time.Time
	NewID       func() string // UUIDv7, for command ids
	Logger      *slog.Logger
	Secure      bool // the browser comes over TLS: cookie with the __Host- prefix
}
