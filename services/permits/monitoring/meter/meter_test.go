package meter_test

import (
	"errors"
	"testing"
	"time"

	"shiyang/internal/es"
	"shiyang/internal/law"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
	"shiyang/services/permits/monitoring/meter"
)

var today = act.Occasion{On: law.Date{Year: 2026, Month: 3, Day: 10}}

type step struct {
	name    string
	command es.Command[meter.Meter]
	refused error
	state   permitsv1.MeterState
}

func register(outlet, system string) meter.Register {
	return meter.Register{MN: "62060200A0000100000000A1", FacilityID: "f", Division: "620602", Outlet: outlet, System: system, Hash: "h"}
}

// From the list to "linked and accepted", and what may not be skipped.
func TestTheLifeOfAMeter(t *testing.T) {
	other := fold(t, meter.Meter{}, meter.Register{MN: "62060200A0000100000000A2", FacilityID: "f", Outlet: "DA001", System: "31"})
	elsewhere := fold(t, meter.Meter{}, meter.Register{MN: "62060200A0000100000000A3", FacilityID: "f", Outlet: "DA002", System: "31"})
	m := meter.Meter{}
	for _, s := range []step{
		{"before it is known", meter.Install{Occasion: today}, errAny, permitsv1.MeterState_METER_STATE_UNSPECIFIED},
		{"register", register("DA001", "31"), nil, permitsv1.MeterState_METER_STATE_REGISTERED},
		{"register twice", register("DA001", "31"), meter.ErrRegistered, permitsv1.MeterState_METER_STATE_REGISTERED},
		{"accept too early", meter.AcceptLink{Occasion: today, Document: "x"}, meter.ErrNotLinked, permitsv1.MeterState_METER_STATE_REGISTERED},
		{"install tomorrow", meter.Install{Occasion: today, Day: today.On.AddDays(1)}, errAny, permitsv1.MeterState_METER_STATE_REGISTERED},
		{"install", meter.Install{Occasion: today, Day: today.On.AddDays(-3)}, nil, permitsv1.MeterState_METER_STATE_INSTALLED},
		{"install twice", meter.Install{Occasion: today}, meter.ErrDone, permitsv1.MeterState_METER_STATE_INSTALLED},
		{"link", meter.Link{On: today.On.AddDays(-1), QN: "q"}, nil, permitsv1.MeterState_METER_STATE_LINKED},
		{"accept before the link", meter.AcceptLink{Occasion: today, Day: today.On.AddDays(-2), Document: "x"}, errAny, permitsv1.MeterState_METER_STATE_LINKED},
		{"accept", meter.AcceptLink{Occasion: today, Document: "x"}, nil, permitsv1.MeterState_METER_STATE_ACCEPTED},
		{"resume what runs", meter.Resume{Occasion: today}, meter.ErrNotSuspended, permitsv1.MeterState_METER_STATE_ACCEPTED},
		{"suspend", meter.Suspend{Occasion: today, Reason: "检修"}, nil, permitsv1.MeterState_METER_STATE_SUSPENDED},
		{"suspend twice", meter.Suspend{Occasion: today, Reason: "检修"}, meter.ErrSuspended, permitsv1.MeterState_METER_STATE_SUSPENDED},
		{"resume", meter.Resume{Occasion: today, Reason: "恢复"}, nil, permitsv1.MeterState_METER_STATE_ACCEPTED},
		{"replace by one elsewhere", meter.Replace{Occasion: today, By: elsewhere}, meter.ErrOtherOutlet, permitsv1.MeterState_METER_STATE_ACCEPTED},
		{"replace", meter.Replace{Occasion: today, By: other, Reason: "老化"}, nil, permitsv1.MeterState_METER_STATE_REPLACED},
		{"nothing more", meter.SetPassword{Occasion: today, Hash: "h"}, meter.ErrReplaced, permitsv1.MeterState_METER_STATE_REPLACED},
	} {
		events, err := s.command.Decide(m)
		switch {
		case errors.Is(s.refused, errAny):
			if err == nil {
				t.Fatalf("%s was not refused", s.name)
			}
		case !errors.Is(err, s.refused):
			t.Fatalf("%s: %v, want %v", s.name, err, s.refused)
		}
		for _, e := range events {
			m = m.Evolve(es.Fact{Event: e})
		}
		if m.State() != s.state {
			t.Fatalf("%s: state %v", s.name, m.State())
		}
	}
}

var errAny = errors.New("any refusal")

func fold(t *testing.T, m meter.Meter, commands ...es.Command[meter.Meter]) meter.Meter {
	t.Helper()
	for _, c := range commands {
		events, err := c.Decide(m)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			m = m.Evolve(es.Fact{Event: e})
		}
	}
	return m
}

func TestSystemAndOutletFit(t *testing.T) {
	if _, err := register("DW001", "31").Decide(meter.Meter{}); err == nil {
		t.Error("a water outlet with the system of air was accepted")
	}
}

// A silence is told once, and its end once, by data that came after it.
func TestSilence(t *testing.T) {
	at := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)
	m := fold(t, meter.Meter{}, register("DA001", "31"), meter.Link{On: today.On, QN: "q"})
	listen := func(heard time.Time, now time.Time, want int) {
		t.Helper()
		c := meter.Listen{LastHeard: heard, Now: now, Hours: 6}
		events, err := c.Decide(m)
		if err != nil || len(events) != want {
			t.Fatalf("%d events, %v", len(events), err)
		}
		m = fold(t, m, c)
	}
	listen(time.Time{}, at, 0)
	listen(at, at.Add(6*time.Hour), 0)
	listen(at, at.Add(6*time.Hour+time.Second), 1)
	listen(at, at.Add(9*time.Hour), 0)
	listen(at.Add(9*time.Hour), at.Add(10*time.Hour), 1)
	listen(at.Add(9*time.Hour), at.Add(10*time.Hour), 0)
}
