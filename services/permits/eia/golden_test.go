package eia_test

import (
	"testing"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// What was stored once must stay readable: the samples set every field.
func TestGoldenEvents(t *testing.T) {
	estest.Golden(t, es.NewCodec(&estest.Keyring{}), "testdata", append(intakeSamples(), decisionSamples()...)...)
	estest.EveryEventHasGolden(t, permitsv1.File_permits_v1_eia_events_proto, "testdata")
}

func day(iso string) *commonv1.Date { return &commonv1.Date{Iso: iso} }

func sampleFile(kind string) *commonv1.Attachment {
	return &commonv1.Attachment{
		Sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Size: 4, MediaType: "application/pdf", Kind: kind, Title: "报告表.pdf",
	}
}

func sampleProject() *permitsv1.EiaProject {
	return &permitsv1.EiaProject{
		ProjectCode: "2026-620602-13-03-012345", ProjectName: "示例饲料加工项目", Nature: permitsv1.ProjectNature_PROJECT_NATURE_EXPAND,
		Industry: "1329", ClassificationRow: 15,
		Answers: &permitsv1.EiaAnswers{
			MeetsReport: true, MeetsForm: true, MeetsRegistration: true, SensitiveArea: true, Special: []string{"cross_prefecture"},
		},
		Document: permitsv1.EiaDocument_EIA_DOCUMENT_FORM, OverrideReason: "从严", SiteAddress: "凉州区示例路1号",
		Location: &commonv1.Location{Longitude: "102.638", Latitude: "37.928"}, InvestmentFen: 5_000_000_00, EnvironmentalInvestmentFen: 200_000_00,
		Works: "年加工饲料 2 万吨", Processes: []string{"发酵"}, Pollutants: []string{"a21026"}, LoadSource: "区域平衡", ExistingRemedy: "改造除尘",
		ParkId: "0199c0de-0000-7000-8000-0000000000d1", Consultancy: "示例环境咨询有限公司", ConsultancyUscc: "91620602MA7X2C8K89",
		Compiler:             &commonv1.Person{Id: "0199c0de-0000-7000-8000-000000000001", Name: "张三", Phone: "13893500001"},
		CompilerCreditNumber: "BH012345", OperationFrom: day("2027-01-01"), Attachments: []*commonv1.Attachment{sampleFile("eia-document")}, DeclaredTrue: true,
	}
}

func sampleScreening() *permitsv1.Screening {
	row := &permitsv1.AccessRow{Row: "1.1", Access: permitsv1.Access_ACCESS_LIMITED, Industries: []string{"13"}, Words: []string{"发酵"}, Text: "控制异味"}
	return &permitsv1.Screening{
		EditionId: "0199c0de-0000-7000-8000-0000000000c1", Version: "示例-1", Sha256: "ab", On: day("2026-09-14"),
		Verdict: permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONDITIONS,
		Units:   []*permitsv1.UnitHit{{Code: "ZH62060220001", Title: "示例重点管控单元", Kind: permitsv1.UnitKind_UNIT_KIND_KEY, ByDivision: true}},
		Rows:    []*permitsv1.RowHit{{Unit: "ZH62060220001", Row: row}}, ParkId: "0199c0de-0000-7000-8000-0000000000d1", Park: "示例园区",
		ParkOpinion: "示例环函〔2024〕1号", Example: true,
	}
}

func intakeSamples() []es.Event {
	return []es.Event{
		&permitsv1.EiaOpened{
			EnterpriseId: "0199c0de-0000-7000-8000-0000000000f1", Builder: "示例饲料有限公司", Uscc: "91620602MA7X2C8K89", Division: "620602",
			Document: permitsv1.EiaDocument_EIA_DOCUMENT_FORM, Example: true, PreviousEiaId: "0199c0de-0000-7000-8000-0000000000e1",
		},
		&permitsv1.EiaSubmitted{Project: sampleProject(), Received: day("2026-09-14"), Screening: sampleScreening(), DocumentByRule: permitsv1.EiaDocument_EIA_DOCUMENT_REPORT, Rule: "eia-class-2021"},
		&permitsv1.EiaResubmitted{Project: sampleProject(), Received: day("2026-09-16"), Screening: sampleScreening(), DocumentByRule: permitsv1.EiaDocument_EIA_DOCUMENT_REPORT, Rule: "eia-class-2021"},
		&permitsv1.EiaRegistrationFiled{
			Project: sampleProject(), FilingNumber: "202662060200000001", Filed: day("2026-09-02"), Screening: sampleScreening(),
			DocumentByRule: permitsv1.EiaDocument_EIA_DOCUMENT_REGISTRATION, Rule: "eia-class-2021",
		},
		&permitsv1.EiaDeficiencyNoticed{Items: []*permitsv1.MissingItem{{Path: "attachments", What: "公开版"}}, DocumentNumber: "武环(凉)许补〔2026〕1号", Noticed: day("2026-09-15")},
		&permitsv1.EiaFoundNotRequired{Reason: "名录未列", DocumentNumber: "武环(凉)许不受〔2026〕1号"},
		&permitsv1.EiaFoundOutsideAuthority{CompetentAuthority: "甘肃省生态环境厅", DocumentNumber: "武环(凉)许不受〔2026〕2号"},
		&permitsv1.EiaAccepted{
			DocumentNumber: "武环(凉)许受〔2026〕1号", Accepted: day("2026-09-16"),
			Promised: []*permitsv1.PromisedItem{{What: "总量指标来源说明", Supplied: day("2026-09-18")}}, PromiseDue: day("2026-09-30"),
		},
		&permitsv1.EiaDeemedAccepted{Accepted: day("2026-09-14"), LastDay: day("2026-09-20"), Rule: "general-licence-completeness-notice"},
		&permitsv1.EiaPromiseKept{Items: []string{"总量指标来源说明"}, Supplied: day("2026-09-18"), Attachments: []*commonv1.Attachment{sampleFile("other")}},
		&permitsv1.EiaPromiseBroken{EnterpriseId: "0199c0de-0000-7000-8000-0000000000f1", Items: []string{"总量指标来源说明"}, Due: day("2026-09-30")},
		&permitsv1.EiaReturned{Reason: "逾期未补齐", DocumentNumber: "武环(凉)许不受〔2026〕3号"},
		&permitsv1.EiaWithdrawn{Reason: "项目调整"},
	}
}

func decisionSamples() []es.Event {
	grounds := []permitsv1.EiaGround{permitsv1.EiaGround_EIA_GROUND_SITING}
	return []es.Event{
		&permitsv1.EiaNoticePublished{
			Kind: permitsv1.EiaNoticeKind_EIA_NOTICE_KIND_ACCEPTANCE, From: day("2026-09-16"), Last: day("2026-09-22"), Url: "https://example.org/1", Rule: "eia-accept-notice-form",
		},
		&permitsv1.EiaHearingRequested{Requested: day("2026-09-24"), Capacity: "applicant"},
		&permitsv1.EiaHearingClosed{Held: true, On: day("2026-10-08"), Finding: "如期举行"},
		&permitsv1.EiaClockPaused{Kind: "technical_assessment", From: day("2026-09-17"), DocumentNumber: "武环(凉)许时〔2026〕1号"},
		&permitsv1.EiaClockResumed{Last: day("2026-09-22"), Finding: "可行"},
		&permitsv1.EiaScreened{Screening: sampleScreening()},
		&permitsv1.EiaExamined{RecommendApproval: true, Opinion: "可行", Grounds: grounds},
		&permitsv1.EiaExaminationReturned{Reason: "补充"},
		&permitsv1.EiaApproved{DocumentNumber: "武环评发〔2026〕1号", Decided: day("2026-10-12"), Conditions: "落实措施", IssuingOrg: "620600", StartBy: day("2031-10-12")},
		&permitsv1.EiaRefused{
			Grounds: grounds, Reasons: "选址冲突", Remedies: &commonv1.Text{Zh: "可以申请行政复议", En: "reconsideration is open"},
			DocumentNumber: "武环评不批〔2026〕1号", Decided: day("2026-10-12"),
		},
		&permitsv1.EiaWorksBegun{On: day("2026-11-01")},
		&permitsv1.EiaChangeNoted{Change: "厂房平移 5 米", Reason: "不新增敏感点"},
		&permitsv1.EiaMajorChangeOpened{NextEiaId: "0199c0de-0000-7000-8000-0000000000e2"},
		&permitsv1.EiaReplaced{NextEiaId: "0199c0de-0000-7000-8000-0000000000e2"},
		&permitsv1.EiaRecheckRequested{Received: day("2031-10-20"), Reason: "资金到位"},
		&permitsv1.EiaRecheckAnswered{Upheld: true, Opinion: "维持", Answered: day("2031-10-24"), StartBy: day("2036-10-24")},
		&permitsv1.EiaSelfAcceptanceReported{On: day("2027-10-20"), Passed: true, Url: "https://example.org/2", Remark: "无重大变动"},
	}
}
