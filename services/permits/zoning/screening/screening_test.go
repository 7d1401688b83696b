package screening_test

import (
	"testing"

	"pgregory.net/rapid"

	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/zoning/screening"
)

func area(rings ...[]int32) *permitsv1.Area {
	a := &permitsv1.Area{}
	for _, r := range rings {
		a.Rings = append(a.Rings, &permitsv1.Ring{Corners: r})
	}
	return a
}

// A square of ten with a hole of four to six, and a notch in the east.
var (
	square = []int32{0, 0, 10, 0, 10, 10, 0, 10}
	hole   = []int32{4, 4, 6, 4, 6, 6, 4, 6}
	notch  = []int32{0, 0, 10, 0, 5, 5, 10, 10, 0, 10}
)

func TestHolds(t *testing.T) {
	for _, c := range []struct {
		what string
		area *permitsv1.Area
		p    screening.Point
		want bool
	}{
		{"inside", area(square), screening.Point{Lon: 1, Lat: 1}, true},
		{"outside", area(square), screening.Point{Lon: 11, Lat: 1}, false},
		{"west of it, at the height of a corner", area(square), screening.Point{Lon: -1, Lat: 10}, false},
		{"on an edge", area(square), screening.Point{Lon: 10, Lat: 3}, true},
		{"on a corner", area(square), screening.Point{Lon: 0, Lat: 0}, true},
		{"on the line of an edge, beyond it", area(square), screening.Point{Lon: 12, Lat: 0}, false},
		{"in the hole", area(square, hole), screening.Point{Lon: 5, Lat: 5}, false},
		{"on the edge of the hole", area(square, hole), screening.Point{Lon: 4, Lat: 5}, true},
		{"beside the hole, at the height of its corners", area(square, hole), screening.Point{Lon: 2, Lat: 4}, true},
		{"in the notch", area(notch), screening.Point{Lon: 8, Lat: 5}, false},
		{"at the bottom of the notch", area(notch), screening.Point{Lon: 5, Lat: 5}, true},
		{"west of the notch's corner", area(notch), screening.Point{Lon: 1, Lat: 5}, true},
		{"no area", area(), screening.Point{}, false},
		{"a whole hemisphere does not overflow", area([]int32{-180_000_000, -90_000_000, 180_000_000, -90_000_000, 180_000_000, 90_000_000, -180_000_000, 90_000_000}), screening.Point{Lon: 102_638_000, Lat: 37_928_000}, true},
	} {
		if got := screening.Holds(c.area, c.p); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}

// Any rectangle, given from any corner in any direction, holds what a
// comparison of coordinates says.
func TestRectangles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		within := rapid.Int32Range(-20, 20)
		x1, y1 := within.Draw(t, "x1"), within.Draw(t, "y1")
		x2, y2 := x1+rapid.Int32Range(1, 20).Draw(t, "w"), y1+rapid.Int32Range(1, 20).Draw(t, "h")
		corners := [][2]int32{{x1, y1}, {x2, y1}, {x2, y2}, {x1, y2}}
		first, back := rapid.IntRange(0, 3).Draw(t, "first"), rapid.Bool().Draw(t, "back")
		var ring []int32
		for i := range 4 {
			at := (first + i) % 4
			if back {
				at = (first + 4 - i) % 4
			}
			ring = append(ring, corners[at][0], corners[at][1])
		}
		p := screening.Point{Lon: within.Draw(t, "x"), Lat: within.Draw(t, "y")}
		want := x1 <= p.Lon && p.Lon <= x2 && y1 <= p.Lat && p.Lat <= y2
		if got := screening.Holds(area(ring), p); got != want {
			t.Fatalf("%v in %v: %v", p, ring, got)
		}
	})
}

func TestParsePoint(t *testing.T) {
	p, err := screening.ParsePoint("102.6380114", "-37.928")
	if err != nil || p != (screening.Point{Lon: 102_638_011, Lat: -37_928_000}) {
		t.Errorf("%v, %v", p, err)
	}
	for _, bad := range [][2]string{{"181", "0"}, {"0", "90.000001"}, {"", "0"}, {"x", "0"}, {"1", "."}, {"1", "+1"}} {
		if _, err := screening.ParsePoint(bad[0], bad[1]); err == nil {
			t.Errorf("%v is a place", bad)
		}
	}
}

func row(access permitsv1.Access, industries, words []string) *permitsv1.AccessRow {
	return &permitsv1.AccessRow{Row: "1", Access: access, Industries: industries, Words: words, Text: "要求"}
}

func TestJudge(t *testing.T) {
	const forbidden, limited, allowed = permitsv1.Access_ACCESS_FORBIDDEN, permitsv1.Access_ACCESS_LIMITED, permitsv1.Access_ACCESS_ALLOWED
	unit := func(code string, areas []*permitsv1.Area, rows ...*permitsv1.AccessRow) *permitsv1.ControlUnitEntered {
		return &permitsv1.ControlUnitEntered{Code: code, Divisions: []string{"620602"}, Areas: areas, Rows: rows}
	}
	mapped := []*permitsv1.Area{area(square, hole)}
	p := screening.Project{Place: screening.Point{Lon: 1, Lat: 1}, Division: "620602", Industry: "2614", Words: []string{"酸洗、电镀", "颗粒物"}}
	inHole, far := p, p
	inHole.Place, far.Place, far.Division = screening.Point{Lon: 5, Lat: 5}, screening.Point{Lon: 99, Lat: 1}, "620621"
	for _, c := range []struct {
		what  string
		units []*permitsv1.ControlUnitEntered
		park  *screening.Park
		p     screening.Project
		want  permitsv1.ScreeningVerdict
		rows  int
	}{
		{"no row speaks of it", []*permitsv1.ControlUnitEntered{unit("A", mapped, row(forbidden, []string{"25"}, nil))}, nil, p, screening.Conform, 0},
		{"an industry is forbidden", []*permitsv1.ControlUnitEntered{unit("A", mapped, row(limited, nil, nil), row(forbidden, []string{"26"}, nil))}, nil, p, screening.Conflict, 2},
		{"a process is limited", []*permitsv1.ControlUnitEntered{unit("A", mapped, row(limited, []string{"2614"}, []string{"电镀"}))}, nil, p, screening.Conditions, 1},
		{"another process is limited", []*permitsv1.ControlUnitEntered{unit("A", mapped, row(limited, nil, []string{"焦化"}))}, nil, p, screening.Conform, 0},
		{"the word fits, the industry does not", []*permitsv1.ControlUnitEntered{unit("A", mapped, row(forbidden, []string{"25"}, []string{"电镀"}))}, nil, p, screening.Conform, 0},
		{"it is allowed by name", []*permitsv1.ControlUnitEntered{unit("A", mapped, row(allowed, []string{"26"}, nil))}, nil, p, screening.Conform, 1},
		{"the stricter of two units counts", []*permitsv1.ControlUnitEntered{unit("A", mapped, row(allowed, nil, nil)), unit("B", mapped, row(forbidden, nil, nil))}, nil, p, screening.Conflict, 2},
		{"in a hole no unit holds it", []*permitsv1.ControlUnitEntered{unit("A", mapped, row(forbidden, nil, nil))}, nil, inHole, screening.NotCovered, 0},
		{"a unit without polygons holds its county", []*permitsv1.ControlUnitEntered{unit("A", nil, row(forbidden, nil, nil))}, nil, inHole, screening.Conflict, 1},
		{"polygons come before counties", []*permitsv1.ControlUnitEntered{unit("A", nil, row(forbidden, nil, nil)), unit("B", mapped)}, nil, p, screening.Conform, 0},
		{"another county", []*permitsv1.ControlUnitEntered{unit("A", nil, row(forbidden, nil, nil))}, nil, far, screening.NotCovered, 0},
		{"the park's list forbids it", []*permitsv1.ControlUnitEntered{unit("A", mapped)}, &screening.Park{Entry: &permitsv1.Park{Rows: []*permitsv1.AccessRow{row(forbidden, []string{"26"}, nil)}}}, p, screening.Conflict, 1},
		{"the park's plan has expired", []*permitsv1.ControlUnitEntered{unit("A", mapped)}, &screening.Park{Entry: &permitsv1.Park{}, Expired: true}, p, screening.Conditions, 1},
	} {
		got := screening.Judge(c.units, c.park, c.p)
		if got.GetVerdict() != c.want || len(got.GetRows()) != c.rows {
			t.Errorf("%s: %v with %d rows", c.what, got.GetVerdict(), len(got.GetRows()))
		}
		if c.want == screening.Conflict && got.GetRows()[0].GetRow().GetAccess() != forbidden {
			t.Errorf("%s: the strictest row does not come first", c.what)
		}
	}
}
