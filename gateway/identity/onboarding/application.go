// Package onboarding is the aggregate of one application to act for an
// enterprise 企业入驻申请: a person hands in licence and mandate, a clerk of the
// firm's county checks them and decides.
//
// It holds pure rules. It may import internal/es, internal/law,
// internal/problem and the identity contract. Start reading with
// [Application], then [Approve].
package onboarding

import (
	"shiyang/internal/es"
	"shiyang/internal/law"
	"shiyang/internal/problem"
	commonv1 "shiyang/proto/common/v1"
	identityv1 "shiyang/proto/identity/v1"
)

// Category of the streams.
const Category = "firmapplication"

// Stage 办理状态 of an application.
type Stage string

// The stages.
const (
	Open     Stage = "open"
	Approved Stage = "approved"
	Refused  Stage = "refused"
)

// Application 企业入驻申请 is the fold of an application's stream.
type Application struct {
	Applicant           string // account
	USCC                string
	UnitName            string
	Division            string
	Licence, Mandate    *commonv1.Attachment
	LegalRepresentative bool
	Example             bool // 示例: made up for training
	Stage               Stage
	Reason              string // of a refusal
	FirmID              string // once approved
}

// Evolve implements [es.State].
func (a Application) Evolve(f es.Fact) Application {
	switch e := f.Event.(type) {
	case *identityv1.FirmApplied:
		a = Application{
			Applicant: e.GetAccountId(), USCC: e.GetUscc(), UnitName: e.GetUnitName(), Division: e.GetDivision(),
			Licence: e.GetLicence(), Mandate: e.GetMandate(), LegalRepresentative: e.GetLegalRepresentative(), Example: e.GetExample(), Stage: Open,
		}
	case *identityv1.FirmApplicationApproved:
		a.Stage, a.FirmID = Approved, e.GetFirmId()
	case *identityv1.FirmApplicationRefused:
		a.Stage, a.Reason = Refused, e.GetReason()
	}
	return a
}

// Problems of applications.
var (
	ErrSamePerson = &problem.Error{
		Kind: problem.Forbidden, Reason: "SAME_PERSON",
		Text: problem.Text{Zh: "不能办理自己提出的申请，请由另一位受理人员办理。", En: "Nobody decides their own application. Another clerk must do it."},
	}
	ErrDecided = &problem.Error{
		Kind: problem.Rejected, Reason: "ALREADY_DECIDED",
		Text: problem.Text{Zh: "该申请已经办结，不能再次决定。", En: "This application has been decided and cannot be decided again."},
	}
	ErrStaff = &problem.Error{
		Kind: problem.Rejected, Reason: "STAFF_ACCOUNT",
		Text: problem.Text{Zh: "本局工作人员的账号不能代表企业办事。", En: "An account with a duty of the bureau cannot act for a firm."},
	}
)

// Apply 提出申请 files the application.
type Apply struct {
	Event *identityv1.FirmApplied
	Staff bool // the applicant holds a duty of the bureau
}

// Decide checks the credit code (GB 32100-2015) and that a mandate is there
// unless the applicant is the legal representative.
func (c Apply) Decide(a Application) ([]es.Event, error) {
	if a.Stage != "" {
		return nil, ErrDecided
	}
	if c.Staff {
		return nil, ErrStaff
	}
	var wrong problem.Fields
	for _, f := range law.CheckUSCC(c.Event.GetUscc()) {
		if law.HasError([]law.Finding{f}) {
			wrong.Add("uscc", c.Event.GetUscc(), f.Reason, f.Zh, f.En)
		}
	}
	if c.Event.GetMandate() == nil && !c.Event.GetLegalRepresentative() {
		wrong.Add("mandate", "", "MANDATE_REQUIRED", "不是法定代表人的，请上传授权书。",
			"Upload the mandate, unless you are the legal representative.")
	}
	if err := wrong.Err(); err != nil {
		return nil, err
	}
	return []es.Event{c.Event}, nil
}

// Advise warns of a doubtful credit code.
func (c Apply) Advise(Application) []problem.Field {
	var doubts problem.Fields
	for _, f := range law.CheckUSCC(c.Event.GetUscc()) {
		if !law.HasError([]law.Finding{f}) {
			doubts.Add("uscc", c.Event.GetUscc(), f.Reason, f.Zh, f.En)
		}
	}
	return doubts
}

// Approve 同意: licence and mandate are in order.
type Approve struct {
	By     string // account of the clerk
	FirmID string
}

// Decide approves an open application of somebody else.
func (c Approve) Decide(a Application) ([]es.Event, error) {
	if err := decidable(a, c.By); err != nil {
		return nil, err
	}
	return []es.Event{&identityv1.FirmApplicationApproved{FirmId: c.FirmID}}, nil
}

// Refuse 不同意, with the reason.
type Refuse struct {
	By, Reason string
}

// Decide refuses an open application of somebody else.
func (c Refuse) Decide(a Application) ([]es.Event, error) {
	if err := decidable(a, c.By); err != nil {
		return nil, err
	}
	if c.Reason == "" {
		var wrong problem.Fields
		wrong.Add("reason", "", "REQUIRED", "不同意的，请写明理由。", "Give the reason of the refusal.")
		return nil, wrong.Err()
	}
	return []es.Event{&identityv1.FirmApplicationRefused{Reason: c.Reason}}, nil
}

func decidable(a Application, by string) error {
	switch {
	case a.Stage == "":
		return problem.ErrNotFound
	case a.Applicant == by:
		return ErrSamePerson
	case a.Stage != Open:
		return ErrDecided
	}
	return nil
}
