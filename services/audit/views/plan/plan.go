// Package plan is the read model of the plan that the bureau is measured by:
// places and indicator tables, in the order in which they were entered.
//
// It imports the contracts and internal/readmodel. Start with [Projection].
package plan

import (
	"context"
	"fmt"

	"shiyang/internal/readmodel"
	auditv1 "shiyang/proto/audit/v1"
	commonv1 "shiyang/proto/common/v1"
)

// Name of the view, for waiting readers.
const Name = "audit_plan"

const (
	places     = "audit_plan_place_v1"
	indicators = "audit_plan_indicator_v1"
)

// Projection is the view.
func Projection() readmodel.Projection {
	return readmodel.Projection{
		Name: Name, Version: 1, Tables: []string{places, indicators},
		Schema: []string{
			`CREATE TABLE ` + places + ` (place_id TEXT NOT NULL PRIMARY KEY, entered BIGINT NOT NULL, kind TEXT NOT NULL,
				title TEXT NOT NULL, division TEXT NOT NULL, note TEXT NOT NULL, source TEXT NOT NULL)`,
			`CREATE INDEX audit_plan_place_v1_kind ON ` + places + ` (kind, entered)`,
			`CREATE TABLE ` + indicators + ` (indicator_id TEXT NOT NULL PRIMARY KEY, entered BIGINT NOT NULL,
				table_name TEXT NOT NULL, row_key TEXT NOT NULL, title_zh TEXT NOT NULL, title_en TEXT NOT NULL,
				group_name TEXT NOT NULL, kind TEXT NOT NULL, unit TEXT NOT NULL, period TEXT NOT NULL, value TEXT NOT NULL,
				target INTEGER NOT NULL, source TEXT NOT NULL)`,
			`CREATE INDEX audit_plan_indicator_v1_table ON ` + indicators + ` (table_name, entered)`,
		},
		Handlers: []readmodel.Handler{readmodel.On(onPlace), readmodel.On(onIndicator)},
	}
}

func onPlace(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *auditv1.PlaceNamed) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO `+places+` (place_id, entered, kind, title, division, note, source)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (place_id) DO UPDATE SET note = excluded.note, source = excluded.source`,
		fact.ID, int64(fact.Position), e.GetKind(), e.GetTitle(), e.GetDivision(), e.GetNote(), e.GetSource())
	return err
}

func onIndicator(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *auditv1.IndicatorRecorded) error {
	target := 0
	if e.GetTarget() {
		target = 1
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO `+indicators+` (indicator_id, entered, table_name, row_key, title_zh, title_en,
		group_name, kind, unit, period, value, target, source) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT (indicator_id) DO UPDATE SET title_zh = excluded.title_zh, title_en = excluded.title_en,
		group_name = excluded.group_name, kind = excluded.kind, unit = excluded.unit, value = excluded.value, source = excluded.source`,
		fact.ID, int64(fact.Position), e.GetTable(), e.GetKey(), e.GetTitle().GetZh(), e.GetTitle().GetEn(),
		e.GetGroup(), e.GetKind(), e.GetUnit(), e.GetPeriod(), e.GetValue(), target, e.GetSource())
	return err
}

// Queries ask the view. They are safe for concurrent use.
type Queries struct{ DB *readmodel.DB }

// Places lists places of a kind, or all for "".
func (q Queries) Places(ctx context.Context, kind string) (found []*auditv1.Place, err error) {
	rows, err := q.DB.Query(ctx, `SELECT place_id, kind, title, division, note, source FROM `+places+`
		WHERE $1 = '' OR kind = $1 ORDER BY entered`, kind)
	if err != nil {
		return nil, fmt.Errorf("list places: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		p := &auditv1.Place{}
		if err := rows.Scan(&p.PlaceId, &p.Kind, &p.Title, &p.Division, &p.Note, &p.Source); err != nil {
			return nil, fmt.Errorf("list places: %w", err)
		}
		found = append(found, p)
	}
	return found, rows.Err()
}

// Indicators lists a table, or all tables for "".
func (q Queries) Indicators(ctx context.Context, table string) (found []*auditv1.Indicator, err error) {
	rows, err := q.DB.Query(ctx, `SELECT indicator_id, table_name, row_key, title_zh, title_en, group_name, kind, unit, period, value, target, source
		FROM `+indicators+` WHERE $1 = '' OR table_name = $1 ORDER BY table_name, entered`, table)
	if err != nil {
		return nil, fmt.Errorf("list indicators: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		i := &auditv1.Indicator{Title: &commonv1.Text{}}
		var target int
		err := rows.Scan(&i.IndicatorId, &i.Table, &i.Key, &i.Title.Zh, &i.Title.En, &i.Group, &i.Kind, &i.Unit, &i.Period, &i.Value, &target, &i.Source)
		if err != nil {
			return nil, fmt.Errorf("list indicators: %w", err)
		}
		i.Target = target == 1
		found = append(found, i)
	}
	return found, rows.Err()
}
