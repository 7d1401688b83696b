package park_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
	"shiyang/services/permits/zoning/park"
)

func entry(change func(*permitsv1.Park)) *permitsv1.Park {
	p := &permitsv1.Park{
		Title: "示例园区", Division: "620602", Plan: "示例园区总体规划", OpinionNumber: "示例环函〔2024〕1号", OpinionBy: "示例机关",
		OpinionOn: &commonv1.Date{Iso: "2024-05-01"}, ValidTo: &commonv1.Date{Iso: "2030-12-31"}, Example: true,
		Rows: []*permitsv1.AccessRow{{Row: "1", Access: permitsv1.Access_ACCESS_FORBIDDEN, Industries: []string{"25"}, Text: "禁止"}},
	}
	change(p)
	return p
}

func TestPark(t *testing.T) {
	o := act.Occasion{On: law.MustParseDate("2026-09-01")}
	record := func(change func(*permitsv1.Park)) park.Record { return park.Record{Occasion: o, Entry: entry(change)} }
	same := func(*permitsv1.Park) {}
	known := &permitsv1.ParkRecorded{Park: entry(same)}
	invalid := problem.ErrInvalid
	estest.EveryEventEvolves[park.Park](t, estest.Facts(known)...)
	estest.Run(t, []estest.Scenario[park.Park]{
		{Name: "a park is entered", When: record(same), Then: []es.Event{known}},
		{Name: "the same again is nothing new", Given: estest.Facts(known), When: record(same)},
		{Name: "an opinion of tomorrow", When: record(func(p *permitsv1.Park) { p.OpinionOn.Iso = "2026-09-02" }), Err: invalid},
		{Name: "a plan that ends before the opinion", When: record(func(p *permitsv1.Park) { p.ValidTo.Iso = "2024-04-30" }), Err: invalid},
		{Name: "a row twice", When: record(func(p *permitsv1.Park) { p.Rows = append(p.Rows, proto.CloneOf(p.GetRows()[0])) }), Err: invalid},
	})
	p := es.Fold(park.Park{}, estest.Facts(known)...)
	if p.Expired(law.MustParseDate("2030-12-31")) || !p.Expired(law.MustParseDate("2031-01-01")) {
		t.Error("the plan holds to its last day and no longer")
	}
}
