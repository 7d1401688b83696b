package bureau_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"shiyang/cmd/shiyang/apiclient"
	"shiyang/cmd/shiyang/bureau"
	"shiyang/cmd/shiyang/config"
	"shiyang/internal/backup"
	"shiyang/internal/es"
	"shiyang/internal/es/esdbstore"
	"shiyang/internal/keyring"
	commonv1 "shiyang/proto/common/v1"
)

const erased = "0191d3a0-0000-7000-8000-00000000eeee"

// ring opens the keyring of a data folder, beside whoever has it open.
func ring(t *testing.T, c config.Config) *keyring.Keyring {
	t.Helper()
	driver, source, engine := "sqlite", "file:"+c.Path("keyring.db")+"?_pragma=busy_timeout(10000)", keyring.SQLite
	if c.Database != "" {
		driver, source, engine = "pgx", c.Database, keyring.Postgres
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	master, err := keyring.MasterKey(c.MasterKey)
	if err != nil {
		t.Fatal(err)
	}
	k, err := keyring.Open(t.Context(), db, engine, master, keyring.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// erase tells the log that a person is erased, and leaves the key as a
// backup that is older than the erasure would.
func erase(t *testing.T, c config.Config, k *keyring.Keyring) {
	t.Helper()
	socket, err := filepath.EvalSymlinks(c.Path("store.sock"))
	if err != nil {
		t.Fatal(err)
	}
	client, err := esdbstore.Dial(t.Context(), esdbstore.Config{URL: "unix://" + socket})
	if err != nil {
		t.Fatal(err)
	}
	store := esdbstore.NewStore(client, es.NewCodec(k))
	_, err = store.Append(t.Context(), "person-"+erased, 0, es.Meta{CommandID: uuid.NewString()}, &commonv1.PersonErased{Subject: erased, Reason: "PIPL Art. 47"})
	if err := errors.Join(err, client.Close()); err != nil {
		t.Fatal(err)
	}
}

// kept starts a bureau with an administrator, an erased person whose key is
// still there, and a draft; it takes a backup of it while it runs.
func kept(t *testing.T, c config.Config, now func() time.Time) (dir, password, sealed string) {
	t.Helper()
	b := start(t, c, now)
	password, err := b.Bootstrap(t.Context(), "admin", person)
	if err != nil {
		t.Fatal(err)
	}
	k := ring(t, c)
	if sealed, err = k.Seal(t.Context(), erased, []byte("王秀英"), nil); err != nil {
		t.Fatal(err)
	}
	erase(t, c, k)
	dir = filepath.Join(t.TempDir(), "backup")
	w, err := backup.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := b.Vault().Backup(t.Context(), w.Put)
	if err == nil {
		_, err = w.Commit(s, now())
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return dir, password, sealed
}

// short is a data folder whose path fits a socket.
func short(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "b")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "d")
}

// withMaster has its master key outside of the data folder.
func withMaster(t *testing.T) config.Config {
	t.Helper()
	c := settings(t)
	c.Data, c.MasterKey = short(t), filepath.Join(t.TempDir(), "master.key")
	return c
}

func restore(t *testing.T, c config.Config, dir string) (bureau.Restored, error) {
	t.Helper()
	b, err := backup.Open(dir)
	if err != nil {
		return bureau.Restored{}, err
	}
	defer func() { _ = b.Close() }()
	return bureau.Restore(t.Context(), bureau.RestoreOptions{Config: c, Backup: b, Log: slog.New(slog.DiscardHandler), Now: time.Now})
}

var instant = func() time.Time { return time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC) }

func TestARestoredBureauWorksAndForgetsWhoWasErased(t *testing.T) {
	c := withMaster(t)
	dir, password, sealed := kept(t, c, instant)
	fresh := c
	fresh.Data = short(t)
	done, err := restore(t, fresh, dir)
	if err != nil {
		t.Fatal(err)
	}
	if done.Erased != 1 || done.Events == 0 || done.Log.Position == 0 || len(done.Missing) > 0 {
		t.Errorf("restored %+v", done)
	}
	k := ring(t, fresh)
	if got, err := k.Open(t.Context(), erased, sealed, nil); !errors.Is(err, es.ErrErased) {
		t.Errorf("the erased person is back: %q, %v", got, err)
	}
	b := start(t, fresh, instant)
	if err := b.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	session, err := apiclient.New(b.URL()).SignIn(t.Context(), "admin", password, "")
	if err != nil {
		t.Fatal(err)
	}
	var me struct{ Login string }
	if err := apiclient.New(b.URL()).As(session).Get(t.Context(), "/v1/accounts/me", &me); err != nil || me.Login != "admin" {
		t.Errorf("signed in as %q, %v", me.Login, err)
	}
}

// Whatever is wrong with a backup, nothing is restored and nothing is left.
func TestADamagedBackupRestoresNothing(t *testing.T) {
	c := withMaster(t)
	good, _, _ := kept(t, c, instant)
	b, err := backup.Open(good)
	if err != nil {
		t.Fatal(err)
	}
	files := b.Files
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		change func(t *testing.T, dir string, c *config.Config)
		want   string
	}{
		"a file is missing": {func(t *testing.T, dir string, _ *config.Config) {
			check(t, os.Remove(filepath.Join(dir, files[0].Name)))
		}, files[0].Name + ": is missing"},
		"a bit is flipped": {func(t *testing.T, dir string, _ *config.Config) {
			flip(t, filepath.Join(dir, "keyring", "rows.jsonl"))
		}, "keyring/rows.jsonl: does not have the checksum"},
		"the manifest is cut": {func(t *testing.T, dir string, _ *config.Config) {
			check(t, os.Truncate(filepath.Join(dir, backup.ManifestName), 100))
		}, "manifest.json: cannot be read"},
		"it was never finished": {func(t *testing.T, dir string, _ *config.Config) {
			check(t, os.Remove(filepath.Join(dir, backup.ManifestName)))
		}, "never finished"},
		"another master key": {func(t *testing.T, _ string, c *config.Config) {
			c.MasterKey = filepath.Join(t.TempDir(), "other.key")
			_, err := keyring.MasterKey(c.MasterKey)
			check(t, err)
		}, "the master key does not fit"},
		"no master key":   {func(_ *testing.T, _ string, c *config.Config) { c.MasterKey = "" }, "name its file with --master-key"},
		"a log elsewhere": {func(_ *testing.T, _ string, c *config.Config) { c.EventStore = "esdb://127.0.0.1:1?tls=false" }, "leave event_store empty"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, fresh := filepath.Join(t.TempDir(), "copy"), c
			check(t, os.CopyFS(dir, os.DirFS(good)))
			fresh.Data = short(t)
			tc.change(t, dir, &fresh)
			if _, err := restore(t, fresh, dir); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error = %v, want %s", err, tc.want)
			}
			if left, err := os.ReadDir(filepath.Dir(fresh.Data)); err != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}

func TestARestoreOverwritesNothing(t *testing.T) {
	c := withMaster(t)
	dir, _, _ := kept(t, c, instant)
	if _, err := restore(t, c, dir); err == nil || !strings.Contains(err.Error(), "is not empty") {
		t.Errorf("error = %v", err)
	}
	fresh := c
	fresh.Data = short(t)
	check(t, os.Mkdir(fresh.Data, 0o700))
	if _, err := restore(t, fresh, dir); err != nil {
		t.Errorf("into an empty folder: %v", err)
	}
}

// The tables that lie in PostgreSQL go back there, and only into empty ones.
func TestRestoreIntoPostgres(t *testing.T) {
	server := os.Getenv("SHIYANG_TEST_POSTGRES")
	if server == "" {
		t.Skip("SHIYANG_TEST_POSTGRES names no server")
	}
	c := withMaster(t)
	c.Database = schema(t, server)
	dir, password, sealed := kept(t, c, instant)
	fresh := c
	fresh.Data = short(t)
	if _, err := restore(t, fresh, dir); !errors.Is(err, keyring.ErrNotEmpty) {
		t.Errorf("over the keys of the old bureau: %v", err)
	}
	if _, err := os.Stat(fresh.Data); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("left behind: %v", err)
	}
	fresh.Database = schema(t, server)
	if _, err := restore(t, fresh, dir); err != nil {
		t.Fatal(err)
	}
	if got, err := ring(t, fresh).Open(t.Context(), erased, sealed, nil); !errors.Is(err, es.ErrErased) {
		t.Errorf("the erased person is back: %q, %v", got, err)
	}
	b := start(t, fresh, instant)
	check(t, b.Settle(t.Context()))
	if _, err := apiclient.New(b.URL()).SignIn(t.Context(), "admin", password, ""); err != nil {
		t.Error(err)
	}
}

func schema(t *testing.T, server string) string {
	t.Helper()
	u, err := url.Parse(server)
	check(t, err)
	db, err := sql.Open("pgx", server)
	check(t, err)
	name := "bureau_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	_, err = db.ExecContext(t.Context(), "CREATE SCHEMA "+name)
	check(t, err)
	t.Cleanup(func() {
		_, err := db.ExecContext(context.WithoutCancel(t.Context()), "DROP SCHEMA "+name+" CASCADE")
		if err := errors.Join(err, db.Close()); err != nil {
			t.Error(err)
		}
	})
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	return u.String()
}

// Views know their log: those of before the loss are refused afterwards.
func TestOldViewsAreRefusedAfterARestore(t *testing.T) {
	c := withMaster(t)
	dir, _, _ := kept(t, c, instant)
	other := c
	other.Data = short(t)
	b := start(t, other, instant) // its views are of another log
	check(t, b.Settle(t.Context()), b.Close(t.Context()))
	fresh := c
	fresh.Data = short(t)
	if _, err := restore(t, fresh, dir); err != nil {
		t.Fatal(err)
	}
	check(t, os.Rename(other.Path("views.db"), fresh.Path("views.db")))
	options := bureau.Options{Config: fresh, Parts: bureau.All, Log: slog.New(slog.DiscardHandler), Now: instant}
	if _, err := bureau.Start(t.Context(), options); err == nil || !strings.Contains(err.Error(), "shiyang views forget") {
		t.Fatalf("error = %v", err)
	}
	v, err := bureau.OpenViews(t.Context(), fresh, slog.New(slog.DiscardHandler), instant)
	check(t, err)
	dropped, err := v.Forget(t.Context())
	check(t, err, v.Close(t.Context()))
	if dropped == 0 {
		t.Error("no view was there")
	}
	check(t, start(t, fresh, instant).Settle(t.Context()))
}

func check(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func flip(t *testing.T, path string) {
	t.Helper()
	content, err := os.ReadFile(path)
	check(t, err)
	content[len(content)/2] ^= 4
	check(t, os.WriteFile(path, content, 0o600))
}
