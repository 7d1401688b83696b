package permit_test

import (
	"errors"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/permit"
)

// A permit of a made-up starch works: granted for five years up to 2026-10-15.
var old = past(
	by(firm, "2021-09-01", opened(permitsv1.ManagementClass_MANAGEMENT_CLASS_SIMPLIFIED)),
	by(firm, "2021-09-06", &permitsv1.PermitApplicationSubmitted{Content: conditioned(), Received: wire("2021-09-06")}),
	by(clerk, "2021-09-08", &permitsv1.PermitApplicationAccepted{DocumentNumber: "1", Accepted: wire("2021-09-08")}),
	by(examiner, "2021-10-12", &permitsv1.PermitApplicationExamined{RecommendGrant: true, Opinion: "符合条件"}),
	by(decider, "2021-10-16", &permitsv1.PermitIssued{
		PermitNumber: uscc + "001P", DocumentNumber: "武环许〔2021〕1号", Content: conditioned(),
		ValidFrom: wire("2021-10-16"), ValidTo: wire("2026-10-15"), Decided: wire("2021-10-16"), IssuingOrg: "620600",
	}),
	by(clerk, "2021-10-20", &permitsv1.PermitDecisionDelivered{Delivered: wire("2021-10-20"), Method: "electronic"}),
)

func conditioned() *permitsv1.ApplicationContent {
	return with(light(), func(c *permitsv1.ApplicationContent) {
		c.Conditions = []*permitsv1.Condition{{Number: 1, Text: "重污染天气停用燃煤锅炉"}}
	})
}

// after is the old permit and what came later.
func after(facts ...es.Fact) []es.Fact { return append(slices.Clone(old), facts...) }

func begun(kind permit.Kind, day string, change func(*permitsv1.PermitProcedureOpened)) es.Fact {
	e := &permitsv1.PermitProcedureOpened{Kind: kind}
	if change != nil {
		change(e)
	}
	return by(firm, day, e)
}

func filedOn(day string, c *permitsv1.ApplicationContent) es.Fact {
	return by(firm, day, &permitsv1.PermitApplicationSubmitted{Content: c, Received: wire(day)})
}

func takenOn(day string) es.Fact {
	return by(clerk, day, &permitsv1.PermitApplicationAccepted{DocumentNumber: "2", Accepted: wire(day)})
}

func advisedOn(day string) es.Fact {
	return by(examiner, day, &permitsv1.PermitApplicationExamined{RecommendGrant: true, Opinion: "符合条件"})
}

// renewing is a renewal filed on a day, accepted on another and examined.
func renewing(filed, accepted string, more ...es.Fact) []es.Fact {
	return after(append([]es.Fact{begun(permit.Renewal, filed, nil), filedOn(filed, conditioned()), takenOn(accepted)}, more...)...)
}

// execute decides a command and folds what it leads to.
func execute(t *testing.T, past []es.Fact, who es.Actor, day string, cmd es.Command[permit.Permit]) ([]es.Event, []es.Fact) {
	t.Helper()
	events, err := cmd.Decide(es.Fold(permit.Permit{}, past...))
	if err != nil {
		t.Fatalf("%T on %s: %v", cmd, day, err)
	}
	past = slices.Clone(past)
	for _, e := range events {
		past = append(past, by(who, day, e))
	}
	return events, past
}

// Everybody misses every deadline of a procedure once: nothing is refused for
// it, everything is marked.
func TestEveryDeadlineMissed(t *testing.T) {
	name := &permitsv1.BaseData{UnitName: "武威示例供热有限公司", Domicile: "凉州区示例路2号"}
	opening := permit.OpenProcedure{Occasion: on(firm, "2026-03-02"), Kind: permit.BaseChange, ChangedOn: date("2026-01-20")}
	_, facts := execute(t, old, firm, "2026-03-02", opening)
	filing := permit.Submit{Occasion: on(firm, "2026-03-02"), Content: light(), Base: name}
	if doubts := filing.Advise(es.Fold(permit.Permit{}, facts...)); !slices.ContainsFunc(doubts, func(f problem.Field) bool { return f.Reason == "CHANGE_FILED_LATE" }) {
		t.Errorf("doubts: %+v", doubts)
	}
	_, facts = execute(t, facts, firm, "2026-03-02", filing)
	if c := clockOf(t, permit.RuleChangeFile, facts...); c.Later != date("2026-02-24") || c.Met != date("2026-03-02") {
		t.Errorf("filing due %s, met %s", c.Later, c.Met)
	}
	_, facts = execute(t, facts, ticker, "2026-03-09", permit.DeemAccepted{Occasion: on(ticker, "2026-03-09")}) // the clerk was silent
	if c := clockOf(t, permit.RuleDecideChange, facts...); c.Due != date("2026-03-16") {
		t.Errorf("decision due %s", c.Due)
	}
	facts = append(facts, advisedOn("2026-03-18"))
	decision := permit.Issue{Occasion: on(decider, "2026-03-20"), Number: "1"}
	if doubts := decision.Advise(es.Fold(permit.Permit{}, facts...)); len(doubts) != 1 || doubts[0].Reason != "DECISION_OVERDUE" {
		t.Errorf("doubts: %+v", doubts)
	}
	events, facts := execute(t, facts, decider, "2026-03-20", decision)
	e := events[0].(*permitsv1.PermitVersionIssued)
	if !e.GetFiledLate() || e.GetValidFrom().GetIso() != "2021-10-16" || e.GetValidTo().GetIso() != "2026-10-15" || e.GetFrom().GetIso() != "2026-03-20" {
		t.Errorf("got %v", e)
	}
	if c := clockOf(t, permit.RuleDelivery, facts...); c.Due != date("2026-04-03") {
		t.Errorf("delivery due %s", c.Due)
	}
	if p := es.Fold(permit.Permit{}, facts...); p.UnitName != name.GetUnitName() || p.Base.GetDomicile() != "凉州区示例路2号" || len(p.Versions) != 2 {
		t.Errorf("the holder is %s", p.UnitName)
	}
}

func TestOpenProcedure(t *testing.T) {
	open := func(kind permit.Kind, day string, change func(*permit.OpenProcedure)) permit.OpenProcedure {
		c := permit.OpenProcedure{Occasion: on(firm, day), Kind: kind}
		if change != nil {
			change(&c)
		}
		return c
	}
	authority := open(permit.ByAuthority, "2026-03-02", func(c *permit.OpenProcedure) {
		c.By, c.ByBureau, c.Requirement, c.Effective = clerk, true, "示例新标准", date("2026-07-01")
		c.Content = with(conditioned(), func(c *permitsv1.ApplicationContent) {
			c.Limits[0].Concentration, c.Conditions = "100", append(c.Conditions, &permitsv1.Condition{Text: "安装自动监测设备"})
		})
	})
	proposal := &permitsv1.PermitProcedureOpened{
		Kind: permit.ByAuthority, Requirement: "示例新标准", Effective: wire("2026-07-01"),
		Content: with(proto.CloneOf(authority.Content), func(c *permitsv1.ApplicationContent) { c.Conditions[1].Number = 2 }),
	}
	looser, reused, ofFirm := authority, authority, authority
	looser.Content = with(conditioned(), func(c *permitsv1.ApplicationContent) { c.Limits[0].Concentration = "201" })
	reused.Content = with(conditioned(), func(c *permitsv1.ApplicationContent) { c.Conditions[0].Number = 7 })
	ofFirm.ByBureau = false
	expired := after(by(ticker, "2026-10-16", &permitsv1.PermitExpired{LastDay: wire("2026-10-15"), Cause: "term"}))
	underway := after(by(clerk, "2026-03-02", proposal))
	estest.Run(t, []scenario{
		{Name: "the holder begins a renewal", Given: old, When: open(permit.Renewal, "2026-03-02", nil), Then: []es.Event{&permitsv1.PermitProcedureOpened{Kind: permit.Renewal}}},
		{Name: "a re-application names its cause and day", Given: old, When: open(permit.Reapplication, "2026-03-02", nil), Err: problem.ErrInvalid},
		{Name: "a change of base data names its day", Given: old, When: open(permit.BaseChange, "2026-03-02", nil), Err: problem.ErrInvalid},
		{Name: "base data change before they are filed", Given: old, When: open(permit.BaseChange, "2026-03-02", func(c *permit.OpenProcedure) { c.ChangedOn = date("2026-03-03") }), Err: problem.ErrInvalid},
		{Name: "an adjustment says why", Given: old, When: open(permit.Adjustment, "2026-03-02", nil), Err: problem.ErrInvalid},
		{Name: "the authority tightens for a new standard", Given: old, When: authority, Then: []es.Event{proposal}},
		{Name: "the holder does not change by authority", Given: old, When: ofFirm, Err: problem.ErrInvalid},
		{Name: "the authority does not renew", Given: old, When: open(permit.Renewal, "2026-03-02", func(c *permit.OpenProcedure) { c.ByBureau = true }), Err: problem.ErrInvalid},
		{Name: "the authority does not loosen", Given: old, When: looser, Err: permit.ErrLoosened},
		{Name: "a condition's number is not given twice", Given: old, When: reused, Err: problem.ErrInvalid},
		{Name: "what ended is not renewed", Given: expired, When: open(permit.Renewal, "2026-10-17", nil), Err: permit.ErrTermEnded},
		{Name: "what ended is not renewed before the ticker has come round either", Given: old, When: open(permit.Renewal, "2026-10-16", nil), Err: permit.ErrTermEnded},
		{Name: "one procedure at a time", Given: underway, When: open(permit.Adjustment, "2026-03-03", func(c *permit.OpenProcedure) { c.Reason = "调整监测频次" }), Err: permit.ErrProcedureOpen},
		{
			Name: "a renewal goes before a change by the authority", Given: underway, When: open(permit.Renewal, "2026-03-03", nil),
			Then: []es.Event{&permitsv1.PermitApplicationWithdrawn{Reason: "延续申请优先，依职权变更终止。The renewal goes first; the change by the authority ends."}, &permitsv1.PermitProcedureOpened{Kind: permit.Renewal}},
		},
		{Name: "the holder does not withdraw a change by the authority", Given: underway, When: permit.Withdraw{Occasion: on(firm, "2026-03-03"), Reason: "不同意"}, Err: permit.ErrOfAuthority},
		{Name: "an application that is not granted is not renewed", Given: filed, When: open(permit.Renewal, "2026-09-09", nil), Err: permit.ErrNotGranted},
		{Name: "what is not there is not renewed", Given: nil, When: open(permit.Renewal, "2026-09-09", nil), Err: problem.ErrNotFound},
	})
	c := clockOf(t, permit.RuleDecideByAuthority, underway...)
	if c.Due != date("2026-06-30") {
		t.Errorf("the change is due on %s", c.Due)
	}
}

func TestLimitsLoosenedWithoutReapplication(t *testing.T) {
	looser := with(light(), func(c *permitsv1.ApplicationContent) { c.Limits[0].MassGramsPerYear++ })
	tighter := with(light(), func(c *permitsv1.ApplicationContent) { c.Limits[0].Concentration = "150" })
	carried := with(proto.CloneOf(tighter), func(c *permitsv1.ApplicationContent) { c.Conditions = conditioned().Conditions })
	forged := with(proto.CloneOf(tighter), func(c *permitsv1.ApplicationContent) { c.Conditions = []*permitsv1.Condition{{Number: 1, Text: "无"}} })
	begin := func(kind permit.Kind) []es.Fact {
		return after(begun(kind, "2026-03-02", func(e *permitsv1.PermitProcedureOpened) { e.ChangedOn = wire("2026-06-01") }))
	}
	file := func(c *permitsv1.ApplicationContent) permit.Submit {
		return permit.Submit{Occasion: on(firm, "2026-03-02"), Content: c}
	}
	based := file(light())
	based.Base = &permitsv1.BaseData{UnitName: "武威示例热力有限公司"}
	moved := file(tighter)
	moved.Base = &permitsv1.BaseData{UnitName: "武威示例供热有限公司"}
	inExam := append(begin(permit.Adjustment), filedOn("2026-03-02", carried), takenOn("2026-03-03"))
	estest.Run(t, []scenario{
		{Name: "a renewal does not loosen", Given: begin(permit.Renewal), When: file(looser), Err: permit.ErrLoosened},
		{Name: "an adjustment does not loosen", Given: begin(permit.Adjustment), When: file(looser), Err: permit.ErrLoosened},
		{Name: "a re-application may", Given: begin(permit.Reapplication), When: file(looser), Then: []es.Event{&permitsv1.PermitApplicationSubmitted{
			Content: with(proto.CloneOf(looser), func(c *permitsv1.ApplicationContent) { c.Conditions = conditioned().Conditions }), Received: wire("2026-03-02"),
		}}},
		{Name: "an adjustment may tighten, conditions are carried over", Given: begin(permit.Adjustment), When: file(forged), Then: []es.Event{&permitsv1.PermitApplicationSubmitted{Content: carried, Received: wire("2026-03-02")}}},
		{Name: "the examiner does not loosen either", Given: inExam, When: permit.Examine{
			Occasion: on(examiner, "2026-03-05"), RecommendGrant: true, Opinion: "放宽", Limits: looser.GetLimits(),
		}, Err: permit.ErrLoosened},
		{Name: "base data that do not change are no change", Given: begin(permit.BaseChange), When: based, Err: problem.ErrInvalid},
		{Name: "a change of base data changes nothing else", Given: begin(permit.BaseChange), When: moved, Err: problem.ErrInvalid},
		{Name: "base data belong to their own procedure", Given: begin(permit.Renewal), When: moved, Err: problem.ErrInvalid},
	})
	_, err := file(looser).Decide(es.Fold(permit.Permit{}, begin(permit.Renewal)...))
	if f := fieldsOf(err); len(f) != 1 || f[0].Path != "content.limits[0]" || f[0].Reason != "NEEDS_REAPPLICATION" {
		t.Errorf("got %+v", f)
	}
}

func TestReapplicationBeginsATerm(t *testing.T) {
	facts := after(begun(permit.Reapplication, "2026-03-02", func(e *permitsv1.PermitProcedureOpened) { e.ChangedOn = wire("2026-06-01") }),
		filedOn("2026-03-02", conditioned()), takenOn("2026-03-03"))
	if c := clockOf(t, permit.RuleDecideLight, facts...); c.Due != date("2026-03-31") {
		t.Errorf("decision due %s", c.Due)
	}
	facts = append(facts, by(examiner, "2026-03-10", &permitsv1.PermitApplicationExamined{
		RecommendGrant: true, Opinion: "符合", Conditions: []*permitsv1.Condition{{Number: 2, Text: "安装电表"}},
	}))
	events, facts := execute(t, facts, decider, "2026-03-12", permit.Issue{Occasion: on(decider, "2026-03-12"), Number: "1"})
	e := events[0].(*permitsv1.PermitVersionIssued)
	if e.GetFrom().GetIso() != "2026-03-12" || e.GetValidTo().GetIso() != "2031-03-11" || e.GetContent().GetConditions()[0].GetText() != "安装电表" {
		t.Errorf("got %v", e)
	}
	p := es.Fold(permit.Permit{}, facts...)
	if v, _ := p.VersionOn(date("2026-03-11")); v.Number != 1 {
		t.Errorf("version %d on the day before", v.Number)
	}
	// The first condition went; its number is never given again.
	if _, err := (permit.OpenProcedure{
		Occasion: on(clerk, "2026-04-01"), Kind: permit.ByAuthority, ByBureau: true, Requirement: "示例", Effective: date("2026-07-01"),
		Content: with(conditioned(), func(c *permitsv1.ApplicationContent) { c.Conditions[0].Number = 1 }),
	}).Decide(p); !errors.Is(err, problem.ErrInvalid) {
		t.Errorf("number 1 came back: %v", err)
	}
}

// A decision that was not handed over before the next procedure began can still
// be handed over.
func TestDeliveryAfterTheNextProcedureBegan(t *testing.T) {
	facts := append(slices.Clone(old[:5]), begun(permit.Renewal, "2026-03-02", nil))
	_, facts = execute(t, facts, clerk, "2026-03-03", permit.Deliver{Occasion: on(clerk, "2026-03-03"), Day: date("2026-03-03"), Method: "post"})
	if _, err := (permit.Deliver{Occasion: on(clerk, "2026-03-03"), Day: date("2026-03-03"), Method: "post"}).Decide(es.Fold(permit.Permit{}, facts...)); !errors.Is(err, permit.ErrWrongStage) {
		t.Errorf("handed over twice: %v", err)
	}
}

// laterLife is a history in which every event after the grant occurs, but for
// the other ends.
func laterLife() []es.Fact {
	measure := func(name, ground string) es.Fact {
		return by(examiner, "2026-10-30", &permitsv1.PermitMeasureProposed{Measure: name, Ground: ground, Reason: "示例"})
	}
	return after(
		by(ticker, "2026-01-20", &permitsv1.PermitRenewalReminded{DaysBefore: 90}),
		begun(permit.Renewal, "2026-03-02", nil), filedOn("2026-03-02", conditioned()), takenOn("2026-03-03"),
		by(ticker, "2026-10-16", &permitsv1.PermitDeemedRenewed{From: wire("2026-10-16")}), advisedOn("2026-10-19"),
		by(decider, "2026-10-20", &permitsv1.PermitVersionIssued{
			Kind: permit.Renewal, Version: 2, Content: conditioned(), BaseData: &permitsv1.BaseData{UnitName: "武威示例供热有限公司"},
			From: wire("2026-10-16"), ValidFrom: wire("2026-10-16"), ValidTo: wire("2031-10-15"), Decided: wire("2026-10-20"),
		}),
		by(clerk, "2026-10-21", &permitsv1.PlatformNumberEntered{PermitNumber: uscc + "002P"}),
		by(firm, "2026-10-22", &permitsv1.PermitMeasureProposed{Measure: "reissue", Ground: "lost"}), by(decider, "2026-10-23", &permitsv1.PermitPaperReissued{Paper: 2}),
		measure("withhold", "penalty"), by(decider, "2026-11-01", &permitsv1.PermitWithheld{From: wire("2026-11-01")}),
		by(decider, "2026-11-05", &permitsv1.PermitGivenBack{From: wire("2026-11-05")}),
		measure("revoke", "fraud"), by(decider, "2026-11-06", &permitsv1.PermitMeasureRejected{Measure: "revoke"}),
		by(decider, "2026-11-07", &permitsv1.PermitRevoked{From: wire("2026-11-07"), BarredUntil: wire("2029-11-07")}),
		by(decider, "2026-11-08", &permitsv1.PermitCancelled{On: wire("2026-11-08")}),
	)
}

func TestLifeEvolves(t *testing.T) {
	estest.EveryEventEvolves[permit.Permit](t, laterLife()...)
	for _, end := range []es.Event{&permitsv1.PermitForfeited{From: wire("2026-05-01")}, &permitsv1.PermitExpired{LastDay: wire("2026-10-15")}} {
		estest.EveryEventEvolves[permit.Permit](t, after(by(decider, "2026-11-07", end))...)
	}
}
