package rpc_test

import (
	"crypto/ed25519"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"shiyang/internal/rpc"
)

var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

func newKey(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune(seed)), ed25519.SeedSize)))
}

func verifierAt(now time.Time, key ed25519.PrivateKey) *rpc.Keys {
	public := map[string]ed25519.PublicKey{"k1": key.Public().(ed25519.PublicKey)}
	return rpc.NewVerifier(public, rpc.DefaultAudience, func() time.Time { return now })
}

func issuerAt(now time.Time, kid string, key ed25519.PrivateKey) *rpc.Issuer {
	return rpc.NewIssuer(kid, key, rpc.DefaultAudience, func() time.Time { return now })
}

func TestTokenCarriesTheActor(t *testing.T) {
	actor := rpc.Actor{ID: "a-1", Role: "consultant", Org: "f1", County: "620602", OnBehalfOf: []string{"f1"}}
	key := newKey('a')
	token, err := issuerAt(noon, "k1", key).Issue(actor)
	if err != nil {
		t.Fatal(err)
	}
	got, err := verifierAt(noon.Add(119*time.Second), key).Verify(token)
	if err != nil || !reflect.DeepEqual(got, actor) {
		t.Errorf("Verify = %+v, %v", got, err)
	}
}

// What is remembered must not outlive what is true.
func TestTokensAreHandedOutAgainForHalfTheirLife(t *testing.T) {
	now, key := noon, newKey('a')
	clock := func() time.Time { return now }
	issuer := rpc.NewIssuer("k1", key, rpc.DefaultAudience, clock)
	verifier := rpc.NewVerifier(map[string]ed25519.PublicKey{"k1": key.Public().(ed25519.PublicKey)}, rpc.DefaultAudience, clock)
	issue := func(a rpc.Actor) string {
		token, err := issuer.Issue(a)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := verifier.Verify(token); err != nil || !reflect.DeepEqual(got, a) {
			t.Fatalf("verified as %+v, %v", got, err)
		}
		return token
	}
	clerk := rpc.Actor{ID: "a-1", Role: "permit_clerk", County: "620602"}
	elsewhere := clerk
	elsewhere.County = "620621"
	first := issue(clerk)
	if issue(elsewhere) == first {
		t.Error("another county has the same token")
	}
	now = noon.Add(59 * time.Second)
	if issue(clerk) != first {
		t.Error("a young token is not handed out again")
	}
	now = noon.Add(60 * time.Second)
	if issue(clerk) == first {
		t.Error("an old token is handed out again")
	}
	now = noon.Add(126 * time.Second)
	if _, err := verifier.Verify(first); err == nil {
		t.Error("an expired token is accepted because it was good before")
	}
	now = noon.Add(-time.Minute)
	if _, err := verifier.Verify(first); err == nil {
		t.Error("a token from the future is accepted because it was good before")
	}
}

func TestVerifyRefuses(t *testing.T) {
	key := newKey('a')
	actor := rpc.Actor{ID: "a-1", Role: "permit_clerk", County: "620602"}
	good, err := issuerAt(noon, "k1", key).Issue(actor)
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	otherKey, _ := issuerAt(noon, "k1", newKey('b')).Issue(actor)
	otherKid, _ := issuerAt(noon, "k2", key).Issue(actor)
	otherAudience, _ := rpc.NewIssuer("k1", key, "elsewhere", func() time.Time { return noon }).Issue(actor)
	signed := func(method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
		token := jwt.NewWithClaims(method, claims)
		token.Header["kid"] = "k1"
		s, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	claims := func(life time.Duration) jwt.MapClaims {
		return jwt.MapClaims{
			"iss": "shiyang-gateway", "aud": rpc.DefaultAudience, "sub": "a-1", "role": "permit_clerk",
			"iat": noon.Unix(), "exp": noon.Add(life).Unix(),
		}
	}
	nobody := claims(time.Minute)
	delete(nobody, "sub")
	tests := []struct {
		name, token string
		at          time.Time
	}{
		{"expired", good, noon.Add(126 * time.Second)},
		{"issued in the future", good, noon.Add(-time.Minute)},
		{"changed content", parts[0] + "." + parts[1][:len(parts[1])-2] + "AA." + parts[2], noon},
		{"no signature", parts[0] + "." + parts[1] + ".", noon},
		{"another key", otherKey, noon},
		{"unknown key id", otherKid, noon},
		{"another audience", otherAudience, noon},
		{"algorithm none", signed(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims(time.Minute)), noon},
		{"public key as HMAC secret", signed(jwt.SigningMethodHS256, []byte(key.Public().(ed25519.PublicKey)), claims(time.Minute)), noon},
		{"lives too long", signed(jwt.SigningMethodEdDSA, key, claims(time.Hour)), noon},
		{"names nobody", signed(jwt.SigningMethodEdDSA, key, nobody), noon},
		{"no token", "", noon},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if actor, err := verifierAt(tt.at, key).Verify(tt.token); err == nil {
				t.Errorf("accepted as %+v", actor)
			}
		})
	}
}
