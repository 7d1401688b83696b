package access

import (
	"container/list"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The refusals. Their texts never say whether a user exists.
var (
	ErrUnauthenticated = errors.New("the user or the password is wrong")
	ErrDenied          = errors.New("access is denied")
)

// Caller is who makes a call.
type Caller struct {
	Name   string // "" for nobody in particular
	Groups []string
	hash   string // of the password that it signed in with
}

// is tells whether the caller is meant by a name in an access list.
func (c Caller) is(role string) bool {
	return role == Everyone || c.Name != "" && role == c.Name || slices.Contains(c.Groups, role)
}

type callerKey struct{}

// WithCaller returns a context that carries who calls.
func WithCaller(ctx context.Context, c Caller) context.Context {
	held := new(atomic.Pointer[Caller])
	held.Store(&c)
	return context.WithValue(ctx, callerKey{}, held)
}

// CallerOf returns who calls, as they were looked up last; the zero Caller when
// nobody said.
func CallerOf(ctx context.Context) Caller {
	if held, ok := ctx.Value(callerKey{}).(*atomic.Pointer[Caller]); ok {
		return *held.Load()
	}
	return Caller{}
}

// Again looks the caller of ctx up once more, for a call that lasts. It fails
// with ErrDenied when the user is gone or disabled, or has another password.
func (s *SignIns) Again(ctx context.Context) error {
	held, ok := ctx.Value(callerKey{}).(*atomic.Pointer[Caller])
	if !ok || held.Load().Name == "" {
		return nil
	}
	c := held.Load()
	user, known := s.users.find(c.Name)
	if !known || user.Disabled || user.Hash != c.hash {
		return fmt.Errorf("%w: user %s was changed; sign in again", ErrDenied, c.Name)
	}
	held.Store(&Caller{user.Name, user.Groups, user.Hash})
	return nil
}

// Failed sign-ins of one name from one address, and of one address, are let
// through in bursts, and then one by one in so much time.
const (
	nameBurst, addressBurst = 5, 50
	nameRest, addressRest   = 10 * time.Second, time.Second
	remembered              = 4096 // passwords found right, and addresses with failures
)

// SignIns checks the credentials of calls. A password that was right is
// remembered as a keyed digest, so that not every call costs a hash. It is safe
// for concurrent use.
type SignIns struct {
	users   *Users
	now     func() time.Time
	key     []byte
	work    chan struct{}
	matches func(hash, password string) (bool, error)
	refused atomic.Uint64

	mu       sync.Mutex
	right    *recent[[32]byte, string] // digest of name and password → hash that it matched
	failures *recent[string, bucket]
}

// bucket is how many failures are still let through.
type bucket struct {
	left float64
	at   time.Time
}

// NewSignIns checks against users; now may be nil.
func NewSignIns(users *Users, now func() time.Time) *SignIns {
	if now == nil {
		now = time.Now
	}
	s := &SignIns{
		users: users, now: now, key: make([]byte, 32), work: make(chan struct{}, 2), matches: matches,
		right: newRecent[[32]byte, string](remembered), failures: newRecent[string, bucket](remembered),
	}
	_, _ = rand.Read(s.key) // never fails (crypto/rand)
	return s
}

// Refused counts the sign-ins that were refused.
func (s *SignIns) Refused() uint64 { return s.refused.Load() }

// Check returns who calls by the value of an authorization header; an empty one
// is nobody in particular. address is where the call comes from. It fails with
// ErrUnauthenticated, or with the error of ctx.
func (s *SignIns) Check(ctx context.Context, header, address string) (Caller, error) {
	if header == "" {
		return Caller{}, nil
	}
	name, password, ok := basic(header)
	if !ok {
		s.refused.Add(1)
		return Caller{}, ErrUnauthenticated
	}
	user, known := s.users.find(name)
	digest := s.digest(name, password)
	if known && s.wasRight(digest, user.Hash) {
		return s.accept(user)
	}
	names := address + "\x00" + name
	if !s.take(names, address) {
		s.refused.Add(1)
		return Caller{}, ErrUnauthenticated
	}
	select { // hashing takes memory: only a few at once
	case s.work <- struct{}{}:
		defer func() { <-s.work }()
	case <-ctx.Done():
		return Caller{}, ctx.Err()
	}
	hash := user.Hash
	if !known { // as long as for a known one
		hash = dummyHash()
	}
	if right, err := s.matches(hash, password); err != nil || !right || !known {
		s.refused.Add(1)
		return Caller{}, errors.Join(ErrUnauthenticated, err)
	}
	s.mu.Lock()
	s.right.put(digest, user.Hash)
	s.failures.drop(names)
	s.mu.Unlock()
	return s.accept(user)
}

func (s *SignIns) accept(u User) (Caller, error) {
	if u.Disabled {
		s.refused.Add(1)
		return Caller{}, ErrUnauthenticated
	}
	return Caller{u.Name, u.Groups, u.Hash}, nil
}

var dummyHash = sync.OnceValue(func() string { return hashPassword("nobody's") })

func (s *SignIns) digest(name, password string) (d [32]byte) {
	h := hmac.New(sha256.New, s.key)
	_, _ = h.Write([]byte(name + ":" + password)) // never fails; a name has no colon
	h.Sum(d[:0])
	return d
}

func (s *SignIns) wasRight(digest [32]byte, hash string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	matched, ok := s.right.get(digest)
	return ok && matched == hash
}

// take counts an attempt as a failure beforehand, so that many at once are
// counted, too; false: it is one too many.
func (s *SignIns) take(names, address string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	byName, byAddress := s.refill(names, nameBurst, nameRest), s.refill(address, addressBurst, addressRest)
	if byName.left < 1 || byAddress.left < 1 {
		return false
	}
	byName.left--
	byAddress.left--
	s.failures.put(names, byName)
	s.failures.put(address, byAddress)
	return true
}

func (s *SignIns) refill(who string, burst float64, rest time.Duration) bucket {
	now := s.now()
	b, ok := s.failures.get(who)
	if !ok {
		return bucket{burst, now}
	}
	return bucket{min(burst, b.left+float64(now.Sub(b.at))/float64(rest)), now}
}

// basic reads the header of HTTP's basic authentication.
func basic(header string) (name, password string, ok bool) {
	scheme, encoded, _ := strings.Cut(header, " ")
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
	if !strings.EqualFold(scheme, "Basic") || err != nil {
		return "", "", false
	}
	name, password, ok = strings.Cut(string(raw), ":")
	return name, password, ok && len(password) <= 4*maxPassword
}

// recent is a bounded map that forgets what was used least recently.
type recent[K comparable, V any] struct {
	limit int
	order *list.List // of pairs, the newest first
	items map[K]*list.Element
}

type pair[K comparable, V any] struct {
	key   K
	value V
}

func newRecent[K comparable, V any](limit int) *recent[K, V] {
	return &recent[K, V]{limit, list.New(), map[K]*list.Element{}}
}

func (r *recent[K, V]) get(k K) (V, bool) {
	e, ok := r.items[k]
	if !ok {
		var none V
		return none, false
	}
	r.order.MoveToFront(e)
	return e.Value.(pair[K, V]).value, true //nolint:forcetypeassert // only pairs are in it
}

func (r *recent[K, V]) drop(k K) {
	if e, ok := r.items[k]; ok {
		r.order.Remove(e)
		delete(r.items, k)
	}
}

func (r *recent[K, V]) put(k K, v V) {
	if e, ok := r.items[k]; ok {
		e.Value = pair[K, V]{k, v}
		r.order.MoveToFront(e)
		return
	}
	r.items[k] = r.order.PushFront(pair[K, V]{k, v})
	if r.order.Len() > r.limit {
		oldest := r.order.Remove(r.order.Back()).(pair[K, V]) //nolint:forcetypeassert // only pairs are in it
		delete(r.items, oldest.key)
	}
}
