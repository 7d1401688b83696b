package approval

import (
	"fmt"
	"slices"
	"strings"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
)

// ErrTimeUp refuses the agency's word after its working days: by law the file
// then counts as accepted since its receipt (Licensing Law Art. 32).
var ErrTimeUp = &problem.Error{
	Kind: problem.Rejected, Reason: "DEEMED_ACCEPTED", Citation: "licensing-law-2019 art. 32",
	Text: text("已过一次性告知期限，依法自收到之日起视为受理。", "The time to speak is over: by law the file counts as accepted since its receipt."),
}

// ErrToldBefore refuses a second deficiency notice: once, all.
var ErrToldBefore = &problem.Error{
	Kind: problem.Rejected, Reason: "DEFICIENCY_TOLD_BEFORE", Citation: "licensing-law-2019 art. 32",
	Text: text("补正内容须一次性告知，本件已经告知过，不能再次告知。", "What is missing is told once for all; this file was told before."),
}

// ErrTimeLeft refuses to record silence while the agency may still speak.
var ErrTimeLeft = &problem.Error{
	Kind: problem.Rejected, Reason: "TIME_LEFT", Citation: "licensing-law-2019 art. 32",
	Text: text("告知期限尚未届满，不能视为受理。", "The agency may still speak; its silence does not count yet."),
}

// mayAnswer is the rule of every word on completeness.
func mayAnswer(a Approval, o Occasion) error {
	if err := stage(a, o, d(lic, "32"), Submitted); err != nil {
		return err
	}
	due, err := a.Completeness(o.Law)
	if err != nil {
		return err
	}
	if o.On.After(due.Later) {
		return ErrTimeUp.With(
			fmt.Sprintf("告知期限至 %s 届满，依法自收到之日（%s）起视为受理，系统将自动记录。", due.Later, a.Received),
			fmt.Sprintf("The time to speak ended on %s: by law the file counts as accepted since %s, and the system will record it.", due.Later, a.Received))
	}
	return nil
}

func mayNotice(a Approval, o Occasion) error {
	if a.Status == Submitted && a.Deficiency != nil {
		return ErrToldBefore
	}
	return mayAnswer(a, o)
}

// NoticeDeficiency tells the builder, once for all, what is missing 一次性告知.
type NoticeDeficiency struct {
	Occasion
	Items  []*permitsv1.MissingItem
	Number string // of the notice; empty asks whether one may be drawn
}

// Decide records the notice.
func (c NoticeDeficiency) Decide(a Approval) ([]es.Event, error) {
	if err := mayNotice(a, c.Occasion); err != nil {
		return nil, err
	}
	if c.Number == "" {
		return nil, act.ErrNumberNeeded
	}
	return []es.Event{&permitsv1.EiaDeficiencyNoticed{Items: c.Items, DocumentNumber: c.Number, Noticed: iso(c.On)}}, nil
}

// Advise lists what a person should look at again.
func (c NoticeDeficiency) Advise(Approval) []problem.Field { return lateOnly(c.Occasion) }

// Accept accepts the file in writing 受理, complete or with secondary items
// promised 容缺受理.
type Accept struct {
	Occasion
	Promised   []string // as the guide of the day names them
	PromiseDue law.Date
	Number     string // of the acceptance notice; empty asks whether one may be drawn
}

func mayAccept(a Approval, o Occasion) error {
	if err := mayAnswer(a, o); err != nil {
		return err
	}
	return Competent(o.Law.On(o.On), a.Document, a.Project).refusal()
}

// Decide accepts the file.
func (c Accept) Decide(a Approval) ([]es.Event, error) {
	if err := mayAccept(a, c.Occasion); err != nil {
		return nil, err
	}
	if err := c.wrongPromise(a).Err(); err != nil {
		return nil, err
	}
	if c.Number == "" {
		return nil, act.ErrNumberNeeded
	}
	event := &permitsv1.EiaAccepted{DocumentNumber: c.Number, Accepted: iso(c.On)}
	for _, what := range c.Promised {
		event.Promised = append(event.Promised, &permitsv1.PromisedItem{What: what})
	}
	if len(c.Promised) > 0 {
		event.PromiseDue = iso(c.PromiseDue)
	}
	return []es.Event{event}, nil
}

// wrongPromise judges a promise: only secondary items, a signed promise on
// file, a day not before today and not after the last day of the decision.
func (c Accept) wrongPromise(a Approval) (wrong problem.Fields) {
	if len(c.Promised) == 0 {
		return nil
	}
	allowed := secondary(c.Law.On(c.On), a.Document)
	for i, what := range c.Promised {
		path := fmt.Sprintf("promised[%d]", i)
		switch {
		case !slices.Contains(allowed, what):
			wrong.Add(path, what, "NOT_SECONDARY",
				"这不是可以容缺的次要材料；可容缺的有："+strings.Join(allowed, "、")+"。",
				"Only secondary items may follow later: "+strings.Join(allowed, ", ")+".")
		case slices.Index(c.Promised, what) != i:
			wrong.Add(path, what, "DUPLICATE", "有重复的项，请删去重复。", "An entry is repeated.")
		}
	}
	if !hasFile(a.Project, "promise") {
		wrong.Add("promised", "", "PROMISE_NOT_SIGNED",
			"卷内没有建设单位签署的容缺承诺书，不能容缺受理。", "There is no signed promise of the builder on file.")
	}
	due, err := a.Decision(c.Law)
	switch {
	case err != nil:
		wrong.Add("promiseDue", c.PromiseDue.String(), "NO_RULE_IN_FORCE", act.ErrNoRule.Text.Zh, act.ErrNoRule.Text.En)
	case c.PromiseDue.IsZero() || c.PromiseDue.Before(c.On) || c.PromiseDue.After(due.Earlier):
		wrong.Add("promiseDue", c.PromiseDue.String(), "PROMISE_DAY",
			fmt.Sprintf("补齐期限应在 %s 至审批期限 %s 之间。", c.On, due.Earlier),
			fmt.Sprintf("The day to supply them lies between %s and the last day of the decision, %s.", c.On, due.Earlier))
	}
	return wrong
}

// Advise lists what a person should look at again.
func (c Accept) Advise(a Approval) []problem.Field {
	doubts := problem.Fields(lateOnly(c.Occasion))
	if a.ByRule != a.Document {
		doubts.Add("", "", "DOCUMENT_OVERRIDDEN", "文件类别与名录判定不同，请核对理由。", "The kind differs from the list's; check the reason.")
	}
	screeningDoubt(a.Screening, &doubts)
	due, err := a.Decision(c.Law)
	act.Provisional("occurredAt", due, err, &doubts)
	return doubts
}

// Decline says that no approval is needed or that another authority decides.
type Decline struct {
	Occasion
	Ground permitsv1.DeclineGround
	Reason string
	Number string // of the notice; empty asks whether one may be drawn
}

// Decide records the notice and ends the procedure.
func (c Decline) Decide(a Approval) ([]es.Event, error) {
	if err := mayAnswer(a, c.Occasion); err != nil {
		return nil, err
	}
	if c.Number == "" {
		return nil, act.ErrNumberNeeded
	}
	if c.Ground == permitsv1.DeclineGround_DECLINE_GROUND_WRONG_AUTHORITY {
		return []es.Event{&permitsv1.EiaFoundOutsideAuthority{CompetentAuthority: c.Reason, DocumentNumber: c.Number}}, nil
	}
	return []es.Event{&permitsv1.EiaFoundNotRequired{Reason: c.Reason, DocumentNumber: c.Number}}, nil
}

// Advise lists what a person should look at again.
func (c Decline) Advise(Approval) []problem.Field { return lateOnly(c.Occasion) }

// DeemAccepted records that the agency kept silent 视为受理 (Licensing Law
// Art. 32). Only the system's ticker records it; it has no clerk.
type DeemAccepted struct{ Occasion }

func mayDeem(a Approval, o Occasion) error {
	if err := wrongStage(a, d(lic, "32"), Submitted); err != nil {
		return err
	}
	due, err := a.Completeness(o.Law)
	if err != nil {
		return err
	}
	if !o.Today.After(due.Later) {
		return ErrTimeLeft.With(fmt.Sprintf("告知期限到 %s 才届满。", due.Later), fmt.Sprintf("The agency may speak until %s.", due.Later))
	}
	return nil
}

// Decide records the acceptance once the time is over.
func (c DeemAccepted) Decide(a Approval) ([]es.Event, error) {
	if err := mayDeem(a, c.Occasion); err != nil {
		return nil, err
	}
	due, err := a.Completeness(c.Law)
	if err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.EiaDeemedAccepted{Accepted: iso(a.Received), LastDay: iso(due.Later), Rule: due.Rule.ID}}, nil
}

func lateOnly(o Occasion) []problem.Field {
	var doubts problem.Fields
	act.Entered(o, &doubts)
	return doubts
}
