package registration_test

import (
	"strings"
	"testing"

	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
)

const (
	column       = permitsv1.ListColumn_LIST_COLUMN_REGISTRATION
	inForce      = permitsv1.RegistrationStatus_REGISTRATION_STATUS_IN_FORCE
	byPermit     = permitsv1.SourceOutcome_SOURCE_OUTCOME_PERMIT
	byRegistered = permitsv1.SourceOutcome_SOURCE_OUTCOME_REGISTRATION
)

// A firm answers, registers, and has its receipt at once; the bureau, the firm
// and the public see it, a stranger does not.
func TestAFirmRegisters(t *testing.T) {
	b := open(t, "2026-10-12", desk.Practice{})
	site := b.site()
	checked, err := b.CheckTier(b.as(firm), &permitsv1.CheckTierRequest{FacilityId: site, Answers: sampleAnswers()})
	if err != nil || checked.GetTier() != permitsv1.SourceTier_SOURCE_TIER_KEY { // a key unit with a boiler
		t.Fatalf("checked %v, %v", checked, err)
	}
	_, err = b.FileRegistration(b.as(firm), &permitsv1.FileRegistrationRequest{FacilityId: site, Content: sampleContent("供热")})
	b.refused(err, "WRONG_STAGE")
	b.decide(site, column)
	filed := done(b.FileRegistration(b.as(firm), &permitsv1.FileRegistrationRequest{FacilityId: site, Content: sampleContent("供热")}))(b)
	if filed.GetNumber() != sampleUSCC+"001W" {
		t.Errorf("the receipt says %q", filed.GetNumber())
	}
	got, err := b.GetRegistration(b.as(firm), &permitsv1.GetRegistrationRequest{FacilityId: site})
	r := got.GetRegistration()
	if err != nil || r.GetStatus() != inForce || r.GetValidTo().GetIso() != "2031-10-11" || len(got.GetDeadlines()) != 1 || got.GetDeadlines()[0].GetDue().GetIso() != "2031-10-11" {
		t.Errorf("got %v, %v", got, err)
	}
	_, err = b.GetRegistration(b.as(otherFirm), &permitsv1.GetRegistrationRequest{FacilityId: site})
	b.refused(err, "NOT_FOUND")
	_, err = b.CancelRegistration(b.as(elsewhere), &permitsv1.CancelRegistrationRequest{FacilityId: site, Ground: 1, Reason: "x"})
	b.refused(err, "NOT_FOUND")
	b.settle()
	list, err := b.ListRegistrations(b.as(clerk), &permitsv1.ListRegistrationsRequest{Query: "供热站", Division: "620602", Status: inForce, AtLeast: filed.GetPosition()})
	if err != nil || len(list.GetRegistrations()) != 1 || list.GetRegistrations()[0].GetNumber() != filed.GetNumber() {
		t.Errorf("the list: %v %v", list, err)
	}
	if list, err := b.ListRegistrations(b.as(elsewhere), &permitsv1.ListRegistrationsRequest{}); err != nil || len(list.GetRegistrations()) != 0 {
		t.Errorf("another county sees %v %v", list, err)
	}
	if public, err := b.SearchRegistrations(t.Context(), &permitsv1.SearchRegistrationsRequest{Query: filed.GetNumber()}); err != nil || len(public.GetRegistrations()) != 1 {
		t.Errorf("the public sees %v %v", public, err)
	}
	past, err := b.history(firm, "registration", site)
	if err != nil || len(past) != 2 || !strings.Contains(past[1], filed.GetNumber()) {
		t.Errorf("history %q %v", past, err)
	}
	if past, err := b.history(otherFirm, "registration", site); err == nil {
		t.Errorf("a stranger reads %q", past)
	}
}

func TestTheNationalNumberIsAwaited(t *testing.T) {
	b := open(t, "2026-10-12", desk.Practice{National: true})
	site := b.site()
	b.decide(site, column)
	if filed := done(b.FileRegistration(b.as(firm), &permitsv1.FileRegistrationRequest{FacilityId: site, Content: sampleContent("供热")}))(b); filed.GetNumber() != "" {
		t.Errorf("a number of our own: %q", filed.GetNumber())
	}
	got, err := b.GetRegistration(b.as(clerk), &permitsv1.GetRegistrationRequest{FacilityId: site})
	if err != nil || !got.GetRegistration().GetNumberAwaited() {
		t.Fatalf("got %v %v", got, err)
	}
	done(b.EnterRegistrationNumber(b.as(clerk), &permitsv1.EnterRegistrationNumberRequest{FacilityId: site, Number: sampleUSCC + "001X"}))(b)
	got, err = b.GetRegistration(b.as(clerk), &permitsv1.GetRegistrationRequest{FacilityId: site})
	if err != nil || got.GetRegistration().GetNumberAwaited() || got.GetRegistration().GetNumber() != sampleUSCC+"001X" {
		t.Errorf("got %v %v", got, err)
	}
}

// One permit or registration per site: up a tier by way of an application, and
// back after it was withdrawn.
func TestUpATierAndBack(t *testing.T) {
	b := open(t, "2026-10-12", desk.Practice{})
	site := b.site()
	source := b.listSource("P-0001")
	b.decide(site, column)
	file := func() error {
		_, err := b.FileRegistration(b.as(firm), &permitsv1.FileRegistrationRequest{FacilityId: site, Content: sampleContent("供热")})
		return err
	}
	if err := file(); err != nil {
		t.Fatal(err)
	}
	b.settle()
	b.outcome(source, byRegistered)
	override := done(b.OverrideTier(b.as(clerk), &permitsv1.OverrideTierRequest{FacilityId: site, Tier: permitsv1.SourceTier_SOURCE_TIER_SIMPLIFIED, Reason: "锅炉出力与申报不符"}))(b)
	if override.GetRevision() != 3 {
		t.Errorf("revision %d", override.GetRevision())
	}
	permit := b.grant(site)
	b.settle()
	got, err := b.GetRegistration(b.as(firm), &permitsv1.GetRegistrationRequest{FacilityId: site})
	if err != nil || got.GetRegistration().GetStatus() != permitsv1.RegistrationStatus_REGISTRATION_STATUS_REPLACED || got.GetRegistration().GetPermitId() != permit {
		t.Errorf("after the grant: %v %v", got.GetRegistration(), err)
	}
	b.outcome(source, byPermit)
	b.decide(site, column)
	b.refused(file(), "SITE_HAS_PERMIT")
}

// While an application is open the registration stays in force; withdrawn, the
// site is free for the registration's next term.
func TestAnApplicationDoesNotEndARegistration(t *testing.T) {
	b := open(t, "2026-10-12", desk.Practice{})
	site := b.site()
	b.decide(site, column)
	done(b.FileRegistration(b.as(firm), &permitsv1.FileRegistrationRequest{FacilityId: site, Content: sampleContent("供热")}))(b)
	permit := done(b.Permits.OpenApplication(b.as(firm), &permitsv1.OpenApplicationRequest{FacilityId: site, ManagementClass: 2}))(b).GetRecordId()
	b.settle()
	got, err := b.GetRegistration(b.as(firm), &permitsv1.GetRegistrationRequest{FacilityId: site})
	if err != nil || got.GetRegistration().GetStatus() != inForce {
		t.Fatalf("got %v %v", got, err)
	}
	if _, err := b.Permits.OpenApplication(b.as(firm), &permitsv1.OpenApplicationRequest{FacilityId: site, ManagementClass: 2}); err == nil {
		t.Error("two applications for one site")
	}
	done(b.Permits.WithdrawApplication(b.as(firm), &permitsv1.WithdrawApplicationRequest{PermitId: permit, Reason: "暂缓"}))(b)
	b.settle()
	done(b.CancelRegistration(b.as(firm), &permitsv1.CancelRegistrationRequest{FacilityId: site, Ground: 1, Reason: "停产检修"}))(b)
	b.settle()
	done(b.FileRegistration(b.as(firm), &permitsv1.FileRegistrationRequest{FacilityId: site, Content: sampleContent("供热")}))(b)
}

func TestTermsEnd(t *testing.T) {
	b := open(t, "2026-10-12", desk.Practice{})
	site := b.site()
	source := b.listSource("P-0001")
	b.decide(site, column)
	done(b.FileRegistration(b.as(firm), &permitsv1.FileRegistrationRequest{FacilityId: site, Content: sampleContent("供热")}))(b)
	b.settle()
	b.goTo("2031-08-12")
	b.settle()
	past, err := b.history(firm, "registration", site)
	if err != nil || len(past) != 3 || !strings.Contains(past[2], "提醒延续") {
		t.Errorf("sixty days before: %q %v", past, err)
	}
	b.goTo("2031-10-12")
	b.settle()
	if past, err = b.history(firm, "registration", site); err != nil || len(past) != 4 || !strings.Contains(past[3], "登记到期") {
		t.Errorf("the day after: %q %v", past, err)
	}
	b.outcome(source, 0)
	done(b.FileRegistration(b.as(firm), &permitsv1.FileRegistrationRequest{FacilityId: site, Content: sampleContent("供热")}))(b)
}

func TestTheRollLeavesNobodyOver(t *testing.T) {
	b := open(t, "2026-10-12", desk.Practice{})
	first := b.listSource("P-0001")
	second := b.listSource("P-0002")
	site := b.site()
	b.settle()
	b.outcome(first, 0) // two sources bear the code: a person has to tie them
	done(b.LinkSource(b.as(clerk), &permitsv1.LinkSourceRequest{SourceId: first, FacilityId: site}))(b)
	done(b.SettleSource(b.as(clerk), &permitsv1.SettleSourceRequest{SourceId: second, Outcome: permitsv1.SourceOutcome_SOURCE_OUTCOME_NOT_REQUIRED, Reason: "已拆除"}))(b)
	b.decide(site, column)
	done(b.FileRegistration(b.as(firm), &permitsv1.FileRegistrationRequest{FacilityId: site, Content: sampleContent("供热")}))(b)
	b.settle()
	b.outcome(first, byRegistered)
	_, err := b.SettleSource(b.as(clerk), &permitsv1.SettleSourceRequest{SourceId: first, Outcome: permitsv1.SourceOutcome_SOURCE_OUTCOME_NOT_REQUIRED, Reason: "x"})
	b.refused(err, "SETTLED_BY_RECORD")
	counts, err := b.CountSources(b.as(clerk), &permitsv1.CountSourcesRequest{})
	if err != nil || len(counts.GetCounties()) != 1 {
		t.Fatalf("counts %v %v", counts, err)
	}
	if c := counts.GetCounties()[0]; c.GetTotal() != 2 || c.GetRegistration() != 1 || c.GetNotRequired() != 1 || c.GetUnsettled() != 0 {
		t.Errorf("counts %v", c)
	}
	if list, err := b.ListSources(b.as(clerk), &permitsv1.ListSourcesRequest{Unsettled: true}); err != nil || len(list.GetSources()) != 0 {
		t.Errorf("left over: %v %v", list, err)
	}
	_, err = b.ListSources(b.as(firm), &permitsv1.ListSourcesRequest{})
	b.refused(err, "NOT_YOUR_ROLE")
	changed := sampleSource()
	changed.UnitName = "别家示例厂"
	_, err = b.ListSource(b.as(clerk), &permitsv1.ListSourceRequest{Source: changed})
	b.refused(err, "SOURCE_LISTED")
}

func TestRowsOfTheList(t *testing.T) {
	b := open(t, "2026-10-12", desk.Practice{})
	found, err := b.FindListRows(t.Context(), &permitsv1.FindListRowsRequest{Query: "4430"})
	if err != nil || len(found.GetRows()) != 1 || found.GetRows()[0].GetRow() != 96 || found.GetRows()[0].GetSimplified() == "" {
		t.Errorf("got %v %v", found, err)
	}
	if found, err = b.FindListRows(t.Context(), &permitsv1.FindListRowsRequest{Processes: true}); err != nil || len(found.GetRows()) != 4 {
		t.Errorf("processes: %v %v", found, err)
	}
}

// Views equal a replay of the log from zero.
func TestViewsEqualAReplay(t *testing.T) {
	b := open(t, "2026-10-12", desk.Practice{})
	site := b.site()
	b.listSource("P-0001")
	b.decide(site, column)
	done(b.FileRegistration(b.as(firm), &permitsv1.FileRegistrationRequest{FacilityId: site, Content: sampleContent("供热")}))(b)
	b.settle()
	auditor := clerk
	auditor.Role = "auditor"
	for _, view := range []string{"registrations", "source_roll"} {
		stream, err := b.History.CheckViews(b.as(auditor), &commonv1.CheckViewsRequest{View: view})
		if err != nil {
			t.Fatal(err)
		}
		answer, err := stream.Recv()
		if err != nil || !answer.GetEqual() || answer.GetRowsLive() == 0 {
			t.Errorf("%s: %v %v", view, answer, err)
		}
	}
}

// listSource enters a source with the firm's credit code.
func (b *bureau) listSource(census string) string {
	b.t.Helper()
	s := sampleSource()
	s.CensusNumber = census
	return done(b.ListSource(b.as(clerk), &permitsv1.ListSourceRequest{Source: s}))(b).GetRecordId()
}

func (b *bureau) outcome(source string, want permitsv1.SourceOutcome) {
	b.t.Helper()
	got, err := b.GetSource(b.as(clerk), &permitsv1.GetSourceRequest{SourceId: source})
	if err != nil || got.GetSource().GetOutcome() != want {
		b.t.Errorf("source %v, want %v: %v", got.GetSource(), want, err)
	}
}

// grant takes an application of a site through to its permit.
func (b *bureau) grant(site string) string {
	b.t.Helper()
	permit := done(b.Permits.OpenApplication(b.as(firm), &permitsv1.OpenApplicationRequest{FacilityId: site, ManagementClass: 2}))(b).GetRecordId()
	done(b.Permits.SubmitApplication(b.as(firm), &permitsv1.SubmitApplicationRequest{PermitId: permit, Content: &permitsv1.ApplicationContent{
		ManagementClass: 2, Industry: "4430", ClassificationRow: 96, EiaNumber: "武环评发〔2022〕31号",
		Facilities: []*permitsv1.ProductionFacility{{Code: "MF0001", Title: "锅炉", Capacity: "10 t/h"}},
		Abatements: []*permitsv1.Abatement{{Code: "TA001", Process: "布袋除尘", Outlet: "DA001"}},
		Outlets:    []*permitsv1.Outlet{{Code: "DA001", Title: "烟囱", Kind: 1, HeightMm: 45000, DiameterMm: 1200}},
		Limits: []*permitsv1.Limit{{
			Outlet: "DA001", Pollutant: "a21026", Concentration: "200", Unit: "mg/m3", Averaging: 1, MassGramsPerYear: 12_500_000, Standard: "GB 13271-2014",
		}},
		Monitoring:   []*permitsv1.Monitoring{{Outlet: "DA001", Pollutant: "a21026", Automatic: true, Frequency: "continuous", Method: "HJ 75-2017"}},
		DeclaredTrue: true, LedgerRequirement: "台账保存五年", ReportRequirement: "年度执行报告", DisclosureRequirement: "全国平台公开",
	}}))(b)
	done(b.Permits.AcceptApplication(b.as(clerk), &permitsv1.AcceptApplicationRequest{PermitId: permit}))(b)
	done(b.Permits.ReportExamination(b.as(examiner), &permitsv1.ReportExaminationRequest{PermitId: permit, RecommendGrant: true, Opinion: "符合条件"}))(b)
	done(b.Permits.IssuePermit(b.as(decider), &permitsv1.IssuePermitRequest{PermitId: permit}))(b)
	return permit
}
