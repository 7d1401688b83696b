package secrets

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"shiyang/internal/problem"
)

// Params is the cost of an argon2id hash (RFC 9106); it is stored with every
// hash, so that it can be raised without new passwords.
type Params struct {
	MemoryKiB uint32
	Time      uint32
	Threads   uint8
}

// DefaultParams is 19 MiB, two passes, one thread.
var DefaultParams = Params{MemoryKiB: 19 << 10, Time: 2, Threads: 1}

const (
	saltBytes, keyBytes = 16, 32
	minPassword         = 12  // characters
	maxPassword         = 200 // characters
)

// ErrWrongPassword refuses a sign-in. It never says which of the two was
// wrong.
var ErrWrongPassword = &problem.Error{
	Kind: problem.Unknown, Reason: "WRONG_CREDENTIALS",
	Text: problem.Text{Zh: "登录名或密码不正确，请核对后重试。", En: "The sign-in name or the password is wrong. Check both and try again."},
}

// CheckPassword reports what is wrong with a new password as a problem at
// this path; the password itself is never repeated. own is what else is known
// of the person: name, telephone number.
func CheckPassword(path, password, login string, own ...string) error {
	var wrong problem.Fields
	switch n := utf8.RuneCountInString(password); {
	case n < minPassword || n > maxPassword:
		wrong.Add(path, "", "WRONG_LENGTH", "密码应为 12 到 200 个字符。", "A password has 12 to 200 characters.")
	case login != "" && strings.Contains(strings.ToLower(password), strings.ToLower(login)):
		wrong.Add(path, "", "CONTAINS_LOGIN", "密码不能包含登录名。", "A password must not contain the sign-in name.")
	case guessable(password, append(own, login)...):
		wrong.Add(path, "", "TOO_COMMON", "这个密码太常见，容易被猜中，请换一个。", "This password is common and easily guessed. Choose another.")
	}
	return wrong.Err()
}

// GeneratePassword returns a random password of 100 bits in five groups that
// a person can type.
func GeneratePassword() string {
	random := make([]byte, 16)
	_, _ = rand.Read(random) // never fails (crypto/rand)
	return SpellPassword(random)
}

// signs are 32 signs, none easily misread.
var signs = base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding)

// SpellPassword writes the first 100 bits of a secret of at least 13 bytes as
// five groups that a person can type.
func SpellPassword(secret []byte) string {
	text := signs.EncodeToString(secret)
	var b strings.Builder
	for i := range 20 {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// SetFirst keeps the first password of an account. A password that is there
// already stays: a command that is sent again changes nothing.
func (s *Store) SetFirst(ctx context.Context, accountID, password, commandID string) error {
	hash, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, `INSERT INTO credential (account_id, hash, changed_at, command_id)
		VALUES ($1, $2, $3, $4) ON CONFLICT (account_id) DO NOTHING`, accountID, hash, s.now(), commandID)
	if err != nil {
		return fmt.Errorf("keep password: %w", err)
	}
	return nil
}

// Replace keeps a new password in place of the old one.
func (s *Store) Replace(ctx context.Context, accountID, password, commandID string) error {
	hash, err := s.hash(ctx, password)
	if err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, `INSERT INTO credential (account_id, hash, changed_at, command_id)
		VALUES ($1, $2, $3, $4) ON CONFLICT (account_id) DO UPDATE
		SET hash = excluded.hash, changed_at = excluded.changed_at, command_id = excluded.command_id`,
		accountID, hash, s.now(), commandID)
	if err != nil {
		return fmt.Errorf("replace password: %w", err)
	}
	return nil
}

// SetBy reports whether the password in force was set by this command.
func (s *Store) SetBy(ctx context.Context, accountID, commandID string) (bool, error) {
	var by string
	err := s.db.QueryRowContext(ctx, `SELECT command_id FROM credential WHERE account_id = $1`, accountID).Scan(&by)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read password: %w", err)
	}
	return by == commandID, nil
}

// dummy is compared with when there is no such account, so that the answer
// takes as long as for one that exists.
func (s *Store) dummy() string {
	return encode(s.o.Params, make([]byte, saltBytes), make([]byte, keyBytes))
}

// Matches compares a password with the account's, without counting the
// attempt; an unknown account takes as long as a known one.
func (s *Store) Matches(ctx context.Context, accountID, password string) (bool, error) {
	stored, known := s.dummy(), true
	err := s.db.QueryRowContext(ctx, `SELECT hash FROM credential WHERE account_id = $1`, accountID).Scan(&stored)
	if errors.Is(err, sql.ErrNoRows) {
		known = false
	} else if err != nil {
		return false, fmt.Errorf("read password: %w", err)
	}
	p, salt, want, err := decode(stored)
	if err != nil {
		return false, err
	}
	got, err := s.derive(ctx, password, salt, p)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && known, nil
}

func (s *Store) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails (crypto/rand)
	key, err := s.derive(ctx, password, salt, s.o.Params)
	if err != nil {
		return "", err
	}
	return encode(s.o.Params, salt, key), nil
}

// derive is the costly part; only a few run at once, so that a flood of
// sign-ins cannot take all memory.
func (s *Store) derive(ctx context.Context, password string, salt []byte, p Params) ([]byte, error) {
	select {
	case s.work <- struct{}{}:
		defer func() { <-s.work }()
	case <-ctx.Done():
		return nil, fmt.Errorf("hash password: %w", ctx.Err())
	}
	return s.slow([]byte(password), salt, p.Time, p.MemoryKiB, p.Threads, keyBytes), nil
}

// encode writes a hash in the PHC string format.
func encode(p Params, salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.MemoryKiB, p.Time, p.Threads,
		b64.EncodeToString(salt), b64.EncodeToString(key))
}

func decode(stored string) (p Params, salt, key []byte, err error) {
	parts := strings.Split(stored, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return p, nil, nil, errors.New("a stored password hash is damaged")
	}
	_, err = fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.MemoryKiB, &p.Time, &p.Threads)
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	key, keyErr := base64.RawStdEncoding.DecodeString(parts[5])
	if errors.Join(err, saltErr, keyErr) != nil || p.Time == 0 || p.Threads == 0 {
		return p, nil, nil, errors.New("a stored password hash is damaged")
	}
	return p, salt, key, nil
}
