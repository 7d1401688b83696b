package permits_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"io"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"shiyang/internal/blob"
	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/law"
	"shiyang/internal/lawbook"
	"shiyang/internal/lawbook/lawlist"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/views/permitlist"
)

// notice2027 is a made-up notice that frees 1 and 5 January 2027.
const notice2027 = "date,is_workday,kind,name_zh\n2027-01-01,0,holiday,元旦\n2027-01-05,0,holiday,示例\n"

// court is the service on a log whose law changes while it runs.
type court struct {
	commonv1.RecordHistoryServiceClient
	t       *testing.T
	db      *readmodel.DB
	log     *readmodeltest.Log
	codec   *es.Codec
	files   *blob.Files
	library *lawbook.Library
	runner  *readmodel.Runner
	issuer  *rpc.Issuer
}

func openCourt(t *testing.T, db *readmodel.DB) *court {
	t.Helper()
	c := &court{t: t, db: db, codec: es.NewCodec(&estest.Keyring{})}
	c.log = readmodeltest.NewLog(c.codec)
	files, err := blob.OpenFiles(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Close() })
	c.files = files
	c.library = c.openLibrary()
	c.runner = readmodel.NewRunner(db, c.log, c.codec, readmodel.Options{}, permits.Projections(c.library)...)
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	c.issuer = rpc.NewIssuer("1", private, "shiyang", time.Now)
	server := rpc.NewServer(rpc.ServerOptions{
		Tokens: rpc.NewVerifier(map[string]ed25519.PublicKey{"1": public}, "shiyang", time.Now), Logger: slog.New(slog.DiscardHandler),
	})
	permits.NewServer(desk.Deps{
		Store: c.log.Store, DB: db, Law: c.library.Book, Lawbook: c.library, Source: c.log, Codec: c.codec,
	}).Register(server)
	conn, err := rpc.Local(server)
	if err != nil {
		t.Fatal(err)
	}
	c.RecordHistoryServiceClient = commonv1.NewRecordHistoryServiceClient(conn)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = c.runner.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
		_ = conn.Close()
		server.Stop()
	})
	return c
}

// openLibrary is the library of one more process on the same log.
func (c *court) openLibrary() *lawbook.Library {
	c.t.Helper()
	l, err := lawbook.Open(c.t.Context(), lawbook.Deps{Store: c.log.Store, Source: c.log, Contents: c.files, Carried: law.Embedded()})
	if err != nil {
		c.t.Fatal(err)
	}
	return l
}

// accept enters an application under simplified management, accepted on a day.
func (c *court) accept(on string, more ...es.Event) (id string) {
	c.t.Helper()
	id = uuid.NewString()
	content := sampleContent()
	content.ManagementClass = permitsv1.ManagementClass_MANAGEMENT_CLASS_SIMPLIFIED
	c.log.Append(c.t, es.StreamName("permit", id), slices.Concat([]es.Event{
		intakeSamples()[0], &permitsv1.PermitApplicationSubmitted{Content: content, Received: day(on)},
		&permitsv1.PermitApplicationAccepted{DocumentNumber: "1", Accepted: day(on)},
	}, more)...)
	return id
}

// load loads the calendar of 2027, by another process.
func (c *court) load(offer lawlist.Offer) es.Position {
	c.t.Helper()
	meta := es.Meta{CommandID: uuid.NewString(), CommandHash: "h", Actor: es.Actor{ID: "head", Role: "head"}}
	receipt, err := c.openLibrary().Load(c.t.Context(), meta, offer)
	if err != nil {
		c.t.Fatal(err)
	}
	return receipt.Position
}

func (c *court) offer() lawlist.Offer {
	c.t.Helper()
	offer, err := lawlist.Read(lawlist.Heading{
		List: law.ListWorkingDays, Edition: "2027", From: law.MustParseDate("2027-01-01"), To: law.MustParseDate("2027-12-31"), Source: "example",
	}, []byte(notice2027))
	if err != nil {
		c.t.Fatal(err)
	}
	return offer
}

func (c *court) settle() {
	c.t.Helper()
	if err := readmodel.Settle(c.t.Context(), c.log, c.runner, nil, nil); err != nil {
		c.t.Fatal(err)
	}
}

// row is what the list says of a permit.
func (c *court) row(id string) permitlist.Row {
	c.t.Helper()
	rows, _, err := permitlist.Queries{DB: c.db}.List(c.t.Context(), permitlist.Filter{All: true, Size: 100})
	if err != nil {
		c.t.Fatal(err)
	}
	i := slices.IndexFunc(rows, func(r permitlist.Row) bool { return r.PermitID == id })
	if i < 0 {
		c.t.Fatalf("permit %s is not listed", id)
	}
	return rows[i]
}

// judge asks as the head of the prefecture.
func (c *court) judge(who es.Actor, r *commonv1.JudgeRequest) (changes []*commonv1.DeadlineChange, checked uint64, err error) {
	token, err := c.issuer.Issue(who)
	if err != nil {
		c.t.Fatal(err)
	}
	stream, err := c.Judge(rpc.WithCaller(c.t.Context(), rpc.Caller{}, token), r)
	for err == nil {
		var page *commonv1.JudgeResponse
		if page, err = stream.Recv(); err == nil {
			changes, checked = append(changes, page.GetChanges()...), checked+page.GetChecked()
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return changes, checked, err
}

var chief = es.Actor{ID: "0199c0de-0000-7000-8000-000000000111", Role: "head", County: "620600"}

// The calendar of 2027 is loaded while an application runs into it.
func TestEditionMovesOpenDeadlines(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		c := openCourt(t, db)
		running, early := c.accept("2026-12-21"), c.accept("2026-11-02")
		closed := c.accept("2026-12-21", &permitsv1.PermitApplicationWithdrawn{Reason: "x"})
		c.settle()
		was := c.library.Book().Version()
		if r := c.row(running).Next; r.Due != "2027-01-10" || r.OverdueAfter != "2027-01-18" || r.LawVersion != was {
			t.Errorf("before: due %s, %s under %s", r.Due, r.OverdueAfter, r.LawVersion)
		}
		offer := c.offer()
		ask := &commonv1.JudgeRequest{List: "working_days", Content: offer.Content()}
		wantMoved := func(when string, changes []*commonv1.DeadlineChange, checked uint64, err error) {
			t.Helper()
			if err != nil || checked != 2 || len(changes) != 1 {
				t.Fatalf("%s: %d checked, %v, %v", when, checked, changes, err)
			}
			m := changes[0]
			if m.GetCategory() != "permit" || m.GetId() != running || m.GetRule() != "permit-decide-simplified" ||
				m.GetBefore().GetOverdueAfter().GetIso() != "2027-01-18" || !m.GetBefore().GetProvisional() ||
				m.GetAfter().GetOverdueAfter().GetIso() != "2027-01-20" || m.GetAfter().GetProvisional() || m.GetWhat().GetEn() == "" {
				t.Errorf("%s: %v", when, m)
			}
		}
		changes, checked, err := c.judge(chief, ask)
		wantMoved("before it is loaded", changes, checked, err)

		ask.LoadedAt = uint64(c.load(offer))
		c.settle()
		changes, checked, err = c.judge(chief, ask)
		wantMoved("after it was loaded", changes, checked, err)
		if r := c.row(running).Next; r.Due != "2027-01-10" || r.OverdueAfter != "2027-01-20" || r.LawVersion == was {
			t.Errorf("after: due %s, %s under %s", r.Due, r.OverdueAfter, r.LawVersion)
		}
		if r := c.row(early).Next; r.Due != "2026-11-22" || r.OverdueAfter != "2026-11-30" || r.LawVersion == was {
			t.Errorf("a deadline before the edition: due %s, %s under %s", r.Due, r.OverdueAfter, r.LawVersion)
		}
		if r := c.row(closed).Next; r.LawVersion != was {
			t.Errorf("what was closed is computed again, under %s", r.LawVersion)
		}
		c.accept("2027-01-04")
		c.settle()
		for name, library := range map[string]*lawbook.Library{"this process": c.library, "a fresh process": c.openLibrary()} {
			for _, p := range permits.Projections(library) {
				if result, err := readmodel.Check(t.Context(), db, c.log, c.codec, p); err != nil || !result.OK() {
					t.Errorf("%s replays %s: %+v, %v", name, p.Name, result, err)
				}
			}
		}
	})
}

func TestJudgeRefuses(t *testing.T) {
	c := openCourt(t, readmodeltest.Open(t, "sqlite:"+t.TempDir()+"/views.db"))
	good := &commonv1.JudgeRequest{List: "working_days", Content: c.offer().Content()}
	countyChief := chief
	countyChief.County = "620602"
	for name, x := range map[string]struct {
		who    es.Actor
		ask    *commonv1.JudgeRequest
		reason string
	}{
		"a clerk":              {clerk, good, "NOT_YOUR_ROLE"},
		"the head of a county": {countyChief, good, "NOT_YOUR_ROLE"},
		"a list that is none":  {chief, &commonv1.JudgeRequest{List: "tides", Content: good.GetContent()}, "INVALID_FIELDS"},
		"a wrong row":          {chief, &commonv1.JudgeRequest{List: "working_days", Content: []byte("date\nx\n")}, "INVALID_FIELDS"},
	} {
		if _, _, err := c.judge(x.who, x.ask); err == nil || rpc.ProblemFrom(err).Reason != x.reason {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Many open applications are judged page by page.
func TestJudgePages(t *testing.T) {
	db := readmodeltest.Open(t, "sqlite:"+t.TempDir()+"/views.db")
	c := openCourt(t, db)
	for range 1001 {
		c.accept("2026-12-21")
	}
	c.settle()
	changes, checked, err := c.judge(chief, &commonv1.JudgeRequest{List: "working_days", Content: c.offer().Content()})
	if err != nil || checked != 1001 || len(changes) != 1001 {
		t.Errorf("%d checked, %d changes, %v", checked, len(changes), err)
	}
}

// A view does not go on without an edition whose content is missing, and is
// not set aside either: it goes on when the content is back.
func TestViewWaitsForTheContentOfAnEdition(t *testing.T) {
	c := openCourt(t, readmodeltest.Open(t, "sqlite:"+t.TempDir()+"/views.db"))
	id := c.accept("2026-12-21")
	c.settle()
	offer := c.offer()
	fact, err := lawlist.Load{Offers: []lawlist.Offer{offer}}.Decide(lawlist.List{})
	if err != nil {
		t.Fatal(err)
	}
	c.log.Append(t, es.StreamName(lawlist.Category, lawlist.ID(law.ListWorkingDays)), fact...)
	// Only the view asks this library, so its failure is the view's.
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for c.library.Ready() == nil {
		if ctx.Err() != nil {
			t.Fatal("the view never asked for the edition")
		}
		runtime.Gosched()
	}
	if r := c.row(id).Next; r.OverdueAfter != "2027-01-18" {
		t.Errorf("went on without the edition: %s", r.OverdueAfter)
	}
	if err := c.files.Put(t.Context(), blob.Key(offer.Hash), offer.Content()); err != nil {
		t.Fatal(err)
	}
	c.settle()
	if r := c.row(id).Next; r.OverdueAfter != "2027-01-20" {
		t.Errorf("after the content came back: %s", r.OverdueAfter)
	}
}
