package bureau_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// post sends a form or JSON and returns the answer without its body.
func post(t *testing.T, target, kind, body string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", kind)
	request.Header.Set("Idempotency-Key", uuid.NewString())
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	return response
}

// tooMany sends until it is refused and returns how many were let through.
func tooMany(t *testing.T, target, kind, body string) (through int, refused *http.Response) {
	t.Helper()
	for through = range 10 {
		if refused = post(t, target, kind, body); refused.StatusCode == http.StatusTooManyRequests {
			return through, refused
		}
	}
	t.Fatalf("%s is never refused: %d", target, refused.StatusCode)
	return 0, nil
}

// One address cannot make accounts or try passwords without end, by the API
// or by the pages; the two count together.
func TestFloodsFromOneAddressAreRefused(t *testing.T) {
	c := settings(t)
	c.Registrations, c.SignIns = 2, 3
	instant := time.Now()
	b := start(t, c, func() time.Time { return instant })
	const json, form = "application/json", "application/x-www-form-urlencoded"
	account := `{"login": "zhao", "password": "seven camels by the river", "person": {"name": "示例"}}`
	through, refused := tooMany(t, b.URL()+"/v1/accounts", json, account)
	if wait, err := strconv.Atoi(refused.Header.Get("Retry-After")); through != 2 || err != nil || wait != 300 {
		t.Errorf("%d registrations by the API, then wait %d, %v", through, wait, err)
	}
	filled := url.Values{"login": {"qian"}, "password": {"seven camels by the river"}, "name": {"示例"}}.Encode()
	if through, _ := tooMany(t, b.URL()+"/zh/accounts/open", form, filled); through != 0 {
		t.Errorf("%d more registrations by the pages", through)
	}
	through, refused = tooMany(t, b.URL()+"/v1/sessions", json, `{"login": "nobody", "password": "a wrong one"}`)
	if through != 3 || refused.Header.Get("Retry-After") != "200" {
		t.Errorf("%d sign-ins by the API, then wait %s", through, refused.Header.Get("Retry-After"))
	}
	if through, _ := tooMany(t, b.URL()+"/zh/sign-in", form, "login=nobody&password=wrong"); through != 0 {
		t.Errorf("%d more sign-ins by the pages", through)
	}
}
