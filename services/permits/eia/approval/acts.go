package approval

import (
	"fmt"
	"strings"

	"shiyang/internal/law"
	"shiyang/internal/problem"
	"shiyang/services/permits/desk/act"
)

// Act is one act that the law knows for an EIA file.
type Act = act.Act[Approval]

const (
	lic  = "licensing-law-2019"
	d682 = "decree-682"
)

func d(id, article string) law.Reference { return law.Reference{Law: id, Article: article} }

// eiaLaw is an article of the Code or, for an act before it, of the EIA Law.
func eiaLaw(on law.Date, code, before string) law.Reference {
	if on.Before(codeDay) {
		return d("eia-law-2018", before)
	}
	return d("code-2026", code)
}

// Acts are all acts of a day, in the order of the procedure: their legal basis
// changes with the law.
func Acts(on law.Date) []Act {
	decide, public, after := eiaLaw(on, "102", "22"), eiaLaw(on, "103", "21"), eiaLaw(on, "106", "24")
	return []Act{
		entry("submit", "SubmitEia", text("提交环评文件", "File the document"), decide, maySubmit, Approval.awaitsFiling),
		entry("file", "FileEiaRegistration", text("登记表备案", "File the registration form"), eiaLaw(on, "107", "22"), mayFile, Approval.awaitsRegistration),
		entry("withdraw", "WithdrawEia", text("撤回申请", "Withdraw"), law.Reference{}, mayWithdraw, nil),
		entry("notice-deficiency", "NoticeEiaDeficiency", text("一次性告知补正", "Notice deficiencies"), d(lic, "32"), mayNotice, nil),
		entry("accept", "AcceptEia", text("受理（可容缺）", "Accept"), d(lic, "32"), mayAccept, at(Submitted)),
		entry("decline", "DeclineEia", text("不予受理", "Decline"), d(lic, "32"), mayAnswer, nil),
		entry("deem-accepted", "DeemEiaAccepted", text("视为受理", "Deem accepted"), d(lic, "32"), mayDeem, nil),
		entry("supply-promised", "SupplyPromised", text("补交承诺材料", "Supply what was promised"), law.Reference{}, maySupply, nil),
		entry("record-breach", "RecordPromiseBreach", text("记录承诺失信", "Record the broken promise"), law.Reference{}, mayBreak, nil),
		entry("return", "ReturnEia", text("退件", "Send the file back"), law.Reference{}, mayReturn, Approval.brokenPromise),
		entry("publish-acceptance", "PublishEiaAcceptance", text("受理公示", "Publish the acceptance"), public, mayPublishAcceptance, Approval.awaitsAcceptanceNotice),
		entry("pause-clock", "PauseEiaClock", text("中止计时（评估、评审、听证）", "Pause the clock"), d(lic, "45"), mayPause, nil),
		entry("resume-clock", "ResumeEiaClock", text("恢复计时", "Resume the clock"), d(lic, "45"), mayResume, Approval.Paused),
		entry("screen", "ScreenEia", text("重新研判分区管控", "Screen again"), law.Reference{}, mayScreen, nil),
		entry("report-examination", "ReportEiaExamination", text("提交审查意见", "Report the examination"), decide, mayExamine, Approval.awaitsExamination),
		entry("publish-intention", "PublishEiaIntention", text("拟审批公示", "Publish the intended decision"), d(lic, "47"), mayPublishIntention, Approval.awaitsIntention),
		entry("request-hearing", "RequestEiaHearing", text("申请听证", "Ask for a hearing"), d(lic, "47"), mayRequestHearing, nil),
		entry("close-hearing", "CloseEiaHearing", text("登记听证结果", "Record the hearing"), d(lic, "48"), mayCloseHearing, Approval.HearingOpen),
		entry("return-examination", "ReturnEiaExamination", text("退回审查", "Return to the examiner"), decide, mayReturnExamination, nil),
		entry("approve", "ApproveEia", text("批准", "Approve"), decide, mayApprove, Approval.recommended),
		entry("refuse", "RefuseEia", text("不予批准", "Refuse"), eiaLaw(on, "105", "25"), mayRefuse, Approval.advisedAgainst),
		entry("publish-decision", "PublishEiaDecision", text("公告审批决定", "Publish the decision"), public, mayPublishDecision, Approval.awaitsDecisionNotice),
		entry("answer-recheck", "AnswerEiaRecheck", text("答复重新审核", "Answer the re-check"), after, mayAnswerRecheck, Approval.RecheckOpen),
		entry("record-start", "RecordEiaStart", text("登记开工", "Record the start of works"), after, mayBegin, nil),
		entry("note-change", "NoteEiaChange", text("登记一般变动", "Note a small change"), after, mayNoteChange, nil),
		entry("request-recheck", "RequestEiaRecheck", text("申请重新审核", "Ask for a re-check"), after, mayRequestRecheck, nil),
		entry("report-acceptance", "ReportSelfAcceptance", text("报送竣工自主验收", "Report the own acceptance"), d(d682, "17"), mayReportAcceptance, nil),
	}
}

func entry(name, method string, title problem.Text, basis law.Reference, allowed func(Approval, Occasion) error, expected func(Approval) bool) Act {
	return Act{Name: name, Method: method, Title: title, Basis: basis, Allowed: allowed, Expected: expected}
}

// NextAct is the act that the procedure waits for on a day; false when it is
// over.
func (a Approval) NextAct(on law.Date) (Act, bool) { return act.Next(Acts(on), a) }

func at(s Status) func(Approval) bool { return func(a Approval) bool { return a.Status == s } }

func (a Approval) awaitsFiling() bool {
	return a.Status == Deficient || a.Status == Draft && a.Document != Registration
}

func (a Approval) awaitsRegistration() bool { return a.Status == Draft && a.Document == Registration }

func (a Approval) brokenPromise() bool {
	return a.PromiseBroken && len(a.Missing()) > 0 && a.in(Accepted, Examined)
}

func (a Approval) awaitsAcceptanceNotice() bool {
	return a.Status == Accepted && a.Published(Acceptance) == nil
}
func (a Approval) awaitsExamination() bool { return a.Status == Accepted && !a.Paused() }
func (a Approval) awaitsIntention() bool {
	return a.Status == Examined && a.Intended == nil && !a.Paused()
}

func (a Approval) recommended() bool {
	return a.Status == Examined && !a.Paused() && a.Examination.GetRecommendApproval()
}

func (a Approval) advisedAgainst() bool {
	return a.Status == Examined && !a.Paused() && !a.Examination.GetRecommendApproval()
}

func (a Approval) awaitsDecisionNotice() bool {
	return a.in(Approved, Refused) && a.Published(Decision) == nil
}

// Open reports whether the file is neither decided nor given up.
func (a Approval) Open() bool { return a.in(Draft, Submitted, Deficient, Accepted, Examined) }

// ErrWrongStage refuses an act in a stage that does not know it.
var ErrWrongStage = &problem.Error{
	Kind: problem.Rejected, Reason: "WRONG_STAGE",
	Text: text("当前办理状态不能办理此事项。", "This cannot be done in the present stage."),
}

func wrongStage(a Approval, ref law.Reference, want ...Status) error {
	if a.in(want...) {
		return nil
	}
	if a.Status == 0 {
		return problem.ErrNotFound
	}
	var zh, en []string
	for _, s := range want {
		zh, en = append(zh, "“"+statusNames[s].Zh+"”"), append(en, "“"+statusNames[s].En+"”")
	}
	refusal := ErrWrongStage.With(
		fmt.Sprintf("目前状态为“%s”，此事项须在%s时办理。", statusNames[a.Status].Zh, strings.Join(zh, "或")),
		fmt.Sprintf("The present stage is “%s”; this is done in stage %s.", statusNames[a.Status].En, strings.Join(en, " or ")))
	refusal.Citation = act.Cite(ref)
	return refusal
}

// refuse is a refusal of the right stage at the wrong time.
func refuse(reason, zh, en string) error {
	r := ErrWrongStage.With(zh, en)
	r.Reason = reason
	return r
}

// stage is the rule of every act: in one of the stages, and not before the
// step that it follows.
func stage(a Approval, o Occasion, ref law.Reference, want ...Status) error {
	return act.FirstOf(wrongStage(a, ref, want...), act.InOrder(a.LastDay, o))
}
