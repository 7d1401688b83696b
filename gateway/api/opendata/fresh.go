package opendata

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

// Fresh tags an answer and tells whether the asker has it already; then it has
// answered 304. Public data may be kept for a minute without asking again.
func Fresh(w http.ResponseWriter, r *http.Request, what string) bool {
	sum := sha256.Sum256([]byte(what))
	tag := `"` + hex.EncodeToString(sum[:12]) + `"`
	h := w.Header()
	h.Set("ETag", tag)
	h.Set("Cache-Control", "public, max-age=60")
	h.Add("Vary", "Accept-Language")
	for have := range strings.SplitSeq(r.Header.Get("If-None-Match"), ",") {
		if have = strings.TrimPrefix(strings.TrimSpace(have), "W/"); have == tag || have == "*" {
			w.WriteHeader(http.StatusNotModified)
			return true
		}
	}
	return false
}

// held keeps a short answer until its tag is known.
type held struct {
	http.ResponseWriter
	status int
	body   []byte
}

func (h *held) WriteHeader(status int) { h.status = status }

func (h *held) Write(p []byte) (int, error) {
	h.body = append(h.body, p...)
	return len(p), nil
}

// Cached tags the answers of a public call by what they hold. Use it only for
// calls whose answers are short.
func Cached(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead || r.Header.Get("Authorization") != "" {
			next.ServeHTTP(w, r)
			return
		}
		answer := &held{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(answer, r)
		if answer.status == http.StatusOK && Fresh(w, r, string(answer.body)) {
			return
		}
		w.WriteHeader(answer.status)
		_, _ = w.Write(answer.body)
	})
}
