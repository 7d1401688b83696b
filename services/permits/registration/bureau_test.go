package registration_test

import (
	"context"
	"crypto/ed25519"
	"io"
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
)

// bureau is the permits service with all departments in one process.
type bureau struct {
	permitsv1.RegistrationServiceClient
	Permits permitsv1.PermitsServiceClient
	History commonv1.RecordHistoryServiceClient

	t       *testing.T
	log     *readmodeltest.Log
	runner  *readmodel.Runner
	reactor *readmodel.Reactor
	ticker  *readmodel.Ticker
	issuer  *rpc.Issuer

	mu  sync.Mutex
	now time.Time
}

// open starts a bureau at ten in the morning of a day.
func open(t *testing.T, day string, practice desk.Practice) *bureau {
	t.Helper()
	b := &bureau{t: t}
	b.goTo(day)
	codec := es.NewCodec(&estest.Keyring{})
	store := memstore.New(codec)
	b.log = readmodeltest.Follow(store)
	db := readmodeltest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "views.db"))
	numbers := series.New(store, series.Options{Now: b.clock})
	service := permits.NewServer(desk.Deps{
		Store: store, DB: db, Law: law.Embedded, Now: b.clock, Source: b.log, Codec: codec, Practice: practice,
		Keys: reserve.New(store, reserve.Options{Now: b.clock}), Numbers: numbers,
	})
	b.runner = readmodel.NewRunner(db, b.log, codec, readmodel.Options{Now: b.clock}, permits.Projections(desk.Always(law.Embedded))...)
	b.reactor = readmodel.NewReactor(db, b.log, codec, readmodel.Options{Now: b.clock}, permits.Reactions(service)...)
	b.ticker = readmodel.NewTicker(b.clock, time.Hour, permits.Jobs(service)...)
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	b.issuer = rpc.NewIssuer("1", private, "shiyang", time.Now)
	server := rpc.NewServer(rpc.ServerOptions{
		Tokens: rpc.NewVerifier(map[string]ed25519.PublicKey{"1": public}, "shiyang", time.Now), Logger: slog.New(slog.DiscardHandler),
	})
	service.Register(server)
	conn, err := rpc.Local(server)
	if err != nil {
		t.Fatal(err)
	}
	b.RegistrationServiceClient, b.Permits = permitsv1.NewRegistrationServiceClient(conn), permitsv1.NewPermitsServiceClient(conn)
	b.History = commonv1.NewRecordHistoryServiceClient(conn)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = b.runner.Run(ctx) })
	running.Go(func() { _ = b.reactor.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
		_ = conn.Close()
		server.Stop()
		_ = numbers.Close()
	})
	b.settle() // the views are there
	return b
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
	b.t.Helper()
	token, err := b.issuer.Issue(who)
	if err != nil {
		b.t.Fatal(err)
	}
	return rpc.WithCaller(b.t.Context(), rpc.Caller{CommandID: uuid.Must(uuid.NewV7()).String()}, token)
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

// refused checks the exact reason of a refusal.
func (b *bureau) refused(err error, reason string) {
	b.t.Helper()
	p := rpc.ProblemFrom(err)
	if p == nil || p.Reason != reason || p.Text.Zh == "" || p.Text.En == "" {
		b.t.Errorf("refused with %v, want %s", err, reason)
	}
}

// site registers a site of the firm and returns its id.
func (b *bureau) site() string {
	b.t.Helper()
	return done(b.Permits.RegisterFacility(b.as(firm), &permitsv1.RegisterFacilityRequest{EnterpriseId: firmID, Site: &permitsv1.SiteContent{
		UnitName: "凉州示例供热站", Uscc: sampleUSCC, SiteAddress: "凉州区示例路1号", Division: "620602", Industry: "4430", Example: true,
	}}))(b).GetRecordId()
}

// decide records the tier that one column of row 96 leads to.
func (b *bureau) decide(site string, column permitsv1.ListColumn) *commonv1.Receipt {
	b.t.Helper()
	return done(b.DecideTier(b.as(firm), &permitsv1.DecideTierRequest{FacilityId: site, Answers: &permitsv1.TierAnswers{
		Industries: []*permitsv1.RowAnswer{{Row: 96, Column: column}},
	}}))(b)
}

// history is what happened to a record, as a caller may read it.
func (b *bureau) history(who es.Actor, category, id string) (sentences []string, err error) {
	b.t.Helper()
	stream, err := b.History.History(b.as(who), &commonv1.HistoryRequest{Category: category, Id: id})
	for err == nil {
		var e *commonv1.HistoryResponse
		if e, err = stream.Recv(); err == nil {
			sentences = append(sentences, e.GetSentence().GetZh())
		}
	}
	if err == io.EOF { //nolint:errorlint // the stream ends with it as it is
		err = nil
	}
	return sentences, err
}
