package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"shiyang/cmd/shiyang/apiclient"
)

// measureCommand measures one command alone, from HTTP to the disk and back,
// beside the sum of what it cannot do without, in interleaved rounds.
func (r *run) measureCommand() (err error) {
	f, err := r.newFloor()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	p, err := r.launch(filepath.Join(r.dir, "command"), true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	clerk, err := r.signIn(p, "shouli")
	if err != nil {
		return err
	}
	var count atomic.Int64
	command := func() error {
		n := count.Add(1)
		_, err := clerk.Command(r.ctx, "/v1/facilities", "", map[string]any{"site": map[string]any{
			"unitName": fmt.Sprintf("示例测速%d厂", n), "division": "620602", "remark": string(payload[:450]), "example": true,
		}})
		return err
	}
	const each = 300
	err = r.profiled(p, "command", 5, func() error { // warm up
		for began := time.Now(); time.Since(began) < 6*time.Second; {
			if _, err := timed(each, command); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var ratios, commands, others, cpu []float64
	parts := map[string][]float64{}
	for range r.rounds {
		round := func() error {
			sum := 0.0
			for _, name := range floorParts {
				times, err := timed(each, f.parts[name])
				if err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
				parts[name] = append(parts[name], median(times))
				sum += median(times)
			}
			before := processTicks(p.cmd.Process.Pid)
			times, err := timed(each, command)
			if err != nil {
				return err
			}
			cpu = append(cpu, (processTicks(p.cmd.Process.Pid)-before)/ticks/each*1e3)
			commands = append(commands, median(times))
			ratios = append(ratios, median(times)/sum)
			return nil
		}
		used, err := foreign(round, p)
		if err != nil {
			return err
		}
		others = append(others, used)
	}
	for _, name := range floorParts {
		r.add(Figure{"command", "floor: " + name + ", p50", median(parts[name]), "ms", "", parts[name]})
	}
	r.add(Figure{"command", "HTTP command alone, p50", median(commands), "ms", "", commands})
	r.add(Figure{"command", "HTTP command alone ÷ sum of the floor, p50", median(ratios), "ratio", "≤ 1.6", ratios})
	r.add(Figure{"command", "CPU of the program for one command, views included", median(cpu), "ms", "", cpu})
	r.add(Figure{"command", "CPU that others used meanwhile", median(others), "cores", "", others})
	return r.measureCallers(command)
}

// measureCallers measures the same command with 64 callers at once.
func (r *run) measureCallers(command func() error) error {
	const callers, each = 64, 40
	var rates []float64
	for range r.rounds {
		began := time.Now()
		var all errgroup.Group
		for range callers {
			all.Go(func() error {
				_, err := timed(each, command)
				return err
			})
		}
		if err := all.Wait(); err != nil {
			return err
		}
		rates = append(rates, callers*each/time.Since(began).Seconds())
	}
	r.add(Figure{"command", "HTTP commands of 64 callers", median(rates), "1/s", "", rates})
	return nil
}

func (r *run) signIn(p *program, login string) (*apiclient.Client, error) {
	c := apiclient.New(p.url)
	session, err := c.SignIn(r.ctx, login, p.signs[login], "")
	if err != nil {
		return nil, fmt.Errorf("sign in %s: %w", login, err)
	}
	return c.As(session), nil
}
