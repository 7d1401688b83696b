package main

import (
	"os"
	"path/filepath"

	"shiyang/bench/store"
)

// measureStore measures the event store beside its peers; its table has a page
// of its own.
func (r *run) measureStore() error {
	dir := filepath.Join(r.dir, "store")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	o := store.Options{Binary: r.binary, Dir: dir, Rounds: r.rounds, Events: r.events, Profile: r.profile, Log: r.log}
	if r.quick {
		o.Quick, o.Rounds, o.Events = true, 1, 20_000
	}
	report, err := store.Measure(r.ctx, o)
	if err != nil {
		return err
	}
	report.WriteGoals(r.log)
	if r.out == "" {
		return nil
	}
	return report.Write(r.out)
}
