package form

import (
	"iter"
	"net/url"
	"strings"

	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
)

// Filled is a form with what was typed and what is wrong with it.
type Filled struct {
	Form     Form
	Values   url.Values
	Errors   []problem.Field
	Warnings []problem.Field

	index *index
}

// index finds fields by paths; it is made once for a page, because a form may
// have thousands of fields and as many problems.
type index struct {
	exact            map[string]bool
	first            map[string]string // part of a path → first field inside of it
	errors, warnings map[string][]words.Text
}

// Indexed returns the form with its index made anew; what draws many fields
// calls it first.
func (f Filled) Indexed() Filled {
	x := &index{exact: map[string]bool{}, first: map[string]string{}}
	f.Form.Each(f.shown(), func(path string, _ int, _ Field) {
		x.exact[path] = true
		for part := range parts(path) {
			if _, ok := x.first[part]; !ok {
				x.first[part] = path
			}
		}
	})
	f.index = x
	x.errors, x.warnings = f.sort(f.Errors), f.sort(f.Warnings)
	return f
}

func (f Filled) sort(problems []problem.Field) map[string][]words.Text {
	sorted := map[string][]words.Text{}
	for _, p := range problems {
		if place := f.Place(p.Path); place != "" {
			sorted[place] = append(sorted[place], words.Text(p.Text))
		}
	}
	return sorted
}

// parts yields what a path lies in, the longest first: of "a.b[2].c" first
// "a.b[2]", then "a.b", then "a".
func parts(path string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for {
			i := strings.LastIndexAny(path, ".[")
			if i < 0 || !yield(path[:i]) {
				return
			}
			path = path[:i]
		}
	}
}

// Place finds the field on the page that a problem's path belongs to: the
// field itself, or the nearest one that is on the page when the path is of a
// list, a message or a part that the form does not show; empty if none is.
func (f Filled) Place(path string) string {
	if f.index == nil {
		f = f.Indexed()
	}
	if f.index.exact[path] {
		return path
	}
	for part := range parts(path) {
		if f.index.exact[part] {
			return part
		}
	}
	return f.index.first[path]
}

// ErrorsAt are the sentences that belong to one field of the page.
func (f Filled) ErrorsAt(path string) []words.Text {
	if f.index == nil {
		f = f.Indexed()
	}
	return f.index.errors[path]
}

// WarningsAt are the doubts that belong to one field of the page.
func (f Filled) WarningsAt(path string) []words.Text {
	if f.index == nil {
		f = f.Indexed()
	}
	return f.index.warnings[path]
}

// RowCount is the number of rows to draw.
func (f Filled) RowCount(r *Rows) int { return max(r.Count(f.Values), r.Least) }

// RowFields are the fields of one row with their full paths.
func (f Filled) RowFields(r *Rows, index int) []Field {
	fields := make([]Field, len(r.Fields))
	for i, field := range r.Fields {
		field.Path = r.name(index, field.Path)
		fields[i] = field
	}
	return fields
}

// shown are the values together with the rows that are drawn empty.
func (f Filled) shown() url.Values {
	values := url.Values{}
	for name := range f.Values {
		values[name] = nil
	}
	for _, s := range f.Form {
		if s.Rows != nil && s.Rows.Least > 0 {
			values[s.Rows.name(s.Rows.Least-1, s.Rows.Fields[0].Path)] = nil
		}
	}
	return values
}
