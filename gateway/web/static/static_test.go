package static_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"shiyang/gateway/web/static"
)

func TestStylesNeedNothingFromOutside(t *testing.T) {
	for _, name := range []string{"tokens.css", "components.css", "paper.css", "app.js", "icon.svg"} {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if regexp.MustCompile(`@import|url\(|https?://`).MatchString(strings.ReplaceAll(string(body), "http://www.w3.org/2000/svg", "")) {
			t.Errorf("%s loads something", name)
		}
		if url := static.URL(name); !strings.HasPrefix(url, "/static/") || !regexp.MustCompile(`\.[0-9a-f]{16}\.`).MatchString(url) {
			t.Errorf("%s is served at %s", name, url)
		}
	}
}

func TestColoursComeFromTheTokens(t *testing.T) {
	body, err := os.ReadFile("components.css")
	if err != nil {
		t.Fatal(err)
	}
	// White on the header and on points, ink of the QR code, the front door's
	// picture and print are the exceptions of the design.
	allowed := map[string]bool{"#fff": true, "#d5e5e6": true, "#ffd48a": true, "#0e3f4a": true, "#15252b": true, "#0d1618": true, "#999": true, "#000": true}
	for _, colour := range regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b`).FindAllString(string(body), -1) {
		if !allowed[colour] {
			t.Errorf("%s is written outside of the tokens", colour)
		}
	}
}
