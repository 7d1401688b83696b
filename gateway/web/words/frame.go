package words

// Texts of the frame, of lists and of records in general.
var (
	Product        = Text{"石羊", "Shiyang"}
	Bureau         = Text{"武威市生态环境局业务系统", "Wuwei Ecology and Environment Bureau"}
	ErrorPrefix    = Text{"错误：", "Error: "}
	SkipToContent  = Text{"跳到正文", "Skip to content"}
	OtherLanguage  = Text{"English", "中文"}
	Menu           = Text{"菜单", "Menu"}
	CloseMenu      = Text{"关闭菜单", "Close menu"}
	MainNavigation = Text{"主导航", "Main"}
	PublicServices = Text{"公众服务", "Public services"}
	Breadcrumb     = Text{"位置", "Breadcrumb"}
	FooterNote     = Text{"标“示例”的企业、人员、编号均为虚构", "Firms, people and numbers marked “example” are made up"}
	Help           = Text{"帮助", "Help"}
	Accessibility  = Text{"无障碍声明", "Accessibility"}
	SearchAll      = Text{"搜索许可", "Search permits"}
	Search         = Text{"搜索", "Search"}
	SearchHint     = Text{"许可证号、信用代码、单位名称", "Permit number, USCC, name of the unit"}
	SwitchSeat     = Text{"（切换）", " (switch)"}
	SignOut        = Text{"退出登录", "Sign out"}
	Choose         = Text{"选择", "Choose"}
	OptionalMark   = Text{"（选填）", " (optional)"}
	Back           = Text{"上一步", "Back"}
	View           = Text{"查看", "View"}
	NextPage       = Text{"下一页", "Next"}
	AsTable        = Text{"用表格查看", "Show as a table"}
	Example        = Text{"示例", "Example"}
	All            = Text{"全部", "All"}
	FilterList     = Text{"筛选", "Filter"}
	ClearFilter    = Text{"清除", "Clear"}
	Shown          = Text{"本页 %d 条", "%d on this page"}
	ShownOf        = Text{"本页 %d 条，共 %d 条", "%d on this page, %d in all"}
	Yes            = Text{"是", "Yes"}
	No             = Text{"否", "No"}
	NotGiven       = Text{"未填写", "Not given"}
	Uploaded       = Text{"已上传：%s，%s", "Uploaded: %s, %s"}
	ChooseAgain    = Text{"重新选择文件", "Choose the file again"}
	RemoveRow      = Text{"删除这一行", "Remove this row"}
	Count          = Text{"件数", "Count"}
	State          = Text{"状态", "State"}
	County         = Text{"县区", "County"}
	Reason         = Text{"理由", "Reason"}
)

// Texts of forms that were refused.
var (
	ErrorCount       = Counted{"有 %d 处需要改正", "%d thing to correct", "%d things to correct"}
	Doubts           = Text{"有存疑之处，可以提交，也可以先改", "There are doubts: you may go on, or correct first"}
	ChangedSince     = Text{"打开这一页之后，记录有了变化", "The record has changed since you opened this page"}
	ChangedSinceNext = Text{"核对上面的变化。填写的内容都还在，仍要办理就再按一次按钮。", "Check what changed. Your answers are kept; to go on, press the button again."}
)

// Texts of due days.
var (
	DoneInTime      = Text{"已按时完成", "done in time"}
	DoneLate        = Text{"已完成，逾期", "done late"}
	LateBy          = Counted{"逾期 %d 天", "%d day late", "%d days late"}
	EndsToday       = Text{"今日届满", "ends today"}
	WorkingDaysLeft = Counted{"还有 %d 个工作日", "%d working day left", "%d working days left"}
	DaysLeft        = Counted{"还有 %d 天", "%d day left", "%d days left"}
	DueOn           = Text{"%s 届满 · %s", "due %s · %s"}
	DueTwo          = Text{"提醒 %s · 最迟 %s 届满 · %s", "remind %s · due by %s · %s"}
	Provisional     = Text{"（暂定）", " (provisional)"}
	ProvisionalWhy  = Text{"期间跨入的年份尚未公布放假安排，日期暂定，公布后重新计算。", "The holidays of a year it runs through are not published yet. The day is provisional and will be reckoned again."}
	ClockStopped    = Text{"期限中止", "clock stopped"}
	NotCounted      = Text{"不计", "not counted"}
	StillGoing      = Text{"仍在继续", "still going"}
	SpanReason      = Text{"%s 至 %s，%s", "%s to %s, %s"}
	WhatFor         = Text{"事项", "What"}
	Basis           = Text{"依据", "Basis"}
	StartsOn        = Text{"起算", "Start"}
	StartNotCounted = Text{"%s，当日不计", "%s, that day not counted"}
	PeriodName      = Text{"期间", "Period"}
	LastDay         = Text{"届满", "Last day"}
	ReminderDay     = Text{"提醒日", "Reminder"}
	LatestDay       = Text{"最迟届满", "Due by"}
	DoneOn          = Text{"完成", "Done on"}
	LawEdition      = Text{"法规数据版本", "Edition of the law data"}
	RiverName       = Text{"从 %s 起，到 %s 届满，%s", "From %s, ends %s, %s"}
	StripTitle      = Text{"三周期限一览", "Three weeks of due days"}
	RestProvisional = Text{"三周内有的年份尚未公布放假安排，休息日暂定。", "The holidays of a year in these three weeks are not published yet: rest days are provisional."}
	StripName       = Text{"三周内每日届满件数：%s", "Items ending per day in three weeks: %s"}
	LoadOf          = Text{"%s %d 件；", "%s: %d; "}
)

// Texts of records and their history.
var (
	Progress       = Text{"办理进度", "Progress"}
	StepOf         = Text{"第 %d 步，共 %d 步", "Step %d of %d"}
	ViewAsOf       = Text{"按时点查看", "View as of"}
	SeeAsItWas     = Text{"看当时的样子", "See it as it was"}
	RecordNo       = Text{"第 %d 条，共 %d 条", "Record %d of %d"}
	Now            = Text{"现在", "now"}
	PreviousRecord = Text{"上一条记录", "Previous record"}
	NextRecord     = Text{"下一条记录", "Next record"}
	BackToNow      = Text{"回到现在", "Back to now"}
	ByInstant      = Text{"按日期和时间查看", "View as of a date and time"}
	Instant        = Text{"时点（北京时间）", "Instant (Beijing time)"}
	Clock          = Text{"时钟", "Clock"}
	ByRecorded     = Text{"按录入时间", "By time of recording"}
	ByHappened     = Text{"按发生时间", "By time of happening"}
	Who            = Text{"谁", "Who"}
	Happened       = Text{"发生", "Happened"}
	Recorded       = Text{"录入", "Recorded"}
	Before         = Text{"原值", "Before"}
	RecordName     = Text{"记录", "Record"}
	NameRole       = Text{"%s（%s）", "%s (%s)"}
	RecordedLate   = Counted{"晚 %d 天录入，记录于 %s", "recorded %[1]d day later, %[2]s", "recorded %[1]d days later, %[2]s"}
	NotNow         = Counted{"现在不能做的 %d 件事，为什么", "%d thing not possible now, and why", "%d things not possible now, and why"}
	ActsNow        = Text{"现在依法可以做的事", "What the law allows now"}
	NoActs         = Text{"现在没有要办的事。", "There is nothing to do now."}
	WhatHappened   = Text{"经过", "What happened"}
	StepThrough    = Text{"逐步回放", "Step through"}
	Deadlines      = Text{"期限", "Deadlines"}
	NoDeadlines    = Text{"没有正在计算的期限。", "No period is running."}
)
