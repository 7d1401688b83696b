package access

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
)

// Groups with a meaning of their own.
const (
	Admins    = "$admins" // may do everything
	Operators = "$ops"    // may manage consumer groups
	Everyone  = "$all"    // in access lists: everybody
)

// FirstAdmin is the name of the user that a new store begins with.
const FirstAdmin = "admin"

// User is somebody who can sign in.
type User struct {
	Name     string   `json:"name"`
	FullName string   `json:"fullName,omitempty"`
	Groups   []string `json:"groups,omitempty"`
	Disabled bool     `json:"disabled,omitempty"`
	Hash     string   `json:"hash"` // argon2id in the PHC string format
}

// The ways in which a change of users is refused.
var (
	ErrUserExists  = errors.New("there is such a user already")
	ErrUserMissing = errors.New("there is no such user")
	ErrLastAdmin   = errors.New("the last enabled administrator must stay")
)

// Users are kept in one file. Several processes may use it: each change reads
// it, and a reader takes up changes of others within a second. It is safe for
// concurrent use.
type Users struct {
	file string

	mu      sync.Mutex
	known   map[string]User
	version time.Time // modification time of the file that is known
	looked  time.Time
	changes uint64 // how often known was taken up or changed
}

// OpenUsers opens the users in a file, which need not exist yet.
func OpenUsers(file string) (*Users, error) {
	u := &Users{file: file}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u, u.read()
}

// read takes up the file. The caller holds mu.
func (u *Users) read() error {
	u.looked = time.Now()
	info, err := os.Stat(u.file)
	if errors.Is(err, fs.ErrNotExist) {
		if len(u.known) > 0 {
			u.changes++
		}
		u.known, u.version = map[string]User{}, time.Time{}
		return nil
	}
	if err != nil {
		return fmt.Errorf("users: %w", err)
	}
	if u.known != nil && info.ModTime().Equal(u.version) {
		return nil
	}
	content, err := os.ReadFile(u.file)
	if err != nil {
		return fmt.Errorf("users: %w", err)
	}
	var list []User
	d := json.NewDecoder(bytes.NewReader(content))
	d.DisallowUnknownFields()
	if err := d.Decode(&list); err != nil {
		return fmt.Errorf("users in %s: %w", u.file, err)
	}
	u.known, u.version = map[string]User{}, info.ModTime()
	u.changes++
	for _, x := range list {
		u.known[x.Name] = x
	}
	return nil
}

// find returns a user. It looks at the file at most once a second; when that
// fails, what was known last counts.
func (u *Users) find(name string) (User, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if time.Since(u.looked) > time.Second {
		_ = u.read() // a change that cannot be read yet is tried again
	}
	x, ok := u.known[name]
	return x, ok
}

// Version changes whenever users do, in this process or in another. It looks at
// the file at most once a second.
func (u *Users) Version() uint64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	if time.Since(u.looked) > time.Second {
		_ = u.read() // a change that cannot be read yet is tried again
	}
	return u.changes
}

// List returns all users in order of their names.
func (u *Users) List() ([]User, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	err := u.read()
	return u.sorted(), err
}

func (u *Users) sorted() []User {
	list := make([]User, 0, len(u.known))
	for _, x := range u.known {
		list = append(list, x)
	}
	slices.SortFunc(list, func(a, b User) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Create adds a user. It fails with ErrUserExists.
func (u *Users) Create(name, fullName, password string, groups []string) error {
	if err := errors.Join(checkName(name), checkGroups(groups), CheckPassword(name, password)); err != nil {
		return err
	}
	hash := hashPassword(password)
	return u.change(func() error {
		if _, ok := u.known[name]; ok {
			return fmt.Errorf("%s: %w", name, ErrUserExists)
		}
		u.known[name] = User{Name: name, FullName: fullName, Groups: groups, Hash: hash}
		return nil
	})
}

// SetPassword gives a user another password. It fails with ErrUserMissing.
func (u *Users) SetPassword(name, password string) error {
	if err := CheckPassword(name, password); err != nil {
		return err
	}
	hash := hashPassword(password)
	return u.edit(name, func(x *User) { x.Hash = hash })
}

// SetDisabled lets a user sign in no more, or again.
func (u *Users) SetDisabled(name string, disabled bool) error {
	return u.edit(name, func(x *User) { x.Disabled = disabled })
}

// SetGroups puts a user into other groups.
func (u *Users) SetGroups(name string, groups []string) error {
	if err := checkGroups(groups); err != nil {
		return err
	}
	return u.edit(name, func(x *User) { x.Groups = groups })
}

// Delete removes a user.
func (u *Users) Delete(name string) error {
	return u.change(func() error {
		if _, ok := u.known[name]; !ok {
			return fmt.Errorf("%s: %w", name, ErrUserMissing)
		}
		delete(u.known, name)
		return u.keepAdmin()
	})
}

func (u *Users) edit(name string, set func(*User)) error {
	return u.change(func() error {
		x, ok := u.known[name]
		if !ok {
			return fmt.Errorf("%s: %w", name, ErrUserMissing)
		}
		set(&x)
		u.known[name] = x
		return u.keepAdmin()
	})
}

func (u *Users) keepAdmin() error {
	for _, x := range u.known {
		if !x.Disabled && slices.Contains(x.Groups, Admins) {
			return nil
		}
	}
	return ErrLastAdmin
}

// change reads the file, changes what is known, and writes it, while no other
// process does so.
func (u *Users) change(f func() error) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	unlock, err := lockFile(u.file + ".lock")
	if err != nil {
		return fmt.Errorf("users: %w", err)
	}
	defer unlock()
	u.known = nil // read even if the time is the same
	if err := u.read(); err != nil {
		return err
	}
	if err := f(); err != nil {
		u.known = nil
		return errors.Join(err, u.read())
	}
	if err := u.write(); err != nil {
		u.known = nil
		return errors.Join(fmt.Errorf("users: %w", err), u.read())
	}
	u.changes++
	info, err := os.Stat(u.file)
	if err == nil {
		u.version = info.ModTime()
	}
	return err
}

// write replaces the file as a whole.
func (u *Users) write() error {
	content, err := json.MarshalIndent(u.sorted(), "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(u.file), ".users-*")
	if err != nil {
		return err
	}
	_, err = f.Write(append(content, '\n'))
	err = errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), u.file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	dir, err := os.Open(filepath.Dir(u.file))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func checkName(name string) error {
	wrong := strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == ':' })
	if name == "" || len(name) > 100 || wrong || strings.HasPrefix(name, "$") {
		return errors.New("a user's name has 1 to 100 bytes, no space, no colon, and does not begin with $")
	}
	return nil
}

func checkGroups(groups []string) error {
	for _, g := range groups {
		if g == "" || g == Everyone || strings.HasPrefix(g, "$") && g != Admins && g != Operators {
			return fmt.Errorf("%q is no group; those with $ are %s and %s", g, Admins, Operators)
		}
	}
	return nil
}
