package register

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	permitsv1 "shiyang/proto/permits/v1"
)

const mostChanges = 500

// Changes returns the changes behind a position in their order, about size of
// them (0: 100): those of one position stay together, so that the position of
// the last is where to go on. more tells that there are further ones.
func (q Queries) Changes(ctx context.Context, since uint64, kind string, size int32) (list []*permitsv1.RegisterChange, more bool, err error) {
	limit := 100
	if size > 0 {
		limit = min(int(size), mostChanges)
	}
	narrow, args := "", []any{int64(min(since, 1<<63-1))}
	if kind != "" {
		narrow, args = " AND kind = $2", append(args, kind)
	}
	// The position at which this page is cut.
	var last sql.NullInt64
	err = q.DB.QueryRow(ctx, fmt.Sprintf(`SELECT max(position) FROM (SELECT position FROM %s WHERE position > $1%s
		ORDER BY position, sequence LIMIT %d) p`, changes, narrow, limit), args...).Scan(&last)
	if err != nil {
		return nil, false, fmt.Errorf("changes of the register: %w", err)
	}
	if !last.Valid {
		return nil, false, nil
	}
	rows, err := q.DB.Query(ctx, fmt.Sprintf(`SELECT sequence, position, recorded_at, change, kind, id, head, content FROM %s
		WHERE position > $1%s AND position <= %d ORDER BY position, sequence`, changes, narrow, last.Int64), args...)
	if err != nil {
		return nil, false, fmt.Errorf("changes of the register: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		c, err := change(rows)
		if err != nil {
			return nil, false, err
		}
		list = append(list, c)
	}
	if err := rows.Err(); err != nil {
		return nil, false, fmt.Errorf("changes of the register: %w", err)
	}
	var behind int
	args[0] = last.Int64
	err = q.DB.QueryRow(ctx, `SELECT count(*) FROM (SELECT 1 FROM `+changes+` WHERE position > $1`+narrow+` LIMIT 1) b`, args...).Scan(&behind)
	if err != nil {
		return nil, false, fmt.Errorf("changes of the register: %w", err)
	}
	return list, behind > 0, nil
}

func change(rows *sql.Rows) (*permitsv1.RegisterChange, error) {
	var c permitsv1.RegisterChange
	var at, head, content string
	if err := rows.Scan(&c.Sequence, &c.Position, &at, &c.Change, &c.Kind, &c.Id, &head, &content); err != nil {
		return nil, fmt.Errorf("change of the register: %w", err)
	}
	recorded, err := time.Parse(stampLayout, at)
	if err != nil {
		return nil, fmt.Errorf("change of the register: %w", err)
	}
	c.RecordedAt = timestamppb.New(recorded)
	if head != "" {
		if c.Entry, err = read(head, content); err != nil {
			return nil, err
		}
	}
	return &c, nil
}

// Head is the position of the last change at or before a position (0: of all),
// and when it was recorded; zero if nothing was published by then.
func (q Queries) Head(ctx context.Context, at uint64) (position uint64, recorded time.Time, err error) {
	statement, args := `SELECT position, recorded_at FROM `+changes, []any{}
	if at > 0 {
		statement, args = statement+` WHERE position <= $1`, append(args, int64(min(at, 1<<63-1)))
	}
	var stamp string
	err = q.DB.QueryRow(ctx, statement+` ORDER BY position DESC, sequence DESC LIMIT 1`, args...).Scan(&position, &stamp)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, time.Time{}, nil
	}
	if err == nil {
		recorded, err = time.Parse(stampLayout, stamp)
	}
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("head of the register: %w", err)
	}
	return position, recorded, nil
}

const exportPage = 500

// Export yields every entry of a kind, whole or without its content, as it
// stood at a position, in the order of ids. It holds one page of entries at a time, and
// no connection while it yields: changes after the position do not show, and
// what was withdrawn since is left out.
func (q Queries) Export(ctx context.Context, kind string, at uint64, whole bool, yield func(*permitsv1.PublicEntry) error) error {
	for after, more := "", true; more; {
		var list []*permitsv1.PublicEntry
		var err error
		if list, after, more, err = q.page(ctx, kind, at, whole, after); err != nil {
			return fmt.Errorf("export the register: %w", err)
		}
		for _, e := range list {
			if err := yield(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// page reads the entries of one page behind a key.
func (q Queries) page(ctx context.Context, kind string, at uint64, whole bool, after string) (list []*permitsv1.PublicEntry, last string, more bool, err error) {
	content := `''`
	if whole {
		content = `coalesce(c.content, '')`
	}
	rows, err := q.DB.Query(ctx, fmt.Sprintf(`SELECT e.key, coalesce(c.head, ''), %[4]s FROM
		(SELECT key FROM %[1]s WHERE kind = $1 AND key > $2 ORDER BY key LIMIT %[3]d) e
		LEFT JOIN %[2]s c ON c.sequence = (SELECT max(x.sequence) FROM %[2]s x WHERE x.key = e.key AND x.position <= $3)
		ORDER BY e.key`, entries, changes, exportPage, content), kind, after, int64(min(at, 1<<63-1)))
	if err != nil {
		return nil, "", false, err
	}
	defer func() { _ = rows.Close() }()
	n := 0
	for ; rows.Next(); n++ {
		var head, content string
		if err := rows.Scan(&last, &head, &content); err != nil {
			return nil, "", false, err
		}
		if head == "" {
			continue // not yet published then
		}
		e, err := read(head, content)
		if err != nil {
			return nil, "", false, err
		}
		list = append(list, e)
	}
	return list, last, n == exportPage, rows.Err()
}
