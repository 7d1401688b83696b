package secrets_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"shiyang/gateway/identity/secrets"
	"shiyang/internal/problem"
	"shiyang/internal/readmodel/readmodeltest"
)

var cheap = secrets.Params{MemoryKiB: 64, Time: 1, Threads: 1}

// each runs a test on both engines with a clock that the test moves.
func each(t *testing.T, test func(t *testing.T, s *secrets.Store, now *time.Time)) {
	t.Helper()
	readmodeltest.EachURL(t, func(t *testing.T, url string) {
		now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
		s, err := secrets.Open(t.Context(), url, secrets.Options{Now: func() time.Time { return now }, Params: cheap})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		test(t, s, &now)
	})
}

func TestPasswords(t *testing.T) {
	each(t, func(t *testing.T, s *secrets.Store, _ *time.Time) {
		if err := s.SetFirst(t.Context(), "a", "first-password-1", "c1"); err != nil {
			t.Fatal(err)
		}
		if err := s.SetFirst(t.Context(), "a", "other-password-1", "c2"); err != nil {
			t.Fatal(err)
		}
		check := func(account, password string, want error) {
			t.Helper()
			if err := s.Verify(t.Context(), "login-"+account, account, password, ""); !errors.Is(err, want) {
				t.Errorf("Verify(%s, %s) = %v, want %v", account, password, err, want)
			}
		}
		check("a", "first-password-1", nil)
		check("a", "other-password-1", secrets.ErrWrongPassword)
		check("b", "first-password-1", secrets.ErrWrongPassword)
		if err := s.Replace(t.Context(), "a", "new-password-12", "c3"); err != nil {
			t.Fatal(err)
		}
		check("a", "new-password-12", nil)
		check("a", "first-password-1", secrets.ErrWrongPassword)
		if by, err := s.SetBy(t.Context(), "a", "c3"); err != nil || !by {
			t.Errorf("SetBy = %v, %v", by, err)
		}
	})
}

// Five failures lock for a minute, each further one for twice as long, up to
// an hour; a name that does not exist is locked alike.
func TestLockOutGrows(t *testing.T) {
	each(t, func(t *testing.T, s *secrets.Store, now *time.Time) {
		if err := s.SetFirst(t.Context(), "a", "the-right-password", "c"); err != nil {
			t.Fatal(err)
		}
		for login, account := range map[string]string{"known": "a", "unknown": ""} {
			fail := func(want error) {
				t.Helper()
				if err := s.Verify(t.Context(), login, account, "wrong", ""); !errors.Is(err, want) {
					t.Fatalf("%s: %v, want %v", login, err, want)
				}
			}
			for range 5 {
				fail(secrets.ErrWrongPassword)
			}
			for _, wait := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
				fail(secrets.ErrLockedOut)
				*now = now.Add(wait*time.Minute - time.Second)
				fail(secrets.ErrLockedOut)
				*now = now.Add(time.Second)
				fail(secrets.ErrWrongPassword)
			}
			if err := s.Verify(t.Context(), login, account, "the-right-password", ""); !errors.Is(err, secrets.ErrLockedOut) {
				t.Errorf("%s: a right password during the lock-out: %v", login, err)
			}
		}
		*now = now.Add(61 * time.Minute)
		if err := s.Verify(t.Context(), "known", "a", "the-right-password", ""); err != nil {
			t.Errorf("after the lock-out: %v", err)
		}
	})
}

// An unknown name costs exactly what a known one costs, so that the time of the
// answer tells nothing.
func TestUnknownNamesCostTheSame(t *testing.T) {
	each(t, func(t *testing.T, s *secrets.Store, _ *time.Time) {
		if err := s.SetFirst(t.Context(), "a", "the-right-password", "c"); err != nil {
			t.Fatal(err)
		}
		hashings := s.Hashings()
		_ = s.Verify(t.Context(), "known", "a", "wrong", "")
		known := *hashings
		_ = s.Verify(t.Context(), "unknown", "", "wrong", "")
		if unknown := *hashings - known; known != 1 || unknown != 1 {
			t.Errorf("known names hash %d times, unknown %d times", known, unknown)
		}
	})
}

func TestAddressIsLockedAcrossNames(t *testing.T) {
	each(t, func(t *testing.T, s *secrets.Store, _ *time.Time) {
		if err := s.SetFirst(t.Context(), "a", "the-right-password", "c"); err != nil {
			t.Fatal(err)
		}
		for i := range 4 {
			_ = s.Verify(t.Context(), "name"+string(rune('a'+i)), "", "wrong", "10.0.0.9")
		}
		if err := s.Verify(t.Context(), "own", "a", "the-right-password", "10.0.0.9"); err != nil {
			t.Fatalf("the fourth failure must not lock: %v", err)
		}
		_ = s.Verify(t.Context(), "namee", "", "wrong", "10.0.0.9")
		err := s.Verify(t.Context(), "own", "a", "the-right-password", "10.0.0.9")
		if !errors.Is(err, secrets.ErrLockedOut) {
			t.Errorf("a sign-in to an own account cleared the address: %v", err)
		}
		if p, _ := errors.AsType[*problem.Error](err); p == nil || !strings.Contains(p.Text.Zh, "1 分钟") {
			t.Errorf("the refusal does not say how long: %v", err)
		}
		if err := s.Verify(t.Context(), "own", "a", "the-right-password", "10.0.0.8"); err != nil {
			t.Errorf("another address: %v", err)
		}
	})
}

// Guesses sent at once gain nothing over guesses one by one.
func TestParallelGuessesAreCounted(t *testing.T) {
	each(t, func(t *testing.T, s *secrets.Store, _ *time.Time) {
		var work sync.WaitGroup
		answers := make([]error, 20)
		for i := range answers {
			work.Go(func() { answers[i] = s.Verify(t.Context(), "zhao", "", "wrong", "") })
		}
		work.Wait()
		looked := 0
		for _, err := range answers {
			if errors.Is(err, secrets.ErrWrongPassword) {
				looked++
			}
		}
		if looked != 5 {
			t.Errorf("%d guesses were looked at, want 5", looked)
		}
	})
}

func TestSessionsAreKeptAsHashes(t *testing.T) {
	each(t, func(t *testing.T, s *secrets.Store, now *time.Time) {
		token, opened, err := s.OpenSession(t.Context(), "a", "seat")
		if err != nil || len(token) != 43 || !opened.Expires.Equal(now.Add(8*time.Hour)) {
			t.Fatalf("token %q, %+v, %v", token, opened, err)
		}
		if _, ok, err := s.FindSession(t.Context(), token[:42]+"_"); ok || err != nil {
			t.Errorf("a wrong token: %v, %v", ok, err)
		}
		fresh, rotated, ok, err := s.Rotate(t.Context(), token, "other")
		if err != nil || !ok || fresh == token || rotated.SeatID != "other" || !rotated.Expires.Equal(opened.Expires) {
			t.Errorf("rotated to %+v, %v, %v", rotated, ok, err)
		}
		if _, _, ok, err := s.Rotate(t.Context(), token, "other"); ok || err != nil {
			t.Errorf("an ended session rotates: %v, %v", ok, err)
		}
		if err := s.CloseSessions(t.Context(), "a", "seat"); err != nil {
			t.Fatal(err)
		}
		if _, ok, _ := s.FindSession(t.Context(), fresh); !ok {
			t.Error("a session in another seat was closed")
		}
		if err := s.CloseSessions(t.Context(), "a", ""); err != nil {
			t.Fatal(err)
		}
		if _, ok, _ := s.FindSession(t.Context(), fresh); ok {
			t.Error("the session was not closed")
		}
		if _, _, err := s.OpenSession(t.Context(), "a", ""); err != nil {
			t.Fatal(err)
		}
		*now = now.Add(9 * time.Hour)
		if n, err := s.Sweep(t.Context()); n != 1 || err != nil {
			t.Errorf("swept %d, %v", n, err)
		}
	})
}

func TestEndedSessionsAreForgottenAtOnce(t *testing.T) {
	each(t, func(t *testing.T, s *secrets.Store, now *time.Time) {
		for name, end := range map[string]func(token string) error{
			"closed":           func(token string) error { return s.CloseSession(t.Context(), token) },
			"all closed":       func(string) error { return s.CloseSessions(t.Context(), "a", "") },
			"capacity revoked": func(string) error { return s.CloseSessions(t.Context(), "a", "seat") },
			"rotated":          func(token string) error { _, _, _, err := s.Rotate(t.Context(), token, "other"); return err },
			"idle":             func(string) error { *now = now.Add(31 * time.Minute); return nil },
		} {
			token, _, err := s.OpenSession(t.Context(), "a", "seat")
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if found, ok, err := s.FindSession(t.Context(), token); !ok || err != nil || found.AccountID != "a" || found.SeatID != "seat" {
					t.Fatalf("%s: found %+v, %v, %v", name, found, ok, err)
				}
			}
			if err := end(token); err != nil {
				t.Fatal(err)
			}
			if _, ok, err := s.FindSession(t.Context(), token); ok || err != nil {
				t.Errorf("%s: the session is still found: %v", name, err)
			}
		}
	})
}

func TestBusySessionsStayOpen(t *testing.T) {
	each(t, func(t *testing.T, s *secrets.Store, now *time.Time) {
		token, _, err := s.OpenSession(t.Context(), "a", "seat")
		if err != nil {
			t.Fatal(err)
		}
		for range 15 { // half an hour idle would end it
			*now = now.Add(20 * time.Minute)
			if _, ok, err := s.FindSession(t.Context(), token); !ok || err != nil {
				t.Fatalf("at %s: %v, %v", now.Format(time.TimeOnly), ok, err)
			}
		}
	})
}

func TestNothingIsKeptInPlain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secrets.db")
	s, err := secrets.Open(t.Context(), "sqlite:"+file, secrets.Options{Params: cheap})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SetFirst(t.Context(), "a", "canary-password-1", "c"); err != nil {
		t.Fatal(err)
	}
	_ = s.Verify(t.Context(), "a", "a", "wrong", "198.51.100.77")
	token, _, err := s.OpenSession(t.Context(), "a", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(file + "*")
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, canary := range []string{"canary-password-1", token, "198.51.100.77"} {
			if bytes.Contains(content, []byte(canary)) {
				t.Errorf("%s holds %s", name, canary)
			}
		}
		if info, _ := os.Stat(name); info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s may be read by others: %v", name, info.Mode())
		}
	}
}

func TestRandomValuesStay(t *testing.T) {
	each(t, func(t *testing.T, s *secrets.Store, _ *time.Time) {
		first, err := s.Random(t.Context(), "key", 32)
		if err != nil || len(first) != 32 {
			t.Fatal(err)
		}
		again, err := s.Random(t.Context(), "key", 32)
		other, _ := s.Random(t.Context(), "other", 32)
		if err != nil || !bytes.Equal(first, again) || bytes.Equal(first, other) {
			t.Errorf("first %x, again %x, other %x, %v", first, again, other, err)
		}
		a, _ := s.Derive(t.Context(), "p", "ab", "c")
		b, _ := s.Derive(t.Context(), "p", "a", "bc")
		c, _ := s.Derive(t.Context(), "p", "ab", "c")
		if bytes.Equal(a, b) || !bytes.Equal(a, c) {
			t.Errorf("derived %x, %x, %x", a, b, c)
		}
	})
}

func TestCheckPassword(t *testing.T) {
	for password, want := range map[string]string{
		"short":                   "WRONG_LENGTH",
		strings.Repeat("长密码", 67): "WRONG_LENGTH",
		"Password12345":           "TOO_COMMON",
		"PASSWORDPASSWORD!!":      "TOO_COMMON",
		"huanbaoju1234":           "TOO_COMMON",
		"aaaaaaaaaaaaaaa":         "TOO_COMMON",
		"wuwei1wuwei1wuwei1":      "TOO_COMMON",
		"xx-ZhaoLiu-2026":         "CONTAINS_LOGIN",
		"石羊河流域水环境质量改善":            "",
		"tangerine-otter-94":      "",
	} {
		p, _ := errors.AsType[*problem.Error](secrets.CheckPassword("password", password, "zhaoliu"))
		got := ""
		if p != nil {
			got = p.Errors[0].Reason
			if p.Errors[0].Value != "" {
				t.Errorf("%q is repeated", password)
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", password, got, want)
		}
	}
	seen := map[string]bool{}
	for range 100 {
		p := secrets.GeneratePassword()
		if seen[p] || secrets.CheckPassword("password", p, "admin") != nil {
			t.Errorf("generated %q", p)
		}
		seen[p] = true
	}
}

func TestDefaultsAreStrong(t *testing.T) {
	if p := secrets.DefaultParams; p.MemoryKiB < 19<<10 || p.Time < 2 || p.Threads < 1 {
		t.Errorf("argon2id with %+v", p)
	}
}

func TestHashingEndsWithItsCaller(t *testing.T) {
	s, err := secrets.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "s.db"), secrets.Options{Params: cheap})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.SetFirst(ctx, "a", "some-long-password", "c"); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v", err)
	}
}
