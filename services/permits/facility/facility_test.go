package facility_test

import (
	"errors"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/facility"
)

type scenario = estest.Scenario[facility.Facility]

var lists = law.Embedded().On(law.NewDate(2026, time.November, 23))

func site(change ...func(*permitsv1.SiteContent)) *permitsv1.SiteContent {
	s := &permitsv1.SiteContent{
		UnitName: "武威示例热力有限公司", Uscc: "91620602MA7X2C8K89", SiteAddress: "凉州区示例路1号", Division: "620602", Example: true,
	}
	for _, c := range change {
		c(s)
	}
	return s
}

var (
	unknown    = func(s *permitsv1.SiteContent) { s.Uscc = "" }
	registered = &permitsv1.FacilityRegistered{EnterpriseId: "firm-1", Site: site(), SiteSequence: 1}
	listed     = &permitsv1.FacilityRegistered{Site: site(unknown)}
)

func TestRegister(t *testing.T) {
	command := func(sequence int32, change ...func(*permitsv1.SiteContent)) facility.Register {
		return facility.Register{Site: site(change...), EnterpriseID: "firm-1", Sequence: sequence, Lists: lists}
	}
	estest.Run(t, []scenario{
		{Name: "a firm registers its site", When: command(1), Then: []es.Event{registered}},
		{Name: "a sequence is drawn only when all is in order", When: command(0), Err: facility.ErrSequenceNeeded},
		{Name: "the bureau lists a site before its firm has signed on", When: facility.Register{Site: site(unknown), Lists: lists}, Then: []es.Event{listed}},
		{Name: "a credit code with a wrong check digit is refused", When: command(0, func(s *permitsv1.SiteContent) { s.Uscc = "91620602MA7X2C8K80" }), Err: problem.ErrInvalid},
		{Name: "a site outside Wuwei is refused", When: command(0, func(s *permitsv1.SiteContent) { s.Division = "620102" }), Err: problem.ErrInvalid},
		{Name: "the same registration again changes nothing", Given: estest.Facts(registered), When: command(1)},
		{Name: "other data are a change, not a registration", Given: estest.Facts(registered), When: command(1, unknown), Err: facility.ErrRegistered},
	})
}

func TestRegisterListsEveryWrongField(t *testing.T) {
	_, err := facility.Register{Site: &permitsv1.SiteContent{UnitName: " ", Uscc: "9162", Division: "620699"}, Lists: lists}.Decide(facility.Facility{})
	p, ok := errors.AsType[*problem.Error](err)
	if !ok {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range p.Errors {
		got[f.Path] = f.Reason
	}
	if len(got) != 3 || got["site.unitName"] != "REQUIRED" || got["site.uscc"] != "USCC_LENGTH" || got["site.division"] != "DIVISION_UNKNOWN" {
		t.Errorf("got %v", got)
	}
}

func TestChange(t *testing.T) {
	command := func(sequence int32, change ...func(*permitsv1.SiteContent)) facility.Change {
		return facility.Change{Site: site(change...), Reason: "更名", Sequence: sequence, Lists: lists}
	}
	renamed := func(s *permitsv1.SiteContent) { s.UnitName = "武威示例能源有限公司" }
	other := func(s *permitsv1.SiteContent) { s.Uscc = "91620621MA7XQ35D8U" }
	estest.Run(t, []scenario{
		{Name: "the name changes", Given: estest.Facts(registered), When: command(0, renamed), Then: []es.Event{&permitsv1.FacilityChanged{Site: site(renamed), Reason: "更名"}}},
		{Name: "the same data change nothing", Given: estest.Facts(registered), When: command(0)},
		{Name: "the credit code becomes known", Given: estest.Facts(listed), When: command(2), Then: []es.Event{&permitsv1.FacilityChanged{Site: site(), Reason: "更名", SiteSequence: 2}}},
		{Name: "another credit code needs another sequence", Given: estest.Facts(registered), When: command(0, other), Err: facility.ErrSequenceNeeded},
		{Name: "a known credit code is not forgotten", Given: estest.Facts(registered), When: command(0, unknown), Err: problem.ErrInvalid},
		{Name: "a site does not move to another county", Given: estest.Facts(registered), When: command(0, func(s *permitsv1.SiteContent) { s.Division = "620621" }), Err: problem.ErrInvalid},
		{Name: "an example does not become real", Given: estest.Facts(registered), When: command(0, func(s *permitsv1.SiteContent) { s.Example = false }), Err: problem.ErrInvalid},
		{Name: "what does not exist does not change", When: command(0), Err: problem.ErrNotFound},
	})
}

func TestAssign(t *testing.T) {
	command := facility.Assign{EnterpriseID: "firm-1"}
	estest.Run(t, []scenario{
		{Name: "a listed site is tied to its firm", Given: estest.Facts(listed), When: command, Then: []es.Event{&permitsv1.FacilityAssigned{EnterpriseId: "firm-1"}}},
		{Name: "the same firm again changes nothing", Given: estest.Facts(registered), When: command},
		{Name: "a site has one firm", Given: estest.Facts(registered), When: facility.Assign{EnterpriseID: "firm-2"}, Err: facility.ErrAssigned},
		{Name: "what does not exist has no firm", When: command, Err: problem.ErrNotFound},
	})
}

func TestDoubts(t *testing.T) {
	advice := facility.Register{Site: site(unknown, func(s *permitsv1.SiteContent) { s.SiteAddress = "" })}.Advise(facility.Facility{})
	if len(advice) != 2 || advice[0].Reason != "USCC_UNKNOWN" || advice[1].Reason != "ADDRESS_UNKNOWN" {
		t.Errorf("got %v", advice)
	}
	if doubts := (facility.Change{Site: site()}).Advise(facility.Facility{}); len(doubts) != 0 {
		t.Errorf("a good site is doubted: %v", doubts)
	}
}

func TestEveryEventEvolves(t *testing.T) {
	estest.EveryEventEvolves[facility.Facility](t, estest.Facts(listed,
		&permitsv1.FacilityChanged{Site: site(), SiteSequence: 1}, &permitsv1.FacilityAssigned{EnterpriseId: "firm-1"})...)
	if f := es.Fold(facility.Facility{}, estest.Facts(registered)...); !proto.Equal(f.Site, site()) || f.Sequence != 1 || f.EnterpriseID != "firm-1" {
		t.Errorf("got %+v", f)
	}
}
