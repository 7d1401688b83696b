package approval

import (
	"fmt"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
)

// ErrZoning refuses to approve what the access lists forbid.
var ErrZoning = &problem.Error{
	Kind: problem.Rejected, Reason: "ZONING_CONFLICT",
	Text: text("分区管控研判为冲突，不能批准；如清单已更新，请由审查人员重新研判。",
		"The access lists forbid this project here. If the lists have changed, the examiner screens it again."),
}

// mayDecide is what every decision needs: the examination, both notices stood
// out, no hearing open and none that may still be asked for, another person.
func mayDecide(a Approval, o Occasion, ref law.Reference) error {
	if err := act.FirstOf(stage(a, o, ref, Examined), running(a), separate(a, o),
		stood(a.Published(Acceptance), o), stood(a.Intended, o)); err != nil {
		return err
	}
	if a.HearingOpen() {
		return refuse("HEARING_OPEN", "听证尚未结束，不能作出决定。", "A hearing is still open; nothing can be decided.")
	}
	ends, err := a.hearingEnds(o.Law)
	if err != nil {
		return err
	}
	if a.Hearing == nil && !o.On.After(ends) {
		return refuse("HEARING_MAY_BE_ASKED", "申请听证的期限到 "+ends.String()+" 届满，期满后方可决定。",
			"A hearing may be asked for until "+ends.String()+"; the decision comes after it.")
	}
	return nil
}

func mayApprove(a Approval, o Occasion) error {
	if err := act.FirstOf(mayDecide(a, o, eiaLaw(o.On, "102", "22")),
		Competent(o.Law.On(o.On), a.Document, a.Project).refusal()); err != nil {
		return err
	}
	if IsConflict(a.Screening) {
		return ErrZoning
	}
	if len(a.Missing()) > 0 {
		return ErrPromiseOpen
	}
	return nil
}

// Approve approves the document 批准.
type Approve struct {
	Occasion
	Conditions string
	IssuingOrg string // division code of the organ
	Number     string // of the approval; empty asks whether one may be drawn
}

// Decide approves. The last day to begin the works is told with it (Code
// Art. 106: five years).
func (c Approve) Decide(a Approval) ([]es.Event, error) {
	if err := mayApprove(a, c.Occasion); err != nil {
		return nil, err
	}
	until, err := c.Law.Deadline(law.Ask{Period: RuleStale, Start: c.On})
	if err != nil {
		return nil, act.ErrNoRule
	}
	if c.Number == "" {
		return nil, act.ErrNumberNeeded
	}
	return []es.Event{&permitsv1.EiaApproved{
		DocumentNumber: c.Number, Decided: iso(c.On), Conditions: c.Conditions, IssuingOrg: c.IssuingOrg, StartBy: iso(until.Due),
	}}, nil
}

// Advise lists what a person should look at again.
func (c Approve) Advise(a Approval) []problem.Field {
	doubts := problem.Fields(lateOnly(c.Occasion))
	if !a.Examination.GetRecommendApproval() {
		doubts.Add("", "", "AGAINST_RECOMMENDATION",
			"审查意见是不予批准，请确认并在卷内说明理由。", "The examiner advised against approval. Make sure, and put the reasons on file.")
	}
	if a.Screening == nil {
		doubts.Add("", "", "NOT_SCREENED", "本项目没有分区管控研判结果。", "The project was not screened against control units.")
	}
	decidedLate(c.Occasion, a, &doubts)
	return doubts
}

func mayRefuse(a Approval, o Occasion) error { return mayDecide(a, o, eiaLaw(o.On, "105", "25")) }

// Refuse refuses the document with its grounds, reasons and remedies 不予批准
// (Code Art. 105, Licensing Law Art. 38).
type Refuse struct {
	Occasion
	Grounds  []permitsv1.EiaGround
	Reasons  string
	Remedies *commonv1.Text
	Number   string // of the decision; empty asks whether one may be drawn
}

// Decide refuses.
func (c Refuse) Decide(a Approval) ([]es.Event, error) {
	if err := mayRefuse(a, c.Occasion); err != nil {
		return nil, err
	}
	if c.Number == "" {
		return nil, act.ErrNumberNeeded
	}
	return []es.Event{&permitsv1.EiaRefused{
		Grounds: c.Grounds, Reasons: c.Reasons, Remedies: c.Remedies, DocumentNumber: c.Number, Decided: iso(c.On),
	}}, nil
}

// Advise lists what a person should look at again.
func (c Refuse) Advise(a Approval) []problem.Field {
	doubts := problem.Fields(lateOnly(c.Occasion))
	if a.Examination.GetRecommendApproval() {
		doubts.Add("", "", "AGAINST_RECOMMENDATION",
			"审查意见是批准，请确认并在卷内说明理由。", "The examiner advised approval. Make sure, and put the reasons on file.")
	}
	decidedLate(c.Occasion, a, &doubts)
	return doubts
}

func decidedLate(o Occasion, a Approval, doubts *problem.Fields) {
	if due, err := a.Decision(o.Law); err == nil && !due.Later.IsZero() && o.On.After(due.Later) {
		doubts.Add("occurredAt", o.On.String(), "DECISION_OVERDUE",
			fmt.Sprintf("审批期限已于 %s 届满，本件将标记为逾期办结。", due.Later),
			fmt.Sprintf("The decision was due on %s; the file will be marked as decided late.", due.Later))
	}
	if promised := a.Promised(o.Law); !promised.IsZero() && o.On.After(promised) {
		doubts.Add("occurredAt", o.On.String(), "PROMISE_OVERDUE",
			fmt.Sprintf("承诺时限已于 %s 届满。", promised), fmt.Sprintf("The bureau had promised a decision by %s.", promised))
	}
}
