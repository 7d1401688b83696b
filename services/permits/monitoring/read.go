package monitoring

import (
	"cmp"
	"context"
	"slices"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/law"
	"shiyang/internal/problem"
	"shiyang/internal/rpc"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/monitoring/finding"
	"shiyang/services/permits/monitoring/meter"
	"shiyang/services/permits/monitoring/views/findings"
	"shiyang/services/permits/monitoring/views/readings"
	"shiyang/services/permits/monitoring/views/registry"
)

// The longest ranges of one answer.
const (
	hoursRange   = 62 * 24 * time.Hour
	daysRange    = 3660 * 24 * time.Hour
	minutesRange = 24 * time.Hour
)

// sees is what a caller may see of a list.
func (s *Server) sees(who rpc.Caller, method string) registry.Sees {
	v := rpc.Filter(who, s.Method(method))
	return registry.Sees{All: v.All, Counties: v.Counties, Firms: v.Firms}
}

// lists are the code lists of today.
func (s *Server) lists() law.View { return s.Law().On(law.DateOf(s.Now())) }

// GetMeter shows a meter from its own record.
func (s *Server) GetMeter(ctx context.Context, r *permitsv1.GetMeterRequest) (*permitsv1.GetMeterResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	m, revision, err := s.meters.Open(ctx, who, "GetMeter", r.GetMeterId())
	if err != nil {
		return nil, err
	}
	shown := meterForm(r.GetMeterId(), m)
	shown.Revision = uint64(revision)
	if row, err := s.registry.Meter(ctx, r.GetMeterId()); err == nil && row != nil {
		shown.LastPeriod = row.GetLastPeriod()
	}
	if s.Minutes != nil {
		heard, err := s.Minutes.Heard(ctx, r.GetMeterId())
		if err != nil {
			return nil, err
		}
		if !heard.IsZero() {
			shown.LastHeard = timestamppb.New(heard)
		}
	}
	return &permitsv1.GetMeterResponse{Meter: shown, Actions: desk.Actions(s.Desk, who, meter.Acts, m, s.Today(who))}, nil
}

// ListMeters lists meters that the caller may see.
func (s *Server) ListMeters(ctx context.Context, r *permitsv1.ListMetersRequest) (*permitsv1.ListMetersResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.Wait(ctx, r.GetAtLeast(), registry.Name); err != nil {
		return nil, err
	}
	meters, next, err := s.registry.Meters(ctx, registry.Filter{
		Sees: s.sees(who, "ListMeters"), Division: r.GetDivision(), Facility: r.GetFacilityId(), Query: r.GetQuery(), State: r.GetState(),
		Size: r.GetPageSize(), After: r.GetAfter(),
	})
	if err != nil {
		return nil, err
	}
	for _, m := range meters {
		m.StateText = desk.TextOf(meter.StateName(m.GetState()))
	}
	return &permitsv1.ListMetersResponse{Meters: meters, Next: next}, nil
}

// between checks a range of instants.
func between(from, to *timestamppb.Timestamp, longest time.Duration) (time.Time, time.Time, error) {
	a, b := from.AsTime(), to.AsTime()
	if b.After(a) && b.Sub(a) <= longest {
		return a, b, nil
	}
	var wrong problem.Fields
	wrong.Add("to", b.Format(time.RFC3339), "RANGE_WRONG", "结束时间须晚于开始时间，且范围不能太长（小时数据 62 天，分钟数据 1 天）。",
		"The end must come after the begin, and the range must not be too long (hours: 62 days, minutes: 1 day).")
	return a, b, wrong.Err()
}

// ListMeterReadings lists the hours or days of a meter.
func (s *Server) ListMeterReadings(ctx context.Context, r *permitsv1.ListMeterReadingsRequest) (*permitsv1.ListMeterReadingsResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	m, _, err := s.meters.Open(ctx, who, "ListMeterReadings", r.GetMeterId())
	if err != nil {
		return nil, err
	}
	longest, step := hoursRange, time.Hour
	if r.GetPeriod() == permitsv1.MeterPeriod_METER_PERIOD_DAY {
		longest, step = daysRange, 24*time.Hour
	}
	from, to, err := between(r.GetFrom(), r.GetTo(), longest)
	if err != nil {
		return nil, err
	}
	if err := s.Wait(ctx, r.GetAtLeast(), readings.Name); err != nil {
		return nil, err
	}
	rows, err := s.readings.Of(ctx, r.GetMeterId(), r.GetPeriod(), from, to)
	if err != nil {
		return nil, err
	}
	answer := &permitsv1.ListMeterReadingsResponse{Rows: rows, Present: int32(len(rows))}
	begin := m.Linked.Start()
	if m.Linked.IsZero() {
		begin = to
	}
	if len(rows) > 0 && rows[0].GetFrom().AsTime().Before(begin) {
		begin = rows[0].GetFrom().AsTime() // periods from before the link came later
	}
	answer.Expected = expected(begin, from, to, s.Now(), step)
	return answer, s.explain(ctx, r, m, from, to, answer)
}

// expected is how many periods should have come by now, since a meter began to
// tell them.
func expected(begin, from, to, now time.Time, step time.Duration) int32 {
	if begin.After(from) {
		from = begin
	}
	if now.Before(to) {
		to = now
	}
	return int32(max(0, to.Sub(from)/step))
}

// explain adds names, limits and exceedances.
func (s *Server) explain(ctx context.Context, r *permitsv1.ListMeterReadingsRequest, m meter.Meter, from, to time.Time, answer *permitsv1.ListMeterReadingsResponse) error {
	exceeded, err := s.findings.At(ctx, r.GetMeterId(), r.GetPeriod(), from, to)
	if err != nil {
		return err
	}
	limits, err := s.registry.Limits(ctx, m.FacilityID, law.DateOf(s.Now()).String())
	if err != nil {
		return err
	}
	lists, seen := s.lists(), map[string]*permitsv1.PollutantInfo{}
	for _, row := range answer.GetRows() {
		for _, reading := range row.GetReadings() {
			code := reading.GetReading().GetPollutant()
			reading.Exceeded = exceeded[findings.Key(code, row.GetFrom().GetSeconds())]
			if seen[code] == nil {
				seen[code] = info(lists, code)
			}
		}
	}
	for _, l := range limits {
		row := finding.Limit{Outlet: l.Outlet, Pollutant: l.Pollutant, Concentration: l.Concentration, Averaging: l.Averaging}
		if i := seen[l.Pollutant]; i != nil && row.AppliesTo(m.Outlet, l.Pollutant, r.GetPeriod()) {
			i.Limit = l.Concentration + " " + cmp.Or(l.Unit, i.GetUnit())
		}
	}
	answer.Pollutants = order(seen)
	return nil
}

// ListMinuteReadings lists minute or real-time data of a meter.
func (s *Server) ListMinuteReadings(ctx context.Context, r *permitsv1.ListMinuteReadingsRequest) (*permitsv1.ListMinuteReadingsResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	if _, _, err := s.meters.Open(ctx, who, "ListMinuteReadings", r.GetMeterId()); err != nil {
		return nil, err
	}
	from, to, err := between(r.GetFrom(), r.GetTo(), minutesRange)
	if err != nil || s.Minutes == nil {
		return &permitsv1.ListMinuteReadingsResponse{}, err
	}
	kind := kindMinute
	if r.GetRealtime() {
		kind = kindRealtime
	}
	rows, err := s.Minutes.Read(ctx, r.GetMeterId(), kind, from, to)
	if err != nil {
		return nil, err
	}
	answer := &permitsv1.ListMinuteReadingsResponse{}
	for _, row := range rows {
		answer.Rows = append(answer.Rows, &permitsv1.MinuteRow{At: timestamppb.New(row.At), Parameters: row.Body})
	}
	return answer, nil
}

// ListExceedances lists readings above the limit, the latest first.
func (s *Server) ListExceedances(ctx context.Context, r *permitsv1.ListExceedancesRequest) (*permitsv1.ListExceedancesResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.Wait(ctx, r.GetAtLeast(), findings.Name); err != nil {
		return nil, err
	}
	sees := s.sees(who, "ListExceedances")
	found, next, err := s.findings.List(ctx, findings.Filter{
		All: sees.All, Counties: sees.Counties, Firms: sees.Firms, Division: r.GetDivision(), Meter: r.GetMeterId(), Size: r.GetPageSize(), After: r.GetAfter(),
	})
	if err != nil {
		return nil, err
	}
	lists := s.lists()
	for _, x := range found {
		x.Pollutant = info(lists, x.GetPollutant().GetCode())
		m, _, err := s.meters.Recent(ctx, x.GetMeterId(), deviceAge)
		if err != nil {
			return nil, err
		}
		x.UnitName = m.UnitName
	}
	return &permitsv1.ListExceedancesResponse{Exceedances: found, Next: next}, nil
}

// ListAnnualMass tells what sites have discharged in a year beside what they
// may, those nearest to their limit first.
func (s *Server) ListAnnualMass(ctx context.Context, r *permitsv1.ListAnnualMassRequest) (*permitsv1.ListAnnualMassResponse, error) {
	who, err := desk.Caller(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.Wait(ctx, r.GetAtLeast(), readings.Name); err != nil {
		return nil, err
	}
	rows, err := s.masses(ctx, int(r.GetYear()), s.sees(who, "ListAnnualMass"))
	if err != nil {
		return nil, err
	}
	names, err := s.unitNames(ctx)
	if err != nil {
		return nil, err
	}
	lists, answer := s.lists(), &permitsv1.ListAnnualMassResponse{}
	for _, m := range rows {
		if r.GetDivision() != "" && m.Division != r.GetDivision() || r.GetFacilityId() != "" && m.FacilityID != r.GetFacilityId() {
			continue
		}
		answer.Rows = append(answer.Rows, &permitsv1.AnnualMass{
			FacilityId: m.FacilityID, UnitName: names[m.FacilityID], Division: m.Division, Pollutant: info(lists, m.Pollutant),
			MassGrams: m.Grams, LimitGrams: m.limit, ReachedPercent: m.told, Example: m.example,
		})
	}
	slices.SortStableFunc(answer.Rows, func(a, b *permitsv1.AnnualMass) int { return cmp.Compare(share(b), share(a)) })
	answer.Rows = answer.Rows[:min(len(answer.Rows), 2000)]
	return answer, nil
}

// share orders masses by how near they are to their limit, in thousandths.
func share(m *permitsv1.AnnualMass) int64 {
	if m.GetLimitGrams() < 1000 {
		return -1
	}
	return m.GetMassGrams() / (m.GetLimitGrams() / 1000)
}

func (s *Server) unitNames(ctx context.Context) (map[string]string, error) {
	meters, err := s.registry.AllMeters(ctx, registry.Sees{All: true})
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, m := range meters {
		names[m.GetFacilityId()] = m.GetUnitName()
	}
	return names, nil
}
