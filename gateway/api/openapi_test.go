package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"shiyang/gateway/api"
	"shiyang/gateway/api/contract"
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
	routes := contract.NewRoutes(api.Contracts()...)
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

// A service whose methods have addresses is served: none is forgotten.
func TestEveryServiceWithAddressesIsServed(t *testing.T) {
	served := map[protoreflect.FullName]bool{}
	for _, s := range api.Contracts() {
		served[s.FullName()] = true
	}
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			s := file.Services().Get(i)
			for j := range s.Methods().Len() {
				if proto.HasExtension(s.Methods().Get(j).Options(), annotations.E_Http) && !served[s.FullName()] {
					t.Errorf("%s has addresses but is not among the services of the API", s.FullName())
					break
				}
			}
		}
		return true
	})
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
