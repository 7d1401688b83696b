package approval_test

import (
	"testing"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/law"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
	"shiyang/services/permits/eia/approval"
)

func TestPublicity(t *testing.T) {
	publish := approval.Publish{Occasion: on(clerk, "2026-09-16"), Kind: approval.Acceptance, From: date("2026-09-16"), URL: "https://example.org/1"}
	tomorrow := publish
	tomorrow.From = date("2026-09-17")
	if _, err := tomorrow.Decide(es.Fold(approval.Approval{}, then(received, accepted)...)); !contains(reasonOf(err), "NOTICE_DAY") {
		t.Errorf("a notice of tomorrow: %v", reasonOf(err))
	}
	estest.Run(t, []scenario{
		{Name: "a form's acceptance stands for five working days", Given: then(received, accepted), When: publish, Then: []es.Event{
			&permitsv1.EiaNoticePublished{Kind: approval.Acceptance, From: wire("2026-09-16"), Last: wire("2026-09-22"), Url: "https://example.org/1", Rule: approval.RuleAcceptanceForm},
		}},
		{Name: "it is published once", Given: inExam, When: publish, Err: reason("PUBLISHED_BEFORE")},
		{Name: "nothing is examined before the acceptance is public", Given: then(received, accepted), When: approval.Examine{Occasion: on(examiner, "2026-09-17")}, Err: reason("PUBLICITY_MISSING")},
		{
			Name: "the intention is not decided while it stands", Given: toDecide, When: approval.Approve{Occasion: on(decider, "2026-09-30"), Number: "1"},
			Err: approval.ErrPublicity,
		},
		{Name: "nothing is decided without an intention", Given: then(inExam, examined), When: approval.Approve{Occasion: on(decider, "2026-10-12"), Number: "1"}, Err: reason("PUBLICITY_MISSING")},
	})
}

func TestHearing(t *testing.T) {
	request := approval.RequestHearing{Occasion: on(firm, "2026-09-24"), Capacity: "interested_party"}
	late := request
	late.Occasion = on(firm, "2026-10-12")
	asked := by(firm, "2026-09-24", &permitsv1.EiaHearingRequested{Requested: wire("2026-09-24"), Capacity: "interested_party"})
	held := by(examiner, "2026-10-09", &permitsv1.EiaHearingClosed{Held: true, On: wire("2026-10-09"), Finding: "采纳两条意见"})
	estest.Run(t, []scenario{
		{Name: "a hearing is asked for in time", Given: toDecide, When: request, Then: []es.Event{asked.Event}},
		{Name: "not after five days", Given: toDecide, When: late, Err: reason("HEARING_TOO_LATE")},
		{Name: "not before the intention is public", Given: then(inExam, examined), When: request, Err: reason("PUBLICITY_MISSING")},
		{Name: "not twice", Given: then(toDecide, asked), When: request, Err: reason("HEARING_BEFORE")},
		{Name: "nothing is decided while it is open", Given: then(toDecide, asked), When: approval.Refuse{Occasion: on(decider, "2026-10-12"), Number: "1"}, Err: reason("HEARING_OPEN")},
		{Name: "nothing goes back while it is open", Given: then(toDecide, asked), When: approval.ReturnExamination{Occasion: on(decider, "2026-10-12")}, Err: reason("HEARING_OPEN")},
		{Name: "after it, the decision", Given: then(toDecide, asked, held), When: approval.Approve{Occasion: on(decider, "2026-10-12"), Conditions: "落实措施"}, Err: act.ErrNumberNeeded},
	})
}

func TestDecision(t *testing.T) {
	approve := approval.Approve{Occasion: on(decider, "2026-10-12"), Conditions: "落实措施", IssuingOrg: "620600", Number: "武环评发〔2026〕1号"}
	conflict := then(toDecide, by(examiner, "2026-10-09", &permitsv1.EiaScreened{Screening: screening(permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONFLICT)}))
	byClerk, byExaminer := approve, approve
	byClerk.By, byExaminer.By = clerk, examiner
	grounds := []permitsv1.EiaGround{permitsv1.EiaGround_EIA_GROUND_SITING}
	muddled := approval.Examine{Occasion: on(examiner, "2026-09-23"), RecommendApproval: true, Opinion: "可行", Grounds: grounds}
	if _, err := muddled.Decide(es.Fold(approval.Approval{}, inExam...)); !contains(reasonOf(err), "GROUNDS_AND_ADVICE") {
		t.Errorf("advice to approve with grounds against: %v", reasonOf(err))
	}
	estest.Run(t, []scenario{
		{Name: "approved, with five years to begin", Given: toDecide, When: approve, Then: []es.Event{&permitsv1.EiaApproved{
			DocumentNumber: "武环评发〔2026〕1号", Decided: wire("2026-10-12"), Conditions: "落实措施", IssuingOrg: "620600", StartBy: wire("2031-10-12"),
		}}},
		{Name: "what the lists forbid is not approved", Given: conflict, When: approve, Err: approval.ErrZoning},
		{Name: "but it can be refused", Given: conflict, When: approval.Refuse{Occasion: on(decider, "2026-10-12"), Grounds: grounds, Reasons: "冲突", Number: "1"}, Then: []es.Event{
			&permitsv1.EiaRefused{Grounds: grounds, Reasons: "冲突", DocumentNumber: "1", Decided: wire("2026-10-12")},
		}},
		{Name: "the clerk does not decide", Given: toDecide, When: byClerk, Err: act.ErrSamePerson},
		{Name: "the examiner does not decide", Given: toDecide, When: byExaminer, Err: act.ErrSamePerson},
		{Name: "the clerk does not examine", Given: inExam, When: approval.Examine{Occasion: on(clerk, "2026-09-23")}, Err: act.ErrSamePerson},
		{Name: "nothing is examined while the clock stands still", Given: withPause, When: approval.Examine{Occasion: on(examiner, "2026-09-23")}, Err: approval.ErrPaused},
		{Name: "no step before the one it follows", Given: toDecide, When: approval.ReturnExamination{Occasion: on(decider, "2026-09-01")}, Err: reason("INVALID_FIELDS")},
	})
}

func TestDecisionClock(t *testing.T) {
	book := law.Embedded()
	clock, err := es.Fold(approval.Approval{}, toDecide...).Decision(book)
	if err != nil {
		t.Fatal(err)
	}
	// Filed Monday 2026-09-14, thirty working days or thirty days, both shown;
	// the assessment of 09-17 to 09-22 does not count (five working days, as
	// Sunday 09-20 was one).
	unpaused, err := es.Fold(approval.Approval{}, inExam...).Decision(book)
	if err != nil {
		t.Fatal(err)
	}
	cal := book.Calendar()
	if want := cal.AddWorkingDays(date("2026-09-14"), 30); unpaused.Later != want {
		t.Errorf("thirty working days end on %s, want %s", unpaused.Later, want)
	}
	if want := cal.AddWorkingDays(date("2026-09-14"), 35); clock.Later != want {
		t.Errorf("with the assessment they end on %s, want %s", clock.Later, want)
	}
	if !clock.Earlier.Before(clock.Later) {
		t.Errorf("both readings are shown: %s and %s", clock.Earlier, clock.Later)
	}
	still := es.Fold(approval.Approval{}, withPause...)
	if c, err := still.Decision(book); err != nil || !c.Suspended {
		t.Errorf("the clock stands still: %+v, %v", c, err)
	}
	if promised := es.Fold(approval.Approval{}, inExam...).Promised(book); promised != cal.AddWorkingDays(date("2026-09-14"), 15) {
		t.Errorf("the bureau promised %s", promised)
	}
	if !still.Promised(book).IsZero() {
		t.Error("a promise runs while the clock stands still")
	}
}

func TestAfterTheDecision(t *testing.T) {
	begin := approval.Begin{Occasion: on(firm, "2026-11-02"), Day: date("2026-11-01")}
	early, stale := begin, begin
	early.Day = date("2026-10-01")
	stale.Occasion, stale.Day = on(firm, "2031-10-20"), date("2031-10-13")
	recheck := approval.RequestRecheck{Occasion: on(firm, "2031-10-20"), Reason: "资金到位"}
	asked := by(firm, "2031-10-20", &permitsv1.EiaRecheckRequested{Received: wire("2031-10-20"), Reason: "资金到位"})
	answer := approval.AnswerRecheck{Occasion: on(decider, "2031-10-24"), Upheld: true, Opinion: "维持"}
	lapsed := by(decider, "2031-10-24", &permitsv1.EiaRecheckAnswered{Answered: wire("2031-10-24")})
	report := approval.ReportAcceptance{Occasion: on(firm, "2027-11-01"), Day: date("2027-10-20"), Passed: true, URL: "https://example.org/2"}
	replaced := then(inForce, by(ticker, "2027-03-01", &permitsv1.EiaReplaced{NextEiaId: "next"}))
	if _, err := early.Decide(es.Fold(approval.Approval{}, inForce...)); !contains(reasonOf(err), "START_DAY") {
		t.Errorf("building before approval: %v", reasonOf(err))
	}
	estest.Run(t, []scenario{
		{Name: "the works begin", Given: inForce, When: begin, Then: []es.Event{begun.Event}},
		{Name: "works that begin after five years need a re-check", Given: inForce, When: stale, Err: approval.ErrStale},
		{Name: "no re-check while the works may begin", Given: inForce, When: approval.RequestRecheck{Occasion: on(firm, "2031-10-12")}, Err: reason("NOT_STALE")},
		{Name: "a re-check is asked for", Given: inForce, When: recheck, Then: []es.Event{asked.Event}},
		{Name: "not for works that have begun", Given: then(inForce, begun), When: recheck, Err: reason("BEGUN_BEFORE")},
		{Name: "upheld, five years run anew", Given: then(inForce, asked), When: answer, Then: []es.Event{
			&permitsv1.EiaRecheckAnswered{Upheld: true, Opinion: "维持", Answered: wire("2031-10-24"), StartBy: wire("2036-10-24")},
		}},
		{Name: "not upheld, nothing can begin", Given: then(inForce, asked, lapsed), When: approval.Begin{Occasion: on(firm, "2031-11-01"), Day: date("2031-11-01")}, Err: reason("LAPSED")},
		{Name: "no works under a replaced approval", Given: replaced, When: approval.Begin{Occasion: on(firm, "2027-04-01"), Day: date("2027-04-01")}, Err: reason("REPLACED")},
		{Name: "a major change replaces an approval once", Given: replaced, When: approval.OpenChange{Occasion: on(ticker, "2027-04-01"), Next: "other"}, Err: reason("CHANGE_OPEN")},
		{Name: "a file that is not approved cannot be replaced", Given: toDecide, When: approval.OpenChange{Occasion: on(ticker, "2027-04-01"), Next: "other"}, Err: reason("NOT_APPROVED")},
		{Name: "the link is recorded once", Given: replaced, When: approval.OpenChange{Occasion: on(ticker, "2027-04-01"), Next: "next"}},
		{Name: "no acceptance of works that have not begun", Given: inForce, When: report, Err: reason("NOT_BEGUN")},
		{Name: "the builder's own acceptance", Given: then(inForce, begun), When: report, Then: []es.Event{
			&permitsv1.EiaSelfAcceptanceReported{On: wire("2027-10-20"), Passed: true, Url: "https://example.org/2"},
		}},
	})
}
