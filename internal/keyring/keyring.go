// Package keyring keeps one encryption key per person (D10), outside the
// event store, so that a person can be erased from a log that nobody may
// edit.
//
//	master key file ──wraps──▶ data key of a person ──seals──▶ fields in events
//
// Personal fields are stored only as the codec of internal/es had them
// sealed here. Destroying a person's data key makes every copy of those
// fields unreadable at once: in the log, in its backups, in exports. What
// stays is a tombstone, so that the person never gets a new key. The bytes in
// the log do not change, so every proof over them still verifies. Legal
// source: Personal Information Protection Law of the PRC (个人信息保护法)
// Art. 47.
//
// The keys are rows of a SQL table (SQLite or PostgreSQL), each wrapped with
// AES-256-GCM by a master key that is a file of its own: neither a stolen
// database nor a stolen file is enough. Back up both, apart from each other;
// after a restore, [Keyring.ReplayDestroyed] must run before anything is
// served, because the backup may hold keys that were destroyed since.
//
// It may import internal/es and database/sql. Start reading with [Open].
package keyring

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"shiyang/internal/es"
)

// Engine is the kind of database that holds the keys.
type Engine string

// The engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Options are what a keyring can be told beyond its database.
type Options struct {
	Now       func() time.Time // nil: time.Now
	CacheKeys int              // how many keys are kept in memory; 0: 4096
	// CacheFor is how long a key is used before the database is asked again
	// whether it was destroyed by another process; 0: 30 seconds.
	CacheFor time.Duration
}

// Keyring implements es.Keyring. It is safe for concurrent use; several
// processes may share one database.
type Keyring struct {
	db     *sql.DB
	engine Engine
	master cipher.AEAD
	now    func() time.Time
	cache  *cache
}

var _ es.Keyring = (*Keyring)(nil)

// keySize is that of AES-256.
const keySize = 32

// checkRow is no person: its key proves at start that the master key fits.
const checkRow = "master-key-check"

// Open makes the table if there is none and checks that masterKey, as read
// by [MasterKey], is the one that wrapped the keys in it. The caller owns db
// and closes it.
func Open(ctx context.Context, db *sql.DB, engine Engine, masterKey []byte, o Options) (*Keyring, error) {
	if engine != SQLite && engine != Postgres {
		return nil, fmt.Errorf("open keyring: unknown engine %q", engine)
	}
	master, err := aead(masterKey)
	if err != nil {
		return nil, fmt.Errorf("open keyring: %w", err)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.CacheKeys == 0 {
		o.CacheKeys = 4096
	}
	if o.CacheFor == 0 {
		o.CacheFor = 30 * time.Second
	}
	k := &Keyring{db: db, engine: engine, master: master, now: o.Now, cache: newCache(o.CacheKeys, o.CacheFor)}
	if err := k.createTable(ctx); err != nil {
		return nil, fmt.Errorf("open keyring: %w", err)
	}
	if _, err := k.key(ctx, checkRow, true); err != nil {
		return nil, fmt.Errorf("open keyring: the master key does not fit this database: %w", err)
	}
	return k, nil
}

func aead(key []byte) (cipher.AEAD, error) {
	if len(key) != keySize {
		return nil, fmt.Errorf("a key has %d bytes, not %d", keySize, len(key))
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// errNoKey reports a sealed field whose subject has no key and no tombstone:
// the keyring is older than the log, or another one.
var errNoKey = errors.New("no key for this person in the keyring")

// Seal implements [es.Keyring]. A person's key is made at first use.
func (k *Keyring) Seal(ctx context.Context, subject string, plain, aad []byte) (string, error) {
	data, err := k.key(ctx, subject, true)
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	nonce := random(data.NonceSize())
	return es.FormatSealed(nonce, data.Seal(nil, nonce, plain, aad)), nil
}

// Open implements [es.Keyring].
func (k *Keyring) Open(ctx context.Context, subject, sealed string, aad []byte) ([]byte, error) {
	data, err := k.key(ctx, subject, false)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	nonce, ciphertext, err := es.ParseSealed(sealed, data.NonceSize())
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	plain, err := data.Open(nil, nonce, ciphertext, aad)
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	return plain, nil
}

// key returns a person's key, making it if create is set.
func (k *Keyring) key(ctx context.Context, subject string, create bool) (cipher.AEAD, error) {
	if subject == "" {
		return nil, errors.New("a personal field names no person")
	}
	if data, ok := k.cache.get(subject, k.now()); ok {
		return data, nil
	}
	token := k.cache.begin()
	wrapped, destroyed, err := k.read(ctx, subject)
	if errors.Is(err, sql.ErrNoRows) && create {
		if err = k.create(ctx, subject); err == nil {
			wrapped, destroyed, err = k.read(ctx, subject) // ours, or that of whoever was faster
		}
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, errNoKey
	case err != nil:
		return nil, err
	case destroyed:
		return nil, es.ErrErased
	}
	raw, err := k.unwrap(subject, wrapped)
	if err != nil {
		return nil, err
	}
	defer clear(raw)
	data, err := aead(raw)
	if err != nil {
		return nil, err
	}
	k.cache.put(subject, data, k.now(), token)
	return data, nil
}

// wrap seals a data key with the master key, bound to its person.
func (k *Keyring) wrap(subject string, raw []byte) []byte {
	nonce := random(k.master.NonceSize())
	return k.master.Seal(nonce, nonce, raw, []byte(subject))
}

func (k *Keyring) unwrap(subject string, wrapped []byte) ([]byte, error) {
	size := k.master.NonceSize()
	if len(wrapped) < size {
		return nil, errors.New("a key in the keyring is damaged")
	}
	raw, err := k.master.Open(nil, wrapped[:size], wrapped[size:], []byte(subject))
	if err != nil {
		return nil, fmt.Errorf("unwrap key: %w", err)
	}
	return raw, nil
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: it crashes the program instead
	return b
}
