package importer_test

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

	"shiyang/cmd/shiyang/importer"
)

const shared = `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>census_number</t></si><si><t>unit_name</t></si>` +
	`<si><r><t>示例</t></r><r><t>面粉厂</t></r></si></sst>`

// workbook is a file whose first sheet has these rows.
func workbook(t *testing.T, rows string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, content := range map[string]string{
		"xl/workbook.xml": `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">` +
			`<sheets><sheet name="名录" sheetId="1" r:id="rId7"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId7" Target="worksheets/roll.xml"/></Relationships>`,
		"xl/sharedStrings.xml":       shared,
		"xl/worksheets/roll.xml":     `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>` + rows + `</sheetData></worksheet>`,
	} {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const heads = `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="inlineStr"><is><t>division</t></is></c><c r="D1" t="str"><v>origin</v></c></row>`

func TestAWorkbookIsATable(t *testing.T) {
	content := workbook(t, heads+
		`<row r="2"><c r="A2"><v>1001</v></c><c r="B2" t="s"><v>2</v></c><c r="C2"><v>620602</v></c><c r="D2" t="str"><v>普查, 2026</v></c></row>`+
		`<row r="5"><c r="A5"><v>1002</v></c><c r="C5"><v>620602</v></c></row>`)
	text, err := importer.Open(content)
	if err != nil {
		t.Fatal(err)
	}
	rows, refused, err := importer.Sources.Read(text)
	if err != nil || len(rows) != 2 {
		t.Fatalf("%v %v", rows, err)
	}
	if r := rows[0]; r["census_number"] != "1001" || r["unit_name"] != "示例面粉厂" || r["origin"] != "普查, 2026" || r[""] != "2" {
		t.Errorf("got %v", r)
	}
	if len(refused) != 1 || refused[0].Line != 5 || refused[0].Path != "unit_name" {
		t.Errorf("refused %v", refused)
	}
}

func TestAFileThatIsNoWorkbookIsCSV(t *testing.T) {
	text, err := importer.Open([]byte("census_number\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(text); err != nil || string(got) != "census_number\n" {
		t.Errorf("got %q %v", got, err)
	}
}

func TestABrokenWorkbookIsRefused(t *testing.T) {
	whole := workbook(t, heads)
	for name, content := range map[string][]byte{
		"cut off":               whole[:len(whole)/2],
		"a text that is not":    workbook(t, `<row r="1"><c r="A1" t="s"><v>9</v></c></row>`),
		"a column out of reach": workbook(t, `<row r="1"><c r="ZZZ1"><v>1</v></c></row>`),
		"rows that never close": workbook(t, `<row r="1"><c>`),
	} {
		if _, err := importer.Open(content); err == nil || !strings.Contains(err.Error(), "save it as CSV") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
