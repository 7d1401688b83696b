package importer

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
)

// The bounds of a workbook: one beyond them is not a table of a bureau.
const (
	mostSheetBytes = 64 << 20
	mostColumns    = 200
)

// errWorkbook tells that a file looks like a workbook and is none.
var errWorkbook = errors.New("the workbook cannot be read; save it as CSV (UTF-8) and import that")

// Open returns the text of a table: a CSV file as it is, the first sheet of an
// XLSX workbook as CSV. Lines of the answer are lines of the sheet.
func Open(content []byte) (io.Reader, error) {
	if !bytes.HasPrefix(content, []byte("PK\x03\x04")) {
		return bytes.NewReader(content), nil
	}
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, errors.Join(errWorkbook, err)
	}
	var shared struct {
		Items []text `xml:"si"`
	}
	if err := part(archive, "xl/sharedStrings.xml", &shared); err != nil && !errors.Is(err, errNoPart) {
		return nil, errors.Join(errWorkbook, err)
	}
	var sheet worksheet
	if err := part(archive, firstSheet(archive), &sheet); err != nil {
		return nil, errors.Join(errWorkbook, err)
	}
	texts := make([]string, len(shared.Items))
	for i, item := range shared.Items {
		texts[i] = item.String()
	}
	return sheet.csv(texts)
}

// text is a string of a workbook, whole or in runs of different looks.
type text struct {
	Whole string `xml:"t"`
	Runs  []struct {
		Text string `xml:"t"`
	} `xml:"r"`
}

func (t text) String() string {
	var b strings.Builder
	b.WriteString(t.Whole)
	for _, r := range t.Runs {
		b.WriteString(r.Text)
	}
	return b.String()
}

type worksheet struct {
	Rows []struct {
		Number int `xml:"r,attr"`
		Cells  []struct {
			Place  string `xml:"r,attr"` // "B7"
			Kind   string `xml:"t,attr"` // "s": shared text, "inlineStr", "str", "b", "n"
			Value  string `xml:"v"`
			Inline text   `xml:"is"`
		} `xml:"c"`
	} `xml:"sheetData>row"`
}

// csv writes the rows as CSV, each as wide as the first. A row that the sheet
// leaves out is an empty line, so that the numbers of lines stay.
func (w worksheet) csv(shared []string) (io.Reader, error) {
	var out bytes.Buffer
	writer := csv.NewWriter(&out)
	width, line := 0, 0
	for _, row := range w.Rows {
		var cells []string
		for i, c := range row.Cells {
			at := i
			if c.Place != "" {
				at = column(c.Place)
			}
			if at < 0 || at >= mostColumns {
				return nil, fmt.Errorf("cell %s: %w", c.Place, errWorkbook)
			}
			for len(cells) <= at {
				cells = append(cells, "")
			}
			value := c.Value
			switch c.Kind {
			case "s":
				n, err := strconv.Atoi(c.Value)
				if err != nil || n < 0 || n >= len(shared) {
					return nil, fmt.Errorf("cell %s: %w", c.Place, errWorkbook)
				}
				value = shared[n]
			case "inlineStr":
				value = c.Inline.String()
			}
			cells[at] = value
		}
		if width == 0 {
			width = len(cells)
		}
		for len(cells) < width {
			cells = append(cells, "")
		}
		for line++; line < row.Number; line++ {
			writer.Flush()
			out.WriteByte('\n')
		}
		if err := writer.Write(cells); err != nil {
			return nil, err
		}
	}
	writer.Flush()
	return &out, writer.Error()
}

// column is the place of a cell in its row, from 0: "B7" is 1.
func column(place string) int {
	n := 0
	for _, c := range place {
		if c < 'A' || c > 'Z' {
			break
		}
		if n = n*26 + int(c-'A') + 1; n > mostColumns {
			return -1
		}
	}
	return n - 1
}

// firstSheet is the name of the sheet that comes first in the workbook.
func firstSheet(archive *zip.Reader) string {
	var book struct {
		Sheets []struct {
			Ref string `xml:"http://schemas.openxmlformats.org/officeDocument/2006/relationships id,attr"`
		} `xml:"sheets>sheet"`
	}
	var links struct {
		Links []struct {
			ID     string `xml:"Id,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if part(archive, "xl/workbook.xml", &book) == nil && part(archive, "xl/_rels/workbook.xml.rels", &links) == nil && len(book.Sheets) > 0 {
		for _, l := range links.Links {
			if l.ID == book.Sheets[0].Ref {
				return strings.TrimPrefix(path.Join("xl", l.Target), "xl/xl/")
			}
		}
	}
	return "xl/worksheets/sheet1.xml"
}

var errNoPart = errors.New("a part of the workbook is missing")

// part reads one part of a workbook, within bounds.
func part(archive *zip.Reader, name string, into any) error {
	file, err := archive.Open(name)
	if err != nil {
		return fmt.Errorf("%w: %s", errNoPart, name)
	}
	content, err := io.ReadAll(io.LimitReader(file, mostSheetBytes+1))
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	if len(content) > mostSheetBytes {
		return fmt.Errorf("%s has more than %d bytes", name, mostSheetBytes)
	}
	return xml.Unmarshal(content, into)
}
