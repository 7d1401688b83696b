// Package form describes the forms of the pages and carries what a person
// typed to a contract message and back.
//
// The name of every field is its JSON path in the request
// ("content.limits[2].concentration"), so that what a service says about a
// path stands beside the right field without any table between them. A form
// is data: sections of fields and of rows; it is drawn by package component.
//
// It may import contracts, problem and words. Start with [Form], then
// [Form.Decode] and [Form.Encode], then [Filled].
package form

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"shiyang/gateway/web/words"
)

// Kind is how a field is asked for.
type Kind int

// The kinds of fields.
const (
	Line   Kind = iota // one line of text
	Area               // several lines of text
	Day                // a legal day
	Choice             // one of a list, closed
	Pick               // one of few, all shown
	Tick               // yes or no
	Ticks              // any of few
	Secret             // a password: never filled in again
	Whole              // a whole number
	Scaled             // a decimal that the contract keeps as a whole number of a smaller unit
	File               // a file that was uploaded before the command
	Kept               // a value that travels with the form, not shown
)

// Option is one answer of a Choice, Pick or Ticks.
type Option struct {
	Value string
	Label words.Text
}

// Options makes options of named codes.
func Options(list []words.Named) []Option {
	options := make([]Option, len(list))
	for i, n := range list {
		options[i] = Option{Value: n.Code, Label: n.Text}
	}
	return options
}

// Field is one question of a form.
type Field struct {
	Path     string // JSON path in the request; in rows relative to the row
	Kind     Kind
	Label    words.Text
	Hint     words.Text
	Options  []Option
	Unit     words.Text // beside Whole and Scaled
	Scale    int        // Scaled: decimal places between what is typed and what is kept
	Max      int        // most characters; 0: no limit in the page
	Auto     string     // autocomplete
	Optional bool
	Short    bool   // a narrow field
	Attach   string // File: kind of the attachment
}

// Rows is a table of equal things that can be added to and taken from.
type Rows struct {
	Path   string     // JSON path of the list
	Item   words.Text // heading of one row: "第 %d 个"
	Add    words.Text // button
	Fields []Field
	Least  int // rows that are always shown
}

// Section is a part of a form under one heading.
type Section struct {
	Title  words.Text
	Hint   words.Text
	Fields []Field
	Rows   *Rows
}

// Form is a list of sections.
type Form []Section

// ChangeField is the name of the buttons that add or remove a row; pressing
// one redraws the page and sends no command.
const ChangeField = "change"

// Count tells how many rows the values have.
func (r *Rows) Count(values url.Values) int {
	count := 0
	for name := range values {
		if i, _, ok := r.split(name); ok {
			count = max(count, i+1)
		}
	}
	return min(count, mostRows)
}

// mostRows bounds what one form can ask a page to draw; it is the most that
// any list of the contracts may hold, so that no form cuts a record short.
const mostRows = 1000

func (r *Rows) split(name string) (index int, rest string, ok bool) {
	tail, ok := strings.CutPrefix(name, r.Path+"[")
	if !ok {
		return 0, "", false
	}
	digits, rest, ok := strings.Cut(tail, "]")
	if !ok || len(digits) == 0 || len(digits) > 4 {
		return 0, "", false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, "", false
		}
		index = index*10 + int(c-'0')
	}
	return index, strings.TrimPrefix(rest, "."), index < mostRows
}

func (r *Rows) name(index int, field string) string {
	return fmt.Sprintf("%s[%d].%s", r.Path, index, field)
}

// Change carries out the button that was pressed ("add:content.outlets",
// "remove:content.outlets[2]") and reports whether one was.
func (f Form) Change(values url.Values) bool {
	verb, target, ok := strings.Cut(values.Get(ChangeField), ":")
	values.Del(ChangeField)
	if !ok {
		return false
	}
	for _, s := range f {
		r := s.Rows
		if r == nil {
			continue
		}
		if verb == "add" && target == r.Path {
			if n := r.Count(values); n < mostRows {
				values.Set(r.name(max(n, r.Least), r.Fields[0].Path), "")
			}
			return true
		}
		if i, _, ok := r.split(target); ok && verb == "remove" {
			r.renumber(values, func(index int, _ bool) bool { return index != i })
			return true
		}
	}
	return false
}

// Tidy drops rows in which nothing was written, so that an empty last row is
// no mistake and the paths of problems fit the rows on the page.
func (f Form) Tidy(values url.Values) {
	for _, s := range f {
		if s.Rows != nil {
			s.Rows.renumber(values, func(_ int, written bool) bool { return written })
		}
	}
}

func (r *Rows) renumber(values url.Values, keep func(index int, written bool) bool) {
	rows := make([]url.Values, r.Count(values))
	for name, value := range values {
		i, rest, ok := r.split(name)
		if !ok {
			continue
		}
		if rows[i] == nil {
			rows[i] = url.Values{}
		}
		rows[i][rest] = value
		delete(values, name)
	}
	next := 0
	for i, row := range rows {
		written := false
		for _, value := range row {
			written = written || strings.TrimSpace(strings.Join(value, "")) != ""
		}
		if !keep(i, written) {
			continue
		}
		for rest, value := range row {
			values[r.name(next, rest)] = value
		}
		next++
	}
}

// Each calls visit for every field with its full path and, for a field of a
// row, the number of the row from 0 (−1 otherwise).
func (f Form) Each(values url.Values, visit func(path string, row int, field Field)) {
	for _, s := range f {
		for _, field := range s.Fields {
			visit(field.Path, -1, field)
		}
		if s.Rows == nil {
			continue
		}
		for i := range s.Rows.Count(values) {
			for _, field := range s.Rows.Fields {
				visit(s.Rows.name(i, field.Path), i, field)
			}
		}
	}
}

// Knows reports whether a name belongs to the form: a field, a part of an
// uploaded file, a field of a row, or the button that changes rows.
func (f Form) Knows(name string) bool {
	if name == ChangeField {
		return true
	}
	for _, s := range f {
		for _, field := range s.Fields {
			rest, ok := strings.CutPrefix(name, field.Path)
			if ok && (rest == "" || field.Kind == File && slices.Contains(attachmentParts, strings.TrimPrefix(rest, "."))) {
				return true
			}
		}
		if s.Rows == nil {
			continue
		}
		if _, rest, ok := s.Rows.split(name); ok && slices.ContainsFunc(s.Rows.Fields, func(x Field) bool { return x.Path == rest }) {
			return true
		}
	}
	return false
}
