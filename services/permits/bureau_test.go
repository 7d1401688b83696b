package permits_test

import (
	"context"
	"crypto/ed25519"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/es/memstore"
	"shiyang/internal/es/reserve"
	"shiyang/internal/es/series"
	"shiyang/internal/law"
	"shiyang/internal/law/calendar"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits"
	"shiyang/services/permits/desk"
)

// The people of the tests.
var (
	firmID    = "0199c0de-0000-7000-8000-0000000000f1"
	firm      = es.Actor{ID: "0199c0de-0000-7000-8000-000000000101", Role: "firm_handler", Org: firmID}
	otherFirm = es.Actor{ID: "0199c0de-0000-7000-8000-000000000102", Role: "firm_handler", Org: "0199c0de-0000-7000-8000-0000000000f2"}
	clerk     = es.Actor{ID: "0199c0de-0000-7000-8000-000000000103", Role: "permit_clerk", County: "620602"}
	examiner  = es.Actor{ID: "0199c0de-0000-7000-8000-000000000104", Role: "permit_examiner", County: "620602"}
	decider   = es.Actor{ID: "0199c0de-0000-7000-8000-000000000105", Role: "permit_decider", County: "620600"}
	elsewhere = es.Actor{ID: "0199c0de-0000-7000-8000-000000000106", Role: "permit_clerk", County: "620621"}
	auditor   = es.Actor{ID: "0199c0de-0000-7000-8000-000000000107", Role: "auditor", County: "620600"}
	officers  = []string{"0199c0de-0000-7000-8000-000000000108", "0199c0de-0000-7000-8000-000000000109"}
)

// bureau is the whole service in one process: store in memory, views in
// SQLite, gRPC with its whole chain, and a clock that the test moves.
type bureau struct {
	permitsv1.PermitsServiceClient
	History commonv1.RecordHistoryServiceClient

	t       testing.TB
	server  *permits.Server
	store   *memstore.Store
	log     *readmodeltest.Log
	db      *readmodel.DB
	runner  *readmodel.Runner
	reactor *readmodel.Reactor
	ticker  *readmodel.Ticker
	issuer  *rpc.Issuer
	numbers *series.Allocator
	keys    *reserve.Keys

	mu  sync.Mutex
	now time.Time
}

// open starts a bureau at ten in the morning of a day. Appends pass through
// faulty, if there is one.
func open(t testing.TB, day string, faulty func(es.Store) es.Store) *bureau {
	t.Helper()
	return openWith(t, day, desk.Practice{}, faulty)
}

// openWith is open for a bureau with a practice of its own.
func openWith(t testing.TB, day string, practice desk.Practice, faulty func(es.Store) es.Store) *bureau {
	t.Helper()
	b := &bureau{t: t}
	b.goTo(day)
	codec := es.NewCodec(&estest.Keyring{})
	b.store = memstore.New(codec)
	b.log = readmodeltest.Follow(b.store)
	b.db = readmodeltest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "views.db"))
	store := es.Store(b.store)
	if faulty != nil {
		store = faulty(store)
	}
	b.numbers = series.New(store, series.Options{Now: b.clock})
	b.keys = reserve.New(store, reserve.Options{Now: b.clock})
	b.server = permits.NewServer(desk.Deps{
		Store: store, DB: b.db, Law: law.Embedded, Now: b.clock, Source: b.log, Codec: codec, Keys: b.keys, Numbers: b.numbers, Practice: practice,
	})
	b.runner = readmodel.NewRunner(b.db, b.log, codec, readmodel.Options{Now: b.clock}, permits.Projections(desk.Always(law.Embedded))...)
	b.reactor = readmodel.NewReactor(b.db, b.log, codec, readmodel.Options{Now: b.clock}, permits.Reactions(b.server)...)
	b.ticker = readmodel.NewTicker(b.clock, time.Hour, permits.Jobs(b.server)...)
	b.serve()
	b.settle() // the views are there
	return b
}

func (b *bureau) serve() {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	b.issuer = rpc.NewIssuer("1", private, "shiyang", time.Now)
	server := rpc.NewServer(rpc.ServerOptions{
		Tokens: rpc.NewVerifier(map[string]ed25519.PublicKey{"1": public}, "shiyang", time.Now),
		Logger: slog.New(slog.NewTextHandler(b.t.Output(), &slog.HandlerOptions{Level: slog.LevelError})),
	})
	b.server.Register(server)
	conn, err := rpc.Local(server)
	if err != nil {
		b.t.Fatal(err)
	}
	b.PermitsServiceClient, b.History = permitsv1.NewPermitsServiceClient(conn), commonv1.NewRecordHistoryServiceClient(conn)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = b.runner.Run(ctx) })
	running.Go(func() { _ = b.reactor.Run(ctx) })
	b.t.Cleanup(func() {
		cancel()
		running.Wait()
		_ = conn.Close()
		server.Stop()
		_ = b.numbers.Close()
	})
}

func (b *bureau) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

// goTo moves the clock to ten in the morning of a day in Wuwei.
func (b *bureau) goTo(day string) {
	d := law.MustParseDate(day)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = time.Date(d.Year, d.Month, d.Day, 10, 0, 0, 0, calendar.Shanghai())
}

// settle waits until views, reactions and ticker have nothing more to do.
func (b *bureau) settle() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), time.Minute)
	defer cancel()
	if err := readmodel.Settle(ctx, b.log, b.runner, b.reactor, b.ticker); err != nil {
		b.t.Fatal(err)
	}
}

// as is a call by somebody, with a new command id.
func (b *bureau) as(who es.Actor) context.Context {
	id, err := uuid.NewV7()
	if err != nil {
		b.t.Fatal(err)
	}
	return b.with(who, id.String())
}

// with is a call by somebody with a given command id.
func (b *bureau) with(who es.Actor, command string) context.Context {
	b.t.Helper()
	token, err := b.issuer.Issue(who)
	if err != nil {
		b.t.Fatal(err)
	}
	return rpc.WithCaller(b.t.Context(), rpc.Caller{CommandID: command}, token)
}

// receipt is any answer of a command.
type receipt interface{ GetReceipt() *commonv1.Receipt }

// done is the receipt of a command that has to succeed.
func done[R receipt](answer R, err error) func(*bureau) *commonv1.Receipt {
	return func(b *bureau) *commonv1.Receipt {
		b.t.Helper()
		if err != nil {
			b.t.Fatalf("%v: %+v", err, rpc.ProblemFrom(err))
		}
		return answer.GetReceipt()
	}
}

// refused checks the exact reason of a refusal and that nothing was written.
func (b *bureau) refused(reason string, do func() error) {
	b.t.Helper()
	b.settle() // what reactions still had to write
	before := b.store.Head()
	err := do()
	p := rpc.ProblemFrom(err)
	if p == nil || p.Reason != reason {
		b.t.Errorf("refused with %v, want %s", err, reason)
	}
	if p != nil && (p.Text.Zh == "" || p.Text.En == "") {
		b.t.Errorf("%s does not speak both languages", reason)
	}
	if after := b.store.Head(); after != before {
		b.t.Errorf("%s: something was written", reason)
	}
}
