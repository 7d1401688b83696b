package form

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/law/identifier"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
)

// The statutory periods of a registration, by their ids in the law data.
const (
	RuleValidity = "registration-validity" // O32 Art. 39, Code Art. 186
	RuleChange   = "registration-change"   // O32 Art. 39
)

// RemindDays is how many days before its last day a registration's firm is
// told; the law sets none.
const RemindDays = 60

// File registers the discharge of a site 填报排污登记表; the receipt goes out at
// once (D736 Art. 24).
type File struct {
	act.Occasion
	Content     *permitsv1.RegistrationContent
	Site        Site // as it is on that day
	Mark        byte // last letter of a local number; 0: the national platform gives the number
	Reservation string
}

// Decide registers for a term that begins on the day of the act.
func (c File) Decide(f Form) ([]es.Event, error) {
	if err := c.Check(f); err != nil {
		return nil, err
	}
	last, err := lastDay(c.Law, c.On)
	if err != nil {
		return nil, err
	}
	number := ""
	if c.Mark != 0 {
		number = identifier.BuildPermitNumber(c.Site.USCC, int(c.Site.Sequence), c.Mark)
	}
	return []es.Event{&permitsv1.DischargeRegistered{
		Number: number, Content: c.Content, ValidFrom: iso(c.On), ValidTo: iso(last), ReservationId: c.Reservation,
		EnterpriseId: c.Site.EnterpriseID,
	}}, nil
}

// Check says whether the site can be registered at all, before anything is
// reserved.
func (c File) Check(f Form) error {
	if err := mayFile(f, c.Occasion); err != nil {
		return err
	}
	switch {
	case c.Site.EnterpriseID == "":
		return ErrNoEnterprise
	case c.Site.USCC == "" || c.Site.Sequence == 0:
		return ErrNoUSCC
	}
	return c.checked()
}

// checked is the rule over the content. A receipt is of the day on which it
// goes out; only an example site, which no law knows, may tell a past.
func (c File) checked() error {
	if c.On == c.Today || c.Site.Example {
		return checked(c.Content)
	}
	var wrong problem.Fields
	wrong.Add("occurredAt", c.On.String(), "RECEIPT_IS_TODAY",
		"登记回执当场出具，不能填写以前的日期。", "The receipt goes out on the day of filing; leave the time out.")
	return wrong.Err()
}

// Advise lists what a person should look at again.
func (c File) Advise(Form) []problem.Field { return entered(c.Occasion) }

func entered(o act.Occasion) []problem.Field {
	var doubts problem.Fields
	act.Entered(o, &doubts)
	return doubts
}

// checked is the rule over the content: the registrant answers for its truth.
func checked(c *permitsv1.RegistrationContent) error {
	var wrong problem.Fields
	if !c.GetDeclaredTrue() {
		wrong.Add("content.declaredTrue", "", "DECLARATION_REQUIRED",
			"请确认所填内容真实、准确、完整。", "Confirm that what is stated is true, exact and complete.")
	}
	return wrong.Err()
}

// lastDay is the last day of a term: five years less one day.
func lastDay(book *law.Book, from law.Date) (law.Date, error) {
	deadline, err := book.Deadline(law.Ask{Period: RuleValidity, Start: from})
	if err != nil {
		return law.Date{}, act.ErrNoRule
	}
	return deadline.Due, nil
}

// Change files a change of what is registered 变更登记, within twenty days of the
// change (O32 Art. 39); a late one is filed and marked.
type Change struct {
	act.Occasion
	Content *permitsv1.RegistrationContent
	Reason  string
	Changed law.Date
}

// Decide files the change.
func (c Change) Decide(f Form) ([]es.Event, error) {
	if err := act.FirstOf(inForce(f, c.Occasion), checked(c.Content)); err != nil {
		return nil, err
	}
	var wrong problem.Fields
	if c.Changed.After(c.On) || c.Changed.Before(f.ValidFrom) {
		wrong.Add("changed", c.Changed.String(), "CHANGE_OUTSIDE_TERM",
			"变更发生日期应在登记有效期内，并且不晚于填报之日。", "The day of the change lies within the term and not after the day of filing.")
	}
	if proto.Equal(c.Content, f.Content) {
		wrong.Add("content", "", "NOTHING_CHANGED", "登记内容没有变化。", "Nothing that is registered has changed.")
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	due, err := c.Law.Deadline(law.Ask{Period: RuleChange, Start: c.Changed})
	if err != nil {
		return nil, act.ErrNoRule
	}
	return []es.Event{&permitsv1.DischargeRegistrationChanged{
		Content: c.Content, Reason: c.Reason, Changed: iso(c.Changed), Due: iso(due.Later), Late: c.On.After(due.Later),
	}}, nil
}

// Advise tells when the change is filed late.
func (c Change) Advise(Form) []problem.Field {
	var doubts problem.Fields
	act.Entered(c.Occasion, &doubts)
	due, err := c.Law.Deadline(law.Ask{Period: RuleChange, Start: c.Changed})
	if err == nil && c.On.After(due.Later) {
		doubts.Add("changed", c.Changed.String(), "CHANGE_FILED_LATE",
			fmt.Sprintf("应于 %s 前填报，本次变更已标记为逾期。", due.Later),
			fmt.Sprintf("This was to be filed by %s; the change is marked as late.", due.Later))
	}
	return doubts
}

// Renew takes another term 延续登记. The new term begins the day after the old
// one ends.
type Renew struct {
	act.Occasion
	Content *permitsv1.RegistrationContent
}

// mayRenew allows the last [RemindDays] of a term.
func mayRenew(f Form, o act.Occasion) error {
	if err := inForce(f, o); err != nil {
		return err
	}
	if first := f.ValidTo.AddDays(-RemindDays); o.On.Before(first) {
		return ErrWrongStage.With(
			fmt.Sprintf("登记有效期至 %s，%s 起可以延续。", f.ValidTo, first),
			fmt.Sprintf("The registration runs until %s; it can be renewed from %s.", f.ValidTo, first))
	}
	if o.On.After(f.ValidTo) {
		return ErrWrongStage.With("登记已经到期，请重新登记。", "The term is over. Register again.")
	}
	return nil
}

// Decide records the new term.
func (c Renew) Decide(f Form) ([]es.Event, error) {
	if err := act.FirstOf(mayRenew(f, c.Occasion), checked(c.Content)); err != nil {
		return nil, err
	}
	from := f.ValidTo.AddDays(1)
	last, err := lastDay(c.Law, from)
	if err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.DischargeRegistrationRenewed{ValidFrom: iso(from), ValidTo: iso(last), Content: c.Content}}, nil
}

// Advise lists what a person should look at again.
func (c Renew) Advise(Form) []problem.Field { return entered(c.Occasion) }

// EnterNumber enters the number that the national platform gave.
type EnterNumber struct {
	act.Occasion
	Number string
}

// Decide records the number; it has to be of the unit.
func (c EnterNumber) Decide(f Form) ([]es.Event, error) {
	if err := mayEnter(f, c.Occasion); err != nil {
		return nil, err
	}
	if c.Number == f.Number {
		return nil, nil
	}
	var wrong problem.Fields
	for _, finding := range identifier.PermitNumber(c.Number) {
		if finding.Severity == law.Error {
			wrong.Add("number", c.Number, finding.Reason, finding.Zh, finding.En)
		}
	}
	if len(wrong) == 0 && c.Number[:18] != f.Site.USCC {
		wrong.Add("number", c.Number, "NUMBER_OTHER_UNIT", "编号前 18 位与单位的统一社会信用代码不同。", "The first 18 characters are not the unit's credit code.")
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.RegistrationNumberEntered{Number: c.Number, Source: "manual"}}, nil
}
