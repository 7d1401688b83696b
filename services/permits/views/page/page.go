// Package page holds what the lists of this service share: cursors for keyset
// pagination, conditions with numbered placeholders, and the choice between
// two ways to search. It imports internal/readmodel and internal/problem.
//
// Start with [Where]; [Where.Search] chooses how words are looked for.
//
// A list never counts or skips rows: a page begins after the last row of the
// page before, found by an index, so page 2,000 costs what page 1 costs.
package page

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"shiyang/internal/problem"
)

// Cursor is where a page ended: the value of the order's column and the id.
type Cursor struct {
	Order string `json:"o,omitempty"`
	Value string `json:"v"`
	ID    string `json:"i"`
}

// String writes the cursor for a client, who does not look inside.
func (c Cursor) String() string {
	raw, err := json.Marshal(c)
	if err != nil {
		return "" // three strings cannot fail
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Parse reads a cursor that was made for the given order; empty text is no
// cursor. A cursor of another list or order is a wrong field "after".
func Parse(text, order string) (Cursor, error) {
	var c Cursor
	if text == "" {
		return c, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	if err != nil || c.ID == "" || c.Order != order {
		var fields problem.Fields
		fields.Add("after", text, "CURSOR_INVALID",
			"翻页位置无效，请从第一页重新查询。", "The cursor belongs to another list. Start again from the first page.")
		return Cursor{}, fields.Err()
	}
	return c, nil
}

// Size is how many rows a page holds: 50 unless asked, 200 at most.
func Size(asked int32) int {
	if asked <= 0 {
		return 50
	}
	return min(int(asked), 200)
}

// Where collects conditions and their arguments.
type Where struct {
	conditions []string
	args       []any
}

// Add adds a condition in which every ? becomes the next placeholder.
func (w *Where) Add(condition string, args ...any) {
	for _, a := range args {
		w.args = append(w.args, a)
		condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(w.args)), 1)
	}
	w.conditions = append(w.conditions, condition)
}

// Visible keeps rows of the given counties or enterprises; with neither, and
// not all, it keeps none.
func (w *Where) Visible(all bool, counties, firms []string) {
	if all {
		return
	}
	var either []string
	var args []any
	for column, values := range map[string][]string{"division": counties, "enterprise_id": firms} {
		if len(values) == 0 {
			continue
		}
		either = append(either, column+" IN (?"+strings.Repeat(", ?", len(values)-1)+")")
		for _, v := range values {
			args = append(args, v)
		}
	}
	if len(either) == 0 {
		w.conditions = append(w.conditions, "1 = 0")
		return
	}
	w.Add("("+strings.Join(either, " OR ")+")", args...)
}

// After begins the page behind a cursor. The order is the column and then the
// id, both ascending or both descending.
func (w *Where) After(c Cursor, column, id string, descending bool) {
	if c.ID == "" {
		return
	}
	sign := ">"
	if descending {
		sign = "<"
	}
	w.Add(fmt.Sprintf("(%s, %s) %s (?, ?)", column, id, sign), c.Value, c.ID)
}

// String is the whole WHERE clause, empty without conditions.
func (w *Where) String() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.conditions, " AND ")
}

// Args are the arguments in the order of their placeholders.
func (w *Where) Args() []any { return w.args }
