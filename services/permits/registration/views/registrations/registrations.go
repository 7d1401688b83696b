// Package registrations is the read model of registrations of discharge: the
// bureau's list, the public register, and what the ticker looks for. One row
// stands for one site.
//
// It imports the contracts, internal/readmodel and the pages of lists. Start
// with [Projection].
package registrations

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
const Name = "registrations"

const (
	table  = "registrations_v1"
	search = "registrations_search_v1"
)

// Projection is the view.
func Projection() readmodel.Projection {
	return readmodel.Projection{
		Name: Name, Version: 1, Tables: []string{table}, Search: []string{search},
		Schema: []string{
			`CREATE TABLE ` + table + ` (facility_id TEXT NOT NULL PRIMARY KEY, enterprise_id TEXT NOT NULL, number TEXT NOT NULL DEFAULT '',
				unit_name TEXT NOT NULL, uscc TEXT NOT NULL, site_address TEXT NOT NULL, division TEXT NOT NULL, example INTEGER NOT NULL,
				tier INTEGER NOT NULL, overridden INTEGER NOT NULL DEFAULT 0, status INTEGER NOT NULL, valid_from TEXT NOT NULL DEFAULT '',
				valid_to TEXT NOT NULL DEFAULT '', reminded TEXT NOT NULL DEFAULT '', recorded_at TEXT NOT NULL)`,
			`CREATE INDEX registrations_v1_name ON ` + table + ` (unit_name, facility_id)`,
			`CREATE INDEX registrations_v1_division ON ` + table + ` (division, unit_name, facility_id)`,
			`CREATE INDEX registrations_v1_enterprise ON ` + table + ` (enterprise_id, unit_name, facility_id)`,
			`CREATE INDEX registrations_v1_term ON ` + table + ` (status, valid_to)`,
		},
		Handlers: []readmodel.Handler{
			readmodel.On(onDecided), readmodel.On(onOverridden), readmodel.On(onRegistered), readmodel.On(onRenewed), readmodel.On(onReminded),
			readmodel.On(onNumber), readmodel.On(onExpired), readmodel.On(onCancelled), readmodel.On(onReplaced),
		},
	}
}

func onDecided(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.SourceTierDecided) error {
	example := 0
	if e.GetExample() {
		example = 1
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO `+table+` (facility_id, enterprise_id, unit_name, uscc, site_address, division, example, tier, status, recorded_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (facility_id) DO UPDATE SET enterprise_id = $2, unit_name = $3, uscc = $4,
		site_address = $5, division = $6, tier = $8, overridden = 0, recorded_at = $10`,
		fact.ID, e.GetEnterpriseId(), e.GetUnitName(), e.GetUscc(), e.GetSiteAddress(), e.GetDivision(), example,
		int64(e.GetTier()), int64(permitsv1.RegistrationStatus_REGISTRATION_STATUS_CLASSIFIED), stamp(fact))
	if err != nil {
		return err
	}
	return index(ctx, tx, fact)
}

// index makes the words of a row findable.
func index(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact) error {
	var name, uscc, address, number string
	err := tx.QueryRowContext(ctx, `SELECT unit_name, uscc, site_address, number FROM `+table+` WHERE facility_id = $1`, fact.ID).
		Scan(&name, &uscc, &address, &number)
	if err != nil {
		return err
	}
	return readmodel.PutSearch(ctx, tx, search, fact.ID, name, uscc, address, number)
}

func onOverridden(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.SourceTierOverridden) error {
	return set(ctx, tx, fact, `tier = $3, overridden = 1`, int64(e.GetTier()))
}

func onRegistered(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.DischargeRegistered) error {
	err := set(ctx, tx, fact, `status = $3, number = $4, valid_from = $5, valid_to = $6, enterprise_id = $7, reminded = ''`,
		int64(permitsv1.RegistrationStatus_REGISTRATION_STATUS_IN_FORCE), e.GetNumber(), e.GetValidFrom().GetIso(), e.GetValidTo().GetIso(),
		e.GetEnterpriseId())
	if err != nil {
		return err
	}
	return index(ctx, tx, fact)
}

func onRenewed(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.DischargeRegistrationRenewed) error {
	return set(ctx, tx, fact, `valid_from = $3, valid_to = $4, reminded = ''`, e.GetValidFrom().GetIso(), e.GetValidTo().GetIso())
}

func onReminded(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.DischargeRegistrationReminded) error {
	return set(ctx, tx, fact, `reminded = $3`, e.GetValidTo().GetIso())
}

func onNumber(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.RegistrationNumberEntered) error {
	if err := set(ctx, tx, fact, `number = $3`, e.GetNumber()); err != nil {
		return err
	}
	return index(ctx, tx, fact)
}

func onExpired(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, _ *permitsv1.DischargeRegistrationExpired) error {
	return status(ctx, tx, fact, permitsv1.RegistrationStatus_REGISTRATION_STATUS_EXPIRED)
}

func onCancelled(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, _ *permitsv1.DischargeRegistrationCancelled) error {
	return status(ctx, tx, fact, permitsv1.RegistrationStatus_REGISTRATION_STATUS_CANCELLED)
}

func onReplaced(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, _ *permitsv1.DischargeRegistrationReplaced) error {
	return status(ctx, tx, fact, permitsv1.RegistrationStatus_REGISTRATION_STATUS_REPLACED)
}

func status(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, s permitsv1.RegistrationStatus) error {
	return set(ctx, tx, fact, `status = $3`, int64(s))
}

// set changes the row of a fact's record; its columns begin at $3.
func set(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, columns string, args ...any) error {
	_, err := tx.ExecContext(ctx, `UPDATE `+table+` SET recorded_at = $2, `+columns+` WHERE facility_id = $1`,
		append([]any{fact.ID, stamp(fact)}, args...)...)
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
	Status          permitsv1.RegistrationStatus
	Size            int32
	After           string
}

// List returns one page in the order of names and the cursor of the next.
func (q Queries) List(ctx context.Context, f Filter) (list []*permitsv1.RegistrationRow, next string, err error) {
	cursor, err := page.Parse(f.After, "unit_name")
	if err != nil {
		return nil, "", err
	}
	var where page.Where
	where.Visible(f.All, f.Counties, f.Firms)
	if f.Division != "" {
		where.Add("division = ?", f.Division)
	}
	if f.Status != 0 {
		where.Add("status = ?", int64(f.Status))
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
	rows, err := q.DB.Query(ctx, fmt.Sprintf(`SELECT facility_id, number, unit_name, uscc, site_address, division, example, tier, overridden,
		status, valid_from, valid_to, recorded_at FROM %s%s ORDER BY unit_name, facility_id LIMIT %d`, table, where.String(), limit+1), where.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list registrations: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		row, err := scan(rows)
		if err != nil {
			return nil, "", fmt.Errorf("list registrations: %w", err)
		}
		list = append(list, row)
	}
	if len(list) > limit {
		list = list[:limit]
		last := list[limit-1]
		next = page.Cursor{Order: "unit_name", Value: last.GetUnitName(), ID: last.GetFacilityId()}.String()
	}
	return list, next, rows.Err()
}

func scan(rows interface{ Scan(into ...any) error }) (*permitsv1.RegistrationRow, error) {
	r := &permitsv1.RegistrationRow{}
	var example, overridden int
	var from, to, recorded string
	err := rows.Scan(&r.FacilityId, &r.Number, &r.UnitName, &r.Uscc, &r.SiteAddress, &r.Division, &example, &r.Tier, &overridden,
		&r.Status, &from, &to, &recorded)
	if err != nil {
		return nil, err
	}
	r.Example, r.Overridden, r.ValidFrom, r.ValidTo = example == 1, overridden == 1, day(from), day(to)
	at, err := time.Parse(stampLayout, recorded)
	if err != nil {
		return nil, fmt.Errorf("time of a row: %w", err)
	}
	r.RecordedAt = timestamppb.New(at)
	return r, nil
}

func day(iso string) *commonv1.Date {
	if iso == "" {
		return nil
	}
	return &commonv1.Date{Iso: iso}
}

// Ending lists registrations in force whose last day is before a day, at most
// 1,000; with unreminded only those whose firm was not told.
func (q Queries) Ending(ctx context.Context, before string, unreminded bool) (ids []string, err error) {
	condition := ""
	if unreminded {
		condition = " AND reminded <> valid_to"
	}
	rows, err := q.DB.Query(ctx, `SELECT facility_id FROM `+table+` WHERE status = $1 AND valid_to < $2`+condition+
		` ORDER BY valid_to, facility_id LIMIT 1000`, int64(permitsv1.RegistrationStatus_REGISTRATION_STATUS_IN_FORCE), before)
	if err != nil {
		return nil, fmt.Errorf("ending registrations: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("ending registrations: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}
