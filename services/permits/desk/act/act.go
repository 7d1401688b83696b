// Package act holds what every act in law has in common 办理事项, whatever
// record it changes: the occasion on which somebody acts, the table from which
// both Decide and the list of legal acts are made, the clocks that run, and the
// rules that no record escapes.
//
// It is pure: it imports internal/es, internal/law and internal/problem, so the
// rules of any department may import it. Start with [Occasion], then [Act].
package act

import (
	"fmt"
	"slices"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
)

// Occasion is what every act knows of the world: who acts, on which legal day,
// on which day it is entered, and the law as it is loaded.
type Occasion struct {
	By    es.Actor
	On    law.Date // legal day of the act, from occurredAt
	Today law.Date // day it is entered
	Law   *law.Book
}

// Act is one act that the law knows for a record of state S 可办事项. Allowed is
// the part of the act's rule that needs no input; Decide of its command asks it
// first, so the list of legal acts and the refusals cannot differ.
type Act[S any] struct {
	Name     string // the REST verb: "accept"
	Method   string // of the department's service: "AcceptApplication"
	Title    problem.Text
	Basis    law.Reference
	Allowed  func(S, Occasion) error
	Expected func(S) bool // whether the procedure waits for this act; nil: never
}

// Next is the act that the procedure of a record waits for; false when it is
// over.
func Next[S any](acts []Act[S], state S) (Act[S], bool) {
	for _, a := range acts {
		if a.Expected != nil && a.Expected(state) {
			return a, true
		}
	}
	return Act[S]{}, false
}

// Text is a sentence in both languages.
func Text(zh, en string) problem.Text { return problem.Text{Zh: zh, En: en} }

// Cite writes a reference the way problems carry it: "decree-736 art. 9".
func Cite(ref law.Reference) string {
	if ref.Law == "" {
		return ""
	}
	return ref.Law + " art. " + ref.Article
}

// ErrNumberNeeded says that everything is in order but the number of the
// document, which the caller now has to draw: refused acts waste no number.
var ErrNumberNeeded = &problem.Error{
	Kind: problem.Unavailable, Reason: "DOCUMENT_NUMBER_NEEDED",
	Text: Text("文号尚未取得，请重试。", "The document's number was not drawn yet. Try again."),
}

// ErrSamePerson refuses an act to somebody who acted in another role before:
// acceptance, examination and decision are posts of different people 岗位分离.
var ErrSamePerson = &problem.Error{
	Kind: problem.Rejected, Reason: "SAME_PERSON",
	Text: Text("受理、审查、决定须由不同人员办理。", "Acceptance, examination and decision are for different people."),
}

// ErrNoRule refuses an act for which the law data holds no rule on its day.
var ErrNoRule = &problem.Error{
	Kind: problem.Rejected, Reason: "NO_RULE_IN_FORCE",
	Text: Text("办理之日没有已装载的法定期限规则，请核对日期，或者请管理员装载法规数据。",
		"No statutory period is loaded for that day. Check the date, or ask the administrator to load the law data."),
}

// FirstOf is the first refusal among the answers of several rules.
func FirstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// InOrder refuses a legal day before that of the step it follows.
func InOrder(last law.Date, o Occasion) error {
	if !o.On.Before(last) {
		return nil
	}
	var fields problem.Fields
	fields.Add("occurredAt", o.On.String(), "OCCURRED_BEFORE_PREVIOUS_STEP",
		"发生日期不能早于上一环节（"+last.String()+"）。",
		"The day cannot be before that of the previous step ("+last.String()+").")
	return fields.Err()
}

// Separate refuses o.By when the account is among those who acted before as
// somebody else, who is named in both languages.
func Separate(o Occasion, before []string, zh, en string) error {
	if slices.Contains(before, o.By.ID) {
		return ErrSamePerson.With("您已是本件的"+zh+"，须由另一人办理。", "You were the "+en+" of this file; somebody else has to do this.")
	}
	return nil
}

// Entered adds the doubt that an act is entered later than it happened.
func Entered(o Occasion, doubts *problem.Fields) {
	if n := o.Today.Sub(o.On); n > 0 {
		doubts.Add("occurredAt", o.On.String(), "ENTERED_LATE",
			fmt.Sprintf("发生 %d 天后才录入；两个时间都会留存备查。", n),
			fmt.Sprintf("Entered %d days after it happened; both times are kept.", n))
	}
}
