package main

import (
	"maps"
	"testing"
)

func TestGoTestsCountsLeaves(t *testing.T) {
	got := goTests(`
=== RUN   TestA
--- FAIL: TestA (0.00s)
    --- PASS: TestA/one (0.00s)
    --- FAIL: TestA/two (0.00s)
        --- FAIL: TestA/two/deep (0.00s)
--- SKIP: TestB (0.00s)
`)
	want := map[string]state{"TestA/one": passed, "TestA/two/deep": failed, "TestB": skipped}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestTapTests(t *testing.T) {
	got := tapTests("TAP version 13\n# Subtest: x\nok 1 - append and read\n  ---\nnot ok 2 - a group\nok 3 - later # SKIP no server\n1..3\n")
	want := map[string]state{"append and read": passed, "a group": failed, "later": skipped}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A suite that did not run must never count as a good one.
func TestGood(t *testing.T) {
	for name, r := range map[string]struct {
		tests map[string]state
		want  bool
	}{
		"all passed":   {map[string]state{"a": passed, "b": skipped}, true},
		"one failed":   {map[string]state{"a": passed, "b": failed}, false},
		"only skipped": {map[string]state{"b": skipped}, false},
		"nothing":      {nil, false},
	} {
		if got := (outcome{tests: r.tests}).good(); got != r.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestTimeless(t *testing.T) {
	const rest = "# Title\n| row |\n"
	if a, b := timeless(runMark+"today\n"+rest), timeless(runMark+"tomorrow\n"+rest); a != b || a != rest {
		t.Errorf("%q and %q", a, b)
	}
}
