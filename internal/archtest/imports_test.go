package archtest_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "shiyang/"

// mayImport is the dependency table of docs/architecture.md. Keys and values
// are path prefixes; of the matching keys the one with most words applies, and
// a package may always import what lies below its own key when the key ends in
// a slash. A star stands for one folder: it is a rule for folders that are not
// named yet, and means the same folder in the row's values.
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
	"internal/bucket":                  {},
	"internal/certificate":             {},
	"internal/migrate":                 {"internal/es"},
	"internal/timeseries":              {},
	"internal/backup":                  {},
	"internal/lawbook":                 {"internal/lawbook/", "internal/blob", "internal/es", "internal/law", "internal/problem", "internal/readmodel", "proto/common/"},
	"internal/keyring":                 {"internal/es", "internal/problem"},
	"internal/readmodel":               {"internal/es", "internal/problem"},
	"internal/history":                 {"internal/es", "internal/problem", "internal/readmodel", "proto/common/"},
	"internal/readmodel/feed":          {"internal/readmodel", "internal/es"},
	"internal/readmodel/readmodeltest": {"internal/readmodel", "internal/es", "internal/problem", "eventstore"},
	"internal/rpc/rights":              {"internal/problem"},
	"internal/rpc":                     {"internal/rpc/rights", "internal/es", "internal/jsonwalk", "internal/problem", "proto/"},
	"services/permits":                 {"services/permits/", "internal/", "proto/"},

	// The departments of the permits service: a desk, pure rules, views. They
	// never import each other.
	"services/permits/desk":      {"services/permits/desk/", "services/permits/facility", "internal/", "proto/"},
	"services/permits/desk/act":  {"internal/es", "internal/law", "internal/problem"},
	"services/permits/*":         {"services/permits/*/", "services/permits/desk/", "services/permits/facility", "services/permits/views/page", "internal/", "proto/"},
	"services/permits/*/*":       {"services/permits/desk/act", "services/permits/*/", "internal/es", "internal/law", "internal/problem", "proto/permits/", "proto/common/"},
	"services/permits/*/views/*": {"services/permits/views/page", "services/permits/*/views/", "internal/readmodel", "internal/law", "internal/es", "internal/problem", "proto/"},

	"services/permits/disclosure": {"services/permits/desk/", "services/permits/views/register", "internal/", "proto/"},

	"services/audit":                 {"services/audit/", "internal/", "proto/"},
	"services/permits/views":         {"services/permits/views/page", "internal/readmodel", "internal/law", "internal/es", "internal/problem", "proto/"},
	"services/audit/views":           {"internal/readmodel", "internal/law", "internal/es", "internal/problem", "proto/"},
	"gateway":                        {"gateway/", "proto/", "internal/jsonwalk", "internal/problem", "internal/rpc"},
	"gateway/attachments":            {"proto/", "internal/problem", "internal/rpc", "internal/blob"},
	"gateway/attachments/references": {"gateway/attachments", "proto/", "internal/es", "internal/readmodel"},
	"gateway/drafts":                 {"gateway/web", "internal/problem"},
	"gateway/limit":                  {"internal/problem", "internal/rpc", "proto/identity/"},
	"gateway/identity":               {"gateway/identity/", "proto/", "internal/problem", "internal/rpc", "internal/es", "internal/history", "internal/readmodel", "internal/law"},
	"eventstore":                     {"eventstore/"},
	"cmd/":                           {"cmd/", "gateway/", "services/", "internal/", "eventstore", "proto/", "deploy/"},
	"deploy/":                        {},
	"test/":                          {"cmd/", "internal/", "proto/", "eventstore"},

	// One package per aggregate: pure rules.
	"internal/lawbook/lawlist":          {"internal/es", "internal/law", "internal/problem", "proto/common/"},
	"services/permits/facility":         {"internal/es", "internal/law", "internal/problem", "proto/permits/", "proto/common/"},
	"services/permits/monitoring/frame": {},
	"services/permits/monitoring/wire":  {"services/permits/monitoring/frame"},
	"services/permits/permit":           {"services/permits/desk/act", "services/permits/version", "internal/es", "internal/law", "internal/problem", "proto/permits/", "proto/common/"},
	"services/permits/version":          {"internal/problem", "proto/permits/"},
	"services/audit/planning/":          {"internal/es", "internal/law", "internal/problem", "proto/audit/", "proto/common/"},
	"gateway/identity/account":          {"internal/es", "internal/law", "internal/problem", "proto/identity/", "proto/common/"},
	"gateway/identity/firm":             {"internal/es", "internal/law", "internal/problem", "proto/identity/", "proto/common/"},
	"gateway/identity/onboarding":       {"internal/es", "internal/law", "internal/problem", "proto/identity/", "proto/common/"},
}

// pure packages decide; they may not reach for time, chance or the world.
var pure = []string{"services/permits/desk/act", "services/permits/*/*", "internal/lawbook/lawlist", "services/permits/facility", "services/permits/permit", "services/permits/version", "services/permits/monitoring/frame", "services/audit/planning/", "internal/law"}

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
			if target, ours := strings.CutPrefix(imp, module); ours && target != path && !anyPrefix(target, allowed(key, path)) {
				t.Errorf("%s must not import %s", pkg, imp)
			}
			if (slices.Contains(pure, key) || anyPrefix(path, pure)) && anyExact(imp, impure) {
				t.Errorf("%s decides, so it must not import %s", pkg, imp)
			}
		}
	}
	if seen < 10 {
		t.Errorf("only %d packages seen: the table was not run over the tree", seen)
	}
}

// longestPrefix is the key that applies to a path: the one with most words, and
// among those the one with most folders.
func longestPrefix(path string) (best string, ok bool) {
	words := func(key string) (named, all int) {
		all = strings.Count(strings.Trim(key, "/"), "/") + 1
		return all - strings.Count(key, "*"), all
	}
	for key := range mayImport {
		if !matches(key, path) {
			continue
		}
		named, all := words(key)
		bestNamed, bestAll := words(best)
		if !ok || named > bestNamed || named == bestNamed && all >= bestAll {
			best, ok = key, true
		}
	}
	return best, ok
}

// matches reports whether a path is, or lies below, what a key names.
func matches(key, path string) bool {
	want, have := strings.Split(strings.Trim(key, "/"), "/"), strings.Split(path, "/")
	if len(have) < len(want) {
		return false
	}
	for i, word := range want {
		if word != "*" && word != have[i] {
			return false
		}
	}
	return true
}

// allowed are the values of a key for a path: the first star of a value is the
// folder that the first star of the key stands for.
func allowed(key, path string) []string {
	star := slices.Index(strings.Split(key, "/"), "*")
	if star < 0 {
		return mayImport[key]
	}
	values := slices.Clone(mayImport[key])
	for i, v := range values {
		values[i] = strings.Replace(v, "*", strings.Split(path, "/")[star], 1)
	}
	return values
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

// The rule for departments holds for one that nobody has named.
func TestADepartmentNeedsNoRow(t *testing.T) {
	for path, want := range map[string]string{
		"services/permits/noise":            "services/permits/*",
		"services/permits/noise/survey":     "services/permits/*/*",
		"services/permits/noise/views/list": "services/permits/*/views/*",
		"services/permits/views/page":       "services/permits/views",
		"services/permits/desk/act":         "services/permits/desk/act",
		"services/permits/permit":           "services/permits/permit",
		"services/permits":                  "services/permits",
	} {
		if key, _ := longestPrefix(path); key != want {
			t.Errorf("%s is judged by the row of %s, want %s", path, key, want)
		}
	}
	may := allowed("services/permits/*", "services/permits/noise")
	if !anyPrefix("services/permits/noise/survey", may) || anyPrefix("services/permits/eia", may) || anyPrefix("services/permits/eia/approval", may) {
		t.Errorf("a department may import %v", may)
	}
}
