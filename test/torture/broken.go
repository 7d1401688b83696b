package main

import (
	"context"
	"fmt"

	"shiyang/test/torture/program"
	"shiyang/test/torture/trial"
)

// promises are those that a build can be told not to keep.
var promises = []struct{ name, what, found string }{
	{"sync", "the log is never synced", "lost"},
	{"ack", "answers before the sync", "lost"},
	{"visible", "readers before the sync", "lost"},
	{"dedup", "repeated appends written again", "duplicates"},
}

// powerFailures is how often the power of a broken build fails.
const powerFailures = 150

// broken is the test of the tests: builds that break one promise each, on
// purpose, must fail scenario R3, and the same build that keeps all must pass.
func broken(ctx context.Context, t *trial.Trial) error {
	binary, err := program.Build(ctx, t.Dir, "shiyang/test/torture", "broken", "broken")
	if err != nil {
		return err
	}
	args := []string{"-only", "R3", "-count", fmt.Sprint(powerFailures)}
	control := t.Aside()
	if _, err := control.Run(ctx, binary, args, []string{"SHIYANG_BROKEN="}, powerFailures); err != nil {
		return err
	}
	if control.Faults() > 0 {
		t.Fault("the build that keeps its promises fails: %d", control.Faults())
	}
	for _, p := range promises[:min(t.Count, len(promises))] {
		aside := t.Aside()
		if _, err := aside.Run(ctx, binary, args, []string{"SHIYANG_BROKEN=" + p.name}, powerFailures); err != nil {
			return fmt.Errorf("%s: %w", p.what, err)
		}
		if aside.Of(p.found) == 0 {
			t.Fault("%s: nothing is %s; %v", p.what, p.found, aside)
		}
		t.Add("builds found out", min(1, aside.Of(p.found)))
		t.Note("%s: %d %s", p.what, aside.Of(p.found), p.found)
	}
	return nil
}
