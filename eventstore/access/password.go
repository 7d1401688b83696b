package access

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Cost of an argon2id hash (RFC 9106); it is stored with every hash.
const (
	memoryKiB, passes, threads = 19 << 10, 2, 1
	saltBytes, keyBytes        = 16, 32
)

// Lengths of passwords in characters.
const (
	minPassword = 8
	maxPassword = 200
)

// CheckPassword refuses a password that is too short, too long or the name
// itself. The text never repeats it.
func CheckPassword(name, password string) error {
	switch n := utf8.RuneCountInString(password); {
	case n < minPassword || n > maxPassword:
		return fmt.Errorf("a password has %d to %d characters", minPassword, maxPassword)
	case strings.EqualFold(name, password):
		return errors.New("a password must not be the user's name")
	}
	return nil
}

// GeneratePassword returns a random password of 100 bits that a person can type.
func GeneratePassword() string {
	random := make([]byte, 13)
	_, _ = rand.Read(random) // never fails (crypto/rand)
	text := base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding).EncodeToString(random)
	var groups []string
	for i := 0; i < 20; i += 4 {
		groups = append(groups, text[i:i+4])
	}
	return strings.Join(groups, "-")
}

// hashPassword returns an argon2id hash in the PHC string format.
func hashPassword(password string) string {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails (crypto/rand)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, memoryKiB, passes, threads,
		b64.EncodeToString(salt), b64.EncodeToString(argon2.IDKey([]byte(password), salt, passes, memoryKiB, threads, keyBytes)))
}

// matches compares a password with a hash.
func matches(hash, password string) (bool, error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[1] != "argon2id" {
		return false, errors.New("a stored password hash is damaged")
	}
	var memory, time uint32
	var lanes uint8
	_, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &memory, &time, &lanes)
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	key, keyErr := base64.RawStdEncoding.DecodeString(parts[5])
	if errors.Join(err, saltErr, keyErr) != nil || time == 0 || lanes == 0 || memory > 1<<20 || len(key) == 0 {
		return false, errors.New("a stored password hash is damaged")
	}
	got := argon2.IDKey([]byte(password), salt, time, memory, lanes, uint32(len(key)))
	return subtle.ConstantTimeCompare(got, key) == 1, nil
}
