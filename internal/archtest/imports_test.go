package archtest_test

import (
	"os/exec"
	"strings"
	"testing"
)

const module = "shiyang/"

// mayImport is the dependency table of docs/architecture.md. Keys and values
// are path prefixes; the longest matching key applies, and a package may
// always import what lies below its own key when the key ends in a slash.
var mayImport = map[string][]string{
	"proto":                            {"proto/common/"},
	"proto/":                           {"proto/common/"},
	"internal/problem":                 {},
	"internal/archtest":                {},
	"internal/law":                     {"internal/law/"},
	"internal/law/":                    {"internal/law"},
	"internal/jsonwalk":                {},
	"internal/es":                      {"internal/problem", "internal/jsonwalk", "proto/common/"},
	"internal/es/esdbstore":            {"internal/es", "internal/problem"},
	"internal/es/memstore":             {"internal/es", "internal/problem"},
	"internal/es/estest":               {"internal/es", "internal/problem", "proto/common/"},
	"internal/es/reserve":              {"internal/es", "internal/problem", "proto/common/"},
	"internal/es/series":               {"internal/es", "internal/problem", "proto/common/"},
	"internal/blob":                    {},
	"internal/migrate":                 {"internal/es"},
	"internal/backup":                  {},
	"internal/lawbook":                 {"internal/lawbook/", "internal/blob", "internal/es", "internal/law", "internal/problem", "internal/readmodel", "proto/common/"},
	"internal/keyring":                 {"internal/es", "internal/problem"},
	"internal/readmodel":               {"internal/es", "internal/problem"},
	"internal/history":                 {"internal/es", "internal/problem", "internal/readmodel", "proto/common/"},
	"internal/readmodel/feed":          {"internal/readmodel", "internal/es"},
	"internal/readmodel/readmodeltest": {"internal/readmodel", "internal/es", "internal/problem", "eventstore"},
	"internal/rpc":                     {"internal/es", "internal/jsonwalk", "internal/problem", "proto/"},
	"services/permits":                 {"services/permits/", "internal/", "proto/"},
	"services/audit":                   {"services/audit/", "internal/", "proto/"},
	"services/permits/views":           {"services/permits/views/page", "internal/readmodel", "internal/law", "internal/es", "internal/problem", "proto/"},
	"services/audit/views":             {"internal/readmodel", "internal/law", "internal/es", "internal/problem", "proto/"},
	"gateway":                          {"gateway/", "proto/", "internal/jsonwalk", "internal/problem", "internal/rpc"},
	"gateway/attachments":              {"proto/", "internal/problem", "internal/rpc", "internal/blob"},
	"gateway/attachments/references":   {"gateway/attachments", "proto/", "internal/es", "internal/readmodel"},
	"gateway/drafts":                   {"gateway/web", "internal/problem"},
	"gateway/limit":                    {"internal/problem", "internal/rpc", "proto/identity/"},
	"gateway/identity":                 {"gateway/identity/", "proto/", "internal/problem", "internal/rpc", "internal/es", "internal/history", "internal/readmodel", "internal/law"},
	"eventstore":                       {"eventstore/"},
	"cmd/":                             {"cmd/", "gateway/", "services/", "internal/", "eventstore", "proto/", "deploy/"},
	"deploy/":                          {},
	"test/":                            {"cmd/", "internal/", "proto/", "eventstore"},

	// One package per aggregate: pure rules.
	"internal/lawbook/lawlist":          {"internal/es", "internal/law", "internal/problem", "proto/common/"},
	"services/permits/facility":         {"internal/es", "internal/law", "internal/problem", "proto/permits/", "proto/common/"},
	"services/permits/monitoring/frame": {},
	"services/permits/permit":           {"internal/es", "internal/law", "internal/problem", "proto/permits/", "proto/common/"},
	"services/audit/planning/":          {"internal/es", "internal/law", "internal/problem", "proto/audit/", "proto/common/"},
	"gateway/identity/account":          {"internal/es", "internal/law", "internal/problem", "proto/identity/", "proto/common/"},
	"gateway/identity/firm":             {"internal/es", "internal/law", "internal/problem", "proto/identity/", "proto/common/"},
	"gateway/identity/onboarding":       {"internal/es", "internal/law", "internal/problem", "proto/identity/", "proto/common/"},
}

// pure packages decide; they may not reach for time, chance or the world.
var pure = []string{"internal/lawbook/lawlist", "services/permits/facility", "services/permits/permit", "services/permits/monitoring/frame", "services/audit/planning/", "internal/law"}

var impure = []string{"database/sql", "net/http", "os", "math/rand", "math/rand/v2", "crypto/rand", "google.golang.org/grpc"}

func TestImports(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}`, "../../...").Output()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(out)) {
		pkg, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
		path := strings.TrimPrefix(pkg, module)
		key, known := longestPrefix(path)
		if !known {
			t.Errorf("%s is not in the dependency table: enter it", pkg)
			continue
		}
		seen++
		for imp := range strings.FieldsSeq(imports) {
			if target, ours := strings.CutPrefix(imp, module); ours && target != path && !anyPrefix(target, mayImport[key]) {
				t.Errorf("%s must not import %s", pkg, imp)
			}
			if anyPrefix(path, pure) && anyExact(imp, impure) {
				t.Errorf("%s decides, so it must not import %s", pkg, imp)
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d packages seen: the table was not run over the tree", seen)
	}
}

func longestPrefix(path string) (best string, ok bool) {
	for key := range mayImport {
		if (path == key || strings.HasPrefix(path, strings.TrimSuffix(key, "/")+"/")) && len(key) >= len(best) {
			best, ok = key, true
		}
	}
	return best, ok
}

func anyPrefix(path string, prefixes []string) bool {
	for _, p := range prefixes {
		if path == strings.TrimSuffix(p, "/") || strings.HasPrefix(path, strings.TrimSuffix(p, "/")+"/") {
			return true
		}
	}
	return false
}

func anyExact(imp string, list []string) bool {
	for _, p := range list {
		if imp == p || strings.HasPrefix(imp, p+"/") && strings.Contains(p, ".") {
			return true
		}
	}
	return false
}
