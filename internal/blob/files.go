// Package blob keeps content by its hash 按哈希存放的文件: attachments of records
// and editions of law data. Events carry only the hash, so content is never
// changed, and every part of the system reads the same bucket.
//
// Who uses a bucket declares what it needs of one; [Files] is a folder. The
// package imports nothing of ours. Start with [Files] and [Key].
package blob

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Key is where content with this SHA-256 (64 lower-case hex digits) lies in a
// bucket.
func Key(sha256 string) string { return "blobs/" + sha256[:2] + "/" + sha256 }

// Files is a bucket in a folder. A file is written beside its place, synced
// and then renamed, so that a crash leaves the old content or the new. It is
// safe for concurrent use, also by several processes.
type Files struct{ root *os.Root }

// OpenFiles returns the bucket in a folder, which it makes if needed. Nothing
// outside of the folder can be reached through it.
func OpenFiles(dir string) (*Files, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open bucket: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open bucket: %w", err)
	}
	return &Files{root}, nil
}

// Close ends the use of the folder.
func (f *Files) Close() error { return f.root.Close() }

// Put stores content under a key and returns when it is durable. Storing the
// same key twice keeps the newer content.
func (f *Files) Put(_ context.Context, key string, content []byte) error {
	dir := filepath.Dir(key)
	if err := f.root.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	temporary := key + "." + rand.Text() + ".part"
	file, err := f.root.Create(temporary)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = f.root.Rename(temporary, key)
	}
	if err != nil {
		return errors.Join(err, f.Delete(context.Background(), temporary))
	}
	return f.sync(dir)
}

// sync makes a rename in a folder durable.
func (f *Files) sync(dir string) error {
	folder, err := f.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// Open reads content; a missing key is fs.ErrNotExist.
func (f *Files) Open(_ context.Context, key string) (io.ReadCloser, error) { return f.root.Open(key) }

// Delete removes content; a missing key is no error.
func (f *Files) Delete(_ context.Context, key string) error {
	if err := f.root.Remove(key); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// List visits the keys under a prefix until visit fails.
func (f *Files) List(_ context.Context, prefix string, visit func(string) error) error {
	start := cmp.Or(strings.TrimSuffix(prefix, "/"), ".")
	err := fs.WalkDir(f.root.FS(), start, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".part") {
			return err
		}
		return visit(path)
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
