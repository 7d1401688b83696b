package permits_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"shiyang/internal/law"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits"
	"shiyang/services/permits/desk"
)

func (b *bureau) registerSite() string {
	b.t.Helper()
	return done(b.RegisterFacility(b.as(firm), &permitsv1.RegisterFacilityRequest{Site: &permitsv1.SiteContent{
		UnitName: "武威示例热力有限公司", Uscc: sampleUSCC, SiteAddress: "凉州区示例路1号", Division: "620602",
		LegalRepresentative: &commonv1.Person{Name: "张三", Phone: "13893500001"},
	}}))(b).GetRecordId()
}

func (b *bureau) openKey(site string) string {
	b.t.Helper()
	return done(b.OpenApplication(b.as(firm), &permitsv1.OpenApplicationRequest{
		FacilityId: site, ManagementClass: permitsv1.ManagementClass_MANAGEMENT_CLASS_KEY,
	}))(b).GetRecordId()
}

// file takes an application for a new site to the filing on 2026-09-08.
func (b *bureau) file() (site, permit string) {
	b.t.Helper()
	b.goTo("2026-09-01")
	site = b.registerSite()
	permit = b.openKey(site)
	done(b.PublishNotice(b.as(firm), &permitsv1.PublishNoticeRequest{PermitId: permit, From: day("2026-09-01"), Url: "https://example.org/n"}))(b)
	b.goTo("2026-09-08")
	done(b.SubmitApplication(b.as(firm), &permitsv1.SubmitApplicationRequest{PermitId: permit, Content: sampleContent()}))(b)
	return site, permit
}

// examine takes an application to the examiner's opinion on 2026-10-12.
func (b *bureau) examine() (site, permit string) {
	b.t.Helper()
	site, permit = b.file()
	b.goTo("2026-09-10")
	got := done(b.NoticeDeficiency(b.as(clerk), &permitsv1.NoticeDeficiencyRequest{
		PermitId: permit, Items: []*permitsv1.MissingItem{{Path: "content.attachments", What: "环评批复"}},
	}))(b)
	b.equal("number of the deficiency notice", got.GetNumber(), "武环(凉)许补〔2026〕1号")
	b.goTo("2026-09-14")
	done(b.SubmitApplication(b.as(firm), &permitsv1.SubmitApplicationRequest{PermitId: permit, Content: sampleContent()}))(b)
	b.goTo("2026-09-16")
	got = done(b.AcceptApplication(b.as(clerk), &permitsv1.AcceptApplicationRequest{PermitId: permit}))(b)
	b.equal("number of the acceptance", got.GetNumber(), "武环(凉)许受〔2026〕1号")
	b.goTo("2026-09-21")
	done(b.RecordSiteCheck(b.as(examiner), &permitsv1.RecordSiteCheckRequest{PermitId: permit, On: day("2026-09-21"), Finding: "一致", OfficerIds: officers}))(b)
	b.goTo("2026-10-12")
	done(b.ReportExamination(b.as(examiner), &permitsv1.ReportExaminationRequest{PermitId: permit, RecommendGrant: true, Opinion: "符合条件"}))(b)
	return site, permit
}

func (b *bureau) equal(what, got, want string) {
	b.t.Helper()
	if got != want {
		b.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// From the draft to the delivered decision, and then what everybody sees.
func TestFromDraftToDelivery(t *testing.T) {
	b := open(t, "2026-09-01", nil)
	site, permit := b.examine()
	b.goTo("2026-10-20")
	issued := done(b.IssuePermit(b.as(decider), &permitsv1.IssuePermitRequest{PermitId: permit}))(b)
	b.equal("permit number", issued.GetNumber(), sampleUSCC+"001P")
	b.goTo("2026-10-22")
	last := done(b.RecordDelivery(b.as(clerk), &permitsv1.RecordDeliveryRequest{PermitId: permit, Delivered: day("2026-10-22"), Method: "electronic"}))(b)

	shown, err := b.GetPermit(b.as(clerk), &permitsv1.GetPermitRequest{PermitId: permit})
	if err != nil {
		t.Fatal(err)
	}
	p := shown.GetPermit()
	b.equal("valid to", p.GetValidTo().GetIso(), "2031-10-19")
	b.equal("document", p.GetDocumentNumber(), "武环许〔2026〕1号")
	b.equal("opinion", p.GetExaminationOpinion(), "符合条件")
	days := map[string]string{
		"notice": "2026-09-01", "submitted": "2026-09-14", "accepted": "2026-09-16",
		"examined": "2026-10-12", "decided": "2026-10-20", "delivered": "2026-10-22",
	}
	for _, s := range p.GetSteps() {
		b.equal("step "+s.GetName(), s.GetState(), "done")
		b.equal("day of step "+s.GetName(), s.GetDate().GetIso(), days[s.GetName()])
	}
	wantDeadlines(t, shown.GetDeadlines(), map[string]string{
		"permit-completeness-notice": "met", "permit-decide-key-site-check": "met", "licence-hand-over": "met", "permit-renewal-file": "running",
	})
	asFirm, err := b.GetPermit(b.as(firm), &permitsv1.GetPermitRequest{PermitId: permit})
	if err != nil || asFirm.GetPermit().GetExaminationOpinion() != "" {
		t.Errorf("the firm reads the bureau's own paper: %v", err)
	}
	b.checkViews(permit, site, last.GetPosition())
}

// checkViews compares list, worklist, register and site with the facts.
func (b *bureau) checkViews(permit, site string, position uint64) {
	b.t.Helper()
	list, err := b.ListPermits(b.as(clerk), &permitsv1.ListPermitsRequest{Query: "热力", AtLeast: position})
	if err != nil || len(list.GetPermits()) != 1 || list.GetPermits()[0].GetStatus() != permitsv1.PermitStatus_PERMIT_STATUS_ISSUED {
		b.t.Errorf("list: %v %v", list, err)
	}
	found, err := b.SearchRegister(b.t.Context(), &permitsv1.SearchRegisterRequest{Query: sampleUSCC[8:], AtLeast: position})
	if err != nil || found.GetTotal() != 1 || found.GetEntries()[0].GetPermitId() != permit {
		b.t.Errorf("register: %v %v", found, err)
	}
	entry, err := b.GetRegisterEntry(b.t.Context(), &permitsv1.GetRegisterEntryRequest{PermitNumber: sampleUSCC + "001P"})
	if err != nil || len(entry.GetEntry().GetLimits()) != 1 || entry.GetEntry().GetSiteAddress() != "凉州区示例路1号" {
		b.t.Errorf("register entry: %v %v", entry, err)
	}
	work, err := b.ListWork(b.as(clerk), &permitsv1.ListWorkRequest{AtLeast: position})
	if err != nil || work.GetTotal() != 0 {
		b.t.Errorf("work is left: %v %v", work, err)
	}
	facility, err := b.GetFacility(b.as(firm), &permitsv1.GetFacilityRequest{FacilityId: site, AtLeast: position})
	if err != nil || facility.GetFacility().GetPermitId() != permit || facility.GetFacility().GetSite().GetLegalRepresentative().GetName() != "张三" {
		b.t.Errorf("site: %v %v", facility, err)
	}
}

func wantDeadlines(t *testing.T, got []*commonv1.Deadline, want map[string]string) {
	t.Helper()
	seen := map[string]string{}
	for _, d := range got {
		seen[d.GetRule()] = d.GetState()
		if len(d.GetExplanation()) < 3 || d.GetBasis().GetZh() == "" || d.GetBasis().GetEn() == "" {
			t.Errorf("%s does not explain itself: %v", d.GetRule(), d)
		}
		for _, line := range d.GetExplanation() {
			if line.GetZh() == "" || line.GetEn() == "" {
				t.Errorf("%s explains itself in one language: %v", d.GetRule(), line)
			}
		}
	}
	for rule, state := range want {
		if seen[rule] != state {
			t.Errorf("%s is %q, want %q", rule, seen[rule], state)
		}
	}
	if len(seen) != len(want) {
		t.Errorf("got %v", seen)
	}
}

// The auditor sees who did what, and any instant; replay equals the views.
func TestAuditorReplays(t *testing.T) {
	b := open(t, "2026-09-01", nil)
	site, permit := b.examine()
	b.settle()
	events := b.history("permit", permit)
	if len(events) != 8 {
		t.Fatalf("%d events", len(events))
	}
	if e := events[5]; e.GetType() != "permits.v1.PermitApplicationAccepted" || e.GetSentence().GetZh() != "受理（武环(凉)许受〔2026〕1号）" ||
		e.GetActorId() != clerk.ID || e.GetLawVersion() == "" || !changed(e, "accepted.iso", "", "2026-09-16") {
		t.Errorf("got %v", e)
	}
	state, err := b.History.StateAt(b.as(auditor), &commonv1.StateAtRequest{Category: "permit", Id: permit, Position: events[2].GetPosition()})
	if err != nil || state.GetState().GetFields()["status"].GetStringValue() != "PERMIT_STATUS_SUBMITTED" || state.GetRevision() != 3 {
		t.Errorf("state: %v %v", state, err)
	}
	if registered := b.history("facility", site)[0]; strings.Contains(registered.String(), "张三") || !strings.Contains(registered.String(), "***") {
		t.Errorf("the auditor reads a name: %v", registered)
	}
	stream, err := b.History.CheckViews(b.as(auditor), &commonv1.CheckViewsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; ; n++ {
		view, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			if all := len(permits.Projections(desk.Always(law.Embedded))); n != all {
				t.Errorf("%d of %d views were compared", n, all)
			}
			return
		}
		if err != nil || !view.GetEqual() {
			t.Fatalf("%v %v", view, err)
		}
	}
}

func (b *bureau) history(category, id string) (events []*commonv1.HistoryResponse) {
	b.t.Helper()
	stream, err := b.History.History(b.as(auditor), &commonv1.HistoryRequest{Category: category, Id: id})
	for err == nil {
		var e *commonv1.HistoryResponse
		if e, err = stream.Recv(); err == nil {
			events = append(events, e)
		}
	}
	if !errors.Is(err, io.EOF) {
		b.t.Fatal(err)
	}
	return events
}

func changed(e *commonv1.HistoryResponse, path, before, after string) bool {
	for _, c := range e.GetChanges() {
		if c.GetPath() == path {
			return c.GetBefore() == before && c.GetAfter() == after
		}
	}
	return false
}

// A file that went back to the examiner is not examined: its step has no day.
func TestReturnedExaminationHasNoDay(t *testing.T) {
	b := open(t, "2026-09-01", nil)
	_, permit := b.examine()
	b.goTo("2026-10-13")
	done(b.ReturnExamination(b.as(decider), &permitsv1.ReturnExaminationRequest{PermitId: permit, Reason: "补充说明限值来源"}))(b)
	shown, err := b.GetPermit(b.as(clerk), &permitsv1.GetPermitRequest{PermitId: permit})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range shown.GetPermit().GetSteps() {
		if s.GetName() == "examined" && (s.GetState() != "now" || s.GetDate() != nil) {
			t.Errorf("after the return: %v", s)
		}
	}
}
