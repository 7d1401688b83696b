package monitoring

import (
	"context"
	"slices"
	"strings"

	"shiyang/internal/es"
	"shiyang/internal/law"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/monitoring/meter"
	"shiyang/services/permits/monitoring/views/readings"
	"shiyang/services/permits/monitoring/views/registry"
)

// maxUnlinked is how many outlets without a linked meter are named.
const maxUnlinked = 200

// GetLinkage tells the linkage rate 联网率 by county: of the outlets whose permit
// or plan asks for automatic monitoring, how many have a linked meter and how
// many report; and how complete the hours of a day are.
func (s *Server) GetLinkage(ctx context.Context, r *permitsv1.GetLinkageRequest) (*permitsv1.GetLinkageResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.DB.WaitFor(ctx, es.Position(r.GetAtLeast()), registry.Name, readings.Name); err != nil {
		return nil, err
	}
	today := law.DateOf(s.Now())
	day := desk.DayOf(r.GetDay())
	if day.IsZero() {
		day = today.AddDays(-1)
	}
	sees := s.sees(who, "GetLinkage")
	required, err := s.registry.Required(ctx, sees, today.Year, today.String())
	if err != nil {
		return nil, err
	}
	meters, err := s.registry.AllMeters(ctx, sees)
	if err != nil {
		return nil, err
	}
	hours, err := s.readings.Hours(ctx, day.Start(), day.End())
	if err != nil {
		return nil, err
	}
	count := newLinkageCount(meters)
	for _, entry := range required {
		count.require(entry)
	}
	for _, m := range meters {
		count.complete(m, day, hours[m.GetMeterId()])
	}
	return &permitsv1.GetLinkageResponse{Rows: count.rows(), Day: desk.WireDay(day), Unlinked: count.unlinked}, nil
}

// linkageCount adds up the rates of counties.
type linkageCount struct {
	outlets  map[string]*permitsv1.Meter // the best meter of each outlet
	seen     map[string]bool
	counties map[string]*permitsv1.Linkage
	unlinked []*permitsv1.MeterPlanEntry
}

func newLinkageCount(meters []*permitsv1.Meter) *linkageCount {
	return &linkageCount{outlets: byOutlet(meters), seen: map[string]bool{}, counties: map[string]*permitsv1.Linkage{}}
}

// byOutlet is the meter of each outlet; of several the one that is furthest.
func byOutlet(meters []*permitsv1.Meter) map[string]*permitsv1.Meter {
	outlets := map[string]*permitsv1.Meter{}
	for _, m := range meters {
		key := m.GetFacilityId() + m.GetOutlet()
		if other := outlets[key]; other == nil || stage(m) > stage(other) {
			outlets[key] = m
		}
	}
	return outlets
}

// stage is how far a meter has come; a suspended one counts for nothing.
func stage(m *permitsv1.Meter) int32 {
	if m == nil || m.GetState() >= permitsv1.MeterState_METER_STATE_SUSPENDED {
		return 0
	}
	return int32(m.GetState())
}

func (c *linkageCount) county(division string) *permitsv1.Linkage {
	if c.counties[division] == nil {
		c.counties[division] = &permitsv1.Linkage{Division: division}
	}
	return c.counties[division]
}

// require counts an outlet once, whoever asks for it.
func (c *linkageCount) require(e *permitsv1.MeterPlanEntry) {
	key := e.GetFacilityId() + e.GetOutlet()
	if c.seen[key] {
		return
	}
	c.seen[key] = true
	row, m := c.county(e.GetDivision()), c.outlets[key]
	row.Required++
	if stage(m) < int32(permitsv1.MeterState_METER_STATE_LINKED) {
		if len(c.unlinked) < maxUnlinked {
			describe(e, m)
			c.unlinked = append(c.unlinked, e)
		}
		return
	}
	row.Linked++
	if !m.GetSilent() {
		row.Reporting++
	}
}

// complete counts the hours of a day of a meter that was linked before it.
func (c *linkageCount) complete(m *permitsv1.Meter, day law.Date, hours int) {
	linked := desk.DayOf(m.GetLinked())
	if linked.IsZero() || linked.After(day) || m.GetState() == permitsv1.MeterState_METER_STATE_SUSPENDED {
		return
	}
	row := c.county(m.GetDivision())
	row.HoursExpected += 24
	row.HoursPresent += int32(min(hours, 24))
}

// rows are the counties in the order of their codes, and then the whole.
func (c *linkageCount) rows() []*permitsv1.Linkage {
	whole := &permitsv1.Linkage{Division: desk.Prefecture}
	var list []*permitsv1.Linkage
	for _, row := range c.counties {
		list = append(list, row)
		whole.Required += row.GetRequired()
		whole.Linked += row.GetLinked()
		whole.Reporting += row.GetReporting()
		whole.HoursExpected += row.GetHoursExpected()
		whole.HoursPresent += row.GetHoursPresent()
	}
	slices.SortFunc(list, func(a, b *permitsv1.Linkage) int { return strings.Compare(a.GetDivision(), b.GetDivision()) })
	return append(list, whole)
}

// describe adds to an entry what has come of it.
func describe(e *permitsv1.MeterPlanEntry, m *permitsv1.Meter) {
	e.State, e.MeterId = m.GetState(), m.GetMeterId()
	e.StateText = desk.TextOf(meter.StateName(m.GetState()))
}

// ListMeterPlan lists the plan of a year with what has come of each entry.
func (s *Server) ListMeterPlan(ctx context.Context, r *permitsv1.ListMeterPlanRequest) (*permitsv1.ListMeterPlanResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.Wait(ctx, r.GetAtLeast(), registry.Name); err != nil {
		return nil, err
	}
	sees := s.sees(who, "ListMeterPlan")
	entries, err := s.registry.Plan(ctx, sees, int(r.GetYear()), r.GetDivision())
	if err != nil {
		return nil, err
	}
	meters, err := s.registry.AllMeters(ctx, sees)
	if err != nil {
		return nil, err
	}
	outlets, today := byOutlet(meters), law.DateOf(s.Now())
	for _, e := range entries {
		describe(e, outlets[e.GetFacilityId()+e.GetOutlet()])
		e.Overdue = e.GetState() != permitsv1.MeterState_METER_STATE_ACCEPTED && desk.DayOf(e.GetDue()).Before(today)
	}
	return &permitsv1.ListMeterPlanResponse{Entries: entries}, nil
}
