package main

import (
	"shiyang/test/torture/crash"
	"shiyang/test/torture/disk"
	"shiyang/test/torture/trial"
)

// scenarios are the rows of the report, in the order in which they run.
func scenarios() []trial.Scenario {
	return []trial.Scenario{
		{Name: "R1", Title: "kill -9 of the store during load", Unit: "kills", Short: 100, Long: 1000, Run: crash.Kill},
		{Name: "R3", Title: "power loss: what was not synced is gone", Unit: "power failures", Short: 2000, Long: 50_000, Run: disk.PowerLoss},
		{Name: "R4", Title: "cut files, turned bits, sectors of zeros", Unit: "damages", Short: 500, Long: 10_000, Run: disk.Damage},
		{Name: "R6", Title: "EIO from the nth write, sync or rename", Unit: "operations", Short: 500, Long: 5000, Run: disk.BrokenWrites},
	}
}
