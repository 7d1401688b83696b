package law_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"shiyang/internal/law"
)

// TestCalendarDaysRoll pins the calendar-day vectors; a party's last day on a
// rest day moves, a day counted backwards never does.
func TestCalendarDaysRoll(t *testing.T) {
	for _, c := range []struct{ period, start, nominal, due string }{
		{"case-decide", "2026-09-10", "2026-12-09", "2026-12-09"},
		{"fine-pay", "2026-09-12", "2026-09-27", "2026-09-28"},
		{"fine-pay", "2026-09-16", "2026-10-01", "2026-10-08"},
		{"permit-renewal-file", "2026-10-15", "2026-08-16", "2026-08-16"},   // a Sunday
		{"crime-transfer-decide", "2026-09-30", "2026-10-03", "2026-10-08"}, // its own text moves it
		{"hw-plan-file", "2026-01-01", "2026-03-31", "2026-03-31"},
		{"hw-plan-file", "2026-04-01", "2027-03-31", "2027-03-31"},
		{"permit-ledger-retention", "2026-01-10", "2031-01-10", "2031-01-10"},
	} {
		d := due(t, law.Ask{Period: c.period, Start: day(t, c.start)})
		if d.Nominal != day(t, c.nominal) || d.Due != day(t, c.due) {
			t.Errorf("%s from %s: %s rolled to %s, want %s rolled to %s", c.period, c.start, d.Nominal, d.Due, c.nominal, c.due)
		}
	}
}

// TestBothReadings: days read as working days through Licensing Law Art. 82
// remind by the earlier reading and are overdue by the later one.
func TestBothReadings(t *testing.T) {
	d := due(t, law.Ask{Period: "permit-decide-key", Start: day(t, "2026-03-16")})
	if d.Due.String() != "2026-04-28" || d.Later != d.Due || d.Earlier.String() != "2026-04-15" {
		t.Errorf("due %s, earlier %s, later %s", d.Due, d.Earlier, d.Later)
	}
	if s := d.Remaining(day(t, "2026-04-20")).Standing; s != law.Doubtful {
		t.Errorf("between the readings the standing is %s", s)
	}
	if !d.InTime(day(t, "2026-04-28")) || d.InTime(day(t, "2026-04-29")) {
		t.Error("the last day of the later reading is the last day in time")
	}
	if want := time.Date(2026, 4, 28, 16, 0, 0, 0, time.UTC); !d.OverdueFrom().Equal(want) {
		t.Errorf("overdue from %s, want %s", d.OverdueFrom(), want)
	}
	certain := due(t, law.Ask{Period: "hearing-request", Start: day(t, "2026-09-18")})
	if certain.Earlier != certain.Later {
		t.Error("a unit read in the law has one reading")
	}
}

// TestRenewalWithExpertReview follows a renewal accepted 2026-09-14 with an
// expert review from 09-28 to 09-30 that is not counted.
func TestRenewalWithExpertReview(t *testing.T) {
	ask := law.Ask{Period: "permit-renewal-decide", Start: day(t, "2026-09-14")}
	if d := due(t, ask); d.Due.String() != "2026-10-16" {
		t.Errorf("without review due %s", d.Due)
	}
	ask.Pauses = []law.Span{{From: day(t, "2026-09-28"), To: day(t, "2026-09-30"), Reason: "expert_review"}}
	if d := due(t, ask); d.Due.String() != "2026-10-20" || len(d.Pauses) != 1 {
		t.Errorf("with review due %s, pauses %v", d.Due, d.Pauses)
	}
	ask.Pauses[0].Reason = "holiday_of_the_clerk"
	if d := due(t, ask); d.Due.String() != "2026-10-16" || len(d.Ignored) != 1 {
		t.Errorf("a reason the row does not admit moved the day to %s", d.Due)
	}
	ask.Pauses[0] = law.Span{From: day(t, "2026-09-28"), Reason: "expert_review"}
	d := due(t, ask)
	if !d.Suspended || !d.Due.IsZero() || d.Remaining(day(t, "2026-12-01")).Standing != law.Suspended || !d.OverdueFrom().IsZero() {
		t.Errorf("an open review must hold the period: %+v", d)
	}
}

func TestExtensions(t *testing.T) {
	start := day(t, "2026-09-10")
	for _, c := range []struct {
		granted []law.Extension
		due     string
		refused int
	}{
		{nil, "2026-12-09", 0},
		{[]law.Extension{{}}, "2027-01-08", 0},
		{[]law.Extension{{}, {Amount: 30}}, "2027-02-07", 0},
		{[]law.Extension{{Amount: 31}}, "2026-12-09", 1},
		{[]law.Extension{{}, {}, {}}, "2027-02-07", 1},
	} {
		d := due(t, law.Ask{Period: "case-decide", Start: start, Extensions: c.granted})
		if d.Due != day(t, c.due) || len(d.Refused) != c.refused {
			t.Errorf("%v: due %s with %d refused, want %s with %d", c.granted, d.Due, len(d.Refused), c.due, c.refused)
		}
	}
	seal := due(t, law.Ask{Period: "seal-term", Start: day(t, "2026-09-01"), Extensions: []law.Extension{{}}})
	if seal.Due.String() != "2026-10-31" {
		t.Errorf("a sealing prolonged once ends %s", seal.Due)
	}
	open := due(t, law.Ask{Period: "hw-storage-max", Start: start, Extensions: []law.Extension{{}}})
	if len(open.Refused) != 1 || open.Due.String() != "2027-09-10" {
		t.Errorf("an extension of open length needs an amount: %+v", open)
	}
}

func TestHoursAndPermanent(t *testing.T) {
	at := time.Date(2026, 9, 30, 15, 30, 0, 0, time.UTC)
	d := due(t, law.Ask{Period: "crime-transfer-send", StartAt: at})
	if !d.DueAt.Equal(at.Add(24*time.Hour)) || !d.OverdueFrom().Equal(d.DueAt) || d.Due.String() != "2026-10-01" {
		t.Errorf("24 hours end %s on %s", d.DueAt, d.Due)
	}
	if _, err := law.Embedded().Deadline(law.Ask{Period: "crime-transfer-send", Start: day(t, "2026-09-30")}); !errors.Is(err, law.ErrNoStart) {
		t.Errorf("hours without an instant: %v", err)
	}
	forever := due(t, law.Ask{Period: "hw-landfill-record-retention", Start: day(t, "2026-01-01")})
	if !forever.Due.IsZero() || forever.Remaining(day(t, "2099-01-01")).Standing != law.Endless || !forever.InTime(day(t, "2099-01-01")) {
		t.Errorf("a permanent duty has no last day: %+v", forever)
	}
}

func TestDeadlineErrors(t *testing.T) {
	book := law.Embedded()
	if _, err := book.Deadline(law.Ask{Period: "no-such-period", Start: day(t, "2026-01-01")}); !errors.Is(err, law.ErrUnknownPeriod) {
		t.Errorf("unknown period: %v", err)
	}
	if _, err := book.Deadline(law.Ask{Period: "fine-pay"}); !errors.Is(err, law.ErrNoStart) {
		t.Errorf("no start: %v", err)
	}
	if _, err := book.Deadline(law.Ask{Period: "fine-pay", Start: day(t, "2020-01-01")}); !errors.Is(err, law.ErrNotInForce) {
		t.Errorf("before the law: %v", err)
	}
}

func TestProvisionalUntilTheNoticeIsLoaded(t *testing.T) {
	book := law.Embedded()
	ask := law.Ask{Period: "permit-decide-simplified", Start: day(t, "2026-12-21")}
	before, err := book.Deadline(ask)
	if err != nil || !before.Provisional || before.Due.String() != "2027-01-18" {
		t.Fatalf("provisional due %s, %v", before.Due, err)
	}
	notice, err := law.ParseEdition(law.ListWorkingDays, []byte("# version: 2027 (test)\ndate,is_workday,kind,name_zh\n2027-01-01,0,holiday,元旦\n2027-01-09,1,makeup_workday,元旦\n2027-01-04,0,holiday,元旦\n"))
	if err != nil {
		t.Fatal(err)
	}
	later := book.With(notice)
	changes, err := law.DeadlineChanges(book, later, []law.Ask{ask, {Period: "fine-pay", Start: day(t, "2026-09-12")}})
	if err != nil || len(changes) != 1 {
		t.Fatalf("%d changes, %v", len(changes), err)
	}
	if after := changes[0].After; after.Provisional || after.Due.String() != "2027-01-19" {
		t.Errorf("settled due %s, provisional %v", after.Due, after.Provisional)
	}
	if later.Version() == book.Version() || book.Calendar().Provisional(2027) == later.Calendar().Provisional(2027) {
		t.Error("loading an edition must change the version and leave the old book alone")
	}
}

func TestExplanation(t *testing.T) {
	d := due(t, law.Ask{Period: "manifest-confirm", Start: day(t, "2026-09-24")})
	zh, en := strings.Join(d.Explain(law.Chinese), "\n"), strings.Join(d.Explain(law.English), "\n")
	for _, want := range []string{
		"依据 危险废物转移管理办法 第十八条", "起算 2026-09-24 接受废物，次日起算", "期间 5 个工作日",
		"中秋节 09-25–09-27", "国庆节 10-01–10-07", "届满 2026-10-09（星期五）",
	} {
		if !strings.Contains(zh, want) {
			t.Errorf("the Chinese explanation lacks %q:\n%s", want, zh)
		}
	}
	for _, want := range []string{"Measures on Transfer of Hazardous Waste, Art. 18", "5 working days", "Friday 2026-10-09"} {
		if !strings.Contains(en, want) {
			t.Errorf("the English explanation lacks %q:\n%s", want, en)
		}
	}
	paused := due(t, law.Ask{
		Period: "case-decide", Start: day(t, "2026-09-10"),
		Pauses: []law.Span{{From: day(t, "2026-09-24"), To: day(t, "2026-10-14"), Reason: "hearing"}},
	})
	if lines := (law.Deadline{}).Explain(law.Chinese); len(lines) != 0 {
		t.Errorf("the zero deadline explains %v", lines)
	}
	refused := due(t, law.Ask{
		Period: "fine-pay", Start: day(t, "2026-09-10"), Extensions: []law.Extension{{}},
		Pauses: []law.Span{{From: day(t, "2026-09-11"), To: day(t, "2026-09-12"), Reason: "hearing"}},
	})
	zh = strings.Join(refused.Explain(law.Chinese), "\n")
	if !strings.Contains(zh, "照计 2026-09-11 起的听证") || !strings.Contains(zh, "未延长 ") {
		t.Errorf("what was refused is not explained:\n%s", zh)
	}
	zh = strings.Join(paused.Explain(law.Chinese), "\n")
	for _, want := range []string{"不计 2026-09-24 至 2026-10-14 听证，20 日", "末日不顺延", "负责人批准延长至多 30 日"} {
		if !strings.Contains(zh, want) {
			t.Errorf("the explanation lacks %q:\n%s", want, zh)
		}
	}
}

// TestEveryPeriodExplainsItself asks for every row in both languages.
func TestEveryPeriodExplainsItself(t *testing.T) {
	at := time.Date(2026, 9, 24, 2, 0, 0, 0, time.UTC)
	for _, p := range law.Embedded().Periods(law.DateOf(at)) {
		d := due(t, law.Ask{Period: p.ID, Start: law.DateOf(at), StartAt: at})
		for _, lang := range []law.Language{law.Chinese, law.English} {
			lines := d.Lines(lang)
			if len(lines) < 4 || slices.ContainsFunc(lines, func(l law.Line) bool { return l.Label == "" || l.Text == "" }) {
				t.Errorf("%s in %s: %v", p.ID, lang, lines)
			}
		}
		if d.Earlier.After(d.Due) || d.Later.Before(d.Due) {
			t.Errorf("%s: %s is not between %s and %s", p.ID, d.Due, d.Earlier, d.Later)
		}
	}
}

func spans(t *rapid.T, start law.Date) []law.Span {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) law.Span {
		from := start.AddDays(rapid.IntRange(-20, 150).Draw(t, "from"))
		return law.Span{
			From: from, To: from.AddDays(rapid.IntRange(1, 40).Draw(t, "days")),
			Reason: rapid.SampledFrom([]string{"hearing", "test", "expert_review", "appraisal", "service"}).Draw(t, "reason"),
		}
	}), 0, 6).Draw(t, "spans")
}

// TestPausesAndRolls states what holds for every period, start and pause.
func TestPausesAndRolls(t *testing.T) {
	book := law.Embedded()
	var ids []string
	for _, p := range book.Periods(day(t, "2026-09-01")) {
		if p.Unit != law.Hours {
			ids = append(ids, p.ID)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		start := law.NewDate(2025, time.February, 1).AddDays(rapid.IntRange(0, 600).Draw(t, "start"))
		ask := law.Ask{Period: rapid.SampledFrom(ids).Draw(t, "period"), Start: start, Pauses: spans(t, start)}
		d, err := book.Deadline(ask)
		if err != nil {
			t.Fatal(err)
		}
		fewer := ask
		if len(ask.Pauses) > 0 {
			fewer.Pauses = ask.Pauses[1:]
		}
		if e, _ := book.Deadline(fewer); e.Due.After(d.Due) {
			t.Fatalf("a pause moved %s from %s back to %s", ask.Period, e.Due, d.Due)
		}
		shuffled := ask
		shuffled.Pauses = rapid.Permutation(ask.Pauses).Draw(t, "order")
		if e, _ := book.Deadline(shuffled); e.Due != d.Due || !slices.Equal(e.Pauses, d.Pauses) {
			t.Fatalf("the order of pauses changed %s to %s", d.Due, e.Due)
		}
		moved := d.Due != d.Nominal
		if moved && (!d.Rule.Rolls || !book.Calendar().IsWorkingDay(d.Due) || book.Calendar().IsWorkingDay(d.Nominal) || d.Due.Before(d.Nominal)) {
			t.Fatalf("%s moved from %s to %s", ask.Period, d.Nominal, d.Due)
		}
		if d.Rule.Rolls && !book.Calendar().IsWorkingDay(d.Due) {
			t.Fatalf("%s ends on the rest day %s", ask.Period, d.Due)
		}
	})
}

func TestMergedSpansDoNotTouch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := law.NewDate(2026, time.January, 1)
		all := spans(t, start)
		merged := law.MergeSpans(all)
		for i := 1; i < len(merged); i++ {
			if !merged[i].From.After(merged[i-1].To) {
				t.Fatalf("%v touches %v", merged[i], merged[i-1])
			}
		}
		inside := func(list []law.Span, d law.Date) bool {
			return slices.ContainsFunc(list, func(s law.Span) bool { return d.After(s.From) && !d.After(s.To) })
		}
		d := start.AddDays(rapid.IntRange(-20, 200).Draw(t, "day"))
		if inside(all, d) != inside(merged, d) {
			t.Fatalf("merging changed whether %s is left out", d)
		}
	})
}
