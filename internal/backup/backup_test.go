package backup_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"shiyang/internal/backup"
)

var now = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

// copied is the order in which things were asked to export themselves.
type copied []string

func (c *copied) log(_ context.Context, put backup.Put) (backup.Log, error) {
	*c = append(*c, "log")
	err := errors.Join(put("CURRENT", 5, strings.NewReader("first")), put("data/1.sst", 6, strings.NewReader("second")))
	return backup.Log{Store: "store-1", Position: 42}, err
}

func (c *copied) holding(name, content string) backup.Holding {
	return backup.Holding{Name: name, Export: func(_ context.Context, put backup.Put) error {
		*c = append(*c, name)
		return backup.Stream(put, "rows.jsonl", func(w io.Writer) error {
			_, err := io.WriteString(w, content)
			return err
		})
	}}
}

// take makes a backup of two holdings in a new folder.
func take(t *testing.T) (dir string, m backup.Manifest) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "b")
	w, err := backup.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	var order copied
	s, err := backup.Take(t.Context(), order.log, []backup.Holding{order.holding("keyring", "keys\n"), order.holding("drafts", "")}, w.Put)
	if err != nil {
		t.Fatal(err)
	}
	if m, err = w.Commit(s, now); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(order, copied{"log", "keyring", "drafts"}) {
		t.Errorf("copied in the order %v; the log's position comes first", order)
	}
	return dir, m
}

// verify is what a restore does before anything else.
func verify(t *testing.T, dir string) error {
	t.Helper()
	b, err := backup.Open(dir)
	if err != nil {
		return err
	}
	defer func() { _ = b.Close() }()
	return b.Verify(t.Context(), nil)
}

func TestABackupComesBack(t *testing.T) {
	dir, m := take(t)
	if m.Log != (backup.Log{Store: "store-1", Position: 42}) || m.Bytes() != 16 || len(m.Files) != 4 || !m.Made.Equal(now) {
		t.Errorf("manifest %+v", m)
	}
	b, err := backup.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	read := 0
	if err := b.Verify(t.Context(), func(n int) { read += n }); err != nil || read != 16 {
		t.Errorf("verify: %v after %d bytes", err, read)
	}
	target := filepath.Join(t.TempDir(), "log")
	if err := b.Copy(t.Context(), backup.LogFolder, target, nil); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"CURRENT": "first", "data/1.sst": "second"} {
		if got, err := os.ReadFile(filepath.Join(target, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if b.Holds("files") || !b.Holds("drafts") || len(b.Of("keyring")) != 1 {
		t.Errorf("holdings %v", b.Holdings)
	}
}

// The files hold keys and password hashes: nobody else may read them.
func TestABackupIsForItsOwnerOnly(t *testing.T) {
	dir, _ := take(t)
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEveryMissingFileIsNamed(t *testing.T) {
	_, m := take(t)
	for _, f := range m.Files {
		dir, _ := take(t)
		if err := os.Remove(filepath.Join(dir, f.Name)); err != nil {
			t.Fatal(err)
		}
		wantDamage(t, verify(t, dir), f.Name, "is missing")
	}
}

// One bit of every byte of every file, the manifest included.
func TestEveryFlippedBitIsNoticed(t *testing.T) {
	dir, m := take(t)
	for _, name := range append(names(m), backup.ManifestName) {
		path := filepath.Join(dir, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range whole {
			changed := bytes.Clone(whole)
			changed[i] ^= 1 << (i % 8)
			write(t, path, changed)
			if err := verify(t, dir); err == nil || !strings.Contains(err.Error(), name) {
				t.Fatalf("%s: bit %d of byte %d: %v", name, i%8, i, err)
			}
		}
		write(t, path, whole)
	}
	if err := verify(t, dir); err != nil {
		t.Errorf("put back as it was: %v", err)
	}
}

func TestATruncatedFileIsNoticed(t *testing.T) {
	dir, m := take(t)
	for _, name := range append(names(m), backup.ManifestName) {
		path := filepath.Join(dir, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for size := range len(whole) {
			write(t, path, whole[:size])
			if err := verify(t, dir); err == nil || !strings.Contains(err.Error(), name) {
				t.Fatalf("%s cut to %d bytes: %v", name, size, err)
			}
		}
		write(t, path, whole)
	}
}

func TestANewerFormatIsRefused(t *testing.T) {
	dir, m := take(t)
	m.Format = backup.Format + 1
	reseal(t, dir, m)
	err := verify(t, dir)
	if !errors.Is(err, backup.ErrNewerFormat) || !strings.Contains(err.Error(), "use the newer version") {
		t.Errorf("error = %v", err)
	}
}

// A manifest that somebody made to write elsewhere.
func TestNamesOutsideOfTheBackupAreRefused(t *testing.T) {
	for _, name := range []string{"../outside", "log/../../outside", "/etc/passwd", "log", "elsewhere/file", "log//x", ""} {
		dir, m := take(t)
		m.Files[0].Name = name
		reseal(t, dir, m)
		wantDamage(t, verify(t, dir), backup.ManifestName, fmt.Sprintf("names %q", name))
	}
	dir, m := take(t)
	m.Files[1] = m.Files[0]
	reseal(t, dir, m)
	wantDamage(t, verify(t, dir), backup.ManifestName, "twice")
}

func TestALinkDoesNotLeadOutOfTheBackup(t *testing.T) {
	dir, m := take(t)
	outside := filepath.Join(t.TempDir(), "outside")
	write(t, outside, []byte("secret"))
	path := filepath.Join(dir, m.Files[0].Name)
	if err := errors.Join(os.Remove(path), os.Symlink(outside, path)); err != nil {
		t.Fatal(err)
	}
	if err := verify(t, dir); err == nil {
		t.Error("a link to another place was read")
	}
}

// What changes between the check and the copy is noticed by the copy.
func TestCopyChecksAgain(t *testing.T) {
	dir, _ := take(t)
	b, err := backup.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = b.Close() }()
	if err := b.Verify(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "log", "CURRENT"), []byte("other"))
	wantDamage(t, b.Copy(t.Context(), backup.LogFolder, t.TempDir(), nil), "log/CURRENT", "checksum")
}

func TestAFolderInUseIsRefused(t *testing.T) {
	dir, _ := take(t)
	if _, err := backup.Create(dir); err == nil || !strings.Contains(err.Error(), "an empty folder of its own") {
		t.Errorf("error = %v", err)
	}
	if err := verify(t, dir); err != nil {
		t.Errorf("the first backup suffered: %v", err)
	}
}

// An interrupted backup leaves nothing that could be taken for one.
func TestAnUnfinishedBackupIsTakenAway(t *testing.T) {
	broken := errors.New("the disk is gone")
	for name, dir := range map[string]string{"new folder": filepath.Join(t.TempDir(), "b"), "empty folder": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			_, before := os.Stat(dir)
			w, err := backup.Create(dir)
			if err != nil {
				t.Fatal(err)
			}
			var order copied
			fails := backup.Holding{Name: "keyring", Export: func(_ context.Context, put backup.Put) error {
				return backup.Stream(put, "rows", func(w io.Writer) error {
					_, err := io.WriteString(w, "half")
					return errors.Join(broken, err)
				})
			}}
			if _, err := backup.Take(t.Context(), order.log, []backup.Holding{fails}, w.Put); !errors.Is(err, broken) {
				t.Fatalf("error = %v", err)
			}
			if err := verify(t, dir); !errors.Is(err, backup.ErrNoBackup) {
				t.Errorf("before it is taken away: %v", err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			_, after := os.Stat(dir)
			if errors.Is(before, os.ErrNotExist) != errors.Is(after, os.ErrNotExist) {
				t.Errorf("the folder: %v before, %v after", before, after)
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

func TestAFileThatIsNotAsLongAsAnnounced(t *testing.T) {
	w, err := backup.Create(filepath.Join(t.TempDir(), "b"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	if err := w.Put("log/a", 3, strings.NewReader("ab")); err == nil || !strings.Contains(err.Error(), "3 bytes were announced and 2 came") {
		t.Errorf("error = %v", err)
	}
}

// Whoever takes a stream and stops early gets its writer to stop.
func TestStreamEndsItsWriter(t *testing.T) {
	full := errors.New("no more room")
	ended := make(chan error, 1)
	err := backup.Stream(func(string, int64, io.Reader) error { return full }, "rows", func(w io.Writer) error {
		_, err := w.Write(make([]byte, 1<<20))
		ended <- err
		return err
	})
	if !errors.Is(err, full) || <-ended == nil {
		t.Errorf("error = %v", err)
	}
}

func wantDamage(t *testing.T, err error, file, reason string) {
	t.Helper()
	d, ok := errors.AsType[*backup.DamageError](err)
	if !ok || d.File != file || !strings.Contains(d.Reason, reason) {
		t.Errorf("error = %v, want %s: … %s", err, file, reason)
	}
}

func names(m backup.Manifest) []string {
	var list []string
	for _, f := range m.Files {
		list = append(list, f.Name)
	}
	return list
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// reseal writes another manifest with a right checksum.
func reseal(t *testing.T, dir string, m backup.Manifest) {
	t.Helper()
	body, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(body)
	write(t, filepath.Join(dir, backup.ManifestName), fmt.Appendf(nil, "{\"manifest\":%s,\"sha256\":%q}\n", body, hex.EncodeToString(sum[:])))
}
