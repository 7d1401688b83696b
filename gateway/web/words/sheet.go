package words

// Texts of the application for a permit; each is the label of one field.
var (
	BasicData       = Text{"基本信息", "Basic data"}
	ClassLabel      = Text{"管理类别", "Management class"}
	ClassHint       = Text{"按《固定污染源排污许可分类管理名录（2019年版）》。", "By the classification list of 2019."}
	Industry        = Text{"行业类别代码", "Industry code"}
	IndustryHint    = Text{"国民经济行业分类（GB/T 4754）四位数字，例如 3099。", "GB/T 4754, four digits, such as 3099."}
	ListRow         = Text{"名录序号", "Row of the list"}
	ListRowHint     = Text{"名录中决定管理类别的那一行，1 到 112。", "The row that decides the class, 1 to 112."}
	EiaNumber       = Text{"环评批复文号或登记号", "EIA approval or registration number"}
	EiaHint         = Text{"例如 武环评发〔2022〕31号。", "Such as 武环评发〔2022〕31号."}
	Facilities      = Text{"主要生产设施", "Production facilities"}
	FacilityItem    = Text{"生产设施 %d", "Production facility %d"}
	AddFacility     = Text{"添加生产设施", "Add a production facility"}
	CodeLabel       = Text{"编号", "Code"}
	FacilityCode    = Text{"MF 加四位数字，例如 MF0001。", "MF and four digits: MF0001."}
	Called          = Text{"名称", "Name"}
	Capacity        = Text{"生产能力", "Capacity"}
	CapacityHint    = Text{"带单位。", "With its unit."}
	Abatements      = Text{"污染防治设施", "Abatement"}
	AbatementItem   = Text{"防治设施 %d", "Abatement %d"}
	AddAbatement    = Text{"添加防治设施", "Add abatement"}
	AbatementCode   = Text{"TA、TW、TN 或 TS 加三位数字，例如 TA001。", "TA, TW, TN or TS and three digits: TA001."}
	Process         = Text{"工艺", "Process"}
	ForOutlet       = Text{"对应排放口", "Outlet it serves"}
	Outlets         = Text{"排放口", "Outlets"}
	OutletsHint     = Text{"废气 DA001，废水 DW001，雨水 YS001；高度和内径只填废气排放口，受纳水体只填废水排放口。", "Air DA001, water DW001, rainwater YS001. Height and diameter for air outlets only, receiving water for water outlets only."}
	OutletItem      = Text{"排放口 %d", "Outlet %d"}
	AddOutlet       = Text{"添加排放口", "Add an outlet"}
	OutletCode      = Text{"排放口编号", "Outlet code"}
	OutletKindLabel = Text{"排放口类型", "Kind of outlet"}
	Height          = Text{"高度", "Height"}
	Diameter        = Text{"内径", "Inner diameter"}
	Metre           = Text{"米", "m"}
	ReceivingWater  = Text{"受纳水体", "Receiving water"}
	Longitude       = Text{"经度", "Longitude"}
	Latitude        = Text{"纬度", "Latitude"}
	DegreesHint     = Text{"小数度数，例如 102.638。", "Decimal degrees, such as 102.638."}
	Limits          = Text{"许可排放限值", "Permitted limits"}
	LimitsHint      = Text{"每个排放口、每种污染物一行。只限浓度时年许可量留空，只限总量时浓度留空。", "One row per outlet and pollutant. Leave the yearly mass empty if only concentration is limited, and the other way round."}
	LimitItem       = Text{"限值 %d", "Limit %d"}
	AddLimit        = Text{"添加限值", "Add a limit"}
	Pollutant       = Text{"污染物代码", "Pollutant code"}
	PollutantName   = Text{"污染物", "Pollutant"}
	PollutantHint   = Text{"HJ 212 代码，例如 a21026。", "HJ 212 code, such as a21026."}
	Concentration   = Text{"浓度限值", "Concentration"}
	UnitLabel       = Text{"单位", "Unit"}
	AveragingLabel  = Text{"均值时段", "Averaging"}
	YearlyMass      = Text{"年许可量", "Mass a year"}
	TonneAYear      = Text{"吨/年", "t a year"}
	Standard        = Text{"执行标准", "Standard"}
	StandardHint    = Text{"例如 GB 16297-1996。", "Such as GB 16297-1996."}
	MonitoringPlan  = Text{"自行监测", "Self-monitoring"}
	MonitoringItem  = Text{"监测 %d", "Monitoring %d"}
	AddMonitoring   = Text{"添加监测", "Add monitoring"}
	Automatic       = Text{"自动监测", "Automatic"}
	Frequency       = Text{"监测频次", "Frequency"}
	MethodLabel     = Text{"监测方法", "Method"}
	Duties          = Text{"管理要求", "Duties"}
	Ledger          = Text{"台账要求", "Records to keep"}
	ExecReports     = Text{"执行报告要求", "Execution reports"}
	Disclosure      = Text{"信息公开要求", "Disclosure"}
	Attachments     = Text{"附件", "Attachments"}
	AttachmentsHint = Text{"重点管理须附承诺书、环评批复和自行监测方案。", "Key management needs the letter of commitment, the EIA approval and the monitoring plan."}
	AttachmentKind  = Text{"附件种类", "Kind of document"}
	AttachmentFile  = Text{"选择文件", "Choose a file"}
	UploadFile      = Text{"上传附件", "Upload"}
	RemoveFile      = Text{"移除附件", "Remove"}
	NoAttachments   = Text{"还没有上传附件。", "Nothing has been uploaded yet."}
	FileSize        = Text{"大小", "Size"}
	FileHash        = Text{"摘要", "Hash"}
	DeclaredTrue    = Text{"以上内容真实、完整，我愿承担法律责任。", "The above is true and complete; I take legal responsibility for it."}
	Declaration     = Text{"承诺", "Declaration"}
)

// Texts of a site.
var (
	SitesTitle     = Text{"生产经营场所", "Sites"}
	SiteTitle      = Text{"场所", "Site"}
	SitesLead      = Text{"一个场所一张排污许可证。", "One permit per site."}
	NoSites        = Text{"没有符合条件的场所。", "No site matches."}
	RegisterSite   = Text{"登记场所", "Register a site"}
	ChangeSite     = Text{"变更场所信息", "Change the site's data"}
	AssignSite     = Text{"关联企业", "Tie to an enterprise"}
	AssignLead     = Text{"把场所交给经营它的企业，之后由该企业申请许可。", "Ties the site to the enterprise that runs it, which then applies for the permit."}
	EnterpriseID   = Text{"企业编号", "Enterprise id"}
	EnterpriseHint = Text{"企业页上的编号。", "The id on the enterprise's page."}
	SiteQuery      = Text{"单位名称、信用代码、地址或园区", "Name, USCC, address or park"}
	SiteAddress    = Text{"场所地址", "Address of the site"}
	Park           = Text{"所在园区", "Industrial park"}
	Legal          = Text{"法定代表人", "Legal representative"}
	Contact        = Text{"环保负责人", "Person in charge"}
	ContactPhone   = Text{"环保负责人电话", "Telephone of the person in charge"}
	LegalPhone     = Text{"法定代表人电话", "Telephone of the legal representative"}
	Remark         = Text{"来源和说明", "Source and remarks"}
	SiteNumber     = Text{"场所序号", "Sequence of the site"}
	PermitOfSite   = Text{"许可", "Permit"}
	OpenPermit     = Text{"查看许可", "Open the permit"}
	IsExample      = Text{"虚构示例", "Made-up example"}
	WhyChange      = Text{"变更原因", "Why"}
	SaveChange     = Text{"保存变更", "Save the change"}
)

// Texts of an application, step by step.
var (
	ApplyTitle     = Text{"申请排污许可证", "Apply for a discharge permit"}
	BeginLead      = Text{"先开启申请；重点管理在提交前须公开至少 5 个工作日。", "Open the application first. Under key management it is made public for at least 5 working days before filing."}
	OpenIt         = Text{"开启申请", "Open the application"}
	FillIn         = Text{"填写申请", "Fill in the application"}
	StepBasic      = Text{"基本信息", "Basics"}
	StepOutlets    = Text{"排放口", "Outlets"}
	StepLimits     = Text{"限值", "Limits"}
	StepMonitoring = Text{"监测与管理", "Monitoring"}
	StepFiles      = Text{"附件", "Documents"}
	StepCheck      = Text{"核对并提交", "Check and submit"}
	SaveAndGoOn    = Text{"保存并继续", "Save and go on"}
	SaveDraft      = Text{"存为草稿", "Save the draft"}
	DraftSaved     = Text{"草稿已保存。可以关闭页面，以后接着填。", "The draft is saved. You may close the page and go on later."}
	DiscardDraft   = Text{"放弃填写", "Discard"}
	DiscardTitle   = Text{"放弃这份草稿？", "Discard this draft?"}
	DiscardLead    = Text{"填写的内容和附件清单会删除，已开启的申请不变。", "What you filled in and the list of documents are deleted; the application stays open."}
	KeepDraft      = Text{"暂不放弃", "Not now"}
	CheckTitle     = Text{"提交前请核对", "Check your answers before you submit"}
	CheckLead      = Text{"提交后不能直接修改，只能按补正通知更正或撤回。", "After filing it can only be corrected on a deficiency notice, or withdrawn."}
	Change         = Text{"更改", "Change"}
	CheckedBySys   = Text{"系统已核对", "Checked by the system"}
	NothingWrong   = Text{"填写的内容没有发现错误。", "Nothing wrong was found in your answers."}
	WrongFound     = Counted{"填写的内容有 %d 处错误，见页首。", "%d error was found in your answers: see the top of the page.", "%d errors were found in your answers: see the top of the page."}
	WasChecked     = Text{"核对了必填项和格式，排放口与设施、限值、监测的对应，限值与排放标准。", "Checked: what must be given and how it is written; that outlets, equipment, limits and monitoring agree; limits against the standards."}
	SubmitPermit   = Text{"提交申请", "Submit the application"}
	Rows           = Counted{"%d 行", "%d row", "%d rows"}
	AllValues      = Counted{"当时的全部 %d 项", "All %d value as it stood", "All %d values as they stood"}
)
