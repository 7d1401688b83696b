// Package identity keeps who may act, for whom and where: accounts, duties of
// the bureau, firms and their members, sign-in and sessions.
//
//	sign-in ─▶ session (opaque, in a database) ─▶ Actor: seat checked against
//	the aggregates ─▶ signed actor token, two minutes ─▶ services
//
// Facts are events (account, firm, onboarding); passwords and sessions are
// not (secrets). Views (directory) find candidates for lists and seats, but
// every token and every command asks the aggregates themselves, so that a
// revoked right ends at once, in other processes within two seconds.
//
// It may import internal/es, internal/history, internal/readmodel, internal/rpc, internal/law,
// internal/problem and the contracts. Start reading with [Service.Actor] (how
// a session becomes authority), then accounts.go and firms.go (the commands).
package identity

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"shiyang/gateway/identity/account"
	"shiyang/gateway/identity/directory"
	"shiyang/gateway/identity/firm"
	"shiyang/gateway/identity/onboarding"
	"shiyang/gateway/identity/secrets"
	"shiyang/internal/es"
	"shiyang/internal/es/reserve"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	"shiyang/internal/readmodel"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
)

// Deps is what the service stands on. Logger and Now may be left out.
type Deps struct {
	Store   es.Store
	DB      *readmodel.DB
	Keys    *reserve.Keys
	Secrets *secrets.Store
	Tokens  *rpc.Issuer
	Law     func() *law.Book // names of divisions
	Now     func() time.Time
	Logger  *slog.Logger
	Source  readmodel.Source  // the log, to compare the view with a replay
	Codec   readmodel.Decoder // of its events
}

// Service implements the IdentityService of the contract, RecordHistoryService
// for its own records, and the sign-in of the gateway. It is safe for concurrent use.
type Service struct {
	identityv1.UnimplementedIdentityServiceServer
	commonv1.UnimplementedRecordHistoryServiceServer

	accounts     *es.Repository[account.Account]
	firms        *es.Repository[firm.Firm]
	applications *es.Repository[onboarding.Application]
	directory    *directory.Directory
	keys         *reserve.Keys
	secrets      *secrets.Store
	tokens       *rpc.Issuer
	cursors      *readmodel.Cursors
	law          func() *law.Book
	now          func() time.Time
	log          *slog.Logger
	db           *readmodel.DB
	source       readmodel.Source
	codec        readmodel.Decoder
}

// New returns the service. It fails if the database of secrets does.
func New(ctx context.Context, d Deps) (*Service, error) {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Logger == nil {
		d.Logger = slog.Default()
	}
	key, err := d.Secrets.Random(ctx, "cursors", 32)
	if err != nil {
		return nil, fmt.Errorf("start identity: %w", err)
	}
	cursors, err := readmodel.NewCursors(key)
	if err != nil {
		return nil, fmt.Errorf("start identity: %w", err)
	}
	o := es.Options{Now: d.Now}
	return &Service{
		accounts:     es.NewRepository[account.Account](account.Category, d.Store, o),
		firms:        es.NewRepository[firm.Firm](firm.Category, d.Store, o),
		applications: es.NewRepository[onboarding.Application](onboarding.Category, d.Store, o),
		directory:    directory.New(d.DB), keys: d.Keys, secrets: d.Secrets, tokens: d.Tokens,
		cursors: cursors, law: d.Law, now: d.Now, log: d.Logger, db: d.DB, source: d.Source, codec: d.Codec,
	}, nil
}

// Projections are the read models that a runner keeps for this service.
func Projections() []readmodel.Projection { return []readmodel.Projection{directory.Projection} }

// Categories are the stream categories of this service.
func Categories() []string {
	return []string{account.Category, firm.Category, onboarding.Category}
}

func (s *Service) today() law.Date { return law.DateOf(s.now()) }

// present returns the caller after checking, against the aggregates, that the
// account is in use and still holds the seat that the token names: a token
// outlives a revocation by up to two minutes, a right does not.
func (s *Service) present(ctx context.Context) (rpc.Caller, account.Account, error) {
	caller, ok := rpc.CallerFrom(ctx)
	if !ok {
		return caller, account.Account{}, rpc.ErrSignIn
	}
	role := rpc.Role(caller.Actor.Role)
	if role == rpc.Public || role == rpc.System {
		return caller, account.Account{}, nil
	}
	a, err := s.accountNow(ctx, caller.Actor.ID)
	if err != nil {
		return caller, a, fmt.Errorf("load caller: %w", err)
	}
	if !a.Active() {
		return caller, a, rpc.ErrSignIn
	}
	switch {
	case role.Staff() && !a.Holds(account.Duty{Role: caller.Actor.Role, County: caller.Actor.County}):
		return caller, a, rpc.ErrNotYourRole
	case role.Firm():
		f, err := s.firmNow(ctx, caller.Actor.Org)
		if err != nil {
			return caller, a, fmt.Errorf("load firm of caller: %w", err)
		}
		if err := s.stillMember(caller, f); err != nil {
			return caller, a, err
		}
	}
	return caller, a, nil
}

// stillMember refuses a caller in a firm role that the firm no longer gives.
func (s *Service) stillMember(caller rpc.Caller, f firm.Firm) error {
	if m := f.Members[caller.Actor.ID]; m.Role != caller.Actor.Role || !m.Active(s.today()) {
		return rpc.ErrNotYourRole
	}
	return nil
}

// receipt is the answer to a command.
func receipt(r es.Receipt) *commonv1.Receipt {
	return &commonv1.Receipt{
		RecordId: r.ID, Revision: uint64(r.Revision), Position: uint64(r.Position),
		Repeated: r.Repeated, Warnings: rpc.FieldMessages(r.Warnings),
	}
}

// refused reports whether the error is a final answer of the rules.
func refused(err error) bool {
	p, ok := errors.AsType[*problem.Error](err)
	return ok && p.Kind != problem.Unavailable && p.Kind != problem.Conflict
}
