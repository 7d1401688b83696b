package peer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Embedded is our own store: `shiyang serve eventstore` with its default
// settings, behind the official client.
type Embedded struct {
	official
	binary, data string
	profiles     bool
	process      *process
	Admin        string // http://host:port of health and profiles
}

var embeddedReady = regexp.MustCompile(`^eventstore: (esdb://\S+)  \(health (http://[^)\s]+)`)

// OpenEmbedded starts the program on the data folder, which may hold a store.
// WriteProfile needs profiles.
func OpenEmbedded(ctx context.Context, binary, data string, profiles bool) (*Embedded, error) {
	e := &Embedded{binary: binary, data: data, profiles: profiles}
	if _, err := e.start(ctx); err != nil {
		return nil, err
	}
	return e, nil
}

// start returns how long it took from the start of the program until it said
// that it is ready.
func (e *Embedded) start(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	p, err := launch(ctx, syscall.SIGTERM, 0, e.binary, "serve", "eventstore", "--data", e.data,
		"--internal", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log-level", "error",
		fmt.Sprintf("--store-profiles=%t", e.profiles))
	if err != nil {
		return 0, err
	}
	match, err := p.await(embeddedReady.FindStringSubmatch)
	if err != nil {
		return 0, err
	}
	e.process, e.Admin = p, match[2]
	if err := e.awaitReady(ctx); err != nil {
		return 0, errors.Join(err, p.stop())
	}
	took := time.Since(began)
	if err := e.connect(match[1]); err != nil {
		return 0, errors.Join(err, p.stop())
	}
	return took, nil
}

func (e *Embedded) awaitReady(ctx context.Context) error {
	for ctx.Err() == nil {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, e.Admin+"/health/ready", nil)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			ready := response.StatusCode == http.StatusOK
			if err := response.Body.Close(); err != nil || ready {
				return err
			}
		}
		time.Sleep(time.Millisecond)
	}
	return ctx.Err()
}

// Name is the name in the tables.
func (e *Embedded) Name() string { return "shiyang" }

// Settings are those of a user who sets nothing.
func (e *Embedded) Settings() string { return "shiyang serve eventstore, default settings, TCP" }

// Process is the process of the store.
func (e *Embedded) Process() int { return e.process.pid() }

// Restart stops the store in good order, or kills it, and returns how long the
// next start takes. After a kill its files are dropped from the page cache as
// far as the system does so on request, so that the start reads the disk.
func (e *Embedded) Restart(ctx context.Context, kill bool) (time.Duration, error) {
	if err := e.end(kill); err != nil {
		return 0, err
	}
	if kill {
		if err := dropCache(e.data); err != nil {
			return 0, err
		}
	}
	return e.start(ctx)
}

func (e *Embedded) end(kill bool) error {
	closed := e.client.Close()
	if kill {
		return errors.Join(closed, e.process.kill())
	}
	return errors.Join(closed, e.process.stop())
}

// Close stops the store and removes its data.
func (e *Embedded) Close() error { return errors.Join(e.end(false), os.RemoveAll(e.data)) }

// Bytes is the size of the store's files.
func (e *Embedded) Bytes() (size int64, err error) {
	err = filepath.WalkDir(e.data, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) { // removed meanwhile
			return nil
		}
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}

func dropCache(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		file, err := os.Open(path) //nolint:gosec // a file of the store just stopped
		if err != nil {
			return err
		}
		err = errors.Join(file.Sync(), unix.Fadvise(int(file.Fd()), 0, 0, unix.FADV_DONTNEED))
		if err := errors.Join(err, file.Close()); err != nil {
			return fmt.Errorf("drop %s from the cache: %w", path, err)
		}
		return nil
	})
}

// WriteProfile writes a CPU profile of the store over so long to a file.
func (e *Embedded) WriteProfile(ctx context.Context, file string, over time.Duration) error {
	address := fmt.Sprintf("%s/debug/pprof/profile?seconds=%d", e.Admin, max(1, int(over.Seconds())))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	content, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", address, response.Status)
	}
	return os.WriteFile(file, content, 0o600)
}
