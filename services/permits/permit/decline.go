package permit

import (
	"shiyang/internal/es"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

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
		return []es.Event{&permitsv1.PermitFoundOutsideAuthority{CompetentAuthority: c.Reason, DocumentNumber: c.Number}}, nil
	}
	return []es.Event{&permitsv1.PermitFoundNotRequired{Reason: c.Reason, DocumentNumber: c.Number}}, nil
}

// Advise lists what a person should look at again.
func (c Decline) Advise(Permit) []problem.Field {
	var doubts problem.Fields
	entered(c.Occasion, &doubts)
	return doubts
}
