package permits_test

import (
	"shiyang/internal/es"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// The facts of a granted permit's life.
func lifeSamples() []es.Event {
	changed := sampleContent()
	changed.Conditions = []*permitsv1.Condition{{Number: 1, Text: "重污染天气橙色以上预警期间停用燃煤锅炉", Basis: "D736 第十三条"}}
	base := &permitsv1.BaseData{
		UnitName: "武威示例供热有限公司", Domicile: "凉州区示例路2号",
		LegalRepresentative: &commonv1.Person{Id: "0199c0de-0000-7000-8000-000000000003", Name: "王五", Phone: "13893500003"},
	}
	return []es.Event{
		&permitsv1.PermitProcedureOpened{
			Kind:   permitsv1.ProcedureKind_PROCEDURE_KIND_BY_AUTHORITY,
			Causes: []permitsv1.ReapplicationCause{permitsv1.ReapplicationCause_REAPPLICATION_CAUSE_PROJECT},
			Reason: "执行新标准", ChangedOn: day("2027-01-01"), Requirement: "GB 13271-2014 修改单", Effective: day("2027-07-01"), Content: changed,
		},
		&permitsv1.PermitVersionIssued{
			Kind: permitsv1.ProcedureKind_PROCEDURE_KIND_RENEWAL, Version: 2, Content: changed, BaseData: base, From: day("2026-10-20"),
			ValidFrom: day("2026-10-20"), ValidTo: day("2031-10-19"), Decided: day("2026-10-20"), DocumentNumber: "武环许〔2026〕2号",
			IssuingOrg: "620600", GapFrom: day("2026-10-16"), GapTo: day("2026-10-19"), FiledLate: true,
		},
		&permitsv1.PermitRenewalReminded{DaysBefore: 75, LastDay: day("2026-08-16")},
		&permitsv1.PermitDeemedRenewed{
			From: day("2026-10-16"), Filed: day("2026-08-16"), FilingDue: day("2026-08-16"), Opinion: "renewal-in-time-undecided",
			Choice: "deemed_renewed", Why: &commonv1.Text{Zh: "行政许可法第五十条", En: "Licensing Law Art. 50"},
		},
		&permitsv1.PermitExpired{LastDay: day("2026-10-15"), RenewalPending: true, Cause: "term", Opinion: "renewal-in-time-undecided"},
		&permitsv1.PermitMeasureProposed{Measure: "revoke", Ground: "fraud", Reason: "隐瞒生产设施", BasisDocument: "武环罚〔2027〕3号"},
		&permitsv1.PermitMeasureRejected{Measure: "revoke", Reason: "证据不足"},
		&permitsv1.PermitWithheld{From: day("2027-03-01"), BasisDocument: "武环罚〔2027〕1号", Reason: "超标排放"},
		&permitsv1.PermitGivenBack{From: day("2027-04-01"), BasisDocument: "武环罚〔2027〕2号"},
		&permitsv1.PermitForfeited{From: day("2027-05-01"), BasisDocument: "武环罚〔2027〕4号", Reason: "情节严重"},
		&permitsv1.PermitRevoked{
			From: day("2027-06-01"), Ground: "fraud", Reason: "以欺骗手段取得", DocumentNumber: "武环许撤〔2027〕1号", BarredUntil: day("2030-06-01"),
		},
		&permitsv1.PermitCancelled{On: day("2027-06-10"), Ground: "revoked", DocumentNumber: "武环许注〔2027〕1号", AnnouncementUrl: "https://example.org/cancelled"},
		&permitsv1.PermitPaperReissued{Paper: 2, On: day("2027-02-01"), Reason: "遗失"},
		&permitsv1.PlatformNumberEntered{PermitNumber: sampleUSCC + "001P", Source: "manual"},
	}
}

// lifeVariants are older events with the fields that they got later.
func lifeVariants() map[string]es.Event {
	base := &permitsv1.BaseData{
		UnitName: "武威示例供热有限公司", Domicile: "凉州区示例路2号",
		LegalRepresentative: &commonv1.Person{Id: "0199c0de-0000-7000-8000-000000000003", Name: "王五", Phone: "13893500003"},
	}
	return map[string]es.Event{
		"base-data":       &permitsv1.PermitApplicationSubmitted{Content: sampleContent(), Received: day("2026-09-08"), BaseData: base},
		"base-data-again": &permitsv1.PermitApplicationResubmitted{Content: sampleContent(), Received: day("2026-09-14"), BaseData: base},
		"conditions": &permitsv1.PermitApplicationExamined{
			RecommendGrant: true, Opinion: "符合条件", Limits: sampleContent().GetLimits(),
			Conditions: []*permitsv1.Condition{{Number: 1, Text: "重污染天气橙色以上预警期间停用燃煤锅炉", Basis: "D736 第十三条"}},
		},
	}
}
