package monitoring

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/es"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/desk/act"
)

// zone is that of legal days.
var zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// sentence says in both languages what an event means, for timelines.
func sentence(event es.Event) problem.Text {
	switch e := event.(type) {
	case *permitsv1.MeterRegistered:
		return desk.Both("登记数采仪 %s（%s）", "Meter %s was registered at %s", e.GetMn(), e.GetOutlet())
	case *permitsv1.MeterPasswordSet:
		return act.Text("设置访问密码（只存摘要）", "A password was set; only its hash is kept")
	case *permitsv1.MeterInstalled:
		return desk.Both("%s 完成安装", "Installed on %s", e.GetOn().GetIso())
	case *permitsv1.MeterLinked:
		return desk.Both("%s 首次传来数据，已联网", "Linked on %s: the first data came", e.GetOn().GetIso())
	case *permitsv1.MeterLinkAccepted:
		return desk.Both("%s 验收联网（%s）", "The link was accepted on %s (%s)", e.GetOn().GetIso(), e.GetDocument())
	case *permitsv1.MeterSuspended:
		return desk.Both("自 %s 停用：%s", "Suspended from %s: %s", e.GetFrom().GetIso(), e.GetReason())
	case *permitsv1.MeterResumed:
		return desk.Both("恢复使用：%s", "Resumed: %s", e.GetReason())
	case *permitsv1.MeterReplaced:
		return desk.Both("更换设备：%s", "Replaced: %s", e.GetReason())
	case *permitsv1.MeterFellSilent:
		return desk.Both("超过 %d 小时没有数据，最后一次 %s", "No data for more than %d hours, the last at %s", e.GetAfterHours(), clock(e.GetLastHeard()))
	case *permitsv1.MeterHeardAgain:
		return desk.Both("%s 恢复传输", "Data came again at %s", clock(e.GetHeard()))
	case *permitsv1.MeterPlanned:
		return desk.Both("列入 %d 年安装计划，期限 %s", "Put on the plan of %d, due %s", e.GetYear(), e.GetDue().GetIso())
	case *permitsv1.MeterPlanWithdrawn:
		return desk.Both("移出安装计划：%s", "Taken off the plan: %s", e.GetReason())
	}
	return said(event)
}

// said tells of readings and what follows from them.
func said(event es.Event) problem.Text {
	switch e := event.(type) {
	case *permitsv1.MeterPeriodReported:
		zh, en := periodName(e.GetPeriod())
		if e.GetReplaces() > 0 {
			return desk.Both(zh+" %s 重新上报 %d 项，替代第 %d 条", en+" of %s told again, %d readings, in place of event %d", clock(e.GetFrom()), len(e.GetReadings()), e.GetReplaces())
		}
		return desk.Both(zh+" %s，%d 项", en+" of %s, %d readings", clock(e.GetFrom()), len(e.GetReadings()))
	case *permitsv1.MeterReadingReflagged:
		return desk.Both("%s 的 %s 标记由 %s 改为 %s：%s", "Reading of %s, %s: flag %s became %s: %s", clock(e.GetFrom()), e.GetPollutant(), e.GetBefore(), e.GetFlag(), e.GetReason())
	case *permitsv1.ExceedanceFound:
		return desk.Both("%s %s %s：%s 超过限值 %s %s", "%s %s %s: %s is above the limit of %s %s", e.GetOutlet(), e.GetPollutant(), clock(e.GetFrom()),
			e.GetValue(), e.GetLimit().GetConcentration(), e.GetLimit().GetUnit())
	case *permitsv1.ExceedanceWithdrawn:
		return desk.Both("超标撤回：%s", "The exceedance was withdrawn: %s", e.GetReason())
	case *permitsv1.AnnualMassReached:
		return desk.Both("%d 年 %s 排放量达到许可量的 %d%%", "In %d the mass of %s reached %d%% of the permitted mass", e.GetYear(), e.GetPollutant(), e.GetPercent())
	}
	return act.Text("其他事件", "Another event")
}

func clock(at *timestamppb.Timestamp) string { return at.AsTime().In(zone).Format("2006-01-02 15:04") }

func periodName(p permitsv1.MeterPeriod) (zh, en string) {
	if p == permitsv1.MeterPeriod_METER_PERIOD_DAY {
		return "日数据", "The day"
	}
	return "小时数据", "The hour"
}
