package importer

import "strings"

// Tables are the kinds of files that can be imported.
func Tables() []Table { return []Table{Places, Indicators, Facilities, Sources} }

// placeKinds are the kinds of places, as a Chinese table calls them.
var placeKinds = map[string]string{
	"县区": "county", "省级园区": "park_provincial", "市级园区": "park_city",
	"企业": "firm", "河流": "river", "断面": "section", "水库": "reservoir",
}

// Places are the places that a plan names.
var Places = Table{
	Name: "places", Help: "places that a plan names: counties, parks, firms, rivers, sections, reservoirs",
	Path: "/v1/places", Columns: []string{"kind", "title", "division", "note", "source"}, Need: []string{"kind", "title", "source"},
	Key: func(r Row) string { return key(r, "kind", "title", "division", "note", "source") },
	Body: func(r Row) map[string]any {
		kind := r["kind"]
		if known, ok := placeKinds[kind]; ok {
			kind = known
		}
		return given(map[string]any{"kind": kind, "title": r["title"], "division": r["division"], "note": r["note"], "source": r["source"]})
	},
}

// Indicators are the cells of a plan's tables, one a line.
var Indicators = Table{
	Name: "indicators", Help: "cells of indicator tables, one a line",
	Path:    "/v1/indicators",
	Columns: []string{"table", "key", "title_zh", "title_en", "group", "kind", "unit", "period", "value", "target", "source"},
	Need:    []string{"table", "key", "title_zh", "period", "value", "source"},
	Key:     func(r Row) string { return key(r, "table", "key", "period", "target", "value", "title_zh", "source") },
	Body: func(r Row) map[string]any {
		title := given(map[string]any{"zh": r["title_zh"], "en": r["title_en"]})
		return given(map[string]any{
			"table": r["table"], "key": r["key"], "title": title, "group": r["group"], "kind": r["kind"], "unit": r["unit"],
			"period": r["period"], "value": r["value"], "target": yes(r["target"]), "source": r["source"],
		})
	},
}

// Facilities are sites of enterprises. A line's key is what identifies a
// site: its code and address, or its name while no code is known.
var Facilities = Table{
	Name: "facilities", Help: "sites of enterprises",
	Path:    "/v1/facilities",
	Columns: []string{"unit_name", "uscc", "site_address", "division", "park", "industry", "remark", "example", "longitude", "latitude"},
	Need:    []string{"unit_name", "division"},
	Key: func(r Row) string {
		if r["uscc"] != "" {
			return key(r, "uscc", "site_address")
		}
		return key(r, "unit_name", "division")
	},
	Body: func(r Row) map[string]any {
		site := given(map[string]any{
			"unitName": r["unit_name"], "uscc": r["uscc"], "siteAddress": r["site_address"], "division": r["division"],
			"park": r["park"], "industry": r["industry"], "remark": r["remark"], "example": yes(r["example"]),
		})
		if r["longitude"] != "" || r["latitude"] != "" {
			site["location"] = map[string]any{"longitude": r["longitude"], "latitude": r["latitude"]}
		}
		return map[string]any{"site": site}
	},
}

func key(r Row, columns ...string) string {
	parts := make([]string, len(columns))
	for i, c := range columns {
		parts[i] = r[c]
	}
	return strings.Join(parts, "\x00")
}

// given leaves out what was left empty.
func given(body map[string]any) map[string]any {
	for k, v := range body {
		if v == "" || v == false {
			delete(body, k)
		}
	}
	return body
}

func yes(s string) bool {
	switch strings.ToLower(s) {
	case "1", "true", "yes", "是":
		return true
	}
	return false
}
