package permits_test

import (
	"slices"
	"testing"

	permitsv1 "shiyang/proto/permits/v1"
)

// The worklist says which days of three weeks are no working days under the
// notice of the State Council, not by the day of the week.
func TestWorkNamesRestDays(t *testing.T) {
	for _, c := range []struct {
		today       string
		rest        []string
		provisional bool
	}{
		{"2026-09-28", []string{
			"2026-10-01", "2026-10-02", "2026-10-03", "2026-10-04", "2026-10-05", "2026-10-06", "2026-10-07",
			"2026-10-11", "2026-10-17", "2026-10-18",
		}, false},
		{"2026-10-04", []string{ // a Sunday belongs to the week that began on 28 September
			"2026-10-01", "2026-10-02", "2026-10-03", "2026-10-04", "2026-10-05", "2026-10-06", "2026-10-07",
			"2026-10-11", "2026-10-17", "2026-10-18",
		}, false},
		{"2098-12-29", nil, true},
	} {
		b := open(t, c.today, nil)
		work, err := b.ListWork(b.as(clerk), &permitsv1.ListWorkRequest{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range work.GetRestDays() {
			got = append(got, d.GetIso())
		}
		if c.rest != nil && !slices.Equal(got, c.rest) {
			t.Errorf("%s: rest days %v, want %v", c.today, got, c.rest)
		}
		if work.GetRestDaysProvisional() != c.provisional {
			t.Errorf("%s: provisional %t", c.today, work.GetRestDaysProvisional())
		}
	}
}
