// Package indicator keeps the cells of a plan's indicator tables 规划指标: a
// target or a result as printed, never a number that we computed. The record's
// id derives from its place in the table, so entering a table again enters
// nothing twice.
//
// The package is pure. Start with [Indicator], then [Record].
package indicator

import (
	"strconv"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	auditv1 "shiyang/proto/audit/v1"
)

// Category of the streams.
const Category = "indicator"

// Indicator is what a cell's stream says of it; nil while it is empty.
type Indicator struct{ Cell *auditv1.IndicatorRecorded }

// ID is the record of a cell: the same for the same table, row, period and
// side (target or result).
func ID(table, key, period string, target bool) string {
	return es.DerivedID(Category, table, key, period, strconv.FormatBool(target))
}

// Evolve applies one fact. It ignores events it does not know.
func (i Indicator) Evolve(fact es.Fact) Indicator {
	if e, ok := fact.Event.(*auditv1.IndicatorRecorded); ok {
		return Indicator{e}
	}
	return i
}

// Record enters one cell.
type Record struct{ Cell *auditv1.IndicatorRecorded }

// Decide enters the cell, or corrects it; the same again changes nothing.
func (c Record) Decide(i Indicator) ([]es.Event, error) {
	if i.Cell != nil && proto.Equal(i.Cell, c.Cell) {
		return nil, nil
	}
	return []es.Event{c.Cell}, nil
}
