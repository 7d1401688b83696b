// Package scavenge takes out of the log what no read can return any more, and
// gives its space back to the disk.
//
//	each full file ─ sift: whose record stays? ─ nothing to gain ─▶ stays as it is
//	               └ replace: write the rest ─ sync ─ rename ─▶ index entries go
//
// What goes: the events of a stream before the first that its rules let anybody
// read ($maxCount, $maxAge, $tb, a delete, a tombstone). What stays in any
// case: the newest event of every stream, because the log alone must say where
// its numbering goes on; with it tombstones, and the metadata in force.
// Positions, revisions and the order of what stays never change.
//
// A file is looked at twice, so that nothing is written where nothing is to be
// gained, and memory does not grow with the log. A crash at any moment leaves
// each file as it was or scavenged; both are whole. A file with any damage is
// never rewritten: the scavenge ends there.
//
// The package may import segment and index. Start reading at Run.
package scavenge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"shiyang/eventstore/journal/index"
	"shiyang/eventstore/journal/segment"
)

// Rule says which events of a stream stay: those from First on, and Last.
type Rule struct{ First, Last int64 }

func (r Rule) keeps(revision int64) bool { return revision >= r.First || revision >= r.Last }

// Store is what is scavenged.
type Store struct {
	Log   *segment.Log
	Index *index.Index
	// Head is the position up to which everything is durable and indexed.
	Head func() uint64
	// Event reads which event a record is.
	Event func(segment.Record) (stream []byte, revision int64, err error)
	// Rule returns the rule of a stream as of now.
	Rule func(stream string) (Rule, error)
	// Exchange runs do while nobody copies or checks the log.
	Exchange func(ctx context.Context, do func() error) error
}

// Options say how to scavenge.
type Options struct {
	DryRun bool // only tells what would go
	// LeastPercent leaves a file alone when less than this share of it would
	// become free; 0 rewrites each from which anything goes.
	LeastPercent int
	Gentle       bool                    // rests as long as it works, for the sake of others
	Progress     func(done, total int64) // bytes looked at; nil: nobody listens
	Logger       *slog.Logger
}

// Report is what a scavenge has done or, as a dry run, would do.
type Report struct {
	Files     int           `json:"files"`     // full files, the only ones that are scavenged
	Rewritten int           `json:"rewritten"` // of these
	Events    uint64        `json:"events"`    // removed
	Bytes     int64         `json:"bytes"`     // given back
	Left      int64         `json:"left"`      // bytes of the full files afterwards
	Took      time.Duration `json:"took"`
}

// run is a scavenge at work.
type run struct {
	Store
	Options
	report Report
	rules  map[string]Rule
	unpaid int       // bytes since the last rest
	since  time.Time // when it ended
	done   int64     // of the files before this one
	read   int64     // of this one
	total  int64
}

// Run scavenges. What was done when it fails, or when ctx ends, stays done;
// the report tells. It fails with segment.ErrDiskFull when there is no room to
// write a file anew.
func Run(ctx context.Context, s Store, o Options) (Report, error) {
	start := time.Now()
	r := &run{Store: s, Options: o, since: start}
	err := r.run(ctx)
	r.report.Took = time.Since(start)
	if err != nil {
		return r.report, fmt.Errorf("scavenge: %w", err)
	}
	return r.report, nil
}

func (r *run) run(ctx context.Context) error {
	head, files := r.Head(), r.Log.Sealed()
	for len(files) > 0 && files[len(files)-1].Next > head { // not indexed yet
		files = files[:len(files)-1]
	}
	for _, f := range files {
		r.total += f.Bytes
	}
	if !r.DryRun { // after a crash the index must not point at what is gone by then as its newest
		if err := r.Index.Settle(); err != nil {
			return err
		}
	}
	for _, f := range files {
		r.report.Files++
		r.report.Left += f.Bytes
		if err := r.file(ctx, f); err != nil {
			return err
		}
		r.done, r.read = r.done+f.Bytes, 0
		r.tell()
	}
	if r.report.Rewritten == 0 || r.DryRun {
		return nil
	}
	return r.Index.Settle()
}

func (r *run) tell() {
	if r.Progress != nil {
		r.Progress(min(r.done+r.read, r.total), r.total)
	}
}

// file scavenges one file, if it is worth it.
func (r *run) file(ctx context.Context, f segment.Sealed) error {
	r.rules = map[string]Rule{}
	sifted, err := r.Log.Sift(ctx, f, func(record segment.Record) (bool, error) {
		r.read += int64(len(record.Content))
		return r.keep(ctx, record, nil)
	})
	if err != nil {
		return err
	}
	gain := f.Bytes - sifted.Bytes
	if sifted.Gone == 0 || gain*100 < f.Bytes*int64(r.LeastPercent) {
		return nil
	}
	if r.DryRun {
		r.note(sifted.Gone, gain)
		return nil
	}
	return r.replace(ctx, f, sifted.Bytes)
}

func (r *run) note(events uint64, bytes int64) {
	r.report.Rewritten++
	r.report.Events += events
	r.report.Bytes += bytes
	r.report.Left -= bytes
}

// replace rewrites a file. Rules are asked for anew: they may have changed.
func (r *run) replace(ctx context.Context, f segment.Sealed, need int64) (err error) {
	r.rules = map[string]Rule{}
	gone := r.Index.Removal()
	defer func() { err = errors.Join(err, gone.Close()) }()
	if err := gone.Marks(f.First, f.Next); err != nil {
		return err
	}
	events := uint64(0)
	replacement, err := r.Log.Replace(ctx, f, need, func(record segment.Record) (bool, error) {
		kept, err := r.keep(ctx, record, gone)
		if !kept {
			events++
		}
		return kept, err
	})
	if err != nil {
		return err
	}
	replacement.Marks(func(at segment.Place) { err = errors.Join(err, gone.Mark(at)) })
	if err != nil {
		return errors.Join(err, replacement.Discard())
	}
	exchanged := false
	err = r.Exchange(ctx, func() error {
		exchanged = true
		if err := replacement.Commit(); err != nil {
			return err
		}
		return gone.Commit()
	})
	if !exchanged {
		return errors.Join(err, replacement.Discard())
	}
	if err != nil {
		return err
	}
	r.note(events, f.Bytes-replacement.Bytes())
	r.Logger.LogAttrs(ctx, slog.LevelInfo, "log file was scavenged", slog.Uint64("file", f.Number),
		slog.Uint64("events", events), slog.Int64("bytes_before", f.Bytes), slog.Int64("bytes_after", replacement.Bytes()))
	return nil
}

// maxRules bounds how many streams are remembered at once.
const maxRules = 1 << 14

// keep decides about a record; gone, if there is one, notes what goes.
func (r *run) keep(ctx context.Context, record segment.Record, gone *index.Removal) (bool, error) {
	if err := r.pace(ctx, len(record.Content)); err != nil {
		return false, err
	}
	stream, revision, err := r.Event(record)
	if err != nil {
		return false, err
	}
	rule, ok := r.rules[string(stream)]
	if !ok {
		if rule, err = r.Rule(string(stream)); err != nil {
			return false, err
		}
		if len(r.rules) == maxRules {
			clear(r.rules)
		}
		r.rules[string(stream)] = rule
	}
	if rule.keeps(revision) || gone == nil {
		return rule.keeps(revision), nil
	}
	return false, gone.Event(stream, revision)
}

// paceBytes is how much is done between two rests.
const paceBytes = 512 << 10

// pace rests as long as the work since the last rest took.
func (r *run) pace(ctx context.Context, bytes int) error {
	if r.unpaid += bytes; r.unpaid < paceBytes {
		return nil
	}
	r.unpaid = 0
	r.tell()
	if !r.Gentle {
		return ctx.Err()
	}
	rest := time.NewTimer(time.Since(r.since))
	defer rest.Stop()
	select {
	case <-rest.C:
		r.since = time.Now()
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
