// Package sitelist is the read model of sites 生产经营场所: the list by county,
// firm and words. Persons of a site are not in it; the page of a site shows
// them from the record itself, to those who may see them.
//
// It imports the contracts and internal/readmodel. Start with [Projection].
package sitelist

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"shiyang/internal/readmodel"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/views/page"
)

// Name of the view, for waiting readers.
const Name = "permit_sites"

const (
	table  = "permit_sites_v2"
	search = "permit_sites_search_v2"
)

// Projection is the view.
func Projection() readmodel.Projection {
	return readmodel.Projection{
		Name: Name, Version: 2, Tables: []string{table}, Search: []string{search},
		Schema: []string{
			`CREATE TABLE ` + table + ` (facility_id TEXT NOT NULL PRIMARY KEY, enterprise_id TEXT NOT NULL,
				unit_name TEXT NOT NULL, uscc TEXT NOT NULL, site_address TEXT NOT NULL, division TEXT NOT NULL, park TEXT NOT NULL,
				longitude TEXT NOT NULL, latitude TEXT NOT NULL, industry TEXT NOT NULL, remark TEXT NOT NULL,
				example INTEGER NOT NULL, site_sequence INTEGER NOT NULL, revision BIGINT NOT NULL, recorded_at TEXT NOT NULL,
				permit_id TEXT NOT NULL DEFAULT '', granted INTEGER NOT NULL DEFAULT 0)`,
			`CREATE INDEX permit_sites_v2_name ON ` + table + ` (unit_name, facility_id)`,
			`CREATE INDEX permit_sites_v2_division ON ` + table + ` (division, unit_name, facility_id)`,
			`CREATE INDEX permit_sites_v2_enterprise ON ` + table + ` (enterprise_id, unit_name, facility_id)`,
			`CREATE INDEX permit_sites_v2_permit ON ` + table + ` (permit_id)`,
		},
		Handlers: []readmodel.Handler{
			readmodel.On(onRegistered), readmodel.On(onChanged), readmodel.On(onAssigned), readmodel.On(onOpened),
			readmodel.On(onRefused), readmodel.On(onWithdrawn), readmodel.On(onNotRequired), readmodel.On(onOutside),
			readmodel.On(onIssued), readmodel.On(onCancelled),
		},
	}
}

func onRegistered(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.FacilityRegistered) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO `+table+` (facility_id, enterprise_id, unit_name, uscc, site_address, division, park,
		longitude, latitude, industry, remark, example, site_sequence, revision, recorded_at)
		VALUES ($1, $2, '', '', '', '', '', '', '', '', '', 0, 0, 0, '')`, fact.ID, e.GetEnterpriseId())
	if err != nil {
		return err
	}
	return put(ctx, tx, fact, e.GetSite(), e.GetSiteSequence())
}

func onChanged(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.FacilityChanged) error {
	return put(ctx, tx, fact, e.GetSite(), e.GetSiteSequence())
}

func put(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, s *permitsv1.SiteContent, sequence int32) error {
	example := 0
	if s.GetExample() {
		example = 1
	}
	_, err := tx.ExecContext(ctx, `UPDATE `+table+` SET unit_name = $2, uscc = $3, site_address = $4, division = $5, park = $6,
		longitude = $7, latitude = $8, industry = $9, remark = $10, example = $11,
		site_sequence = CASE WHEN $12 = 0 THEN site_sequence ELSE $12 END, revision = $13, recorded_at = $14 WHERE facility_id = $1`,
		fact.ID, s.GetUnitName(), s.GetUscc(), s.GetSiteAddress(), s.GetDivision(), s.GetPark(),
		s.GetLocation().GetLongitude(), s.GetLocation().GetLatitude(), s.GetIndustry(), s.GetRemark(), example,
		int64(sequence), int64(fact.Revision), stamp(fact))
	if err != nil {
		return err
	}
	return readmodel.PutSearch(ctx, tx, search, fact.ID, s.GetUnitName(), s.GetUscc(), s.GetSiteAddress(), s.GetPark())
}

func onAssigned(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.FacilityAssigned) error {
	_, err := tx.ExecContext(ctx, `UPDATE `+table+` SET enterprise_id = $2, revision = $3, recorded_at = $4 WHERE facility_id = $1`,
		fact.ID, e.GetEnterpriseId(), int64(fact.Revision), stamp(fact))
	return err
}

func onOpened(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.PermitApplicationOpened) error {
	_, err := tx.ExecContext(ctx, `UPDATE `+table+` SET permit_id = $2 WHERE facility_id = $1`, e.GetFacilityId(), fact.ID)
	return err
}

func onRefused(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, _ *permitsv1.PermitRefused) error {
	return free(ctx, tx, fact)
}

func onWithdrawn(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, _ *permitsv1.PermitApplicationWithdrawn) error {
	return free(ctx, tx, fact)
}

func onNotRequired(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, _ *permitsv1.PermitFoundNotRequired) error {
	return free(ctx, tx, fact)
}

func onOutside(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, _ *permitsv1.PermitFoundOutsideAuthority) error {
	return free(ctx, tx, fact)
}

// free ends an application; a granted permit keeps its site whatever becomes of
// a later procedure.
func free(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact) error {
	_, err := tx.ExecContext(ctx, `UPDATE `+table+` SET permit_id = '' WHERE permit_id = $1 AND granted = 0`, fact.ID)
	return err
}

func onIssued(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, _ *permitsv1.PermitIssued) error {
	_, err := tx.ExecContext(ctx, `UPDATE `+table+` SET granted = 1 WHERE permit_id = $1`, fact.ID)
	return err
}

func onCancelled(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, _ *permitsv1.PermitCancelled) error {
	_, err := tx.ExecContext(ctx, `UPDATE `+table+` SET permit_id = '', granted = 0 WHERE permit_id = $1`, fact.ID)
	return err
}

const stampLayout = "2006-01-02T15:04:05.000000Z"

func stamp(fact readmodel.Fact) string { return fact.Meta.RecordedAt.UTC().Format(stampLayout) }

// Queries ask the view. They are safe for concurrent use.
type Queries struct{ DB *readmodel.DB }

// Filter narrows the list. The visibility sees nothing unless it says so.
type Filter struct {
	All             bool
	Counties, Firms []string
	Query, Division string
	Size            int32
	After           string
}

// List returns one page in the order of names and the cursor of the next.
func (q Queries) List(ctx context.Context, f Filter) (sites []*permitsv1.Facility, next string, err error) {
	cursor, err := page.Parse(f.After, "unit_name")
	if err != nil {
		return nil, "", err
	}
	var where page.Where
	where.Visible(f.All, f.Counties, f.Firms)
	if f.Division != "" {
		where.Add("division = ?", f.Division)
	}
	limit := page.Size(f.Size)
	err = where.Search(ctx, q.DB, page.Search{
		Query: f.Query, List: table, ID: "facility_id", Words: page.Body(search, "facility_id"), Table: search,
		Order: "unit_name, facility_id", Size: limit,
	})
	if err != nil {
		return nil, "", err
	}
	where.After(cursor, "unit_name", "facility_id", false)
	rows, err := q.DB.Query(ctx, fmt.Sprintf(`SELECT facility_id, enterprise_id, unit_name, uscc, site_address, division, park,
		longitude, latitude, industry, remark, example, site_sequence, revision, recorded_at, permit_id
		FROM %s%s ORDER BY unit_name, facility_id LIMIT %d`, table, where.String(), limit+1), where.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list sites: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		site, err := scan(rows)
		if err != nil {
			return nil, "", fmt.Errorf("list sites: %w", err)
		}
		sites = append(sites, site)
	}
	if len(sites) > limit {
		sites = sites[:limit]
		last := sites[limit-1]
		next = page.Cursor{Order: "unit_name", Value: last.GetSite().GetUnitName(), ID: last.GetFacilityId()}.String()
	}
	return sites, next, rows.Err()
}

func scan(rows interface{ Scan(into ...any) error }) (*permitsv1.Facility, error) {
	s := &permitsv1.SiteContent{}
	f := &permitsv1.Facility{Site: s}
	var where commonv1.Location
	var example int
	var recorded string
	err := rows.Scan(&f.FacilityId, &f.EnterpriseId, &s.UnitName, &s.Uscc, &s.SiteAddress, &s.Division, &s.Park,
		&where.Longitude, &where.Latitude, &s.Industry, &s.Remark, &example, &f.SiteSequence, &f.Revision, &recorded, &f.PermitId)
	if err != nil {
		return nil, err
	}
	s.Example = example == 1
	if where.GetLongitude() != "" {
		s.Location = &where
	}
	at, err := time.Parse(stampLayout, recorded)
	if err != nil {
		return nil, fmt.Errorf("time of a row: %w", err)
	}
	f.RecordedAt = timestamppb.New(at)
	return f, nil
}
