package approval

import (
	"fmt"
	"slices"
	"strings"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
)

// ErrPaused refuses an act while the decision clock stands still.
var ErrPaused = &problem.Error{
	Kind: problem.Rejected, Reason: "CLOCK_PAUSED", Citation: "licensing-law-2019 art. 45",
	Text: text("正在评估、评审或者听证，计时中止；请先登记其结束。",
		"An assessment, review or hearing is under way and the clock stands still. Record its end first."),
}

func running(a Approval) error {
	if a.Paused() {
		return ErrPaused
	}
	return nil
}

// PauseClock begins a period that does not count 不计入审批期限 (Licensing Law
// Art. 45); the builder is told in writing, so it needs a number.
type PauseClock struct {
	Occasion
	Kind   string
	From   law.Date // first day not counted
	Number string   // of the written notice; empty asks whether one may be drawn
}

func mayPause(a Approval, o Occasion) error {
	return act.FirstOf(stage(a, o, d(lic, "45"), Accepted, Examined), running(a))
}

// Decide pauses the clock. Which reasons count stands in the law data.
func (c PauseClock) Decide(a Approval) ([]es.Event, error) {
	if err := mayPause(a, c.Occasion); err != nil {
		return nil, err
	}
	rule, ok := c.Law.PeriodAt(a.DecisionRule(), a.Received)
	if !ok {
		return nil, act.ErrNoRule
	}
	var wrong problem.Fields
	if !slices.Contains(rule.Pauses, c.Kind) {
		wrong.Add("kind", c.Kind, "PAUSE_NOT_ADMITTED",
			"这一事项的时间要计入审批期限；不计入的只有："+strings.Join(rule.Pauses, "、")+"。",
			"The law counts this time. Not counted are only: "+strings.Join(rule.Pauses, ", ")+".")
	}
	earliest := a.AcceptedOn
	if n := len(a.Pauses); n > 0 {
		earliest = later(earliest, a.Pauses[n-1].Last.AddDays(1))
	}
	if earliest = later(earliest, c.On); c.From.Before(earliest) {
		wrong.Add("from", c.From.String(), "PAUSE_TOO_EARLY",
			fmt.Sprintf("须先书面告知：起始日不能早于 %s。", earliest), fmt.Sprintf("The builder is told first: it cannot begin before %s.", earliest))
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	if c.Number == "" {
		return nil, act.ErrNumberNeeded
	}
	return []es.Event{&permitsv1.EiaClockPaused{Kind: c.Kind, From: iso(c.From), DocumentNumber: c.Number}}, nil
}

// Advise lists what a person should look at again.
func (c PauseClock) Advise(a Approval) []problem.Field {
	doubts := problem.Fields(lateOnly(c.Occasion))
	if due, err := a.Decision(c.Law); err == nil && c.From.After(due.Later) {
		doubts.Add("from", c.From.String(), "DECISION_OVERDUE",
			fmt.Sprintf("审批期限已于 %s 届满，此后中止不能补救逾期。", due.Later),
			fmt.Sprintf("The decision was due on %s; a later pause does not mend that.", due.Later))
	}
	return doubts
}

// ResumeClock ends it 恢复计时.
type ResumeClock struct {
	Occasion
	Last    law.Date // last day not counted
	Finding string
}

func mayResume(a Approval, o Occasion) error {
	if err := stage(a, o, d(lic, "45"), Accepted, Examined); err != nil {
		return err
	}
	if !a.Paused() {
		return refuse("NOT_PAUSED", "计时没有中止。", "The clock is not paused.")
	}
	return nil
}

// Decide resumes the clock.
func (c ResumeClock) Decide(a Approval) ([]es.Event, error) {
	if err := mayResume(a, c.Occasion); err != nil {
		return nil, err
	}
	if from := a.Pauses[len(a.Pauses)-1].From; c.Last.Before(from) || c.Last.After(c.On) {
		var wrong problem.Fields
		wrong.Add("last", c.Last.String(), "PAUSE_END",
			fmt.Sprintf("结束日应在 %s 至 %s 之间。", from, c.On), fmt.Sprintf("The last day lies between %s and %s.", from, c.On))
		return nil, wrong.Err()
	}
	return []es.Event{&permitsv1.EiaClockResumed{Last: iso(c.Last), Finding: c.Finding}}, nil
}

// Advise lists what a person should look at again.
func (c ResumeClock) Advise(Approval) []problem.Field { return lateOnly(c.Occasion) }
