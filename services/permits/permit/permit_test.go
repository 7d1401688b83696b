package permit_test

import (
	"time"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/law"
	"shiyang/internal/law/calendar"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/permit"
)

// The people of the examples.
var (
	firm     = es.Actor{ID: "firm-handler", Role: "firm_handler", Org: "firm-1"}
	clerk    = es.Actor{ID: "clerk", Role: "permit_clerk", County: "620602"}
	examiner = es.Actor{ID: "examiner", Role: "permit_examiner", County: "620602"}
	decider  = es.Actor{ID: "decider", Role: "permit_decider", County: "620600"}
	ticker   = es.Actor{ID: "system:ticker", Role: "system"}
)

const uscc = "91620602MA7X2C8K89"

func date(iso string) law.Date { return law.MustParseDate(iso) }

func wire(iso string) *commonv1.Date { return &commonv1.Date{Iso: iso} }

// on is an act by somebody on a day, entered the same day.
func on(by es.Actor, iso string) permit.Occasion {
	return permit.Occasion{By: by, On: date(iso), Today: date(iso), Law: law.Embedded()}
}

// by is a fact at ten in the morning of a day in Wuwei.
func by(actor es.Actor, iso string, event es.Event) es.Fact {
	d := date(iso)
	return estest.By(actor, time.Date(d.Year, d.Month, d.Day, 10, 0, 0, 0, calendar.Shanghai()), event)
}

func content() *permitsv1.ApplicationContent {
	return &permitsv1.ApplicationContent{
		ManagementClass: permitsv1.ManagementClass_MANAGEMENT_CLASS_KEY,
		Industry:        "4430", ClassificationRow: 96, EiaNumber: "武环评发〔2022〕31号",
		Facilities: []*permitsv1.ProductionFacility{{Code: "MF0001", Title: "燃煤锅炉", Capacity: "20 t/h"}},
		Abatements: []*permitsv1.Abatement{{Code: "TA001", Process: "布袋除尘", Outlet: "DA001"}},
		Outlets: []*permitsv1.Outlet{{
			Code: "DA001", Title: "锅炉烟囱", Kind: permitsv1.OutletKind_OUTLET_KIND_MAJOR, HeightMm: 45000, DiameterMm: 1200,
		}},
		Limits: []*permitsv1.Limit{{
			Outlet: "DA001", Pollutant: "a21026", Concentration: "200", Unit: "mg/m3",
			Averaging: permitsv1.Averaging_AVERAGING_HOUR, MassGramsPerYear: 12_500_000, Standard: "GB 13271-2014",
		}},
		Monitoring: []*permitsv1.Monitoring{{
			Outlet: "DA001", Pollutant: "a21026", Automatic: true, Frequency: "continuous", Method: "HJ 75-2017",
		}},
		DeclaredTrue: true,
	}
}

func light() *permitsv1.ApplicationContent {
	c := content()
	c.ManagementClass = permitsv1.ManagementClass_MANAGEMENT_CLASS_SIMPLIFIED
	return c
}

// with returns content after a change.
func with(c *permitsv1.ApplicationContent, change func(*permitsv1.ApplicationContent)) *permitsv1.ApplicationContent {
	change(c)
	return c
}

// The steps of a life: an application under key management for a site in
// Liangzhou, published on 2026-09-01, filed on 09-08, decided on 10-20.
var (
	openedLight = by(firm, "2026-09-01", opened(permitsv1.ManagementClass_MANAGEMENT_CLASS_SIMPLIFIED))
	openedKey   = by(firm, "2026-09-01", opened(permitsv1.ManagementClass_MANAGEMENT_CLASS_KEY))
	noticed     = by(firm, "2026-09-01", &permitsv1.PublicNoticePublished{From: wire("2026-09-01"), Url: "https://example.org/notice"})
	submitted   = by(firm, "2026-09-08", &permitsv1.PermitApplicationSubmitted{Content: content(), Received: wire("2026-09-08")})
	deficient   = by(clerk, "2026-09-10", &permitsv1.DeficiencyNoticed{
		Items: []*permitsv1.MissingItem{{Path: "eiaNumber", What: "环评批复"}}, DocumentNumber: "武环(凉)许补〔2026〕1号", Noticed: wire("2026-09-10"),
	})
	resubmitted = by(firm, "2026-09-14", &permitsv1.PermitApplicationResubmitted{Content: content(), Received: wire("2026-09-14")})
	accepted    = by(clerk, "2026-09-16", &permitsv1.PermitApplicationAccepted{DocumentNumber: "武环(凉)许受〔2026〕1号", Accepted: wire("2026-09-16")})
	visited     = by(examiner, "2026-09-22", &permitsv1.SiteChecked{
		On: wire("2026-09-21"), Finding: "与申请一致", OfficerIds: []string{"officer-1", "officer-2"},
	})
	paused   = by(examiner, "2026-09-24", &permitsv1.DecisionClockPaused{Kind: "expert_review", From: wire("2026-09-28"), DocumentNumber: "武环(凉)许时〔2026〕1号"})
	resumed  = by(examiner, "2026-09-30", &permitsv1.DecisionClockResumed{Last: wire("2026-09-30"), Finding: "专家同意"})
	examined = by(examiner, "2026-10-12", &permitsv1.PermitApplicationExamined{RecommendGrant: true, Opinion: "符合条件"})
	advised  = by(examiner, "2026-10-12", &permitsv1.PermitApplicationExamined{Opinion: "不符合条件"})
	returned = by(decider, "2026-10-13", &permitsv1.PermitExaminationReturned{Reason: "补充说明限值来源"})
	again    = by(examiner, "2026-10-14", &permitsv1.PermitApplicationExamined{RecommendGrant: true, Opinion: "符合条件，已补充"})
	issued   = by(decider, "2026-10-20", &permitsv1.PermitIssued{
		PermitNumber: uscc + "001P", DocumentNumber: "武环许〔2026〕1号", Content: content(),
		ValidFrom: wire("2026-10-20"), ValidTo: wire("2031-10-19"), Decided: wire("2026-10-20"), IssuingOrg: "620600",
	})
	refused = by(decider, "2026-10-20", &permitsv1.PermitRefused{
		Reasons: "治理设施达不到许可限值", UnmetConditions: []string{"abatement"}, DocumentNumber: "武环不许〔2026〕1号",
		Remedies: &commonv1.Text{Zh: "可以申请行政复议", En: "review is open"}, Decided: wire("2026-10-20"),
	})
	delivered = by(clerk, "2026-10-22", &permitsv1.PermitDecisionDelivered{Delivered: wire("2026-10-22"), Method: "electronic"})
	withdrawn = by(firm, "2026-10-13", &permitsv1.PermitApplicationWithdrawn{Reason: "项目调整"})
)

func opened(class permitsv1.ManagementClass) *permitsv1.PermitApplicationOpened {
	return &permitsv1.PermitApplicationOpened{
		FacilityId: "facility-1", EnterpriseId: "firm-1", Division: "620602", Uscc: uscc, SiteSequence: 1,
		UnitName: "武威示例热力有限公司", ManagementClass: class, SiteAddress: "凉州区示例路1号", Example: true, ReservationId: "reservation-1",
	}
}

// past joins facts into a history.
func past(facts ...es.Fact) []es.Fact { return facts }

// Common histories.
var (
	filed       = past(openedKey, noticed, submitted)
	inExam      = past(openedKey, noticed, submitted, deficient, resubmitted, accepted)
	toDecide    = past(openedKey, noticed, submitted, deficient, resubmitted, accepted, visited, examined)
	againstIt   = past(openedKey, noticed, submitted, deficient, resubmitted, accepted, visited, advised)
	inForce     = append(toDecide[:len(toDecide):len(toDecide)], issued)
	turnedDown  = append(toDecide[:len(toDecide):len(toDecide)], refused)
	standsStill = append(inExam[:len(inExam):len(inExam)], visited, paused)
)
