package permit

import (
	"slices"

	"shiyang/internal/law"
	"shiyang/services/permits/desk/act"
)

// The statutory periods of a permit, by their ids in the law data.
const (
	RuleNotice       = "permit-pre-application-notice" // O32 Art. 16
	RuleCompleteness = "permit-completeness-notice"    // D736 Art. 9
	RuleDecideKey    = "permit-decide-key"             // D736 Art. 12
	RuleDecideCheck  = "permit-decide-key-site-check"  // D736 Art. 12
	RuleDecideLight  = "permit-decide-simplified"      // D736 Art. 12
	RuleDelivery     = "licence-hand-over"             // Licensing Law Art. 44
	RuleValidity     = "permit-validity"               // D736 Art. 14
	RuleRenewal      = "permit-renewal-file"           // D736 Art. 14

	RuleDecideRenewal     = "permit-renewal-decide"          // D736 Art. 14
	RuleChangeFile        = "permit-base-data-change-file"   // D736 Art. 14
	RuleDecideChange      = "permit-base-data-change-decide" // O32 Art. 26
	RuleDecideGeneral     = "general-licence-decision"       // Licensing Law Art. 42
	RuleBanAfterFraud     = "permit-ban-after-fraud"         // D736 Art. 40
	RuleDecideByAuthority = "permit-authority-change"        // O32 Art. 27
)

// Clock is one running or finished period of a permit. It is computed from
// facts and the law in force and never stored in the permit.
type Clock = act.Clock

// errNoRule refuses an act for which the law data holds no rule on its day.
var errNoRule = act.ErrNoRule

// Completeness is the clock for the agency's word on the latest filing
// 补正告知期限 (D736 Art. 9): three working days, then silence accepts.
func (p Permit) Completeness(book *law.Book) (Clock, error) {
	return clock(book, "受理审查（一次性告知）", "completeness check (told once)",
		law.Ask{Period: RuleCompleteness, Start: p.Received}, p.Answered)
}

// DecisionRule names the period for the decision: it depends on the kind of the
// procedure; for a grant on the class and, under key management, on whether
// officers checked the site.
func (p Permit) DecisionRule() string {
	switch rule := p.course().Decide; {
	case rule != "":
		return rule
	case p.Class == simplified:
		return RuleDecideLight
	case p.SiteCheck != nil:
		return RuleDecideCheck
	default:
		return RuleDecideKey
	}
}

// Decision is the clock for the decision 审批期限 (D736 Art. 12) without the
// days of hearings, tests and expert reviews (O32 Art. 23).
func (p Permit) Decision(book *law.Book) (Clock, error) {
	spans := make([]law.Span, 0, len(p.Pauses))
	for _, s := range p.Pauses {
		spans = append(spans, law.Span{From: s.From.AddDays(-1), To: s.Last, Reason: s.Kind})
	}
	start := p.AcceptedOn
	if p.Kind == ByAuthority { // bound by the day on which the requirement begins to hold
		start = day(p.Procedure.GetEffective())
	}
	return clock(book, "作出许可决定", "decision on the application",
		law.Ask{Period: p.DecisionRule(), Start: start, Pauses: spans}, p.DecidedOn)
}

// Filing is the clock that the open procedure has to be filed by: a renewal
// before the end of the term, a change of base data after the change (D736
// Art. 14). False where the law sets none.
func (p Permit) Filing(book *law.Book) (Clock, bool) {
	var c Clock
	var err error
	switch p.Kind {
	case Renewal:
		c, err = p.renewal(book)
	case BaseChange:
		c, err = clock(book, "申请变更许可证", "filing of the change",
			law.Ask{Period: RuleChangeFile, Start: day(p.Procedure.GetChangedOn())}, law.Date{})
	default:
		return Clock{}, false
	}
	c.Met = p.FirstReceived
	return c, err == nil
}

// Delivery is the clock for handing over the licence or the refusal 送达期限
// (Licensing Law Art. 44): ten working days.
func (p Permit) Delivery(book *law.Book) (Clock, error) {
	return clock(book, "颁发、送达", "handing over of the decision",
		law.Ask{Period: RuleDelivery, Start: p.DecidedOn}, p.DeliveredOn)
}

// EarliestFiling is the first day on which an application under key management
// may be filed after its public notice began (O32 Art. 16).
func EarliestFiling(book *law.Book, noticeFrom law.Date) (law.Date, law.Period, error) {
	rule, ok := book.PeriodAt(RuleNotice, noticeFrom)
	if !ok {
		return law.Date{}, law.Period{}, errNoRule
	}
	return book.Calendar().AddWorkingDays(noticeFrom, rule.Amount), rule, nil
}

// Clocks computes every period of the permit that has begun, in the order in
// which they run. Periods without a rule in force are left out.
func (p Permit) Clocks(book *law.Book) []Clock {
	var clocks []Clock
	add := func(begun bool, compute func(*law.Book) (Clock, error)) {
		if !begun {
			return
		}
		if c, err := compute(book); err == nil {
			clocks = append(clocks, c)
		}
	}
	add(!p.Received.IsZero(), p.Completeness)
	add(!p.AcceptedOn.IsZero(), p.Decision)
	add(!p.DecidedOn.IsZero(), p.Delivery)
	if c, ok := p.Filing(book); ok && p.Open() {
		clocks = append(clocks, c)
	} else {
		add(p.InForce() || p.Standing == Withheld, p.renewal)
	}
	return p.settle(clocks)
}

// settle ends clocks that can no longer be met because the procedure is over
// or, for silence, because the law itself answered.
func (p Permit) settle(clocks []Clock) []Clock {
	return slices.DeleteFunc(clocks, func(c Clock) bool {
		if !c.Met.IsZero() {
			return false
		}
		switch c.Rule.ID {
		case RuleCompleteness:
			return p.Status != Submitted && !p.Deemed
		case RuleDelivery, RuleRenewal, RuleChangeFile:
			return false
		}
		return p.Status != Accepted && p.Status != Examined
	})
}

func (p Permit) renewal(book *law.Book) (Clock, error) {
	return clock(book, "提出延续申请", "filing of the renewal",
		law.Ask{Period: RuleRenewal, Start: p.ValidTo}, law.Date{})
}

// Next is the clock that runs now, if one does: the next legal due day.
func (p Permit) Next(book *law.Book) (Clock, bool) {
	for _, c := range p.Clocks(book) {
		switch {
		case !c.Met.IsZero():
		case c.Rule.ID == RuleRenewal && !p.awaitsRenewal() && !p.unfiled():
		case c.Rule.ID == RuleCompleteness && p.Status != Submitted:
		default:
			return c, true
		}
	}
	return Clock{}, false
}

// awaitsRenewal reports whether the holder was reminded and has not acted.
func (p Permit) awaitsRenewal() bool { return p.InForce() && p.Reminded > 0 && !p.Open() }

// unfiled reports whether a procedure after the grant was begun but not filed.
func (p Permit) unfiled() bool {
	return p.Granted() && p.Kind != First && p.stage(Draft, PublicNotice)
}

func clock(book *law.Book, zh, en string, ask law.Ask, met law.Date) (Clock, error) {
	return act.NewClock(book, text(zh, en), ask, met)
}

// LastValidDay is the last day of a permit decided on the given day: five years
// less one day (D736 Art. 14).
func LastValidDay(book *law.Book, from law.Date) (law.Date, error) {
	validity, err := book.Deadline(law.Ask{Period: RuleValidity, Start: from})
	if err != nil {
		return law.Date{}, errNoRule
	}
	return validity.Due, nil
}
