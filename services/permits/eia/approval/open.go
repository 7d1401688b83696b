package approval

import (
	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/law/identifier"
	"shiyang/internal/problem"
	permitsv1 "shiyang/proto/permits/v1"
	"shiyang/services/permits/desk/act"
)

// Open begins a file 发起环评.
type Open struct {
	Occasion
	EnterpriseID, Builder, USCC, Division string
	Document                              permitsv1.EiaDocument
	Example                               bool
	Previous                              string // 重大变动: the approved file that this one replaces
}

// Decide opens the file once.
func (c Open) Decide(a Approval) ([]es.Event, error) {
	if a.Status != 0 {
		return nil, ErrWrongStage.With("该环评事项已经发起。", "This file was opened before.")
	}
	var wrong problem.Fields
	for _, f := range identifier.USCC(c.USCC) {
		if f.Severity == law.Error {
			wrong.Add("uscc", c.USCC, f.Reason, f.Zh, f.En)
		}
	}
	for _, f := range c.Law.On(c.On).CheckDivision(c.Division) {
		if f.Severity == law.Error {
			wrong.Add("division", c.Division, f.Reason, f.Zh, f.En)
		}
	}
	if c.EnterpriseID == "" {
		wrong.Add("enterpriseId", "", "BUILDER_UNKNOWN", "请以建设单位的企业账号办理。", "Sign in for the firm that builds.")
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.EiaOpened{
		EnterpriseId: c.EnterpriseID, Builder: c.Builder, Uscc: c.USCC, Division: c.Division,
		Document: c.Document, Example: c.Example, PreviousEiaId: c.Previous,
	}}, nil
}

// CheckReplaced says whether a file can be replaced by a new one because of a
// major change 重大变动 (Code Art. 106): it is approved, holds, and is not being
// replaced.
func CheckReplaced(a Approval) error {
	switch {
	case a.Status != Approved || a.Lapsed:
		return refuse("NOT_APPROVED", "只有批准有效的项目才能就重大变动重新报批。", "Only an approval that holds can be replaced because of a major change.")
	case a.Replacement != "":
		return refuse("CHANGE_OPEN", "本项目的重大变动已重新报批。", "A new file for a major change was opened before.")
	}
	return nil
}

// Submit files a report or form 提交, first or after a deficiency notice. The
// builder cannot file for a day that is past; only an example may.
type Submit struct {
	Occasion
	Project   *permitsv1.EiaProject
	Screening *permitsv1.Screening // of the day; nil when no list is loaded
	OnPaper   bool
}

func maySubmit(a Approval, o Occasion) error {
	return stage(a, o, eiaLaw(o.On, "102", "22"), Draft, Deficient)
}

// Decide files the document. Every wrong field is listed at once; what another
// authority decides is refused.
func (c Submit) Decide(a Approval) ([]es.Event, error) {
	if err := maySubmit(a, c.Occasion); err != nil {
		return nil, err
	}
	checked := CheckProject(c.Project, c.Law.On(c.On), c.On)
	wrong := checked.Wrong
	if c.Project.GetDocument() == Registration {
		wrong.Add("project.document", "registration", "REGISTRATION_IS_FILED",
			"登记表实行备案，请用“登记表备案”。", "A registration form is filed: use that act.")
	}
	c.receipt(a, &wrong)
	if _, ok := c.Law.PeriodAt(RuleCompleteness, c.On); !ok {
		return nil, act.ErrNoRule
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	if err := checked.Level.refusal(); err != nil {
		return nil, err
	}
	if a.Status == Deficient {
		return []es.Event{&permitsv1.EiaResubmitted{
			Project: c.Project, Received: iso(c.On), Screening: c.Screening, DocumentByRule: checked.Class.Document, Rule: RuleClass,
		}}, nil
	}
	return []es.Event{&permitsv1.EiaSubmitted{
		Project: c.Project, Received: iso(c.On), Screening: c.Screening, DocumentByRule: checked.Class.Document, Rule: RuleClass,
	}}, nil
}

func (c Submit) receipt(a Approval, wrong *problem.Fields) {
	if c.On != c.Today && !c.OnPaper && !a.Example {
		wrong.Add("occurredAt", c.On.String(), "RECEIPT_IS_TODAY",
			"收到之日就是提交之日，不能填写以前的日期。", "A document is received on the day it is filed; leave the time out.")
	}
}

// Advise lists what a person should look at again.
func (c Submit) Advise(Approval) []problem.Field {
	doubts := CheckProject(c.Project, c.Law.On(c.On), c.On).Doubtful
	screeningDoubt(c.Screening, &doubts)
	act.Entered(c.Occasion, &doubts)
	return doubts
}

func screeningDoubt(s *permitsv1.Screening, doubts *problem.Fields) {
	switch {
	case IsConflict(s):
		doubts.Add("project.location", "", "ZONING_CONFLICT",
			"分区管控研判为冲突，此项目不能批准。", "The access lists forbid this project here; it cannot be approved.")
	case s.GetVerdict() == permitsv1.ScreeningVerdict_SCREENING_VERDICT_NOT_COVERED:
		doubts.Add("project.location", "", "ZONING_NOT_COVERED",
			"选址不在已装载的任何管控单元内，请核对坐标。", "The place lies in no control unit that is loaded; check it.")
	}
}

// File files a registration form 备案: instant, by the builder itself (Order 41
// of 2016).
type File struct {
	Occasion
	Project   *permitsv1.EiaProject
	Screening *permitsv1.Screening
	Number    string // 备案号; empty asks whether one may be drawn
	OnPaper   bool
}

func mayFile(a Approval, o Occasion) error {
	return stage(a, o, eiaLaw(o.On, "107", "22"), Draft)
}

// Decide files the form. It answers act.ErrNumberNeeded when all is in order
// but the number is missing.
func (c File) Decide(a Approval) ([]es.Event, error) {
	if err := mayFile(a, c.Occasion); err != nil {
		return nil, err
	}
	checked := CheckProject(c.Project, c.Law.On(c.On), c.On)
	wrong := checked.Wrong
	if c.Project.GetDocument() != Registration {
		wrong.Add("project.document", documentCode(c.Project.GetDocument()), "APPROVAL_NEEDED",
			"报告书、报告表须经审批，不能备案。", "Reports and forms need approval; they cannot be filed.")
	}
	if checked.Class.Document == Report || checked.Class.Document == Form {
		wrong.Add("project.document", "registration", "APPROVAL_NEEDED",
			"按名录本项目须编制报告书或者报告表，不能以登记表备案。", "By the list this project needs a report or form; it cannot be filed as a registration form.")
	}
	Submit{Occasion: c.Occasion, OnPaper: c.OnPaper}.receipt(a, &wrong)
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	if err := checked.Level.refusal(); err != nil {
		return nil, err
	}
	if c.Number == "" {
		return nil, act.ErrNumberNeeded
	}
	return []es.Event{&permitsv1.EiaRegistrationFiled{
		Project: c.Project, FilingNumber: c.Number, Filed: iso(c.On), Screening: c.Screening,
		DocumentByRule: checked.Class.Document, Rule: RuleClass,
	}}, nil
}

// Advise lists what a person should look at again.
func (c File) Advise(Approval) []problem.Field {
	doubts := CheckProject(c.Project, c.Law.On(c.On), c.On).Doubtful
	screeningDoubt(c.Screening, &doubts)
	return doubts
}

// Withdraw takes the file back 撤回, any time before the decision.
type Withdraw struct {
	Occasion
	Reason string
}

func mayWithdraw(a Approval, o Occasion) error {
	return stage(a, o, law.Reference{}, Draft, Submitted, Deficient, Accepted, Examined)
}

// Decide records the withdrawal.
func (c Withdraw) Decide(a Approval) ([]es.Event, error) {
	if err := mayWithdraw(a, c.Occasion); err != nil {
		return nil, err
	}
	return []es.Event{&permitsv1.EiaWithdrawn{Reason: c.Reason}}, nil
}
