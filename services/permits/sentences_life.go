package permits

import (
	"fmt"

	"shiyang/internal/es"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/permit"
)

// lifeSentence tells what happened to a granted permit.
func lifeSentence(event es.Event) (problem.Text, bool) {
	switch e := event.(type) {
	case *permitsv1.PermitProcedureOpened:
		kind := permit.CourseOf(e.GetKind()).Title
		return problem.Text{Zh: "开始办理" + kind.Zh + asked(e.GetRequirement(), e.GetReason(), "："), En: "A procedure began: " + kind.En + asked(e.GetRequirement(), e.GetReason(), " — ")}, true
	case *permitsv1.PermitVersionIssued:
		return versionSentence(e), true
	case *permitsv1.PermitRenewalReminded:
		return both("届满前 %d 日提醒：最迟 %s 提出延续申请", "Reminder %d days before the end: the renewal is due by %s", e.GetDaysBefore(), e.GetLastDay().GetIso()), true
	case *permitsv1.PermitDeemedRenewed:
		return both("按期（%s）提出的延续申请届满时未决定，自 %s 起视为准予延续", "The renewal filed in time (%s) was undecided at the end of the term: since %s it counts as granted",
			e.GetFiled().GetIso(), e.GetFrom().GetIso()), true
	case *permitsv1.PermitExpired:
		if e.GetRenewalPending() {
			return both("有效期于 %s 届满，延续申请尚在办理，其间为无证期间", "The term ended on %s; the renewal is still open and the days until its decision are without a permit", e.GetLastDay().GetIso()), true
		}
		return both("有效期于 %s 届满", "The permit ended on %s", e.GetLastDay().GetIso()), true
	case *permitsv1.PermitMeasureProposed:
		m, g := permit.MeasureName(e.GetMeasure()), permit.GroundName(e.GetGround())
		return problem.Text{Zh: fmt.Sprintf("提请%s（%s）", m.Zh, g.Zh), En: fmt.Sprintf("Proposed: %s (%s)", m.En, g.En)}, true
	case *permitsv1.PermitMeasureRejected:
		m := permit.MeasureName(e.GetMeasure())
		return problem.Text{Zh: "不同意" + m.Zh + "：" + e.GetReason(), En: "Turned down: " + m.En + " — " + e.GetReason()}, true
	}
	return endSentence(event)
}

func endSentence(event es.Event) (problem.Text, bool) {
	switch e := event.(type) {
	case *permitsv1.PermitWithheld:
		return both("自 %s 起暂扣（%s）", "Withheld from %s (%s)", e.GetFrom().GetIso(), e.GetBasisDocument()), true
	case *permitsv1.PermitGivenBack:
		return both("自 %s 起发还（%s）", "Given back from %s (%s)", e.GetFrom().GetIso(), e.GetBasisDocument()), true
	case *permitsv1.PermitForfeited:
		return both("自 %s 起吊销（%s）", "Forfeited from %s (%s)", e.GetFrom().GetIso(), e.GetBasisDocument()), true
	case *permitsv1.PermitRevoked:
		g := permit.GroundName(e.GetGround())
		return problem.Text{Zh: fmt.Sprintf("撤销（%s）：%s", e.GetDocumentNumber(), g.Zh), En: fmt.Sprintf("Revoked (%s): %s", e.GetDocumentNumber(), g.En)}, true
	case *permitsv1.PermitCancelled:
		g := permit.GroundName(e.GetGround())
		return problem.Text{Zh: fmt.Sprintf("注销并公告（%s）：%s", e.GetDocumentNumber(), g.Zh), En: fmt.Sprintf("Cancelled and announced (%s): %s", e.GetDocumentNumber(), g.En)}, true
	case *permitsv1.PermitPaperReissued:
		return both("%s 补领第 %d 份证书，此前的证书作废", "On %s paper no. %d was given out; older papers no longer count", e.GetOn().GetIso(), e.GetPaper()), true
	case *permitsv1.PlatformNumberEntered:
		return both("录入国家平台编号 %s", "The platform's number was entered: %s", e.GetPermitNumber()), true
	}
	return problem.Text{}, false
}

func versionSentence(e *permitsv1.PermitVersionIssued) problem.Text {
	kind := permit.CourseOf(e.GetKind()).Title
	t := problem.Text{
		Zh: fmt.Sprintf("准予%s（%s），第 %d 版自 %s 起，有效期 %s 至 %s", kind.Zh, e.GetDocumentNumber(), e.GetVersion(), e.GetFrom().GetIso(), e.GetValidFrom().GetIso(), e.GetValidTo().GetIso()),
		En: fmt.Sprintf("Granted: %s (%s); version %d from %s, valid from %s to %s", kind.En, e.GetDocumentNumber(), e.GetVersion(), e.GetFrom().GetIso(), e.GetValidFrom().GetIso(), e.GetValidTo().GetIso()),
	}
	if e.GetGapFrom() != nil {
		t.Zh += fmt.Sprintf("；%s 至 %s 无证", e.GetGapFrom().GetIso(), e.GetGapTo().GetIso())
		t.En += fmt.Sprintf("; without a permit from %s to %s", e.GetGapFrom().GetIso(), e.GetGapTo().GetIso())
	}
	return t
}

// asked joins what a procedure is asked for by.
func asked(requirement, reason, sign string) string {
	switch {
	case requirement != "":
		return sign + requirement
	case reason != "":
		return sign + reason
	}
	return ""
}
