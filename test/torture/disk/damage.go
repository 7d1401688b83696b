package disk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/cockroachdb/pebble/v2/vfs"

	"shiyang/eventstore"
	"shiyang/test/torture/load"
	"shiyang/test/torture/oracle"
	"shiyang/test/torture/trial"
)

// tail is how much of the end of a file is cut, byte by byte.
const tail = 4 << 10

// eventsPerDisk is how many appends a store holds before its disk is damaged.
const eventsPerDisk = 600

// Damage is scenario R4: a disk that was written well loses the end of a file,
// turns a bit over, or returns zeros for a sector. The store then refuses to
// open, or to read, with an error that names damage; or everything is there.
// It never answers with less or with anything else.
func Damage(ctx context.Context, t *trial.Trial) error {
	for done := 0; done < t.Count && ctx.Err() == nil; {
		d, err := newDisk(ctx, t, uint64(done))
		if err != nil {
			return err
		}
		for range min(t.Count-done, 250) {
			if err := d.trial(ctx); err != nil {
				return err
			}
			done++
			t.Progress(done)
		}
	}
	return ctx.Err()
}

// platter is a disk that was written well.
type platter struct {
	t      *trial.Trial
	random *rand.Rand
	oracle *oracle.Oracle
	files  map[string][]byte // with content
	names  []string
	cuts   map[string]int // how much of the end of a file was cut last
}

// newDisk lets a store write its files and stops it.
func newDisk(ctx context.Context, t *trial.Trial, number uint64) (*platter, error) {
	fs, o := vfs.NewCrashableMem(), oracle.New()
	n, err := open(t, fs)
	if err != nil {
		return nil, err
	}
	fleet := load.NewFleet(writersPerLife, o, "disk", func(w uint64) *rand.Rand { return t.Fork(number<<8 + w) })
	fleet.Size = 700
	working, enough := context.WithCancel(ctx)
	defer enough()
	if err := fill(working, n, fleet, eventsPerDisk, enough); err != nil {
		return nil, err
	}
	if err := n.stop(ctx, false); err != nil {
		return nil, err
	}
	d := &platter{t: t, random: t.Fork(number + 77), oracle: o, cuts: map[string]int{}, files: map[string][]byte{}}
	if err := d.take(fs, folder); err != nil {
		return nil, err
	}
	d.names = slices.Sorted(maps.Keys(d.files))
	t.Note("files of a store: %d", len(d.names))
	return d, nil
}

// fill lets writers write until so many events are acknowledged, and then
// finish what they began.
func fill(working context.Context, n *node, fleet *load.Fleet, events int, enough func()) error {
	fleet.Run(working, counted{n, fleet.Oracle, events, enough})
	return fleet.Finish(context.WithoutCancel(working), n)
}

// take reads all files below a folder.
func (d *platter) take(fs vfs.FS, dir string) error {
	list, err := fs.List(dir)
	if err != nil {
		return err
	}
	for _, name := range list {
		path := fs.PathJoin(dir, name)
		info, err := fs.Stat(path)
		if err != nil {
			return err
		}
		if info.IsDir() {
			if err := d.take(fs, path); err != nil {
				return err
			}
			continue
		}
		file, err := fs.Open(path)
		if err != nil {
			return err
		}
		content, err := io.ReadAll(file)
		if err := errors.Join(err, file.Close()); err != nil {
			return err
		}
		d.files[path] = content
	}
	return nil
}

// spoil changes one file and says what was done. Files that are empty, or
// whose end is cut beyond their beginning, are deleted instead.
func (d *platter) spoil() (name, what string, content []byte) {
	name = d.names[d.random.IntN(len(d.names))]
	content = slices.Clone(d.files[name])
	written := len(bytes.TrimRight(content, "\x00"))
	switch how := d.random.IntN(8); {
	case written == 0:
		return name, "deleted", nil
	case how < 3:
		d.cuts[name] = d.cuts[name]%min(tail, len(content)) + 1 + d.random.IntN(16)
		cut := min(d.cuts[name], len(content))
		return name, fmt.Sprintf("%d bytes cut off the end", cut), content[:len(content)-cut]
	case how < 7:
		at := d.random.IntN(written)
		content[at] ^= 1 << d.random.IntN(8)
		return name, fmt.Sprintf("a bit of byte %d of %d turned", at, written), content
	default:
		const sector = 512
		at := d.random.IntN(written) / sector * sector
		clear(content[at:min(at+sector, len(content))])
		return name, fmt.Sprintf("the sector at %d of %d returns zeros", at, written), content
	}
}

// trial spoils one file of a copy and looks what the store makes of it.
func (d *platter) trial(ctx context.Context) error {
	name, what, content := d.spoil()
	where := name + ": " + what
	fs := vfs.NewMem()
	for path, whole := range d.files {
		if path == name {
			whole = content
		}
		if whole == nil {
			continue
		}
		if err := write(fs, path, whole); err != nil {
			return err
		}
	}
	n, err := open(d.t, fs)
	if err != nil {
		d.refused(err, where)
		return nil
	}
	verdict, err := d.readAll(ctx, n)
	for tries := 0; err != nil && n.healing(ctx) && tries < 3; tries++ {
		d.t.Add("index healed while serving", 1)
		if n, err = n.redial(); err == nil {
			verdict, err = d.readAll(ctx, n)
		}
	}
	switch {
	case err != nil && n.store.Ready() == nil && !isDamage(err):
		d.t.Fault("%s: a read ends without naming damage: %v", where, err)
	case err != nil:
		d.t.Add("refused when read", 1)
	case verdict.Faults() == 0:
		d.t.Add("everything there", 1)
	default:
		d.t.Add("answered wrongly", 1)
	}
	if err == nil {
		d.t.Judge(verdict, where)
	}
	_ = n.stop(ctx, true) // a store that met damage may say so once more
	return nil
}

// readAll reads the log, and each stream by itself.
func (d *platter) readAll(ctx context.Context, n *node) (oracle.Verdict, error) {
	history := d.oracle.Read()
	verdict, err := n.Judge(ctx, history, d.oracle.Promised())
	if err == nil {
		err = d.readStreams(ctx, n, history, &verdict)
	}
	return verdict, err
}

// refused judges a store that does not open.
func (d *platter) refused(err error, where string) {
	if errors.Is(err, eventstore.ErrCorrupt) || errors.Is(err, eventstore.ErrNewerFormat) {
		d.t.Add("refused when opened", 1)
		return
	}
	d.t.Fault("%s: the refusal does not name damage: %.300v", where, err)
}

// readStreams reads each stream by itself, through the index, and compares.
func (d *platter) readStreams(ctx context.Context, n *node, whole *oracle.History, v *oracle.Verdict) error {
	same := whole.Again(v)
	for stream, events := range whole.Streams() {
		next := uint64(0)
		for e, err := range n.Stream(ctx, stream) {
			if err != nil {
				return err
			}
			same(e.Event)
			if e.Revision != next {
				v.Holes++
			}
			if !bytes.Equal(e.Data, oracle.Data(e.ID, len(e.Data))) {
				v.Damaged++
			}
			next++
		}
		if next < events {
			v.Lost += int(events - next)
			v.Examples = append(v.Examples, fmt.Sprintf("stream %s has %d events, %d by itself", stream, events, next))
		}
	}
	return nil
}

func write(fs vfs.FS, path string, content []byte) error {
	if err := fs.MkdirAll(fs.PathDir(path), 0o755); err != nil {
		return err
	}
	file, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Close())
}
