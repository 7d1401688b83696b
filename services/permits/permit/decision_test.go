package permit_test

import (
	"errors"
	"testing"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/permit"
)

func fieldsOf(err error) []problem.Field {
	if p, ok := errors.AsType[*problem.Error](err); ok {
		return p.Errors
	}
	return nil
}

func TestPauseClock(t *testing.T) {
	command := permit.PauseClock{Occasion: on(examiner, "2026-09-24"), Kind: "expert_review", From: date("2026-09-28"), Number: "武环(凉)许时〔2026〕1号"}
	assessment, past0, unnumbered := command, command, command
	assessment.Kind = "technical_assessment"
	past0.From = date("2026-09-23")
	unnumbered.Number = ""
	estest.Run(t, []scenario{
		{Name: "the applicant is told in writing that an expert review does not count", Given: inExam, When: command, Then: []es.Event{paused.Event}},
		{Name: "the law counts a technical assessment", Given: inExam, When: assessment, Err: problem.ErrInvalid},
		{Name: "the clock is not stopped for days before the notice", Given: inExam, When: past0, Err: problem.ErrInvalid},
		{Name: "a number is drawn only when all is in order", Given: inExam, When: unnumbered, Err: permit.ErrNumberNeeded},
		{Name: "a clock that stands still is not paused again", Given: standsStill, When: permit.PauseClock{Occasion: on(examiner, "2026-09-29")}, Err: permit.ErrPaused},
		{Name: "there is no decision clock before acceptance", Given: filed, When: command, Err: permit.ErrWrongStage},
	})
}

func TestResumeClock(t *testing.T) {
	command := permit.ResumeClock{Occasion: on(examiner, "2026-09-30"), Last: date("2026-09-30"), Finding: "专家同意"}
	backwards := command
	backwards.Last = date("2026-09-27")
	estest.Run(t, []scenario{
		{Name: "the clock runs again after the review", Given: standsStill, When: command, Then: []es.Event{resumed.Event}},
		{Name: "a pause does not end before it began", Given: standsStill, When: backwards, Err: problem.ErrInvalid},
		{Name: "a running clock is not resumed", Given: inExam, When: command, Err: permit.ErrWrongStage},
	})
}

func TestCheckSite(t *testing.T) {
	command := permit.CheckSite{Occasion: on(examiner, "2026-09-22"), Day: date("2026-09-21"), Finding: "与申请一致", Officers: []string{"officer-1", "officer-2"}}
	alone, twice, early, byClerk := command, command, command, command
	alone.Officers = []string{"officer-1"}
	twice.Officers = []string{"officer-1", "officer-1"}
	early.Day = date("2026-09-15")
	byClerk.Occasion = on(clerk, "2026-09-22")
	estest.Run(t, []scenario{
		{Name: "two officers look at the site", Given: inExam, When: command, Then: []es.Event{visited.Event}},
		{Name: "one officer is not enough", Given: inExam, When: alone, Err: problem.ErrInvalid},
		{Name: "the same officer twice is one", Given: inExam, When: twice, Err: problem.ErrInvalid},
		{Name: "the visit follows the acceptance", Given: inExam, When: early, Err: problem.ErrInvalid},
		{Name: "the clerk who accepted does not check", Given: inExam, When: byClerk, Err: permit.ErrSamePerson},
	})
}

func TestExamine(t *testing.T) {
	command := permit.Examine{Occasion: on(examiner, "2026-10-12"), RecommendGrant: true, Opinion: "符合条件"}
	byClerk, unknown := command, command
	byClerk.Occasion = on(clerk, "2026-10-12")
	unknown.Limits = []*permitsv1.Limit{{Outlet: "DA007", Pollutant: "a21026", Concentration: "100", Unit: "mg/m3", Averaging: 1, Standard: "GB 13271-2014"}}
	deemed := past(openedKey, noticed, submitted, by(ticker, "2026-09-14", &permitsv1.PermitApplicationDeemedAccepted{Accepted: wire("2026-09-08")}))
	estest.Run(t, []scenario{
		{Name: "the examiner reports", Given: inExam, When: command, Then: []es.Event{examined.Event}},
		{Name: "the clerk who accepted does not examine", Given: inExam, When: byClerk, Err: permit.ErrSamePerson},
		{Name: "acceptance by silence had no clerk", Given: deemed, When: byClerk, Then: []es.Event{examined.Event}},
		{Name: "proposed limits refer to outlets of the application", Given: inExam, When: unknown, Err: problem.ErrInvalid},
		{Name: "no opinion while the clock stands still", Given: standsStill, When: command, Err: permit.ErrPaused},
		{Name: "no opinion before acceptance", Given: filed, When: command, Err: permit.ErrWrongStage},
	})
}

func TestReturnExamination(t *testing.T) {
	command := permit.ReturnExamination{Occasion: on(decider, "2026-10-13"), Reason: "补充说明限值来源"}
	byExaminer := command
	byExaminer.Occasion = on(examiner, "2026-10-13")
	estest.Run(t, []scenario{
		{Name: "the decider sends the file back", Given: toDecide, When: command, Then: []es.Event{returned.Event}},
		{Name: "an examiner does not return the own opinion", Given: toDecide, When: byExaminer, Err: permit.ErrSamePerson},
		{Name: "what was not examined cannot go back", Given: inExam, When: command, Err: permit.ErrWrongStage},
	})
}

func TestIssue(t *testing.T) {
	command := permit.Issue{Occasion: on(decider, "2026-10-20"), Number: "武环许〔2026〕1号", IssuingOrg: "620600", Mark: 'P'}
	change := func(f func(*permit.Issue)) permit.Issue { c := command; f(&c); return c }
	proposal := []*permitsv1.Limit{{
		Outlet: "DA001", Pollutant: "a21026", Concentration: "100", Unit: "mg/m3", Averaging: 1, MassGramsPerYear: 8_000_000, Standard: "GB 13271-2014",
	}}
	tightened := append(inExam[:len(inExam):len(inExam)], by(examiner, "2026-10-12", &permitsv1.PermitApplicationExamined{RecommendGrant: true, Opinion: "收紧", Limits: proposal}))
	stricter := with(content(), func(c *permitsv1.ApplicationContent) { c.Limits = proposal })
	unmonitored := with(content(), func(c *permitsv1.ApplicationContent) { c.Monitoring = nil })
	unplanned := past(openedKey, noticed, by(firm, "2026-09-08", &permitsv1.PermitApplicationSubmitted{Content: unmonitored, Received: wire("2026-09-08")}),
		by(clerk, "2026-09-09", accepted.Event), examined)
	estest.Run(t, []scenario{
		{Name: "the decider grants a permit of five years less a day", Given: toDecide, When: command, Then: []es.Event{issued.Event}},
		{Name: "the permit says what the examiner proposed", Given: tightened, When: command, Then: []es.Event{&permitsv1.PermitIssued{
			PermitNumber: uscc + "001P", DocumentNumber: "武环许〔2026〕1号", Content: stricter,
			ValidFrom: wire("2026-10-20"), ValidTo: wire("2031-10-19"), Decided: wire("2026-10-20"), IssuingOrg: "620600",
		}}},
		{Name: "the national platform's number is mirrored", Given: toDecide, When: change(func(c *permit.Issue) { c.ExternalNumber = uscc + "002V" }), Then: []es.Event{&permitsv1.PermitIssued{
			PermitNumber: uscc + "002V", ExternalNumber: uscc + "002V", DocumentNumber: "武环许〔2026〕1号", Content: content(),
			ValidFrom: wire("2026-10-20"), ValidTo: wire("2031-10-19"), Decided: wire("2026-10-20"), IssuingOrg: "620600",
		}}},
		{Name: "a number of another unit is refused", Given: toDecide, When: change(func(c *permit.Issue) { c.ExternalNumber = "91130200699229617X001P" }), Err: problem.ErrInvalid},
		{Name: "a first permit is valid from its decision", Given: toDecide, When: change(func(c *permit.Issue) { c.ValidFrom = date("2026-11-01") }), Err: problem.ErrInvalid},
		{Name: "a number is drawn only when all is in order", Given: toDecide, When: change(func(c *permit.Issue) { c.Number = "" }), Err: permit.ErrNumberNeeded},
		{Name: "without a self-monitoring plan nothing is granted", Given: unplanned, When: command, Err: permit.ErrConditions},
		{Name: "the clerk does not decide", Given: toDecide, When: change(func(c *permit.Issue) { c.By = clerk }), Err: permit.ErrSamePerson},
		{Name: "the examiner does not decide", Given: toDecide, When: change(func(c *permit.Issue) { c.By = examiner }), Err: permit.ErrSamePerson},
		{Name: "a permit is granted once", Given: inForce, When: command, Err: permit.ErrWrongStage},
		{Name: "what was not examined is not granted", Given: inExam, When: command, Err: permit.ErrWrongStage},
		{Name: "a decision does not precede the examination", Given: toDecide, When: change(func(c *permit.Issue) { c.On = date("2026-10-11") }), Err: problem.ErrInvalid},
	})
}

func TestIssueAdvises(t *testing.T) {
	late := permit.Issue{Occasion: on(decider, "2027-01-29")}
	wantFields(t, problem.ErrInvalid.WithErrors(late.Advise(es.Fold(permit.Permit{}, againstIt...))...), map[string]string{
		"": "AGAINST_RECOMMENDATION", "occurredAt": "DECISION_OVERDUE",
	})
}

func TestRefuse(t *testing.T) {
	e := refused.Event.(*permitsv1.PermitRefused)
	command := permit.Refuse{Occasion: on(decider, "2026-10-20"), Reasons: e.GetReasons(), Unmet: e.GetUnmetConditions(), Remedies: e.GetRemedies(), Number: e.GetDocumentNumber()}
	byExaminer, unnumbered := command, command
	byExaminer.By = examiner
	unnumbered.Number = ""
	estest.Run(t, []scenario{
		{Name: "the decider refuses with reasons and remedies", Given: againstIt, When: command, Then: []es.Event{refused.Event}},
		{Name: "the examiner does not refuse", Given: againstIt, When: byExaminer, Err: permit.ErrSamePerson},
		{Name: "a number is drawn only when all is in order", Given: againstIt, When: unnumbered, Err: permit.ErrNumberNeeded},
		{Name: "a permit in force is not refused", Given: inForce, When: command, Err: permit.ErrWrongStage},
	})
}

func TestDeliver(t *testing.T) {
	command := permit.Deliver{Occasion: on(clerk, "2026-10-22"), Day: date("2026-10-22"), Method: "electronic"}
	early := command
	early.Day = date("2026-10-19")
	estest.Run(t, []scenario{
		{Name: "the licence is handed over", Given: inForce, When: command, Then: []es.Event{delivered.Event}},
		{Name: "a refusal is handed over too", Given: turnedDown, When: command, Then: []es.Event{delivered.Event}},
		{Name: "nothing is handed over before the decision", Given: inForce, When: early, Err: problem.ErrInvalid},
		{Name: "a decision is handed over once", Given: append(inForce[:len(inForce):len(inForce)], delivered), When: command, Err: permit.ErrWrongStage},
		{Name: "nothing to hand over before a decision", Given: toDecide, When: command, Err: permit.ErrWrongStage},
	})
}
