package main

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// state is how one test ended.
type state string

const (
	passed  state = "passed"
	failed  state = "failed"
	skipped state = "skipped"
)

// outcome is what one suite said about one server.
type outcome struct {
	suite    string
	variant  string // insecure or TLS
	tests    map[string]state
	excluded []exclusion
	took     time.Duration
	output   string // shown when something failed
	err      error  // the suite could not run, or ended badly
}

// exclusion is a part of a suite that does not apply, and why.
type exclusion struct {
	tests  string // names
	count  int
	reason string
}

func (o outcome) count(s state) int {
	n := 0
	for _, was := range o.tests {
		if was == s {
			n++
		}
	}
	return n
}

// named lists the tests that ended so.
func (o outcome) named(s state) (names []string) {
	for name, was := range o.tests {
		if was == s {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (o outcome) notApplicable() int {
	n := 0
	for _, e := range o.excluded {
		n += e.count
	}
	return n
}

// good tells whether the suite ran and nothing failed.
func (o outcome) good() bool { return o.err == nil && o.count(failed) == 0 && o.count(passed) > 0 }

func (o outcome) String() string {
	return fmt.Sprintf("%s, %s: %d passed, %d failed, %d skipped, %d not applicable",
		o.suite, o.variant, o.count(passed), o.count(failed), o.count(skipped), o.notApplicable())
}

var (
	goLine  = regexp.MustCompile(`(?m)^\s*--- (PASS|FAIL|SKIP): (\S+)`)
	tapLine = regexp.MustCompile(`(?m)^\s*(ok|not ok) \d+ - (.*?)( # SKIP.*)?$`)
)

// goTests reads what a Go test binary says with -test.v; groups of tests do not count.
func goTests(output string) map[string]state {
	tests := map[string]state{}
	for _, found := range goLine.FindAllStringSubmatch(output, -1) {
		tests[found[2]] = map[string]state{"PASS": passed, "FAIL": failed, "SKIP": skipped}[found[1]]
	}
	for _, name := range slices.Collect(maps.Keys(tests)) {
		if parent := name[:max(strings.LastIndex(name, "/"), 0)]; parent != "" {
			for ; parent != ""; parent = parent[:max(strings.LastIndex(parent, "/"), 0)] {
				delete(tests, parent)
			}
		}
	}
	return tests
}

// tapTests reads the Test Anything Protocol.
func tapTests(output string) map[string]state {
	tests := map[string]state{}
	for _, found := range tapLine.FindAllStringSubmatch(output, -1) {
		switch {
		case found[1] != "ok":
			tests[found[2]] = failed
		case found[3] != "":
			tests[found[2]] = skipped
		default:
			tests[found[2]] = passed
		}
	}
	return tests
}

// goName is how package testing writes the name of a subtest.
func goName(name string) string { return strings.ReplaceAll(name, " ", "_") }
