package readmodel

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// compare lists where a live table and the shadow's disagree. Both have their
// primary key as an index, so the engine joins without sorting.
func (s *shadow) compare(ctx context.Context, conn Tx, table string, result *CheckResult) error {
	columns, key, err := s.columns(ctx, conn, table)
	if err != nil {
		return err
	}
	if slices.Contains(s.member.Search, table) {
		columns, key = []string{"key", "body"}, []string{"key"}
	}
	c := comparison{shadow: s, table: table, key: key, result: result}
	c.live, c.replayed = s.names(table)
	var rows int64
	if err := conn.QueryRowContext(ctx, `SELECT count(*) FROM `+c.replayed).Scan(&rows); err != nil {
		return err
	}
	result.Rows += rows
	if err := c.lonely(ctx, conn, c.replayed, c.live, "missing"); err != nil {
		return err
	}
	if err := c.lonely(ctx, conn, c.live, c.replayed, "extra"); err != nil {
		return err
	}
	for _, col := range columns {
		if slices.Contains(key, col) {
			continue
		}
		if err := c.changed(ctx, conn, col); err != nil {
			return err
		}
	}
	return nil
}

type comparison struct {
	*shadow
	table, live, replayed string
	key                   []string
	result                *CheckResult
}

// room is how many differences may still be listed, and one to see that there
// are more.
func (c *comparison) room() int { return listedDifferences - len(c.result.Differences) + 1 }

func (c *comparison) add(d Difference) {
	if len(c.result.Differences) == listedDifferences {
		c.result.More = true
		return
	}
	d.Table = c.table
	c.result.Differences = append(c.result.Differences, d)
}

func (c *comparison) on() string {
	terms := make([]string, len(c.key))
	for i, k := range c.key {
		terms[i] = "a." + k + " = b." + k
	}
	return strings.Join(terms, " AND ")
}

// keyText is an expression for the key of row a, without personal values.
func (c *comparison) keyText() string {
	terms := make([]string, len(c.key))
	for i, k := range c.key {
		terms[i] = "CAST(a." + k + " AS TEXT)"
		if c.personal(k) {
			terms[i] = "'…'"
		}
	}
	return strings.Join(terms, " || '/' || ")
}

func (c *comparison) personal(column string) bool {
	return slices.Contains(c.member.Personal, c.table+"."+column)
}

// lonely lists rows of one table that the other lacks.
func (c *comparison) lonely(ctx context.Context, conn Tx, one, other, kind string) error {
	query := fmt.Sprintf(`SELECT %s FROM %s a LEFT JOIN %s b ON %s WHERE b.%s IS NULL ORDER BY 1 LIMIT %d`,
		c.keyText(), one, other, c.on(), c.key[0], c.room())
	return each(ctx, conn, query, 1, func(v []string) { c.add(Difference{Key: v[0], Kind: kind}) })
}

// changed lists rows in which one column differs.
func (c *comparison) changed(ctx context.Context, conn Tx, column string) error {
	value := func(row string) string {
		if c.personal(column) {
			return "''"
		}
		return "coalesce(substr(CAST(" + row + "." + column + " AS TEXT), 1, 100), 'NULL')"
	}
	query := fmt.Sprintf(`SELECT %s, %s, %s FROM %s a JOIN %s b ON %s WHERE a.%s IS DISTINCT FROM b.%s ORDER BY 1 LIMIT %d`,
		c.keyText(), value("a"), value("b"), c.live, c.replayed, c.on(), column, column, c.room())
	return each(ctx, conn, query, 3, func(v []string) {
		c.add(Difference{Key: v[0], Column: column, Live: v[1], Replay: v[2], Kind: "changed"})
	})
}

func each(ctx context.Context, conn Tx, query string, columns int, f func([]string)) error {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	values, places := make([]string, columns), make([]any, columns)
	for i := range values {
		places[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return err
		}
		f(values)
	}
	return rows.Err()
}
