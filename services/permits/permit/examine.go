package permit

import (
	"shiyang/internal/es"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

// Examine reports the examiner's opinion 审查 (D736 Art. 11). The examiner is
// not the clerk who accepted.
type Examine struct {
	Occasion
	RecommendGrant bool
	Opinion        string
	Limits         []*permitsv1.Limit // proposed instead of those applied for
}

func mayExamine(p Permit, o Occasion) error {
	return firstOf(wrongStage(p, d(d736, "11"), Accepted), running(p), inOrder(p, o),
		roleSplit(o, p.Clerks, "受理人员", "clerk"))
}

// Decide records the opinion. Proposed limits are judged like those applied
// for, against the outlets of the application.
func (c Examine) Decide(p Permit) ([]es.Event, error) {
	if err := mayExamine(p, c.Occasion); err != nil {
		return nil, err
	}
	if err := c.wrongLimits(p).Err(); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.PermitApplicationExamined{
		RecommendGrant: c.RecommendGrant, Opinion: c.Opinion, Limits: c.Limits,
	}}, nil
}

func (c Examine) wrongLimits(p Permit) problem.Fields {
	r := reader{content: p.Content, lists: c.Law.On(c.On), outlets: map[string]bool{}}
	for _, o := range p.Content.GetOutlets() {
		r.outlets[o.GetCode()] = true
	}
	checkLimits(&r, "limits", c.Limits)
	return r.wrong
}

// Advise tells what still stands against granting.
func (c Examine) Advise(p Permit) []problem.Field {
	var doubts problem.Fields
	entered(c.Occasion, &doubts)
	if c.RecommendGrant {
		doubts = append(doubts, GrantConditions(granted(p.Content, c.Limits), c.Law.On(c.On))...)
	}
	return doubts
}

// ReturnExamination sends the file back to the examiner 退回补充审查.
type ReturnExamination struct {
	Occasion
	Reason string
}

// Decide returns the file.
func (c ReturnExamination) Decide(p Permit) ([]es.Event, error) {
	if err := mayDecide(p, c.Occasion); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.PermitExaminationReturned{Reason: c.Reason}}, nil
}

// Advise lists what a person should look at again.
func (c ReturnExamination) Advise(Permit) []problem.Field {
	var doubts problem.Fields
	entered(c.Occasion, &doubts)
	return doubts
}
