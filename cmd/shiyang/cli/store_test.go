package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"shiyang/cmd/shiyang/cli"
	"shiyang/eventstore"
)

// run runs the program to its end and returns what it printed.
func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := cli.NewCommand(&out, io.Discard)
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

// keyPair writes a certificate for 127.0.0.1 and its key into a folder.
func keyPair(t *testing.T, dir string) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key, roots = filepath.Join(dir, "store.pem"), filepath.Join(dir, "store.key"), x509.NewCertPool()
	content := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	roots.AppendCertsFromPEM(content)
	err = errors.Join(os.WriteFile(cert, content, 0o600),
		os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return cert, key, roots
}

// TestAStoreAloneWithUsers starts the store as an operator would, with the
// users that he made.
func TestAStoreAloneWithUsers(t *testing.T) {
	dir := t.TempDir()
	cert, key, roots := keyPair(t, dir)
	data := filepath.Join(dir, "data")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	reader, writer := io.Pipe()
	cmd := cli.NewCommand(writer, io.Discard)
	cmd.SetArgs([]string{"serve", "eventstore", "--data", data, "--tls-cert", cert, "--tls-key", key})
	ended := make(chan error, 1)
	go func() {
		err := cmd.ExecuteContext(ctx)
		ended <- errors.Join(err, writer.CloseWithError(io.EOF))
	}()
	lines := bufio.NewScanner(reader)
	next := func(pattern string) []string {
		t.Helper()
		if !lines.Scan() {
			t.Fatalf("the store ended: %v", <-ended)
		}
		m := regexp.MustCompile(pattern).FindStringSubmatch(lines.Text())
		if m == nil {
			t.Fatalf("printed %q, want %s", lines.Text(), pattern)
		}
		return m[1:]
	}
	password := next(`user admin is (\S+)\. It is shown only once`)[0]
	at := next(`eventstore: esdb://(127\.0\.0\.1:\d+)\?tls=true  \(health (http://\S+)\)`)

	if out, err := run(t, "eventstore", "user", "create", "ann", "--groups", "clerks", "--data", data); err != nil || !strings.Contains(out, "ann is ") {
		t.Errorf("create: %q, %v", out, err)
	}
	if _, err := run(t, "eventstore", "user", "disable", "admin", "--data", data); err == nil || !strings.Contains(err.Error(), "last") {
		t.Errorf("disable the last administrator: %v", err)
	}
	out, err := run(t, "eventstore", "user", "list", "--data", data)
	if err != nil || !regexp.MustCompile(`admin +\$admins +enabled\nann +clerks +enabled`).MatchString(out) {
		t.Errorf("list: %q, %v", out, err)
	}

	config, err := esdb.ParseConnectionString("esdb://admin:" + password + "@" + at[0])
	if err != nil {
		t.Fatal(err)
	}
	config.RootCAs, config.Logger = roots, func(esdb.LogLevel, string, ...any) {}
	client, err := esdb.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.AppendToStream(t.Context(), "$own", esdb.AppendToStreamOptions{}, esdb.EventData{EventType: "Happened"}); err != nil {
		t.Errorf("with the password that was printed: %v", err)
	}
	answer, err := http.Get(at[1] + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	page, err := io.ReadAll(answer.Body)
	if err != nil || !strings.Contains(string(page), "\nshiyang_store_events 1\n") {
		t.Errorf("metrics: %v, %s", err, page)
	}
	checkDocumented(t, string(page))
	stop()
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	if err := <-ended; err != nil {
		t.Error("stopped:", err)
	}
}

// checkDocumented wants every figure of the store on its page.
func checkDocumented(t *testing.T, metrics string) {
	t.Helper()
	doc, err := os.ReadFile("../../../docs/eventstore.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`# TYPE (shiyang_store_\S+)`).FindAllStringSubmatch(metrics, -1) {
		if !strings.Contains(string(doc), "`"+m[1]) {
			t.Errorf("docs/eventstore.md lacks %s", m[1])
		}
	}
}

func TestAStoreBeyondThisMachineNeedsTLS(t *testing.T) {
	_, err := run(t, "serve", "eventstore", "--data", t.TempDir(), "--internal", "0.0.0.0:0")
	if err == nil || !strings.Contains(err.Error(), "tls_cert and tls_key") {
		t.Errorf("plain on every address: %v", err)
	}
}

// Profiles tell what a process computes, so nobody sees them unasked.
func TestProfilesAreShownWhenAskedFor(t *testing.T) {
	store, err := eventstore.Open(eventstore.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	for _, asked := range []bool{false, true} {
		handler := cli.StoreAdmin(store, asked)
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/debug/pprof/", nil))
		if shown := answer.Code == http.StatusOK && strings.Contains(answer.Body.String(), "goroutine"); shown != asked {
			t.Errorf("asked %t, answered %d", asked, answer.Code)
		}
	}
}
