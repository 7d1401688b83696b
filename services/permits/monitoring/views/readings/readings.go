// Package readings is the read model of what meters said of hours and days,
// under the flags that hold now, and of the mass that follows for each site,
// pollutant and year.
//
// It imports the contracts and internal/readmodel. Start with [Projection].
package readings

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/es"
	"shiyang/internal/readmodel"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/views/page"
)

// Name of the view, for waiting readers.
const Name = "meter_readings"

const (
	table  = "meter_readings_v1"
	masses = "meter_readings_mass_v1"
)

// Mass tells what a reading adds to the mass of a year, in milligrams, under
// the law of a position of the log; 0 if it does not count.
type Mass func(at es.Position, r *permitsv1.MeterReading) (int64, error)

// zone is that of legal years.
var zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// Projection is the view.
func Projection(mass Mass) readmodel.Projection {
	v := view{mass}
	return readmodel.Projection{
		Name: Name, Version: 1, Tables: []string{table, masses},
		Schema: []string{
			`CREATE TABLE ` + table + ` (meter_id TEXT NOT NULL, period INTEGER NOT NULL, at BIGINT NOT NULL, pollutant TEXT NOT NULL,
				avg TEXT NOT NULL, low TEXT NOT NULL, high TEXT NOT NULL, cou TEXT NOT NULL, zs_avg TEXT NOT NULL, zs_low TEXT NOT NULL,
				zs_high TEXT NOT NULL, flag TEXT NOT NULL, reflagged INTEGER NOT NULL, mass_mg BIGINT NOT NULL, facility_id TEXT NOT NULL,
				outlet TEXT NOT NULL, enterprise_id TEXT NOT NULL, division TEXT NOT NULL, PRIMARY KEY (meter_id, period, at, pollutant))`,
			`CREATE INDEX meter_readings_v1_at ON ` + table + ` (period, at, meter_id)`,
			`CREATE TABLE ` + masses + ` (facility_id TEXT NOT NULL, pollutant TEXT NOT NULL, year INTEGER NOT NULL, mass_mg BIGINT NOT NULL,
				enterprise_id TEXT NOT NULL, division TEXT NOT NULL, PRIMARY KEY (facility_id, pollutant, year))`,
		},
		Handlers: []readmodel.Handler{readmodel.On(v.onReported), readmodel.On(v.onReflagged), readmodel.On(onAssigned)},
	}
}

type view struct{ mass Mass }

func (v view) onReported(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.MeterPeriodReported) error {
	if e.GetReplaces() > 0 {
		if err := v.takeBack(ctx, tx, e); err != nil {
			return err
		}
	}
	for _, r := range e.GetReadings() {
		mass, err := v.massOf(f.Position, e.GetPeriod(), r)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO `+table+` (meter_id, period, at, pollutant, avg, low, high, cou, zs_avg, zs_low, zs_high,
			flag, reflagged, mass_mg, facility_id, outlet, enterprise_id, division)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, $13, $14, $15, $16, $17)`, e.GetMeterId(), int32(e.GetPeriod()),
			e.GetFrom().GetSeconds(), r.GetPollutant(), r.GetAvg(), r.GetMin(), r.GetMax(), r.GetCou(), r.GetZsAvg(), r.GetZsMin(), r.GetZsMax(),
			r.GetFlag(), mass, e.GetFacilityId(), e.GetOutlet(), e.GetEnterpriseId(), e.GetDivision()); err != nil {
			return err
		}
		if err := add(ctx, tx, e, r.GetPollutant(), mass); err != nil {
			return err
		}
	}
	return nil
}

// massOf is what a reading adds to the year; only hours do, or days would count
// twice.
func (v view) massOf(at es.Position, period permitsv1.MeterPeriod, r *permitsv1.MeterReading) (int64, error) {
	if period != permitsv1.MeterPeriod_METER_PERIOD_HOUR {
		return 0, nil
	}
	return v.mass(at, r)
}

// takeBack removes what an earlier report of the period said.
func (v view) takeBack(ctx context.Context, tx readmodel.Tx, e *permitsv1.MeterPeriodReported) error {
	before, err := counted(ctx, tx, e)
	if err != nil {
		return err
	}
	for _, b := range before {
		if err := add(ctx, tx, e, b.Pollutant, -b.Grams); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE meter_id = $1 AND period = $2 AND at = $3`,
		e.GetMeterId(), int32(e.GetPeriod()), e.GetFrom().GetSeconds())
	return err
}

// counted is what an earlier report of the period has added, in milligrams.
func counted(ctx context.Context, tx readmodel.Tx, e *permitsv1.MeterPeriodReported) (found []MassRow, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT pollutant, mass_mg FROM `+table+` WHERE meter_id = $1 AND period = $2 AND at = $3`,
		e.GetMeterId(), int32(e.GetPeriod()), e.GetFrom().GetSeconds())
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var m MassRow
		if err := rows.Scan(&m.Pollutant, &m.Grams); err != nil {
			return nil, err
		}
		found = append(found, m)
	}
	return found, rows.Err()
}

// add changes the mass of a year.
func add(ctx context.Context, tx readmodel.Tx, e *permitsv1.MeterPeriodReported, pollutant string, mass int64) error {
	if mass == 0 {
		return nil
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO `+masses+` (facility_id, pollutant, year, mass_mg, enterprise_id, division)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (facility_id, pollutant, year) DO UPDATE SET mass_mg = `+masses+`.mass_mg + excluded.mass_mg`,
		e.GetFacilityId(), pollutant, e.GetFrom().AsTime().In(zone).Year(), mass, e.GetEnterpriseId(), e.GetDivision())
	return err
}

func (v view) onReflagged(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.MeterReadingReflagged) error {
	r := &permitsv1.MeterReading{Pollutant: e.GetPollutant(), Flag: e.GetFlag()}
	site := &permitsv1.MeterPeriodReported{From: e.GetFrom()}
	var before int64
	err := tx.QueryRowContext(ctx, `SELECT cou, mass_mg, facility_id, enterprise_id, division FROM `+table+`
		WHERE meter_id = $1 AND period = $2 AND at = $3 AND pollutant = $4`, e.GetMeterId(), int32(e.GetPeriod()), e.GetFrom().GetSeconds(),
		e.GetPollutant()).Scan(&r.Cou, &before, &site.FacilityId, &site.EnterpriseId, &site.Division)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	mass, err := v.massOf(f.Position, e.GetPeriod(), r)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE `+table+` SET flag = $5, reflagged = 1, mass_mg = $6
		WHERE meter_id = $1 AND period = $2 AND at = $3 AND pollutant = $4`, e.GetMeterId(), int32(e.GetPeriod()), e.GetFrom().GetSeconds(),
		e.GetPollutant(), e.GetFlag(), mass); err != nil {
		return err
	}
	return add(ctx, tx, site, e.GetPollutant(), mass-before)
}

func onAssigned(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.FacilityAssigned) error {
	_, err := tx.ExecContext(ctx, `UPDATE `+masses+` SET enterprise_id = $2 WHERE facility_id = $1`, f.ID, e.GetEnterpriseId())
	return err
}

// Queries ask the view. They are safe for concurrent use.
type Queries struct{ DB *readmodel.DB }

// maxRows is the most readings of one answer: 62 days of hours of a dozen
// pollutants.
const maxRows = 20000

// Of returns the periods of a meter from one instant to before another, the
// earliest first.
func (q Queries) Of(ctx context.Context, meterID string, period permitsv1.MeterPeriod, from, to time.Time) ([]*permitsv1.MeterPeriodRow, error) {
	rows, err := q.DB.Query(ctx, fmt.Sprintf(`SELECT at, pollutant, avg, low, high, cou, zs_avg, zs_low, zs_high, flag, reflagged FROM %s
		WHERE meter_id = $1 AND period = $2 AND at >= $3 AND at < $4 ORDER BY at, pollutant LIMIT %d`, table, maxRows), meterID, int32(period), from.Unix(), to.Unix())
	if err != nil {
		return nil, fmt.Errorf("readings of a meter: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var found []*permitsv1.MeterPeriodRow
	for rows.Next() {
		r := &permitsv1.MeterReading{}
		var at int64
		var reflagged int
		if err := rows.Scan(&at, &r.Pollutant, &r.Avg, &r.Min, &r.Max, &r.Cou, &r.ZsAvg, &r.ZsMin, &r.ZsMax, &r.Flag, &reflagged); err != nil {
			return nil, fmt.Errorf("readings of a meter: %w", err)
		}
		if n := len(found); n == 0 || found[n-1].GetFrom().GetSeconds() != at {
			found = append(found, &permitsv1.MeterPeriodRow{From: timestamppb.New(time.Unix(at, 0))})
		}
		last := found[len(found)-1]
		last.Readings = append(last.Readings, &permitsv1.ReadingRow{Reading: r, Reflagged: reflagged == 1})
	}
	return found, rows.Err()
}

// Hours counts, for each meter, the hours it told from one instant to before
// another.
func (q Queries) Hours(ctx context.Context, from, to time.Time) (map[string]int, error) {
	rows, err := q.DB.Query(ctx, `SELECT meter_id, COUNT(DISTINCT at) FROM `+table+` WHERE period = 1 AND at >= $1 AND at < $2 GROUP BY meter_id`,
		from.Unix(), to.Unix())
	if err != nil {
		return nil, fmt.Errorf("count hours: %w", err)
	}
	defer func() { _ = rows.Close() }()
	counts := map[string]int{}
	for rows.Next() {
		var id string
		var n int
		if err := rows.Scan(&id, &n); err != nil {
			return nil, fmt.Errorf("count hours: %w", err)
		}
		counts[id] = n
	}
	return counts, rows.Err()
}

// MassRow is what a site has discharged of a pollutant in a year.
type MassRow struct {
	FacilityID, Pollutant, EnterpriseID, Division string
	Grams                                         int64
}

// Masses of a year, for whom a caller sees.
func (q Queries) Masses(ctx context.Context, year int, all bool, counties, firms []string) ([]MassRow, error) {
	var where page.Where
	where.Visible(all, counties, firms)
	where.Add("year = ?", year)
	rows, err := q.DB.Query(ctx, `SELECT facility_id, pollutant, enterprise_id, division, mass_mg FROM `+masses+where.String()+`
		ORDER BY facility_id, pollutant`, where.Args()...)
	if err != nil {
		return nil, fmt.Errorf("masses of a year: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var found []MassRow
	for rows.Next() {
		var m MassRow
		var mg int64
		if err := rows.Scan(&m.FacilityID, &m.Pollutant, &m.EnterpriseID, &m.Division, &mg); err != nil {
			return nil, fmt.Errorf("masses of a year: %w", err)
		}
		m.Grams = mg / 1000
		found = append(found, m)
	}
	return found, rows.Err()
}
