package eia_test

import (
	"slices"
	"strings"
	"testing"

	"shiyang/internal/es"
	permitsv1 "shiyang/proto/permits/v1"
)

const conform = permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONFORM

// A form from the draft to the published approval, as everybody sees it.
func TestAFormIsApproved(t *testing.T) {
	b := open(t, "2026-09-01", conform)
	id := b.opened(permitsv1.EiaDocument_EIA_DOCUMENT_FORM, "")
	check, err := b.CheckEia(b.as(builder), &permitsv1.CheckEiaRequest{EiaId: id, Project: formProject()})
	b.ok(err)
	if check.GetDocumentByRule() != permitsv1.EiaDocument_EIA_DOCUMENT_FORM || len(check.GetErrors()) > 0 || len(check.GetExplanation()) < 2 {
		t.Fatalf("the check says %v", check)
	}
	b.toDecide(id)
	answer, err := b.ApproveEia(b.as(decider), &permitsv1.ApproveEiaRequest{EiaId: id, Conditions: "落实污染防治措施"})
	b.ok(err)
	if n := answer.GetReceipt().GetNumber(); n != "武环评发〔2026〕1号" {
		t.Errorf("the approval has number %s", n)
	}
	_, err = b.PublishEiaDecision(b.as(clerk), &permitsv1.PublishEiaDecisionRequest{EiaId: id, From: day("2026-10-12"), Url: "https://example.org/3"})
	b.ok(err)

	shown, err := b.GetEia(b.as(decider), &permitsv1.GetEiaRequest{EiaId: id})
	b.ok(err)
	if f := shown.GetEia(); f.GetStatus() != permitsv1.EiaStatus_EIA_STATUS_APPROVED || f.GetStartBy().GetIso() != "2031-10-12" || f.GetScreening().GetVerdict() != conform {
		t.Errorf("the file shows %v", f)
	}
	if f := shown.GetEia().GetDocumentText().GetZh(); f != "生态环境影响报告表" {
		t.Errorf("under the Code the document is called %s", f)
	}
	byFirm, err := b.GetEia(b.as(builder), &permitsv1.GetEiaRequest{EiaId: id})
	b.ok(err)
	if byFirm.GetEia().GetExaminationOpinion() != "" || byFirm.GetEia().GetProject().GetCompiler().GetName() != "张三" {
		t.Error("the firm reads the bureau's papers, or not its own")
	}
	byAuditor, err := b.GetEia(b.as(auditor), &permitsv1.GetEiaRequest{EiaId: id})
	b.ok(err)
	if name := byAuditor.GetEia().GetProject().GetCompiler().GetName(); name == "张三" {
		t.Error("the auditor reads whom the file names")
	}
	_, err = b.GetEia(b.as(stranger), &permitsv1.GetEiaRequest{EiaId: id})
	b.refused("NOT_FOUND", err)
	notices, err := b.ListEiaNotices(t.Context(), &permitsv1.ListEiaNoticesRequest{})
	b.ok(err)
	if len(notices.GetNotices()) != 3 || notices.GetNotices()[0].GetNumber() != "武环评发〔2026〕1号" || !notices.GetNotices()[0].GetApproved() {
		t.Errorf("the public reads %v", notices)
	}
	first, err := b.ListEiaNotices(t.Context(), &permitsv1.ListEiaNoticesRequest{PageSize: 2})
	b.ok(err)
	rest, err := b.ListEiaNotices(t.Context(), &permitsv1.ListEiaNoticesRequest{PageSize: 2, After: first.GetNext()})
	b.ok(err)
	if len(first.GetNotices()) != 2 || len(rest.GetNotices()) != 1 || rest.GetNext() != "" {
		t.Errorf("pages of %d and %d notices", len(first.GetNotices()), len(rest.GetNotices()))
	}
}

func TestWorkGoesFromDeskToDesk(t *testing.T) {
	b := open(t, "2026-09-01", conform)
	id := b.opened(permitsv1.EiaDocument_EIA_DOCUMENT_FORM, "")
	waits := func(who es.Actor, act string) {
		t.Helper()
		work, err := b.ListEiaWork(b.as(who), &permitsv1.ListEiaWorkRequest{})
		b.ok(err)
		if act == "" && len(work.GetItems()) > 0 {
			t.Errorf("%s should have nothing to do, has %v", who.Role, work.GetItems()[0].GetAction().GetName())
		}
		if act != "" && (len(work.GetItems()) != 1 || work.GetItems()[0].GetAction().GetName() != act) {
			t.Errorf("%s should %s, has %v", who.Role, act, work.GetItems())
		}
	}
	waits(builder, "submit")
	_, err := b.SubmitEia(b.as(builder), &permitsv1.SubmitEiaRequest{EiaId: id, Project: formProject()})
	b.ok(err)
	waits(clerk, "accept")
	waits(elsewhere, "")
	waits(builder, "")
	_, err = b.AcceptEia(b.as(elsewhere), &permitsv1.AcceptEiaRequest{EiaId: id})
	b.refused("NOT_FOUND", err)
	_, err = b.AcceptEia(b.as(clerk), &permitsv1.AcceptEiaRequest{EiaId: id})
	b.ok(err)
	waits(clerk, "publish-acceptance")
	list, err := b.ListEia(b.as(clerk), &permitsv1.ListEiaRequest{Query: "饲料", Order: "due"})
	b.ok(err)
	if len(list.GetRows()) != 1 || list.GetRows()[0].GetDeadline().GetRule() != "eia-form-decide" {
		t.Errorf("the list shows %v", list)
	}
}

func TestSilenceAcceptsAndPromisesBreak(t *testing.T) {
	b := open(t, "2026-09-14", conform)
	silent, promised := b.opened(permitsv1.EiaDocument_EIA_DOCUMENT_FORM, ""), b.opened(permitsv1.EiaDocument_EIA_DOCUMENT_FORM, "")
	for _, id := range []string{silent, promised} {
		_, err := b.SubmitEia(b.as(builder), &permitsv1.SubmitEiaRequest{EiaId: id, Project: formProject()})
		b.ok(err)
	}
	_, err := b.AcceptEia(b.as(clerk), &permitsv1.AcceptEiaRequest{EiaId: promised, Promised: []string{"用地或者规划意见"}, PromiseDue: day("2026-09-16")})
	b.ok(err)
	b.goTo("2026-09-23")
	b.settle()
	for id, want := range map[string]string{silent: "deemed", promised: "broken"} {
		answer, err := b.GetEia(b.as(clerk), &permitsv1.GetEiaRequest{EiaId: id})
		b.ok(err)
		if f := answer.GetEia(); f.GetDeemedAccepted() != (want == "deemed") || f.GetPromiseBroken() != (want == "broken") {
			t.Errorf("%s: %v", want, f)
		}
	}
	_, err = b.ReturnEia(b.as(clerk), &permitsv1.ReturnEiaRequest{EiaId: promised, Reason: "逾期未补齐"})
	b.ok(err)
}

func TestARegistrationFormIsFiledAtOnce(t *testing.T) {
	b := open(t, "2026-09-01", conform)
	var numbers []string
	for range 2 {
		id := b.opened(permitsv1.EiaDocument_EIA_DOCUMENT_REGISTRATION, "")
		p := formProject()
		p.Document, p.ClassificationRow, p.Industry = permitsv1.EiaDocument_EIA_DOCUMENT_REGISTRATION, 100, "7722"
		answer, err := b.FileEiaRegistration(b.as(builder), &permitsv1.FileEiaRegistrationRequest{EiaId: id, Project: p})
		b.ok(err)
		numbers = append(numbers, answer.GetReceipt().GetNumber())
	}
	if want := []string{"202662060200000001", "202662060200000002"}; !slices.Equal(numbers, want) {
		t.Errorf("numbers %v, want %v", numbers, want)
	}
}

func TestAMajorChangeReplacesAnApproval(t *testing.T) {
	b := open(t, "2026-09-01", conform)
	old := b.opened(permitsv1.EiaDocument_EIA_DOCUMENT_FORM, "")
	_, err := b.OpenEia(b.as(builder), &permitsv1.OpenEiaRequest{
		Division: "620602", Builder: "示例饲料有限公司", Uscc: "91620602MA7X2C8K89", Document: permitsv1.EiaDocument_EIA_DOCUMENT_FORM, PreviousEiaId: old,
	})
	b.refused("NOT_APPROVED", err)
	b.toDecide(old)
	_, err = b.ApproveEia(b.as(decider), &permitsv1.ApproveEiaRequest{EiaId: old, Conditions: "落实措施"})
	b.ok(err)
	newer := b.opened(permitsv1.EiaDocument_EIA_DOCUMENT_FORM, old)
	answer, err := b.GetEia(b.as(builder), &permitsv1.GetEiaRequest{EiaId: old})
	b.ok(err)
	if answer.GetEia().GetNextEiaId() != newer || answer.GetEia().GetReplaced() {
		t.Errorf("the older file says %v", answer.GetEia())
	}
	_, err = b.OpenEia(b.as(builder), &permitsv1.OpenEiaRequest{
		Division: "620602", Builder: "示例饲料有限公司", Uscc: "91620602MA7X2C8K89", Document: permitsv1.EiaDocument_EIA_DOCUMENT_FORM, PreviousEiaId: old,
	})
	b.refused("CHANGE_OPEN", err)
	_, err = b.OpenEia(b.as(stranger), &permitsv1.OpenEiaRequest{
		Division: "620602", Builder: "示例", Uscc: "91620602MA7X2C8K89", Document: permitsv1.EiaDocument_EIA_DOCUMENT_FORM, PreviousEiaId: old,
	})
	b.refused("NOT_FOUND", err)
}

func TestWhatTheListsForbidIsNotApproved(t *testing.T) {
	b := open(t, "2026-09-01", permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONFLICT)
	id := b.opened(permitsv1.EiaDocument_EIA_DOCUMENT_FORM, "")
	b.toDecide(id)
	_, err := b.ApproveEia(b.as(decider), &permitsv1.ApproveEiaRequest{EiaId: id, Conditions: "落实措施"})
	b.refused("ZONING_CONFLICT", err)
	_, err = b.RefuseEia(b.as(decider), &permitsv1.RefuseEiaRequest{
		EiaId: id, Grounds: []permitsv1.EiaGround{permitsv1.EiaGround_EIA_GROUND_SITING}, Reasons: "与准入清单冲突",
	})
	b.ok(err)
	answer, err := b.GetEia(b.as(builder), &permitsv1.GetEiaRequest{EiaId: id})
	b.ok(err)
	if f := answer.GetEia(); !strings.Contains(f.GetRemedies().GetZh(), "行政复议") || f.GetDocumentNumber() != "武环评不批〔2026〕1号" {
		t.Errorf("the refusal says %v", f)
	}
}

func TestGuides(t *testing.T) {
	b := open(t, "2026-09-01", conform)
	answer, err := b.GetEiaGuides(t.Context(), &permitsv1.GetEiaGuidesRequest{})
	b.ok(err)
	if len(answer.GetGuides()) != 3 || !answer.GetUnconfirmed() || answer.GetGuides()[0].GetPromisedDays() != 30 || len(answer.GetGuides()[1].GetSecondary()) == 0 {
		t.Errorf("the guides say %v", answer)
	}
}
