package permit

import (
	"slices"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

// Examine reports the examiner's opinion 审查 (D736 Art. 11). The examiner is
// not the clerk who accepted.
type Examine struct {
	Occasion
	RecommendGrant bool
	Opinion        string
	Limits         []*permitsv1.Limit     // proposed instead of those applied for
	Conditions     []*permitsv1.Condition // proposed instead of those in force
}

func mayExamine(p Permit, o Occasion) error {
	return firstOf(wrongStage(p, d(d736, "11"), Accepted), running(p), inOrder(p, o),
		roleSplit(o, p.Clerks, "受理人员", "clerk"))
}

// Decide records the opinion. Proposed limits are judged like those applied
// for, against the outlets of the application.
func (c Examine) Decide(p Permit) ([]es.Event, error) {
	if err := mayExamine(p, c.Occasion); err != nil {
		return nil, err
	}
	wrong := c.wrongLimits(p)
	conditions, faults := number(p, c.Conditions, "conditions")
	if err := append(wrong, faults...).Err(); err != nil {
		return nil, err
	}
	if c.RecommendGrant {
		as := &Examination{Limits: c.Limits, Conditions: conditions}
		if err := loosened(p, granted(p.Content, as), p.Kind == ByAuthority); err != nil {
			return nil, err
		}
	}
	return []es.Event{&permitsv1.PermitApplicationExamined{
		RecommendGrant: c.RecommendGrant, Opinion: c.Opinion, Limits: c.Limits, Conditions: conditions,
	}}, nil
}

func (c Examine) wrongLimits(p Permit) problem.Fields {
	r := reader{content: p.Content, lists: c.Law.On(c.On), outlets: map[string]bool{}}
	for _, o := range p.Content.GetOutlets() {
		r.outlets[o.GetCode()] = true
	}
	checkLimits(&r, "limits", c.Limits)
	return r.wrong
}

// Advise tells what still stands against granting.
func (c Examine) Advise(p Permit) []problem.Field {
	var doubts problem.Fields
	entered(c.Occasion, &doubts)
	if c.RecommendGrant {
		doubts = append(doubts, GrantConditions(granted(p.Content, &Examination{Limits: c.Limits}), c.Law.On(c.On))...)
	}
	return doubts
}

// ReturnExamination sends the file back to the examiner 退回补充审查.
type ReturnExamination struct {
	Occasion
	Reason string
}

// Decide returns the file.
func (c ReturnExamination) Decide(p Permit) ([]es.Event, error) {
	if err := mayDecide(p, c.Occasion); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.PermitExaminationReturned{Reason: c.Reason}}, nil
}

// Advise lists what a person should look at again.
func (c ReturnExamination) Advise(Permit) []problem.Field {
	var doubts problem.Fields
	entered(c.Occasion, &doubts)
	return doubts
}

// CheckSite records that officers looked at the site 现场核查; under key
// management the decision then has 45 working days (D736 Art. 12).
type CheckSite struct {
	Occasion
	Day      law.Date
	Finding  string
	Officers []string // accounts, at least two different ones
}

func mayCheckSite(p Permit, o Occasion) error {
	if err := firstOf(wrongStage(p, d(d736, "12"), Accepted), inOrder(p, o)); err != nil {
		return err
	}
	return roleSplit(o, p.Clerks, "受理人员", "clerk")
}

// Decide records the visit.
func (c CheckSite) Decide(p Permit) ([]es.Event, error) {
	if err := mayCheckSite(p, c.Occasion); err != nil {
		return nil, err
	}
	var wrong problem.Fields
	if distinct := slices.Compact(slices.Sorted(slices.Values(c.Officers))); len(distinct) < 2 || len(distinct) != len(c.Officers) {
		wrong.Add("officerIds", "", "OFFICERS_TWO",
			"现场核查须由两名以上不同的人员进行。", "A site check takes at least two different officers.")
	}
	if c.Day.Before(p.AcceptedOn) || c.Day.After(c.On) {
		wrong.Add("on", c.Day.String(), "SITE_CHECK_DAY",
			"核查日期应在受理之日与登记之日之间。", "The visit lies between acceptance and the day it is recorded.")
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.SiteChecked{On: iso(c.Day), Finding: c.Finding, OfficerIds: c.Officers}}, nil
}

// Advise lists what a person should look at again.
func (c CheckSite) Advise(p Permit) []problem.Field {
	var doubts problem.Fields
	entered(c.Occasion, &doubts)
	if p.Class == simplified {
		doubts.Add("on", c.Day.String(), "SITE_CHECK_NO_EXTENSION",
			"简化管理的现场核查不延长审批期限。", "Under simplified management a site check does not prolong the period.")
	}
	return doubts
}
