package archtest_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table into docs/architecture.md")

const (
	architecture = "../../docs/architecture.md"
	tableBegins  = "<!-- dependency table: go test ./internal/archtest -update -->\n"
	tableEnds    = "<!-- end of the table -->\n"
)

// docs/architecture.md shows the table that is executed, not one like it.
func TestArchitecturePage(t *testing.T) {
	page, err := os.ReadFile(architecture)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(page), tableBegins)
	shown, after, closed := strings.Cut(rest, tableEnds)
	if !found || !closed {
		t.Fatalf("docs/architecture.md has no place for the table: %q … %q", tableBegins, tableEnds)
	}
	want := dependencyTable()
	if shown == want {
		return
	}
	if !*update {
		t.Fatalf("docs/architecture.md shows another dependency table; run go test ./internal/archtest -update and review the difference")
	}
	if err := os.WriteFile(architecture, []byte(before+tableBegins+want+tableEnds+after), 0o600); err != nil {
		t.Fatal(err)
	}
}

func dependencyTable() string {
	var b strings.Builder
	b.WriteString("| package | may import, of ours |\n|---|---|\n")
	for _, key := range slices.Sorted(maps.Keys(mayImport)) {
		allowed := "nothing"
		if list := mayImport[key]; len(list) > 0 {
			allowed = "`" + strings.Join(list, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", key, allowed)
	}
	return b.String()
}
