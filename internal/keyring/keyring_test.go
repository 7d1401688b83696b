package keyring_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"shiyang/internal/es"
	"shiyang/internal/keyring"
)

const wang = "0191d3a0-0000-7000-8000-00000000aaaa"

var now = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

// database is one that keyrings of several processes share.
type database struct {
	engine keyring.Engine
	file   string // of SQLite
	open   func(t *testing.T) *sql.DB
	master []byte
}

func each(t *testing.T, test func(t *testing.T, d database)) {
	t.Run("sqlite", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "keys.db")
		test(t, database{keyring.SQLite, file, func(t *testing.T) *sql.DB {
			return openDB(t, "sqlite", "file:"+file+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)")
		}, bytes.Repeat([]byte{7}, 32)})
	})
	t.Run("postgres", func(t *testing.T) {
		url := os.Getenv("SHIYANG_TEST_POSTGRES")
		if url == "" {
			t.Skip("SHIYANG_TEST_POSTGRES names no server")
		}
		schema := "keyring_" + strings.ReplaceAll(uuid.NewString(), "-", "")
		admin := openDB(t, "pgx", url)
		if _, err := admin.Exec(`CREATE SCHEMA ` + schema); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _, _ = admin.Exec(`DROP SCHEMA ` + schema + ` CASCADE`) })
		separator := "?"
		if strings.Contains(url, "?") {
			separator = "&"
		}
		test(t, database{keyring.Postgres, "", func(t *testing.T) *sql.DB {
			return openDB(t, "pgx", url+separator+"search_path="+schema)
		}, bytes.Repeat([]byte{7}, 32)})
	})
}

func openDB(t *testing.T, driver, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func (d database) ring(t *testing.T, o keyring.Options) *keyring.Keyring {
	t.Helper()
	k, err := keyring.Open(t.Context(), d.open(t), d.engine, d.master, o)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func seal(t *testing.T, k *keyring.Keyring, subject, plain string) string {
	t.Helper()
	sealed, err := k.Seal(t.Context(), subject, []byte(plain), []byte("here"))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func open(k *keyring.Keyring, subject, sealed string) (string, error) {
	plain, err := k.Open(context.Background(), subject, sealed, []byte("here"))
	return string(plain), err
}

func TestSealedFieldsOpenInAnotherProcess(t *testing.T) {
	each(t, func(t *testing.T, d database) {
		sealed := seal(t, d.ring(t, keyring.Options{}), wang, "王秀英")
		if strings.Contains(sealed, "王") {
			t.Error("sealed text holds the name")
		}
		got, err := open(d.ring(t, keyring.Options{}), wang, sealed)
		if err != nil || got != "王秀英" {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

func TestSealedFieldsAreBoundToPlaceAndPerson(t *testing.T) {
	each(t, func(t *testing.T, d database) {
		k := d.ring(t, keyring.Options{})
		sealed := seal(t, k, wang, "王秀英")
		seal(t, k, "someone-else", "x")
		if _, err := k.Open(t.Context(), wang, sealed, []byte("elsewhere")); err == nil {
			t.Error("opened at another place")
		}
		if _, err := open(k, "someone-else", sealed); err == nil {
			t.Error("opened for another person")
		}
		if _, err := open(k, wang, "王秀英"); err == nil {
			t.Error("opened what was never sealed")
		}
		if _, err := open(k, "nobody", sealed); err == nil || errors.Is(err, es.ErrErased) {
			t.Errorf("no key at all: %v; that is a damaged keyring, not an erasure", err)
		}
	})
}

func TestDestroyedKeysStayDestroyed(t *testing.T) {
	each(t, func(t *testing.T, d database) {
		k := d.ring(t, keyring.Options{})
		sealed := seal(t, k, wang, "王秀英")
		for range 2 { // twice is harmless
			if err := k.Destroy(t.Context(), wang); err != nil {
				t.Fatal(err)
			}
		}
		for _, ring := range []*keyring.Keyring{k, d.ring(t, keyring.Options{})} {
			if _, err := open(ring, wang, sealed); !errors.Is(err, es.ErrErased) {
				t.Errorf("open: %v", err)
			}
			if _, err := ring.Seal(t.Context(), wang, []byte("x"), nil); !errors.Is(err, es.ErrErased) {
				t.Errorf("seal: %v", err)
			}
		}
	})
}

func TestOtherProcessesNoticeAnErasure(t *testing.T) {
	each(t, func(t *testing.T, d database) {
		clock := now
		a := d.ring(t, keyring.Options{})
		b := d.ring(t, keyring.Options{Now: func() time.Time { return clock }, CacheFor: time.Minute})
		sealed := seal(t, b, wang, "王秀英")
		if err := a.Destroy(t.Context(), wang); err != nil {
			t.Fatal(err)
		}
		clock = clock.Add(time.Minute)
		if got, err := open(b, wang, sealed); !errors.Is(err, es.ErrErased) {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

func TestReplayAfterRestore(t *testing.T) {
	each(t, func(t *testing.T, d database) {
		k := d.ring(t, keyring.Options{}) // as if restored from a backup older than the erasure
		sealed := seal(t, k, wang, "王秀英")
		if err := k.ReplayDestroyed(t.Context(), slices.Values([]string{"never-seen", wang})); err != nil {
			t.Fatal(err)
		}
		if _, err := open(k, wang, sealed); !errors.Is(err, es.ErrErased) {
			t.Errorf("open: %v", err)
		}
		if _, err := k.Seal(t.Context(), "never-seen", []byte("x"), nil); !errors.Is(err, es.ErrErased) {
			t.Errorf("seal for a person that the backup does not know: %v", err)
		}
	})
}

func TestProcessesAgreeOnOneKey(t *testing.T) {
	each(t, func(t *testing.T, d database) {
		rings := []*keyring.Keyring{d.ring(t, keyring.Options{}), d.ring(t, keyring.Options{}), d.ring(t, keyring.Options{})}
		sealed := make([]string, 12)
		var wg sync.WaitGroup
		for i := range sealed {
			wg.Go(func() { sealed[i] = seal(t, rings[i%3], wang, "王秀英") })
		}
		wg.Wait()
		for i, s := range sealed {
			if got, err := open(rings[(i+1)%3], wang, s); err != nil || got != "王秀英" {
				t.Errorf("%d: %q, %v", i, got, err)
			}
		}
	})
}

func TestAnotherMasterKeyIsRefused(t *testing.T) {
	each(t, func(t *testing.T, d database) {
		d.ring(t, keyring.Options{})
		_, err := keyring.Open(t.Context(), d.open(t), d.engine, bytes.Repeat([]byte{8}, 32), keyring.Options{})
		if err == nil || !strings.Contains(err.Error(), "master key does not fit") {
			t.Errorf("error = %v", err)
		}
	})
}

func TestCacheIsBounded(t *testing.T) {
	each(t, func(t *testing.T, d database) {
		k := d.ring(t, keyring.Options{CacheKeys: 2})
		sealed := map[string]string{}
		for _, s := range []string{"a", "b", "c", "d"} {
			sealed[s] = seal(t, k, s, "of "+s)
		}
		for s, text := range sealed {
			if got, err := open(k, s, text); err != nil || got != "of "+s {
				t.Errorf("%s: %q, %v", s, got, err)
			}
		}
	})
}

// The wrapped key must be gone from the files, not only from the table.
func TestDestroyLeavesNoBytesBehind(t *testing.T) {
	d := database{engine: keyring.SQLite, file: filepath.Join(t.TempDir(), "keys.db"), master: bytes.Repeat([]byte{7}, 32)}
	d.open = func(t *testing.T) *sql.DB {
		return openDB(t, "sqlite", "file:"+d.file+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)")
	}
	k := d.ring(t, keyring.Options{})
	seal(t, k, wang, "王秀英")
	var wrapped []byte
	db := d.open(t)
	if err := db.QueryRow(`SELECT wrapped FROM person_key WHERE subject = $1`, wang).Scan(&wrapped); err != nil {
		t.Fatal(err)
	}
	_ = db.Close()
	if !inFiles(t, d.file, wrapped) {
		t.Fatal("the test looks in the wrong place")
	}
	if err := k.Destroy(t.Context(), wang); err != nil {
		t.Fatal(err)
	}
	if inFiles(t, d.file, wrapped) {
		t.Error("the wrapped key can still be read from the database's files")
	}
}

func inFiles(t *testing.T, base string, want []byte) bool {
	t.Helper()
	files, err := filepath.Glob(base + "*")
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Contains(data, want)
	})
}

func TestMasterKeyFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secrets", "master.key")
	keys := make([][]byte, 8)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			var err error
			if keys[i], err = keyring.MasterKey(file); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, k := range keys {
		if !bytes.Equal(k, keys[0]) || len(k) != 32 {
			t.Fatal("processes that start at once got different keys")
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".master-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.MasterKey(file); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a file that others may read: %v", err)
	}
	if err := os.Chmod(file, 0o440); err != nil { // a mounted secret
		t.Fatal(err)
	}
	if key, err := keyring.MasterKey(file); err != nil || !bytes.Equal(key, keys[0]) {
		t.Errorf("a key mounted read-only: %v", err)
	}
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.MasterKey(file); err == nil {
		t.Error("a damaged file was accepted")
	}
}
