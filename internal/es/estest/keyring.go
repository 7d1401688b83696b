package estest

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"

	"shiyang/internal/es"
)

// Keyring seals for tests: the same value for the same person at the same
// place gives the same bytes, so that golden files can hold sealed fields.
// Its keys are derived from the subjects, so it protects nothing. The zero
// Keyring is ready and safe for concurrent use.
type Keyring struct {
	mu     sync.Mutex
	erased []string
}

var _ es.Keyring = (*Keyring)(nil)

// Erase destroys a subject's key.
func (k *Keyring) Erase(subject string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.erased = append(k.erased, subject)
}

func (k *Keyring) aead(subject string) (key [32]byte, aead cipher.AEAD, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if slices.Contains(k.erased, subject) {
		return key, nil, es.ErrErased
	}
	key = sha256.Sum256([]byte("estest " + subject))
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return key, nil, err
	}
	aead, err = cipher.NewGCM(block)
	return key, aead, err
}

// Seal implements [es.Keyring].
func (k *Keyring) Seal(_ context.Context, subject string, plain, aad []byte) (string, error) {
	key, aead, err := k.aead(subject)
	if err != nil {
		return "", err
	}
	mac := hmac.New(sha256.New, key[:])
	mac.Write(aad)
	mac.Write([]byte{0})
	mac.Write(plain)
	nonce := mac.Sum(nil)[:aead.NonceSize()]
	return es.FormatSealed(nonce, aead.Seal(nil, nonce, plain, aad)), nil
}

// Open implements [es.Keyring].
func (k *Keyring) Open(_ context.Context, subject, sealed string, aad []byte) ([]byte, error) {
	_, aead, err := k.aead(subject)
	if err != nil {
		return nil, err
	}
	nonce, ciphertext, err := es.ParseSealed(sealed, aead.NonceSize())
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nonce, ciphertext, aad)
	if err != nil {
		return nil, fmt.Errorf("open field of %s: %w", subject, err)
	}
	return plain, nil
}
