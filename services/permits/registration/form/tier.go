package form

import (
	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
	"shiyang/services/permits/registration/tier"
)

// DecideTier records the tier that follows from answers under the list of the
// day 判定管理类别. The same answers again record nothing.
type DecideTier struct {
	act.Occasion
	Site     Site
	Industry string // code of the site, to doubt answers that do not fit it
	Answers  *permitsv1.TierAnswers
}

// Decide records the tier.
func (c DecideTier) Decide(f Form) ([]es.Event, error) {
	if err := mayDecide(f, c.Occasion); err != nil {
		return nil, err
	}
	found, err := tier.Decide(c.Answers, c.Law, c.On, "answers.")
	if err != nil {
		return nil, err
	}
	if f.Status != 0 && f.Override == "" && f.Site == c.Site && f.Tier == found.Tier && proto.Equal(f.Answers, c.Answers) {
		return nil, nil
	}
	s := c.Site
	decided := &permitsv1.SourceTierDecided{
		FacilityId: s.ID, EnterpriseId: s.EnterpriseID, Division: s.Division, Uscc: s.USCC, SiteSequence: s.Sequence,
		UnitName: s.UnitName, SiteAddress: s.Address, Example: s.Example, Answers: c.Answers, Tier: found.Tier, Rule: found.Rule,
	}
	for _, reason := range found.Reasons {
		decided.Reasons = append(decided.Reasons, &commonv1.Text{Zh: reason.Zh, En: reason.En})
	}
	return []es.Event{decided}, nil
}

// Advise lists what a person should look at again.
func (c DecideTier) Advise(f Form) []problem.Field {
	var doubts problem.Fields
	act.Entered(c.Occasion, &doubts)
	found, err := tier.Decide(c.Answers, c.Law, c.On, "answers.")
	if err == nil && f.Status == InForce && tier.NeedsPermit(found.Tier) {
		doubts.Add("answers", "", "PERMIT_NEEDED_NOW",
			"管理类别升为“"+tier.Name(found.Tier).Zh+"”，请申请排污许可证；取得之前登记继续有效。",
			"The tier rises to "+tier.Name(found.Tier).En+". Apply for a permit; until it is granted the registration stays in force.")
	}
	return append(doubts, tier.Doubts(c.Answers, c.Industry, c.Law.On(c.On))...)
}

// OverrideTier decides otherwise than the list 改判, with a reason.
type OverrideTier struct {
	act.Occasion
	Tier   tier.Tier
	Reason string
}

// Decide records the clerk's tier.
func (c OverrideTier) Decide(f Form) ([]es.Event, error) {
	if err := mayOverride(f, c.Occasion); err != nil {
		return nil, err
	}
	if c.Tier == f.Tier {
		var wrong problem.Fields
		wrong.Add("tier", tier.Name(c.Tier).Zh, "TIER_UNCHANGED", "管理类别没有变化。", "This is the tier already in force.")
		return nil, wrong.Err()
	}
	return []es.Event{&permitsv1.SourceTierOverridden{Tier: c.Tier, Listed: f.Listed, Reason: c.Reason}}, nil
}
