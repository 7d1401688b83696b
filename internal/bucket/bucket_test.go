package bucket_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"shiyang/internal/bucket"
)

// server is an object store in this process that notes its requests.
type server struct {
	url  string
	http http.RoundTripper
	mu   sync.Mutex
	seen []*http.Request
	fail func(*http.Request) bool
}

func newServer(t *testing.T) *server {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("backups"); err != nil {
		t.Fatal(err)
	}
	s := &server{}
	fake := gofakes3.New(backend).Server()
	web := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen = append(s.seen, r)
		fail := s.fail != nil && s.fail(r)
		s.mu.Unlock()
		if fail {
			http.Error(w, "<Error><Code>AccessDenied</Code><Message>no</Message></Error>", http.StatusForbidden)
			return
		}
		fake.ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	s.http = web.Client().Transport
	s.url = "s3://backups/2026/a?endpoint=" + web.URL + "&style=path&region=cn-test"
	return s
}

const secret = "very-secret-key"

func environment(name string) string {
	return map[string]string{"AWS_ACCESS_KEY_ID": "someone", "AWS_SECRET_ACCESS_KEY": secret}[name]
}

func (s *server) open(t *testing.T, url string) *bucket.Place {
	t.Helper()
	p, err := bucket.Open(url, bucket.Options{Getenv: environment, Transport: s.http})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// noise is content of any length that does not repeat.
func noise(n int64) io.Reader {
	return io.LimitReader(rand.NewChaCha8([32]byte{byte(n)}), n)
}

func TestContentComesBack(t *testing.T) {
	s := newServer(t)
	p := s.open(t, s.url)
	if _, found, err := p.First(t.Context()); found || err != nil {
		t.Fatalf("an empty place holds something: %t, %v", found, err)
	}
	for name, size := range map[string]int64{"empty": 0, "log/00000001.seg": 1000, "part": 16 << 20, "files/ab/more": 40<<20 + 7} {
		want := sha256.New()
		if err := p.Put(t.Context(), name, io.TeeReader(noise(size), want)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		content, err := p.Get(t.Context(), name)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got := sha256.New()
		n, err := io.Copy(got, content)
		if err != nil || n != size || !bytes.Equal(got.Sum(nil), want.Sum(nil)) {
			t.Errorf("%s: %d bytes of %d, %v", name, n, size, err)
		}
		_ = content.Close()
	}
	if _, found, err := p.First(t.Context()); !found || err != nil {
		t.Errorf("the place is empty: %v", err)
	}
	if _, found, err := s.open(t, strings.Replace(s.url, "/2026/a", "/2026/b", 1)).First(t.Context()); found || err != nil {
		t.Errorf("another place is not empty: %v", err)
	}
	for range 2 {
		if err := p.Remove(t.Context(), "empty"); err != nil {
			t.Error("remove:", err)
		}
	}
	if _, err := p.Get(t.Context(), "empty"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a removed object: %v", err)
	}
	for _, r := range s.seen {
		if strings.Contains(r.URL.String(), secret) || !strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 Credential=someone/") {
			t.Errorf("%s %s is signed %q", r.Method, r.URL, r.Header.Get("Authorization"))
		}
	}
}

// errBroken is the failure of content that cannot be read.
var errBroken = errors.New("cannot be read")

func TestContentThatBreaksOffIsNotStored(t *testing.T) {
	s := newServer(t)
	p := s.open(t, s.url)
	for _, size := range []int64{10, 20 << 20} {
		err := p.Put(t.Context(), "broken", io.MultiReader(noise(size), failing{}))
		if !errors.Is(err, errBroken) {
			t.Errorf("%d bytes: %v", size, err)
		}
		if _, err := p.Get(t.Context(), "broken"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%d bytes: half an object is there: %v", size, err)
		}
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errBroken }

func TestRefusalsHoldNoSecret(t *testing.T) {
	s := newServer(t)
	p := s.open(t, s.url)
	s.fail = func(*http.Request) bool { return true }
	_, _, looked := p.First(t.Context())
	_, got := p.Get(t.Context(), "a")
	for what, err := range map[string]error{"put": p.Put(t.Context(), "a", noise(5)), "look": looked, "get": got, "remove": p.Remove(t.Context(), "a")} {
		if err == nil || strings.Contains(err.Error(), secret) || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, _, err := s.open(t, strings.Replace(s.url, "//backups", "//elsewhere", 1)).First(t.Context())
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a bucket that does not exist: %v", err)
	}
}

func TestWrongURLs(t *testing.T) {
	for url, want := range map[string]error{
		"s3://":                                bucket.ErrURL,
		"https://backups/a":                    bucket.ErrURL,
		"s3://backups/a?endpoint=minio:9000":   bucket.ErrURL,
		"s3://backups/a?secret=1":              bucket.ErrURL,
		"s3://someone:" + secret + "@backups/": bucket.ErrSecretInURL,
		"s3://backups/\x7f":                    bucket.ErrURL,
	} {
		if _, err := bucket.Open(url, bucket.Options{Getenv: environment}); !errors.Is(err, want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%q: %v, want %v", url, err, want)
		}
	}
	if _, err := bucket.Open("s3://backups/a", bucket.Options{Getenv: func(string) string { return "" }}); !errors.Is(err, bucket.ErrNoSecret) {
		t.Errorf("without a secret: %v", err)
	}
}
