//go:build broken

package segment

import (
	"os"
	"time"
)

// Broken names the promise that this deliberately broken build does not keep:
// "sync" never syncs the log, "ack" answers before the sync, "visible" shows
// events before it, "dedup" writes a repeated append again. Nobody may run
// such a build but a test that must find the loss.
var Broken = os.Getenv("SHIYANG_BROKEN")

// SyncLate is the sync of a build that is broken on purpose: when those who
// were told too early have learnt of it.
func (l *Log) SyncLate() error {
	time.Sleep(5 * time.Millisecond)
	return l.writer.file.SyncData()
}
