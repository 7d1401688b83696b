package main

import (
	"fmt"
	"path/filepath"
	"time"
)

// measureStart measures how long a start takes and what an idle bureau holds.
func (r *run) measureStart() error {
	empty, err := r.launch(filepath.Join(r.dir, "empty"), false)
	if err != nil {
		return err
	}
	r.add(Figure{"start", "binary start to ready, empty data", empty.ready.Seconds(), "s", "≤ 1", nil})
	if err := empty.stop(); err != nil {
		return err
	}
	demo, err := r.launch(filepath.Join(r.dir, "demo"), true)
	if err != nil {
		return err
	}
	time.Sleep(5 * time.Second) // let it become idle
	r.add(Figure{"start", "memory of an idle all-in-one bureau", demo.resident(), "MB", "≤ 200", nil})
	if err := demo.stop(); err != nil {
		return err
	}
	return r.startFull()
}

// startFull measures a start on a long log whose views are up to date.
func (r *run) startFull() error {
	data := filepath.Join(r.dir, "full")
	// A fresh folder: only views that were never live keep a start from being
	// ready until they have seen the log. The editions of the law come last
	// here and compute every open row again, which life spares them.
	events := int(1_000_000 * r.scale)
	if err := r.seedPermits(data, int(float64(events)/eventsPerPermit)); err != nil {
		return err
	}
	first, err := r.launch(data, false)
	if err != nil {
		return err
	}
	used := processTicks(first.cmd.Process.Pid)
	r.add(Figure{"start", "CPU for one event in all views", used / ticks / float64(events) * 1e6, "µs", "", nil})
	r.add(Figure{"start", fmt.Sprintf("views built from %d events", events), first.ready.Seconds(), "s", "", nil})
	if err := first.stop(); err != nil {
		return err
	}
	var times []float64
	for range r.rounds {
		again, err := r.launch(data, false)
		if err != nil {
			return err
		}
		times = append(times, again.ready.Seconds())
		if err := again.stop(); err != nil {
			return err
		}
	}
	r.add(Figure{"start", fmt.Sprintf("binary start to ready, %d events", events), median(times), "s", "≤ 5", times})
	return nil
}
