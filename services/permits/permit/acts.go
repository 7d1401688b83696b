package permit

import (
	"fmt"
	"slices"
	"strings"

	"shiyang/internal/law"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
)

// Occasion is what every act knows of the world.
type Occasion = act.Occasion

// Act is one act that the law knows for a permit 可办事项. Decide of its command
// asks Allowed first, so the list of legal acts and the refusals cannot differ.
type Act act.Act[Permit]

// Acts are all acts, in the order of the procedure.
var Acts = []Act{
	{"publish-notice", "PublishNotice", text("发布申请前信息公开", "Publish the notice"), d(o32, "16"), mayPublish, Permit.needsNotice},
	{"submit", "SubmitApplication", text("提交申请", "File the application"), d(d736, "7"), mayFile, Permit.awaitsFiling},
	{"withdraw", "WithdrawApplication", text("撤回申请", "Withdraw the application"), law.Reference{}, mayWithdraw, never},
	{"correct-on-spot", "CorrectOnSpot", text("当场更正", "Correct on the spot"), d(d736, "9"), mayAnswer, never},
	{"notice-deficiency", "NoticeDeficiency", text("一次性告知补正", "Notice deficiencies"), d(d736, "9"), mayNotice, never},
	{"accept", "AcceptApplication", text("受理", "Accept"), d(d736, "9"), mayAnswer, at(Submitted)},
	{"decline", "DeclineApplication", text("不予受理", "Decline"), d(d736, "9"), mayAnswer, never},
	{"deem-accepted", "DeemAccepted", text("视为受理", "Deem accepted"), d(d736, "9"), mayDeem, never},
	{"pause-clock", "PauseClock", text("中止计时", "Pause the clock"), d(o32, "23"), mayPause, never},
	{"resume-clock", "ResumeClock", text("恢复计时", "Resume the clock"), d(o32, "23"), mayResume, Permit.Paused},
	{"record-site-check", "RecordSiteCheck", text("登记现场核查", "Record a site check"), d(d736, "12"), mayCheckSite, never},
	{"report-examination", "ReportExamination", text("提交审查意见", "Report the examination"), d(d736, "11"), mayExamine, Permit.awaitsExamination},
	{"return-examination", "ReturnExamination", text("退回审查", "Return to the examiner"), d(d736, "11"), mayDecide, never},
	{"issue", "IssuePermit", text("准予许可", "Grant the permit"), d(d736, "11"), mayDecide, Permit.recommended},
	{"refuse", "RefusePermit", text("不予许可", "Refuse the permit"), d(lic, "38"), mayDecide, Permit.advisedAgainst},
	{"record-delivery", "RecordDelivery", text("登记送达", "Record the delivery"), d(lic, "44"), mayDeliver, Permit.awaitsDelivery},
	{"open-procedure", "OpenProcedure", text("办理延续、变更等", "Renew, change or adjust"), d(d736, "14"), mayOpen, Permit.awaitsRenewal},
	{"propose-measure", "ProposeMeasure", text("提请注销、补领等", "Ask for a measure"), d(o32, "29"), mayPropose, Permit.awaitsEnding},
	{"decide-measure", "DecideMeasure", text("决定提请事项", "Decide the proposal"), d(o32, "29"), mayDecideMeasure, Permit.awaitsMeasure},
	{"enter-platform-number", "EnterPlatformNumber", text("录入国家平台编号", "Enter the platform's number"), d(d736, "12"), mayEnterNumber, Permit.awaitsNumber},
}

const (
	d736 = "decree-736"
	o32  = "mee-order-32-2024"
	lic  = "licensing-law-2019"
)

func text(zh, en string) problem.Text { return act.Text(zh, en) }

func d(id, article string) law.Reference { return law.Reference{Law: id, Article: article} }

func never(Permit) bool { return false }

func at(s Status) func(Permit) bool { return func(p Permit) bool { return p.Status == s } }

func (p Permit) needsNotice() bool {
	return p.Status == Draft && p.Class == key && p.course().Notice
}

func (p Permit) awaitsFiling() bool {
	return p.stage(PublicNotice, Deficient) || p.Status == Draft && !p.needsNotice()
}

func (p Permit) awaitsExamination() bool {
	return p.Status == Accepted && !p.Paused()
}

func (p Permit) recommended() bool {
	return p.Status == Examined && !p.Paused() && p.Examination.RecommendGrant
}

func (p Permit) advisedAgainst() bool {
	return p.Status == Examined && !p.Paused() && !p.Examination.RecommendGrant
}
func (p Permit) awaitsDelivery() bool { return p.stage(Issued, Refused) && p.DeliveredOn.IsZero() }

func (p Permit) stage(among ...Status) bool { return slices.Contains(among, p.Status) }

// NextAct is the act that the procedure waits for; false when it is over.
func (p Permit) NextAct() (Act, bool) {
	for _, a := range Acts {
		if p.awaitsMeasure() && a.Name != "decide-measure" {
			continue // it may end the permit: it goes first
		}
		if a.Expected(p) {
			return a, true
		}
	}
	return Act{}, false
}

var statusNames = map[Status]problem.Text{
	Draft:          text("草稿", "draft"),
	PublicNotice:   text("申请前公开", "public notice"),
	Submitted:      text("待受理", "filed, to be accepted"),
	Deficient:      text("待补正", "to be completed by the applicant"),
	Accepted:       text("审查中", "under examination"),
	Examined:       text("待决定", "to be decided"),
	Issued:         text("有效", "in force"),
	Refused:        text("不予许可", "refused"),
	NotRequired:    text("无需许可", "no permit required"),
	WrongAuthority: text("不属本机关职权", "outside this authority"),
	Withdrawn:      text("已撤回", "withdrawn"),

	permitsv1.PermitStatus_PERMIT_STATUS_EXPIRED:        text("已届满", "expired"),
	permitsv1.PermitStatus_PERMIT_STATUS_DEEMED_RENEWED: text("视为准予延续", "counts as renewed"),
	permitsv1.PermitStatus_PERMIT_STATUS_WITHHELD:       text("暂扣", "withheld"),
	permitsv1.PermitStatus_PERMIT_STATUS_FORFEITED:      text("已吊销", "forfeited"),
	permitsv1.PermitStatus_PERMIT_STATUS_REVOKED:        text("已撤销", "revoked"),
	permitsv1.PermitStatus_PERMIT_STATUS_CANCELLED:      text("已注销", "cancelled"),
}

// StatusName is the stage for people.
func StatusName(s Status) problem.Text { return statusNames[s] }

// ErrWrongStage refuses an act in a stage that does not know it.
var ErrWrongStage = &problem.Error{
	Kind: problem.Rejected, Reason: "WRONG_STAGE",
	Text: text("当前办理状态不能办理此事项。", "This cannot be done in the present stage."),
}

// ErrSamePerson refuses an act to somebody who acted in another role before:
// acceptance, examination and decision are posts of different people 岗位分离.
var ErrSamePerson = act.ErrSamePerson

func wrongStage(p Permit, ref law.Reference, want ...Status) error {
	if p.stage(want...) {
		return nil
	}
	if p.Status == 0 {
		return problem.ErrNotFound
	}
	var zh, en []string
	for _, s := range want {
		if s == 0 {
			return ErrWrongStage.With("该申请已经发起。", "This application was opened before.")
		}
		zh, en = append(zh, "“"+statusNames[s].Zh+"”"), append(en, "“"+statusNames[s].En+"”")
	}
	refusal := ErrWrongStage.With(
		fmt.Sprintf("目前状态为“%s”，此事项须在%s时办理。", statusNames[p.Status].Zh, strings.Join(zh, "或")),
		fmt.Sprintf("The present stage is “%s”; this is done in stage %s.", statusNames[p.Status].En, strings.Join(en, " or ")))
	refusal.Citation = act.Cite(ref)
	return refusal
}

// inOrder refuses a legal day before that of the step it follows.
func inOrder(p Permit, o Occasion) error {
	return act.InOrder(p.LastDay, o)
}

func firstOf(errs ...error) error { return act.FirstOf(errs...) }

// roleSplit refuses o.By when the account is among those who acted before.
func roleSplit(o Occasion, before []string, zh, en string) error {
	return act.Separate(o, before, zh, en)
}

// entered adds the doubt that an act is entered later than it happened.
func entered(o Occasion, doubts *problem.Fields) { act.Entered(o, doubts) }

func calendarDoubt(path string, c Clock, err error, doubts *problem.Fields) {
	act.Provisional(path, c, err, doubts)
}

// Class names the management class for people.
func Class(c permitsv1.ManagementClass) problem.Text {
	switch c {
	case key:
		return text("重点管理", "key management")
	case simplified:
		return text("简化管理", "simplified management")
	default:
		return problem.Text{}
	}
}
