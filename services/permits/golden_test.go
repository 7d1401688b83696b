package permits_test

import (
	"testing"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// What was stored once must stay readable: the samples set every field.
func TestGoldenEvents(t *testing.T) {
	estest.Golden(t, es.NewCodec(&estest.Keyring{}), "testdata", slicesOf(siteSamples(), intakeSamples(), decisionSamples(), lifeSamples())...)
	codec := es.NewCodec(&estest.Keyring{})
	for name, sample := range lifeVariants() {
		estest.GoldenVariant(t, codec, "testdata", name, sample)
	}
	estest.EveryEventHasGolden(t, permitsv1.File_permits_v1_events_proto, "testdata")
}

func slicesOf(all ...[]es.Event) (joined []es.Event) {
	for _, s := range all {
		joined = append(joined, s...)
	}
	return joined
}

const sampleUSCC = "91620602MA7X2C8K89"

func day(iso string) *commonv1.Date { return &commonv1.Date{Iso: iso} }

func sampleContent() *permitsv1.ApplicationContent {
	return &permitsv1.ApplicationContent{
		ManagementClass: permitsv1.ManagementClass_MANAGEMENT_CLASS_KEY,
		Industry:        "4430", ClassificationRow: 96, EiaNumber: "武环评发〔2022〕31号",
		Facilities: []*permitsv1.ProductionFacility{{Code: "MF0001", Title: "燃煤锅炉", Capacity: "20 t/h"}},
		Abatements: []*permitsv1.Abatement{{Code: "TA001", Process: "布袋除尘", Outlet: "DA001"}},
		Outlets: []*permitsv1.Outlet{{
			Code: "DA001", Title: "锅炉烟囱", Kind: permitsv1.OutletKind_OUTLET_KIND_MAJOR, HeightMm: 45000, DiameterMm: 1200,
			Location: &commonv1.Location{Longitude: "102.6380", Latitude: "37.9283"}, ReceivingWater: "石羊河",
		}},
		Limits: []*permitsv1.Limit{{
			Outlet: "DA001", Pollutant: "a21026", Concentration: "200", Unit: "mg/m3",
			Averaging: permitsv1.Averaging_AVERAGING_HOUR, MassGramsPerYear: 12_500_000, Standard: "GB 13271-2014",
		}},
		Monitoring: []*permitsv1.Monitoring{{
			Outlet: "DA001", Pollutant: "a21026", Automatic: true, Frequency: "continuous", Method: "HJ 75-2017",
		}},
		LedgerRequirement: "台账保存五年", ReportRequirement: "年度执行报告", DisclosureRequirement: "全国平台公开",
		Attachments: []*commonv1.Attachment{{
			Sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Size: 4, MediaType: "application/pdf", Kind: "eia-approval", Title: "环评批复.pdf",
		}},
		DeclaredTrue: true,
	}
}

func siteSamples() []es.Event {
	person := func(id, name string) *commonv1.Person {
		return &commonv1.Person{Id: id, Name: name, Phone: "13893500001"}
	}
	site := &permitsv1.SiteContent{
		UnitName: "武威示例热力有限公司", Uscc: sampleUSCC, SiteAddress: "凉州区示例路1号", Division: "620602", Park: "示例工业园",
		Location: &commonv1.Location{Longitude: "102.6380", Latitude: "37.9283"}, Industry: "4430",
		LegalRepresentative: person("0199c0de-0000-7000-8000-000000000001", "张三"),
		Contact:             person("0199c0de-0000-7000-8000-000000000002", "李四"), Remark: "示例数据", Example: true,
	}
	return []es.Event{
		&permitsv1.FacilityRegistered{EnterpriseId: "0199c0de-0000-7000-8000-0000000000f1", Site: site, SiteSequence: 1},
		&permitsv1.FacilityChanged{Site: site, Reason: "更名", SiteSequence: 2},
		&permitsv1.FacilityAssigned{EnterpriseId: "0199c0de-0000-7000-8000-0000000000f1"},
	}
}

func intakeSamples() []es.Event {
	items := []*permitsv1.MissingItem{{Path: "eiaNumber", What: "环评批复复印件"}}
	return []es.Event{
		&permitsv1.PermitApplicationOpened{
			FacilityId: "0199c0de-0000-7000-8000-0000000000a1", EnterpriseId: "0199c0de-0000-7000-8000-0000000000f1", Division: "620602",
			Uscc: sampleUSCC, SiteSequence: 1, UnitName: "武威示例热力有限公司", ManagementClass: permitsv1.ManagementClass_MANAGEMENT_CLASS_KEY,
			SiteAddress: "凉州区示例路1号", Example: true, ReservationId: "0199c0de-0000-5000-8000-0000000000b1",
		},
		&permitsv1.PublicNoticePublished{From: day("2026-09-01"), Url: "https://example.org/notice"},
		&permitsv1.PermitApplicationSubmitted{Content: sampleContent(), Received: day("2026-09-08")},
		&permitsv1.PermitApplicationCorrectedOnSpot{Items: items, Content: sampleContent()},
		&permitsv1.DeficiencyNoticed{Items: items, DocumentNumber: "武环(凉)许补〔2026〕1号", Noticed: day("2026-09-10")},
		&permitsv1.PermitApplicationResubmitted{Content: sampleContent(), Received: day("2026-09-14")},
		&permitsv1.PermitFoundNotRequired{Reason: "属于登记管理", DocumentNumber: "武环(凉)许不受〔2026〕1号"},
		&permitsv1.PermitFoundOutsideAuthority{CompetentAuthority: "金昌市生态环境局", DocumentNumber: "武环(凉)许不受〔2026〕2号"},
		&permitsv1.PermitApplicationAccepted{DocumentNumber: "武环(凉)许受〔2026〕1号", Accepted: day("2026-09-16")},
		&permitsv1.PermitApplicationDeemedAccepted{Accepted: day("2026-09-14"), LastDay: day("2026-09-17"), Rule: "permit-completeness-notice"},
		&permitsv1.PermitApplicationWithdrawn{Reason: "项目调整"},
	}
}

func decisionSamples() []es.Event {
	return []es.Event{
		&permitsv1.DecisionClockPaused{Kind: "expert_review", From: day("2026-09-28"), DocumentNumber: "武环(凉)许时〔2026〕1号"},
		&permitsv1.DecisionClockResumed{Last: day("2026-09-30"), Finding: "专家同意"},
		&permitsv1.SiteChecked{On: day("2026-09-21"), Finding: "与申请一致", OfficerIds: []string{
			"0199c0de-0000-7000-8000-0000000000e1", "0199c0de-0000-7000-8000-0000000000e2",
		}},
		&permitsv1.PermitApplicationExamined{RecommendGrant: true, Opinion: "符合条件", Limits: sampleContent().GetLimits()},
		&permitsv1.PermitExaminationReturned{Reason: "补充说明限值来源"},
		&permitsv1.PermitIssued{
			PermitNumber: sampleUSCC + "001P", DocumentNumber: "武环许〔2026〕1号", Content: sampleContent(), ValidFrom: day("2026-10-20"),
			ValidTo: day("2031-10-19"), Decided: day("2026-10-20"), IssuingOrg: "620600", ExternalNumber: sampleUSCC + "001P",
		},
		&permitsv1.PermitRefused{
			Reasons: "治理设施达不到许可限值", UnmetConditions: []string{"abatement"},
			Remedies:       &commonv1.Text{Zh: "可以申请行政复议或者提起行政诉讼", En: "reconsideration or a lawsuit is open"},
			DocumentNumber: "武环不许〔2026〕1号", Decided: day("2026-10-20"),
		},
		&permitsv1.PermitDecisionDelivered{Delivered: day("2026-10-22"), Method: "electronic"},
	}
}
