package store

import (
	"strings"
	"testing"
)

// A goal is judged by the median of the rounds' ratios, not by the ratio of medians.
func TestJudge(t *testing.T) {
	r := &Report{Settings: map[string]string{}}
	for _, rates := range [][2]float64{{300, 100}, {100, 50}, {900, 100}} {
		for i, store := range []string{ours, messages} {
			s := r.series(load{store, 64, 1})
			s.Points = append(s.Points, Point{Rate: rates[i], P99: 10 / rates[i]})
		}
	}
	s := r.series(load{messages, 16, 1})
	s.Points = []Point{{Rate: 400}, {Rate: 50}, {Rate: 200}} // its best
	r.judge()
	for _, want := range []struct {
		what     string
		measured float64
		met      bool
	}{
		{"append throughput, 64 writers ÷ message-db at 64", 3, true},
		{"append throughput, 64 writers ÷ message-db at its best", 2, false},
		{"p99 at 64 writers ÷ message-db's", 1. / 3, false},
	} {
		j := judgedAs(t, r, want.what)
		if j.Absent || j.Met != want.met || j.Measured-want.measured > 1e-9 || want.measured-j.Measured > 1e-9 {
			t.Errorf("%s: measured %v, met %v; want %v, %v", want.what, j.Measured, j.Met, want.measured, want.met)
		}
	}
}

// A peer that is not on the machine is left out; its goals are not lost silently.
func TestJudgeWithoutPeer(t *testing.T) {
	r := &Report{Settings: map[string]string{}}
	r.series(load{ours, 64, 1}).Points = []Point{{Rate: 100}}
	r.judge()
	if j := judgedAs(t, r, "append throughput, 64 writers ÷ CRUD and audit at 64"); !j.Absent || j.Met {
		t.Errorf("absent %v, met %v; want absent and not met", j.Absent, j.Met)
	}
	var page strings.Builder
	r.WriteGoals(&page)
	if want := "| P1b | append throughput, 64 writers ÷ CRUD and audit at 64 | ≥ 3.6 |  | not measured | – |"; !strings.Contains(page.String(), want) {
		t.Errorf("the page lacks %q:\n%s", want, page.String())
	}
}

func judgedAs(t *testing.T, r *Report, what string) Judged {
	t.Helper()
	for _, j := range r.Goals {
		if j.What == what {
			return j
		}
	}
	t.Fatalf("no goal %q", what)
	return Judged{}
}
