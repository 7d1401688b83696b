package permit

import (
	"fmt"

	"shiyang/internal/es"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
)

// ErrNumberNeeded says that everything is in order but the number of the
// document, which the caller now has to draw: refused acts waste no number.
var ErrNumberNeeded = act.ErrNumberNeeded

// ErrTimeUp refuses the agency's word after its three working days: by law the
// application then counts as accepted since its receipt (D736 Art. 9).
var ErrTimeUp = &problem.Error{
	Kind: problem.Rejected, Reason: "DEEMED_ACCEPTED", Citation: "decree-736 art. 9",
	Text: text("已过一次性告知期限，依法自收到申请之日起视为受理，系统将自动记录。",
		"The time to speak is over: by law the application counts as accepted since its receipt, and the system will record it."),
}

// ErrToldBefore refuses a second deficiency notice (D736 Art. 9: once, all).
var ErrToldBefore = &problem.Error{
	Kind: problem.Rejected, Reason: "DEFICIENCY_TOLD_BEFORE", Citation: "decree-736 art. 9",
	Text: text("补正内容须一次性告知，本件已经告知过，不能再次告知。",
		"What is missing is told once for all; this file was told before."),
}

// mayAnswer is the rule of every word on completeness: in the stage of filing
// and within the agency's time.
func mayAnswer(p Permit, o Occasion) error {
	if err := firstOf(wrongStage(p, d(d736, "9"), Submitted), inOrder(p, o)); err != nil {
		return err
	}
	due, err := p.Completeness(o.Law)
	if err != nil {
		return err
	}
	if o.On.After(due.Later) {
		return ErrTimeUp.With(
			fmt.Sprintf("告知期限至 %s 届满，依法自收到申请之日（%s）起视为受理，系统将自动记录。", due.Later, p.Received),
			fmt.Sprintf("The time to speak ended on %s: by law the application counts as accepted since %s, and the system will record it.", due.Later, p.Received))
	}
	return nil
}

func mayNotice(p Permit, o Occasion) error {
	if p.Status == Submitted && p.Deficiency != nil {
		return ErrToldBefore
	}
	return mayAnswer(p, o)
}

// CorrectOnSpot records errors that the applicant corrected at the counter
// 当场更正 (D736 Art. 9).
type CorrectOnSpot struct {
	Occasion
	Items   []*permitsv1.MissingItem
	Content *permitsv1.ApplicationContent
}

// Decide records the corrections; the content after them must be in order.
func (c CorrectOnSpot) Decide(p Permit) ([]es.Event, error) {
	if err := mayAnswer(p, c.Occasion); err != nil {
		return nil, err
	}
	wrong, _ := CheckContent(c.Content, c.Law.On(c.On))
	if c.Content.GetManagementClass() != p.Class {
		wrong.Add("content.managementClass", c.Content.GetManagementClass().String(), "CLASS_NOT_ON_SPOT",
			"管理类别不能当场更正，请不予受理或者告知补正。", "The class cannot be corrected at the counter; notice the deficiency instead.")
	}
	Submit{Occasion: c.Occasion, Content: c.Content, Base: p.Asked}.checkBase(p, &wrong)
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	content := p.withConditions(c.Content)
	if err := loosened(p, content, false); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.PermitApplicationCorrectedOnSpot{Items: c.Items, Content: content}}, nil
}

// Advise lists what a person should look at again.
func (c CorrectOnSpot) Advise(Permit) []problem.Field {
	_, doubts := CheckContent(c.Content, c.Law.On(c.On))
	entered(c.Occasion, &doubts)
	return doubts
}

// NoticeDeficiency tells the applicant, once for all, what is missing
// 一次性告知 (D736 Art. 9).
type NoticeDeficiency struct {
	Occasion
	Items  []*permitsv1.MissingItem
	Number string // of the notice; empty asks whether one may be drawn
}

// Decide records the notice. It answers ErrNumberNeeded when all is in order
// but the number is missing.
func (c NoticeDeficiency) Decide(p Permit) ([]es.Event, error) {
	if err := mayNotice(p, c.Occasion); err != nil {
		return nil, err
	}
	if c.Number == "" {
		return nil, ErrNumberNeeded
	}
	return []es.Event{&permitsv1.DeficiencyNoticed{Items: c.Items, DocumentNumber: c.Number, Noticed: iso(c.On)}}, nil
}

// Advise lists what a person should look at again.
func (c NoticeDeficiency) Advise(Permit) []problem.Field {
	var doubts problem.Fields
	entered(c.Occasion, &doubts)
	return doubts
}

// Accept accepts the application in writing 受理 (D736 Art. 9).
type Accept struct {
	Occasion
	Number string // of the acceptance notice; empty asks whether one may be drawn
}

// Decide accepts the application. It answers ErrNumberNeeded when all is in
// order but the number is missing.
func (c Accept) Decide(p Permit) ([]es.Event, error) {
	if err := mayAnswer(p, c.Occasion); err != nil {
		return nil, err
	}
	if c.Number == "" {
		return nil, ErrNumberNeeded
	}
	return []es.Event{&permitsv1.PermitApplicationAccepted{DocumentNumber: c.Number, Accepted: iso(c.On)}}, nil
}

// Advise lists what a person should look at again.
func (c Accept) Advise(p Permit) []problem.Field {
	var doubts problem.Fields
	entered(c.Occasion, &doubts)
	p.AcceptedOn = c.On
	due, err := p.Decision(c.Law)
	calendarDoubt("occurredAt", due, err, &doubts)
	return doubts
}

// ErrTimeLeft refuses to record silence while the agency may still speak.
var ErrTimeLeft = &problem.Error{
	Kind: problem.Rejected, Reason: "TIME_LEFT", Citation: "decree-736 art. 9",
	Text: text("告知期限尚未届满，不能视为受理。", "The agency may still speak; its silence does not count yet."),
}

// DeemAccepted records that the agency kept silent for three working days: the
// application counts as accepted since the day of receipt 视为受理 (D736
// Art. 9). Only the system's ticker records it; it has no clerk.
type DeemAccepted struct {
	Occasion
}

// mayDeem asks the law of the day again: the later reading of the period must
// be over when the fact is recorded.
func mayDeem(p Permit, o Occasion) error {
	if err := wrongStage(p, d(d736, "9"), Submitted); err != nil {
		return err
	}
	due, err := p.Completeness(o.Law)
	if err != nil {
		return err
	}
	if !o.Today.After(due.Later) {
		return ErrTimeLeft.With(
			fmt.Sprintf("告知期限到 %s 才届满。", due.Later), fmt.Sprintf("The agency may speak until %s.", due.Later))
	}
	return nil
}

// Decide records the acceptance once the time is over.
func (c DeemAccepted) Decide(p Permit) ([]es.Event, error) {
	if err := mayDeem(p, c.Occasion); err != nil {
		return nil, err
	}
	due, err := p.Completeness(c.Law)
	if err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.PermitApplicationDeemedAccepted{
		Accepted: iso(p.Received), LastDay: iso(due.Later), Rule: due.Rule.ID,
	}}, nil
}

// Decline says that no permit is needed or that another authority decides
// 不予受理 (D736 Art. 9).
type Decline struct {
	Occasion
	Ground permitsv1.DeclineGround
	Reason string // why, or which authority decides
	Number string // of the notice; empty asks whether one may be drawn
}

// Decide records the notice and ends the procedure. It answers
// ErrNumberNeeded when all is in order but the number is missing.
func (c Decline) Decide(p Permit) ([]es.Event, error) {
	if err := mayAnswer(p, c.Occasion); err != nil {
		return nil, err
	}
	if c.Number == "" {
		return nil, ErrNumberNeeded
	}
	if c.Ground == permitsv1.DeclineGround_DECLINE_GROUND_WRONG_AUTHORITY {
		return append([]es.Event{&permitsv1.PermitFoundOutsideAuthority{CompetentAuthority: c.Reason, DocumentNumber: c.Number}},
			endedWith(p, c.Occasion, "renewal_declined")...), nil
	}
	return append([]es.Event{&permitsv1.PermitFoundNotRequired{Reason: c.Reason, DocumentNumber: c.Number}},
		endedWith(p, c.Occasion, "renewal_declined")...), nil
}

// Advise lists what a person should look at again.
func (c Decline) Advise(Permit) []problem.Field {
	var doubts problem.Fields
	entered(c.Occasion, &doubts)
	return doubts
}
