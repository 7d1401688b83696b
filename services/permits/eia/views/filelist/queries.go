package filelist

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"shiyang/internal/readmodel"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/views/page"
)

// Row is one file.
type Row struct {
	ID, ProjectName, Builder, Division, Number string
	Document                                   permitsv1.EiaDocument
	Verdict                                    permitsv1.ScreeningVerdict
	Example                                    bool
	RecordedAt                                 time.Time
	Facts                                      string
	due                                        string
}

// Queries ask the view. They are safe for concurrent use.
type Queries struct{ DB *readmodel.DB }

// Sees is whose rows a reader sees; the zero value sees none.
type Sees struct {
	All             bool
	Counties, Firms []string
}

// Filter narrows a list. The zero value of a field leaves it open.
type Filter struct {
	Sees
	Query, Division string
	Status          permitsv1.EiaStatus
	Document        permitsv1.EiaDocument
	Order           string // "due"; else recorded, newest first
	Size            int32
	After           string
}

// List returns one page and the cursor of the next, empty at the end.
func (q Queries) List(ctx context.Context, f Filter) (rows []Row, next string, err error) {
	column, descending := "recorded_at", true
	if f.Order == "due" {
		column, descending = "due", false
	}
	var where page.Where
	where.Visible(f.All, f.Counties, f.Firms)
	if f.Division != "" {
		where.Add("division = ?", f.Division)
	}
	if f.Status != 0 {
		where.Add("status = ?", int32(f.Status))
	}
	if f.Document != 0 {
		where.Add("document = ?", int32(f.Document))
	}
	if f.Query != "" {
		where.Add("words LIKE ?", "%"+readmodel.Fold(f.Query)+"%")
	}
	return q.page(ctx, &where, column, descending, f.Size, f.After)
}

// Work is what one audience has to do, by the next due day.
type Work struct {
	Sees
	Audience string // role, or "applicant"
	Actor    string // whose own earlier posts bar him
	Size     int32
	After    string
}

func (w Work) where() page.Where {
	var where page.Where
	where.Add("audience = ?", w.Audience)
	where.Visible(w.All, w.Counties, w.Firms)
	if w.Actor != "" {
		where.Add(`barred NOT LIKE ?`, "%|"+w.Actor+"|%")
	}
	return where
}

// Work returns one page of a worklist and the cursor of the next.
func (q Queries) Work(ctx context.Context, w Work) (rows []Row, next string, err error) {
	where := w.where()
	return q.page(ctx, &where, "due", false, w.Size, w.After)
}

// CountWork counts a worklist and how much of it is overdue on a day.
func (q Queries) CountWork(ctx context.Context, w Work, today string) (total, overdue int32, err error) {
	where := w.where()
	late := fmt.Sprintf("$%d", len(where.Args())+1)
	err = q.DB.QueryRow(ctx, `SELECT count(*), coalesce(sum(CASE WHEN overdue_after <> '' AND overdue_after < `+late+` THEN 1 ELSE 0 END), 0)
		FROM `+table+where.String(), append(append([]any{}, where.Args()...), today)...).Scan(&total, &overdue)
	if err != nil {
		return 0, 0, fmt.Errorf("count EIA work: %w", err)
	}
	return total, overdue, nil
}

// Silent lists files that wait for the agency's first word and whose time is
// over on a day, or whose day was computed under another law version.
func (q Queries) Silent(ctx context.Context, today, lawVersion string) ([]string, error) {
	return q.ids(ctx, `SELECT eia_id FROM `+table+` WHERE status = $1 AND (overdue_after < $2 OR law_version <> $3)
		ORDER BY due, eia_id LIMIT 1000`, int32(permitsv1.EiaStatus_EIA_STATUS_SUBMITTED), today, lawVersion)
}

// Broken lists files whose promised day has passed with items missing.
func (q Queries) Broken(ctx context.Context, today string) ([]string, error) {
	return q.ids(ctx, `SELECT eia_id FROM `+table+` WHERE promise_due < $1 ORDER BY promise_due, eia_id LIMIT 1000`, today)
}

func (q Queries) ids(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := q.DB.Query(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("look for due EIA files: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var ids []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("look for due EIA files: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// Open is a file for which somebody has to act, as far as its clocks need it.
type Open struct{ ID, Facts string }

// Open returns the next open files by id, after the given one (empty: from the
// first); fewer than size are the last.
func (q Queries) Open(ctx context.Context, after string, size int) ([]Open, error) {
	rows, err := q.DB.Query(ctx, `SELECT eia_id, facts FROM `+table+` WHERE act <> '' AND eia_id > $1 ORDER BY eia_id LIMIT $2`, after, size)
	if err != nil {
		return nil, fmt.Errorf("open EIA files: %w", err)
	}
	return scanOpen(rows)
}

func scanOpen(rows *sql.Rows) (open []Open, err error) {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var o Open
		if err := rows.Scan(&o.ID, &o.Facts); err != nil {
			return nil, err
		}
		open = append(open, o)
	}
	return open, rows.Err()
}

func (q Queries) page(ctx context.Context, where *page.Where, column string, descending bool, asked int32, after string) ([]Row, string, error) {
	cursor, err := page.Parse(after, column)
	if err != nil {
		return nil, "", err
	}
	where.After(cursor, column, "eia_id", descending)
	order := column + ", eia_id"
	if descending {
		order = column + " DESC, eia_id DESC"
	}
	size := page.Size(asked)
	found, err := q.DB.Query(ctx, fmt.Sprintf(`SELECT eia_id, project_name, builder, division, number, document, verdict, example, recorded_at, facts, due
		FROM %s%s ORDER BY %s LIMIT %d`, table, where, order, size+1), where.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list EIA files: %w", err)
	}
	defer func() { _ = found.Close() }()
	var rows []Row
	for found.Next() {
		var r Row
		var recorded string
		var example int
		if err := found.Scan(&r.ID, &r.ProjectName, &r.Builder, &r.Division, &r.Number, &r.Document, &r.Verdict, &example, &recorded, &r.Facts, &r.due); err != nil {
			return nil, "", fmt.Errorf("list EIA files: %w", err)
		}
		r.Example = example == 1
		if r.RecordedAt, err = time.Parse(stampLayout, recorded); err != nil {
			return nil, "", fmt.Errorf("list EIA files: %w", err)
		}
		rows = append(rows, r)
	}
	if err := found.Err(); err != nil || len(rows) <= size {
		return rows, "", err
	}
	rows = rows[:size]
	last := rows[size-1]
	value := last.due
	if descending {
		value = last.RecordedAt.Format(stampLayout)
	}
	return rows, page.Cursor{Order: column, Value: value, ID: last.ID}.String(), nil
}

// Notice is one notice to the public with what it says of its file.
type Notice struct {
	EiaID, From, Last, URL, ProjectName, Builder, Consultancy, SiteAddress, Division, Number string
	Kind                                                                                     permitsv1.EiaNoticeKind
	Document                                                                                 permitsv1.EiaDocument
	Status                                                                                   permitsv1.EiaStatus
	Example                                                                                  bool
}

// noticeID tells notices of one day apart.
const noticeID = "n.eia_id || '#' || n.kind"

// Notices returns one page of notices, newest first, and the cursor of the
// next. A notice shows the file as it stands now.
func (q Queries) Notices(ctx context.Context, kind permitsv1.EiaNoticeKind, division string, asked int32, after string) ([]Notice, string, error) {
	cursor, err := page.Parse(after, "from_day")
	if err != nil {
		return nil, "", err
	}
	var where page.Where
	if kind != 0 {
		where.Add("n.kind = ?", int32(kind))
	}
	if division != "" {
		where.Add("f.division = ?", division)
	}
	if cursor.ID != "" {
		where.Add("(n.from_day, "+noticeID+") < (?, ?)", cursor.Value, cursor.ID)
	}
	size := page.Size(asked)
	found, err := q.DB.Query(ctx, fmt.Sprintf(`SELECT n.eia_id, n.kind, n.from_day, n.last_day, n.url, f.project_name, f.builder, f.consultancy,
		f.site_address, f.division, f.number, f.document, f.status, f.example
		FROM %s n JOIN %s f ON f.eia_id = n.eia_id%s ORDER BY n.from_day DESC, %s DESC LIMIT %d`, notices, table, &where, noticeID, size+1), where.Args()...)
	if err != nil {
		return nil, "", fmt.Errorf("list EIA notices: %w", err)
	}
	defer func() { _ = found.Close() }()
	var out []Notice
	for found.Next() {
		var n Notice
		var example int
		if err := found.Scan(&n.EiaID, &n.Kind, &n.From, &n.Last, &n.URL, &n.ProjectName, &n.Builder, &n.Consultancy, &n.SiteAddress, &n.Division,
			&n.Number, &n.Document, &n.Status, &example); err != nil {
			return nil, "", fmt.Errorf("list EIA notices: %w", err)
		}
		n.Example = example == 1
		out = append(out, n)
	}
	if err := found.Err(); err != nil || len(out) <= size {
		return out, "", err
	}
	out = out[:size]
	return out, page.Cursor{Order: "from_day", Value: out[size-1].From, ID: fmt.Sprint(out[size-1].EiaID, "#", int32(out[size-1].Kind))}.String(), nil
}
