package opendata

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"google.golang.org/protobuf/types/known/structpb"

	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

// column is one column of a table: its name for programs and for people, and
// where its value stands, in the entry or in the row of its list.
type column struct {
	name  string
	title problem.Text
	value func(e *permitsv1.PublicEntry, row *structpb.Struct) string
}

func of(name, zh, en string, value func(*permitsv1.PublicEntry) string) column {
	return column{name, problem.Text{Zh: zh, En: en}, func(e *permitsv1.PublicEntry, _ *structpb.Struct) string { return value(e) }}
}

// in is a column of the rows of a list: the value at a path of field names.
func in(name, zh, en string, path ...string) column {
	return column{name, problem.Text{Zh: zh, En: en}, func(_ *permitsv1.PublicEntry, row *structpb.Struct) string {
		return plain(at(structpb.NewStructValue(row), path...))
	}}
}

var (
	numberColumn = of("number", "许可证编号", "Permit number", (*permitsv1.PublicEntry).GetNumber)
	nameColumn   = of("unitName", "单位名称", "Unit", (*permitsv1.PublicEntry).GetUnitName)
	statusColumn = of("status", "状态", "Status", (*permitsv1.PublicEntry).GetStatus)
)

var entryColumns = []column{
	numberColumn, nameColumn,
	of("uscc", "统一社会信用代码", "USCC", (*permitsv1.PublicEntry).GetUscc),
	of("siteAddress", "生产经营场所地址", "Address of the site", (*permitsv1.PublicEntry).GetSiteAddress),
	of("division", "行政区划代码", "Division code", (*permitsv1.PublicEntry).GetDivision),
	of("industry", "行业代码（GB/T 4754）", "Industry (GB/T 4754)", (*permitsv1.PublicEntry).GetIndustry),
	of("class", "管理类别", "Management class", (*permitsv1.PublicEntry).GetClass),
	statusColumn,
	of("inForce", "是否有效", "In force", func(e *permitsv1.PublicEntry) string { return strconv.FormatBool(e.GetInForce()) }),
	of("validFrom", "有效期起", "Valid from", func(e *permitsv1.PublicEntry) string { return e.GetValidFrom().GetIso() }),
	of("validTo", "有效期止", "Valid to", func(e *permitsv1.PublicEntry) string { return e.GetValidTo().GetIso() }),
	of("issuingOrg", "核发机关区划代码", "Issuing organ", (*permitsv1.PublicEntry).GetIssuingOrg),
	of("documentNumber", "决定文号", "Document number", (*permitsv1.PublicEntry).GetDocumentNumber),
	of("decided", "决定日期", "Decided", func(e *permitsv1.PublicEntry) string { return e.GetDecided().GetIso() }),
	of("longitude", "经度", "Longitude", func(e *permitsv1.PublicEntry) string { return e.GetLocation().GetLongitude() }),
	of("latitude", "纬度", "Latitude", func(e *permitsv1.PublicEntry) string { return e.GetLocation().GetLatitude() }),
	of("version", "版本", "Version", func(e *permitsv1.PublicEntry) string { return strconv.Itoa(int(e.GetVersion())) }),
	of("example", "示例", "Example", func(e *permitsv1.PublicEntry) string { return strconv.FormatBool(e.GetExample()) }),
	of("position", "变更位置", "Position of the change", func(e *permitsv1.PublicEntry) string { return strconv.FormatUint(e.GetPosition(), 10) }),
	of("id", "记录标识", "Record id", (*permitsv1.PublicEntry).GetId),
}

var outletColumns = []column{
	numberColumn, nameColumn, statusColumn,
	in("outlet", "排放口编号", "Outlet", "code"), in("title", "排放口名称", "Name", "title"), in("kind", "类型", "Kind", "kind"),
	in("longitude", "经度", "Longitude", "location", "longitude"), in("latitude", "纬度", "Latitude", "location", "latitude"),
	in("heightMm", "高度（毫米）", "Height in mm", "heightMm"), in("diameterMm", "内径（毫米）", "Diameter in mm", "diameterMm"),
	in("receivingWater", "受纳水体", "Receiving water", "receivingWater"),
}

var limitColumns = []column{
	numberColumn, nameColumn, statusColumn,
	in("outlet", "排放口编号", "Outlet", "outlet"), in("pollutant", "污染物代码（HJ 212）", "Pollutant (HJ 212)", "pollutant"),
	in("concentration", "许可排放浓度", "Concentration", "concentration"), in("unit", "浓度单位", "Unit", "unit"),
	in("averaging", "均值时段", "Averaged over", "averaging"),
	in("massGramsPerYear", "许可年排放量（克）", "Mass in grams a year", "massGramsPerYear"), in("standard", "执行标准", "Standard", "standard"),
}

// table writes CSV: UTF-8 with a mark at its beginning, so that spreadsheets
// know, and lines that end as RFC 4180 says.
type table struct {
	w       io.Writer
	csv     *csv.Writer
	columns []column
	list    []string
	lang    string
	begun   bool
}

// newTable is a table with a row per entry, or per item of the list at a path
// of its content.
func newTable(columns []column, list ...string) func(io.Writer, head, string) writer {
	return func(w io.Writer, _ head, lang string) writer {
		t := &table{w: w, csv: csv.NewWriter(w), columns: columns, list: list, lang: lang}
		t.csv.UseCRLF = true
		return t
	}
}

const byteOrderMark = "\ufeff"

func (t *table) begin() error {
	if t.begun {
		return nil
	}
	t.begun = true
	if _, err := io.WriteString(t.w, byteOrderMark); err != nil {
		return err
	}
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		switch t.lang {
		case "zh":
			names[i] = c.title.Zh
		case "en":
			names[i] = c.title.En
		default:
			names[i] = c.name
		}
	}
	return t.csv.Write(names)
}

func (t *table) entry(e *permitsv1.PublicEntry) error {
	if err := t.begin(); err != nil {
		return err
	}
	rows := []*structpb.Struct{nil}
	if len(t.list) > 0 {
		rows = nil
		for _, v := range at(structpb.NewStructValue(e.GetContent()), t.list...).GetListValue().GetValues() {
			rows = append(rows, v.GetStructValue())
		}
	}
	cells := make([]string, len(t.columns))
	for _, row := range rows {
		for i, c := range t.columns {
			cells[i] = harmless(c.value(e, row))
		}
		if err := t.csv.Write(cells); err != nil {
			return err
		}
	}
	return nil
}

func (t *table) end() error {
	if err := t.begin(); err != nil {
		return err
	}
	t.csv.Flush()
	return t.csv.Error()
}

// at is the value at a path of field names; nil if there is none.
func at(v *structpb.Value, path ...string) *structpb.Value {
	for _, name := range path {
		v = v.GetStructValue().GetFields()[name]
	}
	return v
}

// plain writes a value as text.
func plain(v *structpb.Value) string {
	switch k := v.GetKind().(type) {
	case *structpb.Value_StringValue:
		return k.StringValue
	case *structpb.Value_NumberValue:
		return strconv.FormatFloat(k.NumberValue, 'f', -1, 64)
	case *structpb.Value_BoolValue:
		return strconv.FormatBool(k.BoolValue)
	}
	return ""
}

// harmless makes a text that a spreadsheet would run as a formula one that it
// shows, by an apostrophe before it. Numbers stay numbers.
func harmless(text string) string {
	if text == "" || !strings.ContainsAny(text[:1], "=+-@\t\r\n|") && !strings.HasPrefix(text, "＝") && !strings.HasPrefix(text, "＋") &&
		!strings.HasPrefix(text, "－") && !strings.HasPrefix(text, "＠") {
		return text
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return text
	}
	return "'" + text
}
