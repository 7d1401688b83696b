package web

import (
	"net/http"
	"strings"

	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
)

// What one request may bring.
const (
	mostForm   = 1 << 20  // a form without files
	mostUpload = 44 << 20 // two files of 20 MiB with their form
	mostURL    = 4 << 10
)

// policy lets a page load its own style, script and pictures and nothing
// else; nothing is written into the page.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard sets the headers of every answer, bounds what a request may bring and
// refuses unsafe requests from other sites.
func (p *pages) guard(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(http.HandlerFunc(p.crossSite))
	checked := cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		if p.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		if len(r.RequestURI) > mostURL {
			http.Error(w, words.ErrTooLarge.Zh+" "+words.ErrTooLarge.En, http.StatusRequestURITooLong)
			return
		}
		limit := int64(mostForm)
		if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
			limit = mostUpload
		}
		if r.Body != nil {
			r.Body = http.MaxBytesReader(w, r.Body, limit)
		}
		checked.ServeHTTP(w, r)
	})
}

func (p *pages) crossSite(w http.ResponseWriter, r *http.Request) {
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	l, _ := words.Parse(first)
	v := &visit{pages: p, w: w, r: r.WithContext(words.With(r.Context(), l)), lang: l}
	v.fail(&problem.Error{Kind: problem.Forbidden, Reason: "CROSS_SITE", Text: problem.Text(words.ErrCrossSite)})
}
