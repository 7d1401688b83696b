package catalogue

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Authority is who is competent for an EIA document.
type Authority struct {
	Level string `yaml:"level"` // ministry, province, prefecture, or filing: nobody approves
	Zh    string `yaml:"zh"`
	En    string `yaml:"en"`
}

// Ours reports whether the bureau itself approves, or takes the filing.
func (a Authority) Ours() bool { return a.Level == "prefecture" || a.Level == "filing" }

// Competence is one row of the list that shares out EIA documents 分级审批.
// Rows are read from the top; the first that fits decides.
type Competence struct {
	ID        string      `yaml:"id"`
	Documents []string    `yaml:"documents"` // report, form, registration; none means all
	Rows      string      `yaml:"rows"`      // of the classification list: "6-10|37"; none means all
	Special   []string    `yaml:"special"`   // fits only a project with one of these properties
	Basis     []Reference `yaml:"basis"`
	Authority `yaml:",inline"`
	spans     [][2]int
}

// Words is a sentence in both languages.
type Words struct {
	Zh string `yaml:"zh"`
	En string `yaml:"en"`
}

// Guide is what applicants are told about one kind of document 办事指南.
type Guide struct {
	Document     string  `yaml:"document"`
	Materials    []Words `yaml:"materials"`
	Secondary    []Words `yaml:"secondary"`     // may follow on a written promise 容缺
	GreenChannel []Words `yaml:"green_channel"` // 绿色通道
}

// EIAPractice is what the law on EIA leaves to the place: competence, promised
// days and guides. Confirmed is false until the bureau has confirmed the list.
type EIAPractice struct {
	Confirmed    bool           `yaml:"confirmed"`
	Otherwise    Authority      `yaml:"otherwise"`     // competent for what no row lists
	PromisedDays map[string]int `yaml:"promised_days"` // working days, by document
	Competence   []Competence   `yaml:"competence"`
	Guides       []Guide        `yaml:"guides"`
	Origin       `yaml:",inline"`
}

var eiaDocuments = []string{"report", "form", "registration"}

// ParseEIAPractice reads the list eia_practice.
func ParseEIAPractice(content []byte) (EIAPractice, error) {
	var file struct {
		Practice EIAPractice `yaml:"eia_practice"`
	}
	if err := Decode(content, &file); err != nil {
		return EIAPractice{}, err
	}
	p := file.Practice
	if err := errors.Join(p.Confidence.Check(), p.Otherwise.check()); err != nil {
		return EIAPractice{}, fmt.Errorf("eia_practice: %w", err)
	}
	for i := range p.Competence {
		if err := p.Competence[i].settle(); err != nil {
			return EIAPractice{}, fmt.Errorf("competence %s: %w", p.Competence[i].ID, err)
		}
	}
	for document, days := range p.PromisedDays {
		if !slices.Contains(eiaDocuments, document) || days < 1 {
			return EIAPractice{}, fmt.Errorf("promised_days of %s: not a document, or less than one day", document)
		}
	}
	for _, g := range p.Guides {
		if !slices.Contains(eiaDocuments, g.Document) {
			return EIAPractice{}, fmt.Errorf("guide of %s: not a document", g.Document)
		}
	}
	if err := unique(p.Guides, func(g Guide) string { return g.Document }); err != nil {
		return EIAPractice{}, err
	}
	return p, unique(p.Competence, func(c Competence) string { return c.ID })
}

func (a Authority) check() error {
	if !slices.Contains([]string{"ministry", "province", "prefecture", "filing"}, a.Level) {
		return fmt.Errorf("level %q is not one of ministry, province, prefecture, filing", a.Level)
	}
	if a.Zh == "" || a.En == "" {
		return errors.New("the authority has no name")
	}
	return nil
}

// settle checks a row and reads its spans.
func (c *Competence) settle() error {
	if c.ID == "" {
		return errors.New("it has no id")
	}
	if err := c.check(); err != nil {
		return err
	}
	for _, d := range c.Documents {
		if !slices.Contains(eiaDocuments, d) {
			return fmt.Errorf("%q is not a document", d)
		}
	}
	if c.Rows == "" {
		return nil
	}
	for span := range strings.SplitSeq(c.Rows, "|") {
		from, to, many := strings.Cut(span, "-")
		if !many {
			to = from
		}
		first, err := strconv.Atoi(from)
		if err != nil {
			return fmt.Errorf("rows %q: %w", span, err)
		}
		last, err := strconv.Atoi(to)
		if err != nil || last < first {
			return fmt.Errorf("rows %q: not a span of row numbers", span)
		}
		c.spans = append(c.spans, [2]int{first, last})
	}
	return nil
}

// Fits reports whether the row speaks of a document of a classification row
// with the given properties.
func (c Competence) Fits(document string, row int, special []string) bool {
	if len(c.Documents) > 0 && !slices.Contains(c.Documents, document) {
		return false
	}
	if len(c.Special) > 0 && !slices.ContainsFunc(special, func(s string) bool { return slices.Contains(c.Special, s) }) {
		return false
	}
	return len(c.spans) == 0 || slices.ContainsFunc(c.spans, func(s [2]int) bool { return s[0] <= row && row <= s[1] })
}

// Competent returns who is competent and the id of the row that says so; the
// id is empty when no row fits.
func (p EIAPractice) Competent(document string, row int, special []string) (who Authority, id string) {
	for _, c := range p.Competence {
		if c.Fits(document, row, special) {
			return c.Authority, c.ID
		}
	}
	return p.Otherwise, ""
}

// Guide returns the guide of a document; an empty one when there is none.
func (p EIAPractice) Guide(document string) Guide {
	i := slices.IndexFunc(p.Guides, func(g Guide) bool { return g.Document == document })
	if i < 0 {
		return Guide{Document: document}
	}
	return p.Guides[i]
}
