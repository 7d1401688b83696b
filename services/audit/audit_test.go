package audit_test

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/es/memstore"
	"shiyang/internal/history"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
	"shiyang/internal/rpc"
	auditv1 "shiyang/proto/audit/v1"
	commonv1 "shiyang/proto/common/v1"
	"shiyang/services/audit"
)

// ledger is another service: it keeps doors, whose records are folded like any
// other, and lets in nobody but auditors.
type ledger struct {
	commonv1.UnimplementedRecordHistoryServiceServer
	doors *es.Repository[door]
}

type door struct{ last string }

func (d door) Evolve(f es.Fact) door {
	if e, ok := f.Event.(*commonv1.NumberVoided); ok {
		d.last = e.GetReason()
	}
	return d
}

func (l *ledger) keeper() history.Keeper[door] {
	return history.Keeper[door]{
		Records: l.doors.History, Sentence: func(es.Event) problem.Text { return problem.Text{Zh: "开门", En: "opened"} },
		Form: func(id string, d door) proto.Message { return &commonv1.Change{Path: id, After: d.last} },
	}
}

func (l *ledger) Categories(context.Context, *commonv1.CategoriesRequest) (*commonv1.CategoriesResponse, error) {
	return &commonv1.CategoriesResponse{Categories: []string{"door"}}, nil
}

func (l *ledger) History(r *commonv1.HistoryRequest, stream commonv1.RecordHistoryService_HistoryServer) error {
	if who, ok := rpc.CallerFrom(stream.Context()); !ok || who.Actor.ID != auditor.ID {
		return problem.ErrNotFound
	}
	for e, err := range l.keeper().Events(stream.Context(), r.GetId(), false) {
		if err != nil {
			return err
		}
		if err := stream.Send(e); err != nil {
			return err
		}
	}
	return nil
}

func (l *ledger) StateAt(ctx context.Context, r *commonv1.StateAtRequest) (*commonv1.StateAtResponse, error) {
	if who, ok := rpc.CallerFrom(ctx); !ok || who.Actor.ID != auditor.ID {
		return nil, problem.ErrNotFound
	}
	cut := history.Cut{Position: es.Position(r.GetPosition())}
	if r.GetHappenedBy() != nil {
		cut.HappenedBy = r.GetHappenedBy().AsTime()
	}
	if r.GetRecordedBy() != nil {
		cut.RecordedBy = r.GetRecordedBy().AsTime()
	}
	return l.keeper().StateAt(ctx, r.GetId(), cut, false)
}

func (l *ledger) CheckViews(_ *commonv1.CheckViewsRequest, stream commonv1.RecordHistoryService_CheckViewsServer) error {
	return stream.Send(&commonv1.CheckViewsResponse{View: "doors_v1", Equal: true})
}

var (
	auditor = es.Actor{ID: "0199c0de-0000-7000-8000-000000000107", Role: "auditor", County: "620600"}
	clerk   = es.Actor{ID: "0199c0de-0000-7000-8000-000000000103", Role: "permit_clerk", County: "620602"}
	monday  = time.Date(2026, 9, 7, 2, 0, 0, 0, time.UTC)
)

// office is the audit service beside the ledger, each behind its own gRPC
// chain.
type office struct {
	auditv1.AuditServiceClient
	t      *testing.T
	store  *memstore.Store
	runner *readmodel.Runner
	log    *readmodeltest.Log
	issuer *rpc.Issuer
	views  string
	doors  *es.Repository[door]
	now    time.Time
}

func open(t *testing.T, more ...audit.Part) *office {
	t.Helper()
	codec := es.NewCodec(&estest.Keyring{})
	o := &office{t: t, store: memstore.New(codec), views: filepath.Join(t.TempDir(), "views.db"), now: monday}
	o.log = readmodeltest.Follow(o.store)
	clock := func() time.Time { return o.now }
	db := readmodeltest.Open(t, "sqlite:"+o.views)
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	o.issuer = rpc.NewIssuer("1", private, "shiyang", time.Now)
	tokens := rpc.NewVerifier(map[string]ed25519.PublicKey{"1": public}, "shiyang", time.Now)
	o.doors = es.NewRepository[door]("door", o.store, es.Options{Now: clock})
	beside := o.serve(tokens, func(s *grpc.Server) { commonv1.RegisterRecordHistoryServiceServer(s, &ledger{doors: o.doors}) })
	service := audit.NewServer(audit.Deps{
		Store: o.store, DB: db, Law: law.Embedded, Source: o.log, Codec: codec, Now: clock,
		Parts: append(more, audit.Part{Name: "ledger", History: commonv1.NewRecordHistoryServiceClient(beside)}),
	})
	o.AuditServiceClient = auditv1.NewAuditServiceClient(o.serve(tokens, func(s *grpc.Server) { auditv1.RegisterAuditServiceServer(s, service) }))
	o.runner = readmodel.NewRunner(db, o.log, codec, readmodel.Options{}, audit.Projections()...)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = o.runner.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	return o
}

func (o *office) serve(tokens rpc.Verifier, register func(*grpc.Server)) *grpc.ClientConn {
	server := rpc.NewServer(rpc.ServerOptions{Tokens: tokens, Logger: slog.New(slog.DiscardHandler)})
	register(server)
	conn, err := rpc.Local(server)
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { _ = conn.Close(); server.Stop() })
	return conn
}

func (o *office) as(who es.Actor) context.Context {
	o.t.Helper()
	token, err := o.issuer.Issue(who)
	if err != nil {
		o.t.Fatal(err)
	}
	return rpc.WithCaller(o.t.Context(), rpc.Caller{CommandID: uuid.NewString()}, token)
}

func (o *office) settle() {
	o.t.Helper()
	if err := readmodel.Settle(o.t.Context(), o.log, o.runner, nil, nil); err != nil {
		o.t.Fatal(err)
	}
}

// openDoor writes three events: on Monday, on Wednesday, and on Thursday one
// that happened on Tuesday.
func (o *office) openDoor() (id string) {
	o.t.Helper()
	id = uuid.NewString()
	for _, e := range []struct {
		recorded, occurred int
		reason             string
	}{{0, 0, "monday"}, {2, 2, "wednesday"}, {3, 1, "tuesday"}} {
		o.now = monday.AddDate(0, 0, e.recorded)
		meta := es.Meta{CommandID: uuid.NewString(), Actor: clerk, OccurredAt: monday.AddDate(0, 0, e.occurred)}
		if _, err := o.doors.Execute(o.t.Context(), id, meta, unlock{e.reason}); err != nil {
			o.t.Fatal(err)
		}
	}
	return id
}

type unlock struct{ reason string }

func (c unlock) Decide(door) ([]es.Event, error) {
	return []es.Event{&commonv1.NumberVoided{Serial: 1, Reason: c.reason}}, nil
}

func TestHistoryOfAnotherService(t *testing.T) {
	o := open(t)
	id := o.openDoor()
	first, err := o.GetHistory(o.as(auditor), &auditv1.GetHistoryRequest{Category: "door", Id: id, PageSize: 2})
	if err != nil || len(first.GetEvents()) != 2 || first.GetNext() != 2 {
		t.Fatalf("%v %v", first, err)
	}
	rest, err := o.GetHistory(o.as(auditor), &auditv1.GetHistoryRequest{Category: "door", Id: id, After: first.GetNext()})
	if err != nil || len(rest.GetEvents()) != 1 || rest.GetNext() != 0 {
		t.Fatalf("%v %v", rest, err)
	}
	e := rest.GetEvents()[0]
	if e.GetActorId() != clerk.ID || e.GetChanges()[0].GetBefore() != "wednesday" || !e.GetOccurredAt().AsTime().Before(e.GetRecordedAt().AsTime()) {
		t.Errorf("got %v", e)
	}
	for name, call := range map[string]func() error{
		"not yours": func() error {
			_, err := o.GetHistory(o.as(clerk), &auditv1.GetHistoryRequest{Category: "door", Id: id})
			return err
		},
		"unknown category": func() error {
			_, err := o.GetHistory(o.as(auditor), &auditv1.GetHistoryRequest{Category: "window", Id: id})
			return err
		},
		"unknown record": func() error {
			_, err := o.GetHistory(o.as(auditor), &auditv1.GetHistoryRequest{Category: "door", Id: uuid.NewString()})
			return err
		},
	} {
		if p := rpc.ProblemFrom(call()); p == nil || p.Reason != "NOT_FOUND" {
			t.Errorf("%s: %v", name, p)
		}
	}
}

func TestStateAtAnyInstant(t *testing.T) {
	o := open(t)
	id := o.openDoor()
	at := func(days int) *timestamppb.Timestamp { return timestamppb.New(monday.AddDate(0, 0, days)) }
	for _, c := range []struct {
		name    string
		ask     *auditv1.GetStateAtRequest
		state   string
		skipped int
		since   int
	}{
		{"today", &auditv1.GetStateAtRequest{}, "tuesday", 0, 0},
		{"after two events", &auditv1.GetStateAtRequest{Revision: 2}, "wednesday", 0, 1},
		{"after more events than there are", &auditv1.GetStateAtRequest{Revision: 9}, "tuesday", 0, 0},
		{"recorded by Wednesday", &auditv1.GetStateAtRequest{RecordedBy: at(2)}, "wednesday", 0, 1},
		{"happened by Tuesday, known today", &auditv1.GetStateAtRequest{HappenedBy: at(1)}, "tuesday", 1, 0},
		{"happened by Tuesday, known on Wednesday", &auditv1.GetStateAtRequest{HappenedBy: at(1), RecordedBy: at(2)}, "monday", 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			ask := proto.CloneOf(c.ask)
			ask.Category, ask.Id = "door", id
			got, err := o.GetStateAt(o.as(auditor), ask)
			if err != nil {
				t.Fatal(err)
			}
			if s := got.GetState().GetFields()["after"].GetStringValue(); s != c.state || len(got.GetSkipped()) != c.skipped || len(got.GetSince()) != c.since {
				t.Errorf("state %q, %d skipped, %d since", s, len(got.GetSkipped()), len(got.GetSince()))
			}
		})
	}
}

func name(title, note string) *auditv1.NamePlaceRequest {
	return &auditv1.NamePlaceRequest{Kind: "river", Title: title, Note: note, Source: "Wuwei 14th five-year plan"}
}

func cell(value string) *auditv1.RecordIndicatorRequest {
	return &auditv1.RecordIndicatorRequest{
		Table: "14th plan indicators", Key: "2", Title: &commonv1.Text{Zh: "PM2.5", En: "PM2.5"}, Group: "环境治理",
		Kind: "约束性", Unit: "ug/m3", Period: "2025", Value: value, Target: true, Source: "plan",
	}
}

func (o *office) events() (n int) {
	o.t.Helper()
	for _, err := range o.store.All(o.t.Context(), 0) {
		if err != nil {
			o.t.Fatal(err)
		}
		n++
	}
	return n
}

func TestPlanIsEnteredOnce(t *testing.T) {
	o := open(t)
	for range 2 {
		if _, err := o.NamePlace(o.as(clerk), name("石羊河", "")); err != nil {
			t.Fatal(err)
		}
		if _, err := o.RecordIndicator(o.as(clerk), cell("31")); err != nil {
			t.Fatal(err)
		}
	}
	if n := o.events(); n != 2 {
		t.Errorf("two imports of two rows wrote %d events", n)
	}
	corrected, err := o.RecordIndicator(o.as(clerk), cell("30"))
	if err != nil {
		t.Fatal(err)
	}
	position := corrected.GetReceipt().GetPosition()
	places, err := o.ListPlaces(t.Context(), &auditv1.ListPlacesRequest{Kind: "river", AtLeast: position})
	if err != nil || len(places.GetPlaces()) != 1 || places.GetPlaces()[0].GetTitle() != "石羊河" {
		t.Errorf("%v %v", places, err)
	}
	cells, err := o.ListIndicators(t.Context(), &auditv1.ListIndicatorsRequest{AtLeast: position})
	if err != nil || len(cells.GetIndicators()) != 1 || cells.GetIndicators()[0].GetValue() != "30" {
		t.Errorf("%v %v", cells, err)
	}
	past, err := o.GetStateAt(o.as(auditor), &auditv1.GetStateAtRequest{Category: "indicator", Id: corrected.GetReceipt().GetRecordId(), Revision: 1})
	if err != nil || past.GetState().GetFields()["value"].GetStringValue() != "31" || len(past.GetSince()) != 1 {
		t.Errorf("%v %v", past, err)
	}
	told, err := o.GetHistory(o.as(auditor), &auditv1.GetHistoryRequest{Category: "place", Id: places.GetPlaces()[0].GetPlaceId()})
	if err != nil || len(told.GetEvents()) != 1 || told.GetEvents()[0].GetSentence().GetZh() != "规划列入：石羊河" {
		t.Errorf("%v %v", told, err)
	}
}

// A view that somebody has changed by hand is found out.
func TestReplayFindsATamperedView(t *testing.T) {
	o := open(t)
	if _, err := o.NamePlace(o.as(clerk), name("石羊河", "")); err != nil {
		t.Fatal(err)
	}
	o.settle()
	check := func() *auditv1.CheckReplayResponse {
		t.Helper()
		got, err := o.CheckReplay(o.as(auditor), &auditv1.CheckReplayRequest{})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := check(); !got.GetEqual() || len(got.GetViews()) != 2 {
		t.Fatalf("got %v", got)
	}
	db, err := sql.Open("sqlite", "file:"+o.views+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), `UPDATE audit_plan_place_v1 SET title = '黑河'`); err != nil {
		t.Fatal(err)
	}
	if got := check(); got.GetEqual() || len(got.GetViews()[0].GetDifferences()) != 1 {
		t.Errorf("a changed row is not found: %v", got)
	}
	if p := rpc.ProblemFrom(func() error {
		_, err := o.CheckReplay(o.as(auditor), &auditv1.CheckReplayRequest{Service: "nobody"})
		return err
	}()); p == nil || p.Reason != "NOT_FOUND" {
		t.Errorf("an unknown service is checked: %v", p)
	}
}

func TestGoldenEvents(t *testing.T) {
	place := name("石羊河", "出境断面")
	c := cell("31")
	estest.Golden(t, es.NewCodec(&estest.Keyring{}), "testdata",
		&auditv1.PlaceNamed{Kind: place.GetKind(), Title: place.GetTitle(), Division: "620621", Note: place.GetNote(), Source: place.GetSource()},
		&auditv1.IndicatorRecorded{
			Table: c.GetTable(), Key: c.GetKey(), Title: c.GetTitle(), Group: c.GetGroup(), Kind: c.GetKind(), Unit: c.GetUnit(),
			Period: c.GetPeriod(), Value: c.GetValue(), Target: c.GetTarget(), Source: c.GetSource(),
		})
	estest.EveryEventHasGolden(t, auditv1.File_audit_v1_events_proto, "testdata")
}

// A part that is away keeps nobody from the records of the others, and its own
// are not taken for unknown.
func TestOnePartIsAway(t *testing.T) {
	conn, err := rpc.Local(rpc.NewServer(rpc.ServerOptions{Logger: slog.New(slog.DiscardHandler)}))
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	o := open(t, audit.Part{Name: "away", History: commonv1.NewRecordHistoryServiceClient(conn)})
	if _, err := o.GetHistory(o.as(auditor), &auditv1.GetHistoryRequest{Category: "door", Id: o.openDoor()}); err != nil {
		t.Errorf("the ledger's record: %v", err)
	}
	_, err = o.GetHistory(o.as(auditor), &auditv1.GetHistoryRequest{Category: "account", Id: uuid.NewString()})
	if p := rpc.ProblemFrom(err); err == nil || p != nil && p.Kind == problem.NotFound {
		t.Errorf("a record that may be the other's: %v", err)
	}
}
