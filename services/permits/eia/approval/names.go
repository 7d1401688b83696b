package approval

import (
	"shiyang/internal/law"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

func text(zh, en string) problem.Text { return problem.Text{Zh: zh, En: en} }

var statusNames = map[Status]problem.Text{
	Draft:          text("草稿", "draft"),
	Submitted:      text("待受理", "filed, to be accepted"),
	Deficient:      text("待补正", "to be completed by the builder"),
	Accepted:       text("审查中", "under examination"),
	Examined:       text("待决定", "to be decided"),
	Approved:       text("已批准", "approved"),
	Refused:        text("不予批准", "refused"),
	NotRequired:    text("无需审批", "no approval required"),
	WrongAuthority: text("不属本机关职权", "outside this authority"),
	Returned:       text("已退件", "sent back"),
	Withdrawn:      text("已撤回", "withdrawn"),
	Filed:          text("已备案", "filed"),
}

// StatusName is the stage for people.
func StatusName(s Status) problem.Text { return statusNames[s] }

// codeDay is the first day of the Ecological and Environmental Code, which
// gave the documents new names and took the place of the EIA Law.
var codeDay = law.NewDate(2026, 8, 15)

// DocumentName is what the law of a day calls a kind of document: since the
// Code 生态环境影响…, before it 环境影响….
func DocumentName(d permitsv1.EiaDocument, on law.Date) problem.Text {
	prefix := "环境影响"
	if !on.Before(codeDay) {
		prefix = "生态环境影响"
	}
	switch d {
	case Report:
		return text(prefix+"报告书", "EIA report")
	case Form:
		return text(prefix+"报告表", "EIA form")
	case Registration:
		return text(prefix+"登记表", "EIA registration form")
	default:
		return text("无需环评文件", "no EIA document")
	}
}

// documentCode is the kind as lists of law data write it.
func documentCode(d permitsv1.EiaDocument) string {
	switch d {
	case Report:
		return "report"
	case Form:
		return "form"
	case Registration:
		return "registration"
	default:
		return ""
	}
}

var groundNames = map[permitsv1.EiaGround]problem.Text{
	permitsv1.EiaGround_EIA_GROUND_SITING:   text("建设项目类型及其选址、布局、规模不符合生态环境保护法律法规和相关法定规划", "kind, site, layout or size conflict with law or statutory plans"),
	permitsv1.EiaGround_EIA_GROUND_QUALITY:  text("所在区域环境质量未达标，且拟采取的措施不能满足区域改善目标管理要求", "the area misses its quality standards and the measures do not meet what its improvement asks for"),
	permitsv1.EiaGround_EIA_GROUND_MEASURES: text("拟采取的污染防治措施无法确保达标排放，或者未采取必要措施预防和控制生态破坏", "the measures do not ensure discharge within standards or the protection of nature"),
	permitsv1.EiaGround_EIA_GROUND_EXISTING: text("改建、扩建和技术改造项目，未针对原有污染和生态破坏提出有效防治措施", "an expansion or change does not deal with the pollution that already exists"),
	permitsv1.EiaGround_EIA_GROUND_DOCUMENT: text("环评文件基础资料数据明显不实，内容存在重大缺陷、遗漏，或者结论不明确、不合理", "the document's data are plainly false, it has grave gaps, or its conclusion is unclear or unsound"),
}

// GroundName is a ground of refusal for people.
func GroundName(g permitsv1.EiaGround) problem.Text { return groundNames[g] }

// NoticeName is a kind of publicity for people.
func NoticeName(k permitsv1.EiaNoticeKind) problem.Text {
	switch k {
	case Acceptance:
		return text("受理公示", "notice of acceptance")
	case Intention:
		return text("拟审批公示", "notice of the intended decision")
	case Decision:
		return text("审批决定公告", "publication of the decision")
	default:
		return problem.Text{}
	}
}

// PauseName is a reason for time not counted, for people.
func PauseName(kind string) problem.Text {
	switch kind {
	case "hearing":
		return text("听证", "hearing")
	case "expert_review":
		return text("专家评审", "expert review")
	case "technical_assessment":
		return text("技术评估", "technical assessment")
	}
	return text(kind, kind)
}
