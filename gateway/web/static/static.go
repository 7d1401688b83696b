// Package static holds the style sheets and the script of the pages, embedded
// in the binary. Each file is served under an address that contains the hash
// of its content, so a browser may keep it for ever; a new version of the
// program has new addresses.
//
// It imports nothing of ours. Start with [URL] and [Serve].
package static

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed tokens.css components.css paper.css app.js icon.svg
var files embed.FS

type asset struct {
	name, tag string
	body      []byte
}

var byURL, byName = index()

func index() (map[string]asset, map[string]string) {
	assets, urls := map[string]asset{}, map[string]string{}
	entries, err := files.ReadDir(".")
	if err != nil {
		panic("static: " + err.Error()) // the files are compiled in
	}
	for _, e := range entries {
		body, err := files.ReadFile(e.Name())
		if err != nil {
			panic("static: " + err.Error())
		}
		sum := sha256.Sum256(body)
		tag := hex.EncodeToString(sum[:8])
		ext := path.Ext(e.Name())
		url := "/static/" + strings.TrimSuffix(e.Name(), ext) + "." + tag + ext
		assets[url] = asset{name: e.Name(), tag: `"` + tag + `"`, body: body}
		urls[e.Name()] = url
	}
	return assets, urls
}

// URL is the address of an embedded file; it panics on a name that is not
// embedded, which is a mistake in the program.
func URL(name string) string {
	url, ok := byName[name]
	if !ok {
		panic("static: no file " + name)
	}
	return url
}

// Serve answers the addresses that [URL] gives; anything else is not found.
func Serve(w http.ResponseWriter, r *http.Request) {
	a, ok := byURL[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("ETag", a.tag)
	http.ServeContent(w, r, a.name, time.Time{}, bytes.NewReader(a.body))
}
