// Package importer brings tables of a bureau's own data in through the public
// API: one line, one command. A line keeps its command id over every run of
// the import (it is made of the table and the line's key), so an import that
// was cut off is simply run again. Lines that are refused are reported with
// the field, its value and what to do; the others go in.
package importer

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"shiyang/cmd/shiyang/apiclient"
)

// Table says how one kind of file becomes commands.
type Table struct {
	Name    string
	Help    string
	Path    string                   // of the command
	Columns []string                 // of the header, in any order
	Need    []string                 // columns that may not be empty
	Key     func(Row) string         // what makes a line itself; the same key is the same command
	Body    func(Row) map[string]any // of the command
}

// Row is one line by column name.
type Row map[string]string

// namespace of the command ids that imports derive.
var namespace = uuid.MustParse("6b2e4f0a-9c1d-5e7b-8a3f-2d4c6e8f0a1b")

// CommandID is the id of the command that a line becomes.
func (t Table) CommandID(r Row) string {
	return uuid.NewSHA1(namespace, []byte(t.Name+"\x00"+t.Key(r))).String()
}

// Refused is a line that was not taken.
type Refused struct {
	Line                 int // in the file; the header is line 1
	Path, Value, Message string
}

// Report tells what an import did.
type Report struct {
	Lines, Taken, Repeated int
	Refused                []Refused
	Position               uint64 // of the last event
}

// Read parses a file of this table. Everything wrong with the header is told
// at once; a wrong line is refused alone.
func (t Table) Read(r io.Reader) (rows []Row, refused []Refused, err error) {
	reader := csv.NewReader(skipMark(r))
	reader.FieldsPerRecord = -1
	header, err := reader.Read()
	if err != nil {
		return nil, nil, fmt.Errorf("%s: read header: %w", t.Name, err)
	}
	if err := t.checkHeader(header); err != nil {
		return nil, nil, err
	}
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return rows, refused, nil
		}
		line, _ := reader.FieldPos(0)
		if broken, ok := errors.AsType[*csv.ParseError](err); ok {
			refused = append(refused, Refused{broken.Line, "", "", broken.Err.Error()})
			rows = append(rows, nil)
			continue
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", t.Name, err)
		}
		row, problem := t.row(header, record, line)
		if problem != nil {
			refused = append(refused, *problem)
		}
		rows = append(rows, row)
	}
}

func (t Table) checkHeader(header []string) error {
	var errs []error
	for i, column := range header {
		switch {
		case !slices.Contains(t.Columns, column):
			errs = append(errs, fmt.Errorf("%s: column %q is unknown; the columns are %s", t.Name, column, strings.Join(t.Columns, ", ")))
		case slices.Contains(header[:i], column):
			errs = append(errs, fmt.Errorf("%s: column %q is given twice", t.Name, column))
		}
	}
	for _, column := range t.Need {
		if !slices.Contains(header, column) {
			errs = append(errs, fmt.Errorf("%s: column %q is missing", t.Name, column))
		}
	}
	return errors.Join(errs...)
}

// row returns nil and a refusal for a line that cannot be sent.
func (t Table) row(header, record []string, line int) (Row, *Refused) {
	if len(record) != len(header) {
		return nil, &Refused{line, "", "", fmt.Sprintf("has %d fields, the header has %d", len(record), len(header))}
	}
	row := Row{"": fmt.Sprint(line)}
	for i, column := range header {
		if !utf8.ValidString(record[i]) {
			return nil, &Refused{line, column, "", "is not UTF-8; save the file as UTF-8"}
		}
		row[column] = strings.TrimSpace(record[i])
	}
	for _, column := range t.Need {
		if row[column] == "" {
			return nil, &Refused{line, column, "", "is empty"}
		}
	}
	return row, nil
}

// Send sends every row as a command and calls step after each.
func (t Table) Send(ctx context.Context, c *apiclient.Client, rows []Row, step func()) (Report, error) {
	report := Report{Lines: len(rows)}
	for _, row := range rows {
		if row == nil {
			step()
			continue
		}
		receipt, err := c.Command(ctx, t.Path, t.CommandID(row), t.Body(row))
		refusal, refused := errors.AsType[*apiclient.RefusalError](err)
		switch {
		case refused && aboutLine(refusal.Status):
			report.Refused = append(report.Refused, refusals(row, refusal)...)
		case err != nil:
			return report, err
		case receipt.Repeated:
			report.Repeated++
		default:
			report.Taken++
		}
		report.Position = max(report.Position, receipt.Position)
		step()
	}
	return report, nil
}

// aboutLine tells whether a status speaks of the line: the next line may then
// go in. Who is not signed in any more, or meets a server that fails, stops
// and runs the import again.
func aboutLine(status int) bool {
	return status < http.StatusInternalServerError && status != http.StatusUnauthorized && status != http.StatusTooManyRequests
}

func refusals(row Row, e *apiclient.RefusalError) []Refused {
	var line int
	if _, err := fmt.Sscan(row[""], &line); err != nil {
		line = 0
	}
	if len(e.Errors) == 0 {
		return []Refused{{line, "", "", e.Reason + " " + e.Title}}
	}
	list := make([]Refused, len(e.Errors))
	for i, f := range e.Errors {
		list[i] = Refused{line, f.Path, f.Value, f.Reason + " " + f.Detail}
	}
	return list
}

// skipMark drops the byte order mark that spreadsheets write.
func skipMark(r io.Reader) io.Reader {
	var head [3]byte
	n, err := io.ReadFull(r, head[:])
	if err == nil && string(head[:]) == "\xef\xbb\xbf" {
		return r
	}
	return io.MultiReader(strings.NewReader(string(head[:n])), r)
}
