package eia_test

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
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/eia"
	"shiyang/services/permits/zoning"
)

// The people of the tests.
var (
	builder   = es.Actor{ID: "0199c0de-0000-7000-8000-000000000101", Role: "firm_handler", Org: "0199c0de-0000-7000-8000-0000000000f1"}
	stranger  = es.Actor{ID: "0199c0de-0000-7000-8000-000000000102", Role: "firm_handler", Org: "0199c0de-0000-7000-8000-0000000000f2"}
	clerk     = es.Actor{ID: "0199c0de-0000-7000-8000-000000000103", Role: "permit_clerk", County: "620602"}
	examiner  = es.Actor{ID: "0199c0de-0000-7000-8000-000000000104", Role: "permit_examiner", County: "620602"}
	decider   = es.Actor{ID: "0199c0de-0000-7000-8000-000000000105", Role: "permit_decider", County: "620600"}
	elsewhere = es.Actor{ID: "0199c0de-0000-7000-8000-000000000106", Role: "permit_clerk", County: "620621"}
	head      = es.Actor{ID: "0199c0de-0000-7000-8000-000000000108", Role: "head", County: "620600"}
	auditor   = es.Actor{ID: "0199c0de-0000-7000-8000-000000000107", Role: "auditor", County: "620600"}
)

// screens answers every project alike.
type screens permitsv1.ScreeningVerdict

func (s screens) Screen(context.Context, *permitsv1.ScreenProjectRequest) (*permitsv1.Screening, error) {
	return &permitsv1.Screening{EditionId: "0199c0de-0000-7000-8000-0000000000c1", Version: "示例", Verdict: permitsv1.ScreeningVerdict(s)}, nil
}

// bureau is the department in one process: store in memory, views in SQLite,
// gRPC with its whole chain, and a clock that the test moves.
type bureau struct {
	permitsv1.EiaServiceClient
	zoning  permitsv1.ZoningServiceClient
	t       *testing.T
	log     *readmodeltest.Log
	runner  *readmodel.Runner
	reactor *readmodel.Reactor
	ticker  *readmodel.Ticker
	issuer  *rpc.Issuer
	mu      sync.Mutex
	now     time.Time
}

// open starts a bureau that screens every project alike or, without a verdict,
// as its own zoning department does.
func open(t *testing.T, day string, verdict permitsv1.ScreeningVerdict) *bureau {
	t.Helper()
	b := &bureau{t: t}
	b.goTo(day)
	codec := es.NewCodec(&estest.Keyring{})
	store := memstore.New(codec)
	b.log = readmodeltest.Follow(store)
	db := readmodeltest.Open(t, "sqlite:"+filepath.Join(t.TempDir(), "views.db"))
	numbers := series.New(store, series.Options{Now: b.clock})
	deps := desk.Deps{
		Store: store, DB: db, Law: law.Embedded, Now: b.clock, Source: b.log, Codec: codec, Numbers: numbers,
		Keys: reserve.New(store, reserve.Options{Now: b.clock}),
	}
	zones := zoning.NewServer(deps)
	screener := eia.Screener(zones)
	if verdict != 0 {
		screener = screens(verdict)
	}
	server := eia.NewServer(deps, screener)
	book := desk.Always(law.Embedded)
	b.runner = readmodel.NewRunner(db, b.log, codec, readmodel.Options{Now: b.clock}, append(eia.Projections(book), zoning.Projections(book)...)...)
	b.reactor = readmodel.NewReactor(db, b.log, codec, readmodel.Options{Now: b.clock}, eia.Reactions(server)...)
	b.ticker = readmodel.NewTicker(b.clock, time.Hour, eia.Jobs(server)...)
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	b.issuer = rpc.NewIssuer("1", private, "shiyang", time.Now)
	grpc := rpc.NewServer(rpc.ServerOptions{
		Tokens: rpc.NewVerifier(map[string]ed25519.PublicKey{"1": public}, "shiyang", time.Now),
		Logger: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError})),
	})
	permitsv1.RegisterEiaServiceServer(grpc, server)
	permitsv1.RegisterZoningServiceServer(grpc, zones)
	conn, err := rpc.Local(grpc)
	if err != nil {
		t.Fatal(err)
	}
	b.EiaServiceClient, b.zoning = permitsv1.NewEiaServiceClient(conn), permitsv1.NewZoningServiceClient(conn)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = b.runner.Run(ctx) })
	running.Go(func() { _ = b.reactor.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
		_ = conn.Close()
		grpc.Stop()
		_ = numbers.Close()
	})
	b.settle()
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
	id, err := uuid.NewV7()
	if err != nil {
		b.t.Fatal(err)
	}
	token, err := b.issuer.Issue(who)
	if err != nil {
		b.t.Fatal(err)
	}
	return rpc.WithCaller(b.t.Context(), rpc.Caller{CommandID: id.String()}, token)
}

func (b *bureau) ok(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatalf("%v: %+v", err, rpc.ProblemFrom(err))
	}
	b.settle()
}

func (b *bureau) refused(reason string, err error) {
	b.t.Helper()
	if p := rpc.ProblemFrom(err); p == nil || p.Reason != reason {
		b.t.Errorf("refused with %v, want %s", err, reason)
	}
}

func (b *bureau) opened(document permitsv1.EiaDocument, previous string) string {
	b.t.Helper()
	answer, err := b.OpenEia(b.as(builder), &permitsv1.OpenEiaRequest{
		Division: "620602", Builder: "示例饲料有限公司", Uscc: "91620602MA7X2C8K89", Document: document, PreviousEiaId: previous, Example: true,
	})
	b.ok(err)
	return answer.GetReceipt().GetRecordId()
}

// formProject is a project that needs a form, new and without a park.
func formProject() *permitsv1.EiaProject {
	p := sampleProject()
	p.Nature, p.OverrideReason, p.ParkId = permitsv1.ProjectNature_PROJECT_NATURE_NEW, "", ""
	p.Answers = &permitsv1.EiaAnswers{MeetsForm: true}
	p.Compiler.Id = ""
	p.Attachments = append(p.Attachments, sampleFile("promise"))
	return p
}

// toDecide brings a file from filing on 2026-09-14 to the eve of its decision.
func (b *bureau) toDecide(id string) {
	b.t.Helper()
	b.goTo("2026-09-14")
	_, err := b.SubmitEia(b.as(builder), &permitsv1.SubmitEiaRequest{EiaId: id, Project: formProject()})
	b.ok(err)
	b.goTo("2026-09-15")
	_, err = b.AcceptEia(b.as(clerk), &permitsv1.AcceptEiaRequest{EiaId: id, Promised: []string{"总量指标来源说明"}, PromiseDue: day("2026-09-28")})
	b.ok(err)
	_, err = b.PublishEiaAcceptance(b.as(clerk), &permitsv1.PublishEiaAcceptanceRequest{EiaId: id, From: day("2026-09-15"), Url: "https://example.org/1"})
	b.ok(err)
	_, err = b.PauseEiaClock(b.as(examiner), &permitsv1.PauseEiaClockRequest{EiaId: id, Kind: "technical_assessment", From: day("2026-09-16")})
	b.ok(err)
	b.goTo("2026-09-22")
	_, err = b.ResumeEiaClock(b.as(examiner), &permitsv1.ResumeEiaClockRequest{EiaId: id, Last: day("2026-09-22"), Finding: "可行"})
	b.ok(err)
	_, err = b.SupplyPromised(b.as(builder), &permitsv1.SupplyPromisedRequest{EiaId: id, Items: []string{"总量指标来源说明"}, Attachments: formProject().GetAttachments()[:1]})
	b.ok(err)
	_, err = b.ReportEiaExamination(b.as(examiner), &permitsv1.ReportEiaExaminationRequest{EiaId: id, RecommendApproval: true, Opinion: "可行"})
	b.ok(err)
	_, err = b.PublishEiaIntention(b.as(clerk), &permitsv1.PublishEiaIntentionRequest{EiaId: id, From: day("2026-09-22"), Url: "https://example.org/2"})
	b.ok(err)
	b.goTo("2026-10-12")
}
