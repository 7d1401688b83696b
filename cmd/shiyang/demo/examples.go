package demo

import (
	"context"
	"fmt"
	"time"

	"shiyang/cmd/shiyang/apiclient"
	"shiyang/internal/law"
)

// firm is a made-up enterprise with one site.
type firm struct {
	name, nameEn, uscc, division, address, park, industry string
	row                                                   int
	login, person                                         string
	key                                                   bool
	stage                                                 int
	age                                                   int // working days ago that the application was opened
}

// The stages that the examples stand at.
const (
	atNotice = iota
	atSubmitted
	atDeficient
	atAccepted
	atExamined
	atIssued
)

var firms = []firm{
	{
		name: "天祝示例硅材有限公司", nameEn: "Tianzhu Example Silicon Works", uscc: "91620623MA73H91T32", division: "620623", address: "天祝县示例路 3 号",
		park: "武威天祝金强工业集中区", industry: "3099", row: 70, login: "guicai", person: "示例经办人甲", key: true, stage: atIssued, age: 60,
	},
	{
		name: "凉州示例汽修有限公司", nameEn: "Liangzhou Example Garage", uscc: "91620602MA7X2C8K89", division: "620602", address: "凉州区示例路 8 号",
		park: "凉州工业园区", industry: "3099", row: 70, login: "qixiu", person: "示例经办人乙", stage: atExamined, age: 24,
	},
	{
		name: "民勤示例运输有限公司", nameEn: "Minqin Example Transport", uscc: "91620621MA7XQ35D8U", division: "620621", address: "民勤县示例路 5 号",
		park: "武威民勤红砂岗能源化工工业集中区", industry: "3099", row: 70, login: "yunshu", person: "示例经办人丙", stage: atDeficient, age: 4,
	},
	{
		name: "古浪示例再生资源有限公司", nameEn: "Gulang Example Recycling", uscc: "91620622MA74B60E43", division: "620622", address: "古浪县示例路 1 号",
		park: "武威古浪工业集中区", industry: "3099", row: 70, login: "zaisheng", person: "示例经办人丁", stage: atSubmitted, age: 1,
	},
}

// founded is a firm whose person can act.
type founded struct {
	firm
	*apiclient.Client
	id string
}

// calendar tells the day that lies so many working days ago.
type calendar struct {
	days  law.Calendar
	today law.Date
	now   time.Time
}

func (c calendar) ago(workingDays int) law.Date {
	day := c.today
	for workingDays > 0 {
		if day = day.AddDays(-1); c.days.IsWorkingDay(day) {
			workingDays--
		}
	}
	return day
}

// at is ten in the morning of a day as the API writes it, or a moment ago.
func (c calendar) at(day law.Date) string {
	at := day.Start().Add(10 * time.Hour)
	if at.After(c.now) {
		at = c.now.Add(-time.Minute)
	}
	return at.UTC().Format(time.RFC3339)
}

// act is one command of an example's story.
type act struct {
	stage int // from which stage on it has happened
	age   int // working days ago
	by    *apiclient.Client
	verb  string
	body  map[string]any
}

// tell enters a firm's site and plays its application up to its stage.
func (m *maker) tell(ctx context.Context, f founded) error {
	site, err := f.Command(ctx, "/v1/facilities", "", map[string]any{
		"enterpriseId": f.id, "site": map[string]any{
			"unitName": f.name, "uscc": f.uscc, "siteAddress": f.address, "division": f.division, "park": f.park, "industry": f.industry,
			"contact": map[string]any{"name": f.person, "phone": phone}, "remark": "示例：虚构的企业和数据", "example": true,
		},
	})
	if err != nil {
		return fmt.Errorf("site of %s: %w", f.name, err)
	}
	class := "MANAGEMENT_CLASS_SIMPLIFIED"
	if f.key {
		class = "MANAGEMENT_CLASS_KEY"
	}
	opened, err := f.Command(ctx, "/v1/permits", "", map[string]any{
		"facilityId": site.RecordID, "managementClass": class, "occurredAt": m.days.at(m.days.ago(f.age)),
	})
	if err != nil {
		return fmt.Errorf("application of %s: %w", f.name, err)
	}
	for _, a := range m.story(f, class) {
		if a.stage > f.stage || a.stage == atDeficient && f.stage != atDeficient {
			continue
		}
		a.body["occurredAt"] = m.days.at(m.days.ago(a.age))
		if _, err := a.by.Command(ctx, "/v1/permits/"+opened.RecordID+":"+a.verb, "", a.body); err != nil {
			return fmt.Errorf("%s %s: %w", f.name, a.verb, err)
		}
	}
	if f.stage == atIssued {
		return m.meters(ctx, site.RecordID)
	}
	return nil
}

// story is the whole life of an application in the order of the law.
func (m *maker) story(f founded, class string) []act {
	day := func(age int) map[string]any { return map[string]any{"iso": m.days.ago(age).String()} }
	filed := f.age
	var list []act
	if f.key {
		filed = f.age - 8
		list = append(list, act{atNotice, f.age - 1, f.Client, "publish-notice", map[string]any{"from": day(f.age - 1), "url": "https://permit.example/notice/1"}})
	}
	list = append(list,
		act{atSubmitted, filed, f.Client, "submit", map[string]any{"content": content(f.firm, class)}},
		act{atDeficient, filed - 2, m.clerk.Client, "notice-deficiency", map[string]any{"items": []any{
			map[string]any{"path": "content.attachments", "what": "补交环境影响评价文件批复"},
			map[string]any{"path": "content.limits[0]", "what": "说明颗粒物限值所依据的标准条款"},
		}}},
		act{atAccepted, filed - 2, m.clerk.Client, "accept", map[string]any{}},
	)
	if f.key {
		list = append(list, act{atExamined, filed - 12, m.examiner.Client, "record-site-check", map[string]any{
			"on": day(filed - 12), "finding": "现场与申请材料一致（示例）。", "officerIds": []string{m.officers[0].account, m.officers[1].account},
		}})
	}
	return append(list,
		act{atExamined, filed - 16, m.examiner.Client, "report-examination", map[string]any{"recommendGrant": true, "opinion": "符合发证条件（示例）。"}},
		act{atIssued, filed - 20, m.decider.Client, "issue", map[string]any{}},
		act{atIssued, filed - 22, m.clerk.Client, "record-delivery", map[string]any{"delivered": day(filed - 22), "method": "electronic"}},
	)
}

// content is a plausible small application with made-up figures.
func content(f firm, class string) map[string]any {
	return map[string]any{
		"managementClass": class, "industry": f.industry, "classificationRow": f.row, "eiaNumber": "武环评发〔2022〕31号（示例）",
		"facilities": []any{map[string]any{"code": "MF0001", "title": "电阻炉", "capacity": "6000 吨/年"}},
		"abatements": []any{map[string]any{"code": "TA001", "process": "双碱法脱硫", "outlet": "DA001"}},
		"outlets": []any{
			map[string]any{"code": "DA001", "title": "电阻炉排气筒", "kind": "OUTLET_KIND_MAJOR", "heightMm": "25000", "diameterMm": "1200"},
			map[string]any{"code": "DA002", "title": "破碎排气筒", "kind": "OUTLET_KIND_GENERAL", "heightMm": "15000", "diameterMm": "600"},
		},
		"limits": []any{
			limit("DA001", "a21026", "100", "86400000", "GB 9078-1996"),
			limit("DA001", "a21002", "240", "120000000", "GB 16297-1996"),
			limit("DA001", "a34013", "30", "24600000", "GB 9078-1996"),
			limit("DA002", "a34013", "50", "8000000", "GB 16297-1996"),
		},
		"monitoring": []any{
			monitoring("DA001", "a21026", true, "continuous"), monitoring("DA001", "a21002", true, "continuous"),
			monitoring("DA001", "a34013", true, "continuous"), monitoring("DA002", "a34013", false, "quarter"),
		},
		"ledgerRequirement": "按日记录生产和治理设施运行情况，保存五年以上。", "reportRequirement": "季度执行报告于下季度首月15日前、年度执行报告于次年1月15日前提交。",
		"disclosureRequirement": "在全国排污许可证管理信息平台公开。", "declaredTrue": true,
	}
}

func limit(outlet, pollutant, concentration, grams, standard string) map[string]any {
	return map[string]any{
		"outlet": outlet, "pollutant": pollutant, "concentration": concentration, "unit": "mg/m3",
		"averaging": "AVERAGING_HOUR", "massGramsPerYear": grams, "standard": standard,
	}
}

func monitoring(outlet, pollutant string, automatic bool, frequency string) map[string]any {
	return map[string]any{"outlet": outlet, "pollutant": pollutant, "automatic": automatic, "frequency": frequency, "method": "HJ 75-2017"}
}
