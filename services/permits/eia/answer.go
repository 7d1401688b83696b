package eia

import (
	"fmt"

	"shiyang/internal/history"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/eia/approval"
)

// form is a file as the API shows it, from facts alone: the same at every
// instant that history asks for.
func form(id string, a approval.Approval) *permitsv1.Eia {
	shown := &permitsv1.Eia{
		EiaId: id, EnterpriseId: a.EnterpriseID, Builder: a.Builder, Uscc: a.USCC, Division: a.Division,
		Status: a.Status, StatusText: desk.TextOf(approval.StatusName(a.Status)), Document: a.Document, Project: a.Project,
		Received: desk.WireDay(a.Received), Accepted: desk.WireDay(a.AcceptedOn), DeemedAccepted: a.Deemed, Decided: desk.WireDay(a.DecidedOn),
		Missing: a.Deficiency.GetItems(), PromiseDue: desk.WireDay(a.PromiseDue), PromiseBroken: a.PromiseBroken,
		DocumentNumber: a.DocumentNumber, ExaminationOpinion: a.Examination.GetOpinion(), Grounds: a.Grounds, Reasons: a.Reasons, Remedies: a.Remedies,
		Conditions: a.Conditions, Screening: a.Screening, DocumentByRule: a.ByRule, PreviousEiaId: a.Previous, NextEiaId: a.Replacement, Replaced: a.Replaced,
		StartBy: desk.WireDay(a.StartBy), WorksBegun: desk.WireDay(a.BegunOn), AcceptedByBuilder: desk.WireDay(a.SelfAccepted), Changes: a.Changes,
		RecheckOpen: a.RecheckOpen(), HearingOpen: a.HearingOpen(), Example: a.Example, DeclineReason: a.DeclineReason, Lapsed: a.Lapsed, Steps: steps(a),
	}
	shown.DocumentText = desk.TextOf(documentText(a))
	if len(shown.Grounds) == 0 {
		shown.Grounds = a.Examination.GetGrounds()
	}
	for _, p := range a.Promises {
		shown.Promised = append(shown.Promised, &permitsv1.PromisedItem{What: p.What, Supplied: desk.WireDay(p.Supplied)})
	}
	for _, n := range a.Publications {
		shown.Publications = append(shown.Publications, &permitsv1.EiaPublication{Kind: n.GetKind(), From: n.GetFrom(), Last: n.GetLast(), Url: n.GetUrl()})
	}
	return shown
}

// documentText is the kind by the name it had in law on the day of filing or,
// before it, of the latest step.
func documentText(a approval.Approval) problem.Text {
	on := a.Received
	if on.IsZero() {
		on = a.LastDay
	}
	return approval.DocumentName(a.Document, on)
}

// steps are the stages of the procedure that people see.
func steps(a approval.Approval) []*permitsv1.Step {
	type step struct {
		name  string
		title problem.Text
		on    law.Date
		now   bool
	}
	if a.Document == approval.Registration {
		return drawn([]step{{"filed", problem.Text{Zh: "备案", En: "Filed"}, a.DecidedOn, a.Status == approval.Draft}}, func(s step) (string, problem.Text, law.Date, bool) {
			return s.name, s.title, s.on, s.now
		})
	}
	examined := a.ExaminedOn
	if a.Status == approval.Accepted {
		examined = law.Date{}
	}
	list := []step{
		{"submitted", problem.Text{Zh: "提交", En: "Filed"}, a.Received, a.Status == approval.Draft || a.Status == approval.Deficient},
		{"accepted", problem.Text{Zh: "受理", En: "Accepted"}, a.AcceptedOn, a.Status == approval.Submitted},
		{"examined", problem.Text{Zh: "评估审查", En: "Examined"}, examined, a.Status == approval.Accepted},
		{"intention", problem.Text{Zh: "拟审批公示", En: "Made public"}, desk.DayOf(a.Intended.GetFrom()), a.Status == approval.Examined && a.Intended == nil},
		{"decided", problem.Text{Zh: "决定", En: "Decided"}, a.DecidedOn, a.Status == approval.Examined && a.Intended != nil},
		{"begun", problem.Text{Zh: "开工", En: "Works begun"}, a.BegunOn, a.Status == approval.Approved && a.BegunOn.IsZero()},
		{"self-accepted", problem.Text{Zh: "自主验收", En: "Own acceptance"}, a.SelfAccepted, !a.BegunOn.IsZero() && a.SelfAccepted.IsZero()},
	}
	return drawn(list, func(s step) (string, problem.Text, law.Date, bool) { return s.name, s.title, s.on, s.now })
}

func drawn[S any](list []S, of func(S) (string, problem.Text, law.Date, bool)) (out []*permitsv1.Step) {
	for _, s := range list {
		name, title, on, now := of(s)
		state := "todo"
		switch {
		case now:
			state = "now"
		case !on.IsZero():
			state = "done"
		}
		out = append(out, &permitsv1.Step{Name: name, Title: desk.TextOf(title), State: state, Date: desk.WireDay(on)})
	}
	return out
}

// masked hides the persons of a file.
func masked(shown *permitsv1.Eia) *permitsv1.Eia {
	if hidden, ok := history.Masked(shown).(*permitsv1.Eia); ok {
		return hidden
	}
	return &permitsv1.Eia{}
}

// actions are the acts that the law knows for a file and that the caller's role
// may do at all; a major change is a new file, which the builder opens.
func (s *Server) actions(who rpc.Caller, a approval.Approval, o approval.Occasion) []*commonv1.LegalAction {
	all := desk.Actions(s.Desk, who, approval.Acts(o.On), a, o)
	if a.Status == approval.Approved && s.MayEver(who, "OpenEia") {
		title := problem.Text{Zh: "重大变动重新报批", En: "Apply anew for a major change"}
		all = append(all, s.Action("open-change", title, law.Reference{Law: "code-2026", Article: "106"}, approval.CheckReplaced(a), false))
	}
	return all
}

// deadlines are all periods of a file that have begun, and the bureau's own
// promise beside the period for the decision.
func deadlines(a approval.Approval, o approval.Occasion) []*commonv1.Deadline {
	var out []*commonv1.Deadline
	for _, c := range a.Clocks(o.Law) {
		shown := desk.Deadline(c, o, approval.PauseName)
		if promised := a.Promised(o.Law); c.Rule.ID == a.DecisionRule() && !promised.IsZero() {
			shown.Explanation = append(shown.Explanation, &commonv1.Text{
				Zh: fmt.Sprintf("本机关承诺 %s 前办结（承诺时限，不是法定期限）。", promised),
				En: fmt.Sprintf("The bureau promises a decision by %s; this is its own promise, no period of law.", promised),
			})
		}
		out = append(out, shown)
	}
	return out
}
