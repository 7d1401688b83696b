package registration

import "shiyang/gateway/web/words"

func t(zh, en string) words.Text { return words.T(zh, en) }

// Texts of registrations.
var (
	title        = t("排污登记", "Registrations")
	kind         = t("排污登记", "Registration")
	lead         = t("登记管理的排污单位：判定管理类别，填报登记表，当场取得回执。", "Sources under registration: decide the tier, register, and have the receipt at once.")
	query        = t("单位、信用代码、地址或登记编号", "Unit, credit code, address or number")
	none         = t("没有符合条件的登记。请从“排污单位”打开场所，先判定管理类别。", "No registration matches. Open a site from the list of sites and decide its tier first.")
	chooseSite   = t("选择场所", "Choose a site")
	number       = t("登记编号", "Registration number")
	awaited      = t("待国家平台编号", "The national number is awaited")
	tierLabel    = t("管理类别", "Tier")
	listedTier   = t("按名录判定", "By the list")
	overridden   = t("改判", "Decided otherwise")
	overrideText = t("改判理由", "Why otherwise")
	reasonsTitle = t("判定依据", "Why this tier")
	ruleLabel    = t("规则", "Rule")
	products     = t("主要产品", "Main products")
	releases     = t("污染物排放去向和防治措施", "What is given off, and what is done about it")
	registered   = t("登记日期", "Registered on")
	lateChanges  = t("逾期变更", "Changes filed late")
	endedReason  = t("注销原因", "Why it ended")
	newPermit    = t("取代它的许可证", "The permit that took its place")
	receiptTitle = t("固定污染源排污登记回执", "Receipt of a registration of discharge")
	receiptLink  = t("打印回执", "Print the receipt")
	receiptNote  = t("登记信息以全国排污许可证管理信息平台为准。", "What the national platform says of this registration prevails.")
	receiptDemo  = t("演示：虚构的单位和编号。", "Demonstration: unit and number are made up.")
	needsPermit  = t("该场所应当取得排污许可证。", "This site needs a discharge permit.")
	needsNothing = t("该场所无需取得排污许可证，也无需登记。", "This site needs neither a permit nor a registration.")
	applyLink    = t("到场所页申请排污许可证", "Apply for a permit on the page of the site")
	siteLink     = t("场所", "Site")
	undecided    = t("尚未判定管理类别。", "The tier was not decided yet.")
	publicTitle  = t("排污登记公开", "Public register of registrations")
	publicLead   = t("现行有效的排污登记。", "Registrations in force.")
	listTitle    = t("分类管理名录", "Classification list")
	listLead     = t("固定污染源排污许可分类管理名录：按行业代码、类别号或者文字查找。", "Which sources need a permit or a registration: search by industry code, row or words.")
	listQuery    = t("行业代码、类别号或文字", "Industry code, row or words")
	listNone     = t("没有符合条件的类别。", "No row matches.")
	rowLabel     = t("类别号", "Row")
	classLabel   = t("行业类别", "Class of industry")
	processes    = t("通用工序", "General processes")
	starNote     = t("标*的条件只适用于在工业建筑中生产的排污单位。", "What bears an asterisk holds only inside industrial buildings.")
)

// Texts of the forms.
var (
	doDecide     = t("判定管理类别", "Decide the tier")
	leadDecide   = t("对照名录逐类回答。一个场所涉及多个行业的，按最严的类别管理。", "Answer for each row of the list. Several industries of one site: the strictest tier counts.")
	industries   = t("行业类别（第1至108类）", "Industries (rows 1 to 108)")
	addIndustry  = t("增加一个行业", "Add an industry")
	industryItem = t("第 %d 个行业", "Industry %d")
	processHint  = t("锅炉、工业炉窑、表面处理、水处理（第109至112类）；没有的不填。", "Boilers, kilns, surface treatment, water treatment (rows 109 to 112); leave out what there is not.")
	addProcess   = t("增加一个通用工序", "Add a process")
	processItem  = t("第 %d 个工序", "Process %d")
	columnLabel  = t("符合哪一列的条件", "Which column's words hold")
	columnHint   = t("该列写的是“全部”“其他”或者“通用工序”的，选“无”，由系统判断。", "Where a column says all, other or general process, choose none: the system decides.")
	outdoorLabel = t("不在工业建筑中生产", "Not inside industrial buildings")
	keyUnit      = t("已列入重点排污单位名录", "On the list of key units")
	largeLabel   = t("有名录第七条所列情形（年排放量大）", "A case of Art. 7 of the list holds (large yearly masses)")
	otherAnswers = t("其他情况", "Other facts")
	doOverride   = t("改判管理类别", "Decide otherwise than the list")
	leadOverride = t("只在名录判定与实际不符时使用；理由和原判定都会留存。", "Only where the list and the facts differ; the reason and what the list says are both kept.")
	whyLabel     = t("理由", "Reason")
	doFile       = t("填报排污登记表", "Register")
	leadFile     = t("提交后立即取得登记回执，有效期五年。", "The receipt comes at once and holds for five years.")
	doChange     = t("变更登记", "File a change")
	leadChange   = t("自变化之日起二十日内填报；逾期的也可以填报，会标记为逾期。", "Within twenty days of the change; a later one is filed too and marked as late.")
	changedOn    = t("变化发生日期", "Day of the change")
	changedWhat  = t("变更内容", "What changed")
	doRenew      = t("延续登记", "Renew")
	leadRenew    = t("新的有效期接在原有效期之后。", "The new term follows the old one.")
	doCancel     = t("注销登记", "Cancel the registration")
	groundLabel  = t("注销事由", "Ground")
	doNumber     = t("录入国家平台编号", "Enter the national number")
	numberHint   = t("22 位：信用代码、三位序号和一个字母。", "22 characters: credit code, three digits and a letter.")
	productItem  = t("第 %d 种产品", "Product %d")
	addProduct   = t("增加产品", "Add a product")
	productTitle = t("名称", "Name")
	productCap   = t("生产能力", "Capacity")
	capHint      = t("例如 3000 吨/年", "For example 3000 t/a")
	releaseItem  = t("第 %d 项", "Item %d")
	addRelease   = t("增加一项", "Add an item")
	medium       = t("类型", "Kind")
	process      = t("产生环节", "Process")
	measure      = t("防治措施", "Measure")
	destination  = t("排放去向", "Destination")
	standard     = t("执行标准", "Standard")
	declare      = t("所填内容真实、准确、完整，本单位承担法律责任", "What is stated is true, exact and complete; we answer for it")
)

// Texts of the roll of sources.
var (
	rollTitle    = t("污染源名录", "Roll of sources")
	sourceKind   = t("名录污染源", "Source of the roll")
	rollLead     = t("摸、排、分、清：每个污染源分到许可、登记、整改或者无需纳入，不留空白。", "Every source of the census belongs to a permit, a registration, a rectification or none; nobody is left over.")
	countsTab    = t("分清情况", "Counts")
	countsLead   = t("各县区污染源分清情况。点数字查看名单。", "How far the counties are. A number leads to its list.")
	rollQuery    = t("单位、信用代码、地址或普查编号", "Unit, credit code, address or census number")
	noSources    = t("没有符合条件的污染源。名录用 shiyang import sources 导入。", "No source matches. The roll is imported with shiyang import sources.")
	outcomeLabel = t("分类结果", "Outcome")
	unsettled    = t("待分清", "Not settled")
	total        = t("合计", "Total")
	census       = t("普查编号", "Census number")
	origin       = t("来源", "Origin")
	settledBy    = t("依据", "Settled by")
	siteOf       = t("关联的场所", "Its site")
	noSite       = t("尚未关联场所", "Tied to no site yet")
	doLink       = t("关联场所", "Tie to its site")
	leadLink     = t("按信用代码或者单位名称找到的同县区场所。没有的，请先登记场所。", "Sites of the county with this credit code or name. If there is none, enter the site first.")
	pickSite     = t("场所", "Site")
	doSettle     = t("分清", "Settle")
	leadSettle   = t("核发许可证或者登记后会自动分清；这里只登记限期整改和无需纳入。", "A permit or a registration settles a source by itself; here only rectification and not required are entered.")
	dueLabel     = t("整改期限", "Rectify by")
	dueHint      = t("限期整改时填写。", "For a rectification only.")
	openRecord   = t("打开", "Open")
)

// Codes with their names.
var (
	statuses = []words.Named{
		{Code: "REGISTRATION_STATUS_CLASSIFIED", Text: t("已判定，未登记", "Tier decided, not registered")},
		{Code: "REGISTRATION_STATUS_IN_FORCE", Text: t("有效", "In force")},
		{Code: "REGISTRATION_STATUS_EXPIRED", Text: t("已到期", "Expired")},
		{Code: "REGISTRATION_STATUS_CANCELLED", Text: t("已注销", "Cancelled")},
		{Code: "REGISTRATION_STATUS_REPLACED", Text: t("已转为许可", "Replaced by a permit")},
	}
	tiers = []words.Named{
		{Code: "SOURCE_TIER_KEY", Text: t("重点管理", "Key management")},
		{Code: "SOURCE_TIER_SIMPLIFIED", Text: t("简化管理", "Simplified management")},
		{Code: "SOURCE_TIER_REGISTRATION", Text: t("登记管理", "Registration")},
		{Code: "SOURCE_TIER_NOT_REQUIRED", Text: t("无需许可、登记", "Neither")},
	}
	columns = []words.Named{
		{Code: "LIST_COLUMN_UNSPECIFIED", Text: t("无", "None")},
		{Code: "LIST_COLUMN_KEY", Text: t("重点管理", "Key management")},
		{Code: "LIST_COLUMN_SIMPLIFIED", Text: t("简化管理", "Simplified management")},
		{Code: "LIST_COLUMN_REGISTRATION", Text: t("登记管理", "Registration")},
	}
	media = []words.Named{
		{Code: "REGISTRATION_MEDIUM_AIR", Text: t("废气", "Waste gas")},
		{Code: "REGISTRATION_MEDIUM_WATER", Text: t("废水", "Waste water")},
		{Code: "REGISTRATION_MEDIUM_SOLID_WASTE", Text: t("工业固体废物", "Industrial solid waste")},
		{Code: "REGISTRATION_MEDIUM_NOISE", Text: t("噪声", "Noise")},
	}
	cancelGrounds = []words.Named{
		{Code: "CANCELLATION_GROUND_NO_DISCHARGE", Text: t("不再排放污染物", "No discharge any more")},
		{Code: "CANCELLATION_GROUND_CLOSED", Text: t("单位终止", "The unit closed")},
		{Code: "CANCELLATION_GROUND_NOT_REQUIRED", Text: t("无需登记", "No registration required")},
		{Code: "CANCELLATION_GROUND_ERROR", Text: t("登记错误", "Registered in error")},
	}
	outcomes = []words.Named{
		{Code: "unsettled", Text: unsettled},
		{Code: "SOURCE_OUTCOME_PERMIT", Text: t("核发许可证", "Permit")},
		{Code: "SOURCE_OUTCOME_REGISTRATION", Text: t("登记", "Registration")},
		{Code: "SOURCE_OUTCOME_RECTIFY", Text: t("限期整改", "To rectify")},
		{Code: "SOURCE_OUTCOME_NOT_REQUIRED", Text: t("无需纳入", "Not required")},
	}
)

// names are how histories of the department tell their fields and codes.
var names = words.Names{
	Paths: map[string]words.Text{
		"tier": tierLabel, "listedTier": listedTier, "overrideReason": overrideText, "rule": ruleLabel, "reasons": reasonsTitle,
		"answers": doDecide, "industries": industries, "processes": processes, "column": columnLabel, "row": rowLabel, "keyUnit": keyUnit,
		"largeDischarge": largeLabel, "outsideIndustrialBuildings": outdoorLabel, "number": number, "numberAwaited": awaited,
		"products": products, "releases": releases, "medium": medium, "process": process, "measure": measure, "destination": destination,
		"registered": registered, "lateChanges": lateChanges, "endedReason": endedReason, "censusNumber": census, "origin": origin,
		"outcome": outcomeLabel, "outcomeText": outcomeLabel, "due": dueLabel, "reason": whyLabel, "recordId": settledBy, "category": settledBy,
	},
	Values: [][]words.Named{statuses, tiers, columns, media, outcomes[1:]},
}
