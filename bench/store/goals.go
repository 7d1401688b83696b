package store

import (
	"fmt"

	"shiyang/bench/machine"
)

// goal is a ratio or a figure and its bound. With atMost the value must not be
// above the goal, otherwise not below; stretch is the wish beyond, or 0.
type goal struct {
	id, what      string
	goal, stretch float64
	atMost        bool
	unit          string
	rounds        func(*Report) []float64 // of each round; none if a peer is missing
}

// Judged is a goal with what was measured.
type Judged struct {
	ID       string    `json:"id"`
	What     string    `json:"what"`
	Goal     string    `json:"goal"`
	Stretch  string    `json:"stretch,omitempty"`
	Measured float64   `json:"measured"`
	Unit     string    `json:"unit,omitempty"`
	Rounds   []float64 `json:"rounds"`
	Met      bool      `json:"met"`
	Absent   bool      `json:"absent,omitempty"` // a peer is missing on this machine
}

var goals = []goal{
	{"P1", "append throughput, 64 writers ÷ message-db at 64", 2.8, 3.3, false, "", rates(load{ours, 64, 1}, load{messages, 64, 1})},
	{"P1", "append throughput, 64 writers ÷ message-db at its best", 2.4, 3.0, false, "", bestOfMessages},
	{"P1b", "append throughput, 64 writers ÷ CRUD and audit at 64", 3.6, 0, false, "", rates(load{ours, 64, 1}, load{crud, 64, 1})},
	{"P1b", "append throughput, 64 writers ÷ NATS at 64", 4, 0, false, "", rates(load{ours, 64, 1}, load{nats, 64, 1})},
	{"P1b", "p99 at 64 writers ÷ message-db's", 0.10, 0, true, "", points(func(p Point) float64 { return p.P99 }, load{ours, 64, 1}, load{messages, 64, 1})},
	{"P1c", "append throughput, 16 writers ÷ message-db at 16", 1.9, 2.3, false, "", rates(load{ours, 16, 1}, load{messages, 16, 1})},
	{"P2", "p50 of one writer ÷ message-db's", 1.15, 1.0, true, "", points(func(p Point) float64 { return p.P50 }, load{ours, 1, 1}, load{messages, 1, 1})},
	{"P3", "ReadAll from disk ÷ from a memory server", 0.85, 0.95, false, "", figures(figureReadAll, figureReadMemory)},
	{"P4", "events/s with 10 events per append ÷ with one, 64 writers", 3, 4, false, "", rates(load{ours, 64, 10}, load{ours, 64, 1})},
	{"P8", "CPU of an append, long log ÷ short log", 1.10, 1.03, true, "", growthOf(growing[0])},
	{"P8", "CPU of reading $all, long log ÷ short log", 1.10, 1.03, true, "", growthOf(growing[1])},
	{"P8", "CPU of reading short streams, long log ÷ short log", 1.10, 1.03, true, "", growthOf(growing[2])},
	{"P9", "start to ready on the long log, after a kill", 5, 2, true, "s", figures(figureStartKill, "")},
	{"P9", "most memory held under load", 1074, 0, true, "MB", figures(figureLongPeak, "")},
}

// judge fills in the goals.
func (r *Report) judge() {
	for _, g := range goals {
		sign := "≥"
		if g.atMost {
			sign = "≤"
		}
		j := Judged{ID: g.id, What: g.what, Goal: fmt.Sprintf("%s %g", sign, g.goal), Unit: g.unit, Rounds: g.rounds(r)}
		if g.stretch != 0 {
			j.Stretch = fmt.Sprintf("%g", g.stretch)
		}
		j.Measured = machine.Median(j.Rounds)
		j.Absent = len(j.Rounds) == 0
		j.Met = !j.Absent && g.metBy(j.Measured)
		r.Goals = append(r.Goals, j)
	}
}

func (g goal) metBy(value float64) bool {
	if g.atMost {
		return value <= g.goal
	}
	return value >= g.goal
}

// points are the ratios of one value of two loads in each round.
func points(value func(Point) float64, above, below load) func(*Report) []float64 {
	return func(r *Report) []float64 {
		return ratios(valuesOf(r.series(above).Points, value), valuesOf(r.series(below).Points, value))
	}
}

func rate(p Point) float64 { return p.Rate }

func rates(above, below load) func(*Report) []float64 { return points(rate, above, below) }

// bestOfMessages sets our 64 writers beside the number of writers with which
// message-db is fastest on this machine.
func bestOfMessages(r *Report) []float64 {
	var best load
	most := 0.0
	for _, l := range loads {
		if l.store == messages {
			if median := machine.Median(valuesOf(r.series(l).Points, rate)); median > most {
				best, most = l, median
			}
		}
	}
	return rates(load{ours, 64, 1}, best)(r)
}

// figures are the ratios of two figures in each round, or the first alone.
func figures(above, below string) func(*Report) []float64 {
	return func(r *Report) []float64 {
		if below == "" {
			return r.roundsOf(above)
		}
		return ratios(r.roundsOf(above), r.roundsOf(below))
	}
}

func growthOf(what string) func(*Report) []float64 {
	return figures(growthFigure(what, "long"), growthFigure(what, "short"))
}

func (r *Report) roundsOf(what string) []float64 {
	for _, f := range r.Others {
		if f.What == what {
			return f.Rounds
		}
	}
	return nil
}

func valuesOf(list []Point, value func(Point) float64) []float64 {
	values := make([]float64, len(list))
	for i, p := range list {
		values[i] = value(p)
	}
	return values
}

func ratios(above, below []float64) []float64 {
	var list []float64
	for i := range min(len(above), len(below)) {
		if below[i] > 0 {
			list = append(list, above[i]/below[i])
		}
	}
	return list
}
