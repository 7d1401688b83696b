// Package demo makes the demo bureau: the places, firms and indicator tables
// of the 14th five-year plan of Wuwei for ecology and environment, and a few
// made-up firms (示例) whose applications stand at every stage. It does so
// with the importer and the public API, as anybody could.
//
// Real firms get only what the plan says of them. Everything invented belongs
// to a firm with 示例 in its name.
package demo

import (
	"embed"
	"encoding/csv"
	"fmt"
	"strings"

	"shiyang/cmd/shiyang/importer"
)

//go:embed data/*.csv
var data embed.FS

// planSource is where the facts stand.
const planSource = "武威市“十四五”生态环境保护规划"

// read returns the lines of one of the plan's tables by column name.
func read(name string) ([]importer.Row, error) {
	file, err := data.Open("data/" + name)
	if err != nil {
		return nil, err
	}
	records, err := csv.NewReader(file).ReadAll()
	if err != nil || len(records) == 0 {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	rows := make([]importer.Row, 0, len(records)-1)
	for i, record := range records[1:] {
		row := importer.Row{"": fmt.Sprint(i + 2)}
		for c, column := range records[0] {
			row[column] = record[c]
		}
		rows = append(rows, row)
	}
	return rows, file.Close()
}

// places are the counties, parks, firms and waters that the plan names.
func places() ([]importer.Row, error) {
	named, err := read("named_places.csv")
	rows := make([]importer.Row, 0, len(named))
	for _, n := range named {
		rows = append(rows, importer.Row{
			"": n[""], "kind": n["kind"], "title": n["name_zh"], "division": n["division"], "note": n["note"], "source": planSource,
		})
	}
	return rows, err
}

// facilities are the firms that the plan names, with no more than it says.
func facilities() ([]importer.Row, error) {
	named, err := read("named_places.csv")
	var rows []importer.Row
	for _, n := range named {
		if n["kind"] != "企业" {
			continue
		}
		rows = append(rows, importer.Row{
			"": n[""], "unit_name": n["name_zh"], "division": n["division"],
			"remark": strings.TrimSpace("规划点名：" + n["note"] + "。除规划所述外未录入其他信息。"),
		})
	}
	return rows, err
}

// indicators are the cells of the plan's three tables.
func indicators() ([]importer.Row, error) {
	past, err := read("indicators_13th_plan.csv")
	if err != nil {
		return nil, err
	}
	var rows []importer.Row
	for _, p := range past {
		cell := importer.Row{
			"": p[""], "table": "13th plan results", "key": p["no"], "title_zh": p["indicator"],
			"group": p["group"], "source": planSource + " 表1-1",
		}
		for _, year := range []string{"2016", "2017", "2018", "2019", "2020"} {
			rows = append(rows, with(cell, year, p[year], "")...)
		}
		rows = append(rows, with(cell, "2020", p["target_2020"], "true")...)
	}
	future, err := read("indicators_14th_plan.csv")
	if err != nil {
		return nil, err
	}
	for _, f := range future {
		cell := importer.Row{
			"": f[""], "table": "14th plan indicators", "key": f["no"], "title_zh": f["indicator"],
			"group": f["group"], "kind": f["kind"], "source": planSource + " 表2-1",
		}
		rows = append(rows, with(cell, "2020", f["2020"], "")...)
		rows = append(rows, with(cell, "2025", f["2025"], "true")...)
	}
	figures, err := read("figures_2016_2020.csv")
	for _, f := range figures {
		cell := importer.Row{
			"": f[""], "table": "figures", "key": f["key"], "title_zh": f["label_zh"], "title_en": f["label_en"],
			"unit": f["unit"], "source": planSource + " " + f["plan_section"],
		}
		rows = append(rows, with(cell, f["period"], f["value"], "")...)
	}
	return rows, err
}

// with returns one cell of a table's row, or nothing where the table has none.
func with(cell importer.Row, period, value, target string) []importer.Row {
	if value == "" || value == "-" {
		return nil
	}
	row := importer.Row{"period": period, "value": value, "target": target}
	for k, v := range cell {
		row[k] = v
	}
	return []importer.Row{row}
}
