package indicator_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	auditv1 "shiyang/proto/audit/v1"
	"shiyang/services/audit/planning/indicator"
)

func TestRecord(t *testing.T) {
	cell := &auditv1.IndicatorRecorded{Table: "14th plan indicators", Key: "2", Kind: "约束性", Unit: "ug/m3", Period: "2025", Value: "31", Target: true, Source: "plan"}
	corrected := proto.CloneOf(cell)
	corrected.Value = "30"
	estest.Run(t, []estest.Scenario[indicator.Indicator]{
		{Name: "a plan sets a target", When: indicator.Record{cell}, Then: []es.Event{cell}},
		{Name: "the same table again enters nothing", Given: estest.Facts(cell), When: indicator.Record{proto.CloneOf(cell)}},
		{Name: "a misread cell is corrected", Given: estest.Facts(cell), When: indicator.Record{corrected}, Then: []es.Event{corrected}},
	})
	estest.EveryEventEvolves[indicator.Indicator](t, estest.Facts(cell)...)
	if indicator.ID("t", "2", "2025", true) == indicator.ID("t", "2", "2025", false) {
		t.Error("target and result share a record")
	}
}
