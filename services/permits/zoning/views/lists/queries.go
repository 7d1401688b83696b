package lists

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"shiyang/internal/readmodel"
	permitsv1 "shiyang/proto/permits/v1"
)

// Queries ask the view. They are safe for concurrent use.
type Queries struct{ DB *readmodel.DB }

// Editions are all editions, the one with the latest first day first; the one
// that holds on a day is marked.
func (q Queries) Editions(ctx context.Context, today string) ([]*permitsv1.ControlEdition, error) {
	current, err := q.Current(ctx, today)
	if err != nil {
		return nil, err
	}
	rows, err := q.DB.Query(ctx, `SELECT body, withdrawn FROM `+editions+` ORDER BY valid_from DESC, loaded DESC`)
	if err != nil {
		return nil, fmt.Errorf("list editions: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []*permitsv1.ControlEdition
	for rows.Next() {
		var body string
		var withdrawn int
		if err := rows.Scan(&body, &withdrawn); err != nil {
			return nil, fmt.Errorf("list editions: %w", err)
		}
		e := &permitsv1.ControlEdition{}
		if err := read(body, e); err != nil {
			return nil, err
		}
		e.Withdrawn, e.Current = withdrawn == 1, e.GetEditionId() == current
		list = append(list, e)
	}
	return list, rows.Err()
}

// Current is the edition that holds on a day: the latest first day that is not
// later, of those not taken back; of two, the one that was loaded later. "" when
// none does.
func (q Queries) Current(ctx context.Context, today string) (id string, err error) {
	err = q.DB.QueryRow(ctx, `SELECT edition_id FROM `+editions+` WHERE withdrawn = 0 AND valid_from <= $1 ORDER BY valid_from DESC, loaded DESC LIMIT 1`, today).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("edition in force: %w", err)
	}
	return id, nil
}

// Parks is the plan-EIA register by name.
func (q Queries) Parks(ctx context.Context) ([]*permitsv1.ParkRow, error) {
	rows, err := q.DB.Query(ctx, `SELECT park_id, body FROM `+parks+` ORDER BY title, park_id`)
	if err != nil {
		return nil, fmt.Errorf("list parks: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []*permitsv1.ParkRow
	for rows.Next() {
		var id, body string
		if err := rows.Scan(&id, &body); err != nil {
			return nil, fmt.Errorf("list parks: %w", err)
		}
		row := &permitsv1.ParkRow{ParkId: id, Park: &permitsv1.Park{}}
		if err := read(body, row.GetPark()); err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, rows.Err()
}

// Screened is a project with its latest screening.
type Screened struct {
	EiaID, ProjectName, Builder string
	Project                     *permitsv1.ScreenProjectRequest
	Screening                   *permitsv1.Screening // nil when no list was loaded
}

// Screened returns the next filed projects by id, after the given one (empty:
// from the first); fewer than size are the last.
func (q Queries) Screened(ctx context.Context, after string, size int) ([]Screened, error) {
	rows, err := q.DB.Query(ctx, `SELECT eia_id, project_name, builder, project, screening FROM `+projects+` WHERE project <> '' AND eia_id > $1 ORDER BY eia_id LIMIT $2`, after, size)
	if err != nil {
		return nil, fmt.Errorf("screened projects: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var list []Screened
	for rows.Next() {
		s := Screened{Project: &permitsv1.ScreenProjectRequest{}}
		var project, screening string
		if err := rows.Scan(&s.EiaID, &s.ProjectName, &s.Builder, &project, &screening); err != nil {
			return nil, fmt.Errorf("screened projects: %w", err)
		}
		if err := read(project, s.Project); err != nil {
			return nil, err
		}
		if screening != "" {
			s.Screening = &permitsv1.Screening{}
			if err := read(screening, s.Screening); err != nil {
				return nil, err
			}
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

func read(body string, into proto.Message) error {
	if err := protojson.Unmarshal([]byte(body), into); err != nil {
		return fmt.Errorf("row of zoning: %w", err)
	}
	return nil
}
