package permit

import (
	"fmt"

	"shiyang/internal/es"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

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
