package permit

import (
	"fmt"
	"slices"
	"strings"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

// ErrPaused refuses an act while the decision clock stands still.
var ErrPaused = &problem.Error{
	Kind: problem.Rejected, Reason: "CLOCK_PAUSED", Citation: "mee-order-32-2024 art. 23",
	Text: text("正在听证、检测或者专家评审，计时中止；请先登记其结束。",
		"A hearing, test or expert review is under way and the clock stands still. Record its end first."),
}

func running(p Permit) error {
	if p.Paused() {
		return ErrPaused
	}
	return nil
}

// PauseClock begins a period that does not count 不计入审批期限 (O32 Art. 23);
// the applicant is told in writing, so it needs a number.
type PauseClock struct {
	Occasion
	Kind   string   // hearing, test or expert_review
	From   law.Date // first day not counted
	Number string   // of the written notice; empty asks whether one may be drawn
}

func mayPause(p Permit, o Occasion) error {
	return firstOf(wrongStage(p, d(o32, "23"), Accepted, Examined), running(p), inOrder(p, o))
}

// Decide pauses the clock. Which reasons count stands in the law data.
func (c PauseClock) Decide(p Permit) ([]es.Event, error) {
	if err := mayPause(p, c.Occasion); err != nil {
		return nil, err
	}
	rule, ok := c.Law.PeriodAt(p.DecisionRule(), p.AcceptedOn)
	if !ok {
		return nil, errNoRule
	}
	var wrong problem.Fields
	if !slices.Contains(rule.Pauses, c.Kind) {
		wrong.Add("kind", c.Kind, "PAUSE_NOT_ADMITTED",
			"这一事项的时间要计入审批期限；不计入的只有："+strings.Join(rule.Pauses, "、")+"（办法第二十三条）。",
			"The law counts this time. Not counted are only: "+strings.Join(rule.Pauses, ", ")+" (Order 32 Art. 23).")
	}
	if c.From.Before(p.AcceptedOn) || c.From.Before(c.lastPause(p)) {
		wrong.Add("from", c.From.String(), "PAUSE_TOO_EARLY",
			"起始日不能早于受理日，也不能与以前的中止重叠。", "It cannot begin before acceptance, nor overlap an earlier pause.")
	}
	if c.From.Before(c.On) {
		wrong.Add("from", c.From.String(), "PAUSE_BEFORE_NOTICE",
			"须先书面告知申请人：起始日不能早于告知之日。", "The applicant is told first: it cannot begin before the day of the notice.")
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	if c.Number == "" {
		return nil, ErrNumberNeeded
	}
	return []es.Event{&permitsv1.DecisionClockPaused{Kind: c.Kind, From: iso(c.From), DocumentNumber: c.Number}}, nil
}

func (c PauseClock) lastPause(p Permit) law.Date {
	if n := len(p.Pauses); n > 0 {
		return p.Pauses[n-1].Last.AddDays(1)
	}
	return law.Date{}
}

// Advise lists what a person should look at again.
func (c PauseClock) Advise(p Permit) []problem.Field {
	var doubts problem.Fields
	entered(c.Occasion, &doubts)
	if due, err := p.Decision(c.Law); err == nil && c.From.After(due.Later) {
		doubts.Add("from", c.From.String(), "DECISION_OVERDUE",
			fmt.Sprintf("审批期限已于 %s 届满，此后中止不能补救逾期。", due.Later),
			fmt.Sprintf("The decision was due on %s; a later pause does not mend that.", due.Later))
	}
	return doubts
}

// PauseName is a reason for time not counted, for people.
func PauseName(kind string) problem.Text {
	switch kind {
	case "hearing":
		return text("听证", "hearing")
	case "test":
		return text("检验、检测", "test")
	case "expert_review":
		return text("专家评审", "expert review")
	}
	return text(kind, kind)
}

// ResumeClock ends it 恢复计时.
type ResumeClock struct {
	Occasion
	Last    law.Date // last day not counted
	Finding string
}

func mayResume(p Permit, o Occasion) error {
	if err := firstOf(wrongStage(p, d(o32, "23"), Accepted, Examined), inOrder(p, o)); err != nil {
		return err
	}
	if !p.Paused() {
		return ErrWrongStage.With("计时没有中止。", "The clock is not paused.")
	}
	return nil
}

// Decide resumes the clock.
func (c ResumeClock) Decide(p Permit) ([]es.Event, error) {
	if err := mayResume(p, c.Occasion); err != nil {
		return nil, err
	}
	from := p.Pauses[len(p.Pauses)-1].From
	if c.Last.Before(from) || c.Last.After(c.On) {
		var wrong problem.Fields
		wrong.Add("last", c.Last.String(), "PAUSE_END",
			fmt.Sprintf("结束日应在 %s 至 %s 之间。", from, c.On), fmt.Sprintf("The last day lies between %s and %s.", from, c.On))
		return nil, wrong.Err()
	}
	return []es.Event{&permitsv1.DecisionClockResumed{Last: iso(c.Last), Finding: c.Finding}}, nil
}

// Advise lists what a person should look at again.
func (c ResumeClock) Advise(Permit) []problem.Field {
	var doubts problem.Fields
	entered(c.Occasion, &doubts)
	return doubts
}
