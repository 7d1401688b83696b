package form

import (
	"shiyang/internal/es"
	"shiyang/internal/law"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
)

// Cancel ends a registration 注销登记.
type Cancel struct {
	act.Occasion
	Ground permitsv1.CancellationGround
	Reason string
}

// Decide ends it.
func (c Cancel) Decide(f Form) ([]es.Event, error) {
	if err := inForce(f, c.Occasion); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.DischargeRegistrationCancelled{Ground: c.Ground, Reason: c.Reason}}, nil
}

// Replace records that a permit took the registration's place: moving up a
// tier ends the registration on the day of the grant, not before.
type Replace struct {
	PermitID, PermitNumber string
}

// Decide records it where a registration is in force.
func (c Replace) Decide(f Form) ([]es.Event, error) {
	if f.Status != InForce {
		return nil, nil
	}
	return []es.Event{&permitsv1.DischargeRegistrationReplaced{PermitId: c.PermitID, PermitNumber: c.PermitNumber}}, nil
}

// Remind tells the firm that its registration is about to end 到期提醒, once a
// term.
type Remind struct{ act.Occasion }

// Decide records the reminder in the last [RemindDays] of a term.
func (c Remind) Decide(f Form) ([]es.Event, error) {
	if due := f.ValidTo.AddDays(-RemindDays); f.Status != InForce || f.Reminded == f.ValidTo || c.Today.Before(due) || c.Today.After(f.ValidTo) {
		return nil, nil
	}
	return []es.Event{&permitsv1.DischargeRegistrationReminded{ValidTo: iso(f.ValidTo)}}, nil
}

// Expire ends a registration whose term is over 到期. Only the ticker does.
type Expire struct{ act.Occasion }

// Decide ends it after its last day.
func (c Expire) Decide(f Form) ([]es.Event, error) {
	if f.Status != InForce || !c.Today.After(f.ValidTo) {
		return nil, nil
	}
	return []es.Event{&permitsv1.DischargeRegistrationExpired{LastDay: iso(f.ValidTo)}}, nil
}

// Term is the clock of the term that runs 有效期.
func (f Form) Term(book *law.Book) (act.Clock, bool) {
	if f.Status != InForce {
		return act.Clock{}, false
	}
	c, err := act.NewClock(book, act.Text("排污登记有效期", "term of the registration"), law.Ask{Period: RuleValidity, Start: f.ValidFrom}, law.Date{})
	return c, err == nil
}
