package eia

import (
	"context"
	"encoding/json"
	"fmt"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/rpc"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/eia/approval"
	"shiyang/services/permits/eia/views/filelist"
)

// rules lets the list of files fold and judge by the rules that decide, under
// the law of a position.
type rules struct{ book desk.Lawbook }

// Fold implements [filelist.Rules].
func (rules) Fold(facts string, fact es.Fact) (string, permitsv1.EiaStatus, error) {
	a, err := fromFacts(facts)
	if err != nil {
		return "", 0, err
	}
	a = a.Evolve(fact)
	raw, err := json.Marshal(light(a))
	return string(raw), a.Status, err
}

// NextAt implements [filelist.Rules].
func (r rules) NextAt(at es.Position, facts string) (filelist.Next, error) {
	book, err := r.book.BookAt(at)
	if err != nil {
		return filelist.Next{}, err
	}
	a, err := fromFacts(facts)
	if err != nil {
		return filelist.Next{}, err
	}
	return next(a, book), nil
}

// Reach implements [filelist.Rules].
func (r rules) Reach(ctx context.Context, at es.Position) error { return r.book.WaitFor(ctx, at) }

// light is a file without its papers: enough to compute what comes next and by
// when.
func light(a approval.Approval) approval.Approval {
	a.Project, a.Screening, a.Remedies = nil, nil, nil
	if a.Examination != nil {
		a.Examination = &permitsv1.EiaExamined{RecommendApproval: a.Examination.GetRecommendApproval()}
	}
	if a.Deficiency != nil {
		a.Deficiency = &permitsv1.EiaDeficiencyNoticed{Noticed: a.Deficiency.GetNoticed()}
	}
	a.Conditions, a.Reasons, a.Changes = "", "", nil
	return a
}

func fromFacts(facts string) (a approval.Approval, err error) {
	if facts == "" {
		return a, nil
	}
	if err := json.Unmarshal([]byte(facts), &a); err != nil {
		return a, fmt.Errorf("facts of an EIA file: %w", err)
	}
	return a, nil
}

// applicant is the audience of acts that belong to the firm.
const applicant = "applicant"

// next computes what a file waits for under one law.
func next(a approval.Approval, book *law.Book) filelist.Next {
	n := filelist.Next{LawVersion: book.Version()}
	if a.Open() && len(a.Missing()) > 0 && !a.PromiseBroken {
		n.PromiseDue = a.PromiseDue.String()
	}
	doing, ok := a.NextAct(a.LastDay)
	if !ok {
		return n
	}
	n.Act, n.Audience = doing.Name, audienceOf(doing)
	switch n.Audience {
	case string(rpc.PermitExaminer):
		n.Barred = a.Clerks
	case string(rpc.PermitDecider):
		n.Barred = append(append(n.Barred, a.Clerks...), a.Examiners...)
	}
	if clock, running := a.Next(book); running {
		n.Rule, n.Due, n.OverdueAfter = clock.Rule.ID, clock.Earlier.String(), clock.Later.String()
	}
	return n
}

// audienceOf is whose worklist an act belongs to.
func audienceOf(doing approval.Act) string {
	rule, ok := rpc.RuleOf("/" + service + "/" + doing.Method)
	if !ok || len(rule.Roles) == 0 {
		return ""
	}
	if rule.Roles[0].Firm() {
		return applicant
	}
	return string(rule.Roles[0])
}
