package permit_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/law"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/permit"
)

// The worked scenario: filed late on 2026-09-10, accepted 09-14, expert review
// 09-28 to 09-30, decided 10-20 after the term ended on 10-15: a gap of four
// days, and never a cancellation by itself.
func TestLateRenewalLeavesAGap(t *testing.T) {
	opening := permit.OpenProcedure{Occasion: on(firm, "2026-09-10"), Kind: permit.Renewal}
	if doubts := opening.Advise(es.Fold(permit.Permit{}, old...)); len(doubts) != 1 || doubts[0].Reason != "RENEWAL_FILED_LATE" {
		t.Errorf("doubts: %+v", doubts)
	}
	_, facts := execute(t, old, firm, "2026-09-10", opening)
	_, facts = execute(t, facts, firm, "2026-09-10", permit.Submit{Occasion: on(firm, "2026-09-10"), Content: light()})
	if c := clockOf(t, permit.RuleRenewal, facts...); c.Due != date("2026-08-16") || c.Met != date("2026-09-10") {
		t.Errorf("filing due %s, met %s", c.Due, c.Met)
	}
	if c := clockOf(t, permit.RuleCompleteness, facts...); c.Later != date("2026-09-15") {
		t.Errorf("completeness due %s", c.Later)
	}
	facts = append(facts, takenOn("2026-09-14"))
	if c := clockOf(t, permit.RuleDecideRenewal, facts...); c.Due != date("2026-10-16") {
		t.Errorf("decision due %s", c.Due)
	}
	facts = append(facts,
		by(examiner, "2026-09-28", &permitsv1.DecisionClockPaused{Kind: "expert_review", From: wire("2026-09-29")}),
		by(examiner, "2026-09-30", &permitsv1.DecisionClockResumed{Last: wire("2026-09-30")}))
	if c := clockOf(t, permit.RuleDecideRenewal, facts...); c.Due != date("2026-10-20") {
		t.Errorf("decision due %s after the review", c.Due)
	}
	facts = append(facts, advisedOn("2026-10-13"))
	events, facts := execute(t, facts, ticker, "2026-10-16", permit.Expire{Occasion: on(ticker, "2026-10-16")})
	if e, ok := events[0].(*permitsv1.PermitExpired); !ok || !e.GetRenewalPending() || e.GetLastDay().GetIso() != "2026-10-15" || len(events) != 1 {
		t.Fatalf("at the end of the term: %v", events)
	}
	state := es.Fold(permit.Permit{}, facts...)
	if state.Shown() != permit.Expired || state.InForce() || state.Status != permit.Examined {
		t.Errorf("standing %v, stage %v", state.Shown(), state.Status)
	}
	decision := permit.Issue{Occasion: on(decider, "2026-10-20"), Number: "武环许〔2026〕2号", IssuingOrg: "620600"}
	if doubts := decision.Advise(state); len(doubts) != 1 || doubts[0].Reason != "GAP_WITHOUT_PERMIT" {
		t.Errorf("doubts: %+v", doubts)
	}
	events, facts = execute(t, facts, decider, "2026-10-20", decision)
	want := &permitsv1.PermitVersionIssued{
		Kind: permit.Renewal, Version: 2, Content: conditioned(), From: wire("2026-10-20"), ValidFrom: wire("2026-10-20"), ValidTo: wire("2031-10-19"),
		Decided: wire("2026-10-20"), DocumentNumber: "武环许〔2026〕2号", IssuingOrg: "620600",
		GapFrom: wire("2026-10-16"), GapTo: wire("2026-10-19"), FiledLate: true,
	}
	if !proto.Equal(events[0], want) {
		t.Errorf("got  %v\nwant %v", events[0], want)
	}
	state = es.Fold(permit.Permit{}, facts...)
	for day, version := range map[string]int32{
		"2021-10-15": 0, "2021-10-16": 1, "2026-10-15": 1, "2026-10-16": 0, "2026-10-17": 0, "2026-10-19": 0, "2026-10-20": 2, "2031-10-19": 2, "2031-10-20": 0,
	} {
		if v, ok := state.VersionOn(date(day)); ok != (version != 0) || ok && v.Number != version {
			t.Errorf("on %s version %d, want %d", day, v.Number, version)
		}
	}
	if state.Shown() != permit.Issued {
		t.Errorf("standing %v after the renewal", state.Shown())
	}
}

// Late, but decided on the last day: the new term follows the old one.
func TestLateRenewalDecidedInTimeLeavesNoGap(t *testing.T) {
	facts := renewing("2026-09-10", "2026-09-14", advisedOn("2026-10-13"))
	events, _ := execute(t, facts, decider, "2026-10-15", permit.Issue{Occasion: on(decider, "2026-10-15"), Number: "1"})
	e := events[0].(*permitsv1.PermitVersionIssued)
	if e.GetFrom().GetIso() != "2026-10-16" || e.GetValidFrom().GetIso() != "2026-10-16" || e.GetValidTo().GetIso() != "2031-10-15" || e.GetGapFrom() != nil || !e.GetFiledLate() {
		t.Errorf("got %v", e)
	}
}

// Filed on Sunday 2026-08-16, the last day: in time. Undecided at the end of the
// term it counts as renewed; decided late, it leaves no gap.
func TestTimelyRenewalCountsAsGranted(t *testing.T) {
	facts := renewing("2026-08-16", "2026-08-18", advisedOn("2026-09-30"))
	if !es.Fold(permit.Permit{}, facts...).RenewalInTime(law.Embedded()) {
		t.Fatal("the last day is not in time")
	}
	if _, err := (permit.Expire{Occasion: on(ticker, "2026-10-15")}).Decide(es.Fold(permit.Permit{}, facts...)); !errors.Is(err, permit.ErrTermRuns) {
		t.Errorf("on the last day: %v", err)
	}
	unheard, _ := execute(t, facts, decider, "2026-10-20", permit.Issue{Occasion: on(decider, "2026-10-20"), Number: "1"})
	if unheard[0].(*permitsv1.PermitVersionIssued).GetGapFrom() != nil {
		t.Error("a ticker that has not come round opens a gap")
	}
	events, facts := execute(t, facts, ticker, "2026-10-16", permit.Expire{Occasion: on(ticker, "2026-10-16")})
	deemed, ok := events[0].(*permitsv1.PermitDeemedRenewed)
	if !ok || deemed.GetFrom().GetIso() != "2026-10-16" || deemed.GetOpinion() != permit.OpinionRenewal || deemed.GetWhy().GetZh() == "" ||
		deemed.GetFiled().GetIso() != "2026-08-16" || deemed.GetFilingDue().GetIso() != "2026-08-16" {
		t.Fatalf("got %v", events)
	}
	state := es.Fold(permit.Permit{}, facts...)
	if _, ok := state.VersionOn(date("2026-10-18")); !ok || !state.InForce() || state.Shown() != permit.DeemedRenewed {
		t.Error("not in force")
	}
	if _, err := (permit.Expire{Occasion: on(ticker, "2026-10-17")}).Decide(state); !errors.Is(err, permit.ErrTermRuns) {
		t.Errorf("ended twice: %v", err)
	}
	events, _ = execute(t, facts, decider, "2026-10-20", permit.Issue{Occasion: on(decider, "2026-10-20"), Number: "1"})
	e := events[0].(*permitsv1.PermitVersionIssued)
	if e.GetFrom().GetIso() != "2026-10-16" || e.GetValidTo().GetIso() != "2031-10-15" || e.GetGapFrom() != nil || e.GetFiledLate() {
		t.Errorf("got %v", e)
	}
	events, facts = execute(t, facts, decider, "2026-10-20", permit.Refuse{Occasion: on(decider, "2026-10-20"), Reasons: "达不到标准", Unmet: []string{"standards"}, Number: "1"})
	if end, ok := events[1].(*permitsv1.PermitExpired); !ok || end.GetLastDay().GetIso() != "2026-10-20" || end.GetCause() != "renewal_refused" {
		t.Errorf("got %v", events)
	}
	state = es.Fold(permit.Permit{}, facts...)
	_, before := state.VersionOn(date("2026-10-20"))
	_, afterwards := state.VersionOn(date("2026-10-21"))
	if !before || afterwards || state.Shown() != permit.Expired {
		t.Errorf("in force before the refusal %v, after it %v", before, afterwards)
	}
}

// The other opinion is one edition away: the permit ends, and the decision
// begins a new term.
func TestTheOtherOpinionEndsThePermit(t *testing.T) {
	var readings []byte
	for _, e := range law.Embedded().Editions(law.ListReadings) {
		readings = bytes.ReplaceAll(e.Content(), []byte("choice: deemed_renewed\n  others: [lapses]"), []byte("choice: lapses\n  others: [deemed_renewed]"))
	}
	edition, err := law.ParseEdition(law.ListReadings, readings)
	if err != nil {
		t.Fatal(err)
	}
	facts := renewing("2026-08-16", "2026-08-18", advisedOn("2026-09-30"))
	o := on(ticker, "2026-10-16")
	o.Law = o.Law.With(edition)
	events, facts := execute(t, facts, ticker, "2026-10-16", permit.Expire{Occasion: o})
	if e, ok := events[0].(*permitsv1.PermitExpired); !ok || e.GetOpinion() != permit.OpinionRenewal+": lapses" || !e.GetRenewalPending() {
		t.Fatalf("got %v", events)
	}
	decision := permit.Issue{Occasion: on(decider, "2026-10-20"), Number: "1"}
	decision.Law = o.Law
	events, _ = execute(t, facts, decider, "2026-10-20", decision)
	if e := events[0].(*permitsv1.PermitVersionIssued); e.GetFrom().GetIso() != "2026-10-20" || e.GetGapTo().GetIso() != "2026-10-19" || e.GetFiledLate() {
		t.Errorf("got %v", e)
	}
}

func TestReminders(t *testing.T) {
	sent := old
	var days []int32
	for _, day := range []string{"2026-07-16", "2026-07-17", "2026-07-18", "2026-08-01", "2026-08-02", "2026-08-14", "2026-08-15", "2026-08-16", "2026-10-15"} {
		events, err := permit.Remind{Occasion: on(ticker, day)}.Decide(es.Fold(permit.Permit{}, sent...))
		if err != nil {
			if !errors.Is(err, permit.ErrNoReminder) {
				t.Fatal(err)
			}
			continue
		}
		e := events[0].(*permitsv1.PermitRenewalReminded)
		if e.GetLastDay().GetIso() != "2026-08-16" {
			t.Errorf("last day %s", e.GetLastDay().GetIso())
		}
		days = append(days, e.GetDaysBefore())
		sent = append(slices.Clone(sent), by(ticker, day, e))
	}
	if !slices.Equal(days, []int32{90, 75, 61}) {
		t.Errorf("reminded %v", days)
	}
	act, _ := es.Fold(permit.Permit{}, sent...).NextAct()
	clock, running := es.Fold(permit.Permit{}, sent...).Next(law.Embedded())
	if act.Name != "open-procedure" || !running || clock.Due != date("2026-08-16") {
		t.Errorf("next %s by %s", act.Name, clock.Due)
	}
	if _, err := (permit.Remind{Occasion: on(ticker, "2026-08-01")}).Decide(es.Fold(permit.Permit{}, renewing("2026-07-20", "2026-07-21")...)); !errors.Is(err, permit.ErrNoReminder) {
		t.Errorf("reminded of what was filed: %v", err)
	}
}

// Filed in time, told what is missing, and not completed when the term ends: the
// delay is the holder's. Completed the day before, it is the agency's again.
func TestIncompleteRenewalDoesNotCount(t *testing.T) {
	incomplete := after(begun(permit.Renewal, "2026-08-16", nil), filedOn("2026-08-16", conditioned()),
		by(clerk, "2026-08-18", &permitsv1.DeficiencyNoticed{Items: []*permitsv1.MissingItem{{What: "自行监测方案"}}, Noticed: wire("2026-08-18")}))
	again := func(past []es.Fact, day string) []es.Fact {
		_, facts := execute(t, past, firm, day, permit.Submit{Occasion: on(firm, day), Content: light()})
		return append(facts, by(clerk, day, &permitsv1.PermitApplicationAccepted{DocumentNumber: "2", Accepted: wire(day)}))
	}
	events, facts := execute(t, incomplete, ticker, "2026-10-16", permit.Expire{Occasion: on(ticker, "2026-10-16")})
	if e, ok := events[0].(*permitsv1.PermitExpired); !ok || !e.GetRenewalPending() {
		t.Fatalf("got %v", events)
	}
	facts = append(again(facts, "2026-10-19"), advisedOn("2026-10-20"))
	events, _ = execute(t, facts, decider, "2026-10-22", permit.Issue{Occasion: on(decider, "2026-10-22"), Number: "1"})
	if e := events[0].(*permitsv1.PermitVersionIssued); e.GetGapFrom().GetIso() != "2026-10-16" || e.GetGapTo().GetIso() != "2026-10-21" || e.GetFiledLate() {
		t.Errorf("got %v", e)
	}
	events, _ = execute(t, again(incomplete, "2026-10-15"), ticker, "2026-10-16", permit.Expire{Occasion: on(ticker, "2026-10-16")})
	if _, ok := events[0].(*permitsv1.PermitDeemedRenewed); !ok {
		t.Errorf("completed before the end: %v", events)
	}
	unticked := append(again(incomplete, "2026-10-16"), advisedOn("2026-10-20"))
	events, _ = execute(t, unticked, decider, "2026-10-22", permit.Issue{Occasion: on(decider, "2026-10-22"), Number: "1"})
	if e := events[0].(*permitsv1.PermitVersionIssued); e.GetGapFrom() == nil {
		t.Error("a ticker that has not come round closes the gap")
	}
}
