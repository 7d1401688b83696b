package eventstore_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"shiyang/eventstore"
	"shiyang/eventstore/access"
	"shiyang/eventstore/storetest"
)

func TestConformanceOverUnixSocket(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "es.sock")
	listen(t, "unix", socket)
	storetest.Run(t, storetest.Target{URL: "unix://" + socket})
}

func TestConformanceOverTCP(t *testing.T) {
	storetest.Run(t, storetest.Target{URL: "esdb://" + listen(t, "tcp", "127.0.0.1:0") + "?tls=false"})
}

func TestConformanceOverTLS(t *testing.T) {
	users, err := access.OpenUsers(filepath.Join(t.TempDir(), "users.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(users.Create("admin", "", "changeit", []string{access.Admins}), users.Create("clerk", "", "changeit", nil)); err != nil {
		t.Fatal(err)
	}
	certificate, file := certify(t)
	address := listenWith(t, eventstore.Options{
		TLS: &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, Users: users,
	}, "tcp", "127.0.0.1:0")
	storetest.Run(t, storetest.Target{
		URL:   "esdb://admin:changeit@" + address + "?tls=true&tlsCAFile=" + url.QueryEscape(file),
		Other: &esdb.Credentials{Login: "clerk", Password: "changeit"},
	})
}

// certify makes a certificate for this machine, and a file by which to trust it.
func certify(t *testing.T) (certificate tls.Certificate, file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(t.TempDir(), "node.crt")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

// TestConformanceOfRealServer runs the suite against the EventStoreDB or
// KurrentDB whose connection string is in the environment, beside the login of
// a user who is no administrator as name:password.
func TestConformanceOfRealServer(t *testing.T) {
	url := os.Getenv("SHIYANG_TEST_EVENTSTORE")
	if url == "" {
		t.Skip("SHIYANG_TEST_EVENTSTORE names no esdb:// server")
	}
	target := storetest.Target{URL: url, Idle: true}
	if login, password, ok := strings.Cut(os.Getenv("SHIYANG_TEST_EVENTSTORE_USER"), ":"); ok {
		target.Other = &esdb.Credentials{Login: login, Password: password}
	}
	storetest.Run(t, target)
}

// listen serves an empty store and returns its address.
func listen(t *testing.T, network, address string) string {
	t.Helper()
	return listenWith(t, eventstore.Options{}, network, address)
}

func listenWith(t *testing.T, o eventstore.Options, network, address string) string {
	t.Helper()
	o.Dir, o.Logger = t.TempDir(), slog.New(slog.DiscardHandler)
	store, err := eventstore.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- store.Serve(listener) }()
	t.Cleanup(func() {
		if err := store.Stop(context.Background()); err != nil {
			t.Error("stop:", err)
		}
		if err := <-served; err != nil {
			t.Error("serve:", err)
		}
	})
	return listener.Addr().String()
}
