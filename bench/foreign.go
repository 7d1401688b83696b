package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// ticks per second of the figures in /proc; Linux shows 100 on every machine.
const ticks = 100

// busy is what the machine and the measured processes have computed so far,
// in ticks; on a system without /proc all of it is zero.
type busy struct{ all, ours float64 }

// spent reads what was computed until now by everybody, and by this process
// and the programs it measures.
func spent(programs ...*program) busy {
	var b busy
	if file, err := os.Open("/proc/stat"); err == nil {
		lines := bufio.NewScanner(file)
		if lines.Scan() {
			for i, field := range strings.Fields(lines.Text()) {
				if i == 0 || i == 4 || i == 5 || i > 8 { // name, idle, waiting, guests counted already
					continue
				}
				n, _ := strconv.ParseFloat(field, 64)
				b.all += n
			}
		}
		_ = file.Close()
	}
	b.ours = processTicks(os.Getpid())
	for _, p := range programs {
		b.ours += processTicks(p.cmd.Process.Pid)
	}
	return b
}

func processTicks(pid int) float64 {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(content), ") ") // the name may hold spaces
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseFloat(fields[11], 64)
	system, _ := strconv.ParseFloat(fields[12], 64)
	return user + system
}

// foreign measures f and returns how much of one core others used meanwhile.
func foreign(f func() error, programs ...*program) (float64, error) {
	began, before := time.Now(), spent(programs...)
	err := f()
	after := spent(programs...)
	others := (after.all - before.all) - (after.ours - before.ours)
	return max(0, others/ticks/time.Since(began).Seconds()), err
}
