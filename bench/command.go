package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"shiyang/cmd/shiyang/apiclient"
)

// floors are the two floors that a command is compared with: what it cannot do
// without when nothing but this process takes part, and when the servers run
// in a process of their own, as the program does for whoever calls it.
var floors = []struct {
	name  string
	apart bool
}{
	{"floor within one process", false},
	{"floor across two processes", true},
}

// measureCommand measures one command alone, from HTTP to the disk and back,
// beside the sum of what it cannot do without, in interleaved rounds.
func (r *run) measureCommand() (err error) {
	var opened []*floorParts
	for _, kind := range floors {
		f, err := r.newFloor(kind.apart)
		if err != nil {
			return err
		}
		opened = append(opened, f)
	}
	defer func() {
		for _, f := range opened {
			err = errors.Join(err, f.close())
		}
	}()
	p, err := r.launch(filepath.Join(r.dir, "command"), true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.stop()) }()
	command, err := r.command(p)
	if err != nil {
		return err
	}
	err = r.profiled(p, "command", 5, func() error { // warm up
		for began := time.Now(); time.Since(began) < 6*time.Second; {
			if _, err := timed(commandsPerRound, command); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := r.compareCommand(p, command, opened); err != nil {
		return err
	}
	return r.measureCallers(command)
}

const commandsPerRound = 300

// compareCommand sets the command beside both floors.
func (r *run) compareCommand(p *program, command func() error, opened []*floorParts) error {
	var commands, others, cpu []float64
	ratios := make([][]float64, len(opened))
	parts := map[string][]float64{}
	round := func() error {
		sums := make([]float64, len(opened))
		for i, f := range opened {
			for _, name := range partNames {
				times, err := timed(commandsPerRound, f.parts[name])
				if err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
				key := floors[i].name + ": " + name
				parts[key] = append(parts[key], median(times))
				sums[i] += median(times)
			}
		}
		before := processTicks(p.cmd.Process.Pid)
		times, err := timed(commandsPerRound, command)
		if err != nil {
			return err
		}
		cpu = append(cpu, (processTicks(p.cmd.Process.Pid)-before)/ticks/commandsPerRound*1e3)
		commands = append(commands, median(times))
		for i, sum := range sums {
			ratios[i] = append(ratios[i], median(times)/sum)
		}
		return nil
	}
	measured := []*program{p}
	for _, f := range opened {
		if f.apart != nil {
			measured = append(measured, f.apart)
		}
	}
	for range r.rounds {
		used, err := foreign(round, measured...)
		if err != nil {
			return err
		}
		others = append(others, used)
	}
	for _, kind := range floors {
		for _, name := range partNames {
			key := kind.name + ": " + name
			r.add(Figure{"command", key + ", p50", median(parts[key]), "ms", "", parts[key]})
		}
	}
	r.add(Figure{"command", "HTTP command alone, p50", median(commands), "ms", "", commands})
	for i, kind := range floors {
		goal := ""
		if kind.apart {
			goal = "≤ 1.6"
		}
		r.add(Figure{"command", "HTTP command alone ÷ sum of the " + kind.name + ", p50", median(ratios[i]), "ratio", goal, ratios[i]})
	}
	r.add(Figure{"command", "CPU of the program for one command, views included", median(cpu), "ms", "", cpu})
	r.add(Figure{"command", "CPU that others used meanwhile", median(others), "cores", "", others})
	return nil
}

// measureCallers measures the same command with 64 callers at once.
func (r *run) measureCallers(command func() error) error {
	const each = 40
	var rates []float64
	for range r.rounds {
		began := time.Now()
		var all errgroup.Group
		for range callersAtOnce {
			all.Go(func() error {
				_, err := timed(each, command)
				return err
			})
		}
		if err := all.Wait(); err != nil {
			return err
		}
		rates = append(rates, callersAtOnce*each/time.Since(began).Seconds())
	}
	r.add(Figure{"command", "HTTP commands of 64 callers", median(rates), "1/s", "", rates})
	return nil
}

// session is a sign-in, and a client that acts in it.
type session struct {
	*apiclient.Client
	apiclient.Session
}

func (r *run) signIn(p *program, login string) (session, error) {
	c := apiclient.New(p.url)
	opened, err := c.SignIn(r.ctx, login, p.signs[login], "")
	if err != nil {
		return session{}, fmt.Errorf("sign in %s: %w", login, err)
	}
	return session{c.As(opened), opened}, nil
}
