package registration

import (
	"shiyang/internal/es"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/registration/source"
	"shiyang/services/permits/registration/tier"
)

// sentence says in both languages what an event means, for timelines.
func sentence(event es.Event) problem.Text {
	switch e := event.(type) {
	case *permitsv1.SourceTierDecided:
		name := tier.Name(e.GetTier())
		return problem.Text{Zh: "按名录判定为" + name.Zh, En: "By the list: " + name.En}
	case *permitsv1.SourceTierOverridden:
		name := tier.Name(e.GetTier())
		return problem.Text{Zh: "改判为" + name.Zh + "：" + e.GetReason(), En: "Decided otherwise, " + name.En + ": " + e.GetReason()}
	case *permitsv1.DischargeRegistered:
		number := problem.Text{Zh: e.GetNumber(), En: e.GetNumber()}
		if e.GetNumber() == "" {
			number = problem.Text{Zh: "待国家平台编号", En: "the national number is awaited"}
		}
		return desk.Both("填报排污登记表（%[1]s），有效期 %[3]s 至 %[4]s", "Registered (%[2]s), valid from %[3]s to %[4]s",
			number.Zh, number.En, e.GetValidFrom().GetIso(), e.GetValidTo().GetIso())
	case *permitsv1.DischargeRegistrationChanged:
		if e.GetLate() {
			return desk.Both("变更登记（逾期）：%[1]s，%[2]s 发生变化", "A change was filed late: %[1]s, changed on %[2]s", e.GetReason(), e.GetChanged().GetIso())
		}
		return desk.Both("变更登记：%[1]s，%[2]s 发生变化", "A change was filed: %[1]s, changed on %[2]s", e.GetReason(), e.GetChanged().GetIso())
	case *permitsv1.DischargeRegistrationRenewed:
		return desk.Both("延续登记，有效期 %[1]s 至 %[2]s", "Renewed, valid from %[1]s to %[2]s", e.GetValidFrom().GetIso(), e.GetValidTo().GetIso())
	case *permitsv1.DischargeRegistrationReminded:
		return desk.Both("提醒延续：登记 %[1]s 到期", "Reminded: the registration ends on %[1]s", e.GetValidTo().GetIso())
	case *permitsv1.DischargeRegistrationExpired:
		return desk.Both("登记到期，%[1]s 为最后一日", "Expired; %[1]s was the last day", e.GetLastDay().GetIso())
	case *permitsv1.DischargeRegistrationCancelled:
		return desk.Both("注销登记：%[1]s", "Cancelled: %[1]s", e.GetReason())
	case *permitsv1.DischargeRegistrationReplaced:
		return desk.Both("已取得排污许可证 %[1]s，登记终止", "A permit took its place: %[1]s", e.GetPermitNumber())
	case *permitsv1.RegistrationNumberEntered:
		return desk.Both("录入国家平台编号 %[1]s", "The national number is %[1]s", e.GetNumber())
	}
	return sourceSentence(event)
}

func sourceSentence(event es.Event) problem.Text {
	switch e := event.(type) {
	case *permitsv1.SourceListed:
		return desk.Both("列入污染源名录（%[1]s）：%[2]s", "Listed in the roll of sources (%[1]s): %[2]s", e.GetSource().GetCensusNumber(), e.GetSource().GetUnitName())
	case *permitsv1.SourceLinked:
		return problem.Text{Zh: "关联场所", En: "Tied to its site"}
	case *permitsv1.SourceSettled:
		name, why := source.OutcomeName(e.GetOutcome()), e.GetReason()
		if e.GetNumber() != "" {
			why = e.GetNumber()
		}
		if why == "" {
			return problem.Text{Zh: "分清为" + name.Zh, En: "Settled: " + name.En}
		}
		return problem.Text{Zh: "分清为" + name.Zh + "：" + why, En: "Settled, " + name.En + ": " + why}
	case *permitsv1.SourceReopened:
		return problem.Text{Zh: "重新列为待分清：" + e.GetReason().GetZh(), En: "To be settled again: " + e.GetReason().GetEn()}
	}
	return desk.Both("%[1]s", "%[1]s", es.TypeName(event))
}
