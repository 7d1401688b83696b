package main

import (
	"context"
	"time"

	"shiyang/test/torture/crash"
	"shiyang/test/torture/disk"
	"shiyang/test/torture/linear"
	"shiyang/test/torture/network"
	"shiyang/test/torture/trial"
)

// slow is scenario R7: a third of the time each for a slow disk, a slow network
// to the store, and the whole bureau before a slow store.
func slow(ctx context.Context, t *trial.Trial) error {
	third := time.Duration(t.Count) * time.Second / 3
	for n, part := range []func(context.Context, *trial.Trial, time.Duration) error{disk.Slow, network.Slow, network.Gateway} {
		if err := part(ctx, t, third); err != nil {
			return err
		}
		t.Progress((n + 1) * t.Count / 3)
	}
	return nil
}

// scenarios are the rows of the report, in the order in which they run.
func scenarios() []trial.Scenario {
	return []trial.Scenario{
		{Name: "R1", Title: "kill -9 of the store during load", Unit: "kills", Short: 100, Long: 1000, Run: crash.Kill},
		{Name: "R1S", Title: "kill -9 of the store during scavenges", Unit: "kills", Short: 20, Long: 300, Run: crash.Scavenge},
		{Name: "R3", Title: "power loss: what was not synced is gone", Unit: "power failures", Short: 2000, Long: 50_000, Run: disk.PowerLoss},
		{Name: "B", Title: "builds that break a promise on purpose are found out by R3", Unit: "builds", Short: 4, Long: 4, Run: broken},
		{Name: "R4", Title: "cut files, turned bits, sectors of zeros", Unit: "damages", Short: 500, Long: 10_000, Run: disk.Damage},
		{Name: "R6", Title: "EIO from the nth write, sync or rename", Unit: "operations", Short: 500, Long: 5000, Run: disk.BrokenWrites},
		{Name: "R5", Title: "disk full, and room again", Unit: "fills", Short: 10, Long: 200, Run: crash.DiskFull},
		{Name: "R7", Title: "slow disk, slow network, and the bureau before a slow store", Unit: "seconds", Short: 300, Long: 1200, Run: slow},
		{Name: "R8", Title: "network to the store cut", Unit: "cuts", Short: 30, Long: 500, Run: network.Cuts},
		{Name: "R9", Title: "leader of a cluster changes", Unit: "changes", Short: 50, Long: 500, Run: network.Leaders},
		{Name: "R14", Title: "appends and reads of a stream are linearizable under kills and cuts", Unit: "histories", Short: 200, Long: 5000, Run: linear.Histories},
		{Name: "R15", Title: "backup under load, loss, restore, compare", Unit: "drills", Short: 3, Long: 30, Run: crash.Drill},
		{Name: "S6", Title: "store restarted under 32 supervised writers", Unit: "restarts", Short: 100, Long: 1000, Run: network.Restarts},
	}
}
