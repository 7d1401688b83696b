package journal

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"

	"shiyang/eventstore/journal/index"
	"shiyang/eventstore/journal/segment"
)

// CheckReport is what a check has found. A sound journal has no damage.
type CheckReport struct {
	StoreID string
	Head    uint64 // position of the last event
	Events  uint64 // sound events read
	Removed uint64 // positions that scavenges have emptied
	Streams int
	Indexed uint64 // events that were also looked up in the index; fewer than Events when it lags after a crash or is missing
	Torn    int64  // bytes of an unfinished write at the end; Open removes them, no harm
	Damage  []Damage
}

// Damage is something that is not as it was written.
type Damage struct {
	Segment  string // file of the log, or "index"
	Offset   int64  // in that file
	Position uint64 // of the event concerned, or the first of them
	Why      string
}

// Err is nil if there is no damage, and otherwise an ErrCorrupt that names the first.
func (r CheckReport) Err() error {
	if len(r.Damage) == 0 {
		return nil
	}
	d := r.Damage[0]
	return fmt.Errorf("%w in %d places, first in %s at byte %d (position %d): %s", ErrCorrupt, len(r.Damage), d.Segment, d.Offset, d.Position, d.Why)
}

// Check reads every event of the open journal as of now, while it is in use:
// checksums, dense positions, dense revisions of each stream, and the index
// against the log. It goes on after damage. progress, which may be nil, is told
// how many bytes of how many are done. The error is one of reading or of ctx.
func (j *Journal) Check(ctx context.Context, progress func(done, total int64)) (CheckReport, error) {
	if !j.readers.enter() {
		return CheckReport{}, ErrClosed
	}
	defer j.readers.leave()
	if err := j.Err(); err != nil {
		return CheckReport{}, err
	}
	j.maintenance.files.RLock()
	defer j.maintenance.files.RUnlock()
	c := newCheck(j.index, j.Head())
	c.report.StoreID = j.StoreID()
	next, err := j.log.Examine(ctx, c.examination(progress))
	if err != nil {
		return CheckReport{}, fmt.Errorf("check event journal: %w", err)
	}
	return c.finish(next)
}

// CheckDir checks the journal in o.Dir, which no process may have open, in the
// same way and without changing it.
func CheckDir(ctx context.Context, o Options, progress func(done, total int64)) (CheckReport, error) {
	o = o.withDefaults()
	if _, err := o.FS.Stat(o.FS.PathJoin(o.Dir, logDir)); err != nil {
		return CheckReport{}, fmt.Errorf("check event journal in %s: %w", o.Dir, err)
	}
	held, err := lock(o)
	if err != nil {
		return CheckReport{}, fmt.Errorf("check event journal in %s: %w", o.Dir, err)
	}
	report, err := checkClosed(ctx, o, progress)
	if err = errors.Join(err, held.Close()); err != nil {
		return CheckReport{}, fmt.Errorf("check event journal in %s: %w", o.Dir, err)
	}
	return report, nil
}

func checkClosed(ctx context.Context, o Options, progress func(done, total int64)) (CheckReport, error) {
	x, state, err := openToCheck(o)
	c := newCheck(x, state.Position)
	if errors.Is(err, index.ErrUnusable) {
		c.damage("index", 0, 0, err.Error()+"; it will be made again from the log")
	} else if err != nil {
		return CheckReport{}, err
	}
	next, torn, err := segment.ExamineDir(ctx, o.FS, o.FS.PathJoin(o.Dir, logDir), c.examination(progress))
	c.report.Torn, c.report.StoreID = torn, storeID(c.x.Store())
	report := c.report
	if err == nil {
		report, err = c.finish(next)
	}
	if x != nil {
		err = errors.Join(err, x.Close(false))
	}
	return report, err
}

// openToCheck opens the index for reading; it is nil when there is none.
func openToCheck(o Options) (*index.Index, index.State, error) {
	dir := o.FS.PathJoin(o.Dir, indexDir)
	if _, err := o.FS.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, index.State{}, nil
	}
	x, err := index.Open(index.Options{
		FS: o.FS, Dir: dir, CacheBytes: o.CacheBytes, MemTableBytes: o.MemTableBytes, Logger: o.Logger, ReadOnly: true,
	})
	if err != nil {
		return nil, index.State{}, err
	}
	state, err := x.State()
	if err != nil {
		return nil, index.State{}, errors.Join(err, x.Close(false))
	}
	return x, state, nil
}

// check gathers what an examination finds.
type check struct {
	x       *segment.Examination
	index   *index.Index // nil: there is none
	indexed uint64       // events up to here are in the index
	report  CheckReport
	seed    maphash.Seed
	ends    map[uint64]int64 // last revision by the hash of a stream's name
	err     error
}

func newCheck(x *index.Index, indexed uint64) *check {
	return &check{index: x, indexed: indexed, seed: maphash.MakeSeed(), ends: map[uint64]int64{}}
}

func (c *check) examination(progress func(done, total int64)) *segment.Examination {
	c.x = &segment.Examination{
		Record: c.record, Progress: progress,
		Damage: func(d *segment.DamageError) { c.damage(d.File, d.Offset, d.Position, d.Why) },
	}
	return c.x
}

func (c *check) damage(file string, offset int64, position uint64, why string) {
	c.report.Damage = append(c.report.Damage, Damage{file, offset, position, why})
}

// record checks one event that is stored as it was written.
func (c *check) record(r segment.Record) {
	damaged := func(why string) { c.damage(fmt.Sprintf("%08d.seg", r.At.File), r.At.Offset, r.Position, why) }
	e, err := parseAt(r.Content, r.Position)
	if err != nil {
		damaged(err.Error())
		return
	}
	c.report.Events++
	stream := maphash.Bytes(c.seed, e.Stream)
	last, known := c.ends[stream]
	if !known {
		last = -1
	}
	switch {
	case e.Revision == last+1 || e.Revision == tombstoneRevision && last < tombstoneRevision:
	case len(c.report.Damage) > 0 && e.Revision > last: // the ones between are damaged
	case e.Revision > last && uint64(e.Revision-last-1) <= c.x.Removed(): // … or scavenged
	default:
		damaged(fmt.Sprintf("revision %d of stream %q comes after %d", e.Revision, e.Stream, last))
	}
	c.ends[stream] = e.Revision
	if c.index == nil || r.Position > c.indexed || c.err != nil {
		return
	}
	c.report.Indexed++
	found, ok, err := c.index.Find(string(e.Stream), e.Revision)
	switch {
	case err != nil:
		c.err = err
	case !ok:
		c.damage("index", 0, r.Position, fmt.Sprintf("revision %d of stream %q is missing", e.Revision, e.Stream))
	case found.Position != r.Position || !found.At.Is(r.At):
		c.damage("index", 0, r.Position, fmt.Sprintf("revision %d of stream %q is elsewhere", e.Revision, e.Stream))
	}
}

// finish compares the ends of the streams.
func (c *check) finish(next uint64) (CheckReport, error) {
	c.report.Head, c.report.Removed, c.report.Streams = next-1, c.x.Removed(), len(c.ends)
	if c.index == nil || c.err != nil {
		return c.report, c.err
	}
	for h, err := range c.index.Heads() {
		if err != nil {
			return c.report, err
		}
		last, known := c.ends[maphash.String(c.seed, h.Stream)]
		if h.Position >= next {
			continue // it was written meanwhile
		}
		if !known || last < h.Revision {
			c.damage("index", 0, h.Position, fmt.Sprintf("stream %q ends with revision %d, which the log does not have", h.Stream, h.Revision))
		}
	}
	return c.report, nil
}
