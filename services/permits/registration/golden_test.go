package registration_test

import (
	"testing"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// What was stored once must stay readable: the samples set every field.
func TestGoldenEvents(t *testing.T) {
	estest.Golden(t, es.NewCodec(&estest.Keyring{}), "testdata", samples()...)
	estest.EveryEventHasGolden(t, permitsv1.File_permits_v1_registration_events_proto, "testdata")
}

const sampleUSCC = "91620602MA7X2C8K89"

func day(iso string) *commonv1.Date { return &commonv1.Date{Iso: iso} }

func sampleAnswers() *permitsv1.TierAnswers {
	return &permitsv1.TierAnswers{
		Industries: []*permitsv1.RowAnswer{{Row: 96, Column: permitsv1.ListColumn_LIST_COLUMN_REGISTRATION, OutsideIndustrialBuildings: true}},
		Processes:  []*permitsv1.RowAnswer{{Row: 109, Column: permitsv1.ListColumn_LIST_COLUMN_REGISTRATION}}, KeyUnit: true, LargeDischarge: true,
	}
}

func sampleContent(product string) *permitsv1.RegistrationContent {
	return &permitsv1.RegistrationContent{
		Products: []*permitsv1.RegisteredProduct{{Title: product, Capacity: "3000 吨/年"}},
		Releases: []*permitsv1.RegisteredRelease{{
			Medium: permitsv1.RegistrationMedium_REGISTRATION_MEDIUM_AIR, Process: "锅炉", Measure: "低氮燃烧", Destination: "大气", Standard: "GB 13271-2014",
		}},
		DeclaredTrue: true,
	}
}

func sampleSource() *permitsv1.SourceContent {
	return &permitsv1.SourceContent{
		CensusNumber: "P-0001", UnitName: "凉州示例面粉厂", Uscc: sampleUSCC, SiteAddress: "凉州区示例路1号", Division: "620602", Industry: "4430",
		Origin: "示例普查", Note: "示例数据", Example: true,
	}
}

func samples() []es.Event {
	return []es.Event{
		&permitsv1.SourceTierDecided{
			FacilityId: "0199c0de-0000-7000-8000-0000000000a1", EnterpriseId: "0199c0de-0000-7000-8000-0000000000f1", Division: "620602",
			Uscc: sampleUSCC, SiteSequence: 1, UnitName: "凉州示例面粉厂", SiteAddress: "凉州区示例路1号", Example: true, Answers: sampleAnswers(),
			Tier: permitsv1.SourceTier_SOURCE_TIER_REGISTRATION, Reasons: []*commonv1.Text{{Zh: "名录第 96 类", En: "Row 96"}}, Rule: "permit_classification 2019",
		},
		&permitsv1.SourceTierOverridden{
			Tier: permitsv1.SourceTier_SOURCE_TIER_SIMPLIFIED, Listed: permitsv1.SourceTier_SOURCE_TIER_REGISTRATION, Reason: "锅炉出力与申报不符",
		},
		&permitsv1.DischargeRegistered{
			Number: sampleUSCC + "001W", Content: sampleContent("供热"), ValidFrom: day("2026-10-12"), ValidTo: day("2031-10-11"),
			ReservationId: "0199c0de-0000-5000-8000-0000000000b1", EnterpriseId: "0199c0de-0000-7000-8000-0000000000f1",
		},
		&permitsv1.DischargeRegistrationChanged{Content: sampleContent("供汽"), Reason: "增加产品", Changed: day("2026-09-01"), Due: day("2026-09-21"), Late: true},
		&permitsv1.DischargeRegistrationRenewed{ValidFrom: day("2031-10-12"), ValidTo: day("2036-10-11"), Content: sampleContent("供汽")},
		&permitsv1.DischargeRegistrationReminded{ValidTo: day("2031-10-11")},
		&permitsv1.DischargeRegistrationExpired{LastDay: day("2031-10-11")},
		&permitsv1.DischargeRegistrationCancelled{Ground: permitsv1.CancellationGround_CANCELLATION_GROUND_CLOSED, Reason: "停业"},
		&permitsv1.DischargeRegistrationReplaced{PermitId: "0199c0de-0000-7000-8000-0000000000c1", PermitNumber: sampleUSCC + "001P"},
		&permitsv1.RegistrationNumberEntered{Number: sampleUSCC + "001X", Source: "manual"},
		&permitsv1.SourceListed{Source: sampleSource()},
		&permitsv1.SourceLinked{FacilityId: "0199c0de-0000-7000-8000-0000000000a1"},
		&permitsv1.SourceSettled{
			Outcome: permitsv1.SourceOutcome_SOURCE_OUTCOME_RECTIFY, Reason: "未批先建", Category: "permit",
			RecordId: "0199c0de-0000-7000-8000-0000000000c1", Number: sampleUSCC + "001P", Due: day("2027-03-31"),
		},
		&permitsv1.SourceReopened{Reason: &commonv1.Text{Zh: "排污登记注销", En: "the registration was cancelled"}},
	}
}
