package identity_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"shiyang/gateway/identity"
	"shiyang/gateway/identity/secrets"
	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/es/reserve"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
)

// clock is the time of a test.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// office is a running identity service behind the whole chain of rpc, with
// its read model kept by a real runner.
type office struct {
	t       *testing.T
	clock   *clock
	log     *readmodeltest.Log
	service *identity.Service
	client  identityv1.IdentityServiceClient
	history commonv1.RecordHistoryServiceClient
	db      *readmodel.DB
	codec   *es.Codec
	admin   *user  // the first administrator, once there is one
	last    uint64 // position of the last command
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, clock: &clock{now: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)}}
	codec := es.NewCodec(&estest.Keyring{})
	o.log = readmodeltest.NewLog(codec)
	db := readmodeltest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "views.db"))
	o.db, o.codec = db, codec
	vault, err := secrets.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "secrets.db"), secrets.Options{
		Now: o.clock.Now, Params: secrets.Params{MemoryKiB: 64, Time: 1, Threads: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Close() })
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	o.service, err = identity.New(t.Context(), identity.Deps{
		Store: o.log.Store, DB: db, Keys: reserve.New(o.log.Store, reserve.Options{Now: o.clock.Now}), Secrets: vault,
		Tokens: rpc.NewIssuer("k", key, rpc.DefaultAudience, o.clock.Now), Law: law.Embedded, Now: o.clock.Now,
		Source: o.log, Codec: codec,
	})
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	runner := readmodel.NewRunner(db, o.log, codec, readmodel.Options{Logger: quiet, Now: o.clock.Now}, identity.Projections()...)
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { _ = runner.Run(ctx) })
	t.Cleanup(func() { stop(); work.Wait() })
	for runner.Ready() != nil { // the tables are being made
		select {
		case <-time.After(time.Millisecond):
		case <-t.Context().Done():
			t.Fatal("the runner never got ready")
		}
	}
	server := rpc.NewServer(rpc.ServerOptions{
		Logger: quiet, Now: o.clock.Now,
		Tokens: rpc.NewVerifier(map[string]ed25519.PublicKey{"k": key.Public().(ed25519.PublicKey)}, rpc.DefaultAudience, o.clock.Now),
	})
	identityv1.RegisterIdentityServiceServer(server, o.service)
	commonv1.RegisterRecordHistoryServiceServer(server, o.service)
	conn, err := rpc.Local(server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(); server.Stop() })
	o.client, o.history = identityv1.NewIdentityServiceClient(conn), commonv1.NewRecordHistoryServiceClient(conn)
	return o
}

// user is somebody who signs in.
type user struct {
	*office
	id, login, password string
	token               string // of the session
}

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// nobody is a call without sign-in.
func (o *office) nobody(commandID string) context.Context {
	return rpc.WithCaller(o.t.Context(), rpc.Caller{CommandID: commandID}, "")
}

// done notes the position of a command that must have worked.
func (o *office) done(r *commonv1.Receipt, err error) *commonv1.Receipt {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
	o.last = max(o.last, r.GetPosition())
	return r
}

func (o *office) register(login string) *user {
	o.t.Helper()
	u := &user{office: o, id: newID(), login: login, password: secrets.GeneratePassword()}
	r, err := o.client.RegisterAccount(o.nobody(u.id), &identityv1.RegisterAccountRequest{
		Login: login, Password: u.password, Person: &commonv1.Person{Name: "人员" + login, Phone: "13900000000"},
	})
	o.done(r.GetReceipt(), err)
	return u
}

// administrator is the first one.
func (o *office) administrator() *user {
	o.t.Helper()
	password, err := o.service.Bootstrap(o.t.Context(), "sysadmin", &commonv1.Person{Name: "管理员"})
	if err != nil {
		o.t.Fatal(err)
	}
	o.admin = (&user{office: o, login: "sysadmin", password: password}).signIn()
	return o.admin
}

func (u *user) signIn() *user {
	u.t.Helper()
	session, err := u.service.SignIn(u.t.Context(), u.login, u.password, "10.0.0.1")
	if err != nil {
		u.t.Fatal(err)
	}
	u.token = session.Token
	if u.id == "" {
		u.id = u.caller().Actor.ID
	}
	return u
}

// seat signs in and takes the seat, after the directory has caught up.
func (u *user) seat(seatID string) *user {
	u.t.Helper()
	u.signIn()
	session, err := u.service.SwitchSeat(u.t.Context(), u.token, seatID)
	if err != nil {
		u.t.Fatal(err)
	}
	u.token = session.Token
	return u
}

func (u *user) caller() rpc.Caller {
	u.t.Helper()
	caller, _, err := u.service.Actor(u.t.Context(), u.token)
	if err != nil {
		u.t.Fatal(err)
	}
	return caller
}

// does is the context of the user's next command.
func (u *user) does() context.Context { return u.sends(newID()) }

func (u *user) sends(commandID string) context.Context {
	u.t.Helper()
	_, token, err := u.service.Actor(u.t.Context(), u.token)
	if err != nil {
		u.t.Fatal(err)
	}
	return rpc.WithCaller(u.t.Context(), rpc.Caller{CommandID: commandID}, token)
}

func (u *user) grant(to *user, role, county string) error {
	r, err := u.client.GrantStaffRole(u.does(), &identityv1.GrantStaffRoleRequest{
		AccountId: to.id, Role: role, County: county, Reason: "任命",
	})
	u.last = max(u.last, r.GetReceipt().GetPosition())
	return err
}

// staff registers somebody with a duty and signs in.
func (u *user) staff(login, role, county string) *user {
	u.t.Helper()
	s := u.register(login)
	if err := u.grant(s, role, county); err != nil {
		u.t.Fatal(err)
	}
	return s.signIn()
}

// want checks the reason of a refusal.
func want(t *testing.T, err error, reason string) {
	t.Helper()
	var p *problem.Error
	if err != nil {
		p = rpc.ProblemFrom(err)
	}
	switch {
	case reason == "" && err != nil:
		t.Errorf("refused: %v", err)
	case reason != "" && (p == nil || p.Reason != reason):
		t.Errorf("got %v, want %s", err, reason)
	case p != nil && (p.Text.Zh == "" || p.Text.En == ""):
		t.Errorf("%s has no words in both languages", p.Reason)
	}
}

// wantField checks the reason of the only wrong field.
func wantField(t *testing.T, err error, path, value, reason string) {
	t.Helper()
	p, ok := errors.AsType[*problem.Error](err)
	if !ok {
		p = rpc.ProblemFrom(err)
	}
	if p == nil || len(p.Errors) != 1 || p.Errors[0].Path != path || p.Errors[0].Value != value || p.Errors[0].Reason != reason {
		t.Errorf("got %v, want %s %q %s", err, path, value, reason)
	}
}
