// Package screening judges a project against control units and access lists
// 分区管控研判: which units hold its place, which of their rows speak of it, and
// what follows. It is pure and exact: places are whole micro-degrees, so that
// the same project gives the same answer for ever.
//
// Start with [Judge]; [Holds] is the geometry.
package screening

import (
	"fmt"
	"strconv"
	"strings"

	permitsv1 "shiyang/proto/permits/v1"
)

// Point is a place in micro-degrees.
type Point struct{ Lon, Lat int32 }

// ParsePoint reads decimal degrees exactly; digits beyond the sixth decimal
// place, a tenth of a metre, are cut off.
func ParsePoint(longitude, latitude string) (Point, error) {
	lon, err := micro(longitude, 180)
	if err != nil {
		return Point{}, err
	}
	lat, err := micro(latitude, 90)
	return Point{lon, lat}, err
}

func micro(degrees string, most int64) (int32, error) {
	text, negative := strings.CutPrefix(degrees, "-")
	whole, fraction, _ := strings.Cut(text, ".")
	fraction = (fraction + "000000")[:6]
	n, err := strconv.ParseUint(whole+fraction, 10, 31)
	if err != nil || len(whole) == 0 || int64(n) > most*1_000_000 {
		return 0, fmt.Errorf("%q is not a number of degrees up to %d", degrees, most)
	}
	if negative {
		return -int32(n), nil
	}
	return int32(n), nil
}

// Holds reports whether an area holds a point. A point on an edge, of the outer
// ring or of a hole, is held: a project on the line answers to the unit.
func Holds(area *permitsv1.Area, p Point) bool {
	inside := false
	for _, ring := range area.GetRings() {
		crossings, onEdge := crossed(ring.GetCorners(), p)
		if onEdge {
			return true
		}
		inside = inside != crossings
	}
	return inside
}

// crossed reports whether a ray to the east crosses the ring an odd number of
// times, and whether the point lies on the ring itself.
func crossed(corners []int32, p Point) (odd, onEdge bool) {
	n := len(corners) / 2
	for i := range n {
		a, b := corner(corners, i), corner(corners, (i+1)%n)
		turn := side(a, b, p)
		if turn == 0 && between(a.Lon, b.Lon, p.Lon) && between(a.Lat, b.Lat, p.Lat) {
			return false, true
		}
		if (a.Lat > p.Lat) != (b.Lat > p.Lat) && (turn > 0) == (b.Lat > a.Lat) {
			odd = !odd
		}
	}
	return odd, false
}

func corner(corners []int32, i int) Point { return Point{corners[2*i], corners[2*i+1]} }

// side is positive when p lies to the left of the way from a to b, zero on its
// line. Differences are below 2^30, so that the products fit.
func side(a, b, p Point) int64 {
	return (int64(b.Lon)-int64(a.Lon))*(int64(p.Lat)-int64(a.Lat)) - (int64(b.Lat)-int64(a.Lat))*(int64(p.Lon)-int64(a.Lon))
}

func between(a, b, x int32) bool { return min(a, b) <= x && x <= max(a, b) }
