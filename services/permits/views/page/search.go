package page

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"shiyang/internal/readmodel"
)

// Search is a search for words in a list.
type Search struct {
	Query string // as people type it
	List  string // table of the list
	ID    string // column that the search table calls key
	Words string // expression for the text of a row
	Table string // search table
	Order string // of the page: "due, permit_id"
	Size  int    // of the page

	// Covered says that the indexes of the orders hold the text, so that a walk
	// passes over a row without looking it up.
	Covered bool
}

// Body is the expression for the text of a row that only the search table has.
func Body(table, id string) string {
	return `coalesce((SELECT lower(s.body) FROM ` + table + ` s WHERE s.key = ` + id + `), '')`
}

// sampled is how many rows, in the order of the page, are looked at to learn
// how rare the words are.
const sampled = 200

// worth is how many rows of a walk cost as much as one hit of the index of
// words.
func (s Search) worth() int {
	if s.Covered {
		return 12
	}
	return 3
}

// Search keeps rows whose text holds every term of a query. Call it after the
// other conditions and before [Where.After].
//
// Rows can be walked in the order of the page until it is full, which is quick
// for common words, or be looked up in the index of words, which is quick for
// rare ones. The first rows of the page's order tell which. Only the rarest
// pairs of characters are looked up; the text of a hit decides.
func (w *Where) Search(ctx context.Context, db *readmodel.DB, s Search) error {
	terms := readmodel.Terms(s.Query)
	if len(terms) == 0 {
		return nil
	}
	texts, err := s.sample(ctx, db, w)
	if err != nil {
		return fmt.Errorf("search %s: %w", s.Table, err)
	}
	if len(texts) == sampled {
		joint, rare, rarest := judge(texts, terms)
		all, err := s.rows(ctx, db)
		if err != nil {
			return fmt.Errorf("search %s: %w", s.Table, err)
		}
		if joint == 0 || s.Size*sampled/joint > s.worth()*all*rarest/sampled {
			match, value, _ := readmodel.MatchQuery(db.Engine(), s.Table, strings.Join(rare, " "), len(w.args)+1)
			w.args = append(w.args, value)
			w.conditions = append(w.conditions, s.ID+" IN ("+match+")")
		}
	}
	for _, term := range terms {
		w.Add(s.holds(db.Engine()), term)
	}
	return nil
}

// sample returns the texts of the first rows of the page's order.
func (s Search) sample(ctx context.Context, db *readmodel.DB, w *Where) (texts []string, err error) {
	rows, err := db.Query(ctx, fmt.Sprintf(`SELECT %s FROM %s%s ORDER BY %s LIMIT %d`, s.Words, s.List, w, s.Order, sampled), w.args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, rows.Err()
}

// rows is about how many rows the list has.
func (s Search) rows(ctx context.Context, db *readmodel.DB) (n int, err error) {
	query := `SELECT doc FROM ` + s.Table + ` ORDER BY doc DESC LIMIT 1`
	if db.Engine() == readmodel.Postgres {
		query = `SELECT greatest(reltuples, 0)::bigint FROM pg_class WHERE oid = '` + s.Table + `'::regclass`
	}
	err = db.QueryRow(ctx, query).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return n, err
}

// lookedUp is how many pairs of characters are looked up at most.
const lookedUp = 3

// judge tells in how many texts all terms stand, which of their pairs of
// characters stand in the fewest, and in how many the rarest of these does.
func judge(texts, terms []string) (joint int, rare []string, rarest int) {
	in := map[string]int{}
	for _, term := range terms {
		for _, gram := range pairs(term) {
			in[gram] = 0
		}
	}
	for _, text := range texts {
		all := true
		for _, term := range terms {
			all = all && strings.Contains(text, term)
		}
		if all {
			joint++
		}
		for gram := range in {
			if strings.Contains(text, gram) {
				in[gram]++
			}
		}
	}
	for gram := range in {
		rare = append(rare, gram)
	}
	slices.SortFunc(rare, func(a, b string) int { return cmp.Or(cmp.Compare(in[a], in[b]), cmp.Compare(a, b)) })
	rare = rare[:min(len(rare), lookedUp)]
	for len(rare) > 1 && in[rare[len(rare)-1]] > len(texts)/4 {
		rare = rare[:len(rare)-1] // common pairs only cost
	}
	return joint, rare, in[rare[0]]
}

// pairs are the pairs of neighbouring characters of a term, or the term itself
// if it has one character.
func pairs(term string) []string {
	r := []rune(term)
	if len(r) == 1 {
		return []string{term}
	}
	out := make([]string, len(r)-1)
	for i := range out {
		out[i] = string(r[i : i+2])
	}
	return out
}

// holds is the condition that a row's text holds a term.
func (s Search) holds(engine string) string {
	if engine == readmodel.Postgres {
		return `strpos(` + s.Words + `, ?) > 0`
	}
	return `instr(` + s.Words + `, ?) > 0`
}
