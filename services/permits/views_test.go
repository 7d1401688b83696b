package permits_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/views/pending"
	"shiyang/services/permits/views/permitlist"
	"shiyang/services/permits/views/register"
	"shiyang/services/permits/views/sitelist"
)

// story is a history of three permits of three firms in two counties, with
// everything that views listen to: one in force, one turned down, one filed.
func story() []readmodel.Fact {
	var facts []readmodel.Fact
	say := func(stream string, who es.Actor, event es.Event) {
		at := readmodeltest.At.Add(time.Duration(len(facts)) * time.Hour)
		facts = append(facts, readmodel.Fact{Stream: stream, Event: event, Meta: es.Meta{Actor: who, RecordedAt: at, OccurredAt: at}})
	}
	content := sampleContent()
	for i, name := range []string{"武威示例热力有限公司", "民勤示例水泥有限公司", "古浪示例淀粉厂"} {
		site := siteSamples()[0].(*permitsv1.FacilityRegistered)
		site.Site.UnitName, site.EnterpriseId = name, fmt.Sprint("firm-", i)
		site.Site.Division = []string{"620602", "620621", "620602"}[i]
		say(fmt.Sprint("facility-", i), firm, site)
		opened := intakeSamples()[0].(*permitsv1.PermitApplicationOpened)
		opened.UnitName, opened.FacilityId, opened.EnterpriseId, opened.Division = name, fmt.Sprint(i), site.GetEnterpriseId(), site.GetSite().GetDivision()
		say("reservation-x", firm, &commonv1.KeyReserved{Kind: "permit-site", Key: fmt.Sprint(i), Holder: fmt.Sprint("permit-", i), ReservationId: fmt.Sprint("r", i)})
		say(fmt.Sprint("permit-", i), firm, opened)
		if i != 2 {
			say("reservation-x", firm, &commonv1.KeyReservationConfirmed{ReservationId: fmt.Sprint("r", i)})
		}
		say(fmt.Sprint("permit-", i), firm, &permitsv1.PermitApplicationSubmitted{Content: content, Received: day("2026-01-05")})
	}
	number := func(serial int64) *commonv1.NumbersReserved {
		return &commonv1.NumbersReserved{Organ: "620602", Type: "permit-acceptance", Year: 2026, Reservations: []*commonv1.NumberReservation{
			{Serial: serial, CommandId: fmt.Sprint("c", serial), Holder: "permit-0"}, {Serial: serial + 1, CommandId: fmt.Sprint("d", serial), Holder: "manifest-9"},
		}}
	}
	say("series-a", firm, number(1))
	for i := range 2 {
		permit := fmt.Sprint("permit-", i)
		say(permit, clerk, &permitsv1.PermitApplicationAccepted{DocumentNumber: "1", Accepted: day("2026-01-07")})
		say(permit, examiner, &permitsv1.DecisionClockPaused{Kind: "test", From: day("2026-01-12"), DocumentNumber: "2"})
		say(permit, examiner, &permitsv1.DecisionClockResumed{Last: day("2026-01-13"), Finding: "合格"})
		say(permit, examiner, &permitsv1.PermitApplicationExamined{RecommendGrant: i == 0, Opinion: "意见"})
	}
	say("series-a", firm, &commonv1.NumberUsed{Serial: 1})
	say("series-a", firm, number(3))
	issued := decisionSamples()[5].(*permitsv1.PermitIssued)
	say("permit-0", decider, issued)
	say("permit-1", decider, decisionSamples()[6])
	say("law-1", decider, &commonv1.LawEditionLoaded{List: "working_days", Edition: "2027"})
	return readmodeltest.Complete(0, facts...)
}

// rows reads a whole table, so that two databases can be compared.
func rows(t *testing.T, db *readmodel.DB, table string) []string {
	t.Helper()
	found, err := db.Query(t.Context(), "SELECT * FROM "+table)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = found.Close() }()
	columns, err := found.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for found.Next() {
		values := make([]any, len(columns))
		for i := range values {
			values[i] = new(any)
		}
		if err := found.Scan(values...); err != nil {
			t.Fatal(err)
		}
		line := ""
		for _, v := range values {
			line += fmt.Sprint(*v.(*any)) + "|"
		}
		all = append(all, line)
	}
	slices.Sort(all)
	return all
}

// Whatever the batches, restarts and repetitions, a view equals the story told
// once.
func TestViewsUnderRestartsAndRepetitions(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		once := readmodeltest.Open(t, "sqlite:"+t.TempDir()+"/once.db")
		facts := story()
		random := rand.New(rand.NewPCG(1, 2))
		for _, p := range permits.Projections(desk.Always(law.Embedded)) {
			readmodeltest.Apply(t, once, p, facts...)
			for done := 0; done < len(facts); {
				from := max(0, done-random.IntN(4)) // delivered again
				to := min(len(facts), done+random.IntN(5))
				readmodeltest.Apply(t, db, p, facts[from:to]...)
				done = max(done, to)
			}
			for _, table := range p.Tables {
				if got, want := rows(t, db, table), rows(t, once, table); !slices.Equal(got, want) {
					t.Errorf("%s:\n got %v\nwant %v", table, got, want)
				}
			}
		}
	})
}

func TestViewsAnswer(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		for _, p := range permits.Projections(desk.Always(law.Embedded)) {
			readmodeltest.Apply(t, db, p, story()...)
		}
		t.Run("permits", func(t *testing.T) { askPermits(t, permitlist.Queries{DB: db}) })
		t.Run("worklists", func(t *testing.T) { askWork(t, permitlist.Queries{DB: db}) })
		t.Run("register", func(t *testing.T) { askRegister(t, db) })
		t.Run("sites", func(t *testing.T) { askSites(t, sitelist.Queries{DB: db}) })
		t.Run("pending", func(t *testing.T) { askPending(t, pending.Queries{DB: db}) })
	})
}

func askPermits(t *testing.T, q permitlist.Queries) {
	for _, c := range []struct {
		name   string
		filter permitlist.Filter
		want   string
	}{
		{"all, newest first", permitlist.Filter{All: true}, "102"},
		{"nobody sees nothing", permitlist.Filter{}, ""},
		{"of a county", permitlist.Filter{Counties: []string{"620602"}}, "02"},
		{"of a firm", permitlist.Filter{Firms: []string{"firm-1"}}, "1"},
		{"of a county or a firm", permitlist.Filter{Counties: []string{"620602"}, Firms: []string{"firm-1"}}, "102"},
		{"in a stage", permitlist.Filter{All: true, Status: permitsv1.PermitStatus_PERMIT_STATUS_SUBMITTED}, "2"},
		{"of a class", permitlist.Filter{All: true, Class: permitsv1.ManagementClass_MANAGEMENT_CLASS_SIMPLIFIED}, ""},
		{"of a division", permitlist.Filter{All: true, Division: "620621"}, "1"},
		{"by words", permitlist.Filter{All: true, Query: "示例 水泥"}, "1"},
		{"by one character", permitlist.Filter{All: true, Query: "淀"}, "2"},
		{"by number", permitlist.Filter{All: true, Query: sampleUSCC + "001p"}, "0"},
		{"by nothing that is", permitlist.Filter{All: true, Query: "化工"}, ""},
		{"by due day", permitlist.Filter{All: true, Order: "due"}, "201"},
		{"by name", permitlist.Filter{All: true, Order: "unit_name"}, "012"},
		{"by last day", permitlist.Filter{All: true, Order: "valid_to"}, "012"},
	} {
		t.Run(c.name, func(t *testing.T) {
			whole, next, err := q.List(t.Context(), c.filter)
			if err != nil || next != "" {
				t.Fatalf("%v, next %q", err, next)
			}
			if c.filter.Order != "unit_name" && ids(whole) != c.want || len(whole) != len(c.want) {
				t.Errorf("got %q, want %q", ids(whole), c.want)
			}
			c.filter.Size = 1
			paged := ""
			for {
				one, next, err := q.List(t.Context(), c.filter)
				if err != nil {
					t.Fatal(err)
				}
				paged += ids(one)
				if c.filter.After = next; next == "" {
					break
				}
			}
			if paged != ids(whole) {
				t.Errorf("page by page %q, at once %q", paged, ids(whole))
			}
		})
	}
}

func ids(rows []permitlist.Row) (joined string) {
	for _, r := range rows {
		joined += r.PermitID
	}
	return joined
}

func askWork(t *testing.T, q permitlist.Queries) {
	filed, _, err := q.Work(t.Context(), permitlist.Work{Audience: "permit_clerk", All: true})
	if err != nil || ids(filed) != "201" {
		t.Fatalf("the clerk has %q to do (%v)", ids(filed), err)
	}
	if n := filed[0].Next; n.Act != "accept" || n.Rule != "permit-completeness-notice" || n.Due != "2026-01-08" || n.OverdueAfter != "2026-01-08" {
		t.Errorf("got %+v", n)
	}
	total, overdue, err := q.CountWork(t.Context(), permitlist.Work{Audience: "permit_clerk", All: true}, "2026-01-09")
	if err != nil || total != 3 || overdue != 1 {
		t.Errorf("%d to do, %d overdue (%v)", total, overdue, err)
	}
	if silent, err := q.Silent(t.Context(), "2026-01-09", law.Embedded().Version()); err != nil || !slices.Equal(silent, []string{"2"}) {
		t.Errorf("silence on %v (%v)", silent, err)
	}
	if silent, err := q.Silent(t.Context(), "2026-01-08", law.Embedded().Version()); err != nil || len(silent) != 0 {
		t.Errorf("silence on %v while there is time (%v)", silent, err)
	}
	if silent, err := q.Silent(t.Context(), "2026-01-08", "another edition"); err != nil || len(silent) != 1 {
		t.Errorf("%v are looked at again under another edition (%v)", silent, err)
	}
}

func askRegister(t *testing.T, db *readmodel.DB) {
	q := register.Queries{DB: db}
	found, next, total, err := q.Find(t.Context(), "热力", "620602", 10, "")
	if err != nil || next != "" || total != 1 || len(found) != 1 || found[0].GetPermitId() != "0" || len(found[0].GetLimits()) != 0 {
		t.Errorf("%v %q %d %v", found, next, total, err)
	}
	if found, _, total, err := q.Find(t.Context(), "水泥", "", 10, ""); err != nil || total != 0 || len(found) != 0 {
		t.Errorf("a refused application is public: %v %v", found, err)
	}
	entry, err := q.Entry(t.Context(), sampleUSCC+"001P")
	if err != nil || len(entry.GetOutlets()) != 1 || entry.GetOutlets()[0].GetLocation() == nil {
		t.Errorf("%v %v", entry, err)
	}
	// The public register never holds what only the file holds.
	for _, line := range rows(t, db, "permit_register_change_v2") {
		for _, private := range []string{"张三", "13893500001", "意见"} {
			if strings.Contains(line, private) {
				t.Errorf("%s is public: %s", private, line)
			}
		}
	}
}

func askSites(t *testing.T, q sitelist.Queries) {
	sites, _, err := q.List(t.Context(), sitelist.Filter{All: true, Query: "示例路"})
	if err != nil || len(sites) != 3 {
		t.Fatalf("%d sites (%v)", len(sites), err)
	}
	for _, s := range sites {
		want := s.GetFacilityId()
		if want == "1" {
			want = "" // refused: the site is free
		}
		if s.GetPermitId() != want || s.GetSite().GetLegalRepresentative() != nil || s.GetSite().GetLocation() == nil {
			t.Errorf("got %v", s)
		}
	}
	first, next, err := q.List(t.Context(), sitelist.Filter{Counties: []string{"620602"}, Size: 1})
	if err != nil || len(first) != 1 || next == "" {
		t.Fatalf("%v %q %v", first, next, err)
	}
	second, next, err := q.List(t.Context(), sitelist.Filter{Counties: []string{"620602"}, Size: 1, After: next})
	if err != nil || len(second) != 1 || next != "" || second[0].GetFacilityId() == first[0].GetFacilityId() {
		t.Errorf("%v %q %v", second, next, err)
	}
}

func askPending(t *testing.T, q pending.Queries) {
	later := readmodeltest.At.AddDate(1, 0, 0)
	left, err := q.Reservations(t.Context(), later)
	if err != nil || len(left) != 1 || left[0].Holder != "permit-2" {
		t.Errorf("left: %v %v", left, err)
	}
	if early, err := q.Reservations(t.Context(), readmodeltest.At); err != nil || len(early) != 0 {
		t.Errorf("too early: %v %v", early, err)
	}
	series, err := q.Series(t.Context(), later)
	if err != nil || len(series) != 1 || series[0] != (pending.Series{Organ: "620602", Type: "permit-acceptance", Year: 2026}) {
		t.Errorf("series: %v %v", series, err)
	}
}
