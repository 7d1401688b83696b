package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"
)

// Backup is a backup whose manifest was read. It is safe for concurrent use.
type Backup struct {
	Manifest
	shelf shelf
}

// shelf is where a backup is read from.
type shelf interface {
	open(name string) (io.ReadCloser, error) // an error that wraps fs.ErrNotExist if it is missing
	Close() error
}

// folderShelf is a shelf in a file system.
type folderShelf struct{ *os.Root }

func (f folderShelf) open(name string) (io.ReadCloser, error) { return f.Open(name) }

// ErrNoBackup reports a folder without a manifest: something else, or a backup
// that was interrupted.
var ErrNoBackup = errors.New("is no backup, or one that was never finished: it has no " + ManifestName)

// mostDamages is how many damaged files are named.
const mostDamages = 20

// Open reads the manifest of a backup and checks it by its own checksum. The
// files are not looked at yet: see [Backup.Verify].
func Open(dir string) (*Backup, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open backup: %w", err)
	}
	return openShelf(folderShelf{root}, dir)
}

func openShelf(s shelf, where string) (*Backup, error) {
	m, err := readManifest(s)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open backup %s: %w", where, err), s.Close())
	}
	return &Backup{m, s}, nil
}

func readManifest(s shelf) (Manifest, error) {
	file, err := s.open(ManifestName)
	if errors.Is(err, os.ErrNotExist) {
		return Manifest{}, ErrNoBackup
	}
	if err != nil {
		return Manifest{}, err
	}
	text, err := io.ReadAll(io.LimitReader(file, maxManifest))
	if err = errors.Join(err, file.Close()); err != nil {
		return Manifest{}, &DamageError{ManifestName, err.Error()}
	}
	return decode(text)
}

// Close ends the use of the place that the backup lies in.
func (b *Backup) Close() error { return b.shelf.Close() }

// Verify reads every file of the backup and compares it with the manifest.
// It tells every damage that it finds, at most twenty, each a [DamageError],
// and answers nil for a backup that can be restored. progress hears how many
// bytes were read.
func (b *Backup) Verify(ctx context.Context, progress func(n int)) error {
	var found []error
	for _, f := range b.Files {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := b.each(ctx, f, io.Discard, progress)
		if _, damaged := errors.AsType[*DamageError](err); err != nil && !damaged {
			return err
		}
		if err != nil {
			found = append(found, err)
		}
		if len(found) == mostDamages {
			found = append(found, errors.New("and perhaps more"))
			break
		}
	}
	return errors.Join(found...)
}

// each copies a file to w and fails with a DamageError if it is not what the
// manifest says.
func (b *Backup) each(ctx context.Context, f File, w io.Writer, progress func(int)) error {
	r, err := b.Reader(f)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, &watched{ctx, r, progress})
	return errors.Join(err, r.Close())
}

// Reader reads one file of the backup. Its last Read fails with a
// [DamageError] unless the content is what the manifest says. The caller closes
// it.
func (b *Backup) Reader(f File) (io.ReadCloser, error) {
	file, err := b.shelf.open(f.Name)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, &DamageError{f.Name, "is missing"}
	case err != nil:
		return nil, &DamageError{f.Name, err.Error()}
	}
	return &checked{file: file, want: f, hash: sha256.New()}, nil
}

// checked compares what is read with the manifest, at the end.
type checked struct {
	file io.ReadCloser
	want File
	hash hash.Hash
	size int64
}

// Read implements [io.Reader].
func (c *checked) Read(p []byte) (int, error) {
	n, err := c.file.Read(p)
	c.hash.Write(p[:n])
	c.size += int64(n)
	switch {
	case err == nil:
	case !errors.Is(err, io.EOF):
		err = &DamageError{c.want.Name, err.Error()}
	case c.size != c.want.Size:
		err = &DamageError{c.want.Name, fmt.Sprintf("has %d bytes, the manifest says %d", c.size, c.want.Size)}
	case hex.EncodeToString(c.hash.Sum(nil)) != c.want.SHA256:
		err = &DamageError{c.want.Name, "does not have the checksum of the manifest: its content was changed"}
	}
	return n, err
}

// Close implements [io.Closer].
func (c *checked) Close() error { return c.file.Close() }

// watched tells progress, and stops with ctx.
type watched struct {
	ctx      context.Context
	r        io.Reader
	progress func(int)
}

// Read implements [io.Reader].
func (w *watched) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := w.r.Read(p)
	if w.progress != nil {
		w.progress(n)
	}
	return n, err
}

// Copy writes the files of one holding, without its name in front, into a
// folder, which is made. Each is checked once more on its way and synced.
func (b *Backup) Copy(ctx context.Context, holding, dir string, progress func(n int)) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("place %s: %w", holding, err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("place %s: %w", holding, err)
	}
	for _, f := range b.Of(holding) {
		if err = b.place(ctx, root, f, strings.TrimPrefix(f.Name, holding+"/"), progress); err != nil {
			err = fmt.Errorf("place %s: %w", f.Name, err)
			break
		}
	}
	return errors.Join(err, root.Close())
}

func (b *Backup) place(ctx context.Context, root *os.Root, f File, name string, progress func(int)) error {
	if err := root.MkdirAll(folderOf(name), 0o700); err != nil {
		return err
	}
	r, err := b.Reader(f)
	if err != nil {
		return err
	}
	err = writeFile(root, name, &watched{ctx, r, progress})
	return errors.Join(err, r.Close())
}
