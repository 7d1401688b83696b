package zoning_test

import (
	"testing"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// What was stored once must stay readable: the samples set every field.
func TestGoldenEvents(t *testing.T) {
	day := func(iso string) *commonv1.Date { return &commonv1.Date{Iso: iso} }
	rows := []*permitsv1.AccessRow{{Row: "1.1", Access: permitsv1.Access_ACCESS_FORBIDDEN, Industries: []string{"26"}, Words: []string{"电镀"}, Text: "禁止"}}
	park := &permitsv1.Park{
		Title: "示例园区", Division: "620602", Plan: "示例园区总体规划", OpinionNumber: "示例环函〔2024〕1号", OpinionBy: "示例机关",
		OpinionOn: day("2024-05-01"), ValidTo: day("2030-12-31"), Rows: rows, Example: true,
	}
	estest.Golden(t, es.NewCodec(&estest.Keyring{}), "testdata",
		&permitsv1.ControlEditionLoaded{Title: "示例成果", Version: "示例-1", ValidFrom: day("2026-09-01"), Sha256: "ab", Units: 1, Source: "示例", Example: true},
		&permitsv1.ControlUnitEntered{
			Code: "ZH1", Title: "示例单元", Kind: permitsv1.UnitKind_UNIT_KIND_KEY, Divisions: []string{"620602"},
			Areas: []*permitsv1.Area{{Rings: []*permitsv1.Ring{{Corners: []int32{102_500_000, 37_900_000, 102_600_000, 37_900_000, 102_600_000, -38_000_000}}}}}, Rows: rows,
		},
		&permitsv1.ControlEditionWithdrawn{Reason: "有误"}, &permitsv1.ParkRecorded{Park: park})
	estest.EveryEventHasGolden(t, permitsv1.File_permits_v1_zoning_events_proto, "testdata")
}
