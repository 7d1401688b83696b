package journal_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"shiyang/eventstore/journal"
)

// TestAFlippedBitIsRefused flips one bit of the write-ahead log at a time,
// anywhere but in the last commit before the crash, which nothing later can
// vouch for.
func TestAFlippedBitIsRefused(t *testing.T) {
	fs := vfs.NewCrashableMem()
	j := open(t, options(fs))
	const appends = 200
	for n := range appends - 1 {
		appendTo(t, j, "a", journal.Any, event(n, "0.0 0 1"))
	}
	_, log := writeAheadLog(t, fs)
	appendTo(t, j, "a", journal.Any, event(appends, "0.0 0 1"))
	flip(t, fs, appends, len(log))
}

// TestAFlippedBitOfAClosedLogIsRefused: an orderly end vouches for all before it.
func TestAFlippedBitOfAClosedLogIsRefused(t *testing.T) {
	fs := vfs.NewCrashableMem()
	j := open(t, options(fs))
	appendTo(t, j, "a", journal.NoStream, event(1, "0.0 0 1"), event(2, "0.0 0 1"))
	_, log := writeAheadLog(t, fs)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	flip(t, fs, 2, len(log))
}

// flip tries 400 flips before byte end, each on a copy of what a crash leaves.
func flip(t *testing.T, fs *vfs.MemFS, appends, end int) {
	t.Helper()
	name, log := writeAheadLog(t, fs)
	random := rand.New(rand.NewPCG(3, 4))
	refused := 0
	for range 400 {
		at := random.IntN(end)
		crashed := fs.CrashClone(vfs.CrashCloneCfg{})
		flipped := append([]byte(nil), log...)
		flipped[at] ^= 1 << random.IntN(8)
		replace(t, crashed, name, flipped)
		opened, err := journal.Open(options(crashed))
		if err != nil {
			refused++
			if !errors.Is(err, journal.ErrCorrupt) {
				t.Errorf("bit in byte %d: %v, want ErrCorrupt", at, err)
			}
			continue
		}
		if got := len(contents(t, opened)); got != appends {
			t.Errorf("bit in byte %d of %d: %d of %d events are left, and no error", at, len(log), got, appends)
		}
		_ = opened.Close()
	}
	if refused < 390 { // a flip in padding harms nothing
		t.Errorf("%d of 400 flips were refused", refused)
	}
}

// writeAheadLog returns the newest log file, as far as it is written.
func writeAheadLog(t *testing.T, fs vfs.FS) (string, []byte) {
	t.Helper()
	files, err := fs.List("data")
	if err != nil {
		t.Fatal(err)
	}
	var name string
	for _, f := range files {
		if strings.HasSuffix(f, ".log") && f > name {
			name = f
		}
	}
	f, err := fs.Open("data/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return "data/" + name, content
}

func replace(t *testing.T, fs vfs.FS, name string, content []byte) {
	t.Helper()
	f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		t.Fatal(err)
	}
}
