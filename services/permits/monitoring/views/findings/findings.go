// Package findings is the read model of exceedances 超标 and of the shares of
// the permitted mass that were told.
//
// It imports the contracts and internal/readmodel. Start with [Projection].
package findings

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/readmodel"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/views/page"
)

// Name of the view, for waiting readers.
const Name = "exceedances"

const (
	table = "exceedances_v1"
	told  = "exceedances_mass_v1"
)

// Projection is the view.
func Projection() readmodel.Projection {
	return readmodel.Projection{
		Name: Name, Version: 1, Tables: []string{table, told},
		Schema: []string{
			`CREATE TABLE ` + table + ` (exceedance_id TEXT NOT NULL PRIMARY KEY, meter_id TEXT NOT NULL, facility_id TEXT NOT NULL,
				enterprise_id TEXT NOT NULL, division TEXT NOT NULL, outlet TEXT NOT NULL, pollutant TEXT NOT NULL, period INTEGER NOT NULL,
				at BIGINT NOT NULL, value TEXT NOT NULL, unit TEXT NOT NULL, converted INTEGER NOT NULL, permit_id TEXT NOT NULL,
				permit_number TEXT NOT NULL, permit_revision BIGINT NOT NULL, concentration TEXT NOT NULL, limit_unit TEXT NOT NULL,
				averaging TEXT NOT NULL, standard TEXT NOT NULL, withdrawn INTEGER NOT NULL, example INTEGER NOT NULL)`,
			`CREATE INDEX exceedances_v1_at ON ` + table + ` (at, exceedance_id)`,
			`CREATE INDEX exceedances_v1_division ON ` + table + ` (division, at, exceedance_id)`,
			`CREATE INDEX exceedances_v1_meter ON ` + table + ` (meter_id, at, exceedance_id)`,
			`CREATE TABLE ` + told + ` (facility_id TEXT NOT NULL, pollutant TEXT NOT NULL, year INTEGER NOT NULL, limit_grams BIGINT NOT NULL,
				percent INTEGER NOT NULL, PRIMARY KEY (facility_id, pollutant, year, limit_grams))`,
		},
		Handlers: []readmodel.Handler{readmodel.On(onFound), readmodel.On(onWithdrawn), readmodel.On(onReached), readmodel.On(onAssigned)},
	}
}

func onFound(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.ExceedanceFound) error {
	l := e.GetLimit()
	_, err := tx.ExecContext(ctx, `INSERT INTO `+table+` (exceedance_id, meter_id, facility_id, enterprise_id, division, outlet, pollutant, period,
		at, value, unit, converted, permit_id, permit_number, permit_revision, concentration, limit_unit, averaging, standard, withdrawn, example)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, 0, $20)
		ON CONFLICT (exceedance_id) DO UPDATE SET value = excluded.value, unit = excluded.unit, converted = excluded.converted,
			permit_id = excluded.permit_id, permit_number = excluded.permit_number, permit_revision = excluded.permit_revision,
			concentration = excluded.concentration, limit_unit = excluded.limit_unit, averaging = excluded.averaging,
			standard = excluded.standard, withdrawn = 0`,
		f.ID, e.GetMeterId(), e.GetFacilityId(), e.GetEnterpriseId(), e.GetDivision(), e.GetOutlet(), e.GetPollutant(), int32(e.GetPeriod()),
		e.GetFrom().GetSeconds(), e.GetValue(), e.GetUnit(), truth(e.GetConverted()), l.GetPermitId(), l.GetPermitNumber(), int64(l.GetPermitRevision()),
		l.GetConcentration(), l.GetUnit(), l.GetAveraging(), l.GetStandard(), truth(e.GetExample()))
	return err
}

func onWithdrawn(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, _ *permitsv1.ExceedanceWithdrawn) error {
	_, err := tx.ExecContext(ctx, `UPDATE `+table+` SET withdrawn = 1 WHERE exceedance_id = $1`, f.ID)
	return err
}

func onReached(ctx context.Context, tx readmodel.Tx, _ readmodel.Fact, e *permitsv1.AnnualMassReached) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO `+told+` (facility_id, pollutant, year, limit_grams, percent) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (facility_id, pollutant, year, limit_grams) DO UPDATE SET percent = excluded.percent WHERE excluded.percent > `+told+`.percent`,
		e.GetFacilityId(), e.GetPollutant(), e.GetYear(), e.GetLimitGrams(), e.GetPercent())
	return err
}

func onAssigned(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.FacilityAssigned) error {
	_, err := tx.ExecContext(ctx, `UPDATE `+table+` SET enterprise_id = $2 WHERE facility_id = $1`, f.ID, e.GetEnterpriseId())
	return err
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Queries ask the view. They are safe for concurrent use.
type Queries struct{ DB *readmodel.DB }

// Filter narrows the list. The visibility sees nothing unless it says so.
type Filter struct {
	All             bool
	Counties, Firms []string
	Division, Meter string
	Size            int32
	After           string
}

// List returns one page, the latest first, and the cursor of the next.
func (q Queries) List(ctx context.Context, f Filter) (found []*permitsv1.Exceedance, next string, err error) {
	cursor, err := page.Parse(f.After, "at")
	if err != nil {
		return nil, "", err
	}
	var where page.Where
	where.Visible(f.All, f.Counties, f.Firms)
	if f.Division != "" {
		where.Add("division = ?", f.Division)
	}
	if f.Meter != "" {
		where.Add("meter_id = ?", f.Meter)
	}
	if cursor.ID != "" {
		at, err := strconv.ParseInt(cursor.Value, 10, 64)
		if err != nil {
			return nil, "", fmt.Errorf("cursor of exceedances: %w", err)
		}
		where.Add("(at, exceedance_id) < (?, ?)", at, cursor.ID)
	}
	size := page.Size(f.Size)
	rows, err := q.DB.Query(ctx, fmt.Sprintf(`SELECT exceedance_id, meter_id, facility_id, division, outlet, pollutant, period, at, value, unit,
		converted, permit_id, permit_number, permit_revision, concentration, limit_unit, averaging, standard, withdrawn, example
		FROM %s%s ORDER BY at DESC, exceedance_id DESC LIMIT %d`, table, where.String(), size+1), where.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list exceedances: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		x, err := scan(rows)
		if err != nil {
			return nil, "", fmt.Errorf("list exceedances: %w", err)
		}
		found = append(found, x)
	}
	if len(found) > size {
		found = found[:size]
		last := found[size-1]
		next = page.Cursor{Order: "at", Value: strconv.FormatInt(last.GetFrom().GetSeconds(), 10), ID: last.GetExceedanceId()}.String()
	}
	return found, next, rows.Err()
}

func scan(rows interface{ Scan(into ...any) error }) (*permitsv1.Exceedance, error) {
	l := &permitsv1.OutletLimit{}
	x := &permitsv1.Exceedance{Limit: l, Pollutant: &permitsv1.PollutantInfo{}}
	var at int64
	var converted, withdrawn, example int
	err := rows.Scan(&x.ExceedanceId, &x.MeterId, &x.FacilityId, &x.Division, &x.Outlet, &x.Pollutant.Code, &x.Period, &at, &x.Value, &x.Unit,
		&converted, &l.PermitId, &l.PermitNumber, &l.PermitRevision, &l.Concentration, &l.Unit, &l.Averaging, &l.Standard, &withdrawn, &example)
	if err != nil {
		return nil, err
	}
	x.From = timestamppb.New(time.Unix(at, 0))
	x.Converted, x.Withdrawn, x.Example = converted == 1, withdrawn == 1, example == 1
	return x, nil
}

// At returns the pollutants and instants of a meter's exceedances that stand,
// from one instant to before another: a key is "pollutant unix".
func (q Queries) At(ctx context.Context, meterID string, period permitsv1.MeterPeriod, from, to time.Time) (map[string]bool, error) {
	rows, err := q.DB.Query(ctx, `SELECT pollutant, at FROM `+table+` WHERE meter_id = $1 AND period = $2 AND at >= $3 AND at < $4 AND withdrawn = 0`,
		meterID, int32(period), from.Unix(), to.Unix())
	if err != nil {
		return nil, fmt.Errorf("exceedances of a meter: %w", err)
	}
	defer func() { _ = rows.Close() }()
	found := map[string]bool{}
	for rows.Next() {
		var pollutant string
		var at int64
		if err := rows.Scan(&pollutant, &at); err != nil {
			return nil, fmt.Errorf("exceedances of a meter: %w", err)
		}
		found[Key(pollutant, at)] = true
	}
	return found, rows.Err()
}

// Key names a pollutant at an instant.
func Key(pollutant string, unix int64) string { return pollutant + " " + strconv.FormatInt(unix, 10) }

// Told returns the highest share that was told in a year, by [ToldKey].
func (q Queries) Told(ctx context.Context, year int) (map[string]int32, error) {
	rows, err := q.DB.Query(ctx, `SELECT facility_id, pollutant, limit_grams, percent FROM `+told+` WHERE year = $1`, year)
	if err != nil {
		return nil, fmt.Errorf("shares told: %w", err)
	}
	defer func() { _ = rows.Close() }()
	found := map[string]int32{}
	for rows.Next() {
		var facility, pollutant string
		var limit int64
		var percent int32
		if err := rows.Scan(&facility, &pollutant, &limit, &percent); err != nil {
			return nil, fmt.Errorf("shares told: %w", err)
		}
		found[ToldKey(facility, pollutant, limit)] = percent
	}
	return found, rows.Err()
}

// ToldKey names a site, a pollutant and a limit.
func ToldKey(facility, pollutant string, limitGrams int64) string {
	return facility + " " + Key(pollutant, limitGrams)
}
