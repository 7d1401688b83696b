package component

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"shiyang/gateway/web/form"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
)

// Task is a form page that ends in one command.
type Task struct {
	Crumbs  []Crumb
	Title   words.Text
	Lead    words.Text
	Button  words.Text
	Risky   bool // the act cannot be taken back
	Action  string
	Back    string
	Filled  form.Filled
	Command string // id of the command, made when the form was drawn
	Seen    uint64 // revision that the form was drawn from
	Refusal *problem.Error
	Since   []Event // what others did meanwhile
	Extra   bool    // a file can be sent
}

// FieldID is the id of an input: its path without brackets.
func FieldID(path string) string {
	return "f-" + strings.NewReplacer("[", "-", "]", "", ".", "-").Replace(path)
}

// described joins hint and error for a screen reader.
func described(f form.Field, errors, warnings []words.Text) string {
	var ids []string
	if !f.Hint.IsZero() {
		ids = append(ids, FieldID(f.Path)+"-h")
	}
	if len(errors) > 0 {
		ids = append(ids, FieldID(f.Path)+"-e")
	}
	if len(warnings) > 0 {
		ids = append(ids, FieldID(f.Path)+"-w")
	}
	return strings.Join(ids, " ")
}

func fieldLabel(ctx context.Context, f form.Field) string {
	if f.Optional {
		return f.Label.In(ctx) + words.OptionalMark.In(ctx)
	}
	return f.Label.In(ctx)
}

func inputClass(f form.Field) string {
	if f.Short {
		return "in w-m"
	}
	return "in"
}

func limit(f form.Field) string {
	if f.Max > 0 {
		return strconv.Itoa(f.Max)
	}
	return "500"
}

// target is where a link of the error summary leads.
func target(f form.Filled, p problem.Field) string {
	if place := f.Place(p.Path); place != "" {
		return "#" + FieldID(place)
	}
	return "#form"
}

// refusal reports whether a refusal says more than its fields do.
func refusal(t Task) bool {
	return t.Refusal != nil && (t.Refusal.Kind != problem.Invalid || len(t.Filled.Errors) == 0)
}

func uploaded(f form.Filled, path string) bool { return f.Values.Get(path+".sha256") != "" }

func uploadedSize(f form.Filled, path string) string {
	n, err := strconv.ParseInt(f.Values.Get(path+".size"), 10, 64)
	if err != nil {
		return ""
	}
	return words.Size(n)
}

func chosen(f form.Filled, path, value string) bool {
	for _, v := range f.Values[path] {
		if v == value {
			return true
		}
	}
	return false
}

var rowNumber = regexp.MustCompile(`\[[0-9]+\]`)

// listID is the id of a field's suggestions, the same in every row.
func listID(path string) string { return FieldID(rowNumber.ReplaceAllString(path, "")) + "-l" }
