// Package park holds a park of the plan-EIA register 规划环评: its plan, the
// opinion on the plan's EIA, and its negative list, which the screening of a
// project in the park reads.
//
// The package is pure. Start with [Park], then [Record].
package park

import (
	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
)

// Park is what the stream of a park says of it.
type Park struct {
	Entry *permitsv1.Park // nil: it does not exist
}

// Evolve applies one fact. It ignores events it does not know.
func (p Park) Evolve(fact es.Fact) Park {
	if e, ok := fact.Event.(*permitsv1.ParkRecorded); ok {
		p.Entry = e.GetPark()
	}
	return p
}

// Expired reports whether its plan holds no longer on a day.
func (p Park) Expired(on law.Date) bool {
	last, err := law.ParseDate(p.Entry.GetValidTo().GetIso())
	return err != nil || on.After(last)
}

// Record enters a park or changes its entry.
type Record struct {
	act.Occasion
	Entry *permitsv1.Park
}

// Decide records the entry when it says something new.
func (c Record) Decide(p Park) ([]es.Event, error) {
	var wrong problem.Fields
	given, err := law.ParseDate(c.Entry.GetOpinionOn().GetIso())
	if err != nil || given.After(c.On) {
		wrong.Add("park.opinionOn", c.Entry.GetOpinionOn().GetIso(), "OPINION_DAY",
			"审查意见的日期不能晚于登记之日。", "The opinion cannot be of a later day than its entry.")
	}
	last, err := law.ParseDate(c.Entry.GetValidTo().GetIso())
	if err != nil || last.Before(given) {
		wrong.Add("park.validTo", c.Entry.GetValidTo().GetIso(), "PLAN_DAYS",
			"规划有效期止不能早于审查意见的日期。", "The plan cannot end before the opinion on it.")
	}
	seen := map[string]bool{}
	for _, r := range c.Entry.GetRows() {
		if seen[r.GetRow()] {
			wrong.Add("park.rows", r.GetRow(), "DUPLICATE", "负面清单的序号重复。", "A number of the negative list appears twice.")
		}
		seen[r.GetRow()] = true
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	if proto.Equal(p.Entry, c.Entry) {
		return nil, nil
	}
	return []es.Event{&permitsv1.ParkRecorded{Park: c.Entry}}, nil
}
