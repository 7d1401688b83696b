package words

// Texts of the worklist.
var (
	MyWork       = Text{"我的待办", "What I must do next"}
	MyWorkMenu   = Text{"我的待办", "My actions"}
	MyWorkLead   = Text{"%s · 按法定期限的提醒日排序", "%s · sorted by the day of reminder under the law"}
	OverdueWork  = Text{"已逾期", "Overdue"}
	TodayWork    = Text{"今日应办", "For today"}
	NearWork     = Text{"临近届满", "Ending soon"}
	LaterWork    = Text{"以后", "Later"}
	OpenEnded    = Text{"没有法定期限", "Without a legal period"}
	AllWork      = Text{"全部待办", "All actions"}
	UrgentWork   = Text{"已逾期和今日应办", "Overdue and for today"}
	UrgentNote   = Text{"逾期的事仍然要办，并写明原因", "Still to be done, with the reason recorded"}
	NothingToDo  = Text{"没有待办的事。", "Nothing is to be done."}
	NothingLate  = Text{"没有逾期的事。", "Nothing is overdue."}
	Items        = Text{"件", ""}
	NameThing    = Text{"%s：%s", "%s: %s"}
	OpenRecord   = Text{"打开", "Open"}
	NoSeatTitle  = Text{"还不能代表任何单位办事", "You cannot act for anybody yet"}
	WelcomeTitle = Text{"开始", "Begin"}
)

// Texts of permits.
var (
	Permits        = Text{"排污许可", "Permits"}
	PermitTitle    = Text{"%s排污许可证", "Discharge permit: %s"}
	Application    = Text{"%s排污许可申请", "Application for a permit: %s"}
	PermitsLead    = Text{"申请和许可证，可按县区、状态和类别查。", "Applications and permits, by county, state and class."}
	NoPermits      = Text{"没有符合条件的许可。", "No permit matches."}
	PermitQuery    = Text{"单位名称、信用代码或许可证号", "Name, USCC or permit number"}
	PermitNumber   = Text{"许可证号", "Permit number"}
	Validity       = Text{"有效期", "Validity"}
	FromTo         = Text{"%s 至 %s", "%s to %s"}
	NextDue        = Text{"最近法定期限", "Next legal due day"}
	OrderBy        = Text{"排序", "Order"}
	OrderDue       = Text{"按最近法定期限", "By next due day"}
	OrderRecorded  = Text{"按最近变动", "By last change"}
	OrderName      = Text{"按单位名称", "By name"}
	OrderValidTo   = Text{"按有效期止", "By end of validity"}
	NotIssued      = Text{"尚未核发", "Not issued"}
	TierOfSite     = Text{"管理类别与排污登记", "Tier and registration"}
	Received       = Text{"收到申请", "Received"}
	Accepted       = Text{"受理", "Accepted"}
	AcceptedSilent = Text{"%s（逾期未告知，视为受理）", "%s (deemed, no answer in time)"}
	Decided        = Text{"作出决定", "Decided"}
	DocumentNumber = Text{"文号", "Document number"}
	NoticeAt       = Text{"申请前公开", "Public notice"}
	Missing        = Text{"需补正的内容", "What is missing"}
	ExamOpinion    = Text{"审查意见（局内）", "Examiner’s opinion (bureau only)"}
	Remedies       = Text{"救济途径", "Remedies"}
	Declined       = Text{"不予受理、撤回的理由", "Reason"}
	Mirrored       = Text{"来自全国平台", "Mirrored from the national platform"}
	PrintCopy      = Text{"打印副本", "Print the copy"}
	DoneNow        = Text{"已办理。", "Done."}
	DoneTwice      = Text{"这件事此前已经办过，没有重复办理。", "This had been done before; it was not done twice."}
	StateThen      = Text{"第 %d 条之后的样子", "As it stood after record %d"}
	PastNote       = Text{"这是当时的样子，不能在这里办理。", "This is how it stood then; nothing can be done here."}
	ChangedTag     = Text{"与现在不同", "Differs from today"}
	Item           = Text{"项目", "Item"}
	Then           = Text{"当时", "Then"}
	TodayValue     = Text{"现在", "Today"}
	SkippedEvents  = Text{"已录入、当时尚未发生的记录", "Known, but not yet happened then"}
	SinceThen      = Text{"此后改变的内容", "What has changed since"}
	NothingThen    = Text{"那时还没有这条记录。", "The record did not exist then."}
	SameAsToday    = Text{"与现在相同", "Same as today"}
)

// Texts of the public pages and of audit.
var (
	RegisterTitle   = Text{"排污许可证公开查询", "Public register of discharge permits"}
	RegisterNone    = Text{"没有符合条件的许可证。可以缩短关键词，或改选县区。", "No permit matches. Use fewer words or another county."}
	FindEntries     = Text{"查询", "Find"}
	IssuedBy        = Text{"发证机关", "Issued by"}
	BureauName      = Text{"武威市生态环境局", "Wuwei Ecology and Environment Bureau"}
	Indicators      = Text{"规划指标", "Plan indicators"}
	IndicatorsTitle = Text{"生态环境规划指标", "Indicators of the plan"}
	IndicatorName   = Text{"指标", "Indicator"}
	TargetOf        = Text{"%s 年目标", "target of %s"}
	NoIndicators    = Text{"还没有录入指标。", "No indicators have been entered."}
	Source          = Text{"来源", "Source"}
	Places          = Text{"规划地名", "Places"}
	PlacesTitle     = Text{"规划列出的地方", "Places that the plan names"}
	PlaceName       = Text{"名称", "Name"}
	NoPlaces        = Text{"还没有录入地方。", "No places have been entered."}
	Note            = Text{"说明", "Note"}

	Audit            = Text{"审计", "Audit"}
	Replay           = Text{"历史回放", "Replay"}
	ReplayOf         = Text{"历史回放：%s", "Replay: %s"}
	ReplayLead       = Text{"每一条记录是什么、谁做的、何时发生、何时录入、改了什么。", "What each record is, who made it, when it happened and was recorded, and what it changed."}
	FindRecord       = Text{"查一条记录", "Find a record"}
	RecordKind       = Text{"记录种类", "Kind of record"}
	RecordID         = Text{"记录编号", "Record id"}
	RecordIDHint     = Text{"打开许可或场所后地址栏里的编号。", "It stands in the address of a permit or site."}
	OpenHistory      = Text{"查看历史", "Show the history"}
	ThisRecord       = Text{"这一条用白话说", "This record in plain words"}
	ChangedItems     = Text{"这一条改变的内容", "What this record changed"}
	NothingChanged   = Text{"这一条没有改变状态。", "This record changed nothing in the state."}
	After            = Text{"之后", "After"}
	StateAfter       = Text{"当时的状态", "The state then"}
	AroundIt         = Text{"前后记录", "Records around it"}
	Proof            = Text{"出处", "Provenance"}
	EventID          = Text{"事件编号", "Event id"}
	EventType        = Text{"事件种类", "Event type"}
	Position         = Text{"日志位置", "Position in the log"}
	CommandID        = Text{"命令编号", "Command id"}
	CorrelationID    = Text{"请求编号", "Correlation id"}
	Program          = Text{"来自程序", "Program"}
	TwoClocksName    = Text{"%d 条记录的发生时间和录入时间，当前第 %d 条", "When %d records happened and were recorded; now at record %d"}
	ReplayCheck      = Text{"重放核对", "Replay check"}
	ReplayCheckLead  = Text{"从第一条事件起重新计算全部视图，再与正在使用的逐行比较。", "Reckons every view anew from the first event and compares it row by row with the live one."}
	RunCheck         = Text{"开始核对", "Run the check"}
	CheckEqual       = Text{"全部相符", "All agree"}
	CheckUnequal     = Text{"有不一致", "There are differences"}
	ViewName         = Text{"视图", "View"}
	RowsLive         = Text{"现有行数", "Rows live"}
	RowsReplayed     = Text{"重放行数", "Rows replayed"}
	EventsReplayed   = Text{"事件数", "Events"}
	Result           = Text{"结果", "Result"}
	Agrees           = Text{"相符", "Agrees"}
	Differs          = Text{"不一致", "Differs"}
	PermitKind       = Text{"排污许可", "Permit"}
	FacilityKindName = Text{"生产经营场所", "Site"}
	AuditMenu        = Text{"回放与核对", "Replay and check"}
)

// Texts of refusals and of the two pages of the footer.
var (
	ErrForbidden   = Text{"无权办理", "Not allowed"}
	ErrNotFound    = Text{"没有这一页", "There is no such page"}
	ErrNotFoundWhy = Text{"地址不对，或这条记录不存在，或无权查看。", "The address is wrong, or there is no such record, or you may not see it."}
	ErrConflict    = Text{"别人先办了", "Someone else acted first"}
	ErrInvalid     = Text{"填写有误", "Something is wrong"}
	ErrServer      = Text{"系统出错", "Something went wrong"}
	ErrServerWhy   = Text{"没有办成。稍后再试；仍不行就把编号告诉系统管理员。", "It was not done. Try again later; if it still fails, tell the administrator this number."}
	ErrUnavailable = Text{"暂时无法办理", "Not available now"}
	ErrTooMany     = Text{"次数过多", "Too many attempts"}
	ErrTooLarge    = Text{"内容太大", "Too large"}
	ErrTooLargeWhy = Text{"单个文件不超过 20 MB。", "One file may have 20 MB at most."}
	ErrCrossSite   = Text{"请求来自别的网站，没有办理。", "The request came from another site and was not carried out."}
	ErrNumber      = Text{"编号", "Number"}
	WhatNext       = Text{"可以这样做", "What you can do"}
	GoHome         = Text{"回到首页", "Go to the start"}
	HelpTitle      = Text{"帮助", "Help"}
	HelpBody       = Text{"忘记口令找系统管理员重设。企业初次使用：注册账号，申请代表企业办事，通过后登记场所，再申请许可。", "The system administrator resets a forgotten password. A new firm: open an account, ask to act for the firm, register the site, then apply for the permit."}
	HelpDates      = Text{"每个期限都能点开，看依据、起算、期间、不计的日子和届满日。", "Every due day opens and shows basis, start, period, days not counted and last day."}
	HelpAsOf       = Text{"沙色的条可以看任何时点的样子；那时不能办理。", "The sand-coloured bar shows any instant; nothing can be done there."}
	AccessTitle    = Text{"无障碍声明", "Accessibility statement"}
	AccessBody     = Text{"网站以 WCAG 2.2 AA 为目标：可用键盘操作，不用脚本也能办理，文字与背景对比不低于 4.5:1，图表都有文字和表格。", "This site aims at WCAG 2.2 AA: it works by keyboard and without scripts, text has a contrast of at least 4.5:1, and charts have words and a table."}
	AccessProblem  = Text{"读屏软件的测试还没有做完。遇到障碍请告诉系统管理员。", "Tests with screen readers are not finished. Tell the system administrator about any barrier."}
	Theme          = Text{"显示", "Display"}
	ThemeLight     = Text{"浅色", "Light"}
	ThemeDark      = Text{"深色", "Dark"}
	MenuWork       = Text{"我的工作", "My work"}
	MenuFirm       = Text{"我的企业", "My company"}
	MenuRegulated  = Text{"监管对象", "Regulated firms"}
	MenuLookUp     = Text{"查询", "Look up"}
	MenuMore       = Text{"全部…", "All …"}
	PagesBeside    = Text{"本栏目的页面", "Pages of this section"}
	AlsoWaiting    = Text{"其他待办", "Also waiting for you"}
	SomeLate       = Text{"有逾期", "some late"}
)
