package monitoring

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"shiyang/internal/law"
	"shiyang/internal/readmodel"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/monitoring/finding"
	"shiyang/services/permits/monitoring/meter"
	"shiyang/services/permits/monitoring/views/findings"
	"shiyang/services/permits/monitoring/views/registry"
)

// Jobs are what time alone brings about.
func Jobs(s *Server) []readmodel.Job {
	return []readmodel.Job{
		{Name: "meter-annual-mass", Run: s.tellMasses},
		{Name: "meter-silence", Run: s.tellSilence},
		{Name: "meter-minutes", Run: s.forgetMinutes},
	}
}

// tellMasses tells every share of a permitted mass that was reached and not
// told, in this year and, for late data, in the one before.
func (s *Server) tellMasses(ctx context.Context, now time.Time) (did int, err error) {
	for _, year := range []int{finding.YearOf(now) - 1, finding.YearOf(now)} {
		rows, err := s.masses(ctx, year, registry.Sees{All: true})
		if err != nil {
			return did, err
		}
		for _, m := range rows {
			if step := finding.StepOf(m.Grams, m.limit); step <= m.told {
				continue
			}
			n, err := s.tellMass(ctx, year, m)
			did += n
			if err != nil {
				return did, err
			}
		}
	}
	return did, nil
}

func (s *Server) tellMass(ctx context.Context, year int, m massRow) (int, error) {
	step := finding.StepOf(m.Grams, m.limit)
	meta := s.Ticking("meter-annual-mass", m.FacilityID, m.Pollutant, strconv.Itoa(year), strconv.FormatInt(m.limit, 10), strconv.Itoa(int(step)))
	receipt, err := s.years.Execute(ctx, finding.YearID(m.FacilityID, m.Pollutant, year), meta, finding.Reach{Event: &permitsv1.AnnualMassReached{
		FacilityId: m.FacilityID, EnterpriseId: m.EnterpriseID, Division: m.Division, Pollutant: m.Pollutant, Year: int32(year),
		MassGrams: m.Grams, LimitGrams: m.limit, PermitId: m.permitID, PermitNumber: m.permitNumber,
	}})
	switch {
	case err != nil:
		return 0, fmt.Errorf("tell the mass of %s: %w", m.FacilityID, err)
	case receipt.Repeated || receipt.Position == 0:
		return 0, nil
	}
	return 1, nil
}

// tellSilence tells meters that have sent nothing for too long, and those that
// send again.
func (s *Server) tellSilence(ctx context.Context, now time.Time) (did int, err error) {
	meters, err := s.registry.AllMeters(ctx, registry.Sees{All: true})
	if err != nil {
		return 0, err
	}
	for _, m := range meters {
		if m.GetLinked() == nil || m.GetState() == permitsv1.MeterState_METER_STATE_SUSPENDED {
			continue
		}
		heard, heardErr := s.heard(ctx, m)
		if heardErr != nil {
			return did, heardErr
		}
		late := now.Sub(heard) > time.Duration(s.Practice.MeterSilence)*time.Hour
		if late == m.GetSilent() {
			continue
		}
		meta := s.Ticking("meter-silence", m.GetMeterId(), strconv.FormatInt(heard.Unix(), 10), strconv.FormatBool(late))
		receipt, actErr := s.meters.Execute(ctx, m.GetMeterId(), meta, meter.Listen{LastHeard: heard, Now: now, Hours: int32(s.Practice.MeterSilence)})
		switch {
		case actErr != nil:
			err = errors.Join(err, fmt.Errorf("silence of %s: %w", m.GetMeterId(), actErr))
		case !receipt.Repeated && receipt.Position > 0:
			did++
		}
	}
	return did, err
}

// heard is when a meter last sent good data of any kind: minute data by our
// clock, hours and days by their period, and the day of its link at least.
func (s *Server) heard(ctx context.Context, m *permitsv1.Meter) (time.Time, error) {
	day, err := law.ParseDate(m.GetLinked().GetIso())
	if err != nil {
		return time.Time{}, fmt.Errorf("link of %s: %w", m.GetMeterId(), err)
	}
	last := day.Start().UTC()
	if m.GetLastPeriod() != nil {
		// an hour is told when it is over
		last = later(last, m.GetLastPeriod().AsTime().Add(time.Hour))
	}
	if s.Minutes == nil {
		return last, nil
	}
	at, err := s.Minutes.Heard(ctx, m.GetMeterId())
	return later(last, at), err
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// forgetMinutes deletes months of minute data that are beyond the retention.
func (s *Server) forgetMinutes(context.Context, time.Time) (int, error) {
	if s.Minutes == nil {
		return 0, nil
	}
	return s.Minutes.Forget()
}

// massRow is the mass of a site's year beside what its permit allows.
type massRow struct {
	FacilityID, Pollutant, EnterpriseID, Division string
	Grams, limit                                  int64
	permitID, permitNumber                        string
	unitName                                      string
	example                                       bool
	told                                          int32
}

// masses are those of a year that have a limit or were measured. The limit of a
// site is the sum of its outlets', by the permit in force at the end of the
// year, or now.
func (s *Server) masses(ctx context.Context, year int, sees registry.Sees) ([]massRow, error) {
	measured, err := s.readings.Masses(ctx, year, sees.All, sees.Counties, sees.Firms)
	if err != nil {
		return nil, err
	}
	day := law.DateOf(s.Now())
	if end := (law.Date{Year: year, Month: 12, Day: 31}); end.Before(day) {
		day = end
	}
	limits, err := s.registry.Limits(ctx, "", day.String())
	if err != nil {
		return nil, err
	}
	told, err := s.findings.Told(ctx, year)
	if err != nil {
		return nil, err
	}
	bySite := map[string]*massRow{}
	for _, l := range limits {
		row := bySite[l.FacilityID+l.Pollutant]
		if row == nil {
			row = &massRow{permitID: l.PermitID, permitNumber: l.PermitNumber, unitName: l.UnitName, example: l.Example}
			bySite[l.FacilityID+l.Pollutant] = row
		}
		row.limit += l.MassGrams
	}
	rows := make([]massRow, 0, len(measured))
	for _, m := range measured {
		row := massRow{}
		if limited := bySite[m.FacilityID+m.Pollutant]; limited != nil {
			row = *limited
		}
		row.FacilityID, row.Pollutant, row.EnterpriseID, row.Division, row.Grams = m.FacilityID, m.Pollutant, m.EnterpriseID, m.Division, m.Grams
		row.told = told[findings.ToldKey(m.FacilityID, m.Pollutant, row.limit)]
		rows = append(rows, row)
	}
	return rows, nil
}
