package eia

import (
	"shiyang/gateway/web/words"
	permitsv1 "shiyang/proto/permits/v1"
)

func t(zh, en string) words.Text { return words.T(zh, en) }

// Texts of the lists.
var (
	eiaTitle     = t("环评审批", "EIA files")
	eiaKind      = t("环评事项", "EIA file")
	filesTab     = t("环评事项", "Files")
	workTab      = t("环评待办", "To do")
	eiaLead      = t("建设项目环评：报告书、报告表审批和登记表备案。", "EIA of construction projects: reports and forms approved, registration forms filed.")
	workLead     = t("按法定期限的提醒日排序。", "Sorted by the day of reminder under the law.")
	workWaits    = t("环评待办", "EIA files to handle")
	eiaQuery     = t("项目、单位或文号", "Project, builder or number")
	noFiles      = t("没有符合条件的环评事项。", "No file matches.")
	noWork       = t("没有环评待办。", "No EIA file waits for you.")
	orderDue     = words.OrderDue
	begin        = t("发起环评", "Begin a file")
	noName       = t("（尚未填报项目）", "(no project filed yet)")
	noticesTitle = t("环评公示", "EIA notices")
	noticesLead  = t("受理公示、拟审批公示和审批决定公告。全文见所附网址。", "Notices of acceptance, of intended decisions, and decisions. The full texts are at the addresses.")
	noNotices    = t("目前没有公示。", "There is no notice now.")
	guidesTitle  = t("环评办事指南", "EIA guides")
	guidesLead   = t("申请人需要准备什么、多久办结、哪些可以容缺。", "What to hand in, how long it takes, and what may follow later.")
	unconfirmed  = t("分级审批清单和承诺时限尚未经本局确认，以正式公布为准。", "The list of competence and the promised times are not confirmed by the bureau yet; what it publishes decides.")
	running      = t("公示中", "Running")
	over         = t("已期满", "Over")
	noticeKind   = t("种类", "Kind")
	noticeDays   = t("公示期", "From – to")
	fullText     = t("查看全文", "Full text")
	needsNone    = t("无需审批，提交即备案", "No approval; filed at once")
	legalPeriod  = t("法定期限", "Period of law")
	promisedIn   = t("承诺时限", "Promised within")
	wdays        = t("%d 个工作日", "%d working days")
	materials    = t("需要的材料", "What to hand in")
	mayFollow    = t("可以容缺的次要材料", "What may follow on a promise")
	greenChannel = t("绿色通道", "Green channel")
)

// Texts of a record.
var (
	project      = t("项目名称", "Project")
	builderText  = t("建设单位", "Builder")
	documentText = t("环评文件", "Document")
	byRule       = t("按名录判定", "By the list")
	projectCode  = t("项目代码", "Project code")
	nature       = t("建设性质", "Nature")
	place        = t("建设地点", "Place")
	industry     = t("行业代码", "Industry")
	row          = t("名录序号", "Row of the list")
	invest       = t("总投资", "Investment")
	investEco    = t("环保投资", "Of it environmental")
	works        = t("建设内容与规模", "Works and size")
	processes    = t("主要工艺", "Processes")
	pollutants   = t("主要污染物", "Pollutants")
	loadSource   = t("总量指标来源", "Source of the load index")
	remedy       = t("以新带老措施", "Remedy of existing pollution")
	consultancy  = t("编制单位", "Consultancy")
	compiler     = t("编制主持人", "Chief compiler")
	creditNo     = t("信用编号", "Credit number")
	operation    = t("计划投入运行", "Operation from")
	yuan         = t("万元", "10,000 yuan")
	filedOn      = t("收到", "Received")
	startBy      = t("应开工日", "Begin by")
	begunOn      = t("开工", "Works begun")
	ownAccept    = t("竣工自主验收", "Own acceptance")
	conditions   = t("批复要求", "Conditions")
	grounds      = t("不予批准的法定情形", "Grounds of refusal")
	overriding   = t("另作判定的理由", "Reason for another kind")
	promisedOpen = t("容缺材料", "Promised items")
	promiseDue   = t("承诺 %s 前补齐", "promised by %s")
	suppliedOn   = t("%s 已补", "supplied on %s")
	notYet       = t("未补", "missing")
	brokenNote   = t("承诺逾期未补齐，已记录失信；补齐前不能批准，可以退件。", "The promise was broken and is on record; nothing is approved until it is made good, and the file may be sent back.")
	publicity    = t("公示", "Notices")
	screening    = t("分区管控研判", "Zoning")
	noScreening  = t("没有已装载的分区管控成果，未研判。", "No edition of control units is loaded; not screened.")
	verdictText  = t("结论", "Result")
	unitText     = t("管控单元", "Control units")
	rowsText     = t("适用的准入要求", "Rows that apply")
	editionText  = t("依据版本", "Edition")
	screenedOn   = t("研判日", "Screened on")
	parkText     = t("园区规划环评", "Plan EIA of the park")
	previousFile = t("原批复", "File that it replaces")
	nextFile     = t("重大变动后的新件", "File that replaces it")
	replacedNote = t("本批复已由重大变动后的新批复取代。", "A newer approval for a major change has taken its place.")
	lapsedNote   = t("经重新审核，本批复不再有效。", "After a re-check this approval no longer holds.")
	changesText  = t("一般变动", "Small changes")
)

// Texts of forms.
var (
	expectKind  = t("预计的文件类别", "Kind of document you expect")
	expectHint  = t("填报时按名录判定，可以更正。", "The list decides when you file; you can still change it.")
	pickCounty  = t("项目所在县区", "County of the project")
	filingLead  = t("一次填完并提交；有误会逐项指出，已填内容保留。", "Fill it in and file it at once; every mistake is pointed out and nothing typed is lost.")
	basicTitle  = t("项目", "Project")
	classTitle  = t("分类与分级", "Class and competence")
	classHint   = t("按 2021 年版分类管理名录选定行，并回答该行是否符合。", "Choose the row of the classification list of 2021 and answer what it leaves open.")
	effectTitle = t("工艺与污染", "Processes and pollution")
	compTitle   = t("编制（登记表不填）", "Compilation (not for a registration form)")
	filesTitle  = t("材料", "Files")
	meetsReport = t("符合该行“报告书”栏的文字", "It meets the row's words for a report")
	meetsForm   = t("符合该行“报告表”栏的文字", "It meets the row's words for a form")
	meetsReg    = t("符合该行“登记表”栏的文字", "It meets the row's words for a registration form")
	sensitive   = t("涉及该行所列环境敏感区", "It touches a sensitive area that the row means")
	special     = t("其他情形", "Anything special")
	perLine     = t("每行一个", "One on each line")
	parkField   = t("所在园区（规划环评登记簿）", "Park (plan-EIA register)")
	fullDoc     = t("环评文件全本", "The document in full")
	signed      = t("容缺承诺书（需要容缺时）", "Signed promise (only to supply items later)")
	declared    = t("我单位承诺以上内容真实", "We declare that all of this is true")
	whyChange   = t("变动内容", "What changes")
	whySmall    = t("不属于重大变动的理由", "Why it is no major change")
	passedText  = t("验收结论", "Result")
	passedYes   = t("合格", "passed")
	passedNo    = t("不合格", "not passed")
	promiseTick = t("容缺受理的材料（卷内须有承诺书）", "Items that may follow (a signed promise is on file)")
	promiseBy   = t("补齐期限", "To be supplied by")
	promiseHint = t("不晚于审批期限；不容缺则留空。", "Not after the last day of the decision; empty when nothing is missing.")
	itemsText   = t("补交的材料", "What is supplied")
	noticeFrom  = t("公示起始日", "First day")
	noticeURL   = t("全文网址", "Address of the full text")
	recommend   = t("审查结论", "Advice")
	toApprove   = t("建议批准", "approve")
	toRefuse    = t("建议不予批准", "refuse")
	capacity    = t("申请人身份", "In which capacity")
	applicant   = t("建设单位", "builder")
	interested  = t("利害关系人", "interested party")
	heldText    = t("听证情况", "Hearing")
	heldYes     = t("已举行", "held")
	heldNo      = t("申请撤回", "request taken back")
	upheldText  = t("审核结论", "Answer")
	upheldYes   = t("维持原批复", "the approval stands")
	upheldNo    = t("原批复不再有效", "the approval no longer holds")
	changeLead  = t("性质、规模、地点、工艺或者措施发生重大变动的，重新报批；新件批准后原批复不再适用。", "A material change of nature, size, place, process or measures needs a new file; once it is approved the old approval no longer holds.")
)

var documents = []words.Named{
	{Code: permitsv1.EiaDocument_EIA_DOCUMENT_REPORT.String(), Text: t("报告书", "Report")},
	{Code: permitsv1.EiaDocument_EIA_DOCUMENT_FORM.String(), Text: t("报告表", "Form")},
	{Code: permitsv1.EiaDocument_EIA_DOCUMENT_REGISTRATION.String(), Text: t("登记表", "Registration form")},
}

var statuses = []words.Named{
	{Code: permitsv1.EiaStatus_EIA_STATUS_DRAFT.String(), Text: t("草稿", "Draft")},
	{Code: permitsv1.EiaStatus_EIA_STATUS_SUBMITTED.String(), Text: t("待受理", "Filed, to be accepted")},
	{Code: permitsv1.EiaStatus_EIA_STATUS_DEFICIENT.String(), Text: t("待补正", "To be completed")},
	{Code: permitsv1.EiaStatus_EIA_STATUS_ACCEPTED.String(), Text: t("审查中", "In examination")},
	{Code: permitsv1.EiaStatus_EIA_STATUS_EXAMINED.String(), Text: t("待决定", "To be decided")},
	{Code: permitsv1.EiaStatus_EIA_STATUS_APPROVED.String(), Text: t("已批准", "Approved")},
	{Code: permitsv1.EiaStatus_EIA_STATUS_REFUSED.String(), Text: t("不予批准", "Refused")},
	{Code: permitsv1.EiaStatus_EIA_STATUS_FILED.String(), Text: t("已备案", "Registration form filed")},
	{Code: permitsv1.EiaStatus_EIA_STATUS_NOT_REQUIRED.String(), Text: t("无需审批", "No approval required")},
	{Code: permitsv1.EiaStatus_EIA_STATUS_WRONG_AUTHORITY.String(), Text: t("不属本机关职权", "Outside this authority")},
	{Code: permitsv1.EiaStatus_EIA_STATUS_RETURNED.String(), Text: t("已退件", "Sent back")},
	{Code: permitsv1.EiaStatus_EIA_STATUS_WITHDRAWN.String(), Text: t("已撤回", "Withdrawn")},
}

var natures = []words.Named{
	{Code: permitsv1.ProjectNature_PROJECT_NATURE_NEW.String(), Text: t("新建", "New")},
	{Code: permitsv1.ProjectNature_PROJECT_NATURE_REBUILD.String(), Text: t("改建", "Rebuilding")},
	{Code: permitsv1.ProjectNature_PROJECT_NATURE_EXPAND.String(), Text: t("扩建", "Expansion")},
	{Code: permitsv1.ProjectNature_PROJECT_NATURE_TECHNICAL.String(), Text: t("技术改造", "Technical change")},
}

var specials = []words.Named{
	{Code: "cross_prefecture", Text: t("跨市（州）", "Lies in several prefectures")},
	{Code: "cross_province", Text: t("跨省", "Lies in several provinces")},
	{Code: "state_approved", Text: t("国务院审批、核准", "Approved by the State Council")},
	{Code: "nuclear", Text: t("核设施", "Nuclear facility")},
	{Code: "secret", Text: t("绝密工程", "Secret works")},
}

var groundList = []words.Named{
	{Code: permitsv1.EiaGround_EIA_GROUND_SITING.String(), Text: t("类型、选址、布局、规模不符合法律法规和规划", "Kind, site, layout or size conflict with law or plans")},
	{Code: permitsv1.EiaGround_EIA_GROUND_QUALITY.String(), Text: t("区域质量未达标且措施不能满足管理要求", "The area misses its standards and the measures do not suffice")},
	{Code: permitsv1.EiaGround_EIA_GROUND_MEASURES.String(), Text: t("措施不能确保达标排放或者防止生态破坏", "The measures do not ensure standards or protect nature")},
	{Code: permitsv1.EiaGround_EIA_GROUND_EXISTING.String(), Text: t("未对原有污染提出有效防治措施", "Existing pollution is not dealt with")},
	{Code: permitsv1.EiaGround_EIA_GROUND_DOCUMENT.String(), Text: t("资料明显不实、重大缺陷遗漏或者结论不合理", "False data, grave gaps or an unsound conclusion")},
}

var noticeKinds = []words.Named{
	{Code: permitsv1.EiaNoticeKind_EIA_NOTICE_KIND_ACCEPTANCE.String(), Text: t("受理公示", "Acceptance")},
	{Code: permitsv1.EiaNoticeKind_EIA_NOTICE_KIND_INTENTION.String(), Text: t("拟审批公示", "Intended decision")},
	{Code: permitsv1.EiaNoticeKind_EIA_NOTICE_KIND_DECISION.String(), Text: t("审批决定公告", "Decision")},
}

var pauseKinds = []words.Named{
	{Code: "technical_assessment", Text: t("技术评估", "Technical assessment")},
	{Code: "expert_review", Text: t("专家评审", "Expert review")},
	{Code: "hearing", Text: t("听证", "Hearing")},
}

var unitKinds = []words.Named{
	{Code: permitsv1.UnitKind_UNIT_KIND_PRIORITY.String(), Text: t("优先保护单元", "Priority protection")},
	{Code: permitsv1.UnitKind_UNIT_KIND_KEY.String(), Text: t("重点管控单元", "Key control")},
	{Code: permitsv1.UnitKind_UNIT_KIND_GENERAL.String(), Text: t("一般管控单元", "General control")},
}

var accesses = []words.Named{
	{Code: permitsv1.Access_ACCESS_FORBIDDEN.String(), Text: t("禁止", "Forbidden")},
	{Code: permitsv1.Access_ACCESS_LIMITED.String(), Text: t("限制", "Limited")},
	{Code: permitsv1.Access_ACCESS_ALLOWED.String(), Text: t("允许", "Allowed")},
}

var verdicts = []words.Named{
	{Code: permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONFORM.String(), Text: t("符合", "Conforms")},
	{Code: permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONDITIONS.String(), Text: t("有条件", "With conditions")},
	{Code: permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONFLICT.String(), Text: t("冲突", "Conflict")},
	{Code: permitsv1.ScreeningVerdict_SCREENING_VERDICT_NOT_COVERED.String(), Text: t("未覆盖", "Not covered")},
}
