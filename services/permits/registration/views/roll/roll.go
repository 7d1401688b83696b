// Package roll is the read model of the roll of sources 污染源名录: each source
// with where it belongs, counts by county, and the sites that a source may be.
//
// It imports the contracts, internal/readmodel and the pages of lists. Start
// with [Projection].
package roll

import (
	"context"
	"fmt"

	"shiyang/internal/readmodel"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/views/page"
)

// Name of the view, for waiting readers.
const Name = "source_roll"

const (
	table  = "source_roll_v1"
	sites  = "source_roll_site_v1"
	search = "source_roll_search_v1"
)

// Projection is the view.
func Projection() readmodel.Projection {
	return readmodel.Projection{
		Name: Name, Version: 1, Tables: []string{table, sites}, Search: []string{search},
		Schema: []string{
			`CREATE TABLE ` + table + ` (source_id TEXT NOT NULL PRIMARY KEY, census_number TEXT NOT NULL, unit_name TEXT NOT NULL,
				uscc TEXT NOT NULL, site_address TEXT NOT NULL, division TEXT NOT NULL, industry TEXT NOT NULL, origin TEXT NOT NULL,
				note TEXT NOT NULL, example INTEGER NOT NULL, facility_id TEXT NOT NULL DEFAULT '', outcome INTEGER NOT NULL DEFAULT 0,
				reason TEXT NOT NULL DEFAULT '', category TEXT NOT NULL DEFAULT '', record_id TEXT NOT NULL DEFAULT '',
				number TEXT NOT NULL DEFAULT '', due TEXT NOT NULL DEFAULT '')`,
			`CREATE INDEX source_roll_v1_name ON ` + table + ` (unit_name, source_id)`,
			`CREATE INDEX source_roll_v1_division ON ` + table + ` (division, outcome, unit_name, source_id)`,
			`CREATE INDEX source_roll_v1_facility ON ` + table + ` (facility_id)`,
			`CREATE INDEX source_roll_v1_uscc ON ` + table + ` (uscc, division)`,
			`CREATE TABLE ` + sites + ` (facility_id TEXT NOT NULL PRIMARY KEY, uscc TEXT NOT NULL, division TEXT NOT NULL)`,
			`CREATE INDEX source_roll_site_v1_uscc ON ` + sites + ` (uscc, division)`,
		},
		Handlers: []readmodel.Handler{
			readmodel.On(onListed), readmodel.On(onLinked), readmodel.On(onSettled), readmodel.On(onReopened),
			readmodel.On(onSite), readmodel.On(onSiteChanged),
		},
	}
}

func onListed(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.SourceListed) error {
	s, example := e.GetSource(), 0
	if s.GetExample() {
		example = 1
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO `+table+` (source_id, census_number, unit_name, uscc, site_address, division, industry, origin, note, example)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, fact.ID, s.GetCensusNumber(), s.GetUnitName(), s.GetUscc(), s.GetSiteAddress(),
		s.GetDivision(), s.GetIndustry(), s.GetOrigin(), s.GetNote(), example)
	if err != nil {
		return err
	}
	return readmodel.PutSearch(ctx, tx, search, fact.ID, s.GetUnitName(), s.GetUscc(), s.GetSiteAddress(), s.GetCensusNumber())
}

func onLinked(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.SourceLinked) error {
	_, err := tx.ExecContext(ctx, `UPDATE `+table+` SET facility_id = $2 WHERE source_id = $1`, fact.ID, e.GetFacilityId())
	return err
}

func onSettled(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.SourceSettled) error {
	_, err := tx.ExecContext(ctx, `UPDATE `+table+` SET outcome = $2, reason = $3, category = $4, record_id = $5, number = $6, due = $7
		WHERE source_id = $1`, fact.ID, int64(e.GetOutcome()), e.GetReason(), e.GetCategory(), e.GetRecordId(), e.GetNumber(), e.GetDue().GetIso())
	return err
}

func onReopened(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, _ *permitsv1.SourceReopened) error {
	_, err := tx.ExecContext(ctx, `UPDATE `+table+` SET outcome = 0, reason = '', category = '', record_id = '', number = '', due = ''
		WHERE source_id = $1`, fact.ID)
	return err
}

func onSite(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.FacilityRegistered) error {
	return put(ctx, tx, fact.ID, e.GetSite())
}

func onSiteChanged(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.FacilityChanged) error {
	return put(ctx, tx, fact.ID, e.GetSite())
}

func put(ctx context.Context, tx readmodel.Tx, id string, s *permitsv1.SiteContent) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO `+sites+` (facility_id, uscc, division) VALUES ($1, $2, $3)
		ON CONFLICT (facility_id) DO UPDATE SET uscc = $2, division = $3`, id, s.GetUscc(), s.GetDivision())
	return err
}

// Queries ask the view. They are safe for concurrent use.
type Queries struct{ DB *readmodel.DB }

// Filter narrows the list. The visibility sees nothing unless it says so.
type Filter struct {
	All             bool
	Counties        []string
	Query, Division string
	Outcome         permitsv1.SourceOutcome
	Unsettled       bool
	Size            int32
	After           string
}

const columns = `source_id, census_number, unit_name, uscc, site_address, division, industry, origin, note, example, facility_id, outcome,
	reason, category, record_id, number, due`

// List returns one page in the order of names and the cursor of the next.
func (q Queries) List(ctx context.Context, f Filter) (list []*permitsv1.Source, next string, err error) {
	cursor, err := page.Parse(f.After, "unit_name")
	if err != nil {
		return nil, "", err
	}
	var where page.Where
	where.Visible(f.All, f.Counties, nil)
	if f.Division != "" {
		where.Add("division = ?", f.Division)
	}
	if f.Unsettled || f.Outcome != 0 {
		where.Add("outcome = ?", int64(f.Outcome))
	}
	limit := page.Size(f.Size)
	err = where.Search(ctx, q.DB, page.Search{
		Query: f.Query, List: table, ID: "source_id", Words: page.Body(search, "source_id"), Table: search,
		Order: "unit_name, source_id", Size: limit,
	})
	if err != nil {
		return nil, "", err
	}
	where.After(cursor, "unit_name", "source_id", false)
	rows, err := q.DB.Query(ctx, fmt.Sprintf(`SELECT %s FROM %s%s ORDER BY unit_name, source_id LIMIT %d`, columns, table, where.String(), limit+1), where.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list sources: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		s := &permitsv1.Source{Source: &permitsv1.SourceContent{}}
		c, example, due := s.GetSource(), 0, ""
		err := rows.Scan(&s.SourceId, &c.CensusNumber, &c.UnitName, &c.Uscc, &c.SiteAddress, &c.Division, &c.Industry, &c.Origin, &c.Note, &example,
			&s.FacilityId, &s.Outcome, &s.Reason, &s.Category, &s.RecordId, &s.Number, &due)
		if err != nil {
			return nil, "", fmt.Errorf("list sources: %w", err)
		}
		if c.Example = example == 1; due != "" {
			s.Due = &commonv1.Date{Iso: due}
		}
		list = append(list, s)
	}
	if len(list) > limit {
		list = list[:limit]
		last := list[limit-1]
		next = page.Cursor{Order: "unit_name", Value: last.GetSource().GetUnitName(), ID: last.GetSourceId()}.String()
	}
	return list, next, rows.Err()
}

// Counts counts the roll by county and outcome, for the counties that a caller
// sees.
func (q Queries) Counts(ctx context.Context, all bool, counties []string) (list []*permitsv1.SourceCount, err error) {
	var where page.Where
	where.Visible(all, counties, nil)
	rows, err := q.DB.Query(ctx, `SELECT division, outcome, count(*) FROM `+table+where.String()+` GROUP BY division, outcome ORDER BY division, outcome`, where.Args()...)
	if err != nil {
		return nil, fmt.Errorf("count sources: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var division string
		var outcome permitsv1.SourceOutcome
		var n int64
		if err := rows.Scan(&division, &outcome, &n); err != nil {
			return nil, fmt.Errorf("count sources: %w", err)
		}
		if len(list) == 0 || list[len(list)-1].GetDivision() != division {
			list = append(list, &permitsv1.SourceCount{Division: division})
		}
		add(list[len(list)-1], outcome, n)
	}
	return list, rows.Err()
}

func add(c *permitsv1.SourceCount, outcome permitsv1.SourceOutcome, n int64) {
	c.Total += n
	switch outcome {
	case permitsv1.SourceOutcome_SOURCE_OUTCOME_PERMIT:
		c.Permit += n
	case permitsv1.SourceOutcome_SOURCE_OUTCOME_REGISTRATION:
		c.Registration += n
	case permitsv1.SourceOutcome_SOURCE_OUTCOME_RECTIFY:
		c.Rectify += n
	case permitsv1.SourceOutcome_SOURCE_OUTCOME_NOT_REQUIRED:
		c.NotRequired += n
	default:
		c.Unsettled += n
	}
}

// OfSite lists the sources that are tied to a site.
func (q Queries) OfSite(ctx context.Context, facility string) ([]string, error) {
	return q.ids(ctx, `SELECT source_id FROM `+table+` WHERE facility_id = $1 ORDER BY source_id`, facility)
}

// Loose lists the sources that are tied to no site and bear a credit code in a
// county.
func (q Queries) Loose(ctx context.Context, uscc, division string) ([]string, error) {
	return q.ids(ctx, `SELECT source_id FROM `+table+` WHERE uscc = $1 AND division = $2 AND facility_id = '' ORDER BY source_id`, uscc, division)
}

// Sites lists the sites that bear a credit code in a county.
func (q Queries) Sites(ctx context.Context, uscc, division string) ([]string, error) {
	return q.ids(ctx, `SELECT facility_id FROM `+sites+` WHERE uscc = $1 AND division = $2 ORDER BY facility_id`, uscc, division)
}

func (q Queries) ids(ctx context.Context, query string, args ...any) (ids []string, err error) {
	rows, err := q.DB.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("sources: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("sources: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
