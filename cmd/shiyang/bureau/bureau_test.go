package bureau_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"shiyang/cmd/shiyang/apiclient"
	"shiyang/cmd/shiyang/bureau"
	"shiyang/cmd/shiyang/config"
	"shiyang/cmd/shiyang/demo"
	commonv1 "shiyang/proto/common/v1"
)

// settings are those of a test: everything in a folder of its own, on free
// loopback ports.
func settings(t *testing.T) config.Config {
	t.Helper()
	c := config.Default()
	c.Data, c.Listen, c.Tick = t.TempDir(), "127.0.0.1:0", time.Hour
	return c
}

func start(t *testing.T, c config.Config, now func() time.Time) *bureau.Bureau {
	t.Helper()
	b, err := bureau.Start(t.Context(), bureau.Options{Config: c, Parts: bureau.All, Log: slog.New(slog.DiscardHandler), Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return b
}

var person = &commonv1.Person{Name: "示例", Phone: "13900000000"}

// The demo bureau tells a past of working days, so it must come out on any
// day: in a holiday, at night, in a year whose calendar is not published.
func TestTheDemoBureauComesOutOnAnyDay(t *testing.T) {
	for _, at := range []string{"2026-11-23T10:00:00+08:00", "2026-10-05T00:20:00+08:00", "2026-03-01T23:50:00+08:00", "2027-02-10T10:00:00+08:00"} {
		t.Run(at, func(t *testing.T) {
			instant, err := time.Parse(time.RFC3339, at)
			if err != nil {
				t.Fatal(err)
			}
			now := func() time.Time { return instant }
			b := start(t, settings(t), now)
			password, err := b.Bootstrap(t.Context(), "admin", person)
			if err != nil {
				t.Fatal(err)
			}
			signs, err := demo.Make(t.Context(), b.URL(), demo.Admin{Login: "admin", Password: password}, now)
			if err != nil {
				t.Fatal(err)
			}
			if err := b.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := b.Ready(); err != nil {
				t.Error(err)
			}
			stages := map[string]int{}
			for _, p := range permits(t, b, signs) {
				stages[p.Status]++
			}
			// Silence may have accepted the one that waited; nothing else moves.
			if stages["PERMIT_STATUS_ISSUED"] != 1 || stages["PERMIT_STATUS_EXAMINED"] != 1 || stages["PERMIT_STATUS_DEFICIENT"] != 1 {
				t.Errorf("the examples stand at %v", stages)
			}
			if _, err := b.Bootstrap(t.Context(), "admin", person); !errors.Is(err, bureau.ErrBootstrapped) {
				t.Errorf("a second administrator: %v", err)
			}
		})
	}
}

type row struct{ PermitID, Status string }

func permits(t *testing.T, b *bureau.Bureau, signs []demo.SignIn) []row {
	t.Helper()
	api := apiclient.New(b.URL())
	for _, s := range signs {
		if s.Login != "shouli" {
			continue
		}
		session, err := api.SignIn(t.Context(), s.Login, s.Password, "")
		if err != nil {
			t.Fatal(err)
		}
		var list struct{ Permits []row }
		if err := api.As(session).Get(t.Context(), "/v1/permits", &list); err != nil {
			t.Fatal(err)
		}
		return list.Permits
	}
	t.Fatal("no clerk")
	return nil
}

func get(t *testing.T, client *http.Client, url string, header map[string]string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range header {
		request.Header.Set(k, v)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(content)
}

func TestHealthMetricsAndProfiles(t *testing.T) {
	b := start(t, settings(t), time.Now)
	if err := b.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"/health/live": "live", "/health/ready": "ready", "/metrics": "shiyang_reaction_position", "/debug/pprof/goroutine?debug=1": "goroutine profile",
	} {
		if status, content := get(t, http.DefaultClient, b.AdminURL()+path, nil); status != http.StatusOK || !strings.Contains(content, want) {
			t.Errorf("%s answers %d %.200s", path, status, content)
		}
	}
	for _, path := range []string{"/health/live", "/health/ready"} {
		if status, _ := get(t, http.DefaultClient, b.URL()+path, nil); status != http.StatusOK {
			t.Errorf("portal %s answers %d", path, status)
		}
	}
	if status, _ := get(t, http.DefaultClient, b.URL()+"/metrics", nil); status != http.StatusNotFound {
		t.Errorf("the portal shows metrics: %d", status)
	}
}

func TestThePortalSpeaksTLS(t *testing.T) {
	c := settings(t)
	var pool *x509.CertPool
	c.TLSCert, c.TLSKey, pool = certificate(t)
	b := start(t, c, time.Now)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}}
	status, _ := get(t, client, b.URL()+"/health/live", nil)
	if status != http.StatusOK || !strings.HasPrefix(b.URL(), "https://") {
		t.Errorf("%s answers %d", b.URL(), status)
	}
	_, page := get(t, client, b.URL()+"/zh/", nil)
	if !strings.Contains(page, "<html") {
		t.Errorf("no page: %.200s", page)
	}
}

// certificate makes a key pair for loopback and the pool that trusts it.
func certificate(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "example"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	if err := errors.Join(os.WriteFile(cert, certPEM, 0o600), os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600)); err != nil {
		t.Fatal(err)
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	return cert, key, pool
}

func TestOnlyTheProxyIsLetIn(t *testing.T) {
	c := settings(t)
	c.BehindProxy = "10.9.0.0/16"
	b := start(t, c, time.Now)
	if status, _ := get(t, http.DefaultClient, b.URL()+"/zh/", map[string]string{"X-Forwarded-For": "10.9.1.1"}); status != http.StatusForbidden {
		t.Errorf("a stranger is let in: %d", status)
	}
	if status, _ := get(t, http.DefaultClient, b.URL()+"/health/live", nil); status != http.StatusOK {
		t.Errorf("the probe is kept out: %d", status)
	}
	c = settings(t)
	c.BehindProxy = "127.0.0.0/8"
	b = start(t, c, time.Now)
	if status, _ := get(t, http.DefaultClient, b.URL()+"/zh/", map[string]string{"X-Forwarded-For": "203.0.113.7"}); status != http.StatusOK {
		t.Errorf("the proxy is kept out: %d", status)
	}
}

func TestOneProcessAtATimeHasTheData(t *testing.T) {
	c := settings(t)
	start(t, c, time.Now)
	_, err := bureau.Start(t.Context(), bureau.Options{Config: c, Parts: bureau.All, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("a second start: %v", err)
	}
}
