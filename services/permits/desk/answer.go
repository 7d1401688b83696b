package desk

import (
	"errors"
	"fmt"

	"shiyang/internal/law"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	"shiyang/services/permits/desk/act"
)

// TextOf is a sentence as it travels.
func TextOf(t problem.Text) *commonv1.Text { return &commonv1.Text{Zh: t.Zh, En: t.En} }

// WireDay is a legal day as it travels; nothing for the zero day.
func WireDay(d law.Date) *commonv1.Date {
	if d.IsZero() {
		return nil
	}
	return &commonv1.Date{Iso: d.String()}
}

// IsoDay is a day of a view's table as it travels; nothing for "".
func IsoDay(iso string) *commonv1.Date {
	if iso == "" {
		return nil
	}
	return &commonv1.Date{Iso: iso}
}

// DayOf reads a legal day of a request or an event, which was validated before;
// none is the zero day.
func DayOf(d *commonv1.Date) law.Date {
	day, err := law.ParseDate(d.GetIso())
	if err != nil {
		return law.Date{}
	}
	return day
}

// MayEver tells whether a role can call a method of the department at all,
// whatever the record.
func (d *Desk) MayEver(who rpc.Caller, method string) bool {
	rule, ok := rpc.RuleOf(d.Method(method))
	if !ok {
		return false
	}
	for _, role := range rule.Roles {
		if string(role) == who.Actor.Role {
			return true
		}
	}
	return false
}

// Actions are the acts that the law knows for a record and that the caller's
// role may do at all: each allowed now, or why not. The one that the procedure
// waits for is marked.
func Actions[S any](d *Desk, who rpc.Caller, acts []act.Act[S], state S, o act.Occasion) []*commonv1.LegalAction {
	next, _ := act.Next(acts, state)
	var actions []*commonv1.LegalAction
	for _, a := range acts {
		if d.MayEver(who, a.Method) {
			actions = append(actions, d.Action(a.Name, a.Title, a.Basis, a.Allowed(state, o), a.Name == next.Name))
		}
	}
	return actions
}

// Action shows one legal act: allowed, or why not.
func (d *Desk) Action(name string, title problem.Text, basis law.Reference, refusal error, next bool) *commonv1.LegalAction {
	a := &commonv1.LegalAction{Name: name, Title: TextOf(title), Allowed: refusal == nil, Next: next}
	if basis.Law != "" {
		a.Citation = d.Law().Cite(basis).Short
	}
	if p, ok := errors.AsType[*problem.Error](refusal); ok {
		reason := p.Text
		if len(p.Errors) > 0 {
			reason = p.Errors[0].Text
		}
		a.Reason = TextOf(reason)
	}
	return a
}

// Deadline shows a period with its whole explanation. pause names the reasons
// for which a clock stands still; nil where none does.
func Deadline(c act.Clock, o act.Occasion, pause func(reason string) problem.Text) *commonv1.Deadline {
	shown := Brief(c, o, pause)
	english := c.Explain(law.English)
	for i, line := range c.Explain(law.Chinese) {
		text := &commonv1.Text{Zh: line}
		if i < len(english) {
			text.En = english[i]
		}
		shown.Explanation = append(shown.Explanation, text)
	}
	return shown
}

// Brief shows a period with its days, its basis and what does not count, as a
// list of many needs it; the sentences stand on the record's own page.
func Brief(c act.Clock, o act.Occasion, pause func(reason string) problem.Text) *commonv1.Deadline {
	zh, en := CiteAll(o.Law, c.Rule.Basis)
	shown := &commonv1.Deadline{
		Rule: c.Rule.ID, Title: TextOf(c.Title), Start: WireDay(c.Start), Due: WireDay(c.Earlier), OverdueAfter: WireDay(c.Later),
		Unit: string(c.Rule.Unit), Amount: int32(c.Rule.Amount), Provisional: c.Provisional, Suspended: c.Suspended,
		Basis: &commonv1.Text{Zh: zh, En: en}, LawVersion: c.LawVersion, Met: WireDay(c.Met),
	}
	for _, span := range c.Pauses {
		reason := problem.Text{Zh: span.Reason, En: span.Reason}
		if pause != nil {
			reason = pause(span.Reason)
		}
		shown.Pauses = append(shown.Pauses, &commonv1.Span{
			From: WireDay(span.From.AddDays(1)), To: WireDay(span.To), Reason: TextOf(reason),
		})
	}
	shown.State, shown.Remaining = standing(c, o.Today)
	return shown
}

// standing says where a period stands on a day, in its own unit. It is near
// when a fifth of it is left.
func standing(c act.Clock, today law.Date) (state string, remaining int32) {
	switch {
	case !c.Met.IsZero() && !c.Later.IsZero() && c.Met.After(c.Later):
		return "met_late", 0
	case !c.Met.IsZero():
		return "met", 0
	case c.Suspended:
		return "running", 0
	}
	left := c.Remaining(today)
	n := left.CalendarDays
	if c.Rule.Unit == law.WorkingDays {
		n = left.WorkingDays
	}
	switch {
	case left.Standing == law.Overdue:
		return "overdue", int32(n)
	case n <= max(1, c.Rule.Amount/5):
		return "near", int32(n)
	}
	return "running", int32(n)
}

// Both is a sentence in both languages with its verbs filled in; both take the
// same arguments, in any order by index: "%[2]s".
func Both(zh, en string, args ...any) problem.Text {
	return problem.Text{Zh: fmt.Sprintf(zh, args...), En: fmt.Sprintf(en, args...)}
}
