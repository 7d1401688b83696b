package importer

// Sources are lines of a census of pollution sources, which become the roll of
// sources 污染源名录. The same line again is entered once; another line under the
// same census number is refused and told.
var Sources = Table{
	Name: "sources", Help: "sources of a census, for the roll of sources",
	Path:    "/v1/sources",
	Columns: []string{"census_number", "unit_name", "uscc", "site_address", "division", "industry", "origin", "note", "example"},
	Need:    []string{"census_number", "unit_name", "division", "origin"},
	Key: func(r Row) string {
		return key(r, "census_number", "unit_name", "uscc", "site_address", "division", "industry", "origin", "note", "example")
	},
	Body: func(r Row) map[string]any {
		return map[string]any{"source": given(map[string]any{
			"censusNumber": r["census_number"], "unitName": r["unit_name"], "uscc": r["uscc"], "siteAddress": r["site_address"],
			"division": r["division"], "industry": r["industry"], "origin": r["origin"], "note": r["note"], "example": yes(r["example"]),
		})}
	},
}
