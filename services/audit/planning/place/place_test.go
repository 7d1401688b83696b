package place_test

import (
	"testing"

	"shiyang/internal/es"
	"shiyang/internal/es/estest"
	auditv1 "shiyang/proto/audit/v1"
	"shiyang/services/audit/planning/place"
)

func TestName(t *testing.T) {
	known := place.Place{Kind: "river", Title: "石羊河", Division: "620621", Note: "民勤段", Source: "Wuwei 14th five-year plan"}
	named := &auditv1.PlaceNamed{Kind: "river", Title: "石羊河", Division: "620621", Note: "民勤段", Source: "Wuwei 14th five-year plan"}
	corrected := known
	corrected.Note = "出境断面"
	estest.Run(t, []estest.Scenario[place.Place]{
		{Name: "a plan names a place", When: place.Name{known}, Then: []es.Event{named}},
		{Name: "the same table again enters nothing", Given: estest.Facts(named), When: place.Name{known}},
		{Name: "a later source says more", Given: estest.Facts(named), When: place.Name{corrected}, Then: []es.Event{
			&auditv1.PlaceNamed{Kind: "river", Title: "石羊河", Division: "620621", Note: "出境断面", Source: "Wuwei 14th five-year plan"},
		}},
	})
	estest.EveryEventEvolves[place.Place](t, estest.Facts(named)...)
	if place.ID("river", "石羊河", "") == place.ID("river", "石羊河", "620621") || place.ID("ri", "ver", "") == place.ID("river", "", "") {
		t.Error("ids do not follow the natural key")
	}
}
