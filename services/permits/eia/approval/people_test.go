package approval_test

import (
	"time"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/law"
	"shiyang/internal/law/calendar"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/eia/approval"
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

type scenario = estest.Scenario[approval.Approval]

func date(iso string) law.Date { return law.MustParseDate(iso) }

func wire(iso string) *commonv1.Date { return &commonv1.Date{Iso: iso} }

// on is an act by somebody on a day, entered the same day.
func on(by es.Actor, iso string) approval.Occasion {
	return approval.Occasion{By: by, On: date(iso), Today: date(iso), Law: law.Embedded()}
}

// by is a fact at ten in the morning of a day in Wuwei.
func by(actor es.Actor, iso string, event es.Event) es.Fact {
	d := date(iso)
	return estest.By(actor, time.Date(d.Year, d.Month, d.Day, 10, 0, 0, 0, calendar.Shanghai()), event)
}

// project is a feed mill with fermentation: a form by row 15 of the list.
func project() *permitsv1.EiaProject {
	return &permitsv1.EiaProject{
		ProjectCode: "2026-620602-13-03-012345", ProjectName: "示例饲料加工项目", Nature: permitsv1.ProjectNature_PROJECT_NATURE_NEW,
		Industry: "1329", ClassificationRow: 15, Answers: &permitsv1.EiaAnswers{MeetsForm: true}, Document: approval.Form,
		SiteAddress: "凉州区示例路1号", Location: &commonv1.Location{Longitude: "102.638", Latitude: "37.928"},
		InvestmentFen: 5_000_000_00, EnvironmentalInvestmentFen: 200_000_00, Works: "年加工饲料 2 万吨",
		Processes: []string{"发酵"}, Pollutants: []string{"颗粒物"}, LoadSource: "区域平衡",
		Consultancy: "示例环境咨询有限公司", ConsultancyUscc: uscc, Compiler: &commonv1.Person{Id: "0199c0de-0000-7000-8000-000000000001", Name: "张三"},
		CompilerCreditNumber: "BH012345",
		Attachments: []*commonv1.Attachment{
			{Sha256: "a", Size: 1, MediaType: "application/pdf", Kind: "eia-document"},
			{Sha256: "b", Size: 1, MediaType: "application/pdf", Kind: "promise"},
		},
		DeclaredTrue: true,
	}
}

// changed is the project after a change.
func changed(change func(*permitsv1.EiaProject)) *permitsv1.EiaProject {
	p := proto.CloneOf(project())
	change(p)
	return p
}

// registration is a project that needs a registration form: row 100.
func registration() *permitsv1.EiaProject {
	return changed(func(p *permitsv1.EiaProject) {
		p.ClassificationRow, p.Industry, p.Document, p.Answers = 100, "7722", approval.Registration, &permitsv1.EiaAnswers{}
		p.ProjectCode, p.Consultancy, p.ConsultancyUscc, p.Compiler, p.CompilerCreditNumber, p.Attachments = "", "", "", nil, "", nil
		p.OperationFrom = wire("2026-12-01")
	})
}

func screening(verdict permitsv1.ScreeningVerdict) *permitsv1.Screening {
	return &permitsv1.Screening{EditionId: "edition-1", Version: "示例", Verdict: verdict}
}

func past(facts ...es.Fact) []es.Fact { return facts }

func then(facts []es.Fact, more ...es.Fact) []es.Fact {
	return append(facts[:len(facts):len(facts)], more...)
}

const secondaryItem = "总量指标来源说明"

// A life under the Code: filed on Monday 2026-09-14, accepted with a promised
// item, assessed, examined, made public twice, approved, built, accepted.
var (
	opened    = by(firm, "2026-09-01", &permitsv1.EiaOpened{EnterpriseId: "firm-1", Builder: "示例饲料有限公司", Uscc: uscc, Division: "620602", Document: approval.Form})
	submitted = by(firm, "2026-09-14", &permitsv1.EiaSubmitted{
		Project: project(), Received: wire("2026-09-14"), Screening: screening(permitsv1.ScreeningVerdict_SCREENING_VERDICT_CONFORM),
		DocumentByRule: approval.Form, Rule: approval.RuleClass,
	})
	deficient   = by(clerk, "2026-09-15", &permitsv1.EiaDeficiencyNoticed{Items: []*permitsv1.MissingItem{{What: "公开版"}}, Noticed: wire("2026-09-15"), DocumentNumber: "1"})
	resubmitted = by(firm, "2026-09-16", &permitsv1.EiaResubmitted{Project: project(), Received: wire("2026-09-16"), DocumentByRule: approval.Form, Rule: approval.RuleClass})
	accepted    = by(clerk, "2026-09-16", &permitsv1.EiaAccepted{DocumentNumber: "1", Accepted: wire("2026-09-16")})
	withGaps    = by(clerk, "2026-09-16", &permitsv1.EiaAccepted{
		DocumentNumber: "1", Accepted: wire("2026-09-16"), Promised: []*permitsv1.PromisedItem{{What: secondaryItem}}, PromiseDue: wire("2026-09-30"),
	})
	supplied = by(firm, "2026-09-18", &permitsv1.EiaPromiseKept{Items: []string{secondaryItem}, Supplied: wire("2026-09-18")})
	noticed  = by(clerk, "2026-09-16", &permitsv1.EiaNoticePublished{Kind: approval.Acceptance, From: wire("2026-09-16"), Last: wire("2026-09-22")})
	paused   = by(examiner, "2026-09-17", &permitsv1.EiaClockPaused{Kind: "technical_assessment", From: wire("2026-09-17"), DocumentNumber: "2"})
	resumed  = by(examiner, "2026-09-22", &permitsv1.EiaClockResumed{Last: wire("2026-09-22"), Finding: "可行"})
	examined = by(examiner, "2026-09-23", &permitsv1.EiaExamined{RecommendApproval: true, Opinion: "可行"})
	against  = by(examiner, "2026-09-23", &permitsv1.EiaExamined{Opinion: "选址冲突", Grounds: []permitsv1.EiaGround{permitsv1.EiaGround_EIA_GROUND_SITING}})
	intended = by(clerk, "2026-09-23", &permitsv1.EiaNoticePublished{Kind: approval.Intention, From: wire("2026-09-23"), Last: wire("2026-09-30")})
	approved = by(decider, "2026-10-12", &permitsv1.EiaApproved{DocumentNumber: "武环评发〔2026〕1号", Decided: wire("2026-10-12"), Conditions: "落实措施", StartBy: wire("2031-10-12")})
	told     = by(clerk, "2026-10-13", &permitsv1.EiaNoticePublished{Kind: approval.Decision, From: wire("2026-10-13"), Last: wire("2026-10-22")})
	begun    = by(firm, "2026-11-02", &permitsv1.EiaWorksBegun{On: wire("2026-11-01")})

	received  = past(opened, submitted)
	inExam    = then(received, accepted, noticed)
	toDecide  = then(inExam, paused, resumed, examined, intended)
	inForce   = then(toDecide, approved)
	refused   = then(inExam, paused, resumed, against, intended, by(decider, "2026-10-12", &permitsv1.EiaRefused{Decided: wire("2026-10-12"), Grounds: []permitsv1.EiaGround{1}}))
	withPause = then(inExam, paused)
)
