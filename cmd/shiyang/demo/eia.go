package demo

import (
	"context"
	"encoding/base64"
	"fmt"

	"shiyang/cmd/shiyang/apiclient"
)

// zoningExample is a made-up edition of control units: one unit a county, found
// by county, so that it claims nothing of any real place.
const zoningExample = `{"type":"FeatureCollection","features":[
{"type":"Feature","geometry":null,"properties":{"code":"示例-LZ","name":"凉州示例重点管控单元","kind":"key","divisions":["620602"],"rows":[
 {"row":"1.1","access":"forbidden","industries":["2614"],"words":["电镀"],"text":"示例：不得新建电镀类项目。"},
 {"row":"2.1","access":"limited","industries":["13","14"],"words":["发酵"],"text":"示例：发酵类项目应当控制异味。"}]}},
{"type":"Feature","geometry":null,"properties":{"code":"示例-MQ","name":"民勤示例一般管控单元","kind":"general","divisions":["620621"],"rows":[
 {"row":"1.1","access":"limited","industries":["44"],"words":[],"text":"示例：供热项目应当使用清洁燃料。"}]}},
{"type":"Feature","geometry":null,"properties":{"code":"示例-GL","name":"古浪示例一般管控单元","kind":"general","divisions":["620622"],"rows":[
 {"row":"1.1","access":"forbidden","industries":["2529"],"words":[],"text":"示例：不得新建煤化工项目。"}]}},
{"type":"Feature","geometry":null,"properties":{"code":"示例-TZ","name":"天祝示例优先保护单元","kind":"priority","divisions":["620623"],"rows":[
 {"row":"1.1","access":"limited","industries":["30"],"words":[],"text":"示例：建材项目应当封闭生产。"}]}}]}`

// The stages that the example files stand at.
const (
	eiaSubmitted = iota
	eiaAccepted
	eiaIntended
	eiaApproved
)

// project is a made-up project of an example firm.
type project struct {
	firm      int // in firms
	name      string
	code      string
	lon, lat  string
	processes []string
	stage     int
	age       int  // working days ago that the file was opened
	gaps      bool // accepted with a promised item
}

var projects = []project{
	{0, "示例饲料加工项目", "2026-620623-13-03-000001", "103.140", "36.970", []string{"发酵"}, eiaApproved, 45, false},
	{1, "示例豆粕发酵饲料项目", "2026-620602-13-03-000002", "102.638", "37.928", []string{"发酵"}, eiaIntended, 20, false},
	{2, "示例牧草颗粒饲料项目", "2026-620621-13-03-000003", "103.090", "38.620", []string{"发酵"}, eiaAccepted, 6, true},
	{3, "示例秸秆饲料项目", "2026-620622-13-03-000004", "102.890", "37.470", []string{"发酵"}, eiaSubmitted, 2, false},
}

// bringEia loads the example zoning, enters a park, and plays the example
// files up to their stages.
func (m *maker) bringEia(ctx context.Context, all []founded) error {
	loaded, err := m.head.Command(ctx, "/v1/zoning/editions", "", map[string]any{
		"title": "示例生态环境分区管控成果", "version": "示例-1", "validFrom": map[string]any{"iso": "2024-01-01"}, "source": "示例：虚构，不代表任何真实管控要求",
		"content": base64.StdEncoding.EncodeToString([]byte(zoningExample)), "example": true,
	})
	if err != nil {
		return fmt.Errorf("example zoning: %w", err)
	}
	if err := m.clerk.Get(ctx, fmt.Sprintf("/v1/zoning/editions?atLeast=%d", loaded.Position), nil); err != nil {
		return fmt.Errorf("example zoning: %w", err)
	}
	_, err = m.clerk.Command(ctx, "/v1/zoning/parks", "", map[string]any{"park": map[string]any{
		"title": "示例产业园", "division": "620602", "plan": "示例产业园总体规划", "opinionNumber": "示例环函〔2024〕1号", "opinionBy": "示例机关",
		"opinionOn": map[string]any{"iso": "2024-05-06"}, "validTo": map[string]any{"iso": "2030-12-31"}, "example": true,
		"rows": []any{map[string]any{"row": "1", "access": "ACCESS_FORBIDDEN", "industries": []string{"25"}, "text": "示例：不得引入炼焦项目。"}},
	}})
	if err != nil {
		return fmt.Errorf("example park: %w", err)
	}
	for _, p := range projects {
		if err := m.tellEia(ctx, all[p.firm], p); err != nil {
			return err
		}
	}
	return m.fileForm(ctx, all[len(all)-1])
}

// tellEia opens a file and plays it up to its stage.
func (m *maker) tellEia(ctx context.Context, f founded, p project) error {
	opened, err := f.Command(ctx, "/v1/eia", "", map[string]any{
		"division": f.division, "builder": f.name, "uscc": f.uscc, "document": "EIA_DOCUMENT_FORM", "example": true,
		"occurredAt": m.days.at(m.days.ago(p.age)),
	})
	if err != nil {
		return fmt.Errorf("EIA file of %s: %w", f.name, err)
	}
	body, err := m.eiaProject(ctx, f, p)
	if err != nil {
		return err
	}
	for _, a := range m.eiaStory(f, p, body) {
		if a.stage > p.stage {
			continue
		}
		a.body["occurredAt"] = m.days.at(m.days.ago(a.age))
		if _, err := a.by.Command(ctx, "/v1/eia/"+opened.RecordID+":"+a.verb, "", a.body); err != nil {
			return fmt.Errorf("%s %s: %w", p.name, a.verb, err)
		}
	}
	return nil
}

// eiaStory is the whole life of a form in the order of the law.
func (m *maker) eiaStory(f founded, p project, body map[string]any) []act {
	day := func(age int) map[string]any { return map[string]any{"iso": m.days.ago(age).String()} }
	accept := map[string]any{}
	if p.gaps {
		accept = map[string]any{"promised": []string{"总量指标来源说明"}, "promiseDue": map[string]any{"iso": m.days.today.AddDays(7).String()}}
	}
	at := func(age int) map[string]any {
		return map[string]any{"from": day(age), "url": "https://eia.example/notice"}
	}
	from := p.age - 2
	return []act{
		{eiaSubmitted, p.age - 1, f.Client, "submit", map[string]any{"project": body}},
		{eiaAccepted, from, m.clerk.Client, "accept", accept},
		{eiaAccepted, from, m.clerk.Client, "publish-acceptance", at(from)},
		{eiaIntended, from - 1, m.examiner.Client, "pause-clock", map[string]any{"kind": "technical_assessment", "from": day(from - 1)}},
		{eiaIntended, from - 6, m.examiner.Client, "resume-clock", map[string]any{"last": day(from - 6), "finding": "措施可行（示例）。"}},
		{eiaIntended, from - 7, m.examiner.Client, "report-examination", map[string]any{"recommendApproval": true, "opinion": "符合批准条件（示例）。"}},
		{eiaIntended, from - 7, m.clerk.Client, "publish-intention", at(from - 7)},
		{eiaApproved, from - 15, m.decider.Client, "approve", map[string]any{"conditions": "落实各项污染防治措施（示例）。"}},
		{eiaApproved, from - 16, m.clerk.Client, "publish-decision", at(from - 16)},
		{eiaApproved, from - 24, f.Client, "record-start", map[string]any{"on": day(from - 24)}},
	}
}

// eiaProject is a plausible small project with made-up figures.
func (m *maker) eiaProject(ctx context.Context, f founded, p project) (map[string]any, error) {
	files := []any{}
	for _, kind := range []string{"eia-document", "promise"} {
		file, err := upload(ctx, f.Client, kind, p.code)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return map[string]any{
		"projectCode": p.code, "projectName": p.name, "nature": "PROJECT_NATURE_NEW", "industry": "1329", "classificationRow": 15,
		"answers": map[string]any{"meetsForm": true}, "document": "EIA_DOCUMENT_FORM", "siteAddress": f.address,
		"location": map[string]any{"longitude": p.lon, "latitude": p.lat}, "investmentFen": "500000000", "environmentalInvestmentFen": "20000000",
		"works": "年加工饲料 2 万吨（示例）。", "processes": p.processes, "pollutants": []string{"颗粒物", "异味"}, "loadSource": "区域平衡（示例）",
		"consultancy": "武威示例环境咨询有限公司", "consultancyUscc": "91620602MA7X2C8K89", "compiler": map[string]any{"name": "示例编制主持人"},
		"compilerCreditNumber": "BH000001", "attachments": files, "declaredTrue": true,
	}, nil
}

func upload(ctx context.Context, by *apiclient.Client, kind, code string) (map[string]any, error) {
	file, err := by.Upload(ctx, kind, kind+".pdf", paper("Example "+kind+" "+code))
	if err != nil {
		return nil, fmt.Errorf("file of %s: %w", code, err)
	}
	return file, nil
}

// fileForm files a registration form: nobody has to approve it.
func (m *maker) fileForm(ctx context.Context, f founded) error {
	opened, err := f.Command(ctx, "/v1/eia", "", map[string]any{
		"division": f.division, "builder": f.name, "uscc": f.uscc, "document": "EIA_DOCUMENT_REGISTRATION", "example": true,
	})
	if err != nil {
		return fmt.Errorf("registration form of %s: %w", f.name, err)
	}
	_, err = f.Command(ctx, "/v1/eia/"+opened.RecordID+":file", "", map[string]any{"project": map[string]any{
		"projectName": "示例烟气除尘改造项目", "nature": "PROJECT_NATURE_NEW", "industry": "7722", "classificationRow": 100, "answers": map[string]any{},
		"document": "EIA_DOCUMENT_REGISTRATION", "siteAddress": f.address, "location": map[string]any{"longitude": "102.890", "latitude": "37.470"},
		"investmentFen": "30000000", "environmentalInvestmentFen": "30000000", "works": "改造一套布袋除尘（示例）。",
		"operationFrom": map[string]any{"iso": m.days.today.AddDays(30).String()}, "declaredTrue": true,
	}})
	if err != nil {
		return fmt.Errorf("registration form of %s: %w", f.name, err)
	}
	return nil
}
