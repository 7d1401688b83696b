package register

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"

	"shiyang/internal/problem"
	"shiyang/internal/readmodel"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/views/page"
)

// Queries ask the view. They are safe for concurrent use.
type Queries struct{ DB *readmodel.DB }

// Filter narrows a search; empty fields match everything.
type Filter struct {
	Query, Kind, Division string
	State                 string // "in_force", "ended"
	Size                  int32
	After                 string
}

// Search returns one page of entries without their content, the latest
// decision first, the cursor of the next page, and how many match in all.
func (q Queries) Search(ctx context.Context, f Filter) (found []*permitsv1.PublicEntry, next string, total int64, err error) {
	cursor, err := page.Parse(f.After, "decided")
	if err != nil {
		return nil, "", 0, err
	}
	var where page.Where
	for _, c := range [][2]string{{"kind = ?", f.Kind}, {"division = ?", f.Division}} {
		if c[1] != "" {
			where.Add(c[0], c[1])
		}
	}
	if f.State != "" {
		inForce := 0
		if f.State == "in_force" {
			inForce = 1
		}
		where.Add("in_force = ?", inForce)
	}
	size := page.Size(f.Size)
	err = where.Search(ctx, q.DB, page.Search{
		Query: f.Query, List: entries, ID: "key", Words: page.Body(search, entries+".key"), Table: search,
		Order: "decided DESC, key DESC", Size: size,
	})
	if err != nil {
		return nil, "", 0, err
	}
	if err := q.DB.QueryRow(ctx, `SELECT count(*) FROM `+entries+where.String(), where.Args()...).Scan(&total); err != nil {
		return nil, "", 0, fmt.Errorf("count register: %w", err)
	}
	where.After(cursor, "decided", "key", true)
	rows, err := q.DB.Query(ctx, fmt.Sprintf(`SELECT head FROM %s%s ORDER BY decided DESC, key DESC LIMIT %d`,
		entries, where.String(), size+1), where.Args()...)
	if err != nil {
		return nil, "", 0, fmt.Errorf("search register: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var head string
		if err := rows.Scan(&head); err != nil {
			return nil, "", 0, fmt.Errorf("search register: %w", err)
		}
		e, err := read(head, "")
		if err != nil {
			return nil, "", 0, err
		}
		found = append(found, e)
	}
	if len(found) > size {
		found = found[:size]
		last := found[size-1]
		next = page.Cursor{Order: "decided", Value: last.GetDecided().GetIso(), ID: keyOf(last.GetKind(), last.GetId())}.String()
	}
	return found, next, total, rows.Err()
}

// Get returns an entry by its number, or by its id while it has none, with its
// content and its versions, the latest first. version 0 is the entry as it is;
// another is as it was published with that version. What is not there is
// problem.ErrNotFound.
func (q Queries) Get(ctx context.Context, kind, number string, version int32) (*permitsv1.PublicEntry, []*permitsv1.EntryVersion, error) {
	var key string
	row := q.DB.QueryRow(ctx, `SELECT key FROM `+entries+` WHERE key = $3 OR (kind = $1 AND number = $2)`,
		kind, number, keyOf(kind, number))
	if err := row.Scan(&key); errors.Is(err, sql.ErrNoRows) {
		return nil, nil, problem.ErrNotFound
	} else if err != nil {
		return nil, nil, fmt.Errorf("read register: %w", err)
	}
	list, err := q.versions(ctx, key)
	if err != nil {
		return nil, nil, err
	}
	statement, args := `SELECT head, content FROM `+changes+` WHERE key = $1 ORDER BY sequence DESC LIMIT 1`, []any{key}
	if version != 0 {
		statement = `SELECT head, content FROM ` + changes + ` WHERE key = $1 AND version = $2 ORDER BY sequence LIMIT 1`
		args = append(args, version)
	}
	var head, content string
	if err := q.DB.QueryRow(ctx, statement, args...).Scan(&head, &content); errors.Is(err, sql.ErrNoRows) || err == nil && head == "" {
		return nil, nil, problem.ErrNotFound
	} else if err != nil {
		return nil, nil, fmt.Errorf("read register: %w", err)
	}
	entry, err := read(head, content)
	return entry, list, err
}

func (q Queries) versions(ctx context.Context, key string) (list []*permitsv1.EntryVersion, err error) {
	rows, err := q.DB.Query(ctx, `SELECT body FROM `+versions+` WHERE key = $1 ORDER BY version DESC`, key)
	if err != nil {
		return nil, fmt.Errorf("versions of an entry: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var body string
		if err := rows.Scan(&body); err != nil {
			return nil, fmt.Errorf("versions of an entry: %w", err)
		}
		v := &permitsv1.EntryVersion{}
		if err := protojson.Unmarshal([]byte(body), v); err != nil {
			return nil, fmt.Errorf("versions of an entry: %w", err)
		}
		list = append(list, v)
	}
	return list, rows.Err()
}

// read puts an entry together; content may be empty.
func read(head, content string) (*permitsv1.PublicEntry, error) {
	e := &permitsv1.PublicEntry{}
	if err := protojson.Unmarshal([]byte(head), e); err != nil {
		return nil, fmt.Errorf("read register: %w", err)
	}
	if content == "" {
		return e, nil
	}
	e.Content = &structpb.Struct{}
	if err := e.GetContent().UnmarshalJSON([]byte(content)); err != nil {
		return nil, fmt.Errorf("read register: %w", err)
	}
	return e, nil
}
