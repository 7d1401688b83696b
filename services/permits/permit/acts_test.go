package permit_test

import (
	"errors"
	"slices"
	"testing"

	"google.golang.org/grpc"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/permit"
)

// What the list of acts allows and what Decide refuses must never differ: for
// every stage of a life, every act and every person, the rule of the table is
// the first thing that Decide says.
func TestActsAgreeWithDecide(t *testing.T) {
	commands := map[string]func(permit.Occasion) es.Command[permit.Permit]{
		"publish-notice": func(o permit.Occasion) es.Command[permit.Permit] { return permit.PublishNotice{Occasion: o} },
		"submit": func(o permit.Occasion) es.Command[permit.Permit] {
			return permit.Submit{Occasion: o, Content: content()}
		},
		"withdraw": func(o permit.Occasion) es.Command[permit.Permit] { return permit.Withdraw{Occasion: o} },
		"correct-on-spot": func(o permit.Occasion) es.Command[permit.Permit] {
			return permit.CorrectOnSpot{Occasion: o, Content: content()}
		},
		"notice-deficiency":  func(o permit.Occasion) es.Command[permit.Permit] { return permit.NoticeDeficiency{Occasion: o} },
		"accept":             func(o permit.Occasion) es.Command[permit.Permit] { return permit.Accept{Occasion: o} },
		"decline":            func(o permit.Occasion) es.Command[permit.Permit] { return permit.Decline{Occasion: o} },
		"deem-accepted":      func(o permit.Occasion) es.Command[permit.Permit] { return permit.DeemAccepted{Occasion: o} },
		"pause-clock":        func(o permit.Occasion) es.Command[permit.Permit] { return permit.PauseClock{Occasion: o} },
		"resume-clock":       func(o permit.Occasion) es.Command[permit.Permit] { return permit.ResumeClock{Occasion: o} },
		"record-site-check":  func(o permit.Occasion) es.Command[permit.Permit] { return permit.CheckSite{Occasion: o} },
		"report-examination": func(o permit.Occasion) es.Command[permit.Permit] { return permit.Examine{Occasion: o} },
		"return-examination": func(o permit.Occasion) es.Command[permit.Permit] { return permit.ReturnExamination{Occasion: o} },
		"issue":              func(o permit.Occasion) es.Command[permit.Permit] { return permit.Issue{Occasion: o} },
		"refuse":             func(o permit.Occasion) es.Command[permit.Permit] { return permit.Refuse{Occasion: o} },
		"record-delivery":    func(o permit.Occasion) es.Command[permit.Permit] { return permit.Deliver{Occasion: o} },
		"open-procedure": func(o permit.Occasion) es.Command[permit.Permit] {
			return permit.OpenProcedure{Occasion: o, Kind: permit.Renewal}
		},
		"propose-measure":       func(o permit.Occasion) es.Command[permit.Permit] { return permit.Propose{Occasion: o} },
		"decide-measure":        func(o permit.Occasion) es.Command[permit.Permit] { return permit.DecideMeasure{Occasion: o} },
		"enter-platform-number": func(o permit.Occasion) es.Command[permit.Permit] { return permit.EnterNumber{Occasion: o} },
	}
	var state permit.Permit
	refusals, allowed := 0, 0
	for i, fact := range append(life(), laterLife()...) {
		if i == len(life()) {
			state = permit.Permit{}
		}
		state = state.Evolve(fact)
		for _, act := range permit.Acts {
			for _, who := range []es.Actor{firm, clerk, examiner, decider} {
				o := permit.Occasion{By: who, On: state.LastDay, Today: state.LastDay, Law: law.Embedded()}
				rule := act.Allowed(state, o)
				_, err := commands[act.Name](o).Decide(state)
				if rule == nil {
					allowed++
					continue
				}
				refusals++
				if !errors.Is(err, rule) {
					t.Errorf("%s by %s in %s: the list says %v, Decide says %v", act.Name, who.ID, state.Status, rule, err)
				}
			}
		}
	}
	if refusals < 100 || allowed < 50 {
		t.Errorf("only %d refusals and %d permissions met", refusals, allowed)
	}
}

// life is a history in which every event of a permit occurs.
func life() []es.Fact {
	onSpot := by(clerk, "2026-09-09", &permitsv1.PermitApplicationCorrectedOnSpot{
		Items: []*permitsv1.MissingItem{{Path: "eiaNumber", What: "笔误"}}, Content: content(),
	})
	return past(openedKey, noticed, submitted, onSpot, deficient, resubmitted, accepted, visited, paused, resumed,
		by(examiner, "2026-10-12", examined.Event), returned, again, issued, delivered)
}

func TestEveryStageSaysWhatComesNext(t *testing.T) {
	want := map[string][]es.Fact{
		"publish-notice":     past(openedKey),
		"submit":             past(openedKey, noticed),
		"accept":             filed,
		"resume-clock":       standsStill,
		"report-examination": inExam,
		"issue":              toDecide,
		"refuse":             againstIt,
		"record-delivery":    turnedDown,
		"":                   append(slices.Clone(inForce), delivered),
	}
	for name, facts := range want {
		act, ok := es.Fold(permit.Permit{}, facts...).NextAct()
		if act.Name != name || ok != (name != "") {
			t.Errorf("next act is %q, want %q", act.Name, name)
		}
	}
	if act, _ := es.Fold(permit.Permit{}, openedLight).NextAct(); act.Name != "submit" {
		t.Errorf("simplified management goes on with %q", act.Name)
	}
}

func TestActsAreComplete(t *testing.T) {
	methods := permitsv1.PermitsService_ServiceDesc.Methods
	for _, act := range permit.Acts {
		if act.Title.Zh == "" || act.Title.En == "" {
			t.Errorf("%s has no title", act.Name)
		}
		if act.Basis.Law != "" {
			if _, ok := law.Embedded().Basis(act.Basis.Law); !ok {
				t.Errorf("%s rests on the unknown %s", act.Name, act.Basis.Law)
			}
		}
		if !slices.ContainsFunc(methods, func(m grpc.MethodDesc) bool { return m.MethodName == act.Method }) {
			t.Errorf("%s names no method of the service: %s", act.Name, act.Method)
		}
	}
	for number, name := range permitsv1.PermitStatus_name {
		if s := permit.StatusName(permit.Status(number)); number != 0 && (s.Zh == "" || s.En == "") {
			t.Errorf("%s has no name", name)
		}
	}
}

func TestRefusalsNameFactAndBasis(t *testing.T) {
	_, err := permit.Accept{Occasion: on(clerk, "2026-09-14")}.Decide(es.Fold(permit.Permit{}, filed...))
	p, ok := errors.AsType[*problem.Error](err)
	if !ok || p.Citation != "decree-736 art. 9" ||
		p.Text.Zh != "告知期限至 2026-09-11 届满，依法自收到申请之日（2026-09-08）起视为受理，系统将自动记录。" {
		t.Errorf("got %v", err)
	}
	_, err = permit.Issue{Occasion: on(decider, "2026-09-14")}.Decide(es.Fold(permit.Permit{}, filed...))
	if p, ok := errors.AsType[*problem.Error](err); !ok || p.Text.Zh != "目前状态为“待受理”，此事项须在“待决定”时办理。" {
		t.Errorf("got %v", err)
	}
}

func TestFilingWaitsForTheNotice(t *testing.T) {
	state := es.Fold(permit.Permit{}, openedKey, noticed)
	for _, act := range permit.Acts {
		if act.Name != "submit" {
			continue
		}
		err := act.Allowed(state, on(firm, "2026-09-07"))
		if p, ok := errors.AsType[*problem.Error](err); !ok || len(p.Errors) != 1 || p.Errors[0].Reason != "NOTICE_TOO_SHORT" ||
			p.Errors[0].Text.Zh != "申请前公开不得少于 5 个工作日：2026-09-01 起公开，最早 2026-09-08 可以提交（办法第十六条）。" {
			t.Errorf("got %v", err)
		}
		if err := act.Allowed(state, on(firm, "2026-09-08")); err != nil {
			t.Errorf("after five working days: %v", err)
		}
	}
}
