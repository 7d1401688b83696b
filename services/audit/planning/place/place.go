// Package place keeps the places that a plan names 规划所列地点: counties, parks,
// firms, rivers. The record's id derives from what the place is, so entering a
// table again enters nothing twice.
//
// The package is pure. Start with [Place], then [Name].
package place

import (
	"shiyang/internal/es"
	auditv1 "shiyang/proto/audit/v1"
)

// Category of the streams.
const Category = "place"

// Place is what a place's stream says of it.
type Place struct {
	Kind, Title, Division, Note, Source string
}

// ID is the record of a place: the same for the same kind, name and county.
func ID(kind, title, division string) string { return es.DerivedID(Category, kind, title, division) }

// Evolve applies one fact. It ignores events it does not know.
func (p Place) Evolve(fact es.Fact) Place {
	if e, ok := fact.Event.(*auditv1.PlaceNamed); ok {
		return Place{e.GetKind(), e.GetTitle(), e.GetDivision(), e.GetNote(), e.GetSource()}
	}
	return p
}

// Name enters a place that a plan names.
type Name struct{ Place }

// Decide enters the place, or what a later source says of it; the same again
// changes nothing.
func (c Name) Decide(p Place) ([]es.Event, error) {
	if p == c.Place {
		return nil, nil
	}
	return []es.Event{&auditv1.PlaceNamed{
		Kind: c.Kind, Title: c.Title, Division: c.Division, Note: c.Note, Source: c.Source,
	}}, nil
}
