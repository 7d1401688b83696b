package registry

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/readmodel"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/views/page"
)

// Queries ask the view. They are safe for concurrent use.
type Queries struct{ DB *readmodel.DB }

// Sees says whose rows a caller may see; nothing unless it says so.
type Sees struct {
	All             bool
	Counties, Firms []string
}

// Filter narrows the list of meters.
type Filter struct {
	Sees
	Division, Facility, Query string
	State                     permitsv1.MeterState
	Size                      int32
	After                     string
}

// state is the state of a meter in SQL, by the same order as the rule.
const state = `CASE WHEN replaced_by <> '' THEN 6 WHEN suspended = 1 THEN 5 WHEN accepted <> '' THEN 4 WHEN linked <> '' THEN 3
	WHEN installed <> '' THEN 2 ELSE 1 END`

const columns = `meter_id, mn, facility_id, enterprise_id, division, unit_name, outlet, system, protocol, example, installed, linked, accepted,
	replaced_by, silent, last_period, revision, ` + state

// Meters returns one page in the order of names and the cursor of the next.
func (q Queries) Meters(ctx context.Context, f Filter) (found []*permitsv1.Meter, next string, err error) {
	cursor, err := page.Parse(f.After, "unit_name")
	if err != nil {
		return nil, "", err
	}
	var where page.Where
	where.Visible(f.All, f.Counties, f.Firms)
	if f.Division != "" {
		where.Add("division = ?", f.Division)
	}
	if f.Facility != "" {
		where.Add("facility_id = ?", f.Facility)
	}
	if f.State != permitsv1.MeterState_METER_STATE_UNSPECIFIED {
		where.Add(state+" = ?", int32(f.State))
	}
	if f.Query != "" { // meters are hundreds: no index is needed for words
		where.Add("(unit_name LIKE '%' || ? || '%' OR mn LIKE '%' || ? || '%')", f.Query, f.Query)
	}
	where.After(cursor, "unit_name", "meter_id", false)
	size := page.Size(f.Size)
	rows, err := q.DB.Query(ctx, fmt.Sprintf(`SELECT %s FROM %s%s ORDER BY unit_name, meter_id LIMIT %d`, columns, meters, where.String(), size+1), where.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list meters: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		m, err := scan(rows)
		if err != nil {
			return nil, "", fmt.Errorf("list meters: %w", err)
		}
		found = append(found, m)
	}
	if len(found) > size {
		found = found[:size]
		last := found[size-1]
		next = page.Cursor{Order: "unit_name", Value: last.GetUnitName(), ID: last.GetMeterId()}.String()
	}
	return found, next, rows.Err()
}

// Meter returns one meter; nil if there is none.
func (q Queries) Meter(ctx context.Context, id string) (*permitsv1.Meter, error) {
	m, err := scan(q.DB.QueryRow(ctx, `SELECT `+columns+` FROM `+meters+` WHERE meter_id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil //nolint:nilnil // the view does not know it yet
	}
	return m, err
}

func scan(row interface{ Scan(into ...any) error }) (*permitsv1.Meter, error) {
	m := &permitsv1.Meter{}
	var example, silent int
	var installed, linked, accepted string
	var last int64
	err := row.Scan(&m.MeterId, &m.Mn, &m.FacilityId, &m.EnterpriseId, &m.Division, &m.UnitName, &m.Outlet, &m.System, &m.Protocol, &example,
		&installed, &linked, &accepted, &m.ReplacedBy, &silent, &last, &m.Revision, &m.State)
	if err != nil {
		return nil, err
	}
	m.Example, m.Silent = example == 1, silent == 1
	m.Installed, m.Linked, m.Accepted = day(installed), day(linked), day(accepted)
	if last > 0 {
		m.LastPeriod = timestamppb.New(time.Unix(last, 0))
	}
	return m, nil
}

func day(iso string) *commonv1.Date {
	if iso == "" {
		return nil
	}
	return &commonv1.Date{Iso: iso}
}

// Limit is a row of the version of a permit that holds on a day.
type Limit struct {
	PermitID, PermitNumber, FacilityID, EnterpriseID, Division, UnitName string
	Revision                                                             uint64
	Outlet, Pollutant, Concentration, Unit, Standard                     string
	Averaging                                                            permitsv1.Averaging
	MassGrams                                                            int64
	Example                                                              bool
}

// Limits are those in force at a site on a day, of the latest version that
// holds; "" for all sites.
func (q Queries) Limits(ctx context.Context, facility, onDay string) ([]Limit, error) {
	query := `SELECT p.permit_id, p.permit_number, p.facility_id, p.enterprise_id, p.division, p.unit_name, p.example, l.revision, l.outlet,
		l.pollutant, l.concentration, l.unit, l.standard, l.averaging, l.mass_grams
		FROM ` + permits + ` p JOIN ` + limits + ` l ON l.permit_id = p.permit_id
		WHERE (p.ended = '' OR p.ended >= $1) AND l.revision = (SELECT max(v.revision) FROM ` + limits + ` v
			WHERE v.permit_id = p.permit_id AND v.from_day <= $1)`
	args := []any{onDay}
	if facility != "" {
		query, args = query+` AND p.facility_id = $2`, append(args, facility)
	}
	rows, err := q.DB.Query(ctx, query+` ORDER BY l.permit_id, l.n`, args...)
	if err != nil {
		return nil, fmt.Errorf("limits of a site: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var found []Limit
	for rows.Next() {
		var l Limit
		var example int
		if err := rows.Scan(&l.PermitID, &l.PermitNumber, &l.FacilityID, &l.EnterpriseID, &l.Division, &l.UnitName, &example, &l.Revision, &l.Outlet,
			&l.Pollutant, &l.Concentration, &l.Unit, &l.Standard, &l.Averaging, &l.MassGrams); err != nil {
			return nil, fmt.Errorf("limits of a site: %w", err)
		}
		l.Example = example == 1
		found = append(found, l)
	}
	return found, rows.Err()
}

// Required are the outlets that need automatic monitoring on a day: by a permit
// in force, or by the plan of the year. Those of the plan have an entry id.
func (q Queries) Required(ctx context.Context, s Sees, year int, onDay string) ([]*permitsv1.MeterPlanEntry, error) {
	var where page.Where
	where.Visible(s.All, s.Counties, s.Firms)
	where.Add("(ended = '' OR ended >= ?)", onDay)
	byPermit, err := q.entries(ctx, `SELECT DISTINCT '', 0, p.facility_id, p.unit_name, p.division, d.outlet, '', p.permit_number, p.example
		FROM (SELECT * FROM `+permits+where.String()+`) p JOIN `+duties+` d ON d.permit_id = p.permit_id
		ORDER BY p.division, p.unit_name, d.outlet`, where.Args())
	if err != nil {
		return nil, err
	}
	planned, err := q.Plan(ctx, s, year, "")
	return append(planned, byPermit...), err
}

// Plan is the plan of a year, by last day and unit; 2,000 rows at most.
func (q Queries) Plan(ctx context.Context, s Sees, year int, division string) ([]*permitsv1.MeterPlanEntry, error) {
	var where page.Where
	where.Visible(s.All, s.Counties, s.Firms)
	where.Add("year = ?", year)
	where.Add("withdrawn = ?", 0)
	if division != "" {
		where.Add("division = ?", division)
	}
	return q.entries(ctx, `SELECT entry_id, year, facility_id, unit_name, division, outlet, due, basis, example FROM `+plan+where.String()+`
		ORDER BY due, unit_name, outlet LIMIT 2000`, where.Args())
}

func (q Queries) entries(ctx context.Context, query string, args []any) ([]*permitsv1.MeterPlanEntry, error) {
	rows, err := q.DB.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("plan of meters: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var found []*permitsv1.MeterPlanEntry
	for rows.Next() {
		e := &permitsv1.MeterPlanEntry{}
		var due string
		var example int
		if err := rows.Scan(&e.EntryId, &e.Year, &e.FacilityId, &e.UnitName, &e.Division, &e.Outlet, &due, &e.Basis, &example); err != nil {
			return nil, fmt.Errorf("plan of meters: %w", err)
		}
		e.Due, e.Example = day(due), example == 1
		found = append(found, e)
	}
	return found, rows.Err()
}

// AllMeters returns every meter that a caller sees and that was not replaced;
// they are hundreds.
func (q Queries) AllMeters(ctx context.Context, s Sees) ([]*permitsv1.Meter, error) {
	var where page.Where
	where.Visible(s.All, s.Counties, s.Firms)
	where.Add("replaced_by = ?", "")
	rows, err := q.DB.Query(ctx, `SELECT `+columns+` FROM `+meters+where.String()+` ORDER BY meter_id`, where.Args()...)
	if err != nil {
		return nil, fmt.Errorf("all meters: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var found []*permitsv1.Meter
	for rows.Next() {
		m, err := scan(rows)
		if err != nil {
			return nil, fmt.Errorf("all meters: %w", err)
		}
		found = append(found, m)
	}
	return found, rows.Err()
}
