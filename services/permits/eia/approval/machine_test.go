package approval_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/es/memstore"
	"shiyang/internal/law"
	"shiyang/internal/law/calendar"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/eia/approval"
)

// A file under random acts by random people, with appends that fail before or
// after their effect and callers that send the same command again.
type machine struct {
	repo *es.Repository[approval.Approval]
	now  time.Time
	sent int
}

func (m *machine) send(t *rapid.T, who es.Actor, cmd func(approval.Occasion) command) error {
	m.sent++
	today := law.DateOf(m.now)
	o := approval.Occasion{By: who, On: today, Today: today, Law: law.Embedded()}
	meta := es.Meta{CommandID: fmt.Sprint("command-", m.sent), CommandHash: "hash", Actor: who}
	err := estest.ErrInjected
	for errors.Is(err, estest.ErrInjected) {
		_, err = m.repo.Execute(t.Context(), "1", meta, cmd(o))
	}
	return err
}

func TestApprovalUnderFaults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		faults := &estest.Faulty{Store: memstore.New(es.NewCodec(&estest.Keyring{})), Next: func() estest.Fault {
			return rapid.SampledFrom([]estest.Fault{estest.NoFault, estest.NoFault, estest.FailBefore, estest.FailAfter}).Draw(t, "fault")
		}}
		m := &machine{now: time.Date(2026, 9, 1, 10, 0, 0, 0, calendar.Shanghai())}
		m.repo = es.NewRepository[approval.Approval]("eia", faults, es.Options{Now: func() time.Time { return m.now }})
		staff := rapid.SampledFrom([]es.Actor{clerk, examiner, decider})
		if err := m.send(t, firm, func(o approval.Occasion) command {
			return approval.Open{Occasion: o, EnterpriseID: "firm-1", Builder: "示例", USCC: uscc, Division: "620602", Document: approval.Form}
		}); err != nil {
			t.Fatal(err)
		}
		steps := map[string]func(*rapid.T){
			"days": func(t *rapid.T) { m.now = m.now.AddDate(0, 0, rapid.IntRange(1, 8).Draw(t, "days")) },
			"":     func(t *rapid.T) { m.invariants(t) },
		}
		acts := m.acts(t)
		// The way of the law, each step by the person whose post it is, as far as
		// it goes today: without it chance alone hardly comes to a decision.
		steps["forward"] = func(t *rapid.T) {
			for _, step := range []struct {
				who  es.Actor
				name string
			}{
				{firm, "submit"},
				{clerk, "accept"},
				{clerk, "acceptance"},
				{examiner, "resume"},
				{examiner, "examine"},
				{clerk, "intention"},
				{examiner, "close"},
				{decider, "approve"},
				{firm, "begin"},
			} {
				_ = m.send(t, step.who, acts[step.name])
			}
		}
		for name, cmd := range acts {
			steps[name] = func(t *rapid.T) { _ = m.send(t, staff.Draw(t, "who"), cmd) }
		}
		t.Repeat(steps)
	})
}

func (m *machine) acts(t *rapid.T) map[string]func(approval.Occasion) command {
	verdicts := rapid.SampledFrom([]permitsv1.ScreeningVerdict{1, 2, 3})
	publish := func(kind permitsv1.EiaNoticeKind) func(approval.Occasion) command {
		return func(o approval.Occasion) command { return approval.Publish{Occasion: o, Kind: kind, From: o.On} }
	}
	return map[string]func(approval.Occasion) command{
		"submit": func(o approval.Occasion) command {
			return approval.Submit{Occasion: o, Project: project(), Screening: screening(verdicts.Draw(t, "verdict"))}
		},
		"notice": func(o approval.Occasion) command { return approval.NoticeDeficiency{Occasion: o, Number: "1"} },
		"accept": func(o approval.Occasion) command { return approval.Accept{Occasion: o, Number: "1"} },
		"accept with gaps": func(o approval.Occasion) command {
			return approval.Accept{Occasion: o, Number: "1", Promised: []string{secondaryItem}, PromiseDue: o.On.AddDays(3)}
		},
		"silence": func(o approval.Occasion) command { return approval.DeemAccepted{Occasion: o} },
		"supply": func(o approval.Occasion) command {
			return approval.SupplyPromised{Occasion: o, Items: []string{secondaryItem}, Attachments: []*commonv1.Attachment{{Sha256: "c"}}}
		},
		"breach":     func(o approval.Occasion) command { return approval.BreakPromise{Occasion: o} },
		"acceptance": publish(approval.Acceptance), "intention": publish(approval.Intention), "decision": publish(approval.Decision),
		"pause": func(o approval.Occasion) command {
			return approval.PauseClock{Occasion: o, Kind: "technical_assessment", From: o.On, Number: "1"}
		},
		"resume": func(o approval.Occasion) command {
			return approval.ResumeClock{Occasion: o, Last: o.On, Finding: "可行"}
		},
		"screen": func(o approval.Occasion) command {
			return approval.Screen{Occasion: o, Screening: screening(verdicts.Draw(t, "verdict"))}
		},
		"examine": func(o approval.Occasion) command {
			return approval.Examine{Occasion: o, RecommendApproval: true, Opinion: "可行"}
		},
		"return":  func(o approval.Occasion) command { return approval.ReturnExamination{Occasion: o, Reason: "补充"} },
		"hearing": func(o approval.Occasion) command { return approval.RequestHearing{Occasion: o, Capacity: "applicant"} },
		"close":   func(o approval.Occasion) command { return approval.CloseHearing{Occasion: o, Held: true} },
		"approve": func(o approval.Occasion) command { return approval.Approve{Occasion: o, Number: "1"} },
		"refuse":  func(o approval.Occasion) command { return approval.Refuse{Occasion: o, Number: "1"} },
		"begin":   func(o approval.Occasion) command { return approval.Begin{Occasion: o, Day: o.On} },
	}
}

// invariants holds after every step: one decision at most, one deficiency
// notice, three different people; an approval only after both notices stood,
// with nothing promised missing, no hearing open and no conflict.
func (m *machine) invariants(t *rapid.T) {
	var decisions, notices, acceptances, breaches int
	people := map[string]string{}
	var state approval.Approval
	for f, err := range m.repo.History(t.Context(), "1") {
		if err != nil {
			t.Fatal(err)
		}
		before := state
		state = state.Evolve(f.Fact)
		switch f.Event.(type) {
		case *permitsv1.EiaApproved:
			decisions++
			people["decider"] = f.Meta.Actor.ID
			if before.HearingOpen() || before.Paused() || len(before.Missing()) > 0 || approval.IsConflict(before.Screening) {
				t.Fatalf("approved in %+v", before)
			}
			for _, n := range []*permitsv1.EiaNoticePublished{before.Published(approval.Acceptance), before.Intended} {
				if last, err := law.ParseDate(n.GetLast().GetIso()); err != nil || !state.DecidedOn.After(last) {
					t.Fatalf("approved on %s while a notice stood to %s", state.DecidedOn, last)
				}
			}
		case *permitsv1.EiaRefused:
			decisions++
			people["decider"] = f.Meta.Actor.ID
		case *permitsv1.EiaDeficiencyNoticed:
			notices++
		case *permitsv1.EiaAccepted:
			acceptances++
			people["clerk"] = f.Meta.Actor.ID
		case *permitsv1.EiaDeemedAccepted:
			acceptances++
		case *permitsv1.EiaPromiseBroken:
			breaches++
		case *permitsv1.EiaExamined:
			people["examiner"] = f.Meta.Actor.ID
		}
	}
	if decisions > 1 || notices > 1 || acceptances > 1 || breaches > 1 {
		t.Fatalf("%d decisions, %d notices, %d acceptances, %d breaches", decisions, notices, acceptances, breaches)
	}
	if a, b, c := people["clerk"], people["examiner"], people["decider"]; a != "" && (a == b || a == c) || b != "" && b == c {
		t.Fatalf("one person in two posts: %v", people)
	}
}
