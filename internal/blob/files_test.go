package blob_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"shiyang/internal/blob"
)

func TestKey(t *testing.T) {
	hash := "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	if got := blob.Key(hash); got != "blobs/9f/"+hash {
		t.Errorf("the key is %s", got)
	}
}

func TestContentIsKeptUntilDeleted(t *testing.T) {
	dir := t.TempDir()
	files := open(t, dir)
	for _, content := range []string{"old", "new"} {
		if err := files.Put(t.Context(), "blobs/ab/abc", []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	again := open(t, dir) // another process
	if got := read(t, again, "blobs/ab/abc"); got != "new" {
		t.Errorf("read %q", got)
	}
	for range 2 {
		if err := again.Delete(t.Context(), "blobs/ab/abc"); err != nil {
			t.Errorf("delete: %v", err)
		}
	}
	if _, err := files.Open(t.Context(), "blobs/ab/abc"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("opened with %v", err)
	}
}

func TestListLeavesOutWhatACrashLeft(t *testing.T) {
	dir := t.TempDir()
	files := open(t, dir)
	for _, key := range []string{"uploads/a/1", "uploads/b/2", "blobs/ab/abc"} {
		if err := files.Put(t.Context(), key, []byte(key)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "uploads", "a", "1.X.part"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var keys []string
	list := func(prefix string) {
		t.Helper()
		keys = nil
		if err := files.List(t.Context(), prefix, func(key string) error { keys = append(keys, key); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if list("uploads/"); !slices.Equal(keys, []string{"uploads/a/1", "uploads/b/2"}) {
		t.Errorf("listed %v", keys)
	}
	if list("nothing/"); len(keys) != 0 {
		t.Errorf("listed %v", keys)
	}
	enough := errors.New("enough")
	if err := files.List(t.Context(), "", func(string) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("the visit went on: %v", err)
	}
}

func TestNothingOutsideIsReached(t *testing.T) {
	files := open(t, filepath.Join(t.TempDir(), "inside"))
	for _, key := range []string{"../outside", "a/../../outside"} {
		if err := files.Put(t.Context(), key, []byte("x")); err == nil {
			t.Errorf("%s was written", key)
		}
		if _, err := files.Open(t.Context(), key); err == nil {
			t.Errorf("%s was opened", key)
		}
	}
}

func TestFolderThatCannotBeMade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := blob.OpenFiles(filepath.Join(file, "bucket")); err == nil || !strings.Contains(err.Error(), "open bucket") {
		t.Errorf("opened with %v", err)
	}
}

func open(t *testing.T, dir string) *blob.Files {
	t.Helper()
	files, err := blob.OpenFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := files.Close(); err != nil {
			t.Error(err)
		}
	})
	return files
}

func read(t *testing.T, files *blob.Files, key string) string {
	t.Helper()
	content, err := files.Open(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(content)
	if err = errors.Join(err, content.Close()); err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
