package monitoring

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/gateway/web/component"
	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	permitsv1 "shiyang/proto/permits/v1"
)

func (p *pages) meters(v *visit.Visit) error {
	q := v.List()
	list, err := p.client.ListMeters(v.Ask(), &permitsv1.ListMetersRequest{
		Query: q.Text, Division: q.County, State: permitsv1.MeterState(permitsv1.MeterState_value[q.Status]), After: v.Query("after"), AtLeast: v.AtLeast(),
	})
	if err != nil {
		return err
	}
	q.Next = v.Next(list.GetNext())
	may := v.May(permitsv1.MonitoringService_RegisterMeter_FullMethodName)
	return v.Show(http.StatusOK, metersPage(v.Frame(title.In(v.Text()), "/meters"), q, list.GetMeters(), may))
}

// record is everything that the page of a meter shows.
type record struct {
	*permitsv1.GetMeterResponse
	acts   []component.Act
	past   []component.Event
	blame  component.Blame
	view   *visit.Visit
	span   span
	got    *permitsv1.ListMeterReadingsResponse
	charts []chart
	reflag bool
}

// span is the range of readings that a page shows.
type span struct {
	period   permitsv1.MeterPeriod
	from, to time.Time
	step     time.Duration
}

// spanOf reads from the address what readings are asked for: two days of hours
// up to the end of today, or a month of days.
func spanOf(v *visit.Visit, m *permitsv1.Meter) span {
	s := span{period: permitsv1.MeterPeriod_METER_PERIOD_HOUR, step: time.Hour}
	switch asked := v.Query("period"); {
	case asked == "day", asked == "" && m.GetSystem() == "32":
		s.period, s.step = permitsv1.MeterPeriod_METER_PERIOD_DAY, 24*time.Hour
	}
	s.to = midnight(v.Now()).AddDate(0, 0, 1)
	if last, err := time.ParseInLocation(time.DateOnly, v.Query("to"), words.Shanghai); err == nil {
		s.to = last.AddDate(0, 0, 1)
	}
	s.from = s.to.AddDate(0, 0, -s.days())
	return s
}

func (s span) days() int {
	if s.period == permitsv1.MeterPeriod_METER_PERIOD_DAY {
		return 31
	}
	return 2
}

// name is the period in an address.
func (s span) name() string {
	if s.period == permitsv1.MeterPeriod_METER_PERIOD_DAY {
		return "day"
	}
	return "hour"
}

// path is the address of another range.
func (s span) path(meterID, period string, ends time.Time) string {
	return component.Record("meters", meterID) + "?period=" + period + "&to=" + ends.In(words.Shanghai).Format(time.DateOnly)
}

func (p *pages) meter(v *visit.Visit) error {
	id := v.R.PathValue("id")
	m, err := p.client.GetMeter(v.Ask(), &permitsv1.GetMeterRequest{MeterId: id, AtLeast: v.AtLeast()})
	if err != nil {
		return err
	}
	r := record{GetMeterResponse: m, view: v, span: spanOf(v, m.GetMeter()), past: v.History("meter", id, 0)}
	r.blame = component.NewBlame(r.past)
	r.reflag = v.May(permitsv1.MonitoringService_ReflagReading_FullMethodName)
	r.got, err = p.client.ListMeterReadings(v.Ask(), &permitsv1.ListMeterReadingsRequest{
		MeterId: id, Period: r.span.period, From: timestamppb.New(r.span.from), To: timestamppb.New(r.span.to), AtLeast: v.AtLeast(),
	})
	if err != nil {
		return err
	}
	r.charts = draw(v.Text(), r.got, r.span.from, r.span.to, r.span.step)
	for _, a := range m.GetActions() {
		if a.GetName() == "reflag" {
			continue // begins at the reading
		}
		r.acts = append(r.acts, component.Act{LegalAction: a, Path: actPath(id, a.GetName())})
	}
	return v.Show(http.StatusOK, meterPage(v.Frame(m.GetMeter().GetUnitName()+" "+m.GetMeter().GetOutlet(), "/meters"), r))
}

func (p *pages) exceedances(v *visit.Visit) error {
	q := v.List()
	list, err := p.client.ListExceedances(v.Ask(), &permitsv1.ListExceedancesRequest{Division: q.County, MeterId: v.Query("meter"), After: v.Query("after"), AtLeast: v.AtLeast()})
	if err != nil {
		return err
	}
	q.Next = v.Next(list.GetNext())
	return v.Show(http.StatusOK, exceedancesPage(v.Frame(exceedancesTab.In(v.Text()), "/meters/exceedances"), q, list.GetExceedances()))
}

// yearOf is the year that the address asks for; this one unless it does.
func yearOf(v *visit.Visit) int32 {
	if y, err := strconv.ParseInt(v.Query("year"), 10, 32); err == nil && y >= 2000 && y <= 2100 {
		return int32(y)
	}
	return int32(v.Now().In(words.Shanghai).Year())
}

func (p *pages) mass(v *visit.Visit) error {
	q, year := v.List(), yearOf(v)
	list, err := p.client.ListAnnualMass(v.Ask(), &permitsv1.ListAnnualMassRequest{Year: year, Division: q.County, AtLeast: v.AtLeast()})
	if err != nil {
		return err
	}
	return v.Show(http.StatusOK, massPage(v.Frame(massTab.In(v.Text()), "/meters/mass"), q, year, list.GetRows()))
}

func (p *pages) linkage(v *visit.Visit) error {
	got, err := p.client.GetLinkage(v.Ask(), &permitsv1.GetLinkageRequest{AtLeast: v.AtLeast()})
	if err != nil {
		return err
	}
	return v.Show(http.StatusOK, linkagePage(v.Frame(linkageTab.In(v.Text()), "/meters/linkage"), got))
}

func (p *pages) plan(v *visit.Visit) error {
	q, year := v.List(), yearOf(v)
	got, err := p.client.ListMeterPlan(v.Ask(), &permitsv1.ListMeterPlanRequest{Year: year, Division: q.County, AtLeast: v.AtLeast()})
	if err != nil {
		return err
	}
	may := v.May(permitsv1.MonitoringService_PlanMeter_FullMethodName)
	return v.Show(http.StatusOK, planPage(v.Frame(planTab.In(v.Text()), "/meters/plan"), q, year, got.GetEntries(), may))
}

// share writes a part of a whole in percent.
func share(part, whole int32) string {
	if whole == 0 {
		return words.Dash
	}
	return strconv.FormatFloat(float64(part)*100/float64(whole), 'f', 1, 64) + "%"
}

// massShare writes how much of the permitted mass was discharged.
func massShare(m *permitsv1.AnnualMass) string {
	if m.GetLimitGrams() == 0 {
		return words.Dash
	}
	return strconv.FormatFloat(float64(m.GetMassGrams())*100/float64(m.GetLimitGrams()), 'f', 1, 64) + "%"
}

func massTone(m *permitsv1.AnnualMass) component.Tone {
	switch {
	case m.GetReachedPercent() >= 100:
		return component.Bad
	case m.GetReachedPercent() >= 80:
		return component.Warn
	}
	return component.OK
}

func stateTone(s permitsv1.MeterState) component.Tone {
	switch s {
	case permitsv1.MeterState_METER_STATE_ACCEPTED, permitsv1.MeterState_METER_STATE_LINKED:
		return component.OK
	case permitsv1.MeterState_METER_STATE_SUSPENDED:
		return component.Warn
	case permitsv1.MeterState_METER_STATE_REGISTERED, permitsv1.MeterState_METER_STATE_INSTALLED:
		return component.Info
	case permitsv1.MeterState_METER_STATE_REPLACED, permitsv1.MeterState_METER_STATE_UNSPECIFIED:
	}
	return component.Mute
}

// reflagPath is the address of the form that gives a reading another flag.
func reflagPath(meterID string, s span, at *timestamppb.Timestamp, code string) string {
	return component.Record("meters", meterID, "reflag", s.name(), strconv.FormatInt(at.GetSeconds(), 10), code)
}

// reading finds a pollutant in a row; nil if it has none.
func reading(row *permitsv1.MeterPeriodRow, code string) *permitsv1.ReadingRow {
	for _, r := range row.GetReadings() {
		if r.GetReading().GetPollutant() == code {
			return r
		}
	}
	return nil
}

// heading says which readings a page shows.
func (r record) heading(ctx context.Context) string {
	days := words.Day(ctx, words.Today(r.span.from)) + " – " + words.Day(ctx, words.Today(r.span.to.Add(-time.Second)))
	if r.span.period == permitsv1.MeterPeriod_METER_PERIOD_DAY {
		return daysTitle.F(ctx, days)
	}
	return hoursTitle.F(ctx, days)
}

// newestFirst is the order of the table.
func (r record) newestFirst() []*permitsv1.MeterPeriodRow {
	rows := slices.Clone(r.got.GetRows())
	slices.Reverse(rows)
	return rows
}

// moment is the begin of a period.
func (r record) moment(ctx context.Context, row *permitsv1.MeterPeriodRow) string {
	if r.span.period == permitsv1.MeterPeriod_METER_PERIOD_DAY {
		return words.Day(ctx, words.Today(row.GetFrom().AsTime()))
	}
	return words.Moment(ctx, row.GetFrom().AsTime())
}
