package segment

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// blockBytes is what file sizes are multiples of.
const blockBytes = 4096

// pause is how long the preparer rests between two chunks, so that appends do
// not queue behind a whole file of zeros.
const pause = 2 * time.Millisecond

// preparer makes the next file while the active one is being filled.
type preparer struct {
	log     *Log
	mu      sync.Mutex
	idle    *sync.Cond
	running bool
	hurry   chan struct{} // closed when somebody waits for what is running
	stopped bool
	ready   *Segment
}

func (p *preparer) init(l *Log) {
	p.log = l
	p.idle = sync.NewCond(&p.mu)
}

// adopt takes an empty file that was prepared before the log was opened.
func (p *preparer) adopt(s *Segment) { p.ready = s }

// kick has the next file made in the background, if it is not there yet.
func (p *preparer) kick(number uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ready != nil || p.running || p.stopped {
		return
	}
	p.running = true
	hurry := make(chan struct{})
	p.hurry = hurry
	go func() {
		s, err := p.make(number, 0, hurry)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.ready, p.running = s, false
		p.idle.Broadcast()
		if err != nil && !errors.Is(err, ErrDiskFull) && p.log.opts.Failed != nil {
			p.log.opts.Failed(err)
		}
	}()
}

// take returns the next file, with room for need bytes, and makes it if need be.
func (p *preparer) take(number uint64, need int64) (*Segment, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.await()
	if p.ready == nil || p.ready.size < need {
		s, err := p.make(number, need, nil)
		if err != nil {
			return nil, err
		}
		p.ready = s
	}
	s := p.ready
	p.ready = nil
	return s, nil
}

func (p *preparer) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopped = true
	p.await()
}

// await waits for what is running, which then no longer rests. The lock is held.
func (p *preparer) await() {
	if p.hurry != nil {
		close(p.hurry)
		p.hurry = nil
	}
	for p.running {
		p.idle.Wait()
	}
}

// hasNext tells whether the next file is there, and otherwise has it made.
func (p *preparer) hasNext(number uint64) bool {
	p.kick(number)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.await()
	return p.ready != nil
}

// make makes a file of the size that suits the log, smaller when the disk is
// nearly full, but with room for need bytes. It rests in between until hurry is
// closed, or not at all when that is nil.
func (p *preparer) make(number uint64, need int64, hurry <-chan struct{}) (*Segment, error) {
	l := p.log
	_, bytes := l.Files()
	least := max((need+blockBytes-1)/blockBytes*blockBytes, min(minBytes, l.opts.Bytes))
	size := max(least, min(bytes, l.opts.Bytes)/blockBytes*blockBytes)
	for {
		s, err := l.preparer.create(number, size, least, hurry)
		if err == nil || !errors.Is(err, ErrDiskFull) || size == least {
			return s, err
		}
		size = max(least, size/2/blockBytes*blockBytes)
	}
}

// reserve is the room that the log leaves on a disk for the index beside it.
func reserve(total uint64) uint64 { return min(16<<20, total/16) }

// create makes a file full of zeros, syncs it and gives it its name.
func (p *preparer) create(number uint64, size, least int64, hurry <-chan struct{}) (*Segment, error) {
	l := p.log
	if usage, err := l.opts.FS.GetDiskUsage(l.opts.Dir); err == nil {
		if usage.AvailBytes < uint64(size)+reserve(usage.TotalBytes) {
			return nil, fmt.Errorf("%w: %d bytes are free, the log needs %d", ErrDiskFull, usage.AvailBytes, least)
		}
	}
	name := fileName(number)
	temporary := l.path(name + newSuffix)
	err := p.fill(temporary, header{Identity: l.Identity, number: number, size: size}, hurry)
	if err == nil {
		err = l.opts.FS.Rename(temporary, l.path(name))
	}
	if err == nil {
		err = syncDir(l.opts.FS, l.opts.Dir)
	}
	if err != nil {
		err = errors.Join(fmt.Errorf("make log file %s: %w", name, err), p.discard(temporary))
		if isFull(err) {
			return nil, fmt.Errorf("%w: %w", ErrDiskFull, err)
		}
		return nil, err
	}
	return &Segment{Number: number, size: size, salt: l.salt}, nil
}

func (p *preparer) fill(name string, h header, hurry <-chan struct{}) (err error) {
	f, err := p.log.opts.FS.Create(name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(h.encode()); err != nil {
		return err
	}
	zeros := make([]byte, min(zeroChunk, h.size))
	for left := h.size - fileHeader; left > 0; {
		part := zeros[:min(left, zeroChunk)]
		clear(part) // a file may change the slice that it is given
		if _, err := f.Write(part); err != nil {
			return err
		}
		left -= int64(len(part))
		if hurry == nil || left <= 0 {
			continue
		}
		if _, err := f.SyncTo(h.size - left); err != nil { // so that the sync at the end is short
			return err
		}
		if !rested(hurry) {
			hurry = nil
		}
	}
	return f.Sync()
}

// rested waits for a pause, and tells whether nobody was in a hurry.
func rested(hurry <-chan struct{}) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-hurry:
		return false
	}
}

// discard removes a file that could not be finished.
func (p *preparer) discard(name string) error {
	if _, err := p.log.opts.FS.Stat(name); err != nil {
		return nil //nolint:nilerr // it was never made
	}
	return p.log.opts.FS.Remove(name)
}

func syncDir(fs vfs.FS, name string) error {
	d, err := fs.OpenDir(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
