package tier_test

import (
	"errors"
	"strings"
	"testing"

	"shiyang/internal/law"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/registration/tier"
)

const (
	none         = permitsv1.ListColumn_LIST_COLUMN_UNSPECIFIED
	key          = permitsv1.ListColumn_LIST_COLUMN_KEY
	simplified   = permitsv1.ListColumn_LIST_COLUMN_SIMPLIFIED
	registration = permitsv1.ListColumn_LIST_COLUMN_REGISTRATION
)

func row(n int32, c permitsv1.ListColumn) *permitsv1.RowAnswer {
	return &permitsv1.RowAnswer{Row: n, Column: c}
}

func rows(list ...*permitsv1.RowAnswer) []*permitsv1.RowAnswer { return list }

var today = law.MustParseDate("2026-10-12")

func TestTheListDecides(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers *permitsv1.TierAnswers
		want    tier.Tier
	}{
		{"words of key management", &permitsv1.TierAnswers{Industries: rows(row(96, key))}, tier.Key},
		{"words of simplified management", &permitsv1.TierAnswers{Industries: rows(row(96, simplified))}, tier.Simplified},
		{"words of registration", &permitsv1.TierAnswers{Industries: rows(row(96, registration))}, tier.Registration},
		{"no words hold", &permitsv1.TierAnswers{Industries: rows(row(96, none))}, tier.NotRequired},
		{"the rest registers", &permitsv1.TierAnswers{Industries: rows(row(3, none))}, tier.Registration},
		{"a general process decides", &permitsv1.TierAnswers{Industries: rows(row(3, none)), Processes: rows(row(109, simplified))}, tier.Simplified},
		{"a key unit's process is key", &permitsv1.TierAnswers{Industries: rows(row(3, none)), Processes: rows(row(109, registration)), KeyUnit: true}, tier.Key},
		{"several industries: the strictest", &permitsv1.TierAnswers{Industries: rows(row(96, registration), row(9, registration), row(107, simplified))}, tier.Simplified},
		{"other industries follow their process", &permitsv1.TierAnswers{Industries: rows(row(108, none)), Processes: rows(row(112, registration))}, tier.Registration},
		{"other industries without a process", &permitsv1.TierAnswers{Industries: rows(row(108, none))}, tier.NotRequired},
		{"other industries with large masses", &permitsv1.TierAnswers{Industries: rows(row(108, none)), LargeDischarge: true}, tier.Key},
		{"large masses do not raise named industries", &permitsv1.TierAnswers{Industries: rows(row(96, registration)), LargeDischarge: true}, tier.Registration},
		{
			"an asterisk holds inside industrial buildings", &permitsv1.TierAnswers{Industries: rows(row(9, registration))}, tier.Registration,
		},
		{
			"and not outside of them", &permitsv1.TierAnswers{Industries: rows(&permitsv1.RowAnswer{Row: 9, Column: registration, OutsideIndustrialBuildings: true})}, tier.NotRequired,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := tier.Decide(c.answers, law.Embedded(), today, "")
			if err != nil || got.Tier != c.want {
				t.Fatalf("got %v %v, want %v", got.Tier, err, c.want)
			}
			if len(got.Reasons) != len(c.answers.GetIndustries())+len(c.answers.GetProcesses()) {
				t.Errorf("%d reasons: %v", len(got.Reasons), got.Reasons)
			}
			for _, r := range got.Reasons {
				if r.Zh == "" || r.En == "" {
					t.Error("a reason does not speak both languages")
				}
			}
			if got.Rule != "permit_classification 2019" {
				t.Errorf("rule %q", got.Rule)
			}
		})
	}
}

func TestTheReasonQuotesTheList(t *testing.T) {
	got, err := tier.Decide(&permitsv1.TierAnswers{Industries: rows(row(96, simplified))}, law.Embedded(), today, "")
	if err != nil || !strings.Contains(got.Reasons[0].Zh, "第 96 类") || !strings.Contains(got.Reasons[0].Zh, "<20t/h") || !strings.Contains(got.Reasons[0].En, "Row 96") {
		t.Errorf("got %v %v", got.Reasons, err)
	}
}

func TestWrongAnswersAreToldTogether(t *testing.T) {
	_, err := tier.Decide(&permitsv1.TierAnswers{
		Industries: rows(row(109, key), row(96, key), row(96, key)), Processes: rows(row(110, key), row(96, key)),
	}, law.Embedded(), today, "answers.")
	p, ok := errors.AsType[*problem.Error](err)
	if !ok {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range p.Errors {
		got[f.Path] = f.Reason
	}
	for path, reason := range map[string]string{
		"answers.industries[0].row": "ROW_UNKNOWN", "answers.industries[2].row": "ROW_TWICE",
		"answers.processes[0].column": "COLUMN_WITHOUT_WORDS", "answers.processes[1].row": "ROW_UNKNOWN",
	} {
		if got[path] != reason {
			t.Errorf("%s: %q, want %s", path, got[path], reason)
		}
	}
	if _, err := tier.Decide(&permitsv1.TierAnswers{}, law.Embedded(), today, ""); err == nil {
		t.Error("no industry is enough")
	}
}

func TestAnIndustryOtherThanTheSitesIsDoubted(t *testing.T) {
	list := law.Embedded().On(today)
	heat := &permitsv1.TierAnswers{Industries: rows(row(96, simplified))}
	if got := tier.Doubts(heat, "4430", list); len(got) != 0 {
		t.Errorf("the site's own row is doubted: %v", got)
	}
	if got := tier.Doubts(heat, "1310", list); len(got) != 1 || got[0].Reason != "INDUSTRY_OTHER_THAN_SITE" {
		t.Errorf("got %v", got)
	}
	if got := tier.Doubts(&permitsv1.TierAnswers{Industries: rows(row(108, none))}, "6210", list); len(got) != 0 {
		t.Errorf("an industry that no row names is doubted: %v", got)
	}
}
