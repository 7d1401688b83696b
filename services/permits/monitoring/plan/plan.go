// Package plan keeps the yearly plan of meters 年度安装计划: which outlets get
// automatic monitoring by which day (the plan's 自动监控安装联网率 100 %). What
// has come of an entry is told by the meter of the outlet, not here.
//
// One stream for each year and outlet. The package is pure. Start with [Entry].
package plan

import (
	"strconv"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
)

// Category is the first word of the streams.
const Category = "meterplan"

// ID is the record of an outlet in a year's plan.
func ID(year int32, facilityID, outlet string) string {
	return es.DerivedID("meterplan", strconv.Itoa(int(year)), facilityID, outlet)
}

// Entry 计划项 is one outlet of a year's plan.
type Entry struct {
	Planned   *permitsv1.MeterPlanned // nil before
	Withdrawn bool
	Reason    string
}

// Evolve applies one fact.
func (e Entry) Evolve(fact es.Fact) Entry {
	switch f := fact.Event.(type) {
	case *permitsv1.MeterPlanned:
		e = Entry{Planned: f}
	case *permitsv1.MeterPlanWithdrawn:
		e.Withdrawn, e.Reason = true, f.GetReason()
	}
	return e
}

// The refusals of this package.
var (
	ErrPlanned = &problem.Error{
		Kind: problem.Rejected, Reason: "OUTLET_PLANNED",
		Text: act.Text("该排放口已列入当年计划。", "The outlet is on that year's plan already."),
	}
	ErrWithdrawn = &problem.Error{
		Kind: problem.Rejected, Reason: "PLAN_WITHDRAWN",
		Text: act.Text("该项已经移出计划。", "The entry was taken off the plan already."),
	}
)

// Put puts an outlet on the plan.
type Put struct{ Event *permitsv1.MeterPlanned }

// Decide adds the entry; the last day lies in the year of the plan.
func (c Put) Decide(e Entry) ([]es.Event, error) {
	if e.Planned != nil && !e.Withdrawn {
		return nil, ErrPlanned
	}
	due, err := law.ParseDate(c.Event.GetDue().GetIso())
	if err != nil || due.Year != int(c.Event.GetYear()) {
		var wrong problem.Fields
		wrong.Add("due", c.Event.GetDue().GetIso(), "DUE_OUTSIDE_YEAR", "期限须在计划年度之内。", "The last day must lie in the year of the plan.")
		return nil, wrong.Err()
	}
	return []es.Event{c.Event}, nil
}

// Withdraw takes an outlet off the plan.
type Withdraw struct{ Reason string }

// Decide takes the entry off, once.
func (c Withdraw) Decide(e Entry) ([]es.Event, error) {
	switch {
	case e.Planned == nil:
		return nil, problem.ErrNotFound
	case e.Withdrawn:
		return nil, ErrWithdrawn
	}
	return []es.Event{&permitsv1.MeterPlanWithdrawn{Reason: c.Reason}}, nil
}

// Due is the last day of an entry.
func (e Entry) Due() *commonv1.Date { return e.Planned.GetDue() }
