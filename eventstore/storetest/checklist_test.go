package storetest_test

import (
	"testing"

	"shiyang/eventstore/storetest"
)

func TestEveryRowIsProved(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range storetest.Checklist() {
		if len(r.Tests) == 0 {
			t.Errorf("%s: no test proves that %q", r.ID, r.Claim)
		}
		if seen[r.ID] || r.Claim == "" || r.Source == "" {
			t.Errorf("row %+v is there twice or incomplete", r)
		}
		seen[r.ID] = true
	}
}
