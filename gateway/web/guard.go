package web

import (
	"net/http"
	"strings"

	"shiyang/gateway/web/visit"
	"shiyang/gateway/web/words"
	"shiyang/internal/problem"
)

// What one request may bring; a form without files is bounded by visit.MostForm.
const (
	mostUpload = 44 << 20 // two files of 20 MiB with their form
	mostURL    = 4 << 10
)

// policy lets a page load its own style, script and pictures and nothing
// else; nothing is written into the page.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guard sets the headers of every answer, bounds what a request may bring and
// refuses unsafe requests from other sites.
func guard(p *visit.Portal, next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	cross.SetDenyHandler(crossSite(p))
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
		limit := int64(visit.MostForm)
		if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
			limit = mostUpload
		}
		if r.Body != nil {
			r.Body = http.MaxBytesReader(w, r.Body, limit)
		}
		checked.ServeHTTP(w, r)
	})
}

func crossSite(p *visit.Portal) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		l, _ := words.Parse(first)
		p.Stranger(w, r, l).Fail(&problem.Error{Kind: problem.Forbidden, Reason: "CROSS_SITE", Text: problem.Text(words.ErrCrossSite)})
	}
}
