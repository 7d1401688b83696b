package readmodel

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Search in Chinese text has no words to go by, and terms of two characters
// are common. The index therefore holds bigrams: every pair of neighbouring
// characters, and the last character of a run alone, so that a prefix search
// finds single characters too. A term is a phrase of its bigrams.

// Bigrams returns the bigrams of text separated by spaces: "石羊河 A1" gives
// "石羊 羊河 河 a1 1". Letters are folded to lower case, full-width forms to
// half-width; anything but letters and digits separates runs.
func Bigrams(text string) string {
	var b strings.Builder
	for _, run := range runs(text) {
		for i, g := range grams(run) {
			if b.Len() > 0 && i == 0 {
				b.WriteByte(' ')
			}
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(g)
		}
	}
	return b.String()
}

// Fold writes text as searches compare it: letters in lower case, full-width
// forms in half width.
func Fold(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0xFF01 && r <= 0xFF5E {
			r -= 0xFEE0
		}
		return unicode.ToLower(r)
	}, text)
}

// Terms are the runs of folded letters and digits of a text: what a search for
// it looks for, each anywhere.
func Terms(text string) []string { return runs(text) }

// runs splits text into its runs of folded letters and digits.
func runs(text string) []string {
	return strings.FieldsFunc(Fold(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}

// grams returns the pairs of a run and its last character.
func grams(run string) []string {
	r := []rune(run)
	out := make([]string, 0, len(r))
	for i := range r {
		out = append(out, string(r[i:min(i+2, len(r))]))
	}
	return out
}

// SearchTable returns the statements that make a search table. It maps a key
// (the id of a row in another table) to text; [PutSearch] fills it and
// [MatchQuery] asks it. SQLite keeps the bigrams in a contentless FTS5 index,
// PostgreSQL in a tsvector under GIN.
func SearchTable(engine, name string) []string {
	if engine == Postgres {
		return []string{
			`CREATE TABLE ` + name + ` (key TEXT NOT NULL PRIMARY KEY, body TEXT NOT NULL, grams TSVECTOR NOT NULL)`,
			`CREATE INDEX ` + name + `_grams ON ` + name + ` USING GIN (grams)`,
		}
	}
	return []string{
		`CREATE TABLE ` + name + ` (doc INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, body TEXT NOT NULL)`,
		`CREATE VIRTUAL TABLE ` + name + `_fts USING fts5(grams, content='', contentless_delete=1, tokenize='ascii')`,
	}
}

// searchTables names every table that SearchTable makes, to be dropped later.
func searchTables(engine string, names []string) []string {
	var all []string
	for _, n := range names {
		all = append(all, n)
		if engine == SQLite {
			all = append(all, n+"_fts")
		}
	}
	return all
}

// PutSearch makes key findable by texts, in place of what it was findable by
// before. Without any text it removes the key.
func PutSearch(ctx context.Context, tx Tx, table, key string, texts ...string) error {
	body := strings.TrimSpace(strings.Join(texts, "\n"))
	var err error
	if engineOf(tx) == Postgres {
		err = putSearchPostgres(ctx, tx, table, key, body)
	} else {
		err = putSearchSQLite(ctx, tx, table, key, body)
	}
	if err != nil {
		return fmt.Errorf("index in %s: %w", table, err)
	}
	return nil
}

func putSearchPostgres(ctx context.Context, tx Tx, table, key, body string) error {
	if body == "" {
		_, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE key = $1`, key)
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO `+table+` (key, body, grams) VALUES ($1, $2, $3::text::tsvector)
		ON CONFLICT (key) DO UPDATE SET body = excluded.body, grams = excluded.grams`, key, body, tsvector(body))
	return err
}

func putSearchSQLite(ctx context.Context, tx Tx, table, key, body string) error {
	var doc int64
	if body != "" { // most keys are new
		err := tx.QueryRowContext(ctx, `INSERT INTO `+table+` (key, body) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING RETURNING doc`,
			key, body).Scan(&doc)
		if err == nil {
			_, err = tx.ExecContext(ctx, `INSERT INTO `+table+`_fts (rowid, grams) VALUES ($1, $2)`, doc, Bigrams(body))
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	var before string
	err := tx.QueryRowContext(ctx, `SELECT doc, body FROM `+table+` WHERE key = $1`, key).Scan(&doc, &before)
	switch {
	case errors.Is(err, sql.ErrNoRows) || err == nil && before == body:
		return nil
	case err != nil:
		return err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+`_fts WHERE rowid = $1`, doc); err != nil {
		return err
	}
	if body == "" {
		_, err = tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE doc = $1`, doc)
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE `+table+` SET body = $1 WHERE doc = $2`, body, doc); err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO `+table+`_fts (rowid, grams) VALUES ($1, $2)`, doc, Bigrams(body))
	return err
}

// tsvector writes bigrams with their places. A gap between runs keeps a phrase
// from reaching over a separator; places end at 16,383, so does the index.
func tsvector(body string) string {
	var b strings.Builder
	place := 1
	for _, run := range runs(body) {
		for _, g := range grams(run) {
			b.WriteString(`'` + g + `':` + strconv.Itoa(min(place, 16383)) + ` `)
			place++
		}
	}
	return b.String()
}

// MatchQuery returns a query for the keys whose text holds every term of text,
// and its argument for placeholder $arg. Use it as "id IN (" + query + ")". A
// term is a run of letters and digits and is found anywhere, from one
// character on. ok is false when text holds no term: leave the condition out.
func MatchQuery(engine, table, text string, arg int) (query, value string, ok bool) {
	var terms []string
	for _, run := range runs(text) {
		terms = append(terms, term(engine, run))
	}
	if len(terms) == 0 {
		return "", "", false
	}
	if engine == Postgres {
		return fmt.Sprintf(`SELECT key FROM %s WHERE grams @@ $%d::text::tsquery`, table, arg), strings.Join(terms, " & "), true
	}
	return fmt.Sprintf(`SELECT d.key FROM %[1]s_fts JOIN %[1]s d ON d.doc = %[1]s_fts.rowid WHERE %[1]s_fts MATCH $%[2]d`,
		table, arg), strings.Join(terms, " AND "), true
}

// term writes one run as a phrase. The run's last character stands alone only
// at the end of a text, so a phrase leaves it out.
func term(engine, run string) string {
	if utf8.RuneCountInString(run) == 1 {
		if engine == Postgres {
			return `'` + run + `':*`
		}
		return `"` + run + `"*`
	}
	pairs := grams(run)
	pairs = pairs[:len(pairs)-1]
	if engine == Postgres {
		for i, p := range pairs {
			pairs[i] = `'` + p + `'`
		}
		return `(` + strings.Join(pairs, " <-> ") + `)`
	}
	return `"` + strings.Join(pairs, " ") + `"`
}
