package rpc

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// TokenLife is how long an actor token lives at most: long enough for one
// request through all services, too short to outlive a revocation that
// matters.
const TokenLife = 120 * time.Second

// tokenIssuer names the gateway in every token.
const tokenIssuer = "shiyang-gateway"

// DefaultAudience is the audience of tokens unless the owner of the keys says
// otherwise.
const DefaultAudience = "shiyang-services"

// claims is the content of an actor token: opaque ids only.
type claims struct {
	jwt.RegisteredClaims
	Role       string   `json:"role"`
	Org        string   `json:"org,omitempty"`
	County     string   `json:"county,omitempty"`
	OnBehalfOf []string `json:"obo,omitempty"`
}

// Issuer signs actor tokens (JWT, Ed25519). It is safe for concurrent use.
type Issuer struct {
	key      ed25519.PrivateKey
	kid      string
	audience string
	now      func() time.Time
	issued   remembered[string] // tokens by actor
}

// NewIssuer returns an issuer that signs with the key of this id.
func NewIssuer(kid string, key ed25519.PrivateKey, audience string, now func() time.Time) *Issuer {
	return &Issuer{key: key, kid: kid, audience: audience, now: now}
}

// Issue returns a token for the actor that is valid for at least half of
// [TokenLife] from now and at most for all of it. Whether the actor may still
// act is the caller's to check each time; a token younger than half its life
// is handed out again, because signing and verifying cost more than the rest
// of a call.
func (i *Issuer) Issue(a Actor) (string, error) {
	now := i.now()
	who := strings.Join(append([]string{a.ID, a.Role, a.Org, a.County}, a.OnBehalfOf...), "\x00")
	if token, since, ok := i.issued.get(who); ok && !now.Before(since) && now.Sub(since) < TokenLife/2 {
		return token, nil
	}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: tokenIssuer, Subject: a.ID, Audience: jwt.ClaimStrings{i.audience},
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(TokenLife)),
		},
		Role: a.Role, Org: a.Org, County: a.County, OnBehalfOf: a.OnBehalfOf,
	})
	token.Header["kid"] = i.kid
	signed, err := token.SignedString(i.key)
	if err != nil {
		return "", fmt.Errorf("sign actor token: %w", err)
	}
	i.issued.put(who, signed, now)
	return signed, nil
}

// Verifier turns an actor token into the actor, or refuses it. The error is
// for the log; the caller only learns that it must sign in.
type Verifier interface {
	Verify(token string) (Actor, error)
}

// Keys verifies tokens with a set of public keys by key id, so that a key can
// be rotated: add the new one, switch the issuer, remove the old one two
// minutes later. It is safe for concurrent use.
type Keys struct {
	keys     map[string]ed25519.PublicKey
	audience string
	now      func() time.Time
	verified remembered[Actor] // actors by token
}

// NewVerifier returns a verifier for tokens to this audience.
func NewVerifier(keys map[string]ed25519.PublicKey, audience string, now func() time.Time) *Keys {
	return &Keys{keys: keys, audience: audience, now: now}
}

// Verify checks signature, algorithm, issuer, audience, time and length of
// life. A clock of the issuer that is up to five seconds ahead is accepted. A
// token that was found good is not looked at again for half of its life.
func (k *Keys) Verify(token string) (Actor, error) {
	if actor, issued, ok := k.verified.get(token); ok {
		if age := k.now().Sub(issued); age >= 0 && age < TokenLife/2 {
			return actor, nil
		}
	}
	var c claims
	_, err := jwt.ParseWithClaims(token, &c, k.key,
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
		jwt.WithAudience(k.audience), jwt.WithIssuer(tokenIssuer),
		jwt.WithIssuedAt(), jwt.WithExpirationRequired(),
		jwt.WithLeeway(5*time.Second), jwt.WithTimeFunc(k.now))
	switch {
	case err != nil:
		return Actor{}, fmt.Errorf("verify actor token: %w", err)
	case c.IssuedAt == nil || c.ExpiresAt.Sub(c.IssuedAt.Time) > TokenLife:
		return Actor{}, errors.New("verify actor token: lives too long")
	case c.Subject == "" || c.Role == "" || Role(c.Role) == Public:
		return Actor{}, errors.New("verify actor token: names no actor")
	}
	actor := Actor{ID: c.Subject, Role: c.Role, Org: c.Org, County: c.County, OnBehalfOf: c.OnBehalfOf}
	if c.ExpiresAt.Sub(c.IssuedAt.Time) >= TokenLife/2 {
		k.verified.put(token, actor, c.IssuedAt.Time)
	}
	return actor, nil
}

func (k *Keys) key(t *jwt.Token) (any, error) {
	kid, _ := t.Header["kid"].(string)
	if key, ok := k.keys[kid]; ok {
		return key, nil
	}
	return nil, fmt.Errorf("unknown key %q", kid)
}

// remembered keeps values for a while; how old one may be is for its user to
// say. It holds a bounded number and starts anew when it is full.
type remembered[V any] struct {
	mu     sync.Mutex
	values map[string]aged[V]
}

type aged[V any] struct {
	value V
	since time.Time
}

const mostRemembered = 4096

func (r *remembered[V]) get(key string) (value V, since time.Time, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a, ok := r.values[key]
	return a.value, a.since, ok
}

func (r *remembered[V]) put(key string, value V, since time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.values == nil || len(r.values) >= mostRemembered {
		r.values = map[string]aged[V]{}
	}
	r.values[key] = aged[V]{value, since}
}
