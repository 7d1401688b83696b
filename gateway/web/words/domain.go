package words

import permitsv1 "shiyang/proto/permits/v1"

// Named is a code with what people call it; the order is that of the lists.
type Named struct {
	Code string
	Text Text
}

// Find returns the name of a code; the code itself if it is not in the list.
func Find(list []Named, code string) Text {
	for _, n := range list {
		if n.Code == code {
			return n.Text
		}
	}
	return Same(code)
}

// Counties are the divisions that a works can lie in.
var Counties = []Named{
	{"620602", Text{"凉州区", "Liangzhou District"}},
	{"620621", Text{"民勤县", "Minqin County"}},
	{"620622", Text{"古浪县", "Gulang County"}},
	{"620623", Text{"天祝藏族自治县", "Tianzhu Tibetan Autonomous County"}},
}

// Jurisdictions are the divisions that a seat of the bureau can have.
var Jurisdictions = append([]Named{{"620600", Text{"武威市（全市）", "Wuwei (whole prefecture)"}}}, Counties...)

// StaffRoles are the capacities that the bureau gives.
var StaffRoles = []Named{
	{"permit_clerk", Text{"许可受理人员", "Permit clerk"}},
	{"permit_examiner", Text{"许可审查人员", "Permit examiner"}},
	{"permit_decider", Text{"许可决定人员", "Permit decider"}},
	{"officer", Text{"执法人员", "Enforcement officer"}},
	{"case_reviewer", Text{"案件审核人员", "Case reviewer"}},
	{"legal_reviewer", Text{"法制审核人员", "Legal reviewer"}},
	{"hearing_host", Text{"听证主持人", "Hearing host"}},
	{"head", Text{"局负责人", "Bureau head"}},
	{"complaint_clerk", Text{"投诉受理人员", "Complaint clerk"}},
	{"auditor", Text{"审计人员", "Auditor"}},
	{"system_admin", Text{"系统管理员", "System administrator"}},
	{"security_admin", Text{"安全管理员", "Security administrator"}},
	{"audit_admin", Text{"审计管理员", "Audit administrator"}},
}

// FirmRoles are the capacities that a firm gives.
var FirmRoles = []Named{
	{"firm_admin", Text{"企业管理员", "Firm administrator"}},
	{"firm_handler", Text{"企业经办人", "Firm handler"}},
	{"consultant", Text{"受托咨询人员", "Consultant"}},
}

// Roles are all capacities, also those of the machine.
var Roles = append(append(append([]Named{}, StaffRoles...), FirmRoles...),
	Named{"system", Text{"系统", "The system"}},
	Named{"public", Text{"公众", "The public"}},
)

// Classes 管理类别.
var Classes = []Named{
	{permitsv1.ManagementClass_MANAGEMENT_CLASS_KEY.String(), Text{"重点管理", "Key management"}},
	{permitsv1.ManagementClass_MANAGEMENT_CLASS_SIMPLIFIED.String(), Text{"简化管理", "Simplified management"}},
}

// OutletKinds 排放口类型.
var OutletKinds = []Named{
	{permitsv1.OutletKind_OUTLET_KIND_MAJOR.String(), Text{"主要排放口", "Major outlet"}},
	{permitsv1.OutletKind_OUTLET_KIND_GENERAL.String(), Text{"一般排放口", "General outlet"}},
}

// Averagings 均值时段.
var Averagings = []Named{
	{permitsv1.Averaging_AVERAGING_HOUR.String(), Text{"小时均值", "Hourly mean"}},
	{permitsv1.Averaging_AVERAGING_DAY.String(), Text{"日均值", "Daily mean"}},
}

// Units of a concentration.
var Units = []Named{
	{"mg/m3", Text{"毫克/立方米（mg/m³）", "mg/m³"}},
	{"mg/L", Text{"毫克/升（mg/L）", "mg/L"}},
}

// UnitSigns are the same units for tables.
var UnitSigns = []Named{{"mg/m3", Same("mg/m³")}, {"mg/L", Same("mg/L")}}

// Frequencies of self-monitoring.
var Frequencies = []Named{
	{"continuous", Text{"连续", "Continuous"}},
	{"day", Text{"每日", "Daily"}},
	{"week", Text{"每周", "Weekly"}},
	{"month", Text{"每月", "Monthly"}},
	{"quarter", Text{"每季度", "Quarterly"}},
	{"half_year", Text{"每半年", "Half-yearly"}},
	{"year", Text{"每年", "Yearly"}},
}

// Statuses 办理状态, for filters and for tones; the words of a record come
// from its service.
var Statuses = []Named{
	{permitsv1.PermitStatus_PERMIT_STATUS_DRAFT.String(), Text{"草稿", "Draft"}},
	{permitsv1.PermitStatus_PERMIT_STATUS_PUBLIC_NOTICE.String(), Text{"申请前公开", "Public notice"}},
	{permitsv1.PermitStatus_PERMIT_STATUS_SUBMITTED.String(), Text{"待受理", "Filed"}},
	{permitsv1.PermitStatus_PERMIT_STATUS_DEFICIENT.String(), Text{"待补正", "To be completed"}},
	{permitsv1.PermitStatus_PERMIT_STATUS_ACCEPTED.String(), Text{"审查中", "In examination"}},
	{permitsv1.PermitStatus_PERMIT_STATUS_EXAMINED.String(), Text{"待决定", "To be decided"}},
	{permitsv1.PermitStatus_PERMIT_STATUS_ISSUED.String(), Text{"有效", "In force"}},
	{permitsv1.PermitStatus_PERMIT_STATUS_DEEMED_RENEWED.String(), Text{"视为准予延续", "Counts as renewed"}},
	{permitsv1.PermitStatus_PERMIT_STATUS_WITHHELD.String(), Text{"暂扣", "Withheld"}},
	{permitsv1.PermitStatus_PERMIT_STATUS_EXPIRED.String(), Text{"已届满", "Expired"}},
	{permitsv1.PermitStatus_PERMIT_STATUS_FORFEITED.String(), Text{"已吊销", "Forfeited"}},
	{permitsv1.PermitStatus_PERMIT_STATUS_REVOKED.String(), Text{"已撤销", "Revoked"}},
	{permitsv1.PermitStatus_PERMIT_STATUS_CANCELLED.String(), Text{"已注销", "Cancelled"}},
	{permitsv1.PermitStatus_PERMIT_STATUS_REFUSED.String(), Text{"不予许可", "Refused"}},
	{permitsv1.PermitStatus_PERMIT_STATUS_NOT_REQUIRED.String(), Text{"无需许可", "No permit needed"}},
	{permitsv1.PermitStatus_PERMIT_STATUS_WRONG_AUTHORITY.String(), Text{"不属本机关职权", "Other authority"}},
	{permitsv1.PermitStatus_PERMIT_STATUS_WITHDRAWN.String(), Text{"已撤回", "Withdrawn"}},
}

// Pollutants that most permits limit (HJ 212 codes); any other code may be
// written too.
var Pollutants = []Named{
	{"a21026", Text{"二氧化硫", "Sulphur dioxide"}},
	{"a21002", Text{"氮氧化物", "Nitrogen oxides"}},
	{"a34013", Text{"颗粒物（烟尘）", "Particulate matter"}},
	{"a24088", Text{"非甲烷总烃", "Non-methane hydrocarbons"}},
	{"w01018", Text{"化学需氧量", "Chemical oxygen demand"}},
	{"w21003", Text{"氨氮", "Ammonia nitrogen"}},
	{"w21001", Text{"总氮", "Total nitrogen"}},
	{"w21011", Text{"总磷", "Total phosphorus"}},
	{"w01012", Text{"悬浮物", "Suspended solids"}},
	{"w01001", Text{"pH 值", "pH"}},
}

// AttachmentKinds 附件种类 of an application.
var AttachmentKinds = []Named{
	{"eia-approval", Text{"环评批复或登记", "EIA approval or registration"}},
	{"monitoring-plan", Text{"自行监测方案", "Monitoring plan"}},
	{"licence", Text{"营业执照", "Business licence"}},
	{"mandate", Text{"授权委托书", "Mandate"}},
	{"drawing", Text{"图件", "Drawing"}},
	{"other", Text{"承诺书和其他材料", "Letter of commitment, other documents"}},
}

// PauseKinds 不计入期限的事由.
var PauseKinds = []Named{
	{"hearing", Text{"听证", "Hearing"}},
	{"test", Text{"检验、检测", "Test"}},
	{"expert_review", Text{"专家评审", "Expert review"}},
	{"technical_assessment", Text{"技术评估", "Technical assessment"}},
}

// SyncStates 编号来源: whether the number is that of the national platform.
var SyncStates = []Named{
	{"local", Text{"本地编号", "Local number"}},
	{"mirrored", Text{"与国家平台一致", "As on the national platform"}},
}

// DeliveryMethods 送达方式.
var DeliveryMethods = []Named{
	{"electronic", Text{"电子送达", "Electronic"}},
	{"in_person", Text{"直接送达", "In person"}},
	{"post", Text{"邮寄送达", "By post"}},
}

// DeclineGrounds 不予受理的理由.
var DeclineGrounds = []Named{
	{permitsv1.DeclineGround_DECLINE_GROUND_NOT_REQUIRED.String(), Text{"依法不需要取得排污许可", "No permit is needed"}},
	{permitsv1.DeclineGround_DECLINE_GROUND_WRONG_AUTHORITY.String(), Text{"不属于本机关职权范围", "Another authority decides"}},
}

// UnmetConditions 未满足的许可条件 (Decree 736, Art. 11).
var UnmetConditions = []Named{
	{"eia", Text{"依法取得环评批准或办理环评登记", "EIA approved or registered"}},
	{"standards", Text{"污染物排放符合标准和总量要求", "Discharges meet the standards and totals"}},
	{"abatement", Text{"污染防治设施可行", "Abatement is adequate"}},
	{"monitoring", Text{"自行监测方案符合规范", "Monitoring plan follows the rules"}},
}

// PlanTables are the tables of indicators.
var PlanTables = []Named{
	{"13th plan results", Text{"“十三五”规划完成情况", "Results of the 13th five-year plan"}},
	{"14th plan indicators", Text{"“十四五”规划指标", "Indicators of the 14th five-year plan"}},
	{"figures", Text{"2016 至 2020 年工作数据", "Figures of 2016 to 2020"}},
}

// PlaceKinds of the plan.
var PlaceKinds = []Named{
	{"county", Text{"县区", "County"}},
	{"park_provincial", Text{"省级工业园区", "Provincial industrial park"}},
	{"park_city", Text{"市级工业园区", "City industrial park"}},
	{"firm", Text{"企业", "Firm"}},
	{"river", Text{"河流", "River"}},
	{"section", Text{"断面", "River section"}},
	{"reservoir", Text{"水库", "Reservoir"}},
}
