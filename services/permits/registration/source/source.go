// Package source holds one line of the roll of sources 污染源名录: what the census
// knows of a source, and where it was settled that it belongs 摸排分清: under a
// permit, in a registration, under rectification, or in none of them.
//
//	listed ─▶ linked to its site ─▶ settled by the site's permit or registration
//	   └────────────────────────▶ settled by a clerk: rectify, not required
//	settled ─▶ reopened, when what settled it ends
//
// The package is pure: it imports the contracts, desk/act, internal/es,
// internal/law and internal/problem. Start with [Source], then [Settle].
package source

import (
	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/law/identifier"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
)

// Category is the first word of the streams of sources.
const Category = "source"

// Outcome is where a source belongs 分类结果.
type Outcome = permitsv1.SourceOutcome

// The outcomes, by short names; zero is a source that is not settled.
const (
	Unsettled    = permitsv1.SourceOutcome_SOURCE_OUTCOME_UNSPECIFIED
	Permit       = permitsv1.SourceOutcome_SOURCE_OUTCOME_PERMIT
	Registration = permitsv1.SourceOutcome_SOURCE_OUTCOME_REGISTRATION
	Rectify      = permitsv1.SourceOutcome_SOURCE_OUTCOME_RECTIFY
	NotRequired  = permitsv1.SourceOutcome_SOURCE_OUTCOME_NOT_REQUIRED
)

// OutcomeName is an outcome for people.
func OutcomeName(o Outcome) problem.Text {
	switch o {
	case Permit:
		return act.Text("核发许可证", "permit")
	case Registration:
		return act.Text("登记", "registration")
	case Rectify:
		return act.Text("限期整改", "to rectify")
	case NotRequired:
		return act.Text("无需纳入", "not required")
	default:
		return act.Text("待分清", "not settled")
	}
}

// Source is what the stream of a source says.
type Source struct {
	Content  *permitsv1.SourceContent // never changed after it was folded
	Facility string                   // its site; empty while none is tied
	Outcome  Outcome
	Reason   string
	Category string // of the record that settles it
	RecordID string
	Number   string
	Due      law.Date // last day of a rectification
}

// Evolve applies one fact. It ignores events it does not know.
func (s Source) Evolve(fact es.Fact) Source {
	switch e := fact.Event.(type) {
	case *permitsv1.SourceListed:
		s.Content = e.GetSource()
	case *permitsv1.SourceLinked:
		s.Facility = e.GetFacilityId()
	case *permitsv1.SourceSettled:
		s.Outcome, s.Reason, s.Category, s.RecordID, s.Number = e.GetOutcome(), e.GetReason(), e.GetCategory(), e.GetRecordId(), e.GetNumber()
		s.Due = law.Date{}
		if due, err := law.ParseDate(e.GetDue().GetIso()); err == nil {
			s.Due = due
		}
	case *permitsv1.SourceReopened:
		s.Outcome, s.Reason, s.Category, s.RecordID, s.Number, s.Due = Unsettled, "", "", "", "", law.Date{}
	}
	return s
}

// Acts are the acts of a clerk on a source.
var Acts = []act.Act[Source]{
	{Name: "link", Method: "LinkSource", Title: act.Text("关联场所", "Tie to its site"), Allowed: mayLink, Expected: func(s Source) bool { return s.Facility == "" && s.Outcome == Unsettled }},
	{Name: "settle", Method: "SettleSource", Title: act.Text("分清", "Settle"), Allowed: maySettle},
}

// The refusals of this package.
var (
	// ErrListed refuses another source under the same census number.
	ErrListed = &problem.Error{
		Kind: problem.Rejected, Reason: "SOURCE_LISTED",
		Text: act.Text("名录中已有这一普查编号，内容不同。请核对编号。", "The roll has this census number with other data. Check the number."),
	}
	// ErrSettledByRecord refuses to settle by hand what a permit or a
	// registration has settled.
	ErrSettledByRecord = &problem.Error{
		Kind: problem.Rejected, Reason: "SETTLED_BY_RECORD",
		Text: act.Text("该污染源已由许可证或者登记分清，不能人工改变。", "A permit or registration has settled this source; it is not settled by hand."),
	}
)

// List enters a source 列入名录; the same line again enters nothing.
type List struct {
	Source *permitsv1.SourceContent
	Lists  law.View
}

// Decide enters it.
func (c List) Decide(s Source) ([]es.Event, error) {
	if s.Content != nil {
		if proto.Equal(s.Content, c.Source) {
			return nil, nil
		}
		return nil, ErrListed
	}
	var wrong problem.Fields
	for _, f := range c.Lists.CheckDivision(c.Source.GetDivision()) {
		if f.Severity == law.Error {
			wrong.Add("source.division", c.Source.GetDivision(), f.Reason, f.Zh, f.En)
		}
	}
	if code := c.Source.GetUscc(); code != "" {
		for _, f := range identifier.USCC(code) {
			if f.Severity == law.Error {
				wrong.Add("source.uscc", code, f.Reason, f.Zh, f.En)
			}
		}
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.SourceListed{Source: c.Source}}, nil
}

func mayLink(s Source, _ act.Occasion) error { return byHand(s) }

func byHand(s Source) error {
	if s.RecordID != "" {
		return ErrSettledByRecord
	}
	return nil
}

// Link ties a source to its site 关联场所.
type Link struct {
	act.Occasion
	Facility string
	Division string // of the site
}

// Decide ties it; a site of another county is another source.
func (c Link) Decide(s Source) ([]es.Event, error) {
	if err := mayLink(s, c.Occasion); err != nil {
		return nil, err
	}
	if s.Facility == c.Facility {
		return nil, nil
	}
	if c.Division != s.Content.GetDivision() {
		var wrong problem.Fields
		wrong.Add("facilityId", "", "SITE_IN_OTHER_COUNTY", "场所与污染源不在同一县区。", "The site lies in another county than the source.")
		return nil, wrong.Err()
	}
	return []es.Event{&permitsv1.SourceLinked{FacilityId: c.Facility}}, nil
}

func maySettle(s Source, _ act.Occasion) error { return byHand(s) }

// Settle settles by hand where a source belongs: rectification with its last
// day, or nothing at all. Permits and registrations settle by themselves.
type Settle struct {
	act.Occasion
	Outcome Outcome
	Reason  string
	Due     law.Date
}

// Decide records it.
func (c Settle) Decide(s Source) ([]es.Event, error) {
	if err := maySettle(s, c.Occasion); err != nil {
		return nil, err
	}
	var wrong problem.Fields
	switch {
	case c.Outcome != Rectify && c.Outcome != NotRequired:
		wrong.Add("outcome", "", "SETTLED_BY_ITS_RECORD",
			"许可证和登记由其记录自动分清，这里只能选限期整改或者无需纳入。",
			"Permits and registrations settle a source by themselves; choose rectification or not required.")
	case c.Outcome == Rectify && !c.Due.After(c.On):
		wrong.Add("due", c.Due.String(), "DUE_REQUIRED", "请填写今后的整改期限。", "Give a last day of the rectification that is yet to come.")
	case c.Outcome == NotRequired && !c.Due.IsZero():
		wrong.Add("due", c.Due.String(), "DUE_NOT_ASKED", "无需纳入的不填整改期限。", "What is not required has no last day.")
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	settled := &permitsv1.SourceSettled{Outcome: c.Outcome, Reason: c.Reason}
	if !c.Due.IsZero() {
		settled.Due = &commonv1.Date{Iso: c.Due.String()}
	}
	return []es.Event{settled}, nil
}

// SettleBy settles a source by the record of its site: a granted permit, a
// registration in force.
type SettleBy struct {
	Outcome          Outcome
	Category, Record string
	Number           string
}

// Decide records it; the same again records nothing.
func (c SettleBy) Decide(s Source) ([]es.Event, error) {
	if s.Content == nil || s.Outcome == c.Outcome && s.RecordID == c.Record && s.Number == c.Number {
		return nil, nil
	}
	return []es.Event{&permitsv1.SourceSettled{Outcome: c.Outcome, Category: c.Category, RecordId: c.Record, Number: c.Number}}, nil
}

// Reopen puts a source back among those to settle, because what settled it
// ended.
type Reopen struct {
	Record string
	Reason problem.Text
}

// Decide records it where that record settled the source.
func (c Reopen) Decide(s Source) ([]es.Event, error) {
	if s.RecordID == "" || s.RecordID != c.Record {
		return nil, nil
	}
	return []es.Event{&permitsv1.SourceReopened{Reason: &commonv1.Text{Zh: c.Reason.Zh, En: c.Reason.En}}}, nil
}
