package approval

import (
	"slices"

	"shiyang/internal/law"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
)

// The statutory periods of an EIA file, by their ids in the law data.
const (
	RuleCompleteness     = "general-licence-completeness-notice" // Licensing Law Art. 32
	RuleDecideReport     = "eia-report-decide"                   // Code Art. 102
	RuleDecideForm       = "eia-form-decide"                     // Code Art. 102
	RuleAcceptanceReport = "eia-accept-notice-report"
	RuleAcceptanceForm   = "eia-accept-notice-form"
	RuleIntention        = "eia-pre-decision-notice"
	RuleDecision         = "eia-decision-publication"
	RuleHearing          = "licence-hearing-request" // Licensing Law Art. 47
	RuleStale            = "eia-stale"               // Code Art. 106
	RuleRecheck          = "eia-recheck-answer"      // Code Art. 106
)

// Clock is one running or finished period of a file.
type Clock = act.Clock

// Completeness is the clock for the agency's word on the latest filing
// 补正告知期限 (Licensing Law Art. 32): then silence accepts.
func (a Approval) Completeness(book *law.Book) (Clock, error) {
	return act.NewClock(book, text("受理审查（一次性告知）", "completeness check (told once)"),
		law.Ask{Period: RuleCompleteness, Start: a.Received}, a.Answered)
}

// DecisionRule names the period for the decision.
func (a Approval) DecisionRule() string {
	if a.Document == Report {
		return RuleDecideReport
	}
	return RuleDecideForm
}

// Decision is the clock for the decision 审批期限: it runs from the receipt of
// the complete document (Code Art. 102), without the days of assessment,
// expert review and hearing.
func (a Approval) Decision(book *law.Book) (Clock, error) {
	return act.NewClock(book, text("作出审批决定", "decision on the document"),
		law.Ask{Period: a.DecisionRule(), Start: a.Received, Pauses: a.spans()}, a.DecidedOn)
}

func (a Approval) spans() []law.Span {
	spans := make([]law.Span, 0, len(a.Pauses))
	for _, p := range a.Pauses {
		spans = append(spans, law.Span{From: p.From.AddDays(-1), To: p.Last, Reason: p.Kind})
	}
	return spans
}

// Promised is the last day of the bureau's own promise 承诺时限, zero when
// nothing is promised or the clock stands still. It is no period of law.
func (a Approval) Promised(book *law.Book) law.Date {
	days := book.On(a.Received).EIAPractice().PromisedDays[documentCode(a.Document)]
	if days == 0 || a.Received.IsZero() || a.Paused() {
		return law.Date{}
	}
	cal := book.Calendar()
	for _, p := range a.Pauses {
		for d := p.From; !d.After(p.Last); d = d.AddDays(1) {
			if cal.IsWorkingDay(d) {
				days++
			}
		}
	}
	return cal.AddWorkingDays(a.Received, days)
}

// publicity is the period for which a kind of notice has to stand.
func (a Approval) publicity(kind permitsv1.EiaNoticeKind) string {
	switch {
	case kind == Intention:
		return RuleIntention
	case kind == Decision:
		return RuleDecision
	case a.Document == Report:
		return RuleAcceptanceReport
	default:
		return RuleAcceptanceForm
	}
}

// hearingEnds is the last day to ask for a hearing after an intended decision
// was published (Licensing Law Art. 47), by the later reading.
func (a Approval) hearingEnds(book *law.Book) (law.Date, error) {
	told, err := book.Deadline(law.Ask{Period: RuleHearing, Start: day(a.Intended.GetFrom())})
	if err != nil {
		return law.Date{}, act.ErrNoRule
	}
	return told.Later, nil
}

func (a Approval) decisionPublication(book *law.Book) (Clock, error) {
	return act.NewClock(book, text("公告审批决定", "publication of the decision"),
		law.Ask{Period: RuleDecision, Start: a.DecidedOn}, day(a.Published(Decision).GetFrom()))
}

func (a Approval) stale(book *law.Book) (Clock, error) {
	met := a.BegunOn
	return act.NewClock(book, text("开工建设", "beginning of the works"),
		law.Ask{Period: RuleStale, Start: a.validSince()}, met)
}

// validSince is the day from which the five years run: the decision, or the
// answer that upheld it.
func (a Approval) validSince() law.Date {
	if !a.RecheckMet.IsZero() && !a.Lapsed {
		return a.RecheckMet
	}
	return a.DecidedOn
}

func (a Approval) recheck(book *law.Book) (Clock, error) {
	return act.NewClock(book, text("答复重新审核", "answer to the re-check"),
		law.Ask{Period: RuleRecheck, Start: a.RecheckOn}, a.RecheckMet)
}

// Clocks computes every period of the file that has begun, in the order in
// which they run. Periods without a rule in force are left out.
func (a Approval) Clocks(book *law.Book) []Clock {
	var clocks []Clock
	add := func(begun bool, compute func(*law.Book) (Clock, error)) {
		if !begun {
			return
		}
		if c, err := compute(book); err == nil {
			clocks = append(clocks, c)
		}
	}
	decided := a.in(Approved, Refused)
	add(!a.Received.IsZero() && a.Status != Filed, a.Completeness)
	add(!a.Received.IsZero() && a.Status != Filed, a.Decision)
	add(decided, a.decisionPublication)
	add(a.Status == Approved && !a.Replaced && !a.Lapsed, a.stale)
	add(!a.RecheckOn.IsZero(), a.recheck)
	return a.settle(clocks)
}

// settle ends clocks that can no longer be met because the procedure is over
// or, for silence, because the law itself answered.
func (a Approval) settle(clocks []Clock) []Clock {
	return slices.DeleteFunc(clocks, func(c Clock) bool {
		if !c.Met.IsZero() {
			return false
		}
		switch c.Rule.ID {
		case RuleCompleteness:
			return a.Status != Submitted && !a.Deemed
		case RuleDecideReport, RuleDecideForm:
			return !a.in(Submitted, Accepted, Examined)
		default:
			return false
		}
	})
}

// Next is the clock that runs now, if one does: the next legal due day of
// somebody. The five years to begin the works press nobody at the bureau.
func (a Approval) Next(book *law.Book) (Clock, bool) {
	for _, c := range a.Clocks(book) {
		if c.Met.IsZero() && c.Rule.ID != RuleStale && (c.Rule.ID != RuleCompleteness || a.Status == Submitted) {
			return c, true
		}
	}
	return Clock{}, false
}
