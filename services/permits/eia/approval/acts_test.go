package approval_test

import (
	"errors"
	"testing"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/law"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/eia/approval"
)

type command = es.Command[approval.Approval]

// What the list of acts allows and what Decide refuses must never differ: for
// every stage of several lives, every act and every person, the rule of the
// table is the first thing that Decide says.
func TestActsAgreeWithDecide(t *testing.T) {
	commands := map[string]func(approval.Occasion) command{
		"submit":            func(o approval.Occasion) command { return approval.Submit{Occasion: o, Project: project()} },
		"file":              func(o approval.Occasion) command { return approval.File{Occasion: o, Project: registration()} },
		"withdraw":          func(o approval.Occasion) command { return approval.Withdraw{Occasion: o} },
		"notice-deficiency": func(o approval.Occasion) command { return approval.NoticeDeficiency{Occasion: o} },
		"accept":            func(o approval.Occasion) command { return approval.Accept{Occasion: o} },
		"decline":           func(o approval.Occasion) command { return approval.Decline{Occasion: o} },
		"deem-accepted":     func(o approval.Occasion) command { return approval.DeemAccepted{Occasion: o} },
		"supply-promised":   func(o approval.Occasion) command { return approval.SupplyPromised{Occasion: o} },
		"record-breach":     func(o approval.Occasion) command { return approval.BreakPromise{Occasion: o} },
		"return":            func(o approval.Occasion) command { return approval.Return{Occasion: o} },
		"publish-acceptance": func(o approval.Occasion) command {
			return approval.Publish{Occasion: o, Kind: approval.Acceptance, From: o.On}
		},
		"publish-intention": func(o approval.Occasion) command {
			return approval.Publish{Occasion: o, Kind: approval.Intention, From: o.On}
		},
		"publish-decision": func(o approval.Occasion) command {
			return approval.Publish{Occasion: o, Kind: approval.Decision, From: o.On}
		},
		"pause-clock":        func(o approval.Occasion) command { return approval.PauseClock{Occasion: o} },
		"resume-clock":       func(o approval.Occasion) command { return approval.ResumeClock{Occasion: o} },
		"screen":             func(o approval.Occasion) command { return approval.Screen{Occasion: o} },
		"report-examination": func(o approval.Occasion) command { return approval.Examine{Occasion: o} },
		"request-hearing":    func(o approval.Occasion) command { return approval.RequestHearing{Occasion: o} },
		"close-hearing":      func(o approval.Occasion) command { return approval.CloseHearing{Occasion: o} },
		"return-examination": func(o approval.Occasion) command { return approval.ReturnExamination{Occasion: o} },
		"approve":            func(o approval.Occasion) command { return approval.Approve{Occasion: o} },
		"refuse":             func(o approval.Occasion) command { return approval.Refuse{Occasion: o} },
		"answer-recheck":     func(o approval.Occasion) command { return approval.AnswerRecheck{Occasion: o} },
		"record-start":       func(o approval.Occasion) command { return approval.Begin{Occasion: o} },
		"note-change":        func(o approval.Occasion) command { return approval.NoteChange{Occasion: o} },
		"request-recheck":    func(o approval.Occasion) command { return approval.RequestRecheck{Occasion: o} },
		"report-acceptance":  func(o approval.Occasion) command { return approval.ReportAcceptance{Occasion: o} },
	}
	refusals, allowed := 0, 0
	for _, facts := range lives() {
		var state approval.Approval
		for _, fact := range facts {
			state = state.Evolve(fact)
			for _, act := range approval.Acts(state.LastDay) {
				for _, who := range []es.Actor{firm, clerk, examiner, decider} {
					o := approval.Occasion{By: who, On: state.LastDay, Today: state.LastDay, Law: law.Embedded()}
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
	}
	if refusals < 500 || allowed < 100 {
		t.Errorf("only %d refusals and %d permissions met", refusals, allowed)
	}
}

// lives are histories in which every event of a file occurs.
func lives() [][]es.Fact {
	ending := func(day string, e es.Event) []es.Fact { return then(received, by(clerk, day, e)) }
	hearing := then(toDecide,
		by(firm, "2026-09-24", &permitsv1.EiaHearingRequested{Requested: wire("2026-09-24"), Capacity: "applicant"}),
		by(examiner, "2026-10-08", &permitsv1.EiaHearingClosed{Held: true, On: wire("2026-10-08"), Finding: "如期举行"}),
		by(decider, "2026-10-09", &permitsv1.EiaExaminationReturned{Reason: "补充"}),
		by(examiner, "2026-10-10", &permitsv1.EiaScreened{Screening: screening(permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONFLICT)}))
	built := then(inForce, told, by(firm, "2026-10-20", &permitsv1.EiaChangeNoted{Change: "厂房平移 5 米", Reason: "不新增敏感点"}), begun,
		by(firm, "2027-11-01", &permitsv1.EiaSelfAcceptanceReported{On: wire("2027-10-20"), Passed: true}))
	old := then(inForce,
		by(firm, "2031-10-20", &permitsv1.EiaRecheckRequested{Received: wire("2031-10-20"), Reason: "资金到位"}),
		by(decider, "2031-10-24", &permitsv1.EiaRecheckAnswered{Upheld: true, Answered: wire("2031-10-24"), StartBy: wire("2036-10-24")}))
	replaced := then(inForce,
		by(firm, "2026-12-01", &permitsv1.EiaMajorChangeOpened{NextEiaId: "next"}), by(decider, "2027-03-01", &permitsv1.EiaReplaced{NextEiaId: "next"}))
	gaps := then(received, withGaps, supplied)
	broken := then(received, withGaps,
		by(ticker, "2026-10-01", &permitsv1.EiaPromiseBroken{EnterpriseId: "firm-1", Items: []string{secondaryItem}, Due: wire("2026-09-30")}),
		by(clerk, "2026-10-08", &permitsv1.EiaReturned{Reason: "逾期未补齐", DocumentNumber: "9"}))
	return [][]es.Fact{
		then(past(opened, submitted), deficient, resubmitted), toDecide, hearing, refused, built, old, replaced, gaps, broken,
		ending("2026-09-22", &permitsv1.EiaDeemedAccepted{Accepted: wire("2026-09-14")}),
		ending("2026-09-15", &permitsv1.EiaFoundNotRequired{Reason: "名录未列"}),
		ending("2026-09-15", &permitsv1.EiaFoundOutsideAuthority{CompetentAuthority: "甘肃省生态环境厅"}),
		ending("2026-09-15", &permitsv1.EiaWithdrawn{Reason: "项目调整"}),
		then(past(opened), by(firm, "2026-09-02", &permitsv1.EiaRegistrationFiled{Project: registration(), FilingNumber: "1", Filed: wire("2026-09-02")})),
	}
}

func TestEveryEventEvolves(t *testing.T) {
	seen := map[string]bool{}
	for _, facts := range lives() {
		estest.EveryEventEvolves[approval.Approval](t, facts...)
		for _, f := range facts {
			seen[es.TypeName(f.Event)] = true
		}
	}
	for _, m := range estest.EventsOf(permitsv1.File_permits_v1_eia_events_proto) {
		if !seen[string(m.FullName())] {
			t.Errorf("%s occurs in no life", m.FullName())
		}
	}
}

func TestEveryStageSaysWhatComesNext(t *testing.T) {
	for want, facts := range map[string][]es.Fact{
		"submit":             past(opened),
		"accept":             received,
		"publish-acceptance": then(received, accepted),
		"report-examination": inExam,
		"resume-clock":       withPause,
		"publish-intention":  then(inExam, examined),
		"approve":            toDecide,
		"refuse":             then(inExam, against, intended),
		"publish-decision":   inForce,
		"":                   then(inForce, told),
	} {
		state := es.Fold(approval.Approval{}, facts...)
		if next, _ := state.NextAct(state.LastDay); next.Name != want {
			t.Errorf("in %s comes %q, want %q", state.Status, next.Name, want)
		}
	}
}
