// Package machine reads from /proc what processes computed, how often the disk
// was told to make its cache durable, and what a process holds in memory, so
// that a figure can be set beside what it cost and beside what others did
// meanwhile. It imports nothing of ours. Start with Take.
//
// On a system without /proc every figure is zero.
package machine

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit of processor time in /proc; Linux shows 1/100 s everywhere.
const tick = 10 * time.Millisecond

// process is one line of the process table. cpu includes what its ended
// children computed, so that the sum over all processes never falls.
type process struct {
	parent int
	cpu    time.Duration
}

// kernel is the parent of the kernel's own threads. What they compute is
// mostly the measured writing itself.
const kernel = 2

// Snapshot is what had been computed and flushed up to one moment.
type Snapshot struct {
	at      time.Time
	roots   []int
	disk    string
	cpu     []time.Duration // of the tree below each root
	others  time.Duration   // of processes below no root, and stolen by other machines
	flushes float64
}

// Use is what happened between a snapshot and a later moment.
type Use struct {
	Elapsed time.Duration
	CPU     []time.Duration // of the tree below each root, in the order of Take
	Foreign float64         // cores that processes below no root took, on average
	Flushes float64         // times that the disk's cache was made durable
}

// Take remembers the present for the processes below each root, and for the
// disk that holds the folder dir.
func Take(dir string, roots ...int) Snapshot {
	s := Snapshot{at: time.Now(), roots: roots, disk: diskOf(dir), cpu: make([]time.Duration, len(roots))}
	table := processes()
	for pid, p := range table {
		switch i := s.rootOf(table, pid); {
		case i >= 0:
			s.cpu[i] += p.cpu
		case pid != kernel && p.parent != kernel:
			s.others += p.cpu
		}
	}
	s.others += stolen()
	s.flushes = flushes(s.disk)
	return s
}

// Since returns what happened since the snapshot.
func (s Snapshot) Since(dir string) Use {
	now := Take(dir, s.roots...)
	use := Use{Elapsed: now.at.Sub(s.at), CPU: make([]time.Duration, len(s.cpu)), Flushes: now.flushes - s.flushes}
	for i := range s.cpu {
		use.CPU[i] = now.cpu[i] - s.cpu[i]
	}
	use.Foreign = max(0, float64(now.others-s.others)/float64(use.Elapsed))
	return use
}

// CPU is what the processes below a root have computed so far.
func CPU(root int) time.Duration { return Take("", root).cpu[0] }

// rootOf is the index of the nearest root above a process, or -1.
func (s Snapshot) rootOf(table map[int]process, pid int) int {
	for range len(table) {
		for i, root := range s.roots {
			if pid == root {
				return i
			}
		}
		p, known := table[pid]
		if !known || pid == p.parent {
			return -1
		}
		pid = p.parent
	}
	return -1
}

func processes() map[int]process {
	table := map[int]process{}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return table
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		content, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil {
			continue // it ended just now; its parent has its time
		}
		_, rest, _ := strings.Cut(string(content), ") ") // the name may hold spaces
		fields := strings.Fields(rest)
		if len(fields) < 15 {
			continue
		}
		p := process{parent: int(number(fields[1]))}
		for _, f := range fields[11:15] { // user and system, its own and of its ended children
			p.cpu += time.Duration(number(f)) * tick
		}
		table[pid] = p
	}
	return table
}

// stolen is the time in which this machine wanted to compute and another one
// on the same hardware did.
func stolen() time.Duration {
	for fields := range lines("/proc/stat") {
		if len(fields) > 8 && fields[0] == "cpu" {
			return time.Duration(number(fields[8])) * tick
		}
	}
	return 0
}

// diskOf is the device of a folder as "major:minor".
func diskOf(dir string) string {
	var stat syscall.Stat_t
	if err := syscall.Stat(dir, &stat); err != nil {
		return ""
	}
	device := stat.Dev
	return fmt.Sprintf("%d:%d", device>>8&0xfff, device&0xff|device>>12&0xfff00)
}

// flushes counts what a device was asked to make durable since it exists.
func flushes(device string) float64 {
	for fields := range lines("/proc/diskstats") {
		if len(fields) > 18 && fields[0]+":"+fields[1] == device {
			return number(fields[18])
		}
	}
	return 0
}

// lines yields the fields of each line of a file, none if it is not there.
func lines(file string) func(yield func([]string) bool) {
	return func(yield func([]string) bool) {
		f, err := os.Open(file) //nolint:gosec // a file of /proc
		if err != nil {
			return
		}
		defer f.Close() //nolint:errcheck // only read
		for scan := bufio.NewScanner(f); scan.Scan(); {
			if !yield(strings.Fields(scan.Text())) {
				return
			}
		}
	}
}

func number(s string) float64 {
	n, _ := strconv.ParseFloat(s, 64) // the kernel's figures are numbers
	return n
}
