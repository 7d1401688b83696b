package permit

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/law/identifier"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
)

// ErrConditions refuses to grant while a condition of D736 Art. 11 is not met.
var ErrConditions = &problem.Error{
	Kind: problem.Rejected, Reason: "GRANT_CONDITIONS_NOT_MET", Citation: "decree-736 art. 11",
	Text: text("不符合准予许可的条件，请退回审查或者作出不予许可决定。",
		"The conditions of grant are not met. Return the file to the examiner or refuse the permit."),
}

// Issue grants the permit 准予许可 (D736 Arts. 11–14). The decider is neither
// the clerk nor an examiner of the file.
type Issue struct {
	Occasion
	ValidFrom      law.Date // zero: the day of decision
	Number         string   // of the decision; empty asks whether one may be drawn
	IssuingOrg     string   // division code of the organ
	Mark           byte     // last letter of a local permit number; 0: numbers are the platform's alone
	ExternalNumber string   // given by the national platform; empty: a local number, or none yet
}

func mayDecide(p Permit, o Occasion) error {
	if err := firstOf(wrongStage(p, d(d736, "11"), Examined), running(p), inOrder(p, o),
		roleSplit(o, p.Clerks, "受理人员", "clerk")); err != nil {
		return err
	}
	return roleSplit(o, p.Examiners, "审查人员", "examiner")
}

// Decide grants the permit. It answers ErrNumberNeeded when all is in order
// but the number of the decision is missing.
func (c Issue) Decide(p Permit) ([]es.Event, error) {
	if err := mayDecide(p, c.Occasion); err != nil {
		return nil, err
	}
	if p.Kind != First && p.Granted() {
		return c.amend(p)
	}
	content := granted(p.Content, p.Examination)
	if unmet := GrantConditions(content, c.Law.On(c.On)); len(unmet) > 0 {
		return nil, ErrConditions.WithErrors(unmet...)
	}
	number := c.permitNumber(p)
	if err := c.wrong(p, number).Err(); err != nil {
		return nil, err
	}
	last, err := LastValidDay(c.Law, c.On)
	if err != nil {
		return nil, err
	}
	if c.Number == "" {
		return nil, ErrNumberNeeded
	}
	return []es.Event{&permitsv1.PermitIssued{
		PermitNumber: number, DocumentNumber: c.Number, Content: content,
		ValidFrom: iso(c.On), ValidTo: iso(last), Decided: iso(c.On),
		IssuingOrg: c.IssuingOrg, ExternalNumber: c.ExternalNumber,
	}}, nil
}

// permitNumber is the platform's number or, without one, the local number of
// 22 characters: credit code, site sequence in three digits, mark letter
// (HJ 608-2017). It is empty while the platform's is awaited.
func (c Issue) permitNumber(p Permit) string {
	if c.ExternalNumber != "" || c.Mark == 0 {
		return c.ExternalNumber
	}
	return identifier.BuildPermitNumber(p.USCC, int(p.SiteSequence), c.Mark)
}

func (c Issue) wrong(p Permit, number string) problem.Fields {
	var fields problem.Fields
	if !c.ValidFrom.IsZero() && c.ValidFrom != c.On {
		fields.Add("validFrom", c.ValidFrom.String(), "VALID_FROM_DECISION",
			"首次许可的有效期自决定之日（"+c.On.String()+"）起算。",
			"A first permit is valid from the day of decision, "+c.On.String()+".")
	}
	if number != "" {
		fields = append(fields, wrongNumber(p, "externalNumber", number)...)
	}
	return fields
}

// wrongNumber says what is wrong with a permit number of the unit.
func wrongNumber(p Permit, path, number string) (fields problem.Fields) {
	for _, f := range identifier.PermitNumber(number) {
		if f.Severity == law.Error {
			fields.Add(path, number, f.Reason, f.Zh, f.En)
		}
	}
	if len(number) >= 18 && number[:18] != p.USCC {
		fields.Add(path, number, "PERMIT_NUMBER_OTHER_UNIT",
			"许可证编号前 18 位与单位的统一社会信用代码不同。", "The first 18 characters are not the unit's credit code.")
	}
	return fields
}

// Advise lists what a person should look at again.
func (c Issue) Advise(p Permit) []problem.Field {
	var doubts problem.Fields
	entered(c.Occasion, &doubts)
	if p.Examination != nil && !p.Examination.RecommendGrant {
		doubts.Add("", "", "AGAINST_RECOMMENDATION",
			"审查意见是不予许可，请确认并在卷内说明理由。", "The examiner advised against granting. Make sure, and put the reasons on file.")
	}
	decidedLate(c.Occasion, p, &doubts)
	c.adviseTerm(p, &doubts)
	return doubts
}

// decidedLate adds the doubt that the decision comes after its last day.
func decidedLate(o Occasion, p Permit, doubts *problem.Fields) {
	if due, err := p.Decision(o.Law); err == nil && !due.Later.IsZero() && o.On.After(due.Later) {
		doubts.Add("occurredAt", o.On.String(), "DECISION_OVERDUE",
			fmt.Sprintf("审批期限已于 %s 届满，本件将标记为逾期办结。", due.Later),
			fmt.Sprintf("The decision was due on %s; the file will be marked as decided late.", due.Later))
	}
}

// granted is the content with the limits and conditions that the examiner
// proposed.
func granted(content *permitsv1.ApplicationContent, by *Examination) *permitsv1.ApplicationContent {
	if content == nil || by == nil || len(by.Limits) == 0 && len(by.Conditions) == 0 {
		return content
	}
	changed := proto.CloneOf(content)
	if len(by.Limits) > 0 {
		changed.Limits = by.Limits
	}
	if len(by.Conditions) > 0 {
		changed.Conditions = by.Conditions
	}
	return changed
}
