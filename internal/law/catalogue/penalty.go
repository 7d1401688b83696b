package catalogue

import (
	"fmt"

	"gopkg.in/yaml.v3"

	"shiyang/internal/law/calendar"
)

// Range is a span of a sanction: yuan, days of detention, multiples or percent
// as its unit says. A nil bound is open.
type Range struct {
	Min  *int   `yaml:"min"`
	Max  *int   `yaml:"max"`
	Unit string `yaml:"unit"`
}

// Sanction is what follows in a special case: a range, or a measure by name.
type Sanction struct {
	Range   *Range
	Measure string // halt, curb_or_halt
}

// UnmarshalYAML reads a measure's name or a range.
func (s *Sanction) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		return node.Decode(&s.Measure)
	}
	s.Range = new(Range)
	return node.Decode(s.Range)
}

// Penalty is the range the law sets for an act 罚则.
type Penalty struct {
	ID        string    `yaml:"id"`
	Act       string    `yaml:"act"`
	Service   string    `yaml:"service"`
	Basis     Reference `yaml:"basis"`
	Range     `yaml:",inline"`
	Serious   *Range        `yaml:"serious"`               // 情节严重
	Refusal   *Sanction     `yaml:"on_refusal_to_correct"` // 拒不改正
	Persons   *Range        `yaml:"persons"`               // responsible persons
	Measures  []string      `yaml:"measures"`
	ValidFrom calendar.Date `yaml:"valid_from"`
	ValidTo   calendar.Date `yaml:"valid_to"`
	Note      string        `yaml:"note"`
	Origin    `yaml:",inline"`
	// SupersededFrom is the day from which a higher-ranking law has its own
	// range for the same act, although this rule was not repealed.
	SupersededFrom calendar.Date `yaml:"superseded_from"`
}

// Comparison says which of two rules is lighter for the party.
type Comparison string

// The comparisons of an old and a new rule.
const (
	NewLighter Comparison = "new_lighter"
	SameRange  Comparison = "same"
	NewHeavier Comparison = "new_heavier"
	Mixed      Comparison = "mixed" // needs a recorded legal opinion
)

// Pair compares the old and the new rule for one act 从旧兼从轻.
type Pair struct {
	ID         string     `yaml:"id"`
	Old        string     `yaml:"old"`
	New        string     `yaml:"new"`
	Comparison Comparison `yaml:"comparison"`
	Note       string     `yaml:"note"`
	Confidence Confidence `yaml:"confidence"`
}

// Penalties are the ranges and the comparisons of old and new ones.
type Penalties struct {
	Version   string    `yaml:"version"`
	Penalties []Penalty `yaml:"penalties"`
	Pairs     []Pair    `yaml:"lighter_law_pairs"`
}

// ParsePenalties reads the penalties and checks that pairs name known ones.
func ParsePenalties(content []byte) (Penalties, error) {
	var file Penalties
	if err := Decode(content, &file); err != nil {
		return Penalties{}, err
	}
	known := map[string]bool{}
	for _, p := range file.Penalties {
		if err := p.Confidence.Check(); err != nil {
			return Penalties{}, fmt.Errorf("penalty %s: %w", p.ID, err)
		}
		if known[p.ID] || p.Basis.Law == "" || p.ValidFrom.IsZero() {
			return Penalties{}, fmt.Errorf("penalty %s: appears twice, or lacks its law or valid_from", p.ID)
		}
		if p.Min != nil && p.Max != nil && *p.Min > *p.Max {
			return Penalties{}, fmt.Errorf("penalty %s: min exceeds max", p.ID)
		}
		known[p.ID] = true
	}
	for _, p := range file.Pairs {
		if !known[p.Old] || !known[p.New] {
			return Penalties{}, fmt.Errorf("pair %s: names an unknown penalty", p.ID)
		}
		switch p.Comparison {
		case NewLighter, SameRange, NewHeavier, Mixed:
		default:
			return Penalties{}, fmt.Errorf("pair %s: comparison %q is unknown", p.ID, p.Comparison)
		}
	}
	return file, nil
}
