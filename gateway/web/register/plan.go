package register

import (
	"context"
	"fmt"
	"math"
	"strconv"

	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// The sketch of the prefecture: a plain grid of degrees without anybody's map.
// Floats are good enough to draw with; the coordinates beside it are written
// as they are registered.
const (
	west, east   = 101.6, 104.4
	south, north = 36.4, 39.6
	planWidth    = 300.0
	squeeze      = 0.788 // cosine of 38°: a degree of longitude is shorter
	planHeight   = planWidth / ((east - west) * squeeze) * (north - south)
)

// dot is a point of a drawing.
type dot struct {
	X, Y, Label string
	Text        string // where its label begins
}

// line is a line of a drawing.
type line struct{ X1, Y1, X2, Y2 string }

// plan is the sketch with the site on it.
type plan struct {
	Width, Height string
	Lines         []line
	Marks         []dot // degrees beside the lines
	Seats         []dot
	Site          dot
}

func px(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

func onPlan(lon, lat float64) (x, y float64) {
	return (lon - west) / (east - west) * planWidth, (north - lat) / (north - south) * planHeight
}

// coordinates reads a position; false if it has none.
func coordinates(l *commonv1.Location) (lon, lat float64, ok bool) {
	lon, errLon := strconv.ParseFloat(l.GetLongitude(), 64)
	lat, errLat := strconv.ParseFloat(l.GetLatitude(), 64)
	return lon, lat, errLon == nil && errLat == nil
}

// newPlan draws a position; false if it lies outside.
func newPlan(ctx context.Context, l *commonv1.Location) (plan, bool) {
	lon, lat, ok := coordinates(l)
	if !ok || lon < west || lon > east || lat < south || lat > north {
		return plan{}, false
	}
	p := plan{Width: px(planWidth), Height: px(planHeight)}
	for half := math.Ceil(west * 2); half <= east*2; half++ {
		x, _ := onPlan(half/2, north)
		p.Lines = append(p.Lines, line{px(x), "0", px(x), p.Height})
		if math.Mod(half, 2) == 0 {
			p.Marks = append(p.Marks, dot{X: px(x + 3), Y: px(planHeight - 4), Label: fmt.Sprintf("%.0f°", half/2)})
		}
	}
	for half := math.Ceil(south * 2); half <= north*2; half++ {
		_, y := onPlan(west, half/2)
		p.Lines = append(p.Lines, line{"0", px(y), p.Width, px(y)})
		if math.Mod(half, 2) == 0 {
			p.Marks = append(p.Marks, dot{X: "3", Y: px(y - 3), Label: fmt.Sprintf("%.0f°", half/2)})
		}
	}
	for _, s := range seats {
		x, y := onPlan(s.lon, s.lat)
		p.Seats = append(p.Seats, dot{X: px(x), Y: px(y), Text: px(x + 7), Label: s.name.In(ctx)})
	}
	x, y := onPlan(lon, lat)
	p.Site = dot{X: px(x), Y: px(y)}
	return p, true
}

// layout is how the outlets of a site lie beside each other.
type layout struct {
	Dots  []dot
	Bar   line
	Scale string
	Label dot
}

const (
	layoutWidth, layoutHeight = 300.0, 220.0
	layoutEdge                = 34.0
	metresPerDegree           = 111_320.0
)

// newLayout draws the outlets that have a position, with the site's own if it
// has one; false if there are fewer than two points.
func newLayout(ctx context.Context, at *commonv1.Location, outlets []*permitsv1.Outlet) (layout, bool) {
	type place struct {
		x, y  float64 // metres
		label string
	}
	var places []place
	add := func(l *commonv1.Location, label string) {
		if lon, lat, ok := coordinates(l); ok {
			places = append(places, place{lon * metresPerDegree * math.Cos(lat*math.Pi/180), lat * metresPerDegree, label})
		}
	}
	add(at, siteMark.In(ctx))
	for _, o := range outlets {
		add(o.GetLocation(), o.GetCode())
	}
	if len(places) < 2 {
		return layout{}, false
	}
	left, right, low, high := places[0].x, places[0].x, places[0].y, places[0].y
	for _, p := range places {
		left, right, low, high = min(left, p.x), max(right, p.x), min(low, p.y), max(high, p.y)
	}
	perMetre := min((layoutWidth-2*layoutEdge)/max(right-left, 20), (layoutHeight-2*layoutEdge-20)/max(high-low, 20))
	var l layout
	for _, p := range places {
		x := layoutWidth/2 + (p.x-(left+right)/2)*perMetre
		y := (layoutHeight-20)/2 - (p.y-(low+high)/2)*perMetre
		l.Dots = append(l.Dots, dot{X: px(x), Y: px(y), Text: px(y - 8), Label: p.label})
	}
	metres := roundMetres(90 / perMetre)
	l.Scale = fmt.Sprintf("%.0f m", metres)
	l.Bar = line{"12", px(layoutHeight - 12), px(12 + metres*perMetre), px(layoutHeight - 12)}
	l.Label = dot{X: "12", Y: px(layoutHeight - 18), Label: l.Scale}
	return l, true
}

// roundMetres is the largest of 1, 2, 5, 10, 20 … that is not more than m.
func roundMetres(m float64) float64 {
	ten := math.Pow(10, math.Floor(math.Log10(max(m, 1))))
	for _, step := range []float64{5, 2} {
		if step*ten <= m {
			return step * ten
		}
	}
	return ten
}
