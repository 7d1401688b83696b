// Package register is the public register of discharge permits 排污许可证公开
// (Order 32 Art. 8): permits in force with their limits, and nothing else. What
// the public may know stands in one list of columns; a draft, an applicant or
// a person never gets there.
//
// It imports the contracts and internal/readmodel. Start with [Projection].
package register

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"

	"shiyang/internal/problem"
	"shiyang/internal/readmodel"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/views/page"
)

// Name of the view, for waiting readers.
const Name = "permit_register"

const (
	entries = "permit_register_v1"
	units   = "permit_register_unit_v1" // of open applications, until they are granted
	search  = "permit_register_search_v1"
)

// Projection is the view.
func Projection() readmodel.Projection {
	return readmodel.Projection{
		Name: Name, Version: 1, Tables: []string{entries, units}, Search: []string{search},
		Schema: []string{
			`CREATE TABLE ` + units + ` (permit_id TEXT NOT NULL PRIMARY KEY, unit_name TEXT NOT NULL, uscc TEXT NOT NULL,
				site_address TEXT NOT NULL, division TEXT NOT NULL, example INTEGER NOT NULL)`,
			`CREATE TABLE ` + entries + ` (permit_id TEXT NOT NULL PRIMARY KEY, permit_number TEXT NOT NULL UNIQUE,
				unit_name TEXT NOT NULL, uscc TEXT NOT NULL, site_address TEXT NOT NULL, division TEXT NOT NULL,
				industry TEXT NOT NULL, class INTEGER NOT NULL, valid_from TEXT NOT NULL, valid_to TEXT NOT NULL,
				issuing_org TEXT NOT NULL, document_number TEXT NOT NULL, decided TEXT NOT NULL, example INTEGER NOT NULL,
				body TEXT NOT NULL)`,
			`CREATE INDEX permit_register_v1_decided ON ` + entries + ` (decided, permit_id)`,
			`CREATE INDEX permit_register_v1_division ON ` + entries + ` (division, decided, permit_id)`,
		},
		Handlers: []readmodel.Handler{
			readmodel.On(onOpened), readmodel.On(onIssued), readmodel.On(onRefused), readmodel.On(onWithdrawn),
			readmodel.On(onNotRequired), readmodel.On(onOutside),
		},
	}
}

func onOpened(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.PermitApplicationOpened) error {
	example := 0
	if e.GetExample() {
		example = 1
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO `+units+` (permit_id, unit_name, uscc, site_address, division, example)
		VALUES ($1, $2, $3, $4, $5, $6)`, fact.ID, e.GetUnitName(), e.GetUscc(), e.GetSiteAddress(), e.GetDivision(), example)
	return err
}

func onIssued(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, e *permitsv1.PermitIssued) error {
	var name, uscc string
	err := tx.QueryRowContext(ctx, `SELECT unit_name, uscc FROM `+units+` WHERE permit_id = $1`, fact.ID).Scan(&name, &uscc)
	if err != nil {
		return err
	}
	// Of the content only outlets and limits are public (Decree 736 Art. 13).
	raw, err := protojson.Marshal(&permitsv1.RegisterEntry{Outlets: e.GetContent().GetOutlets(), Limits: e.GetContent().GetLimits()})
	var body bytes.Buffer
	if err == nil {
		err = json.Compact(&body, raw) // protojson varies its white space on purpose
	}
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO `+entries+` (permit_id, permit_number, unit_name, uscc, site_address, division, industry,
		class, valid_from, valid_to, issuing_org, document_number, decided, example, body)
		SELECT permit_id, $2, unit_name, uscc, site_address, division, $3, $4, $5, $6, $7, $8, $9, example, $10
		FROM `+units+` WHERE permit_id = $1`, fact.ID, e.GetPermitNumber(), e.GetContent().GetIndustry(),
		int32(e.GetContent().GetManagementClass()), e.GetValidFrom().GetIso(), e.GetValidTo().GetIso(),
		e.GetIssuingOrg(), e.GetDocumentNumber(), e.GetDecided().GetIso(), body.String())
	if err == nil {
		err = readmodel.PutSearch(ctx, tx, search, fact.ID, name, uscc, e.GetPermitNumber())
	}
	if err != nil {
		return err
	}
	return forget(ctx, tx, fact)
}

func onRefused(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, _ *permitsv1.PermitRefused) error {
	return forget(ctx, tx, fact)
}

func onWithdrawn(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, _ *permitsv1.PermitApplicationWithdrawn) error {
	return forget(ctx, tx, fact)
}

func onNotRequired(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, _ *permitsv1.PermitFoundNotRequired) error {
	return forget(ctx, tx, fact)
}

func onOutside(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact, _ *permitsv1.PermitFoundOutsideAuthority) error {
	return forget(ctx, tx, fact)
}

func forget(ctx context.Context, tx readmodel.Tx, fact readmodel.Fact) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM `+units+` WHERE permit_id = $1`, fact.ID)
	return err
}

// Queries ask the view. They are safe for concurrent use.
type Queries struct{ DB *readmodel.DB }

const columns = `permit_id, permit_number, unit_name, uscc, site_address, division, industry, class,
	valid_from, valid_to, issuing_org, document_number, decided, example`

// Find returns one page of entries without outlets and limits, newest first,
// the cursor of the next page, and how many match in all.
func (q Queries) Find(ctx context.Context, query, division string, size int32, after string) (found []*permitsv1.RegisterEntry, next string, total int64, err error) {
	cursor, err := page.Parse(after, "decided")
	if err != nil {
		return nil, "", 0, err
	}
	var where page.Where
	if division != "" {
		where.Add("division = ?", division)
	}
	limit := page.Size(size)
	err = where.Search(ctx, q.DB, page.Search{
		Query: query, List: entries, ID: "permit_id", Words: page.Body(search, "permit_id"), Table: search,
		Order: "decided DESC, permit_id DESC", Size: limit,
	})
	if err != nil {
		return nil, "", 0, err
	}
	if err := q.DB.QueryRow(ctx, `SELECT count(*) FROM `+entries+where.String(), where.Args()...).Scan(&total); err != nil {
		return nil, "", 0, fmt.Errorf("count register: %w", err)
	}
	where.After(cursor, "decided", "permit_id", true)
	rows, err := q.DB.Query(ctx, fmt.Sprintf(`SELECT %s FROM %s%s ORDER BY decided DESC, permit_id DESC LIMIT %d`,
		columns, entries, where.String(), limit+1), where.Args()...)
	if err != nil {
		return nil, "", 0, fmt.Errorf("search register: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		entry, err := scan(rows)
		if err != nil {
			return nil, "", 0, fmt.Errorf("search register: %w", err)
		}
		found = append(found, entry)
	}
	if len(found) > limit {
		found = found[:limit]
		last := found[limit-1]
		next = page.Cursor{Order: "decided", Value: last.GetDecided().GetIso(), ID: last.GetPermitId()}.String()
	}
	return found, next, total, rows.Err()
}

// Entry returns one whole entry, or problem.ErrNotFound.
func (q Queries) Entry(ctx context.Context, permitNumber string) (*permitsv1.RegisterEntry, error) {
	var body string
	row := q.DB.QueryRow(ctx, `SELECT `+columns+`, body FROM `+entries+` WHERE permit_number = $1`, permitNumber)
	entry, err := scan(row, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, problem.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read register: %w", err)
	}
	var content permitsv1.RegisterEntry
	if err := protojson.Unmarshal([]byte(body), &content); err != nil {
		return nil, fmt.Errorf("read register: %w", err)
	}
	entry.Outlets, entry.Limits = content.GetOutlets(), content.GetLimits()
	return entry, nil
}

type scanner interface{ Scan(into ...any) error }

func scan(row scanner, more ...any) (*permitsv1.RegisterEntry, error) {
	e := &permitsv1.RegisterEntry{ValidFrom: &commonv1.Date{}, ValidTo: &commonv1.Date{}, Decided: &commonv1.Date{}}
	var class, example int32
	err := row.Scan(append([]any{
		&e.PermitId, &e.PermitNumber, &e.UnitName, &e.Uscc, &e.SiteAddress, &e.Division, &e.Industry, &class,
		&e.ValidFrom.Iso, &e.ValidTo.Iso, &e.IssuingOrg, &e.DocumentNumber, &e.Decided.Iso, &example,
	}, more...)...)
	if err != nil {
		return nil, err
	}
	e.ManagementClass, e.Example = permitsv1.ManagementClass(class), example == 1
	return e, nil
}
