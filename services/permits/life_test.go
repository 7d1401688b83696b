package permits_test

import (
	"strings"
	"testing"

	"shiyang/internal/es"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
)

func lightContent() *permitsv1.ApplicationContent {
	c := sampleContent()
	c.ManagementClass = permitsv1.ManagementClass_MANAGEMENT_CLASS_SIMPLIFIED
	return c
}

// grant is a permit in force from 2021-10-16 to 2026-10-15.
func (b *bureau) grant() (site, permit string) {
	b.t.Helper()
	b.goTo("2021-10-08")
	site = b.registerSite()
	permit = done(b.OpenApplication(b.as(firm), &permitsv1.OpenApplicationRequest{
		FacilityId: site, ManagementClass: permitsv1.ManagementClass_MANAGEMENT_CLASS_SIMPLIFIED,
	}))(b).GetRecordId()
	done(b.SubmitApplication(b.as(firm), &permitsv1.SubmitApplicationRequest{PermitId: permit, Content: lightContent()}))(b)
	b.take(permit, "2021-10-09", "2021-10-12")
	b.goTo("2021-10-16")
	done(b.IssuePermit(b.as(decider), &permitsv1.IssuePermitRequest{PermitId: permit}))(b)
	done(b.RecordDelivery(b.as(clerk), &permitsv1.RecordDeliveryRequest{PermitId: permit, Delivered: day("2021-10-16"), Method: "electronic"}))(b)
	return site, permit
}

// take accepts and examines what was filed.
func (b *bureau) take(permit, accepted, examined string) {
	b.t.Helper()
	b.goTo(accepted)
	done(b.AcceptApplication(b.as(clerk), &permitsv1.AcceptApplicationRequest{PermitId: permit}))(b)
	b.goTo(examined)
	done(b.ReportExamination(b.as(examiner), &permitsv1.ReportExaminationRequest{PermitId: permit, RecommendGrant: true, Opinion: "符合条件"}))(b)
}

// renew files a renewal on a day.
func (b *bureau) renew(permit, on string) {
	b.t.Helper()
	b.goTo(on)
	done(b.OpenProcedure(b.as(firm), &permitsv1.OpenProcedureRequest{PermitId: permit, Kind: permitsv1.ProcedureKind_PROCEDURE_KIND_RENEWAL}))(b)
	done(b.SubmitApplication(b.as(firm), &permitsv1.SubmitApplicationRequest{PermitId: permit, Content: lightContent()}))(b)
}

func (b *bureau) shown(permit string) *permitsv1.GetPermitResponse {
	b.t.Helper()
	got, err := b.GetPermit(b.as(clerk), &permitsv1.GetPermitRequest{PermitId: permit})
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

// work is the worklist of somebody: the acts by permit.
func (b *bureau) work(who es.Actor) map[string]*permitsv1.WorkItem {
	b.t.Helper()
	got, err := b.ListWork(b.as(who), &permitsv1.ListWorkRequest{})
	if err != nil {
		b.t.Fatal(err)
	}
	found := map[string]*permitsv1.WorkItem{}
	for _, i := range got.GetItems() {
		found[i.GetPermit().GetPermitId()] = i
	}
	return found
}

// A renewal filed too late: reminded three times, flagged, expired on the day,
// never cancelled by itself, renewed with a gap.
func TestLateRenewalFromReminderToGap(t *testing.T) {
	b := open(t, "2021-10-01", nil)
	site, permit := b.grant()
	for _, at := range []string{"2026-07-16", "2026-07-17", "2026-08-01", "2026-08-15", "2026-08-20"} {
		b.goTo(at)
		b.settle()
	}
	if item := b.work(firm)[permit]; item.GetAction().GetName() != "open-procedure" || item.GetDeadline().GetDue().GetIso() != "2026-08-16" || item.GetDeadline().GetState() != "overdue" {
		t.Errorf("the firm is told %v", item)
	}
	b.renew(permit, "2026-09-10")
	b.take(permit, "2026-09-14", "2026-10-12")
	b.goTo("2026-10-16")
	b.settle()
	got := b.shown(permit).GetPermit()
	if got.GetStatus() != permitsv1.PermitStatus_PERMIT_STATUS_EXPIRED || got.GetStage() != permitsv1.PermitStatus_PERMIT_STATUS_EXAMINED || got.GetAlarm() != nil {
		t.Errorf("got %v %v %v", got.GetStatus(), got.GetStage(), got.GetAlarm())
	}
	b.goTo("2026-10-20")
	b.settle()
	receipt := done(b.IssuePermit(b.as(decider), &permitsv1.IssuePermitRequest{PermitId: permit}))(b)
	got = b.shown(permit).GetPermit()
	b.equal("valid", got.GetValidFrom().GetIso()+" "+got.GetValidTo().GetIso(), "2026-10-20 2031-10-19")
	b.equal("gap", got.GetGapFrom().GetIso()+" "+got.GetGapTo().GetIso(), "2026-10-16 2026-10-19")
	b.equal("site", b.holder(site), "permit-"+permit)
	for on, version := range map[string]int32{"2026-10-15": 1, "2026-10-17": 0, "2026-10-20": 2} {
		got, err := b.GetRegisterVersion(t.Context(), &permitsv1.GetRegisterVersionRequest{PermitNumber: sampleUSCC + "001P", On: day(on)})
		if err != nil || got.GetCertificate().GetVersion().GetVersion() != version {
			t.Errorf("on %s: %v %v", on, got.GetCertificate().GetVersion(), err)
		}
	}
	var told []string
	for _, e := range b.history("permit", permit) {
		if strings.HasSuffix(e.GetType(), "PermitRenewalReminded") || strings.HasSuffix(e.GetType(), "PermitVersionIssued") {
			told = append(told, e.GetSentence().GetZh())
		}
	}
	if len(told) != 4 || told[3] != "准予延续（武环许〔2026〕1号），第 2 版自 2026-10-20 起，有效期 2026-10-20 至 2031-10-19；2026-10-16 至 2026-10-19 无证" {
		t.Errorf("told %q", told)
	}
	list, err := b.ListPermits(b.as(clerk), &permitsv1.ListPermitsRequest{Status: permitsv1.PermitStatus_PERMIT_STATUS_ISSUED, AtLeast: receipt.GetPosition()})
	if err != nil || len(list.GetPermits()) != 1 || list.GetPermits()[0].GetValidTo().GetIso() != "2031-10-19" {
		t.Errorf("list %v %v", list, err)
	}
	b.settle()
	head := b.store.Head()
	b.settle()
	if b.store.Head() != head {
		t.Error("the ticker goes on recording")
	}
}

func (b *bureau) holder(site string) string {
	b.t.Helper()
	holder, _, err := b.keys.Holder(b.t.Context(), "permit-site", site)
	if err != nil {
		b.t.Fatal(err)
	}
	return holder
}

// A renewal filed in time and not decided stays in force by law, and the decider
// is alarmed whoever has to act next.
func TestTimelyRenewalUndecidedAlarmsTheDecider(t *testing.T) {
	b := open(t, "2021-10-01", nil)
	site, permit := b.grant()
	b.renew(permit, "2026-08-16")
	b.goTo("2026-08-18")
	done(b.AcceptApplication(b.as(clerk), &permitsv1.AcceptApplicationRequest{PermitId: permit}))(b)
	b.settle()
	if b.work(decider)[permit] != nil {
		t.Error("alarmed too early")
	}
	b.goTo("2026-10-16")
	b.settle()
	got := b.shown(permit).GetPermit()
	if got.GetStatus() != permitsv1.PermitStatus_PERMIT_STATUS_DEEMED_RENEWED || got.GetAlarm().GetZh() == "" {
		t.Fatalf("got %v", got)
	}
	if item := b.work(decider)[permit]; item.GetPermit().GetAlarm().GetEn() == "" || item.GetAction().GetName() != "report-examination" {
		t.Errorf("the decider is told %v", item)
	}
	if item := b.work(examiner)[permit]; item == nil {
		t.Error("the examiner has nothing to do")
	}
	done(b.ReportExamination(b.as(examiner), &permitsv1.ReportExaminationRequest{PermitId: permit, Opinion: "达不到新标准"}))(b)
	b.goTo("2026-10-19")
	done(b.RefusePermit(b.as(decider), &permitsv1.RefusePermitRequest{PermitId: permit, Reasons: "达不到新标准", UnmetConditions: []string{"standards"}}))(b)
	b.settle()
	got = b.shown(permit).GetPermit()
	if got.GetStatus() != permitsv1.PermitStatus_PERMIT_STATUS_EXPIRED || got.GetAlarm() != nil || got.GetStage() != permitsv1.PermitStatus_PERMIT_STATUS_REFUSED {
		t.Errorf("after the refusal: %v", got)
	}
	b.equal("the site still belongs to the permit", b.holder(site), "permit-"+permit)
	b.cancel(permit, site)
}

// cancel ends the expired permit: proposed, decided by somebody else, announced;
// the site is free afterwards.
func (b *bureau) cancel(permit, site string) {
	b.t.Helper()
	done(b.RecordDelivery(b.as(clerk), &permitsv1.RecordDeliveryRequest{PermitId: permit, Delivered: day("2026-10-19"), Method: "post"}))(b)
	b.settle()
	if item := b.work(examiner)[permit]; item.GetAction().GetName() != "propose-measure" {
		b.t.Errorf("the examiner is told %v", item)
	}
	done(b.ProposeMeasure(b.as(examiner), &permitsv1.ProposeMeasureRequest{PermitId: permit, Measure: "cancel", Ground: "expired", Reason: "有效期届满未延续"}))(b)
	b.settle()
	if item := b.work(decider)[permit]; item.GetAction().GetName() != "decide-measure" {
		b.t.Errorf("the decider is told %v", item)
	}
	both := es.Actor{ID: examiner.ID, Role: "permit_decider", County: "620600"}
	b.refused("SAME_PERSON", func() error {
		_, err := b.DecideMeasure(b.as(both), &permitsv1.DecideMeasureRequest{PermitId: permit, Approve: true, AnnouncementUrl: "https://example.org/c"})
		return err
	})
	done(b.DecideMeasure(b.as(decider), &permitsv1.DecideMeasureRequest{PermitId: permit, Approve: true, AnnouncementUrl: "https://example.org/c"}))(b)
	b.settle()
	if got := b.shown(permit).GetPermit(); got.GetStatus() != permitsv1.PermitStatus_PERMIT_STATUS_CANCELLED {
		b.t.Errorf("got %v", got.GetStatus())
	}
	b.equal("the site is free", b.holder(site), "")
	b.openKey(site)
}

// Base data change without touching anything else; the person is kept under a
// key of its own and shown to those who may see it.
func TestChangeOfBaseData(t *testing.T) {
	b := open(t, "2021-10-01", nil)
	_, permit := b.grant()
	b.goTo("2026-03-02")
	done(b.OpenProcedure(b.as(firm), &permitsv1.OpenProcedureRequest{
		PermitId: permit, Kind: permitsv1.ProcedureKind_PROCEDURE_KIND_BASE_CHANGE, ChangedOn: day("2026-02-20"),
	}))(b)
	base := &permitsv1.BaseData{UnitName: "武威示例供热有限公司", Domicile: "凉州区示例路2号", LegalRepresentative: &commonv1.Person{Name: "王五"}}
	b.refused("INVALID_FIELDS", func() error {
		_, err := b.SubmitApplication(b.as(firm), &permitsv1.SubmitApplicationRequest{PermitId: permit, Content: sampleContent(), BaseData: base})
		return err
	})
	done(b.SubmitApplication(b.as(firm), &permitsv1.SubmitApplicationRequest{PermitId: permit, Content: lightContent(), BaseData: base}))(b)
	got := b.shown(permit)
	wantDeadlines(t, got.GetDeadlines(), map[string]string{"permit-completeness-notice": "running", "permit-base-data-change-file": "met"})
	b.equal("asked for", got.GetPermit().GetBaseData().GetUnitName(), "武威示例供热有限公司")
	b.equal("still called", got.GetPermit().GetUnitName(), "武威示例热力有限公司")
	b.take(permit, "2026-03-03", "2026-03-05")
	b.goTo("2026-03-06")
	done(b.IssuePermit(b.as(decider), &permitsv1.IssuePermitRequest{PermitId: permit}))(b)
	b.settle()
	b.equal("called", b.shown(permit).GetPermit().GetUnitName(), "武威示例供热有限公司")
	b.equal("representative", b.shown(permit).GetPermit().GetBaseData().GetLegalRepresentative().GetName(), "王五")
	asAuditor, err := b.GetPermit(b.as(auditor), &permitsv1.GetPermitRequest{PermitId: permit})
	if err != nil || asAuditor.GetPermit().GetBaseData().GetLegalRepresentative().GetName() == "王五" {
		t.Errorf("the auditor reads a person: %v %v", asAuditor.GetPermit().GetBaseData(), err)
	}
	public, err := b.GetRegisterVersion(t.Context(), &permitsv1.GetRegisterVersionRequest{PermitNumber: sampleUSCC + "001P"})
	if err != nil || strings.Contains(public.String(), "示例路2号") || strings.Contains(public.String(), "王五") || public.GetCertificate().GetVersion().GetVersion() != 2 {
		t.Errorf("the public reads %v %v", public, err)
	}
	list, err := b.ListPermits(b.as(clerk), &permitsv1.ListPermitsRequest{Query: "供热"})
	if err != nil || len(list.GetPermits()) != 1 {
		t.Errorf("the list does not know the new name: %v %v", list, err)
	}
	versions, err := b.ListVersions(b.as(firm), &permitsv1.ListVersionsRequest{PermitId: permit})
	if err != nil || len(versions.GetVersions()) != 2 || len(versions.GetChanges()) != 3 || versions.GetVersions()[0].GetUntil().GetIso() != "2026-03-05" {
		t.Fatalf("versions %v %v", versions, err)
	}
	for _, c := range versions.GetChanges() {
		if c.GetPart() != "base" || strings.Contains(c.String(), "王五") {
			t.Errorf("changed %v", c)
		}
	}
}

// What the holder asks for is compared with what is in force, row by row.
func TestAskedVersionIsCompared(t *testing.T) {
	b := open(t, "2021-10-01", nil)
	_, permit := b.grant()
	b.goTo("2026-03-02")
	done(b.OpenProcedure(b.as(firm), &permitsv1.OpenProcedureRequest{
		PermitId: permit, Kind: permitsv1.ProcedureKind_PROCEDURE_KIND_REAPPLICATION, ChangedOn: day("2026-06-01"),
		Causes: []permitsv1.ReapplicationCause{permitsv1.ReapplicationCause_REAPPLICATION_CAUSE_INCREASE},
	}))(b)
	more := lightContent()
	more.Limits[0].MassGramsPerYear = 20_000_000
	done(b.SubmitApplication(b.as(firm), &permitsv1.SubmitApplicationRequest{PermitId: permit, Content: more}))(b)
	got, err := b.ListVersions(b.as(examiner), &permitsv1.ListVersionsRequest{PermitId: permit})
	if err != nil || len(got.GetChanges()) != 1 || got.GetFromVersion() != 1 || got.GetToVersion() != 0 {
		t.Fatalf("got %v %v", got, err)
	}
	row := got.GetChanges()[0]
	if row.GetDirection() != "loosened" || !row.GetNeedsReapplication() || row.GetBefore().GetZh() != "200 mg/m3（小时均值），12.5 t/a，GB 13271-2014" ||
		row.GetAfter().GetZh() != "200 mg/m3（小时均值），20 t/a，GB 13271-2014" || !strings.HasPrefix(row.GetTitle().GetZh(), "DA001 ") {
		t.Errorf("row %v", row)
	}
	b.refused("INVALID_FIELDS", func() error {
		_, err := b.ListVersions(b.as(examiner), &permitsv1.ListVersionsRequest{PermitId: permit, ToVersion: 9})
		return err
	})
}

// A permit obtained by fraud is revoked, cancelled, and its firm may not apply
// for three years.
func TestRevokedForFraud(t *testing.T) {
	b := open(t, "2021-10-01", nil)
	site, permit := b.grant()
	b.goTo("2026-03-02")
	done(b.ProposeMeasure(b.as(examiner), &permitsv1.ProposeMeasureRequest{PermitId: permit, Measure: "revoke", Ground: "fraud", Reason: "隐瞒生产设施"}))(b)
	b.goTo("2026-03-05")
	done(b.DecideMeasure(b.as(decider), &permitsv1.DecideMeasureRequest{PermitId: permit, Approve: true}))(b)
	b.settle()
	done(b.ProposeMeasure(b.as(examiner), &permitsv1.ProposeMeasureRequest{PermitId: permit, Measure: "cancel", Ground: "revoked", Reason: "已撤销"}))(b)
	done(b.DecideMeasure(b.as(decider), &permitsv1.DecideMeasureRequest{PermitId: permit, Approve: true, AnnouncementUrl: "https://example.org/c"}))(b)
	b.settle()
	again := &permitsv1.OpenApplicationRequest{FacilityId: site, ManagementClass: permitsv1.ManagementClass_MANAGEMENT_CLASS_SIMPLIFIED}
	b.refused("APPLICANT_BARRED", func() error { _, err := b.OpenApplication(b.as(firm), again); return err })
	b.goTo("2029-03-06")
	done(b.OpenApplication(b.as(firm), again))(b)
}

// The holder lost the paper; the certificate says which one counts, and its
// code carries the number and the day and nothing else.
func TestLostPaper(t *testing.T) {
	b := open(t, "2021-10-01", nil)
	_, permit := b.grant()
	b.goTo("2026-03-02")
	done(b.ProposeMeasure(b.as(firm), &permitsv1.ProposeMeasureRequest{PermitId: permit, Measure: "reissue", Ground: "lost", Reason: "遗失"}))(b)
	done(b.DecideMeasure(b.as(decider), &permitsv1.DecideMeasureRequest{PermitId: permit, Approve: true}))(b)
	got, err := b.GetCertificate(b.as(firm), &permitsv1.GetCertificateRequest{PermitId: permit})
	if err != nil {
		t.Fatal(err)
	}
	c := got.GetCertificate()
	b.equal("code", c.GetPublicPath(), "/register/"+sampleUSCC+"001P/version?on=2026-03-02")
	b.equal("number", c.GetNumberState(), "local")
	if c.GetPaper() != 2 || c.GetVersion().GetVersion() != 1 {
		t.Errorf("got %v", c)
	}
	b.settle()
	public, err := b.GetRegisterVersion(t.Context(), &permitsv1.GetRegisterVersionRequest{PermitNumber: c.GetPermitNumber()})
	if err != nil || len(public.GetCertificate().GetVersion().GetContent().GetAttachments()) != 0 || public.GetCertificate().GetVersion().GetDomicile() != "" || public.GetCertificate().GetVersion().GetContent().GetLimits() == nil {
		t.Errorf("the public reads %v %v", public, err)
	}
	done(b.EnterPlatformNumber(b.as(clerk), &permitsv1.EnterPlatformNumberRequest{PermitId: permit, PermitNumber: sampleUSCC + "002P", Source: "manual"}))(b)
	b.equal("mirrored", b.shown(permit).GetPermit().GetSyncState(), "mirrored")
	b.settle()
	b.refused("PLATFORM_NUMBER_KNOWN", func() error {
		_, err := b.EnterPlatformNumber(b.as(clerk), &permitsv1.EnterPlatformNumberRequest{PermitId: permit, PermitNumber: sampleUSCC + "003P", Source: "manual"})
		return err
	})
	if _, err := b.GetRegisterVersion(t.Context(), &permitsv1.GetRegisterVersionRequest{PermitNumber: sampleUSCC + "002P"}); err != nil {
		t.Errorf("the new number leads nowhere: %v", err)
	}
}

// Where numbers are the national platform's, a permit is granted without one and
// waits for it; the clerk enters it once.
func TestNumberOfTheNationalPlatform(t *testing.T) {
	b := openWith(t, "2021-10-01", desk.Practice{National: true}, nil)
	_, permit := b.grant()
	b.settle()
	got := b.shown(permit).GetPermit()
	if got.GetPermitNumber() != "" || got.GetSyncState() != "awaited" || got.GetStatus() != permitsv1.PermitStatus_PERMIT_STATUS_ISSUED {
		t.Errorf("granted as %q, %s", got.GetPermitNumber(), got.GetSyncState())
	}
	if item := b.work(clerk)[permit]; item.GetAction().GetName() != "enter-platform-number" {
		t.Errorf("the clerk is told %v", item)
	}
	paper, err := b.GetCertificate(b.as(firm), &permitsv1.GetCertificateRequest{PermitId: permit})
	if err != nil || paper.GetCertificate().GetNumberState() != "awaited" || paper.GetCertificate().GetPublicPath() != "" {
		t.Errorf("paper %v %v", paper, err)
	}
	b.refused("INVALID_FIELDS", func() error { // of another unit
		_, err := b.EnterPlatformNumber(b.as(clerk), &permitsv1.EnterPlatformNumberRequest{PermitId: permit, PermitNumber: "91130200699229617X001P", Source: "manual"})
		return err
	})
	done(b.EnterPlatformNumber(b.as(clerk), &permitsv1.EnterPlatformNumberRequest{PermitId: permit, PermitNumber: sampleUSCC + "001P", Source: "manual"}))(b)
	b.settle()
	b.equal("mirrored", b.shown(permit).GetPermit().GetSyncState(), "mirrored")
	if b.work(clerk)[permit] != nil {
		t.Error("the clerk has still to enter it")
	}
	found, err := b.SearchRegister(t.Context(), &permitsv1.SearchRegisterRequest{Query: sampleUSCC + "001P"})
	if err != nil || len(found.GetEntries()) != 1 {
		t.Errorf("the register knows %v %v", found, err)
	}
}
