package main

import (
	"os"

	"shiyang/bench/machine"
)

// ticks per second of what processTicks returns.
const ticks = 100

// processTicks is what a process and its children have computed so far.
func processTicks(pid int) float64 { return machine.CPU(pid).Seconds() * ticks }

// foreign measures f and returns how much of one core others used meanwhile.
func foreign(f func() error, programs ...*program) (float64, error) {
	roots := []int{os.Getpid()}
	for _, p := range programs {
		roots = append(roots, p.cmd.Process.Pid)
	}
	before := machine.Take(os.TempDir(), roots...)
	err := f()
	return before.Since(os.TempDir()).Foreign, err
}
