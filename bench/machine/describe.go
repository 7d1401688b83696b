package machine

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// Peak is the most memory that a process has held so far, in bytes.
func Peak(pid int) int64 { return memory(pid, "VmHWM:") }

// Resident is the memory that a process holds now, in bytes.
func Resident(pid int) int64 { return memory(pid, "VmRSS:") }

func memory(pid int, field string) int64 {
	for fields := range lines(fmt.Sprintf("/proc/%d/status", pid)) {
		if len(fields) > 1 && fields[0] == field {
			return int64(number(fields[1])) << 10
		}
	}
	return 0
}

// fileSystems names the magic numbers of statfs(2).
var fileSystems = map[int64]string{
	0xEF53: "ext4", 0x58465342: "xfs", 0x9123683E: "btrfs", 0x01021994: InMemory, 0x794c7630: "overlayfs", 0x6969: "nfs", 0x2FC12FC1: "zfs",
}

// InMemory is the name of a file system that no fsync makes durable.
const InMemory = "tmpfs"

// FileSystem names the file system of a folder.
func FileSystem(dir string) string {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil {
		return "unknown"
	}
	if name, known := fileSystems[int64(stat.Type)]; known { //nolint:unconvert // another width on other machines
		return name
	}
	return fmt.Sprintf("0x%x", stat.Type)
}

// Describe names processor, cores, kernel and file system.
func Describe(dir string) string {
	model := runtime.GOARCH
	for fields := range lines("/proc/cpuinfo") {
		if len(fields) > 3 && fields[0] == "model" && fields[1] == "name" {
			model = strings.Join(fields[3:], " ")
			break
		}
	}
	release, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return fmt.Sprintf("%d cores of %s, Linux %s, %s", runtime.NumCPU(), model, strings.TrimSpace(string(release)), FileSystem(dir))
}

// Median of a list; zero of an empty one.
func Median(list []float64) float64 { return Quantile(list, 0.5) }

// Quantile of a list; zero of an empty one.
func Quantile(list []float64, q float64) float64 {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[min(len(sorted)-1, int(q*float64(len(sorted))))]
}
