package certificate_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"shiyang/internal/certificate"
)

// makePair returns a certificate with a serial number, and its key, as PEM.
func makePair(t *testing.T, serial int64) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

// place replaces a file as renewing programs do: beside it, then renamed.
func place(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path+".new", content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// bench is a pair in files, a clock and a log.
type bench struct {
	*certificate.Pair
	cert, key string
	clock     atomic.Int64
	said      bytes.Buffer
}

func newBench(t *testing.T) *bench {
	t.Helper()
	dir := t.TempDir()
	b := &bench{cert: filepath.Join(dir, "store.pem"), key: filepath.Join(dir, "store.key")}
	cert, key := makePair(t, 1)
	place(t, b.cert, cert)
	place(t, b.key, key)
	var err error
	now := func() time.Time { return time.Unix(b.clock.Load(), 0) }
	if b.Pair, err = certificate.Open(b.cert, b.key, certificate.Options{Now: now, Logger: slog.New(slog.NewTextHandler(&b.said, nil))}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) want(t *testing.T, serial int64) {
	t.Helper()
	c, err := b.Get(nil)
	if err != nil || c.Leaf.SerialNumber.Int64() != serial {
		t.Errorf("certificate %v, %v, want number %d", c.Leaf.SerialNumber, err, serial)
	}
}

func TestARenewedPairIsTakenUp(t *testing.T) {
	b := newBench(t)
	b.want(t, 1)
	cert, key := makePair(t, 2)
	place(t, b.cert, cert)
	b.want(t, 1) // it is not looked at yet
	b.clock.Add(10)
	b.want(t, 1) // half of it does not fit
	if !strings.Contains(b.said.String(), "cannot be used") {
		t.Errorf("the operator is told %q", b.said.String())
	}
	place(t, b.key, key)
	b.clock.Add(10)
	b.want(t, 2)
	b.clock.Add(10)
	b.want(t, 2)
	if n := strings.Count(b.said.String(), "msg=\"renewed certificate\""); n != 1 {
		t.Errorf("it is told %d times:\n%s", n, b.said.String())
	}
	if strings.Contains(b.said.String(), "PRIVATE") {
		t.Error("the log holds a key")
	}
}

func TestAPairThatIsGoneGoesOn(t *testing.T) {
	b := newBench(t)
	if err := os.Remove(b.key); err != nil {
		t.Fatal(err)
	}
	b.clock.Add(10)
	b.want(t, 1)
	if err := os.WriteFile(b.cert, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.clock.Add(-3600) // a clock that was set back
	b.want(t, 1)
	cert, key := makePair(t, 3)
	place(t, b.cert, cert)
	place(t, b.key, key)
	b.clock.Add(10)
	b.want(t, 3)
}

func TestWhatIsNoPairDoesNotOpen(t *testing.T) {
	dir := t.TempDir()
	cert, _ := makePair(t, 1)
	_, key := makePair(t, 2)
	place(t, dir+"/a", cert)
	place(t, dir+"/b", key)
	for _, files := range [][2]string{{"/a", "/b"}, {"/a", "/missing"}, {"/b", "/a"}} {
		if _, err := certificate.Open(dir+files[0], dir+files[1], certificate.Options{}); err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("%v: %v", files, err)
		}
	}
}

// TestConnectionsGetTheRenewedCertificate asks over the wire, while an older
// connection goes on.
func TestConnectionsGetTheRenewedCertificate(t *testing.T) {
	b := newBench(t)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", b.Config())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go echo(conn)
		}
	}()
	dial := func() *tls.Conn {
		t.Helper()
		conn, err := tls.Dial("tcp", listener.Addr().String(), &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	serial := func(c *tls.Conn) int64 { return c.ConnectionState().PeerCertificates[0].SerialNumber.Int64() }
	first := dial()
	cert, key := makePair(t, 2)
	place(t, b.cert, cert)
	place(t, b.key, key)
	b.clock.Add(10)
	second := dial()
	if serial(first) != 1 || serial(second) != 2 {
		t.Errorf("numbers %d and %d", serial(first), serial(second))
	}
	if _, err := first.Write([]byte("x")); err != nil {
		t.Error("the older connection:", err)
	}
	if _, err := first.Read(make([]byte, 1)); err != nil {
		t.Error("the older connection:", err)
	}
}

func echo(conn net.Conn) {
	b := make([]byte, 1)
	for {
		if _, err := conn.Read(b); err != nil {
			return
		}
		if _, err := conn.Write(b); err != nil {
			return
		}
	}
}
