package segment

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Sealed is a file that can be scavenged: it is full, and the file after it
// holds durable records.
type Sealed struct {
	Number      uint64
	First, Next uint64 // its positions: from First up to before Next
	Bytes       int64  // size of the file
}

// Sealed returns the files that can be scavenged now, in order.
func (l *Log) Sealed() []Sealed {
	segments, _, next := l.durable.get()
	var out []Sealed
	for i, s := range segments[:max(0, len(segments)-1)] {
		if following := segments[i+1].First; following < next {
			out = append(out, Sealed{s.Number, s.First, following, s.bytes()})
		}
	}
	return out
}

// each calls visit with every record of a sealed file.
func (l *Log) each(ctx context.Context, s Sealed, visit func(Record) error) error {
	if s.First == s.Next {
		return nil
	}
	file, ok := l.numbered(s.Number)
	if !ok {
		return fmt.Errorf("no log file %d", s.Number)
	}
	c, err := l.Cursor(s.First, Place{Position: file.First, File: s.Number, Offset: fileHeader})
	if err != nil {
		return err
	}
	defer c.Close()
	for c.next < s.Next {
		r, err := c.Next()
		if errors.Is(err, io.EOF) || err == nil && r.At.File != s.Number {
			return nil
		}
		if err == nil {
			err = errors.Join(ctx.Err(), visit(r))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Sifted is what a scavenge of a file would leave.
type Sifted struct {
	Kept, Gone uint64 // records
	Bytes      int64  // size of the file then
}

// Sift asks of every record of a sealed file whether to keep it, and tells
// what would be left. It changes nothing.
func (l *Log) Sift(ctx context.Context, s Sealed, keep func(Record) (bool, error)) (Sifted, error) {
	var out Sifted
	ways, wayEnd := int64(0), int64(0)
	out.Bytes = fileHeader
	err := l.each(ctx, s, func(r Record) error {
		kept, err := keep(r)
		if !kept {
			out.Gone++
			return err
		}
		if out.Kept == 0 || out.Bytes-wayEnd >= wayDistance {
			ways, wayEnd = ways+1, out.Bytes
		}
		out.Kept++
		out.Bytes += remainsHeader + int64(len(r.Content))
		return err
	})
	out.Bytes += ways*wayBytes + remainsTrailer
	return out, err
}

// Replacement is a file that is written and synced, but has no name yet.
// Commit or Discard it.
type Replacement struct {
	log    *Log
	sealed Sealed
	left   *remains
	path   string
}

// scavengeSync is how much is written between two syncs, so that the appends
// that go on meanwhile never wait for much.
const scavengeSync = 4 << 20

// Replace writes a sealed file anew with the records that are to be kept, which
// takes about need bytes. The log goes on using the old one until Commit. It
// fails with ErrDiskFull when there is no room for both.
func (l *Log) Replace(ctx context.Context, s Sealed, need int64, keep func(Record) (bool, error)) (*Replacement, error) {
	if usage, err := l.opts.FS.GetDiskUsage(l.opts.Dir); err == nil && usage.AvailBytes < uint64(need)+reserve(usage.TotalBytes) {
		return nil, fmt.Errorf("%w: %d bytes are free, log file %s needs %d before it gives back its own",
			ErrDiskFull, usage.AvailBytes, fileName(s.Number), need)
	}
	r := &Replacement{log: l, sealed: s, path: l.path(fileName(s.Number) + ".scavenged" + newSuffix)}
	err := r.write(ctx, keep)
	if err == nil {
		return r, nil
	}
	err = errors.Join(fmt.Errorf("scavenge log file %s: %w", fileName(s.Number), err), r.Discard())
	if isFull(err) {
		return nil, fmt.Errorf("%w: %w", ErrDiskFull, err)
	}
	return nil, err
}

func (r *Replacement) write(ctx context.Context, keep func(Record) (bool, error)) (err error) {
	f, err := r.log.opts.FS.Create(r.path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	out := &sifter{file: f, salt: r.log.salt, next: r.sealed.First, left: &remains{first: r.sealed.First, next: r.sealed.Next}}
	out.buf = append(out.buf, make([]byte, fileHeader)...) // its size is known at the end
	err = r.log.each(ctx, r.sealed, func(record Record) error {
		kept, err := keep(record)
		if err != nil || !kept {
			return err
		}
		return out.add(record)
	})
	if err != nil {
		return err
	}
	r.left = out.left
	r.left.end = out.at()
	out.buf = append(out.buf, r.left.encode(r.log.salt)...)
	r.left.size = out.at()
	if err := out.flush(); err != nil {
		return err
	}
	h := header{Identity: r.log.Identity, number: r.sealed.Number, size: r.left.size, format: remainsFormat}
	if _, err := f.WriteAt(h.encode(), 0); err != nil {
		return err
	}
	return f.Sync()
}

// sifter writes the records of a scavenged file.
type sifter struct {
	file    vfs.File
	salt    uint32
	left    *remains
	next    uint64 // after the last record
	buf     []byte
	written int64
	synced  int64
}

func (o *sifter) at() int64 { return o.written + int64(len(o.buf)) }

func (o *sifter) add(r Record) error {
	at := o.at()
	if n := len(o.left.ways); n == 0 || at-o.left.ways[n-1].offset >= wayDistance {
		o.left.ways = append(o.left.ways, way{o.next, at})
	}
	o.buf = appendRemainsRecord(o.buf, o.salt, r.Position, uint32(r.Position-o.next), r.Content)
	o.next = r.Position + 1
	o.left.count++
	if len(o.buf) < zeroChunk {
		return nil
	}
	return o.flush()
}

func (o *sifter) flush() error {
	if _, err := o.file.WriteAt(o.buf, o.written); err != nil {
		return err
	}
	o.written, o.buf = o.at(), o.buf[:0]
	if o.written-o.synced < scavengeSync {
		return nil
	}
	o.synced = o.written
	return o.file.SyncData()
}

// Bytes is the size of the new file.
func (r *Replacement) Bytes() int64 { return r.left.size }

// Marks calls visit with places from which scans of the file can start.
func (r *Replacement) Marks(visit func(Place)) {
	for _, w := range r.left.ways {
		visit(Place{w.position, r.sealed.Number, w.offset})
	}
}

// Commit puts the new file in the place of the old one, for good. Whoever
// reads the old one goes on reading it.
func (r *Replacement) Commit() error {
	l := r.log
	if err := l.opts.FS.Rename(r.path, l.path(fileName(r.sealed.Number))); err != nil {
		return errors.Join(fmt.Errorf("scavenge log file %s: %w", fileName(r.sealed.Number), err), r.Discard())
	}
	if s, ok := l.numbered(r.sealed.Number); ok {
		s.left.Store(r.left)
	}
	l.files.replaced(r.sealed.Number)
	if err := syncDir(l.opts.FS, l.opts.Dir); err != nil {
		return fmt.Errorf("scavenge log file %s: sync the directory: %w", fileName(r.sealed.Number), err)
	}
	return nil
}

// Discard removes a file that is not to be used.
func (r *Replacement) Discard() error { return r.log.preparer.discard(r.path) }
