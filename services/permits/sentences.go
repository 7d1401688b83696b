package permits

import (
	"fmt"

	"shiyang/internal/es"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/permit"
)

// sentence says in both languages what an event means, for timelines.
func sentence(event es.Event) problem.Text {
	switch e := event.(type) {
	case *permitsv1.FacilityRegistered:
		return both("登记生产经营场所：%s", "The site was registered: %s", e.GetSite().GetUnitName())
	case *permitsv1.FacilityChanged:
		return both("变更场所信息：%s", "The site's data changed: %s", e.GetReason())
	case *permitsv1.FacilityAssigned:
		return both("场所由企业认领", "The site was tied to its firm")
	case *permitsv1.DecisionClockPaused:
		kind := permit.PauseName(e.GetKind())
		return problem.Text{
			Zh: fmt.Sprintf("自 %s 起因%s不计入审批期限，已书面告知（%s）", e.GetFrom().GetIso(), kind.Zh, e.GetDocumentNumber()),
			En: fmt.Sprintf("Time does not count from %s because of a %s; told in writing (%s)", e.GetFrom().GetIso(), kind.En, e.GetDocumentNumber()),
		}
	case *permitsv1.DecisionClockResumed:
		return both("恢复计时，不计入至 %s", "The clock runs again after %s", e.GetLast().GetIso())
	case *permitsv1.SiteChecked:
		return both("%s 现场核查，%d 人参加", "The site was checked on %s by %d officers", e.GetOn().GetIso(), len(e.GetOfficerIds()))
	case *permitsv1.PermitApplicationExamined:
		if e.GetRecommendGrant() {
			return both("审查意见：建议准予许可", "The examiner advises to grant")
		}
		return both("审查意见：建议不予许可", "The examiner advises to refuse")
	case *permitsv1.PermitExaminationReturned:
		return both("退回补充审查", "The file went back to the examiner")
	case *permitsv1.PermitIssued:
		return both("准予许可（%s），许可证编号 %s，有效期 %s 至 %s", "The permit was granted (%s), number %s, valid from %s to %s",
			e.GetDocumentNumber(), e.GetPermitNumber(), e.GetValidFrom().GetIso(), e.GetValidTo().GetIso())
	case *permitsv1.PermitRefused:
		return both("不予许可（%s）", "The permit was refused (%s)", e.GetDocumentNumber())
	case *permitsv1.PermitDecisionDelivered:
		return both("%s 送达决定", "The decision was handed over on %s", e.GetDelivered().GetIso())
	}
	if t, ok := lifeSentence(event); ok {
		return t
	}
	return intakeSentence(event)
}

func intakeSentence(event es.Event) problem.Text {
	switch e := event.(type) {
	case *permitsv1.PermitApplicationOpened:
		class := permit.Class(e.GetManagementClass())
		return problem.Text{
			Zh: fmt.Sprintf("%s 发起排污许可申请（%s）", e.GetUnitName(), class.Zh),
			En: fmt.Sprintf("%s began an application (%s)", e.GetUnitName(), class.En),
		}
	case *permitsv1.PublicNoticePublished:
		return both("申请前信息公开，自 %s 起", "The application was made public from %s", e.GetFrom().GetIso())
	case *permitsv1.PermitApplicationSubmitted:
		return both("提交申请，%s 收到", "The application was filed and received on %s", e.GetReceived().GetIso())
	case *permitsv1.PermitApplicationCorrectedOnSpot:
		return both("当场更正 %d 处", "%d errors were corrected on the spot", len(e.GetItems()))
	case *permitsv1.DeficiencyNoticed:
		return both("一次性告知补正（%s），共 %d 项", "What is missing was told once for all (%s): %d items", e.GetDocumentNumber(), len(e.GetItems()))
	case *permitsv1.PermitApplicationResubmitted:
		return both("补正后重新提交，%s 收到", "The completed application was received on %s", e.GetReceived().GetIso())
	case *permitsv1.PermitFoundNotRequired:
		return both("无需取得排污许可（%s）", "No permit is required (%s)", e.GetDocumentNumber())
	case *permitsv1.PermitFoundOutsideAuthority:
		return both("不属本机关职权（%s），应向%s申请", "Outside this authority (%s); %s decides", e.GetDocumentNumber(), e.GetCompetentAuthority())
	case *permitsv1.PermitApplicationAccepted:
		return both("受理（%s）", "The application was accepted (%s)", e.GetDocumentNumber())
	case *permitsv1.PermitApplicationDeemedAccepted:
		return both("至 %s 未告知补正，依法自 %s 起视为受理", "Nothing was said until %s: by law accepted since %s", e.GetLastDay().GetIso(), e.GetAccepted().GetIso())
	case *permitsv1.PermitApplicationWithdrawn:
		return both("申请人撤回申请", "The applicant withdrew the application")
	}
	return both("%s", "%s", es.TypeName(event))
}

func both(zh, en string, args ...any) problem.Text {
	return problem.Text{Zh: fmt.Sprintf(zh, args...), En: fmt.Sprintf(en, args...)}
}
