package bureau

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"shiyang/internal/rpc"
)

// tokenKey is the key that signs actor tokens, or only its public half in a
// part that has nothing to sign.
type tokenKey struct {
	id      string
	public  ed25519.PublicKey
	private ed25519.PrivateKey // nil without the private half
}

// openTokenKey reads the key file, PEM with a private or a public Ed25519
// key. A missing file is made with a fresh key, readable only by its owner.
func openTokenKey(file string) (tokenKey, error) {
	content, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if errors.Is(err, os.ErrNotExist) {
		return makeTokenKey(file)
	}
	if err != nil {
		return tokenKey{}, fmt.Errorf("token key: %w", err)
	}
	block, _ := pem.Decode(content)
	if block == nil {
		return tokenKey{}, fmt.Errorf("token key %s: no PEM block; restore the file or remove it to make a fresh key", file)
	}
	switch block.Type {
	case "PRIVATE KEY":
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		private, ok := key.(ed25519.PrivateKey)
		if err != nil || !ok {
			return tokenKey{}, fmt.Errorf("token key %s: no Ed25519 key", file)
		}
		return withID(private.Public().(ed25519.PublicKey), private), nil
	case "PUBLIC KEY":
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		public, ok := key.(ed25519.PublicKey)
		if err != nil || !ok {
			return tokenKey{}, fmt.Errorf("token key %s: no Ed25519 key", file)
		}
		return withID(public, nil), nil
	}
	return tokenKey{}, fmt.Errorf("token key %s: unexpected %s", file, block.Type)
}

func makeTokenKey(file string) (tokenKey, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return tokenKey{}, fmt.Errorf("token key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return tokenKey{}, fmt.Errorf("token key: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return tokenKey{}, fmt.Errorf("token key: %w", err)
	}
	content := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := os.WriteFile(file, content, 0o600); err != nil {
		return tokenKey{}, fmt.Errorf("token key: %w", err)
	}
	return withID(public, private), nil
}

// withID names a key by the beginning of its hash, so that every part finds
// the same name.
func withID(public ed25519.PublicKey, private ed25519.PrivateKey) tokenKey {
	sum := sha256.Sum256(public)
	return tokenKey{hex.EncodeToString(sum[:8]), public, private}
}

func (k tokenKey) verifier(now func() time.Time) *rpc.Keys {
	return rpc.NewVerifier(map[string]ed25519.PublicKey{k.id: k.public}, rpc.DefaultAudience, now)
}

func (k tokenKey) issuer(now func() time.Time) *rpc.Issuer {
	return rpc.NewIssuer(k.id, k.private, rpc.DefaultAudience, now)
}
