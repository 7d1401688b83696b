package monitoring

import (
	"shiyang/gateway/web/words"
	permitsv1 "shiyang/proto/permits/v1"
)

func t(zh, en string) words.Text { return words.T(zh, en) }

var (
	title          = t("自动监测", "Monitoring")
	meterKind      = t("数采仪", "Meter")
	exceedanceKind = t("超标", "Exceedance")
	monthKind      = t("数采仪月度数据", "Month of a meter")
	massKind       = t("年排放量", "Annual mass")
	planKind       = t("安装计划", "Plan of a meter")

	metersTab      = t("数采仪", "Meters")
	exceedancesTab = t("超标", "Exceedances")
	massTab        = t("年排放量", "Annual mass")
	linkageTab     = t("联网率", "Linkage")
	planTab        = t("安装计划", "Plan")

	metersLead      = t("污染源自动监控设备：登记、联网、验收和最近数据。", "Automatic meters of outlets: registered, linked, accepted, and their latest data.")
	exceedancesLead = t("小时均值（废气）、日均值（废水）高于许可限值的数据，是执法线索；只计标记为 N 的数据。", "Means of an hour (air) or a day (water) above the permitted limit. They are leads for enforcement; only data flagged N count.")
	massLead        = t("按小时累计量相加，与年许可排放量对照；达到八成、九成、十成各提醒一次。", "The sum of the hours' mass beside the mass permitted in the year; each of 80, 90 and 100 per cent is told once.")
	linkageLead     = t("许可证或者年度计划要求自动监测的排放口中，已联网和正在传输的比例。", "Of the outlets whose permit or plan asks for automatic monitoring: how many are linked, and how many report.")
	planLead        = t("年度安装计划：从列入名单到验收联网。", "The plan of the year's meters: from the list to the accepted link.")

	unit        = t("排污单位", "Unit")
	outlet      = t("排放口", "Outlet")
	mn          = t("设备标识 MN", "MN")
	lastHour    = t("最近数据", "Latest data")
	noMeters    = t("没有符合条件的数采仪。", "No meter matches.")
	meterQuery  = t("单位名称或者 MN", "Unit or MN")
	registerIt  = t("登记数采仪", "Register a meter")
	silentTag   = t("无数据", "Silent")
	system      = t("系统编码 ST", "System ST")
	airSource   = t("31 大气环境污染源", "31 air source")
	waterSource = t("32 地表水体环境污染源", "32 water source")
	protocol    = t("协议", "Protocol")
	installed   = t("安装日期", "Installed")
	linked      = t("联网日期", "Linked")
	accepted    = t("验收日期", "Accepted")
	lastHeard   = t("最近一次通讯", "Last heard")
	replacedBy  = t("替换设备", "Replaced by")
	silentNote  = t("该设备已超过规定时间没有数据。", "This meter has sent nothing for too long.")

	hoursTitle   = t("小时数据（%s）", "Hours (%s)")
	daysTitle    = t("日数据（%s）", "Days (%s)")
	showHours    = t("看小时数据", "Show hours")
	showDays     = t("看日数据", "Show days")
	earlier      = t("更早", "Earlier")
	later        = t("更晚", "Later")
	noReadings   = t("这一段时间没有数据。", "No data came in this time.")
	completeness = t("应收 %d，实收 %d", "%d expected, %d came")
	timeHead     = t("时间", "Time")
	limitIs      = t("限值 %s", "limit %s")
	over         = t("超标", "Above")
	converted    = t("折算", "converted")
	reflaggedTag = t("已改标记", "reflagged")
	changeFlag   = t("改标记", "Reflag")
	chartName    = t("%s，单位 %s，%d 个数据", "%s in %s, %d values")

	pollutant    = t("污染物", "Pollutant")
	when         = t("时段", "Period")
	value        = t("监测值", "Value")
	limit        = t("许可限值", "Limit")
	withdrawnTag = t("已撤回", "Withdrawn")
	standing     = t("成立", "Stands")
	noFindings   = t("没有超标数据。", "Nothing is above its limit.")

	discharged = t("已排放（吨）", "Discharged (t)")
	permitted  = t("年许可量（吨）", "Permitted (t)")
	reached    = t("比例", "Share")
	noMass     = t("这一年没有累计排放量。", "No mass was added up in this year.")
	yearLabel  = t("年度", "Year")
	unlimited  = t("未许可总量", "Mass not limited")

	required       = t("应联网排放口", "Required")
	linkedCount    = t("已联网", "Linked")
	reportingCount = t("正在传输", "Reporting")
	total          = t("合计", "Total")
	rate           = t("联网率", "Linkage rate")
	hoursOfDay     = t("%s 小时数据完整率", "Hours of %s")
	notLinked      = t("尚未联网的排放口", "Outlets not linked yet")
	allLinked      = t("应联网的排放口都已联网。", "Every required outlet is linked.")
	basis          = t("依据", "Asked for by")

	due         = t("期限", "Due")
	planIt      = t("列入计划", "Put on the plan")
	withdrawIt  = t("移出计划", "Take off the plan")
	noPlan      = t("这一年没有安装计划。", "There is no plan for this year.")
	overdue     = t("已逾期", "Overdue")
	planBasis   = t("名单或者文件", "List or document")
	pickSite    = t("生产经营场所", "Site")
	outletHint  = t("例如 DA001（废气）、DW001（废水）", "For example DA001 (air), DW001 (water)")
	mnHint      = t("24 位数字和大写字母", "24 digits and capital letters")
	password    = t("访问密码 PW", "Password PW")
	passHint    = t("6 位字母或者数字；系统只保存摘要。", "Six letters or digits; only a hash is kept.")
	reason      = t("理由", "Reason")
	onDay       = t("日期", "Day")
	document    = t("验收文件", "Document of acceptance")
	byMeter     = t("替换设备的 MN", "MN of the other meter")
	byMeterHint = t("先登记新设备，排放口相同。", "Register the new meter first, at the same outlet.")
	flag        = t("数据标记", "Flag")
	reflagLead  = t("原始数据不会改变；修改的人、理由和时间会留存。", "What the meter said stays; who changed the flag, why and when is kept.")

	doInstall  = t("登记安装", "Record the installation")
	doAccept   = t("验收联网", "Accept the link")
	doPassword = t("更换访问密码", "Set another password")
	doSuspend  = t("停用", "Suspend")
	doResume   = t("恢复", "Resume")
	doReplace  = t("更换设备", "Replace")
	doReflag   = t("修改数据标记", "Reflag a reading")
)

var states = []words.Named{
	{Code: permitsv1.MeterState_METER_STATE_REGISTERED.String(), Text: t("已登记", "Registered")},
	{Code: permitsv1.MeterState_METER_STATE_INSTALLED.String(), Text: t("已安装", "Installed")},
	{Code: permitsv1.MeterState_METER_STATE_LINKED.String(), Text: t("已联网", "Linked")},
	{Code: permitsv1.MeterState_METER_STATE_ACCEPTED.String(), Text: t("已验收联网", "Link accepted")},
	{Code: permitsv1.MeterState_METER_STATE_SUSPENDED.String(), Text: t("已停用", "Suspended")},
	{Code: permitsv1.MeterState_METER_STATE_REPLACED.String(), Text: t("已更换", "Replaced")},
}

var periods = []words.Named{
	{Code: permitsv1.MeterPeriod_METER_PERIOD_HOUR.String(), Text: t("小时", "Hour")},
	{Code: permitsv1.MeterPeriod_METER_PERIOD_DAY.String(), Text: t("日", "Day")},
}

// flags are those of HJ 212-2017 table 8.
var flags = []words.Named{
	{Code: "N", Text: t("N 正常", "N normal")},
	{Code: "F", Text: t("F 停运", "F stopped")},
	{Code: "M", Text: t("M 维护", "M maintenance")},
	{Code: "S", Text: t("S 手工输入", "S set by hand")},
	{Code: "D", Text: t("D 故障", "D fault")},
	{Code: "C", Text: t("C 校准", "C calibration")},
	{Code: "T", Text: t("T 超测量上限", "T over range")},
	{Code: "B", Text: t("B 通讯异常", "B no link to the logger")},
}

// names are how histories of meters tell their fields and codes.
var names = words.Names{
	Paths: map[string]words.Text{
		"mn": mn, "outlet": outlet, "system": system, "protocol": protocol, "installed": installed, "linked": linked, "accepted": accepted,
		"silent": silentTag, "replacedBy": replacedBy, "stateText": words.State, "value": value, "limit": limit, "pollutant": pollutant,
		"period": when, "converted": converted, "withdrawn": withdrawnTag, "massGrams": t("已排放（克）", "Discharged (g)"),
		"limitGrams": t("年许可量（克）", "Permitted (g)"), "reachedPercent": t("已提醒比例（百分数）", "Share told (per cent)"),
		"hours": t("小时数", "Hours"), "days": t("日数", "Days"), "year": yearLabel, "due": due, "basis": basis,
		"averaging": t("均值时段", "Averaged over"), "permitRevision": t("许可证版本", "Version of the permit"),
		"concentration": limit, "from": when, "code": t("代码", "Code"), "standard": t("标准", "Standard"), "example": words.Example,
	},
	Values: [][]words.Named{states, periods},
}
