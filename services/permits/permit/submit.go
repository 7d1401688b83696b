package permit

import (
	"fmt"

	"shiyang/internal/es"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/version"
)

// Submit files the application 提交申请, first or after a deficiency notice
// (D736 Arts. 7–9, O32 Art. 16). The day of receipt starts the agency's three
// working days, so an applicant cannot file for a day that is past; only an
// example site, which no law knows, may tell a past.
type Submit struct {
	Occasion
	Content *permitsv1.ApplicationContent
	Base    *permitsv1.BaseData // only in a change of base data
	OnPaper bool                // the bureau enters what it received on paper: an earlier day may stand
}

func maySubmit(p Permit, o Occasion) error {
	return firstOf(wrongStage(p, d(d736, "7"), Draft, PublicNotice, Deficient), inOrder(p, o), inTerm(p, o))
}

// inTerm refuses the first filing of a procedure about a permit whose term is
// over; what was filed before goes on.
func inTerm(p Permit, o Occasion) error {
	if p.Granted() && p.FirstReceived.IsZero() && (p.Standing == Expired || o.On.After(p.ValidTo)) {
		return ErrTermEnded
	}
	return nil
}

// mayFile is what the list of acts says: the rule of filing, and the notice that
// the class of the application asks for.
func mayFile(p Permit, o Occasion) error {
	if err := maySubmit(p, o); err != nil {
		return err
	}
	var wrong problem.Fields
	as := Submit{Occasion: o, Content: &permitsv1.ApplicationContent{ManagementClass: p.Class}}
	as.checkNotice(p, &wrong)
	return wrong.Err()
}

// Decide files the application. Every wrong field is listed at once.
func (c Submit) Decide(p Permit) ([]es.Event, error) {
	if err := maySubmit(p, c.Occasion); err != nil {
		return nil, err
	}
	wrong, _ := c.check(p)
	if c.On != c.Today && !c.OnPaper && !p.Example {
		wrong.Add("occurredAt", c.On.String(), "RECEIPT_IS_TODAY",
			"收到申请之日就是提交之日，不能填写以前的日期。",
			"An application is received on the day it is filed; leave the time out.")
	}
	if _, ok := c.Law.PeriodAt(RuleCompleteness, c.On); !ok {
		return nil, errNoRule
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	content := p.withConditions(c.Content)
	if err := loosened(p, content, false); err != nil {
		return nil, err
	}
	if p.Status == Deficient {
		return []es.Event{&permitsv1.PermitApplicationResubmitted{Content: content, Received: iso(c.On), BaseData: c.Base}}, nil
	}
	return []es.Event{&permitsv1.PermitApplicationSubmitted{Content: content, Received: iso(c.On), BaseData: c.Base}}, nil
}

// Advise lists what a person should look at again.
func (c Submit) Advise(p Permit) []problem.Field {
	_, doubtful := c.check(p)
	entered(c.Occasion, &doubtful)
	if p.FirstReceived.IsZero() {
		p.late(c.Occasion, &doubtful)
	}
	p.filed(c.Content, c.Base, c.On)
	due, err := p.Completeness(c.Law)
	calendarDoubt("occurredAt", due, err, &doubtful)
	return doubtful
}

// Check says what would be wrong and what doubtful if the content were filed,
// whatever the stage.
func (c Submit) Check(p Permit) (wrong, doubtful problem.Fields) { return c.check(p) }

func (c Submit) check(p Permit) (wrong, doubtful problem.Fields) {
	wrong, doubtful = CheckContent(c.Content, c.Law.On(c.On))
	if class := c.Content.GetManagementClass(); class != p.Class && p.Class != 0 {
		doubtful.Add("content.managementClass", class.String(), "CLASS_CHANGED",
			"管理类别与发起申请时不同，请核对。", "The class differs from the one the application was opened with; check it.")
	}
	c.checkNotice(p, &wrong)
	c.checkBase(p, &wrong)
	return wrong, doubtful
}

// checkBase holds a change of base data to base data: they differ from those in
// force, and nothing else does (O32 Art. 26).
func (c Submit) checkBase(p Permit, wrong *problem.Fields) {
	if p.Kind != BaseChange {
		if c.Base != nil {
			wrong.Add("baseData", "", "NOT_A_BASE_CHANGE",
				"本事项不变更基本信息；基本信息变更请办理“变更”。", "This procedure does not change base data; begin a change of base data.")
		}
		return
	}
	switch {
	case c.Base == nil || c.Base.GetUnitName() == "":
		wrong.Add("baseData", "", "REQUIRED", "请填写变更后的基本信息。", "Enter the base data after the change.")
	case len(version.CompareBase(p.Base, c.Base)) == 0:
		wrong.Add("baseData", "", "NOTHING_CHANGES", "基本信息与许可证现载明的相同。", "The base data are those in force.")
	}
	v, _ := p.Latest()
	for _, row := range version.Compare(v.Content, p.withConditions(c.Content), nil) {
		wrong.Add("content."+row.Part+"s", row.Key, "NOT_BASE_DATA",
			"变更基本信息时不能改动“"+row.Title.Zh+"”；请办理调整或者重新申请。",
			"A change of base data leaves “"+row.Title.En+"” as it is; begin an adjustment or a re-application.")
	}
}

// checkNotice asks for the public notice of five working days that key
// management needs before the first filing (O32 Art. 16).
func (c Submit) checkNotice(p Permit, wrong *problem.Fields) {
	if !p.course().Notice || c.Content.GetManagementClass() != key || p.Status == Deficient && p.Notice != nil {
		return
	}
	if p.Notice == nil {
		wrong.Add("content.managementClass", c.Content.GetManagementClass().String(), "NOTICE_MISSING",
			"重点管理单位申请前须公开基本信息和拟申请事项，请先发布公开（办法第十六条）。",
			"Under key management the application must first be made public; publish the notice first (Order 32 Art. 16).")
		return
	}
	from := day(p.Notice.GetFrom())
	first, rule, err := EarliestFiling(c.Law, from)
	if err != nil {
		wrong.Add("occurredAt", c.On.String(), "NO_RULE_IN_FORCE", errNoRule.Text.Zh, errNoRule.Text.En)
		return
	}
	if c.On.Before(first) {
		wrong.Add("occurredAt", c.On.String(), "NOTICE_TOO_SHORT",
			fmt.Sprintf("申请前公开不得少于 %d 个工作日：%s 起公开，最早 %s 可以提交（办法第十六条）。", rule.Amount, from, first),
			fmt.Sprintf("The notice runs at least %d working days: begun on %s, filing is possible from %s (Order 32 Art. 16).", rule.Amount, from, first))
	}
}
