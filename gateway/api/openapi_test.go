package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"shiyang/gateway/api/contract"
	auditv1 "shiyang/proto/audit/v1"
	identityv1 "shiyang/proto/identity/v1"
	permitsv1 "shiyang/proto/permits/v1"
)

// The document names every route that the API serves, and refers to nothing
// that it does not define.
func TestOpenAPIIsWhole(t *testing.T) {
	a, _ := newAPI(t)
	w := call(a, request{method: http.MethodGet, path: "/openapi.json"})
	var document struct {
		OpenAPI    string
		Paths      map[string]map[string]struct{ Parameters []struct{ Name string } }
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &document); err != nil || !strings.HasPrefix(document.OpenAPI, "3.1") {
		t.Fatal(document.OpenAPI, err)
	}
	routes := contract.NewRoutes(
		permitsv1.File_permits_v1_permits_proto.Services().ByName("PermitsService"),
		identityv1.File_identity_v1_identity_proto.Services().ByName("IdentityService"),
		auditv1.File_audit_v1_audit_proto.Services().ByName("AuditService"),
	)
	if len(routes) < 40 {
		t.Fatalf("only %d routes", len(routes))
	}
	for name, route := range routes {
		operation, ok := document.Paths[route.Pattern][strings.ToLower(route.Method)]
		if !ok {
			t.Errorf("%s is not in the document; run make proto", name)
		}
		hasKey := false
		for _, p := range operation.Parameters {
			hasKey = hasKey || p.Name == "Idempotency-Key"
		}
		if hasKey != route.Write() {
			t.Errorf("%s: Idempotency-Key %t", name, hasKey)
		}
	}
	for part := range strings.SplitSeq(w.Body.String(), `"$ref":"#/components/schemas/`) {
		name, _, ok := strings.Cut(part, `"`)
		if _, defined := document.Components.Schemas[name]; ok && !strings.HasPrefix(name, "{") && !defined {
			t.Errorf("%s is referred to but not defined", name)
		}
	}
}

func TestTheBrowsablePageShowsEveryCall(t *testing.T) {
	a, _ := newAPI(t)
	w := call(a, request{method: http.MethodGet, path: "/api"})
	for _, want := range []string{"/v1/permits/{permit_id}:accept", "/v1/attachments", "Idempotency-Key", "permits.v1.ApplicationContent", "<html lang="} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the page does not show %s", want)
		}
	}
	if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
		t.Errorf("CSP is %q", csp)
	}
	if w := call(a, request{method: http.MethodGet, path: "/api/browse.css"}); w.Code != 200 {
		t.Error(w.Code)
	}
}
