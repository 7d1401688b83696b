package permit_test

import (
	"slices"
	"testing"

	"shiyang/internal/es"
	"shiyang/internal/law"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/permit"
)

func clockOf(t *testing.T, rule string, facts ...es.Fact) permit.Clock {
	t.Helper()
	for _, c := range es.Fold(permit.Permit{}, facts...).Clocks(law.Embedded()) {
		if c.Rule.ID == rule {
			return c
		}
	}
	t.Fatalf("no clock %s", rule)
	return permit.Clock{}
}

// The vectors of the statutory periods, start day excluded.
func TestClocks(t *testing.T) {
	accept := func(day string, class permitsv1.ManagementClass) []es.Fact {
		c := with(content(), func(c *permitsv1.ApplicationContent) { c.ManagementClass = class })
		return past(by(firm, day, opened(class)), by(firm, day, &permitsv1.PermitApplicationSubmitted{Content: c, Received: wire(day)}),
			by(clerk, day, &permitsv1.PermitApplicationAccepted{Accepted: wire(day)}))
	}
	const keyClass, lightClass = permitsv1.ManagementClass_MANAGEMENT_CLASS_KEY, permitsv1.ManagementClass_MANAGEMENT_CLASS_SIMPLIFIED
	check := by(examiner, "2026-03-20", &permitsv1.SiteChecked{On: wire("2026-03-20")})
	for _, c := range []struct {
		name, rule, due string
		facts           []es.Fact
	}{
		{"simplified management has 20 working days", permit.RuleDecideLight, "2026-02-28", accept("2026-01-26", lightClass)},
		{"key management has 30 working days", permit.RuleDecideKey, "2026-04-28", accept("2026-03-16", keyClass)},
		{"a site check gives key management 45", permit.RuleDecideCheck, "2026-05-21", append(accept("2026-03-16", keyClass), check)},
		{"a site check gives simplified management nothing", permit.RuleDecideLight, "2026-04-14", append(accept("2026-03-16", lightClass), check)},
		{"the holiday does not count for completeness", permit.RuleCompleteness, "2026-09-30", accept("2026-09-24", lightClass)[:2]},
		{
			"an expert review of two working days moves the decision by two", permit.RuleDecideLight, "2026-10-20",
			append(accept("2026-09-14", lightClass),
				by(examiner, "2026-09-25", &permitsv1.DecisionClockPaused{Kind: "expert_review", From: wire("2026-09-29")}),
				by(examiner, "2026-09-30", &permitsv1.DecisionClockResumed{Last: wire("2026-09-30")})),
		},
		{"the licence is handed over in 10 working days", permit.RuleDelivery, "2026-11-03", inForce},
		{"a renewal is filed 60 days before the end", permit.RuleRenewal, "2031-08-20", inForce},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := clockOf(t, c.rule, c.facts...).Due; got != date(c.due) {
				t.Errorf("due on %s, want %s", got, c.due)
			}
		})
	}
}

func TestPausedClockNamesNoDay(t *testing.T) {
	c := clockOf(t, permit.RuleDecideCheck, standsStill...)
	if !c.Suspended || !c.Due.IsZero() {
		t.Errorf("a clock that stands still names %s", c.Due)
	}
}

func TestClocksEndWithTheirFact(t *testing.T) {
	if c := clockOf(t, permit.RuleDecideCheck, inForce...); c.Met != date("2026-10-20") {
		t.Errorf("decided on %s", c.Met)
	}
	if c := clockOf(t, permit.RuleCompleteness, inForce...); c.Met != date("2026-09-16") {
		t.Errorf("answered on %s", c.Met)
	}
	withdrawnLater := append(slices.Clone(inExam), withdrawn)
	if _, running := es.Fold(permit.Permit{}, withdrawnLater...).Next(law.Embedded()); running {
		t.Error("a clock runs on after the application was taken back")
	}
}

func TestNextClock(t *testing.T) {
	for rule, facts := range map[string][]es.Fact{
		permit.RuleCompleteness: filed,
		permit.RuleDecideKey:    inExam,
		permit.RuleDelivery:     inForce,
		"":                      append(slices.Clone(inForce), delivered),
	} {
		c, running := es.Fold(permit.Permit{}, facts...).Next(law.Embedded())
		if c.Rule.ID != rule || running != (rule != "") {
			t.Errorf("next is %q, want %q", c.Rule.ID, rule)
		}
	}
}

// A new edition of the calendar moves open deadlines without any event.
func TestClockFollowsTheLawOfTheDay(t *testing.T) {
	before := es.Fold(permit.Permit{}, past(openedLight, by(firm, "2027-01-04", &permitsv1.PermitApplicationSubmitted{Content: light(), Received: wire("2027-01-04")}))...)
	c, ok := before.Next(law.Embedded())
	if !ok || !c.Provisional || c.Due != date("2027-01-07") {
		t.Fatalf("due %s, provisional %v", c.Due, c.Provisional)
	}
	edition, err := law.ParseEdition(law.ListWorkingDays, []byte(notice2027))
	if err != nil {
		t.Fatal(err)
	}
	c, _ = before.Next(law.Embedded().With(edition))
	if c.Provisional || c.Due != date("2027-01-08") {
		t.Errorf("due %s, provisional %v after the notice", c.Due, c.Provisional)
	}
}

// notice2027 is a made-up notice that frees Tuesday 2027-01-05.
const notice2027 = `# edition: working_days-2027
# version: '2027'
# valid_from: 2027-01-01
# valid_to: 2027-12-31
date,weekday,is_workday,kind,name_zh,differs_from_weekday_rule,source,confidence
2027-01-01,Fri,0,holiday,元旦,1,example,K
2027-01-05,Tue,0,holiday,示例,1,example,K
`
