package journal

import (
	"log/slog"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"shiyang/eventstore/journal/segment"
)

// Defaults suit a small machine that runs everything in one process.
const (
	DefaultCacheBytes    = 8 << 20
	DefaultMemTableBytes = 8 << 20
	DefaultSegmentBytes  = segment.DefaultBytes
	DefaultIDWindow      = 1 << 16
	DefaultStreamCache   = 1 << 14
)

// Options say where a journal lives and how much memory it may take. The zero
// value of each field but Dir means its default.
type Options struct {
	Dir           string           // the directory; made if missing
	FS            vfs.FS           // the file system; the operating system's by default
	Now           func() time.Time // stamps "created"; time.Now by default
	Logger        *slog.Logger     // slog.Default() by default
	CacheBytes    int64            // cached blocks of the index
	MemTableBytes uint64           // write buffer of the index; bounds what Open must read again after a crash
	SegmentBytes  int64            // size of a full file of the log
	IDWindow      int              // event ids remembered for appends without an exact revision
	StreamCache   int              // streams whose end is remembered
}

func (o Options) withDefaults() Options {
	if o.FS == nil {
		o.FS = vfs.Default
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.CacheBytes <= 0 {
		o.CacheBytes = DefaultCacheBytes
	}
	if o.MemTableBytes == 0 {
		o.MemTableBytes = DefaultMemTableBytes
	}
	if o.SegmentBytes <= 0 {
		o.SegmentBytes = DefaultSegmentBytes
	}
	if o.IDWindow <= 0 {
		o.IDWindow = DefaultIDWindow
	}
	if o.StreamCache <= 0 {
		o.StreamCache = DefaultStreamCache
	}
	return o
}
