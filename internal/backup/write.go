package backup

import (
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

// Writer writes a backup into a folder: every file as it comes, the manifest
// last. It is used by one goroutine.
type Writer struct {
	dir   string
	made  bool // the folder itself is ours
	root  *os.Root
	files []File
	done  bool
}

// Create begins a backup in a folder, which is made if needed and must be
// empty: a backup never mixes with an older one. Folders get mode 0700 and
// files 0600, because they hold keys and password hashes.
func Create(dir string) (*Writer, error) {
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
		return nil, fmt.Errorf("begin backup: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("begin backup: %w", err)
	}
	return &Writer{dir: dir, made: made, root: root}, nil
}

// Put implements the type [Put]: it stores a file durably. Content that is
// shorter or longer than size, where that is known, is refused.
func (w *Writer) Put(name string, size int64, content io.Reader) error {
	if err := w.root.MkdirAll(folderOf(name), 0o700); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	got, err := writeFile(w.root, name, content)
	if err == nil && size >= 0 && got.Size != size {
		err = fmt.Errorf("%d bytes were announced and %d came", size, got.Size)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	w.files = append(w.files, got)
	return nil
}

// writeFile writes a new file, hashes what it writes, and syncs it.
func writeFile(root *os.Root, name string, content io.Reader) (File, error) {
	file, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return File{}, err
	}
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(file, hash), content)
	if err == nil {
		err = file.Sync()
	}
	return File{name, n, hex.EncodeToString(hash.Sum(nil))}, errors.Join(err, file.Close())
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
	temporary := "." + ManifestName + ".part"
	if _, err := writeFile(w.root, temporary, strings.NewReader(string(text))); err != nil {
		return Manifest{}, fmt.Errorf("finish backup: %w", err)
	}
	if err := SyncTree(w.dir); err != nil {
		return Manifest{}, fmt.Errorf("finish backup: %w", err)
	}
	if err := w.root.Rename(temporary, ManifestName); err != nil {
		return Manifest{}, fmt.Errorf("finish backup: %w", err)
	}
	if err := SyncFolder(w.dir); err != nil {
		return Manifest{}, fmt.Errorf("finish backup: %w", err)
	}
	w.done = true
	return m, nil
}

// Close ends the use of the folder. What was not committed is taken away
// again: the folder is as it was before [Create].
func (w *Writer) Close() error {
	if w.done {
		return w.root.Close()
	}
	if w.made {
		return errors.Join(w.root.Close(), os.RemoveAll(w.dir))
	}
	entries, err := os.ReadDir(w.dir)
	for _, e := range entries { // it was empty: all of these are ours
		err = errors.Join(err, w.root.RemoveAll(e.Name()))
	}
	return errors.Join(err, w.root.Close())
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
