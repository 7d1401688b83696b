package approval

import (
	"fmt"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
)

// ErrStale refuses works under an approval that was not used for five years:
// the authority re-checks it first (Code Art. 106).
var ErrStale = &problem.Error{
	Kind: problem.Rejected, Reason: "APPROVAL_STALE", Citation: "code-2026 art. 106",
	Text: text("批准之日起满五年未开工，须先报原审批机关重新审核。",
		"The works did not begin within five years of the approval: the authority has to re-check it first."),
}

// holds refuses what needs an approval that holds.
func holds(a Approval, o Occasion) error {
	if err := stage(a, o, eiaLaw(o.On, "106", "24"), Approved); err != nil {
		return err
	}
	switch {
	case a.Replaced:
		return refuse("REPLACED", "已由重大变动后的批复取代。", "A newer approval for a major change has taken its place.")
	case a.Lapsed:
		return refuse("LAPSED", "经重新审核，原批复不再有效。", "After a re-check this approval no longer holds.")
	}
	return nil
}

func isStale(a Approval, on law.Date) bool { return !a.StartBy.IsZero() && on.After(a.StartBy) }

// Begin records that the works began 开工.
type Begin struct {
	Occasion
	Day law.Date
}

func mayBegin(a Approval, o Occasion) error {
	if err := holds(a, o); err != nil {
		return err
	}
	if !a.BegunOn.IsZero() {
		return refuse("BEGUN_BEFORE", "已登记于 "+a.BegunOn.String()+" 开工。", "The works began on "+a.BegunOn.String()+".")
	}
	if a.RecheckOpen() {
		return refuse("RECHECK_OPEN", "重新审核尚未答复。", "The re-check is not answered yet.")
	}
	return nil
}

// Decide records the day, which lies after the approval and within its five
// years.
func (c Begin) Decide(a Approval) ([]es.Event, error) {
	if err := mayBegin(a, c.Occasion); err != nil {
		return nil, err
	}
	if c.Day.Before(a.DecidedOn) || c.Day.After(c.On) {
		var wrong problem.Fields
		wrong.Add("on", c.Day.String(), "START_DAY",
			fmt.Sprintf("开工日期应在批准之日 %s 与今天之间；未批先建是违法行为。", a.DecidedOn),
			fmt.Sprintf("The day lies between the approval, %s, and today; building before approval is unlawful.", a.DecidedOn))
		return nil, wrong.Err()
	}
	if isStale(a, c.Day) {
		return nil, ErrStale
	}
	return []es.Event{&permitsv1.EiaWorksBegun{On: iso(c.Day)}}, nil
}

// NoteChange notes a small change 一般变动: no new file, but on record for
// acceptance and permit.
type NoteChange struct {
	Occasion
	Change, Reason string
}

func mayNoteChange(a Approval, o Occasion) error {
	if err := holds(a, o); err != nil {
		return err
	}
	if !a.SelfAccepted.IsZero() {
		return refuse("ACCEPTED_BEFORE", "已完成竣工自主验收。", "The finished works were accepted before.")
	}
	return nil
}

// Decide notes the change.
func (c NoteChange) Decide(a Approval) ([]es.Event, error) {
	if err := mayNoteChange(a, c.Occasion); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.EiaChangeNoted{Change: c.Change, Reason: c.Reason}}, nil
}

// OpenChange records that a new file for a major change was opened 重大变动
// (Code Art. 106). A reaction to that file's opening records it.
type OpenChange struct {
	Occasion
	Next string
}

// Decide records the link once.
func (c OpenChange) Decide(a Approval) ([]es.Event, error) {
	if a.Replacement == c.Next {
		return nil, nil
	}
	if err := CheckReplaced(a); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.EiaMajorChangeOpened{NextEiaId: c.Next}}, nil
}

// Replace records that the new file was approved: the old approval no longer
// holds. A reaction records it.
type Replace struct {
	Occasion
	Next string
}

// Decide records it once.
func (c Replace) Decide(a Approval) ([]es.Event, error) {
	if a.Replaced {
		return nil, nil
	}
	if a.Status != Approved {
		return nil, refuse("NOT_APPROVED", "原件没有批准。", "The older file was not approved.")
	}
	return []es.Event{&permitsv1.EiaReplaced{NextEiaId: c.Next}}, nil
}

// RequestRecheck asks for a re-check because the works did not begin in time
// 重新审核.
type RequestRecheck struct {
	Occasion
	Reason string
}

func mayRequestRecheck(a Approval, o Occasion) error {
	if err := holds(a, o); err != nil {
		return err
	}
	switch {
	case !a.BegunOn.IsZero():
		return refuse("BEGUN_BEFORE", "已经开工，无需重新审核。", "The works have begun; no re-check is needed.")
	case a.RecheckOpen():
		return refuse("RECHECK_OPEN", "重新审核尚未答复。", "The re-check is not answered yet.")
	case !isStale(a, o.On):
		return refuse("NOT_STALE", "批准有效至 "+a.StartBy.String()+"，期内开工无需重新审核。", "The works may begin until "+a.StartBy.String()+" without a re-check.")
	}
	return nil
}

// Decide records the request.
func (c RequestRecheck) Decide(a Approval) ([]es.Event, error) {
	if err := mayRequestRecheck(a, c.Occasion); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.EiaRecheckRequested{Received: iso(c.On), Reason: c.Reason}}, nil
}

// AnswerRecheck answers it within ten days.
type AnswerRecheck struct {
	Occasion
	Upheld  bool
	Opinion string
}

func mayAnswerRecheck(a Approval, o Occasion) error {
	if err := stage(a, o, eiaLaw(o.On, "106", "24"), Approved); err != nil {
		return err
	}
	if !a.RecheckOpen() {
		return refuse("NO_RECHECK", "没有待答复的重新审核。", "No re-check waits for an answer.")
	}
	return nil
}

// Decide answers; upheld, the five years run anew.
func (c AnswerRecheck) Decide(a Approval) ([]es.Event, error) {
	if err := mayAnswerRecheck(a, c.Occasion); err != nil {
		return nil, err
	}
	answer := &permitsv1.EiaRecheckAnswered{Upheld: c.Upheld, Opinion: c.Opinion, Answered: iso(c.On)}
	if c.Upheld {
		until, err := c.Law.Deadline(law.Ask{Period: RuleStale, Start: c.On})
		if err != nil {
			return nil, act.ErrNoRule
		}
		answer.StartBy = iso(until.Due)
	}
	return []es.Event{answer}, nil
}

// Advise lists what a person should look at again.
func (c AnswerRecheck) Advise(a Approval) []problem.Field {
	doubts := problem.Fields(lateOnly(c.Occasion))
	if due, err := a.recheck(c.Law); err == nil && c.On.After(due.Later) {
		doubts.Add("occurredAt", c.On.String(), "RECHECK_OVERDUE",
			"答复期限已于 "+due.Later.String()+" 届满。", "The answer was due on "+due.Later.String()+".")
	}
	return doubts
}

// ReportAcceptance reports the builder's own acceptance of the finished works
// 竣工自主验收 (Decree 682 Art. 17).
type ReportAcceptance struct {
	Occasion
	Day         law.Date
	Passed      bool
	URL, Remark string
}

func mayReportAcceptance(a Approval, o Occasion) error {
	if err := holds(a, o); err != nil {
		return err
	}
	switch {
	case a.BegunOn.IsZero():
		return refuse("NOT_BEGUN", "尚未登记开工。", "The start of the works was not recorded.")
	case !a.SelfAccepted.IsZero():
		return refuse("ACCEPTED_BEFORE", "已完成竣工自主验收。", "The finished works were accepted before.")
	}
	return nil
}

// Decide records the report; one that did not pass may be followed by another.
func (c ReportAcceptance) Decide(a Approval) ([]es.Event, error) {
	if err := mayReportAcceptance(a, c.Occasion); err != nil {
		return nil, err
	}
	if c.Day.Before(a.BegunOn) || c.Day.After(c.On) {
		var wrong problem.Fields
		wrong.Add("on", c.Day.String(), "ACCEPTANCE_DAY",
			fmt.Sprintf("验收日期应在 %s 至 %s 之间。", a.BegunOn, c.On), fmt.Sprintf("The day lies between %s and %s.", a.BegunOn, c.On))
		return nil, wrong.Err()
	}
	return []es.Event{&permitsv1.EiaSelfAcceptanceReported{On: iso(c.Day), Passed: c.Passed, Url: c.URL, Remark: c.Remark}}, nil
}
