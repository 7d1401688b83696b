package permit

import (
	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// Refuse refuses the permit in writing, with reasons and remedies 不予许可
// (Licensing Law Art. 38).
type Refuse struct {
	Occasion
	Reasons  string
	Unmet    []string       // conditions of D736 Art. 11: eia, standards, abatement, monitoring
	Remedies *commonv1.Text // how and by when to seek review
	Number   string         // of the decision; empty asks whether one may be drawn
}

// Decide refuses the permit. It answers ErrNumberNeeded when all is in order
// but the number of the decision is missing.
func (c Refuse) Decide(p Permit) ([]es.Event, error) {
	if err := mayDecide(p, c.Occasion); err != nil {
		return nil, err
	}
	if c.Number == "" {
		return nil, ErrNumberNeeded
	}
	return append([]es.Event{&permitsv1.PermitRefused{
		Reasons: c.Reasons, UnmetConditions: c.Unmet, Remedies: c.Remedies,
		DocumentNumber: c.Number, Decided: iso(c.On),
	}}, endedWith(p, c.Occasion, "renewal_refused")...), nil
}

// Advise lists what a person should look at again.
func (c Refuse) Advise(p Permit) []problem.Field {
	var doubts problem.Fields
	entered(c.Occasion, &doubts)
	if p.Examination != nil && p.Examination.RecommendGrant {
		doubts.Add("", "", "AGAINST_RECOMMENDATION",
			"审查意见是准予许可，请确认并在卷内说明理由。", "The examiner advised granting. Make sure, and put the reasons on file.")
	}
	decidedLate(c.Occasion, p, &doubts)
	return doubts
}

// Deliver records that the licence or the refusal was handed over 送达
// (Licensing Law Art. 44).
type Deliver struct {
	Occasion
	Day    law.Date
	Method string // electronic, in_person or post
}

func mayDeliver(p Permit, o Occasion) error {
	if p.Undelivered {
		return inOrder(p, o)
	}
	if err := firstOf(wrongStage(p, d(lic, "44"), Issued, Refused), inOrder(p, o)); err != nil {
		return err
	}
	if !p.DeliveredOn.IsZero() {
		return ErrWrongStage.With("已于 "+p.DeliveredOn.String()+" 送达。", "It was handed over on "+p.DeliveredOn.String()+".")
	}
	return nil
}

// Decide records the delivery once.
func (c Deliver) Decide(p Permit) ([]es.Event, error) {
	if err := mayDeliver(p, c.Occasion); err != nil {
		return nil, err
	}
	if c.Day.Before(p.DecidedOn) || c.Day.After(c.On) {
		var wrong problem.Fields
		wrong.Add("delivered", c.Day.String(), "DELIVERY_DAY",
			"送达日期应在决定之日与登记之日之间。", "The delivery lies between the decision and the day it is recorded.")
		return nil, wrong.Err()
	}
	return []es.Event{&permitsv1.PermitDecisionDelivered{Delivered: iso(c.Day), Method: c.Method}}, nil
}

// Advise lists what a person should look at again.
func (c Deliver) Advise(Permit) []problem.Field {
	var doubts problem.Fields
	entered(c.Occasion, &doubts)
	return doubts
}
