package monitoring

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"shiyang/gateway/web/words"
	permitsv1 "shiyang/proto/permits/v1"
)

// Measures of a chart, in its own units.
const (
	chartWidth, chartHeight = 720.0, 180.0
	chartLeft, chartRight   = 48.0, 12.0
	chartTop, chartBottom   = 12.0, 24.0
)

// chart is one pollutant over time, drawn by the server. The table beside it
// says the same in numbers.
type chart struct {
	Name, Title, Unit string
	Lines             []string // paths of unbroken runs of values
	Limit             string   // vertical place of the limit; "" if none
	LimitText         string
	Above             [][2]string // places of values above the limit
	Ticks             [][2]string // vertical place and value
	Days              [][2]string // horizontal place and words
}

// draw makes the charts of the pollutants that have a limit, or of the first
// one, three at most.
func draw(ctx context.Context, got *permitsv1.ListMeterReadingsResponse, from, to time.Time, step time.Duration) []chart {
	var charts []chart
	for _, p := range got.GetPollutants() {
		if len(charts) == 3 || p.GetLimit() == "" && len(charts) > 0 {
			break
		}
		if c, ok := drawOne(ctx, p, got.GetRows(), from, to, step); ok {
			charts = append(charts, c)
		}
	}
	return charts
}

// point is one value of a pollutant.
type point struct {
	at       time.Time
	value    float64 // only drawn, never compared with a limit
	exceeded bool
}

func points(code string, rows []*permitsv1.MeterPeriodRow) (all []point) {
	for _, row := range rows {
		for _, r := range row.GetReadings() {
			if r.GetReading().GetPollutant() != code || r.GetReading().GetFlag() != "N" {
				continue
			}
			if v, err := strconv.ParseFloat(shown(r.GetReading()), 64); err == nil {
				all = append(all, point{row.GetFrom().AsTime(), v, r.GetExceeded()})
			}
		}
	}
	return all
}

// shown is the value that is held against a limit: the converted mean, if
// there is one.
func shown(r *permitsv1.MeterReading) string {
	if r.GetZsAvg() != "" {
		return r.GetZsAvg()
	}
	return r.GetAvg()
}

func drawOne(ctx context.Context, p *permitsv1.PollutantInfo, rows []*permitsv1.MeterPeriodRow, from, to time.Time, step time.Duration) (chart, bool) {
	all := points(p.GetCode(), rows)
	if len(all) == 0 {
		return chart{}, false
	}
	limitValue, _, _ := strings.Cut(p.GetLimit(), " ")
	limit, err := strconv.ParseFloat(limitValue, 64)
	top := 0.0
	for _, point := range all {
		top = max(top, point.value)
	}
	if err == nil {
		top = max(top, limit)
	}
	top = nice(top * 1.1)
	x := func(at time.Time) float64 {
		return chartLeft + (chartWidth-chartLeft-chartRight)*float64(at.Sub(from))/float64(to.Sub(from))
	}
	y := func(v float64) float64 {
		return chartHeight - chartBottom - (chartHeight-chartTop-chartBottom)*max(0, v)/top
	}
	name := words.From(p.GetTitle()).In(ctx)
	c := chart{Name: chartName.F(ctx, name, p.GetUnit(), len(all)), Title: name, Unit: p.GetUnit()}
	if err == nil {
		c.Limit, c.LimitText = place(y(limit)), limitIs.F(ctx, p.GetLimit())
	}
	c.Lines = lines(all, x, y, step)
	for _, point := range all {
		if point.exceeded {
			c.Above = append(c.Above, [2]string{place(x(point.at)), place(y(point.value))})
		}
	}
	for i := range 3 {
		v := top * float64(i) / 2
		c.Ticks = append(c.Ticks, [2]string{place(y(v)), strconv.FormatFloat(v, 'g', 4, 64)})
	}
	c.Days = days(ctx, from, to, x)
	return c, true
}

// lines joins neighbours; a missing period leaves a gap.
func lines(all []point, x func(time.Time) float64, y func(float64) float64, step time.Duration) []string {
	var paths []string
	var b strings.Builder
	for i, p := range all {
		verb := "L"
		if i == 0 || p.at.Sub(all[i-1].at) > step*3/2 {
			if b.Len() > 0 {
				paths = append(paths, b.String())
				b.Reset()
			}
			verb = "M"
		}
		_, _ = fmt.Fprintf(&b, "%s%s %s", verb, place(x(p.at)), place(y(p.value))) // a builder never fails
	}
	return append(paths, b.String())
}

// days are marks below the chart, five at most.
func days(ctx context.Context, from, to time.Time, x func(time.Time) float64) (marks [][2]string) {
	every := max(1, int(to.Sub(from)/(24*time.Hour)/5))
	for d := midnight(from); d.Before(to); d = d.AddDate(0, 0, every) {
		if !d.Before(from) {
			marks = append(marks, [2]string{place(x(d)), words.ShortDay(ctx, words.Today(d))})
		}
	}
	return marks
}

// midnight begins the legal day of an instant.
func midnight(at time.Time) time.Time {
	d, _ := words.Time(words.Today(at)) // a day of ours
	return d
}

// nice rounds up to a number that reads well, and so does its half.
func nice(v float64) float64 {
	size := 0.001
	for {
		for _, m := range []float64{1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10} {
			if v <= m*size {
				return m * size
			}
		}
		size *= 10
	}
}

func place(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }
