package journal

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"syscall"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

// formatVersion is the layout described in the package comment. A change that
// an older program would misread needs a higher number.
const formatVersion = 1

// header is stored under headerKey.
type header struct {
	Format  int       `json:"format"`
	Store   string    `json:"store"`
	Created time.Time `json:"created"`
}

// openStore opens the database and its header. A new database is opened twice:
// its first write-ahead log is begun before the demanded format is in force,
// and would not notice damage.
func openStore(o Options, fail func(error) error) (*pebble.DB, header, error) {
	if err := checkLogTail(o.FS, o.Dir); err != nil {
		return nil, header{}, err
	}
	for {
		db, err := openPebble(o, fail)
		if err != nil {
			return nil, header{}, err
		}
		h, made, err := openHeader(db, o.Now())
		if err == nil && !made {
			return db, h, nil
		}
		if err := errors.Join(err, db.Close()); err != nil {
			return nil, header{}, err
		}
	}
}

// openPebble opens the database. The newest Pebble format is demanded because
// older ones take a flipped bit in the write-ahead log for its end.
func openPebble(o Options, fail func(error) error) (*pebble.DB, error) {
	logger := pebbleLogger{logger: o.Logger, fail: fail}
	po := &pebble.Options{
		FS:                          o.FS,
		FormatMajorVersion:          pebble.FormatNewest,
		CacheSize:                   o.CacheBytes,
		MemTableSize:                o.MemTableBytes,
		MemTableStopWritesThreshold: 2,
		Logger:                      logger,
		EventListener: &pebble.EventListener{
			// Pebble would try again for ever, while writers wait.
			BackgroundError: func(err error) { _ = fail(fmt.Errorf("background write: %w", err)) },
			DataCorruption: func(info pebble.DataCorruptionInfo) {
				_ = fail(fmt.Errorf("%w: %v", ErrCorrupt, info))
			},
		},
	}
	for i := range po.Levels {
		po.Levels[i].BlockSize = 32 << 10
		po.Levels[i].FilterPolicy = bloom.FilterPolicy(10)
	}
	db, err := pebble.Open(o.Dir, po)
	switch {
	case err == nil:
		return db, nil
	case errors.Is(err, syscall.EAGAIN), strings.Contains(err.Error(), "lock held by current process"):
		return nil, fmt.Errorf("%w; stop it or choose another directory: %w", ErrInUse, err)
	case strings.Contains(err.Error(), "unknown format major version"):
		return nil, fmt.Errorf("%w; use that version or restore a backup: %w", ErrNewerFormat, err)
	case pebble.IsCorruptionError(err):
		return nil, fmt.Errorf("%w; restore a backup: %w", ErrCorrupt, err)
	default:
		return nil, err
	}
}

// closePebble closes the database, after a last record in the log that
// witnesses that all before it was synced (see checkLogTail). After a failure Pebble may be in any state,
// so its complaints then are only added to the failure, panics included.
func closePebble(db *pebble.DB, failure error) (err error) {
	if !errors.Is(failure, ErrFailed) {
		witness := db.NewBatch()
		err := errors.Join(witness.LogData([]byte("closed"), nil), db.ApplyNoSyncWait(witness, pebble.Sync), witness.SyncWait())
		return errors.Join(err, witness.Close(), db.Close())
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("close after failure: %v", r)
		}
	}()
	return db.Close()
}

// openHeader reads the header, or makes one in an empty database and says so.
func openHeader(db *pebble.DB, now time.Time) (h header, made bool, err error) {
	value, closer, err := db.Get([]byte{headerKey})
	if errors.Is(err, pebble.ErrNotFound) {
		return header{}, true, makeHeader(db, now)
	}
	if err != nil {
		return header{}, false, err
	}
	defer closer.Close() //nolint:errcheck // releases a cache entry; always nil
	if err := json.Unmarshal(value, &h); err != nil {
		return header{}, false, fmt.Errorf("%w: header: %w", ErrCorrupt, err)
	}
	if h.Format > formatVersion {
		return header{}, false, fmt.Errorf("%w: format %d, but this program knows formats up to %d; use the newer version or restore a backup",
			ErrNewerFormat, h.Format, formatVersion)
	}
	return h, false, nil
}

func makeHeader(db *pebble.DB, now time.Time) error {
	iter, err := db.NewIter(nil)
	if err != nil {
		return err
	}
	empty := !iter.First()
	if err := errors.Join(iter.Error(), iter.Close()); err != nil {
		return err
	}
	if !empty {
		return fmt.Errorf("%w: the directory holds a database without an event store header", ErrCorrupt)
	}
	value, err := json.Marshal(header{Format: formatVersion, Store: newStoreID(), Created: now.UTC()})
	if err != nil {
		return err
	}
	return db.Set([]byte{headerKey}, value, pebble.Sync)
}

// newStoreID returns a random (version 4) UUID.
func newStoreID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// bounds restricts an iterator to keys that start with prefix.
func bounds(prefix []byte) *pebble.IterOptions {
	return &pebble.IterOptions{LowerBound: prefix, UpperBound: after(prefix)}
}

// levelFatal is above slog.LevelError: the journal has stopped.
const levelFatal = slog.LevelError + 4

func errorAttr(err error) slog.Attr { return slog.String("error", err.Error()) }

// pebbleLogger passes Pebble's errors on. Pebble calls Fatalf where it would
// rather end the process; the journal stops instead.
type pebbleLogger struct {
	logger *slog.Logger
	fail   func(error) error
}

// Infof drops Pebble's talk about its files.
func (l pebbleLogger) Infof(string, ...any) {}

// Errorf logs what Pebble could not do in the background.
func (l pebbleLogger) Errorf(format string, args ...any) {
	l.logger.LogAttrs(context.Background(), slog.LevelError, "event journal storage",
		slog.String("error", fmt.Sprintf(format, args...)))
}

// Fatalf stops the journal.
func (l pebbleLogger) Fatalf(format string, args ...any) {
	_ = l.fail(fmt.Errorf(format, args...))
}
