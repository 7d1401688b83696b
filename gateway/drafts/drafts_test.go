package drafts_test

import (
	"bytes"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"shiyang/gateway/drafts"
	"shiyang/gateway/web"
)

// each runs a test on SQLite and, where a server is given, on PostgreSQL.
func each(t *testing.T, test func(t *testing.T, address string)) {
	t.Run("sqlite", func(t *testing.T) {
		test(t, "sqlite:"+filepath.Join(t.TempDir(), "new folder", "drafts.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		address := os.Getenv("SHIYANG_TEST_POSTGRES")
		if address == "" {
			t.Skip("set SHIYANG_TEST_POSTGRES to a postgres:// address")
		}
		test(t, address)
	})
}

func open(t *testing.T, address string, now func() time.Time) *drafts.Store {
	t.Helper()
	s, err := drafts.Open(t.Context(), address, now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func owner() web.Draft {
	return web.Draft{Account: uuid.NewString(), Permit: uuid.NewString()}
}

func load(t *testing.T, s *drafts.Store, d web.Draft) string {
	t.Helper()
	body, err := s.Load(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestDraftIsKeptForItsOwnerOnly(t *testing.T) {
	each(t, func(t *testing.T, address string) {
		s := open(t, address, time.Now)
		mine := owner()
		theirs := web.Draft{Account: uuid.NewString(), Permit: mine.Permit}
		for _, body := range []string{`{"a":["一"]}`, `{"a":["二 '; DROP TABLE drafts; --"]}`} {
			if err := s.Save(t.Context(), mine, []byte(body)); err != nil {
				t.Fatal(err)
			}
			if got := load(t, s, mine); got != body {
				t.Errorf("loaded %q, saved %q", got, body)
			}
		}
		if got := load(t, s, theirs); got != "" {
			t.Errorf("another account sees %q", got)
		}
		if err := s.Delete(t.Context(), theirs); err != nil {
			t.Error("deleting nothing:", err)
		}
		if load(t, s, mine) == "" {
			t.Error("another account deleted the draft")
		}
		if err := s.Delete(t.Context(), mine); err != nil || load(t, s, mine) != "" {
			t.Errorf("draft still there after delete: %v", err)
		}
	})
}

func TestDraftSurvivesRestart(t *testing.T) {
	each(t, func(t *testing.T, address string) {
		d := owner()
		first, err := drafts.Open(t.Context(), address, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if err := first.Save(t.Context(), d, []byte("{}")); err != nil {
			t.Fatal(err)
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		if got := load(t, open(t, address, time.Now), d); got != "{}" {
			t.Errorf("after restart %q", got)
		}
	})
}

func TestDraftHasABound(t *testing.T) {
	each(t, func(t *testing.T, address string) {
		s, d := open(t, address, time.Now), owner()
		if err := s.Save(t.Context(), d, bytes.Repeat([]byte("x"), drafts.MaxBytes)); err != nil {
			t.Error("largest draft:", err)
		}
		if err := s.Save(t.Context(), d, bytes.Repeat([]byte("y"), drafts.MaxBytes+1)); err != drafts.ErrTooLarge { //nolint:errorlint // the very value is promised
			t.Errorf("one byte more: %v", err)
		}
		if got := load(t, s, d); len(got) != drafts.MaxBytes || got[0] != 'x' {
			t.Error("a refused draft replaced the one before")
		}
	})
}

func TestForgottenDraftsAreSwept(t *testing.T) {
	each(t, func(t *testing.T, address string) {
		now := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
		s := open(t, address, func() time.Time { return now })
		old, young := owner(), owner()
		save := func(d web.Draft) {
			t.Helper()
			if err := s.Save(t.Context(), d, []byte("{}")); err != nil {
				t.Fatal(err)
			}
		}
		save(old)
		now = now.Add(drafts.Retention)
		save(young)
		now = now.Add(time.Second)
		n, err := s.Sweep(t.Context())
		if err != nil || n != 1 {
			t.Errorf("swept %d, %v; want the one that is older", n, err)
		}
		if load(t, s, old) != "" || load(t, s, young) == "" {
			t.Error("swept the wrong draft")
		}
	})
}

func TestManySavesAtOnce(t *testing.T) {
	each(t, func(t *testing.T, address string) {
		s, d := open(t, address, time.Now), owner()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if err := s.Save(t.Context(), d, []byte(`{"same":["body"]}`)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if got := load(t, s, d); got != `{"same":["body"]}` {
			t.Errorf("after all %q", got)
		}
	})
}

func TestWrongAddressIsNamed(t *testing.T) {
	if _, err := drafts.Open(t.Context(), "mysql://x", time.Now); err == nil {
		t.Error("opened an unknown kind of database")
	}
}
