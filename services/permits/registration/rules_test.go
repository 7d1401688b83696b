package registration_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var named = regexp.MustCompile("`([^`]+)` (?:`([^`]+)`|\"([^\"]+)\")")

// The table of rules in the documentation must not outlive the code.
func TestRulesNameWhatExists(t *testing.T) {
	rules := 0
	for line := range strings.Lines(read(t, "../../../docs/rules/registration.md")) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 4 || strings.Contains(line, "---") || strings.Contains(line, "| function |") {
			continue
		}
		rules++
		for _, cell := range cells[2:] {
			m := named.FindStringSubmatch(cell)
			if m == nil {
				t.Errorf("names no code: %s", cell)
				continue
			}
			want := regexp.QuoteMeta(`"` + m[3] + `"`)
			if m[2] != "" {
				want = `(?m)^func (\([^)]*\) )?` + m[2] + `[\[(]`
			}
			if !regexp.MustCompile(want).MatchString(read(t, m[1])) {
				t.Errorf("does not exist: %s", cell)
			}
		}
	}
	if rules < 15 {
		t.Errorf("only %d rules were read", rules)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Error(err)
	}
	return string(content)
}
