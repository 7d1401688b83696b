package permits_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var (
	codeCell = regexp.MustCompile("^`([a-z_/.]+)` `([A-Za-z]+)`$")
	saysCell = regexp.MustCompile("^`([a-z_/.]+)` \"(.+)\"$")
)

// The table of rules in the documentation must not outlive the code.
func TestRulesNameWhatExists(t *testing.T) {
	page, err := os.ReadFile("../../docs/rules/permits.md")
	if err != nil {
		t.Fatal(err)
	}
	rules := 0
	for line := range strings.Lines(string(page)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 4 || strings.Contains(line, "---") || strings.Contains(line, "| function |") {
			continue
		}
		rules++
		function, test := strings.TrimSpace(cells[2]), strings.TrimSpace(cells[3])
		m := codeCell.FindStringSubmatch(function)
		if m == nil || !declares(t, m[1], m[2]) {
			t.Errorf("no such function: %s", function)
		}
		if m := saysCell.FindStringSubmatch(test); m != nil {
			if !strings.Contains(read(t, m[1]), `"`+m[2]+`"`) {
				t.Errorf("no such scenario: %s", test)
			}
			continue
		}
		if m := codeCell.FindStringSubmatch(test); m == nil || !declares(t, m[1], m[2]) {
			t.Errorf("no such test: %s", test)
		}
	}
	if rules < 25 {
		t.Errorf("only %d rules were read", rules)
	}
}

func declares(t *testing.T, file, function string) bool {
	t.Helper()
	return regexp.MustCompile(`(?m)^func (\([^)]*\) )?` + function + `[\[(]`).MatchString(read(t, file))
}

func read(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Error(err)
	}
	return string(content)
}
