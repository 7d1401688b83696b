package monitoring

import (
	"context"
	"errors"
	"fmt"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	"shiyang/internal/readmodel"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk"
	"shiyang/services/permits/monitoring/finding"
	"shiyang/services/permits/monitoring/views/findings"
	"shiyang/services/permits/monitoring/views/readings"
	"shiyang/services/permits/monitoring/views/registry"
)

// Projections are the views of the department. What adds to the mass of a year
// follows the law as it stood in the log.
func Projections(book desk.Lawbook) []readmodel.Projection {
	return []readmodel.Projection{registry.Projection(), readings.Projection(massOf(book)), findings.Projection()}
}

// massOf is what a reading of an hour adds to the mass of a year: only normal
// data do (flag N), and only of pollutants whose mass the standard sums.
func massOf(book desk.Lawbook) readings.Mass {
	return func(at es.Position, r *permitsv1.MeterReading) (int64, error) {
		if r.GetCou() == "" || !finding.Counts(r.GetFlag(), false) {
			return 0, nil
		}
		lists, err := book.BookAt(at)
		if err != nil {
			return 0, err
		}
		pollutant, known := lists.On(law.Date{Year: 2026, Month: 1, Day: 1}).Pollutant(r.GetPollutant())
		if !known {
			return 0, nil
		}
		mass, _ := finding.Milligrams(r.GetCou(), pollutant.MassUnit)
		return mass, nil
	}
}

// reactionFindings is the name of the reaction; it is also a system actor.
const reactionFindings = "meter_findings"

// Reactions are what the department does because of its own facts: what a
// meter said is held against the permit.
func Reactions(s *Server) []readmodel.Reaction {
	return []readmodel.Reaction{{Name: reactionFindings, Handlers: []readmodel.Trigger{
		readmodel.When(s.checkReport), readmodel.When(s.checkReflagged),
	}}}
}

// checkReport holds a report against the limits of the permit that was in force
// when the period began.
func (s *Server) checkReport(ctx context.Context, f readmodel.Fact, e *permitsv1.MeterPeriodReported) error {
	over, err := s.over(ctx, f, e, e.GetReadings())
	if err != nil {
		return err
	}
	above := map[string]bool{}
	for _, o := range over {
		above[o.Reading.GetPollutant()] = true
		if err := s.find(ctx, f, e, o); err != nil {
			return err
		}
	}
	if e.GetReplaces() == 0 {
		return nil
	}
	for _, r := range e.GetReadings() {
		if above[r.GetPollutant()] {
			continue
		}
		if err := s.withdraw(ctx, f, e, r.GetPollutant(), "重新上报的数据没有超标。The data told again are not above the limit."); err != nil {
			return err
		}
	}
	return nil
}

// over are the readings above a limit. It waits until the view of permits holds
// everything that came before the fact.
func (s *Server) over(ctx context.Context, f readmodel.Fact, e *permitsv1.MeterPeriodReported, told []*permitsv1.MeterReading) ([]finding.Over, error) {
	if err := s.Wait(ctx, uint64(f.Position), registry.Name); err != nil {
		return nil, err
	}
	day := law.DateOf(e.GetFrom().AsTime())
	rows, err := s.registry.Limits(ctx, e.GetFacilityId(), day.String())
	if err != nil {
		return nil, err
	}
	book, err := s.Lawbook.BookAt(f.Position)
	if err != nil {
		return nil, err
	}
	limits := make([]finding.Limit, len(rows))
	for i, l := range rows {
		limits[i] = finding.Limit{
			PermitID: l.PermitID, PermitNumber: l.PermitNumber, PermitRevision: l.Revision, Outlet: l.Outlet, Pollutant: l.Pollutant,
			Concentration: l.Concentration, Unit: l.Unit, Averaging: l.Averaging, MassGrams: l.MassGrams, Standard: l.Standard,
		}
	}
	return finding.Check(book.On(day), e.GetOutlet(), e.GetPeriod(), told, limits, s.Practice.ManualCounts), nil
}

// find records a reading above a limit.
func (s *Server) find(ctx context.Context, f readmodel.Fact, e *permitsv1.MeterPeriodReported, o finding.Over) error {
	m, _, err := s.meters.Recent(ctx, e.GetMeterId(), deviceAge)
	if err != nil {
		return err
	}
	averaging := "hour"
	if e.GetPeriod() == permitsv1.MeterPeriod_METER_PERIOD_DAY {
		averaging = "day"
	}
	event := &permitsv1.ExceedanceFound{
		MeterId: e.GetMeterId(), FacilityId: e.GetFacilityId(), EnterpriseId: e.GetEnterpriseId(), Division: e.GetDivision(),
		Outlet: e.GetOutlet(), Pollutant: o.Reading.GetPollutant(), Period: e.GetPeriod(), From: e.GetFrom(), Value: o.Value, Unit: o.Unit,
		Converted: o.Converted, Flag: o.Reading.GetFlag(), ReportedIn: f.Stream, ReportedAt: uint64(f.Revision), Example: m.Example,
		Limit: &permitsv1.OutletLimit{
			PermitId: o.Limit.PermitID, PermitNumber: o.Limit.PermitNumber, PermitRevision: o.Limit.PermitRevision,
			Concentration: o.Limit.Concentration, Unit: o.Limit.Unit, Averaging: averaging, Standard: o.Limit.Standard,
		},
	}
	return s.conclude(ctx, f, e, o.Reading.GetPollutant(), "find", finding.Find{Event: event})
}

func (s *Server) withdraw(ctx context.Context, f readmodel.Fact, e *permitsv1.MeterPeriodReported, pollutant, why string) error {
	return s.conclude(ctx, f, e, pollutant, "withdraw", finding.Withdraw{Reason: why, CorrectedIn: f.Stream, CorrectedAt: uint64(f.Revision)})
}

// conclude executes a command on the record of one reading; its id is derived
// from the fact, so a redelivery has no further effect.
func (s *Server) conclude(ctx context.Context, f readmodel.Fact, e *permitsv1.MeterPeriodReported, pollutant, what string, command es.Command[finding.Exceedance]) error {
	meta := s.Reacting(reactionFindings, f)
	meta.CommandID = readmodel.DerivedID(reactionFindings, f.EventID, what, pollutant)
	id := finding.ExceedanceID(e.GetMeterId(), pollutant, e.GetPeriod(), e.GetFrom().AsTime())
	if _, err := s.exceedances.Execute(ctx, id, meta, command); err != nil {
		return fmt.Errorf("%s an exceedance of %s: %w", what, e.GetMeterId(), err)
	}
	return nil
}

// checkReflagged looks again at one reading whose flag was changed.
func (s *Server) checkReflagged(ctx context.Context, f readmodel.Fact, c *permitsv1.MeterReadingReflagged) error {
	e, reading, err := s.reported(ctx, f, c)
	if errors.Is(err, problem.ErrNotFound) {
		return nil // trying again would not help
	}
	if err != nil {
		return err
	}
	over, err := s.over(ctx, f, e, []*permitsv1.MeterReading{reading})
	if err != nil {
		return err
	}
	if len(over) == 0 {
		return s.withdraw(ctx, f, e, c.GetPollutant(), c.GetReason())
	}
	return s.find(ctx, f, e, over[0])
}

// reported is the report that a correction refers to, and its reading under the
// new flag.
func (s *Server) reported(ctx context.Context, f readmodel.Fact, c *permitsv1.MeterReadingReflagged) (*permitsv1.MeterPeriodReported, *permitsv1.MeterReading, error) {
	for rec, err := range s.months.History(ctx, f.ID) {
		if err != nil {
			return nil, nil, fmt.Errorf("report of a correction: %w", err)
		}
		e, is := rec.Event.(*permitsv1.MeterPeriodReported)
		if !is || uint64(rec.Revision) != c.GetCorrects() {
			continue
		}
		for _, r := range e.GetReadings() {
			if r.GetPollutant() == c.GetPollutant() {
				r.Flag = c.GetFlag()
				return e, r, nil
			}
		}
	}
	return nil, nil, fmt.Errorf("report of a correction: %w", problem.ErrNotFound)
}
