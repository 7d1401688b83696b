package monitoring

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"

	"shiyang/services/permits/monitoring/meter"
)

// What the hash of a meter's password costs. A password of six characters is
// weak by the standard; the cost only slows down whoever has read the log.
const (
	hashMemoryKiB = 8 << 10
	hashBytes     = 32
	saltBytes     = 16
)

const (
	deviceAge  = 5 * time.Second // how old the known state of a meter may be
	maxDevices = 20_000          // known at once, registered or not
	slowChecks = 5               // passwords that are not known to be right, a meter and minute
)

// hashPassword makes the hash that is kept in place of a password.
func hashPassword(password string) string {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails (crypto/rand)
	key := argon2.IDKey([]byte(password), salt, 1, hashMemoryKiB, 1, hashBytes)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=1,p=1$%s$%s", argon2.Version, hashMemoryKiB,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

func matches(hash string, password []byte) bool {
	part := strings.Split(hash, "$")
	if len(part) != 6 || part[1] != "argon2id" {
		return false
	}
	var memory, rounds uint32
	var lanes uint8
	if _, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &memory, &rounds, &lanes); err != nil || memory > 1<<20 || rounds == 0 || lanes == 0 {
		return false
	}
	salt, err := base64.RawStdEncoding.DecodeString(part[4])
	want, errKey := base64.RawStdEncoding.DecodeString(part[5])
	if err != nil || errKey != nil || len(want) == 0 {
		return false
	}
	got := argon2.IDKey(password, salt, rounds, memory, lanes, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1
}

// devices remember meters for a few seconds, so that a frame costs no look into
// the store, and their right passwords under a key of this process, so that it
// costs no slow hash.
type devices struct {
	key [32]byte
	mu  *sync.Mutex
	all map[string]*device
}

type device struct {
	mu     sync.Mutex
	id     string
	meter  meter.Meter
	loaded time.Time
	good   [sha256.Size]byte // of the password that is known to be right
	hash   string            // of the record, for which good holds
	minute time.Time         // of the slow checks
	checks int
	linked bool // told by this process
}

func newDevices() devices {
	d := devices{mu: &sync.Mutex{}, all: map[string]*device{}}
	_, _ = rand.Read(d.key[:]) // never fails (crypto/rand)
	return d
}

// of returns the device of an MN; what is not registered is one without meter.
func (d *devices) of(mn []byte) *device {
	d.mu.Lock()
	defer d.mu.Unlock()
	known := d.all[string(mn)]
	if known == nil {
		if len(d.all) >= maxDevices {
			clear(d.all) // made-up numbers must not fill the memory
		}
		known = &device{id: meter.ID(string(mn))}
		d.all[string(mn)] = known
	}
	return known
}

// device returns what the record of an MN says, a few seconds old at most.
func (s *Server) device(ctx context.Context, mn []byte) (*device, meter.Meter, error) {
	d := s.devices.of(mn)
	d.mu.Lock()
	defer d.mu.Unlock()
	now := s.Now()
	if age := now.Sub(d.loaded); d.loaded.IsZero() || age > deviceAge || age < 0 {
		m, _, err := s.meters.Load(ctx, d.id)
		if err != nil {
			return nil, meter.Meter{}, fmt.Errorf("meter of a frame: %w", err)
		}
		d.meter, d.loaded = m, now
	}
	return d, d.meter, nil
}

// knows tells whether a password is that of the device. One that was right
// before costs nothing; others are few in a minute, whoever asks.
func (d *devices) knows(dev *device, hash string, password []byte, now time.Time) bool {
	keyed := sha256.Sum256(append(d.key[:len(d.key):len(d.key)], password...))
	dev.mu.Lock()
	defer dev.mu.Unlock()
	if dev.hash == hash && subtle.ConstantTimeCompare(keyed[:], dev.good[:]) == 1 {
		return true
	}
	if now.Sub(dev.minute) >= time.Minute || now.Before(dev.minute) {
		dev.minute, dev.checks = now, 0
	}
	if dev.checks++; dev.checks > slowChecks || !matches(hash, password) {
		return false
	}
	dev.good, dev.hash = keyed, hash
	return true
}
