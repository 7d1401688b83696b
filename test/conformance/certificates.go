package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// certificates are files, made for one run and trusted by nobody else.
type certificates struct {
	authority string // of the server's certificate
	node      string // the server's
	key       string // of node
}

// issue makes the folders that the official suite expects: ca, node, and an
// authority that signed nothing.
func issue(dir string) (certificates, error) {
	c := certificates{
		authority: filepath.Join(dir, "ca", "ca.crt"),
		node:      filepath.Join(dir, "node", "node.crt"),
		key:       filepath.Join(dir, "node", "node.key"),
	}
	ca, caKey, err := certificate(filepath.Join(dir, "ca", "ca"), nil, nil)
	if err != nil {
		return c, err
	}
	_, _, err = certificate(filepath.Join(dir, "node", "node"), ca, caKey)
	_, _, err2 := certificate(filepath.Join(dir, "untrusted-ca", "ca"), nil, nil)
	return c, errors.Join(err, err2)
}

// certificate makes name.crt and name.key, signed by parent or by itself.
func certificate(name string, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "conformance " + filepath.Base(filepath.Dir(name))},
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		BasicConstraintsValid: true,
	}
	if parent == nil {
		parent, signer = template, key
		template.IsCA, template.KeyUsage, template.ExtKeyUsage = true, x509.KeyUsageCertSign, nil
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return nil, nil, err
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return nil, nil, err
	}
	err = os.WriteFile(name+".crt", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
	err2 := os.WriteFile(name+".key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600)
	return made, key, errors.Join(err, err2)
}
