package source_test

import (
	"testing"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
	"shiyang/services/permits/registration/source"
)

var (
	today    = law.MustParseDate("2026-10-12")
	occasion = act.Occasion{By: es.Actor{ID: "clerk", Role: "permit_clerk"}, On: today, Today: today, Law: law.Embedded()}
)

func line(change func(*permitsv1.SourceContent)) *permitsv1.SourceContent {
	c := &permitsv1.SourceContent{
		CensusNumber: "P-0001", UnitName: "凉州示例面粉厂", Uscc: "91620602MA7X2C8K89", SiteAddress: "示例路 1 号", Division: "620602", Industry: "1310",
		Origin: "示例普查", Example: true,
	}
	if change != nil {
		change(c)
	}
	return c
}

func TestScenarios(t *testing.T) {
	list := source.List{Source: line(nil), Lists: law.Embedded().On(today)}
	listed := estest.Facts(&permitsv1.SourceListed{Source: line(nil)})
	linked := estest.Facts(&permitsv1.SourceListed{Source: line(nil)}, &permitsv1.SourceLinked{FacilityId: "site-1"})
	byRegistration := &permitsv1.SourceSettled{Outcome: source.Registration, Category: "registration", RecordId: "site-1", Number: "n"}
	settled := append(linked, estest.Facts(byRegistration)...)
	by := source.SettleBy{Outcome: source.Registration, Category: "registration", Record: "site-1", Number: "n"}
	estest.Run(t, []estest.Scenario[source.Source]{
		{Name: "listed", When: list, Then: []es.Event{&permitsv1.SourceListed{Source: line(nil)}}},
		{Name: "the same line again", Given: listed, When: list},
		{Name: "another source under the number", Given: listed, When: source.List{Source: line(func(c *permitsv1.SourceContent) { c.UnitName = "别家" })}, Err: source.ErrListed},
		{Name: "a wrong credit code", When: source.List{Source: line(func(c *permitsv1.SourceContent) { c.Uscc = "91620602MA7X2C8K80" }), Lists: law.Embedded().On(today)}, Err: problem.ErrInvalid},
		{Name: "an unknown county", When: source.List{Source: line(func(c *permitsv1.SourceContent) { c.Division = "620699" }), Lists: law.Embedded().On(today)}, Err: problem.ErrInvalid},
		{Name: "linked", Given: listed, When: source.Link{Occasion: occasion, Facility: "site-1", Division: "620602"}, Then: []es.Event{&permitsv1.SourceLinked{FacilityId: "site-1"}}},
		{Name: "linked before", Given: linked, When: source.Link{Occasion: occasion, Facility: "site-1", Division: "620602"}},
		{Name: "a site of another county", Given: listed, When: source.Link{Occasion: occasion, Facility: "site-1", Division: "620621"}, Err: problem.ErrInvalid},
		{Name: "settled by its registration", Given: linked, When: by, Then: []es.Event{byRegistration}},
		{Name: "settled so before", Given: settled, When: by},
		{Name: "a permit takes over", Given: settled, When: source.SettleBy{Outcome: source.Permit, Category: "permit", Record: "p", Number: "m"}, Then: []es.Event{
			&permitsv1.SourceSettled{Outcome: source.Permit, Category: "permit", RecordId: "p", Number: "m"},
		}},
		{Name: "a source that nobody listed", When: by},
		{Name: "what a record settled is not settled by hand", Given: settled, When: source.Settle{Occasion: occasion, Outcome: source.NotRequired, Reason: "停产"}, Err: source.ErrSettledByRecord},
		{Name: "nor tied to another site", Given: settled, When: source.Link{Occasion: occasion, Facility: "site-2", Division: "620602"}, Err: source.ErrSettledByRecord},
		{Name: "to rectify by a day", Given: listed, When: source.Settle{Occasion: occasion, Outcome: source.Rectify, Reason: "未批先建", Due: law.MustParseDate("2027-03-31")}, Then: []es.Event{
			&permitsv1.SourceSettled{Outcome: source.Rectify, Reason: "未批先建", Due: &commonv1.Date{Iso: "2027-03-31"}},
		}},
		{Name: "to rectify without a day", Given: listed, When: source.Settle{Occasion: occasion, Outcome: source.Rectify, Reason: "未批先建"}, Err: problem.ErrInvalid},
		{Name: "not required", Given: listed, When: source.Settle{Occasion: occasion, Outcome: source.NotRequired, Reason: "已拆除"}, Then: []es.Event{
			&permitsv1.SourceSettled{Outcome: source.NotRequired, Reason: "已拆除"},
		}},
		{Name: "a permit by hand", Given: listed, When: source.Settle{Occasion: occasion, Outcome: source.Permit, Reason: "x"}, Err: problem.ErrInvalid},
		{Name: "reopened when its record ends", Given: settled, When: source.Reopen{Record: "site-1", Reason: problem.Text{Zh: "登记注销", En: "cancelled"}}, Then: []es.Event{
			&permitsv1.SourceReopened{Reason: &commonv1.Text{Zh: "登记注销", En: "cancelled"}},
		}},
		{Name: "another record's end does not matter", Given: settled, When: source.Reopen{Record: "p"}},
	})
}
