package journal_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"shiyang/eventstore/journal"
)

// damaged is a journal whose process was killed, or closed, as files.
type damaged struct {
	files map[string][]byte
	want  []string // its events
}

// killed writes a journal of several files and takes its directory as the death
// of the process leaves it: what was written is there, be it synced or not.
func killed(t *testing.T, appends int, closed bool) damaged {
	t.Helper()
	fs := vfs.NewCrashableMem()
	j := open(t, options(fs))
	for n := range appends {
		appendTo(t, j, fmt.Sprintf("s-%d", n%3), journal.Any, event(n, strings.Repeat("x", n%5*300)))
	}
	d := damaged{want: contents(t, j)}
	if closed {
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	// The next file may be in the making: the process dies at one instant.
	dead := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(1, 1))})
	d.files = readAll(t, dead, "data")
	return d
}

// readAll returns all files below a directory. A running journal may meanwhile
// give the file that it prepares its name: it is left out.
func readAll(t *testing.T, fs vfs.FS, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	names, err := fs.List(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		path := fs.PathJoin(dir, name)
		info, err := fs.Stat(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if info.IsDir() {
			for name, content := range readAll(t, fs, path) {
				out[name] = content
			}
			continue
		}
		f, err := fs.Open(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if out[path], err = io.ReadAll(f); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	return out
}

// with returns a file system that holds the files, one of them replaced.
func (d damaged) with(t *testing.T, name string, content []byte) vfs.FS {
	t.Helper()
	fs := vfs.NewMem()
	for _, dir := range []string{"data/log", "data/index"} {
		if err := fs.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for file, original := range d.files {
		if file == name {
			original = content
		}
		f, err := fs.Create(file, vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(slices.Clone(original)); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	return fs
}

// logs returns the names of the log's files, in order, and how much of each is used.
func (d damaged) logs() (names []string, used map[string]int) {
	used = map[string]int{}
	for name, content := range d.files {
		if !isLog(name) {
			continue
		}
		names = append(names, name)
		used[name] = len(strings.TrimRight(string(content), "\x00"))
	}
	slices.Sort(names)
	return names, used
}

// outcome opens a damaged journal and reads it whole. It is nil or an
// ErrCorrupt, and nil only if nothing is missing.
func (d damaged) outcome(t *testing.T, fs vfs.FS) error {
	t.Helper()
	j, err := journal.Open(options(fs))
	if err != nil {
		if !errors.Is(err, journal.ErrCorrupt) {
			t.Errorf("open: %v, want ErrCorrupt", err)
		}
		return err
	}
	defer func() { _ = j.Close() }()
	var got []string
	for r, err := range j.All(0, math.MaxUint64) {
		if err != nil {
			if !errors.Is(err, journal.ErrCorrupt) {
				t.Errorf("read: %v, want ErrCorrupt", err)
			}
			return err
		}
		got = append(got, fmt.Sprintf("%s/%d", r.Stream, r.Revision))
	}
	if !slices.Equal(got, d.want) {
		t.Errorf("%d of %d events are left, and no error", len(got), len(d.want))
	}
	return nil
}

// TestAFlippedBitIsRefused flips one bit at a time, in each file of the log of a
// killed and of a closed journal. Nothing acknowledged is without a witness, so
// every flip in a frame is refused, the last frame's included.
func TestAFlippedBitIsRefused(t *testing.T) {
	for _, closed := range []bool{false, true} {
		d := killed(t, 200, closed)
		random := rand.New(rand.NewPCG(3, 4))
		names, used := d.logs()
		for _, name := range names {
			refused := 0
			for range 60 {
				at := random.IntN(used[name])
				flipped := slices.Clone(d.files[name])
				flipped[at] ^= 1 << random.IntN(8)
				if d.outcome(t, d.with(t, name, flipped)) != nil {
					refused++
				}
			}
			if refused < 48 { // a flip in padding or in the mark harms nothing
				t.Errorf("%s, closed %v: %d of 60 flips were refused", name, closed, refused)
			}
		}
	}
}

// TestAFlippedBitInTheLastFrameIsRefused tries every bit of it.
func TestAFlippedBitInTheLastFrameIsRefused(t *testing.T) {
	fs := vfs.NewCrashableMem()
	j := open(t, options(fs))
	appendTo(t, j, "a", journal.NoStream, event(1, "1"))
	const name, mark = "data/log/00000001.seg", 24
	start := len(strings.TrimRight(string(readAll(t, fs, "data")[name]), "\x00")) - mark
	appendTo(t, j, "a", 0, event(2, "22")) // so long that the frame needs no padding
	d := damaged{want: contents(t, j), files: readAll(t, fs, "data")}
	end := len(strings.TrimRight(string(d.files[name]), "\x00")) - mark
	padding := 0
	for at := start &^ 7; at < end; at++ {
		for bit := range 8 {
			flipped := slices.Clone(d.files[name])
			flipped[at] ^= 1 << bit
			if d.outcome(t, d.with(t, name, flipped)) == nil {
				padding++
			}
		}
	}
	if padding > 7*8 {
		t.Errorf("%d flips in the last frame were not noticed", padding)
	}
}

// TestAShorterFileIsRefused cuts the last file of the log at each of its last
// 4 KiB, and the others at some.
func TestAShorterFileIsRefused(t *testing.T) {
	d := killed(t, 120, false)
	names, _ := d.logs()
	for _, name := range names {
		content := d.files[name]
		fs := d.with(t, "", nil)
		step := 1
		if name != names[len(names)-1] {
			step = 31
		}
		for cut := 1; cut <= 4096; cut += step {
			f, err := fs.Create(name, vfs.WriteCategoryUnspecified)
			if err != nil {
				t.Fatal(err)
			}
			_, err = f.Write(slices.Clone(content[:len(content)-cut]))
			if err = errors.Join(err, f.Close()); err != nil {
				t.Fatal(err)
			}
			if _, err := journal.Open(options(fs)); !errors.Is(err, journal.ErrCorrupt) {
				t.Fatalf("%s without its last %d bytes: %v", name, cut, err)
			}
		}
	}
}

// TestALostTailIsRefused replaces the end of a closed log by zeros, as a disk
// does that forgets a write. The index remembers.
func TestALostTailIsRefused(t *testing.T) {
	d := killed(t, 100, true)
	names, used := d.logs()
	for i, name := range slices.Backward(names) {
		if used[name] <= 64 { // prepared, and not begun
			continue
		}
		for cut := 33; cut < 4096 && used[name]-cut > 64; cut += 61 {
			lost := slices.Clone(d.files[name])
			clear(lost[used[name]-cut:])
			if d.outcome(t, d.with(t, name, lost)) == nil {
				t.Errorf("file %d: the loss of the last %d bytes is not noticed", i+1, cut)
			}
		}
		break
	}
}

// TestAMissingFileIsRefused takes each file of the log away.
func TestAMissingFileIsRefused(t *testing.T) {
	d := killed(t, 200, true)
	names, used := d.logs()
	for _, name := range names {
		fs := d.with(t, "", nil)
		if err := fs.Remove(name); err != nil {
			t.Fatal(err)
		}
		if used[name] > 64 && d.outcome(t, fs) == nil {
			t.Errorf("without %s nothing is noticed", name)
		}
	}
}

// TestADamagedIndexIsMadeAgain flips bits in each file of the index, and takes
// each away. The journal shows everything, at once or after it has stopped and
// was opened again.
func TestADamagedIndexIsMadeAgain(t *testing.T) {
	d := killed(t, 200, true)
	random := rand.New(rand.NewPCG(5, 6))
	for name, content := range d.files {
		if !strings.HasPrefix(name, "data/index/") || len(content) == 0 {
			continue
		}
		for n := range 12 {
			flipped := slices.Clone(content)
			flipped[random.IntN(len(content))] ^= 1 << random.IntN(8)
			fs := d.with(t, name, flipped)
			if n == 0 {
				if err := fs.Remove(name); err != nil {
					t.Fatal(err)
				}
			}
			if readsAll(t, fs, len(d.want)) {
				if again := readsAll(t, fs, len(d.want)); again {
					t.Errorf("%s: the journal does not recover", name)
				}
			}
		}
	}
}

// readsAll opens a journal and reads all streams; it reports whether the
// journal stopped over it.
func readsAll(t *testing.T, fs vfs.FS, want int) (stopped bool) {
	t.Helper()
	j, err := journal.Open(options(fs))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	got := 0
	for s := range 3 {
		stream := fmt.Sprintf("s-%d", s)
		if _, err := j.Stream(stream); err != nil {
			return wantFailed(t, j, err)
		}
		for _, err := range j.Events(stream, 0, math.MaxInt64) {
			if err != nil {
				return wantFailed(t, j, err)
			}
			got++
		}
	}
	if got != want {
		t.Errorf("%d of %d events, and no error", got, want)
	}
	return false
}

func wantFailed(t *testing.T, j *journal.Journal, err error) bool {
	t.Helper()
	if !errors.Is(j.Err(), journal.ErrFailed) {
		t.Errorf("the index is damaged (%v), and the journal goes on", err)
	}
	return true
}

func TestOpenRefusesANewerFormat(t *testing.T) {
	d := killed(t, 3, true)
	const name = "data/log/00000001.seg"
	newer := slices.Clone(d.files[name])
	binary.LittleEndian.PutUint32(newer[8:], 3)
	salt := binary.LittleEndian.Uint32(newer[12:])
	binary.LittleEndian.PutUint32(newer[60:], crc32.Update(salt, crc32.MakeTable(crc32.Castagnoli), newer[:60]))
	if _, err := journal.Open(options(d.with(t, name, newer))); !errors.Is(err, journal.ErrNewerFormat) {
		t.Errorf("open: %v", err)
	}
}
