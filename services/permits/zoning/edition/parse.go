package edition

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/zoning/screening"
)

// The bounds of a file: an event must stay far below the store's limit.
const (
	mostUnits   = 2000
	mostCorners = 50_000 // of one unit
	mostRows    = 300    // of one unit
)

type feature struct {
	Type       string `json:"type"`
	Properties struct {
		Code      string   `json:"code"`
		Name      string   `json:"name"`
		Kind      string   `json:"kind"` // priority, key, general
		Divisions []string `json:"divisions"`
		Rows      []struct {
			Row        string   `json:"row"`
			Access     string   `json:"access"` // allowed, limited, forbidden
			Industries []string `json:"industries"`
			Words      []string `json:"words"`
			Text       string   `json:"text"`
		} `json:"rows"`
	} `json:"properties"`
	Geometry *struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	} `json:"geometry"`
}

var kinds = map[string]permitsv1.UnitKind{
	"priority": permitsv1.UnitKind_UNIT_KIND_PRIORITY, "key": permitsv1.UnitKind_UNIT_KIND_KEY, "general": permitsv1.UnitKind_UNIT_KIND_GENERAL,
}

var accesses = map[string]permitsv1.Access{
	"allowed": permitsv1.Access_ACCESS_ALLOWED, "limited": permitsv1.Access_ACCESS_LIMITED, "forbidden": permitsv1.Access_ACCESS_FORBIDDEN,
}

var (
	countyCode   = regexp.MustCompile(`^6206[0-9]{2}$`)
	industryCode = regexp.MustCompile(`^[0-9]{2,4}$`)
)

// Parse reads a GeoJSON FeatureCollection (RFC 7946): one feature is a unit.
// Its properties are code, name, kind (priority, key, general), divisions
// (county codes) and rows (row, access, industries, words, text); its geometry
// is a Polygon, a MultiPolygon, or null, and then its counties decide. The
// first fault is told with the unit that has it.
func Parse(content []byte) ([]*permitsv1.ControlUnitEntered, error) {
	var file struct {
		Type     string    `json:"type"`
		Features []feature `json:"features"`
	}
	if err := json.Unmarshal(bytes.TrimPrefix(content, []byte("\xef\xbb\xbf")), &file); err != nil {
		return nil, fmt.Errorf("read GeoJSON: %w", err)
	}
	if file.Type != "FeatureCollection" || len(file.Features) == 0 || len(file.Features) > mostUnits {
		return nil, fmt.Errorf("a FeatureCollection of 1 to %d features is needed", mostUnits)
	}
	seen := map[string]bool{}
	units := make([]*permitsv1.ControlUnitEntered, 0, len(file.Features))
	for i, f := range file.Features {
		u, err := f.unit()
		if err == nil && seen[u.GetCode()] {
			err = errors.New("its code appears twice")
		}
		if err != nil {
			return nil, fmt.Errorf("unit %d (%s): %w", i+1, f.Properties.Code, err)
		}
		seen[u.GetCode()] = true
		units = append(units, u)
	}
	return units, nil
}

func (f feature) unit() (*permitsv1.ControlUnitEntered, error) {
	p := f.Properties
	if f.Type != "Feature" || p.Code == "" || p.Name == "" || len(p.Code) > 40 || len(p.Name) > 200 {
		return nil, errors.New("a Feature with code and name is needed")
	}
	u := &permitsv1.ControlUnitEntered{Code: p.Code, Title: p.Name, Kind: kinds[p.Kind], Divisions: p.Divisions}
	if u.GetKind() == 0 {
		return nil, fmt.Errorf("kind %q is not priority, key or general", p.Kind)
	}
	for _, d := range p.Divisions {
		if !countyCode.MatchString(d) {
			return nil, fmt.Errorf("division %q is not a county of Wuwei", d)
		}
	}
	areas, err := f.areas()
	if err != nil {
		return nil, err
	}
	if u.Areas = areas; len(areas) == 0 && len(p.Divisions) == 0 {
		return nil, errors.New("neither a polygon nor a division")
	}
	u.Rows, err = f.rows()
	return u, err
}

func (f feature) rows() ([]*permitsv1.AccessRow, error) {
	if len(f.Properties.Rows) > mostRows {
		return nil, fmt.Errorf("more than %d rows", mostRows)
	}
	seen := map[string]bool{}
	var rows []*permitsv1.AccessRow
	for _, r := range f.Properties.Rows {
		switch {
		case r.Row == "" || r.Text == "" || len(r.Text) > 3000:
			return nil, errors.New("a row needs its number and its text")
		case accesses[r.Access] == 0:
			return nil, fmt.Errorf("row %s: access %q is not allowed, limited or forbidden", r.Row, r.Access)
		case seen[r.Row]:
			return nil, fmt.Errorf("row %s appears twice", r.Row)
		}
		for _, code := range r.Industries {
			if !industryCode.MatchString(code) {
				return nil, fmt.Errorf("row %s: industry %q is not two to four digits", r.Row, code)
			}
		}
		seen[r.Row] = true
		rows = append(rows, &permitsv1.AccessRow{Row: r.Row, Access: accesses[r.Access], Industries: r.Industries, Words: r.Words, Text: r.Text})
	}
	return rows, nil
}

func (f feature) areas() ([]*permitsv1.Area, error) {
	if f.Geometry == nil {
		return nil, nil
	}
	var polygons [][][][]json.Number
	switch f.Geometry.Type {
	case "Polygon":
		polygons = make([][][][]json.Number, 1)
		if err := json.Unmarshal(f.Geometry.Coordinates, &polygons[0]); err != nil {
			return nil, fmt.Errorf("coordinates: %w", err)
		}
	case "MultiPolygon":
		if err := json.Unmarshal(f.Geometry.Coordinates, &polygons); err != nil {
			return nil, fmt.Errorf("coordinates: %w", err)
		}
	default:
		return nil, fmt.Errorf("geometry %q is not Polygon or MultiPolygon", f.Geometry.Type)
	}
	var areas []*permitsv1.Area
	corners := 0
	for _, polygon := range polygons {
		area := &permitsv1.Area{}
		for _, positions := range polygon {
			ring, err := ringOf(positions)
			if err != nil {
				return nil, err
			}
			if corners += len(positions); corners > mostCorners {
				return nil, fmt.Errorf("more than %d corners", mostCorners)
			}
			area.Rings = append(area.Rings, ring)
		}
		if len(area.GetRings()) == 0 {
			return nil, errors.New("a polygon without a ring")
		}
		areas = append(areas, area)
	}
	return areas, nil
}

// ringOf reads a ring, which names its first corner again at its end.
func ringOf(positions [][]json.Number) (*permitsv1.Ring, error) {
	if len(positions) < 4 {
		return nil, errors.New("a ring has at least four positions")
	}
	ring := &permitsv1.Ring{}
	for i, position := range positions {
		if len(position) < 2 {
			return nil, errors.New("a position has longitude and latitude")
		}
		p, err := screening.ParsePoint(position[0].String(), position[1].String())
		if err != nil {
			return nil, err
		}
		if i < len(positions)-1 {
			ring.Corners = append(ring.Corners, p.Lon, p.Lat)
		} else if p.Lon != ring.GetCorners()[0] || p.Lat != ring.GetCorners()[1] {
			return nil, errors.New("a ring ends where it began")
		}
	}
	return ring, nil
}
