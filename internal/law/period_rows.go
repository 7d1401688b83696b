package law

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"shiyang/internal/law/catalogue"
)

// periodRow is a row of statutory_periods as it stands in the file.
type periodRow struct {
	ID          string          `yaml:"id"`
	NameZh      string          `yaml:"name_zh"`
	NameEn      string          `yaml:"name_en"` // optional
	Service     string          `yaml:"service"`
	Subject     string          `yaml:"subject"`
	StartEvent  string          `yaml:"start_event"`
	Amount      *int            `yaml:"amount"`
	Unit        Unit            `yaml:"unit"`
	FixedDate   string          `yaml:"fixed_date"`
	Direction   Direction       `yaml:"direction"`
	Roll        bool            `yaml:"roll_to_next_working_day"`
	MayExtend   *ExtensionRight `yaml:"may_extend"`
	Pauses      []string        `yaml:"pauses"`
	Consequence string          `yaml:"consequence"`
	Basis       []Reference     `yaml:"basis"`
	ValidFrom   Date            `yaml:"valid_from"`
	ValidTo     Date            `yaml:"valid_to"`
	Note        string          `yaml:"note"`

	catalogue.Origin `yaml:",inline"`
}

var (
	rowID    = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	fixedDay = regexp.MustCompile(`^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$`)
)

func parsePeriods(content []byte) ([]periodRow, error) {
	var file struct {
		Version string      `yaml:"version"`
		Periods []periodRow `yaml:"periods"`
	}
	if err := catalogue.Decode(content, &file); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, r := range file.Periods {
		key := r.ID + " " + r.ValidFrom.String()
		if seen[key] {
			return nil, fmt.Errorf("period %s: appears twice from %s", r.ID, r.ValidFrom)
		}
		seen[key] = true
		if err := r.check(); err != nil {
			return nil, fmt.Errorf("period %s: %w", r.ID, err)
		}
	}
	return file.Periods, nil
}

func (r periodRow) check() error {
	units := []Unit{WorkingDays, CalendarDays, Hours, Months, Years, FixedDay, Permanent}
	switch {
	case !rowID.MatchString(r.ID):
		return errors.New("the id is not lower-case words joined by hyphens")
	case r.NameZh == "" || r.ValidFrom.IsZero() || r.Subject == "" || r.StartEvent == "":
		return errors.New("name_zh, subject, start_event or valid_from is missing")
	case !slices.Contains(units, r.Unit):
		return fmt.Errorf("unit %q is unknown", r.Unit)
	case r.Direction != After && r.Direction != Before:
		return fmt.Errorf("direction %q is neither after nor before", r.Direction)
	case (r.Amount == nil) != (r.Unit == FixedDay || r.Unit == Permanent):
		return errors.New("amount must be empty exactly for fixed days and permanent duties")
	case r.Amount != nil && *r.Amount < 0:
		return errors.New("amount is negative")
	case (r.Unit == FixedDay) != fixedDay.MatchString(r.FixedDate):
		return errors.New("fixed_date must be MM-DD exactly for fixed days")
	case len(r.Basis) == 0 || r.Basis[0].Law == "":
		return errors.New("basis is missing")
	}
	return r.Confidence.Check()
}

// doubt names periods and says why something about them is unsure.
type doubt struct {
	Periods []string `yaml:"periods"`
	WhyZh   string   `yaml:"why_zh"`
	WhyEn   string   `yaml:"why_en"`
}

// rollRules is the list period_readings.
type rollRules struct {
	Version        string   `yaml:"version"`
	NeverRoll      []string `yaml:"never_roll_consequences"`
	Authorities    []string `yaml:"authorities"`
	RollingLaws    []string `yaml:"rolling_laws"`
	RollingPeriods []string `yaml:"rolling_periods"`
	Further        []struct {
		Period string `yaml:"period"`
		By     string `yaml:"by"`
		Row    string `yaml:"row"`
	} `yaml:"further_extensions"`
	StartEventsZh map[string]string `yaml:"start_events_zh"`
	NamesEn       map[string]string `yaml:"names_en"`
	DoubtfulUnits []doubt           `yaml:"doubtful_units"`
	CertainUnits  []doubt           `yaml:"certain_units"`
	OtherAmounts  []struct {
		Period string `yaml:"period"`
		Amount int    `yaml:"amount"`
		WhyZh  string `yaml:"why_zh"`
		WhyEn  string `yaml:"why_en"`
	} `yaml:"other_amounts"`
	Opinions []struct {
		ID     string      `yaml:"id"`
		Choice string      `yaml:"choice"`
		Others []string    `yaml:"others"`
		Basis  []Reference `yaml:"basis"`
		WhyZh  string      `yaml:"why_zh"`
		WhyEn  string      `yaml:"why_en"`
	} `yaml:"opinions"`
}

func parseReadings(content []byte) (rollRules, error) {
	var rules rollRules
	if err := catalogue.Decode(content, &rules); err != nil {
		return rollRules{}, err
	}
	for _, d := range slices.Concat(rules.DoubtfulUnits, rules.CertainUnits) {
		if len(d.Periods) == 0 || d.WhyZh == "" || d.WhyEn == "" {
			return rollRules{}, fmt.Errorf("reading of %v: periods, why_zh or why_en is missing", d.Periods)
		}
	}
	for _, o := range rules.Opinions {
		if !rowID.MatchString(o.ID) || o.Choice == "" || len(o.Basis) == 0 || o.WhyZh == "" || o.WhyEn == "" {
			return rollRules{}, fmt.Errorf("opinion %q: choice, basis, why_zh or why_en is missing", o.ID)
		}
	}
	return rules, nil
}

// rolls decides whether the last day of a row really moves to a working day:
// only where the row says so, it is a last day to do something, and the period
// does not bind an authority.
func (r rollRules) rolls(p periodRow) bool {
	if !p.Roll || p.Direction == Before || slices.Contains(r.NeverRoll, p.Consequence) {
		return false
	}
	if !slices.Contains(r.Authorities, p.Subject) || slices.Contains(r.RollingPeriods, p.ID) {
		return true
	}
	return slices.ContainsFunc(p.Basis, func(b Reference) bool { return slices.Contains(r.RollingLaws, b.Law) })
}

// readings returns the other ways to read a row.
func (r rollRules) readings(p periodRow) []Reading {
	for _, o := range r.OtherAmounts {
		if o.Period == p.ID {
			return []Reading{{Amount: o.Amount, Unit: p.Unit, Why: Text{o.WhyZh, o.WhyEn}}}
		}
	}
	other := map[Unit]Unit{WorkingDays: CalendarDays, CalendarDays: WorkingDays}[p.Unit]
	if other == "" || p.Amount == nil || *p.Amount == 0 {
		return nil
	}
	names := func(d doubt) bool { return slices.Contains(d.Periods, p.ID) }
	if i := slices.IndexFunc(r.DoubtfulUnits, names); i >= 0 {
		return []Reading{{*p.Amount, other, Text{r.DoubtfulUnits[i].WhyZh, r.DoubtfulUnits[i].WhyEn}}}
	}
	if p.Confidence == Verified || slices.ContainsFunc(r.CertainUnits, names) {
		return nil
	}
	return []Reading{{*p.Amount, other, Text{"条文中“日”指工作日还是自然日，尚待核实", "whether its days are working or calendar days is still to be verified"}}}
}

// period turns a row into what callers see.
func (r rollRules) period(p periodRow, rows map[string][]periodRow) Period {
	out := Period{
		ID: p.ID, NameZh: p.NameZh, NameEn: cmp.Or(p.NameEn, r.NamesEn[p.ID], strings.ReplaceAll(p.ID, "-", " ")), Service: p.Service, Subject: p.Subject, StartEvent: p.StartEvent,
		StartEventZh: cmp.Or(r.StartEventsZh[p.StartEvent], p.StartEvent),
		Unit:         p.Unit, Direction: p.Direction, FixedDay: p.FixedDate, RowRolls: p.Roll, Rolls: r.rolls(p),
		Pauses: p.Pauses, Consequence: p.Consequence, Basis: p.Basis, ValidFrom: p.ValidFrom, ValidTo: p.ValidTo,
		Note: p.Note, Source: p.Source, Confidence: p.Confidence, Readings: r.readings(p),
	}
	if p.Amount != nil {
		out.Amount = *p.Amount
	}
	if p.MayExtend != nil {
		out.Extensions = append(out.Extensions, *p.MayExtend)
	}
	for _, f := range r.Further {
		if f.Period != p.ID || len(rows[f.Row]) == 0 {
			continue
		}
		if row := rows[f.Row][0]; row.Amount != nil {
			out.Extensions = append(out.Extensions, ExtensionRight{By: f.By, Amount: *row.Amount, Unit: row.Unit})
		}
	}
	return out
}
