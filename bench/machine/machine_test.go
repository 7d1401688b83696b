package machine_test

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"shiyang/bench/machine"
)

// What a child computes counts for the root above it, also once it has ended.
func TestUseOfChildren(t *testing.T) {
	before := machine.Take(t.TempDir(), os.Getpid())
	if err := exec.CommandContext(t.Context(), "sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done").Run(); err != nil {
		t.Skipf("no shell: %v", err)
	}
	if use := before.Since(t.TempDir()); len(use.CPU) != 1 || use.CPU[0] < 10*time.Millisecond {
		t.Errorf("CPU %v; want that of the child", use.CPU)
	}
}

func TestQuantile(t *testing.T) {
	list := []float64{5, 1, 3, 2, 4}
	if got := machine.Median(list); got != 3 {
		t.Errorf("median %v; want 3", got)
	}
	if got := machine.Quantile(list, 0.99); got != 5 {
		t.Errorf("p99 %v; want 5", got)
	}
	if got := machine.Median(nil); got != 0 {
		t.Errorf("median of nothing %v; want 0", got)
	}
}
