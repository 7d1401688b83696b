package access_test

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"shiyang/eventstore/access"
)

const password = "correct horse"

func open(t *testing.T) (*access.Users, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "users.json")
	users, err := access.OpenUsers(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := users.Create("admin", "An Admin", password, []string{access.Admins}); err != nil {
		t.Fatal(err)
	}
	return users, file
}

func basic(name, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
}

func TestTheFileHoldsHashesForItsOwnerOnly(t *testing.T) {
	users, file := open(t)
	if err := users.Create("ann", "", password, nil); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(content), password) || strings.Count(string(content), "$argon2id$") != 2 {
		t.Errorf("the file: %s", content)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	list, err := users.List()
	if err != nil || len(list) != 2 || list[0].Hash == list[1].Hash {
		t.Errorf("two users with one password: %v, %v", list, err)
	}
}

func TestChangesOfUsersThatAreRefused(t *testing.T) {
	users, _ := open(t)
	for what, test := range map[string]struct{ got, want error }{
		"create twice":       {users.Create("admin", "", password, nil), access.ErrUserExists},
		"change nobody":      {users.SetPassword("bob", password), access.ErrUserMissing},
		"delete nobody":      {users.Delete("bob"), access.ErrUserMissing},
		"disable last admin": {users.SetDisabled("admin", true), access.ErrLastAdmin},
		"delete last admin":  {users.Delete("admin"), access.ErrLastAdmin},
		"demote last admin":  {users.SetGroups("admin", nil), access.ErrLastAdmin},
	} {
		if !errors.Is(test.got, test.want) {
			t.Errorf("%s: %v", what, test.got)
		}
	}
	for what, err := range map[string]error{
		"colon":           users.Create("a:b", "", password, nil),
		"system name":     users.Create("$x", "", password, nil),
		"no name":         users.Create("", "", password, nil),
		"short":           users.Create("bob", "", "short", nil),
		"the name itself": users.Create("longlonglong", "", "LongLongLong", nil),
		"system group":    users.Create("bob", "", password, []string{"$all"}),
	} {
		if err == nil || strings.Contains(err.Error(), "LongLong") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if list, err := users.List(); err != nil || len(list) != 1 || list[0].Disabled || !slices.Equal(list[0].Groups, []string{access.Admins}) {
		t.Errorf("after refusals: %+v, %v", list, err)
	}
}

func TestSignIns(t *testing.T) {
	users, file := open(t)
	now := time.Unix(0, 0)
	s := access.NewSignIns(users, func() time.Time { return now })
	check := func(name, password string) error {
		_, err := s.Check(t.Context(), basic(name, password), "192.0.2.1")
		return err
	}
	c, err := s.Check(t.Context(), basic("admin", password), "192.0.2.1")
	if err != nil || c.Name != "admin" || !slices.Contains(c.Groups, access.Admins) {
		t.Fatalf("%+v, %v", c, err)
	}
	if c, err := s.Check(t.Context(), "", "192.0.2.1"); err != nil || c.Name != "" {
		t.Errorf("without a header: %+v, %v", c, err)
	}
	for range 5 {
		if err := check("admin", "wrong wrong"); !errors.Is(err, access.ErrUnauthenticated) {
			t.Error(err)
		}
	}
	// Another process changes the password: what was right before is not any more.
	other, err := access.OpenUsers(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.SetPassword("admin", "another horse"); err != nil {
		t.Fatal(err)
	}
	if _, err := users.List(); err != nil { // reads the file now, not within a second
		t.Fatal(err)
	}
	if err := check("admin", password); err == nil {
		t.Error("the old password is still right")
	}
	if err := check("admin", "another horse"); err == nil {
		t.Error("after five failures even the right password has to wait")
	}
	now = now.Add(11 * time.Second)
	if err := check("admin", "another horse"); err != nil {
		t.Error("after a rest:", err)
	}
	// A client that was let in before is not shut out by somebody else's failures.
	for range 9 {
		_ = check("admin", "wrong wrong")
	}
	if err := check("admin", "another horse"); err != nil {
		t.Error("a password that was right:", err)
	}
	if s.Refused() < 14 {
		t.Errorf("%d refusals counted", s.Refused())
	}
}

func TestADisabledUserCannotSignIn(t *testing.T) {
	users, _ := open(t)
	s := access.NewSignIns(users, nil)
	if err := users.Create("ann", "", password, nil); err != nil {
		t.Fatal(err)
	}
	check := func() error {
		_, err := s.Check(t.Context(), basic("ann", password), "192.0.2.1")
		return err
	}
	if err := errors.Join(check(), users.SetDisabled("ann", true)); err != nil {
		t.Fatal(err)
	}
	if err := check(); !errors.Is(err, access.ErrUnauthenticated) {
		t.Errorf("disabled: %v", err)
	}
	if err := errors.Join(users.SetDisabled("ann", false), check()); err != nil {
		t.Error("enabled again:", err)
	}
	if err := users.Delete("ann"); err != nil {
		t.Fatal(err)
	}
	if err := check(); !errors.Is(err, access.ErrUnauthenticated) {
		t.Errorf("deleted: %v", err)
	}
}

func TestAFloodFromOneAddressIsStopped(t *testing.T) {
	users, _ := open(t)
	now := time.Unix(0, 0)
	s := access.NewSignIns(users, func() time.Time { return now })
	s.MakeCheap(password)
	for i := range 50 {
		_, _ = s.Check(t.Context(), basic(strings.Repeat("n", i+1), "x"), "192.0.2.1")
	}
	if _, err := s.Check(t.Context(), basic("admin", password), "192.0.2.1"); err == nil {
		t.Error("the address is not stopped")
	}
	if _, err := s.Check(t.Context(), basic("admin", password), "192.0.2.2"); err != nil {
		t.Error("another address:", err)
	}
}

func TestGeneratedPasswords(t *testing.T) {
	a, b := access.GeneratePassword(), access.GeneratePassword()
	if a == b || len(a) != 24 || access.CheckPassword("admin", a) != nil {
		t.Errorf("%q, %q", a, b)
	}
}
