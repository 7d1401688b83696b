package plan_test

import (
	"math/rand/v2"
	"testing"

	"shiyang/internal/readmodel"
	"shiyang/internal/readmodel/readmodeltest"
	auditv1 "shiyang/proto/audit/v1"
	commonv1 "shiyang/proto/common/v1"
	"shiyang/services/audit/views/plan"
)

// table is a small plan: two places, two cells, and a correction of each kind.
func table() []readmodel.Fact {
	place := func(id, title, note string) readmodel.Fact {
		return readmodel.Fact{Stream: "place-" + id, Event: &auditv1.PlaceNamed{Kind: "river", Title: title, Note: note, Source: "plan"}}
	}
	cell := func(id, key, value string, target bool) readmodel.Fact {
		return readmodel.Fact{Stream: "indicator-" + id, Event: &auditv1.IndicatorRecorded{
			Table: "14th plan indicators", Key: key, Title: &commonv1.Text{Zh: "指标" + key, En: "indicator " + key},
			Group: "环境治理", Kind: "约束性", Unit: "%", Period: "2025", Value: value, Target: target, Source: "plan",
		}}
	}
	return readmodeltest.Complete(0,
		place("1", "石羊河", ""), place("2", "黄羊河", ""), cell("1", "1", "90.3", true), cell("2", "2", "31", false),
		place("1", "石羊河", "出境断面"), cell("2", "2", "30", false),
	)
}

func TestPlanUnderRestartsAndRepetitions(t *testing.T) {
	readmodeltest.Each(t, func(t *testing.T, db *readmodel.DB) {
		facts := table()
		random := rand.New(rand.NewPCG(1, 2))
		for done := 0; done < len(facts); {
			from, to := max(0, done-random.IntN(3)), min(len(facts), done+random.IntN(3))
			readmodeltest.Apply(t, db, plan.Projection(), facts[from:to]...)
			done = max(done, to)
		}
		q := plan.Queries{DB: db}
		places, err := q.Places(t.Context(), "river")
		if err != nil || len(places) != 2 || places[0].GetNote() != "出境断面" || places[1].GetTitle() != "黄羊河" {
			t.Errorf("places in the order of the plan: %v %v", places, err)
		}
		if none, err := q.Places(t.Context(), "county"); err != nil || len(none) != 0 {
			t.Errorf("places of another kind: %v %v", none, err)
		}
		cells, err := q.Indicators(t.Context(), "")
		if err != nil || len(cells) != 2 || cells[1].GetValue() != "30" || !cells[0].GetTarget() || cells[1].GetTarget() ||
			cells[0].GetTitle().GetEn() != "indicator 1" {
			t.Errorf("cells in the order of the table: %v %v", cells, err)
		}
		if none, err := q.Indicators(t.Context(), "13th plan results"); err != nil || len(none) != 0 {
			t.Errorf("cells of another table: %v %v", none, err)
		}
	})
}
