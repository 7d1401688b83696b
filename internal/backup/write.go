package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Writer writes a backup: every file as it comes, the manifest last. It is used
// by one goroutine.
type Writer struct {
	place place
	files []File
	done  bool
}

// place is where a backup is written.
type place interface {
	write(name string, content io.Reader) error // a new file, durable when it returns
	seal(manifest []byte) error                 // all files are there: the manifest, in one step
	leave(done bool) error                      // what is not done is taken away again
}

// Create begins a backup in a folder, which is made if needed and must be
// empty: a backup never mixes with an older one. Folders get mode 0700 and
// files 0600, because they hold keys and password hashes.
func Create(dir string) (*Writer, error) {
	f, err := newFolder(dir)
	if err != nil {
		return nil, fmt.Errorf("begin backup: %w", err)
	}
	return &Writer{place: f}, nil
}

// Put implements the type [Put]: it stores a file durably. Content that is
// shorter or longer than size, where that is known, is refused.
func (w *Writer) Put(name string, size int64, content io.Reader) error {
	hash := sha256.New()
	counted := &counted{r: io.TeeReader(content, hash)}
	err := w.place.write(name, counted)
	if err == nil && size >= 0 && counted.n != size {
		err = fmt.Errorf("%d bytes were announced and %d came", size, counted.n)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	w.files = append(w.files, File{name, counted.n, hex.EncodeToString(hash.Sum(nil))})
	return nil
}

// counted counts what is read.
type counted struct {
	r io.Reader
	n int64
}

// Read implements [io.Reader].
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// Commit writes the manifest and makes the backup whole.
func (w *Writer) Commit(s Summary, now time.Time) (Manifest, error) {
	m := Manifest{Format: Format, Made: now.UTC().Truncate(time.Second), Log: s.Log, Holdings: s.Holdings, Files: w.files}
	slices.SortFunc(m.Files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	if err := m.check(); err != nil {
		return Manifest{}, fmt.Errorf("finish backup: %w", err)
	}
	text, err := m.encode()
	if err != nil {
		return Manifest{}, err
	}
	if err := w.place.seal(text); err != nil {
		return Manifest{}, fmt.Errorf("finish backup: %w", err)
	}
	w.done = true
	return m, nil
}

// Close ends the use of the place. What was not committed is taken away again:
// the place is as it was before.
func (w *Writer) Close() error { return w.place.leave(w.done) }

// folder is a place in a file system.
type folder struct {
	dir  string
	made bool // the folder itself is ours
	root *os.Root
}

func newFolder(dir string) (*folder, error) {
	made := false
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
		made, err = true, os.MkdirAll(dir, 0o700)
	case err == nil && len(entries) > 0:
		err = fmt.Errorf("%s holds %s already; every backup has an empty folder of its own", dir, entries[0].Name())
	case err == nil:
		err = os.Chmod(dir, 0o700) //nolint:gosec // a folder, for its owner only
	}
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	return &folder{dir, made, root}, err
}

func (f *folder) write(name string, content io.Reader) error {
	if err := f.root.MkdirAll(folderOf(name), 0o700); err != nil {
		return err
	}
	return writeFile(f.root, name, content)
}

// writeFile writes a new file and syncs it.
func writeFile(root *os.Root, name string, content io.Reader) error {
	file, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

func (f *folder) seal(manifest []byte) error {
	temporary := "." + ManifestName + ".part"
	if err := writeFile(f.root, temporary, bytes.NewReader(manifest)); err != nil {
		return err
	}
	if err := SyncTree(f.dir); err != nil {
		return err
	}
	if err := f.root.Rename(temporary, ManifestName); err != nil {
		return err
	}
	return SyncFolder(f.dir)
}

func (f *folder) leave(done bool) error {
	if done {
		return f.root.Close()
	}
	if f.made {
		return errors.Join(f.root.Close(), os.RemoveAll(f.dir))
	}
	entries, err := os.ReadDir(f.dir)
	for _, e := range entries { // it was empty: all of these are ours
		err = errors.Join(err, f.root.RemoveAll(e.Name()))
	}
	return errors.Join(err, f.root.Close())
}

// SyncTree makes the names of all files below a folder durable; the files
// themselves were synced when they were written.
func SyncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		return SyncFolder(path)
	})
}

// SyncFolder makes the names in one folder durable.
func SyncFolder(dir string) error {
	folder, err := os.Open(dir) //nolint:gosec // below the folder that the operator named
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
