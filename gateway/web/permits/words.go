package permits

import (
	"shiyang/gateway/web/words"
	permitsv1 "shiyang/proto/permits/v1"
)

func t(zh, en string) words.Text { return words.T(zh, en) }

// Texts of the acts on a granted permit.
var (
	doOpen          = t("办理延续、变更等", "Renew, change or adjust")
	leadOpen        = t("选一个事项。延续最迟在届满 60 日前提出；基本信息变更在变更后 30 日内提出；重新申请在实际变动之前提出。提交前可以随时撤回。", "Choose one. A renewal is filed 60 days before the end, a change of base data within 30 days of it, a re-application before the discharge changes. It may be withdrawn until it is decided.")
	leadAuthority   = t("因新标准或者总量控制要求，由许可机关变更许可内容；限值只能收紧。", "The authority changes the permit for a new standard or total-load requirement; limits may only become tighter.")
	kindLabel       = t("事项", "Procedure")
	causesLabel     = t("重新申请的情形", "Cause of the re-application")
	causesHint      = t("只在重新申请时选（条例第十五条）。", "For a re-application only (Decree 736 Art. 15).")
	changedLabel    = t("变更或者变动日期", "Day of the change")
	changedHint     = t("变更基本信息填营业执照变更登记之日；重新申请填计划实际变动之日；其他事项不填。", "Base data: the day they changed. Re-application: the day on which the discharge is to change. Otherwise leave it empty.")
	reasonLabel     = t("说明", "Explanation")
	reasonHint      = t("调整必须写明内容和理由。", "An adjustment says what, and why.")
	requirement     = t("新标准或者要求的文号", "Standard or requirement")
	effective       = t("该要求施行之日", "First day it holds")
	conditionsHint  = t("编号不能改；新增的不填编号，由系统续编。", "Numbers stay. Leave the number of a new one empty; it gets the next.")
	conditionNo     = t("第 %d 项", "Condition %d")
	addCondition    = t("添加管理要求", "Add a condition")
	conditionNumber = t("编号", "No.")
	conditionText   = t("内容", "Text")
	conditionBasis  = t("依据", "Basis")

	doBase         = t("提交变更申请", "File the change")
	leadBase       = t("只变更基本信息；许可限值和管理要求不变，有效期不变。", "Only base data change; limits, conditions and the term stay.")
	baseTitle      = t("变更后的基本信息", "Base data after the change")
	domicile       = t("住所", "Domicile")
	representative = t("法定代表人", "Legal representative")
	personHint     = t("不变更的照填现在的；姓名加密保存，不公开。", "If it stays, enter the present one. The name is kept encrypted and never public.")

	doPropose      = t("提请注销、补领等", "Ask for a measure")
	leadPropose    = t("提请后由另一人决定。", "Somebody else decides.")
	leadAsk        = t("申请注销（终止排污）或者补领（遗失、损毁），由许可机关决定。", "Ask for cancellation (the unit ends) or a new paper (lost, damaged); the authority decides.")
	measureLabel   = t("事项", "Measure")
	groundLabel    = t("理由", "Ground")
	factsLabel     = t("事实和说明", "Facts and explanation")
	basisDocument  = t("所依据的处罚决定书文号", "Penalty decision it rests on")
	basisHint      = t("暂扣、发还、吊销必须填。", "For withholding, giving back and forfeiture.")
	doDecide       = t("决定提请事项", "Decide the proposal")
	leadDecide     = t("提请人不能自己决定。注销须公告。", "Who proposed it does not decide. A cancellation is announced.")
	approveLabel   = t("决定", "Decision")
	approveYes     = t("同意", "Approve")
	approveNo      = t("不同意", "Turn down")
	rejectReason   = t("不同意的理由", "Why it is turned down")
	announcement   = t("注销公告网址", "Address of the announcement")
	doNumber       = t("录入国家平台编号", "Enter the platform's number")
	leadNumber     = t("照全国排污许可证管理信息平台核发的编号填写；录入后不能更改。", "As given by the national platform; it cannot be changed afterwards.")
	platformNumber = t("国家平台许可证编号", "Number of the national platform")
)

// Texts of versions, certificate and the public page.
var (
	versionsTitle    = t("许可证版本", "Versions of the permit")
	versionNo        = t("第 %d 版", "Version %d")
	versionLabel     = t("版本", "Version")
	askedVersion     = t("在办事项的申请内容", "What the open procedure asks for")
	cameFrom         = t("来源", "Came from")
	fromUntil        = t("施行期间", "In force")
	termLabel        = t("有效期", "Term")
	gapLabel         = t("无证期间", "Without a permit")
	compareTitle     = t("%s 与 %s 的差异", "From %s to %s")
	compareButton    = t("比较", "Compare")
	olderLabel       = t("较早的版本", "Older version")
	newerLabel       = t("较新的版本", "Newer version")
	nothingDiffers   = t("两个版本没有差异。", "The versions do not differ.")
	oneVersion       = t("只有一个版本，没有可比较的内容。", "There is one version only, nothing to compare.")
	rowLabel         = t("内容", "Row")
	beforeLabel      = t("原来", "Before")
	afterLabel       = t("现在", "After")
	directionLabel   = t("变化", "Change")
	needsReapply     = t("须重新申请", "takes a re-application")
	certificateTitle = t("排污许可证", "Discharge permit")
	eiaLabel         = t("环评文号", "EIA no.")
	originalTitle    = t("正本", "Original")
	copyTitle        = t("副本", "Copy")
	numberAwaited    = t("待国家平台编号", "number of the national platform awaited")
	demonstration    = t("演示：本机编号，不是国家平台核发的许可证编号。", "Demonstration: a local number, not one of the national platform.")
	exampleNote      = t("示例数据，不是真实的许可证。", "Example data, not a real permit.")
	platformPrevails = t("本证由本系统打印；与全国排污许可证管理信息平台记载不一致的，以国家平台版本为准。", "Printed by this system. Where it differs from the national platform, the platform's version prevails.")
	scanNote         = t("扫码查看扫码之日的有效版本。", "Scan to see the version in force on the day you scan.")
	printedOn        = t("打印日期", "Printed on")
	paperNo          = t("第 %d 份", "Paper no. %d")
	noVersionOn      = t("%s 没有有效的许可证版本。", "No version was in force on %s.")
	publicTitle      = t("许可证扫码查验", "Permit checked by its code")
	inForceOn        = t("%s 有效的是第 %d 版", "In force on %s: version %d")
	asPrinted        = t("扫码地址所载日期 %s 的版本；今天请看最新版本。", "The version of %s, the day in the address.")
	seeToday         = t("查看今天的版本", "See the version of today")
	standing         = t("许可证状态", "Standing")
	seeVersions      = t("版本与差异", "Versions and differences")
	procedureNow     = t("在办事项", "Open procedure")
	gapNote          = t("%s 至 %s 为无证期间", "Without a permit from %s to %s")
	proposalNote     = t("待决定：%s", "Waits for a decision: %s")
)

var kinds = []words.Named{
	{Code: permitsv1.ProcedureKind_PROCEDURE_KIND_RENEWAL.String(), Text: t("延续", "Renewal")},
	{Code: permitsv1.ProcedureKind_PROCEDURE_KIND_BASE_CHANGE.String(), Text: t("变更基本信息（名称、住所、法定代表人）", "Change of base data (name, domicile, representative)")},
	{Code: permitsv1.ProcedureKind_PROCEDURE_KIND_REAPPLICATION.String(), Text: t("重新申请", "Re-application")},
	{Code: permitsv1.ProcedureKind_PROCEDURE_KIND_ADJUSTMENT.String(), Text: t("调整", "Adjustment")},
}

var causes = []words.Named{
	{Code: permitsv1.ReapplicationCause_REAPPLICATION_CAUSE_PROJECT.String(), Text: t("新建、改建、扩建排放污染物的项目", "A new, altered or expanded project")},
	{Code: permitsv1.ReapplicationCause_REAPPLICATION_CAUSE_PLACE_OR_MODE.String(), Text: t("场所、排放口位置、排放方式或者去向变化", "Another site, outlet position, mode or destination")},
	{Code: permitsv1.ReapplicationCause_REAPPLICATION_CAUSE_INCREASE.String(), Text: t("排放口、种类、排放量或者浓度增加", "More outlets, species, mass or concentration")},
}

var holderMeasures = []words.Named{
	{Code: "cancel", Text: t("注销", "Cancellation")}, {Code: "reissue", Text: t("补领", "A new paper")},
}

var measures = []words.Named{
	{Code: "withhold", Text: t("暂扣", "Withhold")},
	{Code: "give_back", Text: t("发还", "Give back")},
	{Code: "forfeit", Text: t("吊销", "Forfeit")},
	{Code: "revoke", Text: t("撤销", "Revoke")},
	{Code: "cancel", Text: t("注销", "Cancel")},
	{Code: "reissue", Text: t("补领", "A new paper")},
}

var holderGrounds = []words.Named{
	{Code: "terminated", Text: t("单位依法终止（注销）", "The unit ends (cancellation)")},
	{Code: "lost", Text: t("遗失（补领）", "Lost (new paper)")},
	{Code: "damaged", Text: t("损毁（补领）", "Damaged (new paper)")},
}

var grounds = []words.Named{
	{Code: "penalty", Text: t("行政处罚决定（暂扣、发还、吊销）", "Penalty decision (withhold, give back, forfeit)")},
	{Code: "fraud", Text: t("以欺骗、贿赂等手段取得（撤销）", "Fraud or bribery (revoke)")},
	{Code: "ultra_vires", Text: t("超越法定职权（撤销）", "Beyond the power (revoke)")},
	{Code: "procedure", Text: t("违反法定程序（撤销）", "Breach of procedure (revoke)")},
	{Code: "abuse", Text: t("滥用职权、玩忽职守（撤销）", "Abuse or neglect (revoke)")},
	{Code: "ineligible", Text: t("不具备资格或者条件（撤销）", "Not eligible (revoke)")},
	{Code: "expired", Text: t("届满未延续（注销）", "Expired (cancel)")},
	{Code: "terminated", Text: t("单位依法终止（注销）", "The unit ended (cancel)")},
	{Code: "revoked", Text: t("许可已撤销（注销）", "Revoked (cancel)")},
	{Code: "forfeited", Text: t("许可证已吊销（注销）", "Forfeited (cancel)")},
	{Code: "lost", Text: t("遗失（补领）", "Lost (new paper)")},
	{Code: "damaged", Text: t("损毁（补领）", "Damaged (new paper)")},
}
