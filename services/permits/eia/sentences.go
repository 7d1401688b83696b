package eia

import (
	"fmt"

	"shiyang/internal/es"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/eia/approval"
)

// sentence says in both languages what an event means, for timelines.
func sentence(event es.Event) problem.Text {
	for _, part := range []func(es.Event) (problem.Text, bool){filingSentence, procedureSentence, laterSentence} {
		if said, ok := part(event); ok {
			return said
		}
	}
	return both("%s", "%s", es.TypeName(event))
}

func filingSentence(event es.Event) (problem.Text, bool) {
	switch e := event.(type) {
	case *permitsv1.EiaOpened:
		if e.GetPreviousEiaId() != "" {
			return both("%s 因重大变动重新报批", "%s began a new file for a major change", e.GetBuilder()), true
		}
		return both("%s 发起环评", "%s began an EIA file", e.GetBuilder()), true
	case *permitsv1.EiaSubmitted:
		return filed(e.GetProject(), e.GetReceived().GetIso(), "提交", "filed"), true
	case *permitsv1.EiaResubmitted:
		return filed(e.GetProject(), e.GetReceived().GetIso(), "补正后重新提交", "filed again"), true
	case *permitsv1.EiaRegistrationFiled:
		return both("登记表备案，备案号 %s", "The registration form was filed as %s", e.GetFilingNumber()), true
	case *permitsv1.EiaScreened:
		verdict := verdictName(e.GetScreening().GetVerdict())
		return problem.Text{
			Zh: fmt.Sprintf("分区管控重新研判（%s 版）：%s", e.GetScreening().GetVersion(), verdict.Zh),
			En: fmt.Sprintf("Screened again (edition %s): %s", e.GetScreening().GetVersion(), verdict.En),
		}, true
	case *permitsv1.EiaWithdrawn:
		return both("建设单位撤回", "The builder withdrew the file"), true
	case *permitsv1.EiaDeficiencyNoticed:
		return both("一次性告知补正（%s），共 %d 项", "What is missing was told once for all (%s): %d items", e.GetDocumentNumber(), len(e.GetItems())), true
	case *permitsv1.EiaFoundNotRequired:
		return both("无需环评审批（%s）", "No approval is required (%s)", e.GetDocumentNumber()), true
	case *permitsv1.EiaFoundOutsideAuthority:
		return both("不属本机关职权（%s），应向%s申请", "Outside this authority (%s); competent: %s", e.GetDocumentNumber(), e.GetCompetentAuthority()), true
	case *permitsv1.EiaAccepted:
		if n := len(e.GetPromised()); n > 0 {
			return both("容缺受理（%s），%d 项材料承诺于 %s 前补齐", "Accepted (%s); %d items are promised by %s", e.GetDocumentNumber(), n, e.GetPromiseDue().GetIso()), true
		}
		return both("受理（%s）", "The file was accepted (%s)", e.GetDocumentNumber()), true
	case *permitsv1.EiaDeemedAccepted:
		return both("至 %s 未告知补正，依法自 %s 起视为受理", "Nothing was said until %s: by law accepted since %s", e.GetLastDay().GetIso(), e.GetAccepted().GetIso()), true
	}
	return problem.Text{}, false
}

func filed(p *permitsv1.EiaProject, received, zh, en string) problem.Text {
	name := approval.DocumentName(p.GetDocument(), desk.DayOf(desk.IsoDay(received)))
	return problem.Text{
		Zh: fmt.Sprintf("%s%s：%s，%s 收到", zh, name.Zh, p.GetProjectName(), received),
		En: fmt.Sprintf("The %s of %s was %s and received on %s", name.En, p.GetProjectName(), en, received),
	}
}

func procedureSentence(event es.Event) (problem.Text, bool) {
	switch e := event.(type) {
	case *permitsv1.EiaPromiseKept:
		return both("补交容缺材料 %d 项", "%d promised items were supplied", len(e.GetItems())), true
	case *permitsv1.EiaPromiseBroken:
		return both("承诺逾期未补齐（期限 %s），记录失信", "What was promised by %s did not come; the breach is on record", e.GetDue().GetIso()), true
	case *permitsv1.EiaReturned:
		return both("退件（%s）", "The file was sent back (%s)", e.GetDocumentNumber()), true
	case *permitsv1.EiaNoticePublished:
		kind := approval.NoticeName(e.GetKind())
		return problem.Text{
			Zh: fmt.Sprintf("%s，%s 至 %s", kind.Zh, e.GetFrom().GetIso(), e.GetLast().GetIso()),
			En: fmt.Sprintf("The %s began on %s and stands until %s", kind.En, e.GetFrom().GetIso(), e.GetLast().GetIso()),
		}, true
	case *permitsv1.EiaHearingRequested:
		return both("收到听证申请", "A hearing was asked for"), true
	case *permitsv1.EiaHearingClosed:
		if e.GetHeld() {
			return both("%s 举行听证", "The hearing was held on %s", e.GetOn().GetIso()), true
		}
		return both("听证申请撤回", "The request for a hearing was taken back"), true
	case *permitsv1.EiaClockPaused:
		kind := approval.PauseName(e.GetKind())
		return problem.Text{
			Zh: fmt.Sprintf("自 %s 起因%s不计入审批期限，已书面告知（%s）", e.GetFrom().GetIso(), kind.Zh, e.GetDocumentNumber()),
			En: fmt.Sprintf("Time does not count from %s because of a %s; told in writing (%s)", e.GetFrom().GetIso(), kind.En, e.GetDocumentNumber()),
		}, true
	case *permitsv1.EiaClockResumed:
		return both("恢复计时，不计入至 %s", "The clock runs again after %s", e.GetLast().GetIso()), true
	case *permitsv1.EiaExamined:
		if e.GetRecommendApproval() {
			return both("审查意见：建议批准", "The examiner advises to approve"), true
		}
		return both("审查意见：建议不予批准", "The examiner advises to refuse"), true
	case *permitsv1.EiaExaminationReturned:
		return both("退回补充审查", "The file went back to the examiner"), true
	case *permitsv1.EiaApproved:
		return both("批准（%s），应于 %s 前开工", "Approved (%s); the works have to begin by %s", e.GetDocumentNumber(), e.GetStartBy().GetIso()), true
	case *permitsv1.EiaRefused:
		return both("不予批准（%s）", "Refused (%s)", e.GetDocumentNumber()), true
	}
	return problem.Text{}, false
}

func laterSentence(event es.Event) (problem.Text, bool) {
	switch e := event.(type) {
	case *permitsv1.EiaWorksBegun:
		return both("%s 开工建设", "The works began on %s", e.GetOn().GetIso()), true
	case *permitsv1.EiaChangeNoted:
		return both("登记一般变动：%s", "A small change was noted: %s", e.GetChange()), true
	case *permitsv1.EiaMajorChangeOpened:
		return both("因重大变动发起新的报批", "A new file for a major change was opened"), true
	case *permitsv1.EiaReplaced:
		return both("重大变动后的新件已批准，本批复不再适用", "The new file was approved; this approval no longer holds"), true
	case *permitsv1.EiaRecheckRequested:
		return both("逾五年未开工，%s 申请重新审核", "Not begun in five years; a re-check was asked for on %s", e.GetReceived().GetIso()), true
	case *permitsv1.EiaRecheckAnswered:
		if e.GetUpheld() {
			return both("重新审核：维持批准", "The re-check upheld the approval"), true
		}
		return both("重新审核：原批复不再有效", "After the re-check the approval no longer holds"), true
	case *permitsv1.EiaSelfAcceptanceReported:
		if e.GetPassed() {
			return both("%s 竣工自主验收合格", "The builder accepted the finished works on %s", e.GetOn().GetIso()), true
		}
		return both("%s 竣工自主验收不合格", "The builder's acceptance of %s did not pass", e.GetOn().GetIso()), true
	}
	return problem.Text{}, false
}

func verdictName(v permitsv1.ScreeningVerdict) problem.Text {
	switch v {
	case permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONFORM:
		return problem.Text{Zh: "符合", En: "conforms"}
	case permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONDITIONS:
		return problem.Text{Zh: "有条件", En: "conforms with conditions"}
	case permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONFLICT:
		return problem.Text{Zh: "冲突", En: "conflicts"}
	case permitsv1.ScreeningVerdict_SCREENING_VERDICT_NOT_COVERED:
		return problem.Text{Zh: "未覆盖", En: "not covered"}
	default:
		return problem.Text{Zh: "未研判", En: "not screened"}
	}
}

func both(zh, en string, args ...any) problem.Text {
	return problem.Text{Zh: fmt.Sprintf(zh, args...), En: fmt.Sprintf(en, args...)}
}
