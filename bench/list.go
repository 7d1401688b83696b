package main

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
)

// measureList measures filtered and sorted pages of a long list and of one a
// tenth as long.
func (r *run) measureList() error {
	var p99 [2]float64
	for i, rows := range []int{int(10_000 * r.scale), int(100_000 * r.scale)} {
		value, raw, err := r.listTimes(rows)
		if err != nil {
			return err
		}
		p99[i] = value
		goal := ""
		if i == 1 {
			goal = "≤ 20"
		}
		r.add(Figure{"list", fmt.Sprintf("list of %d permits, filtered and sorted, p99", rows), value, "ms", goal, raw})
	}
	r.add(Figure{"list", "p99 of the long list ÷ of the short", p99[1] / p99[0], "ratio", "≤ 1.5", nil})
	return nil
}

func (r *run) listTimes(rows int) (p99 float64, raw []float64, err error) {
	data := filepath.Join(r.dir, fmt.Sprintf("list%d", rows))
	p, err := r.launch(data, true)
	if err != nil {
		return 0, nil, err
	}
	signs := p.signs
	if err := p.stop(); err != nil {
		return 0, nil, err
	}
	if err := r.seedPermits(data, rows); err != nil {
		return 0, nil, err
	}
	if p, err = r.launch(data, false); err != nil { // signed in as before
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	p.signs = signs
	clerk, err := r.signIn(p, "shouli")
	if err != nil {
		return 0, nil, err
	}
	queries := []string{
		"status=PERMIT_STATUS_SUBMITTED&order=due", "division=620602&order=unit_name", "order=recorded&pageSize=50",
		"managementClass=MANAGEMENT_CLASS_KEY&division=620623&order=due", "query=" + url.QueryEscape("示例厂 77"), "status=PERMIT_STATUS_SUBMITTED&division=620621&order=recorded",
	}
	var times []float64
	each := map[string][]float64{}
	for range 40 * r.rounds {
		for _, query := range queries {
			one, err := timed(1, func() error { return clerk.Get(r.ctx, "/v1/permits?"+query, nil) })
			if err != nil {
				return 0, nil, fmt.Errorf("%s: %w", query, err)
			}
			times = append(times, one...)
			each[query] = append(each[query], one...)
		}
	}
	for _, query := range queries {
		what := fmt.Sprintf("%d permits, ?%s, p50", rows, query)
		r.add(Figure{"list", what, median(each[query]), "ms", "", []float64{quantile(each[query], 0.9), quantile(each[query], 0.99)}})
	}
	return quantile(times, 0.99), []float64{quantile(times, 0.5), quantile(times, 0.9), quantile(times, 0.99), quantile(times, 1)}, nil
}
