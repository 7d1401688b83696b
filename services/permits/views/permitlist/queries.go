package permitlist

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"shiyang/internal/readmodel"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/views/page"
)

// Row is one permit or application.
type Row struct {
	PermitID, FacilityID, EnterpriseID string
	Number, UnitName, USCC, Division   string
	Industry, ValidFrom, ValidTo       string
	Example                            bool
	RecordedAt                         time.Time
	Facts                              Facts
	Next                               Next
}

// Queries ask the view. They are safe for concurrent use.
type Queries struct{ DB *readmodel.DB }

// Filter narrows a list. The zero value of a field leaves it open, but for the
// visibility, which sees nothing unless it says so.
type Filter struct {
	All             bool
	Counties, Firms []string
	Query           string
	Division        string
	Status          permitsv1.PermitStatus
	Class           permitsv1.ManagementClass
	Order           string // "due", "unit_name", "valid_to"; else recorded, newest first
	Size            int32
	After           string
}

const columns = `permit_id, facility_id, enterprise_id, permit_number, unit_name, uscc, division, industry,
	valid_from, valid_to, example, recorded_at, facts, act, audience, rule, due, overdue_after, suspended, law_version`

// List returns one page and the cursor of the next, empty at the end.
func (q Queries) List(ctx context.Context, f Filter) (rows []Row, next string, err error) {
	column, descending := "recorded_at", true
	switch f.Order {
	case "due", "unit_name", "valid_to":
		column, descending = f.Order, false
	}
	cursor, err := page.Parse(f.After, column)
	if err != nil {
		return nil, "", err
	}
	var where page.Where
	where.Visible(f.All, f.Counties, f.Firms)
	if f.Division != "" {
		where.Add("division = ?", f.Division)
	}
	if f.Status != 0 {
		where.Add("status = ?", int32(f.Status))
	}
	if f.Class != 0 {
		where.Add("class = ?", int32(f.Class))
	}
	size := page.Size(f.Size)
	err = where.Search(ctx, q.DB, page.Search{
		Query: f.Query, List: table, ID: "permit_id", Words: "words", Covered: true, Table: search, Order: order(column, descending), Size: size,
	})
	if err != nil {
		return nil, "", err
	}
	where.After(cursor, column, "permit_id", descending)
	return q.page(ctx, &where, column, descending, size)
}

// Work is what one audience has to do, by the next due day.
type Work struct {
	Audience        string // role, or "applicant"
	Alarms          bool   // what the decider has to know at once, whoever acts next
	All             bool
	Counties, Firms []string
	Actor           string // whose own earlier posts bar him
	Size            int32
	After           string
}

func (w Work) where() page.Where {
	var where page.Where
	mine, args := "audience = ?", []any{w.Audience}
	if w.Actor != "" {
		mine, args = mine+" AND barred NOT LIKE ?", append(args, "%|"+w.Actor+"|%")
	}
	if w.Alarms {
		mine = "(" + mine + " OR alarm = 1)"
	}
	where.Add(mine, args...)
	where.Visible(w.All, w.Counties, w.Firms)
	return where
}

// Work returns one page of a worklist and the cursor of the next.
func (q Queries) Work(ctx context.Context, w Work) (rows []Row, next string, err error) {
	cursor, err := page.Parse(w.After, "due")
	if err != nil {
		return nil, "", err
	}
	where := w.where()
	where.After(cursor, "due", "permit_id", false)
	return q.page(ctx, &where, "due", false, page.Size(w.Size))
}

// CountWork counts a worklist and how much of it is overdue on a day.
func (q Queries) CountWork(ctx context.Context, w Work, today string) (total, overdue int32, err error) {
	where := w.where()
	args := append([]any{}, where.Args()...)
	late := fmt.Sprintf("$%d", len(args)+1)
	err = q.DB.QueryRow(ctx, `SELECT count(*), coalesce(sum(CASE WHEN overdue_after <> '' AND overdue_after < `+late+` THEN 1 ELSE 0 END), 0)
		FROM `+table+where.String(), append(args, today)...).Scan(&total, &overdue)
	if err != nil {
		return 0, 0, fmt.Errorf("count worklist: %w", err)
	}
	return total, overdue, nil
}

// Silent lists applications that wait for the agency's first word and whose
// time is over on a day, or whose day was computed under another law version.
func (q Queries) Silent(ctx context.Context, today, lawVersion string) ([]string, error) {
	return q.ids(ctx, "look for silence", `SELECT permit_id FROM `+table+` WHERE stage = $1 AND (overdue_after < $2 OR law_version <> $3)
		ORDER BY due, permit_id LIMIT 1000`, int32(permitsv1.PermitStatus_PERMIT_STATUS_SUBMITTED), today, lawVersion)
}

func (q Queries) ids(ctx context.Context, what, query string, args ...any) ([]string, error) {
	rows, err := q.DB.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	defer func() { _ = rows.Close() }()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// order is a list's order: a column, and the id where it is the same.
func order(column string, descending bool) string {
	if descending {
		return column + " DESC, permit_id DESC"
	}
	return column + ", permit_id"
}

func (q Queries) page(ctx context.Context, where *page.Where, column string, descending bool, size int) ([]Row, string, error) {
	query := fmt.Sprintf(`SELECT %s FROM %s%s ORDER BY %s LIMIT %d`, columns, table, where, order(column, descending), size+1)
	found, err := q.DB.Query(ctx, query, where.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list permits: %w", err)
	}
	defer func() { _ = found.Close() }()
	var rows []Row
	for found.Next() {
		r, err := scan(found)
		if err != nil {
			return nil, "", fmt.Errorf("list permits: %w", err)
		}
		rows = append(rows, r)
	}
	if err := found.Err(); err != nil {
		return nil, "", fmt.Errorf("list permits: %w", err)
	}
	if len(rows) <= size {
		return rows, "", nil
	}
	rows = rows[:size]
	return rows, page.Cursor{Order: column, Value: rows[size-1].value(column), ID: rows[size-1].PermitID}.String(), nil
}

// value is the row's place in an order, as the database compares it.
func (r Row) value(column string) string {
	switch column {
	case "due":
		return orNever(r.Next.Due)
	case "unit_name":
		return r.UnitName
	case "valid_to":
		return orNever(r.ValidTo)
	}
	return r.RecordedAt.Format(stampLayout)
}

func orNever(day string) string {
	if day == "" {
		return never
	}
	return day
}

func orNone(day string) string {
	if day == never {
		return ""
	}
	return day
}

func scan(rows *sql.Rows) (Row, error) {
	var r Row
	var recorded, facts string
	var example, suspended int
	err := rows.Scan(&r.PermitID, &r.FacilityID, &r.EnterpriseID, &r.Number, &r.UnitName, &r.USCC, &r.Division, &r.Industry,
		&r.ValidFrom, &r.ValidTo, &example, &recorded, &facts, &r.Next.Act, &r.Next.Audience, &r.Next.Rule, &r.Next.Due,
		&r.Next.OverdueAfter, &suspended, &r.Next.LawVersion)
	if err != nil {
		return Row{}, err
	}
	r.Example, r.Next.Suspended = example == 1, suspended == 1
	r.ValidTo, r.Next.Due, r.RecordedAt = orNone(r.ValidTo), orNone(r.Next.Due), parseStamp(recorded)
	if err := json.Unmarshal([]byte(facts), &r.Facts); err != nil {
		return Row{}, fmt.Errorf("facts of a row: %w", err)
	}
	return r, nil
}
