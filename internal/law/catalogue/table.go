// Package catalogue holds the row types of the bureau's lists of law data and
// reads them from the bytes of their files: the hazardous waste list, the permit
// and EIA classifications, pollutants, divisions, HJ 212 tables, penalties,
// document types and code lists.
//
// Each list has one parser, for example [ParseWaste]. A parser checks every row
// and names the line and column of the first fault, so that a later edition
// made by hand can be corrected. Rows are values; nothing changes after parsing.
// Which edition holds on which day is for the parent package to say.
//
// The package imports the sibling calendar (for dates), the standard library and
// a YAML reader.
package catalogue

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"shiyang/internal/law/calendar"
)

// Confidence says how a row of law data was established.
type Confidence string

// The confidence marks.
const (
	Verified Confidence = "V" // read in the source
	Known    Confidence = "K" // from memory
	Unsure   Confidence = "U" // to be configured
)

// Check reports an unknown mark.
func (c Confidence) Check() error {
	switch c {
	case Verified, Known, Unsure:
		return nil
	}
	return fmt.Errorf("confidence %q is not V, K or U", string(c))
}

// Reference points at an article of a legal basis.
type Reference struct {
	Law     string `yaml:"law"`     // id of a basis: "decree-736"
	Article string `yaml:"article"` // "12", "36(1)(2)", "7.2.1", or "" for the whole text
}

// Origin is where a row comes from and how sure it is.
type Origin struct {
	Source     string     `yaml:"source"`
	Confidence Confidence `yaml:"confidence"`
}

// line is one row of a table; the first fault is kept in err.
type line struct {
	number int
	fields map[string]string
	err    error
}

func (l *line) fail(column, why string) {
	if l.err == nil {
		l.err = fmt.Errorf("line %d, column %s: %s", l.number, column, why)
	}
}

// text returns a column that may be empty.
func (l *line) text(column string) string { return l.fields[column] }

// must returns a column that may not be empty.
func (l *line) must(column string) string {
	v := l.fields[column]
	if v == "" {
		l.fail(column, "is empty")
	}
	return v
}

// match returns a column that must have the given form.
func (l *line) match(column string, form *regexp.Regexp) string {
	v := l.must(column)
	if !form.MatchString(v) {
		l.fail(column, fmt.Sprintf("%q has not the form %s", v, form))
	}
	return v
}

// many splits a column at "|"; an empty column gives nil.
func (l *line) many(column string) []string {
	if v := l.fields[column]; v != "" {
		return strings.Split(v, "|")
	}
	return nil
}

func (l *line) whole(column string) int {
	n, err := strconv.Atoi(l.must(column))
	if err != nil {
		l.fail(column, "is not a whole number")
	}
	return n
}

func (l *line) flag(column string) bool {
	switch l.must(column) {
	case "1":
		return true
	case "0":
	default:
		l.fail(column, "is neither 0 nor 1")
	}
	return false
}

// day returns a date column; an empty one gives the zero date.
func (l *line) day(column string) calendar.Date {
	var d calendar.Date
	if err := d.UnmarshalText([]byte(l.fields[column])); err != nil {
		l.fail(column, err.Error())
	}
	return d
}

func (l *line) origin() Origin {
	o := Origin{Source: l.must("source"), Confidence: Confidence(l.must("confidence"))}
	if err := o.Confidence.Check(); err != nil {
		l.fail("confidence", err.Error())
	}
	return o
}

// rows reads a CSV file with a header row, comment lines beginning with "#" and
// the given columns, and turns each line into a row.
func rows[R any](content []byte, columns string, read func(*line) R) ([]R, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(content, []byte("\ufeff"))))
	r.Comment = '#'
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("read header row: %w", err)
	}
	for _, want := range strings.Fields(columns) {
		if !slices.Contains(header, want) {
			return nil, fmt.Errorf("column %s is missing from the header row", want)
		}
	}
	var all []R
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read table: %w", err)
		}
		l := &line{fields: make(map[string]string, len(header))}
		l.number, _ = r.FieldPos(0)
		for i, v := range fields {
			l.fields[header[i]] = v
		}
		row := read(l)
		if l.err != nil {
			return nil, l.err
		}
		all = append(all, row)
	}
	if len(all) == 0 {
		return nil, errors.New("the table has no rows")
	}
	return all, nil
}

// unique reports the first key that appears twice.
func unique[R any](all []R, key func(R) string) error {
	seen := make(map[string]bool, len(all))
	for _, r := range all {
		k := key(r)
		if seen[k] {
			return fmt.Errorf("%s appears twice", k)
		}
		seen[k] = true
	}
	return nil
}
