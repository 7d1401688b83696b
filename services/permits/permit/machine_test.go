package permit_test

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
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/permit"
)

// A permit under random acts by random people, with appends that fail before
// or after their effect and callers that send the same command again.
type machine struct {
	repo    *es.Repository[permit.Permit]
	now     time.Time
	numbers int // commands sent so far; each has its own id
	pauses  int // pauses that were told to have succeeded
}

func (m *machine) send(t *rapid.T, who es.Actor, cmd func(permit.Occasion) es.Command[permit.Permit]) error {
	m.numbers++
	today := law.DateOf(m.now)
	o := permit.Occasion{By: who, On: today, Today: today, Law: law.Embedded()}
	meta := es.Meta{CommandID: fmt.Sprint("command-", m.numbers), CommandHash: "hash", Actor: who}
	err := estest.ErrInjected
	for errors.Is(err, estest.ErrInjected) {
		_, err = m.repo.Execute(t.Context(), "1", meta, cmd(o))
	}
	return err
}

func TestPermitUnderFaults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		faults := &estest.Faulty{Store: memstore.New(es.NewCodec(&estest.Keyring{})), Next: func() estest.Fault {
			return rapid.SampledFrom([]estest.Fault{estest.NoFault, estest.NoFault, estest.FailBefore, estest.FailAfter}).Draw(t, "fault")
		}}
		m := &machine{now: time.Date(2026, 9, 1, 10, 0, 0, 0, calendar.Shanghai())}
		m.repo = es.NewRepository[permit.Permit]("permit", faults, es.Options{Now: func() time.Time { return m.now }})
		staff := rapid.SampledFrom([]es.Actor{clerk, examiner, decider})
		act := func(cmd func(permit.Occasion) es.Command[permit.Permit]) func(*rapid.T) {
			return func(t *rapid.T) { _ = m.send(t, staff.Draw(t, "who"), cmd) }
		}
		if err := m.send(t, firm, func(o permit.Occasion) es.Command[permit.Permit] {
			return permit.Open{Occasion: o, FacilityID: "facility-1", EnterpriseID: "firm-1", Division: "620602", USCC: uscc, SiteSequence: 1, Class: 2}
		}); err != nil {
			t.Fatal(err)
		}
		t.Repeat(map[string]func(*rapid.T){
			"day": func(*rapid.T) { m.now = m.now.AddDate(0, 0, 1) },
			"submit": func(t *rapid.T) {
				_ = m.send(t, firm, func(o permit.Occasion) es.Command[permit.Permit] {
					return permit.Submit{Occasion: o, Content: light()}
				})
			},
			"notice": act(func(o permit.Occasion) es.Command[permit.Permit] {
				return permit.NoticeDeficiency{Occasion: o, Items: []*permitsv1.MissingItem{{What: "环评批复"}}, Number: "1"}
			}),
			"accept": act(func(o permit.Occasion) es.Command[permit.Permit] { return permit.Accept{Occasion: o, Number: "1"} }),
			"silence": func(t *rapid.T) {
				_ = m.send(t, ticker, func(o permit.Occasion) es.Command[permit.Permit] { return permit.DeemAccepted{Occasion: o} })
			},
			// Not idempotent by itself: a second pause would be a second fact.
			"pause and resume": func(t *rapid.T) {
				if m.send(t, examiner, func(o permit.Occasion) es.Command[permit.Permit] {
					return permit.PauseClock{Occasion: o, Kind: "test", From: o.On, Number: "1"}
				}) != nil {
					return
				}
				m.pauses++
				if err := m.send(t, examiner, func(o permit.Occasion) es.Command[permit.Permit] {
					return permit.ResumeClock{Occasion: o, Last: o.On, Finding: "合格"}
				}); err != nil {
					t.Fatalf("a pause of today cannot be ended today: %v", err)
				}
				m.now = m.now.AddDate(0, 0, 1)
			},
			"examine": act(func(o permit.Occasion) es.Command[permit.Permit] {
				return permit.Examine{Occasion: o, RecommendGrant: true, Opinion: "符合条件"}
			}),
			"return": act(func(o permit.Occasion) es.Command[permit.Permit] {
				return permit.ReturnExamination{Occasion: o, Reason: "补充"}
			}),
			"issue": act(func(o permit.Occasion) es.Command[permit.Permit] {
				return permit.Issue{Occasion: o, Number: "1", Mark: 'P'}
			}),
			"refuse": act(func(o permit.Occasion) es.Command[permit.Permit] { return permit.Refuse{Occasion: o, Number: "1"} }),
			"":       func(t *rapid.T) { m.invariants(t) },
		})
	})
}

// invariants holds after every step: each told effect happened once, at most
// one decision, one deficiency notice, and three different people.
func (m *machine) invariants(t *rapid.T) {
	var decisions, notices, acceptances, pauses int
	people := map[string]string{} // post → account
	post := func(name string, f es.Recorded) { people[name] = f.Meta.Actor.ID }
	for f, err := range m.repo.History(t.Context(), "1") {
		if err != nil {
			t.Fatal(err)
		}
		switch f.Event.(type) {
		case *permitsv1.PermitIssued, *permitsv1.PermitRefused:
			decisions++
			post("decider", f)
		case *permitsv1.DeficiencyNoticed:
			notices++
		case *permitsv1.PermitApplicationAccepted:
			acceptances++
			post("clerk", f)
		case *permitsv1.PermitApplicationDeemedAccepted:
			acceptances++
		case *permitsv1.PermitApplicationExamined:
			post("examiner", f)
		case *permitsv1.DecisionClockPaused:
			pauses++
		}
	}
	if decisions > 1 || notices > 1 || acceptances > 1 || pauses != m.pauses {
		t.Fatalf("%d decisions, %d notices, %d acceptances, %d pauses of %d", decisions, notices, acceptances, pauses, m.pauses)
	}
	if a, b, c := people["clerk"], people["examiner"], people["decider"]; a != "" && (a == b || a == c) || b != "" && b == c {
		t.Fatalf("one person in two posts: %v", people)
	}
}
