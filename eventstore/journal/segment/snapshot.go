package segment

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
)

// durable is how far the log is on disk, for readers that want files and
// position to agree.
type durable struct {
	mu       sync.Mutex
	segments []*Segment
	end      int64 // in the last file
	next     uint64
}

func (d *durable) set(segments []*Segment, end int64, next uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.segments, d.end, d.next = segments, end, next
}

func (d *durable) get() (segments []*Segment, end int64, next uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.segments, d.end, d.next
}

// Copy is one file of a snapshot.
type Copy struct {
	Name    string
	Size    int64
	Content io.Reader // valid until the call that got it returns
}

// Snapshot hands out the files of the log as of one moment, in order, while
// appends go on, and returns the position of the first record that is not in
// them. The files form a log of their own. Full files are handed out as they
// are; the last one as far as it is durable, with a header and mark to match.
// No file may be scavenged meanwhile.
func (l *Log) Snapshot(ctx context.Context, put func(Copy) error) (next uint64, err error) {
	segments, end, next := l.durable.get()
	for i, s := range segments {
		if i > 0 && s.First == next { // begun, but nothing is in it
			break
		}
		limit := int64(-1)
		if i == len(segments)-1 {
			limit = end
		}
		if err := l.copy(ctx, s, limit, next, put); err != nil {
			return 0, err
		}
	}
	return next, nil
}

// copy hands out one file, whole or up to a limit.
func (l *Log) copy(ctx context.Context, s *Segment, limit int64, next uint64, put func(Copy) error) error {
	f, err := l.files.acquire(s.Number)
	if err != nil {
		return err
	}
	defer l.files.release(f)
	size := s.bytes()
	c := Copy{Name: s.name(), Size: size, Content: io.NewSectionReader(f, 0, size)}
	if limit >= 0 {
		c.Size = limit + markSize
		h := header{Identity: l.Identity, number: s.Number, size: c.Size}
		c.Content = io.MultiReader(bytes.NewReader(h.encode()),
			io.NewSectionReader(f, fileHeader, limit-fileHeader), bytes.NewReader(mark(next, s.salt)))
	}
	c.Content = &cancellable{ctx, c.Content}
	if err := put(c); err != nil {
		return fmt.Errorf("copy of log file %s: %w", c.Name, err)
	}
	return ctx.Err()
}

// cancellable is a reader that stops with its context.
type cancellable struct {
	ctx context.Context
	io.Reader
}

// Read reads, unless the context has ended.
func (c *cancellable) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.Reader.Read(b)
}
