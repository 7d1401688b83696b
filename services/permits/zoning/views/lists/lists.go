// Package lists is the read model of zoning: the editions of control units,
// the plan-EIA register of parks, and the projects that were screened, so that
// a new edition can tell what it would judge otherwise.
//
// It imports the contracts and internal/readmodel. Start with [Projection],
// then [Queries].
package lists

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"shiyang/internal/readmodel"
	permitsv1 "shiyang/proto/permits/v1"
)

// Name of the view, for waiting readers.
const Name = "zoning_lists"

const (
	editions = "zoning_editions_v1"
	parks    = "zoning_parks_v1"
	projects = "zoning_projects_v1"
)

// Projection is the view.
func Projection() readmodel.Projection {
	return readmodel.Projection{
		Name: Name, Version: 1, Tables: []string{editions, parks, projects},
		Schema: []string{
			`CREATE TABLE ` + editions + ` (edition_id TEXT NOT NULL PRIMARY KEY, valid_from TEXT NOT NULL, loaded BIGINT NOT NULL, withdrawn INTEGER NOT NULL, body TEXT NOT NULL)`,
			`CREATE TABLE ` + parks + ` (park_id TEXT NOT NULL PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL)`,
			`CREATE TABLE ` + projects + ` (eia_id TEXT NOT NULL PRIMARY KEY, builder TEXT NOT NULL, project_name TEXT NOT NULL, division TEXT NOT NULL, project TEXT NOT NULL, screening TEXT NOT NULL)`,
		},
		Handlers: []readmodel.Handler{
			readmodel.On(onLoaded), readmodel.On(onWithdrawn), readmodel.On(onPark), readmodel.On(onOpened),
			readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.EiaSubmitted) error {
				return filed(ctx, tx, f, e.GetProject(), e.GetScreening())
			}),
			readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.EiaResubmitted) error {
				return filed(ctx, tx, f, e.GetProject(), e.GetScreening())
			}),
			readmodel.On(func(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.EiaRegistrationFiled) error {
				return filed(ctx, tx, f, e.GetProject(), e.GetScreening())
			}),
			readmodel.On(onScreened),
		},
	}
}

func onLoaded(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.ControlEditionLoaded) error {
	body, err := write(&permitsv1.ControlEdition{
		EditionId: f.ID, Title: e.GetTitle(), Version: e.GetVersion(), ValidFrom: e.GetValidFrom(), Sha256: e.GetSha256(),
		Source: e.GetSource(), Units: e.GetUnits(), Example: e.GetExample(),
	})
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO `+editions+` (edition_id, valid_from, loaded, withdrawn, body) VALUES ($1, $2, $3, 0, $4)`,
		f.ID, e.GetValidFrom().GetIso(), int64(f.Position), body)
	return err
}

func onWithdrawn(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, _ *permitsv1.ControlEditionWithdrawn) error {
	_, err := tx.ExecContext(ctx, `UPDATE `+editions+` SET withdrawn = 1 WHERE edition_id = $1`, f.ID)
	return err
}

func onPark(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.ParkRecorded) error {
	body, err := write(e.GetPark())
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO `+parks+` (park_id, title, body) VALUES ($1, $2, $3)
		ON CONFLICT (park_id) DO UPDATE SET title = excluded.title, body = excluded.body`, f.ID, e.GetPark().GetTitle(), body)
	return err
}

func onOpened(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.EiaOpened) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO `+projects+` (eia_id, builder, project_name, division, project, screening) VALUES ($1, $2, '', $3, '', '')`,
		f.ID, e.GetBuilder(), e.GetDivision())
	return err
}

// filed keeps what a screening needs of a project: no persons, no papers.
func filed(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, p *permitsv1.EiaProject, s *permitsv1.Screening) error {
	var division string
	if err := tx.QueryRowContext(ctx, `SELECT division FROM `+projects+` WHERE eia_id = $1`, f.ID).Scan(&division); err != nil {
		return fmt.Errorf("%s of a file that was not opened: %w", f.Type, err)
	}
	project, err := write(&permitsv1.ScreenProjectRequest{
		Division: division, Location: p.GetLocation(), Industry: p.GetIndustry(), ParkId: p.GetParkId(), Words: Words(p),
	})
	if err != nil {
		return err
	}
	screening, err := write(s)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE `+projects+` SET project_name = $2, project = $3, screening = $4 WHERE eia_id = $1`, f.ID, p.GetProjectName(), project, screening)
	return err
}

// Words are the words of a project that rows are compared with.
func Words(p *permitsv1.EiaProject) []string {
	return append(append([]string{p.GetWorks()}, p.GetProcesses()...), p.GetPollutants()...)
}

func onScreened(ctx context.Context, tx readmodel.Tx, f readmodel.Fact, e *permitsv1.EiaScreened) error {
	screening, err := write(e.GetScreening())
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE `+projects+` SET screening = $2 WHERE eia_id = $1`, f.ID, screening)
	return err
}

// write is a message as a column keeps it, the same bytes at every replay; ""
// for none.
func write(m proto.Message) (string, error) {
	if !m.ProtoReflect().IsValid() {
		return "", nil
	}
	body, err := protojson.Marshal(m)
	if err != nil {
		return "", err
	}
	var compact bytes.Buffer // protojson varies its spaces on purpose
	if err := json.Compact(&compact, body); err != nil {
		return "", err
	}
	return compact.String(), nil
}
